"""How hard: `make test` takes a few rounds of each, `make test-hard` many. Each round has a seed of its own, which a
failure prints: `pytest tests/hard -k name[7]` does the seventh again."""

from __future__ import annotations

import os
from typing import Any

HARD = int(os.environ.get("TENSORGRAD_HARD", "1"))


def pytest_generate_tests(metafunc: Any) -> None:
    """A test that takes `seed` runs once a round; its marker `rounds(n)` says how many, times TENSORGRAD_HARD."""
    if "seed" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("rounds")
        metafunc.parametrize("seed", range((marker.args[0] if marker else 1) * HARD))

