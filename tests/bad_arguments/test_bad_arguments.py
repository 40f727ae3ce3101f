"""Every public function called with bad arguments, see `probe.py`: a sample of the calls, all of them if TENSORGRAD_HARD=1."""

from __future__ import annotations

import os
import random
import resource
from collections.abc import Iterator

import pytest

from tests.bad_arguments import probe, tables

HARD = os.environ.get("TENSORGRAD_HARD") == "1"
SHARE = 1.0 if HARD else 0.015  # of the calls; a sample takes some twenty seconds on one core


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    """Memory for what a test needs, so that a size of 10**9 is refused at once and nobody waits for it to be filled."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as f:
        now = int(f.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 2**30, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.parametrize("family", tables.FAMILIES)
def test_bad_arguments(family: str) -> None:
    rng = random.Random(family)
    problems, rows = [], 0
    for row in tables.FAMILIES[family]():
        rows += 1
        for label, call in probe.attempts(row):
            if rng.random() < SHARE:
                outcome = probe.attempt(row, call())
                if outcome.kind not in ("", "result"):
                    problems.append(f"{ascii(label)}: {outcome.kind}: {outcome.error!r} {outcome.note}"[:200])
    assert rows and not problems, f"{len(problems)}:\n" + "\n".join(problems[:50])


@pytest.mark.parametrize("family", tables.FAMILIES)
def test_the_good_calls_are_good(family: str) -> None:
    """A row that fails as it stands would test nothing."""
    wrong = []
    for row in tables.FAMILIES[family]():
        if HARD or random.Random(row.id).random() < 0.2:
            outcome = probe.attempt(row, row.make())
            if outcome.kind != "result":
                wrong.append(f"{row.id}: {outcome.kind} {outcome.error!r}")
    assert not wrong, "\n".join(wrong)
