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


def largest_so_far(x: Any, axis: int) -> tuple[Any, Any, Any]:
    """mₖ, the largest of x₀ … xₖ; e^(mₖ₋₁ − mₖ), from k = 1; and where xₖ is mₖ and infinite."""
    m = np.maximum.accumulate(x, axis)
    along = (slice(None),) * axis
    later, earlier = m[(*along, slice(1, None))], m[(*along, slice(None, -1))]
    steps = np.ones(x.shape, x.dtype)
    np.exp(np.where(later == earlier, 0, earlier - later), out=steps[(*along, slice(1, None))])
    return m, steps, np.isinf(m) & (x == m)


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
    n = b.shape[axis]
    if b.size == n:  # one number at a time: Python's own are twenty times as fast as arrays of one
        return np.array(_recur_numbers(a.ravel(), b.ravel(), reverse), b.dtype).reshape(b.shape)
    out = np.empty(b.shape, b.dtype)
    y, a, b = (np.moveaxis(v, axis, 0) for v in (out, a, b))
    if reverse:
        for k in range(n - 1, -1, -1):
            y[k] = a[k + 1] * y[k + 1] + b[k] if k + 1 < n else b[k]
    else:
        for k in range(n):
            y[k] = a[k] * y[k - 1] + b[k] if k else b[k]
    return out


def _recur_numbers(a: Any, b: Any, reverse: bool) -> list[float]:
    """The same of rows, as a list."""
    if reverse:  # from the end the factor before a term is the one behind it
        return _recur_numbers(np.concatenate([a[:1], a[:0:-1]]), b[::-1], False)[::-1]
    out = b[:1].tolist()
    for factor, term in zip(a[1:].tolist(), b[1:].tolist()):
        out.append(factor * out[-1] + term)
    return out


def _flip(x: Any, axis: int) -> Any:
    return x[(slice(None),) * axis + (slice(None, None, -1),)]
