"""Norms of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .half import rounded, upcast
from .reduce import rescaled, sum

_sum: Any = np.add.reduce
_max: Any = np.maximum.reduce
_min: Any = np.minimum.reduce


def vector_norm(x: Any, p: float, axes: tuple[int, ...], keepdim: bool) -> Any:
    """(Σ|x|ᵖ)^(1/p) along some axes; p = ±∞ the largest or smallest magnitude, p = 0 how many are not zero."""
    if x.dtype.itemsize == 2:
        return rounded(vector_norm(upcast(x), p, axes, keepdim), x.dtype)
    if p == 2:
        return rescaled(_euclidean, np.sqrt(sum(np.square(x), axes, keepdim)), x, axes)
    if p == 0:
        return _sum(x != 0, axis=axes, keepdims=keepdim, dtype=x.dtype)
    x = np.absolute(x)
    if p == 1:
        return sum(x, axes, keepdim)
    if p == np.inf:
        return _max(x, axis=axes, keepdims=keepdim)
    if p == -np.inf:
        return _min(x, axis=axes, keepdims=keepdim)

    def measure(rows: Any) -> Any:
        return sum(rows**p, (1,)) ** (1 / p)

    return rescaled(measure, sum(x**p, axes, keepdim) ** (1 / p), x, axes)


def _euclidean(rows: Any) -> Any:
    return np.sqrt(sum(np.square(rows), (1,)))
