"""Running sums, products and extremes along an axis. Sums and products of floats run in float64 and are rounded at each
place once."""

from __future__ import annotations

from typing import Any

import numpy as np

from .workspace import row_major


def _running(ufunc: Any, x: Any, axis: int) -> Any:
    if x.dtype.kind in "iu" or x.dtype == np.float64:
        return row_major(ufunc.accumulate(x, axis, x.dtype))  # which NumPy would widen for a small integer
    wide = x.astype(np.float64, "C")
    return ufunc.accumulate(wide, axis, out=wide).astype(x.dtype)


def cumsum(x: Any, axis: int, reverse: bool = False) -> Any:
    """yₖ = Σᵢ xᵢ for i ≤ k, or i ≥ k in reverse."""
    if not reverse:
        return _running(np.add, x, axis)
    return _flip(_running(np.add, _flip(x, axis), axis), axis)


def cumprod(x: Any, axis: int) -> Any:
    """yₖ = Πᵢ xᵢ for i ≤ k."""
    return _running(np.multiply, x, axis)


def logcumsumexp(x: Any, axis: int) -> Any:
    """yₖ = ln Σᵢ e^xᵢ for i ≤ k."""
    return row_major(np.logaddexp.accumulate(x.astype(np.float64, copy=False), axis).astype(x.dtype, copy=False))


def cummax(x: Any, axis: int) -> tuple[Any, Any]:
    """The largest of what has come so far, and where it is: of equal ones the last; nan is the largest."""
    values: Any = row_major(np.maximum.accumulate(x, axis))
    return values, _where(x, values, axis)


def cummin(x: Any, axis: int) -> tuple[Any, Any]:
    """The smallest of what has come so far, and where it is: of equal ones the last; nan is the smallest."""
    values: Any = row_major(np.minimum.accumulate(x, axis))
    return values, _where(x, values, axis)


def _where(x: Any, extreme: Any, axis: int) -> Any:
    places = np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return row_major(np.maximum.accumulate(np.where((x == extreme) | (x != x), places, 0), axis))


def recur(a: Any, b: Any, axis: int, reverse: bool = False) -> Any:
    """yₖ = aₖ·yₖ₋₁ + bₖ, starting from y₀ = b₀; in reverse yₖ = aₖ₊₁·yₖ₊₁ + bₖ, starting from the end."""
    out = np.empty(b.shape, b.dtype)
    y, a, b = (np.moveaxis(v, axis, 0) for v in (out, a, b))
    n = len(b)
    if reverse:
        for k in range(n - 1, -1, -1):
            y[k] = a[k + 1] * y[k + 1] + b[k] if k + 1 < n else b[k]
    else:
        for k in range(n):
            y[k] = a[k] * y[k - 1] + b[k] if k else b[k]
    return out


def _flip(x: Any, axis: int) -> Any:
    return x[(slice(None),) * axis + (slice(None, None, -1),)]
