"""What the tests of losses have in common: targets, and a sample for each reduction."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tests.ops.optest import sample

SIGNS = np.array([1.0, -1.0, 1.0, -1.0])
CLASSES = np.array([0, 2, 1, 2])
PIXELS = np.array([[[0, 2], [1, 1]], [[2, 2], [0, 1]]])  # (N, 2, 2)
one, two, three = tg.ones(2), tg.ones(2, 3), tg.ones(3)
whole = tg.ones(2, 3, dtype=tg.int64)
inf, nan = float("inf"), float("nan")


def reduced(x: Any, reduction: str = "mean") -> Any:
    return x if reduction == "none" else x.sum() if reduction == "sum" else x.mean()


def every(*shapes: Any, **kwargs: Any) -> list[sample]:
    """A sample for each reduction."""
    return [sample(*shapes, **kwargs)] + [sample(*shapes, reduction=r, **kwargs) for r in ("sum", "none")]
