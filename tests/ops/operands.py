"""Small operands for messages about shapes and dtypes, and the fixture that makes samples the same every time."""

from __future__ import annotations

import numpy as np
import pytest

import tensorgrad as tg

inf = float("inf")
one, two, three = tg.ones(2), tg.ones(2, 3), tg.ones(2, 2, 3)
whole = tg.ones(2, 3, dtype=tg.int64)
WHOLE = np.arange(6).reshape(2, 3)


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)
