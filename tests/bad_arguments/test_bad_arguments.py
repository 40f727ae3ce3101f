"""Every public function called with bad arguments, see `probe.py`: a sample of the calls, all of them if TENSORGRAD_HARD=1."""

from __future__ import annotations

import inspect
import os
import random
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tensorgrad import distributions, func, metrics, nn, optim
from tensorgrad.distributions import constraints
from tensorgrad.nn.utils import parametrizations, parametrize, prune, rnn
from tensorgrad.optim import lr_scheduler, swa_utils
from tensorgrad.utils import data
from tensorgrad.vision import transforms
from tests.bad_arguments import probe, tables

HARD = os.environ.get("TENSORGRAD_HARD") == "1"
SHARE = 1.0 if HARD else 0.1  # of the calls: some twenty seconds on one core; all of them take six minutes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no timer of its own time")


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    """Memory for what a test needs, so that a size of 10**9 is refused at once and nobody waits for it to be filled."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as f:
        now = int(f.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 2**30, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", tables.FAMILIES)
def test_bad_arguments(family: str) -> None:
    rng = random.Random(family)
    problems = []
    refusals = 0
    for row in tables.FAMILIES[family]():
        for label, call in probe.attempts(row):
            if rng.random() < SHARE:
                outcome = probe.attempt(row, call())
                refusals += outcome.kind != "result"
                if outcome.kind not in ("", "result"):
                    problems.append(f"{ascii(label)}: {outcome.kind}: {outcome.error!r} {outcome.note}"[:200])
    assert refusals and not problems, f"{len(problems)} of {refusals} refusals:\n" + "\n".join(problems[:50])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", tables.FAMILIES)
def test_the_good_calls_are_good(family: str) -> None:
    """A row that fails as it stands would test nothing."""
    wrong = []
    for row in tables.FAMILIES[family]():
        if HARD or random.Random(row.id).random() < 0.3:
            outcome = probe.attempt(row, row.make())
            if outcome.kind != "result":
                wrong.append(f"{row.id}: {outcome.kind} {outcome.error!r}")
    assert not wrong, "\n".join(wrong)


# ---- nothing is forgotten --------------------------------------------------------------------------------------------

PAGES: list[Any] = [
    nn, nn.init, nn.utils, rnn, prune, parametrizations, parametrize, optim, lr_scheduler, swa_utils, distributions,
    constraints, data, metrics, transforms, transforms.functional, func,
]  # fmt: skip
WITHOUT = """
    no_grad qr randperm Tensor Module solve matrix_exp as_matrix default_dim power_iteration
    norm_except_dim normalized type_before_parametrizations cached Constraint dependent dependent_property
    is_dependent BasePruningMethod PruningContainer CustomFromMask Identity L1Unstructured LnStructured
    RandomStructured RandomUnstructured ParametrizationList Dataset IterableDataset ChainDataset Sampler WorkerInfo
    get_worker_info Metric InterpolationMode LRScheduler SequentialLR get_swa_avg_fn get_swa_multi_avg_fn
    ExponentialFamily Transform RNNBase RNNCellBase number in_own_name identity_transform Subset PackedSequence
    DataParallel UninitializedBuffer UninitializedParameter
""".split()  # bases, containers of the user's own, what takes no arguments; what nn.utils borrows


def test_every_public_name_has_a_row() -> None:
    known = " ".join(row.id for make in tables.FAMILIES.values() for row in make())
    missing = []
    for page in PAGES:
        names = getattr(page, "__all__", None) or [n for n in vars(page) if not n.startswith("_")]
        for name in names:
            thing = getattr(page, name)
            ours = (inspect.isfunction(thing) or inspect.isclass(thing)) and thing.__module__.startswith("tensorgrad")
            if ours and name not in WITHOUT and not re.search(rf"\b{name}_?\b", known):
                missing.append(f"{page.__name__}.{name}")
    assert not missing, f"{len(missing)} public names without a row in tests/bad_arguments: {', '.join(sorted(missing))}"
    assert set(WITHOUT) <= {n for page in PAGES for n in dir(page)}, "a name in WITHOUT is gone"
