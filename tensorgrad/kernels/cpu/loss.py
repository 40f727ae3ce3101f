"""Losses of numbers and of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from .constants import ZERO
from .half import upcast
from .workspace import piecewise

_ROW = 16384  # numbers that are added up in one go


def mse(x: Any, z: Any, reduction: str) -> Any:
    """(x − z)², its sum or its mean."""
    d = x - z
    if reduction == "none":
        return np.square(d, out=d) if d.ndim else d * d
    if d.dtype.itemsize == 2:
        total = np.square(d, dtype=np.float32).sum()
    else:
        d = d.reshape(-1)
        total = d.dot(d) if d.size <= _ROW else _many_squares(d)
    return np.asarray(total / d.size if reduction == "mean" else total).astype(d.dtype, copy=False)


def _many_squares(d: Any) -> Any:
    """Σ d²: BLAS adds one after the other, so it gets a row at a time, and the rows' sums are added pairwise."""
    whole = d.size - d.size % _ROW
    rows, rest = d[:whole].reshape(-1, _ROW), d[whole:]
    return np.vecdot(rows, rows).sum() + rest.dot(rest)


def huber(d: Any, delta: float) -> Any:
    """½·d² up to |d| = δ, and δ·(|d| − ½·δ) beyond."""
    size = np.absolute(d)
    near = np.minimum(size, d.dtype.type(delta))
    return near * (size - d.dtype.type(0.5) * near)


def binary_cross_entropy(x: Any, t: Any) -> Any:
    """−t·ln x − (1 − t)·ln(1 − x), no logarithm below −100."""
    return (t - 1) * np.maximum(np.log1p(-x), -100) - t * np.maximum(np.log(x), -100)


@piecewise
def binary_cross_entropy_with_logits(x: Any, t: Any) -> Any:
    """−t·ln σ(x) − (1 − t)·ln σ(−x) = max(x, 0) − x·t + ln(1 + e^−|x|), with 0·∞ = 0."""
    tail = np.empty(x.shape, x.dtype)
    np.negative(np.absolute(x, out=tail), out=tail)
    np.exp(tail, out=tail)
    np.log1p(tail, out=tail)
    np.add(tail, np.maximum(x, ZERO[x.dtype]), out=tail)
    np.subtract(tail, x * t, out=tail)
    if holds_nan(tail):  # perhaps of ∞ − ∞·t or 0·∞
        wrong = np.where(x > 0, 1 - t, t)
        np.copyto(tail, np.where(wrong == 0, 0, wrong * np.inf), where=np.isinf(x))
    return tail


def holds_nan(x: Any) -> bool:
    """Whether there is a nan in x, which a sum of squares shows, and at little cost."""
    flat = upcast(x).reshape(-1)
    squares = flat.dot(flat)
    return bool(squares != squares)


def all_within(x: Any, low: float, high: float) -> bool:
    """Whether all of x is in [low, high]."""
    return bool(((x >= low) & (x <= high)).all())
