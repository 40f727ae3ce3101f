"""Many numbers in, fewer out. `axes` is a tuple, or None for all; 16-bit floats are computed in float32."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..shapes import elements_along
from .constants import like
from .half import is_half, rounded, single, sum_16, upcast
from .row_reduce import ONES, SHORT
from .workspace import row_major

Axes = tuple[int, ...] | None
_add: Any = np.add.reduce
_multiply: Any = np.multiply.reduce
_maximum: Any = np.maximum.reduce
_and: Any = np.logical_and.reduce
_or: Any = np.logical_or.reduce


def in_rows(out: Any) -> Any:
    """What a reduction gives, which may be a number, row by row."""
    return row_major(out) if out.ndim > 1 else out


# ---- sums ------------------------------------------------------------------------------------------------------------

_SINGLE, _DOUBLE = ONES
_ones: dict[Any, dict[int, Any]] = {dtype: {} for dtype in ONES}  # those of each number met so far
_SINGLES, _DOUBLES = _ones.values()


def sum(x: Any, axes: Axes = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """Σx. Many floats are added in short chains, whatever the axis: the error grows with the logarithm of their number,
    not with the number itself."""
    if x.size > SHORT or x.itemsize == 2:
        return _sum_many(x, axes, keepdim, dtype)
    return in_rows(_add(x, axes, dtype, None, keepdim))


def sum_all(x: Any) -> Any:
    """Σx of all elements. Of few it is a dot product with ones: half the time of a reduction."""
    n, dtype = x.size, x.dtype
    ones = _SINGLES.get(n) if dtype is _SINGLE else _DOUBLES.get(n) if dtype is _DOUBLE else None
    if ones is None:
        if n > SHORT or dtype not in ONES:
            return sum(x)
        ones = _ones[dtype][n] = ONES[dtype][:n]
    return x.ravel().dot(ones)


def _sum_many(x: Any, axes: Axes, keepdim: bool, dtype: Any) -> Any:
    if dtype is not None or x.dtype.kind in "iub":  # whole numbers add up exactly
        return in_rows(_add(x, axes, dtype, None, keepdim))
    if is_half(x):
        out = sum_16(x, axes, keepdim)
        return rounded(sum(single(x), axes, keepdim), x.dtype) if out is None else out
    over = range(x.ndim) if axes is None else axes
    order = sorted(range(x.ndim), key=lambda i: -x.strides[i])  # the axes as they lie in memory
    lying = x.transpose(order)
    if not lying.flags.c_contiguous:
        return np.asarray(_add(x, axes, np.float64, None, keepdim)).astype(x.dtype, "C")
    # Neighbours that are both summed, or both kept, are one axis: x is (…, n, m, …) with every second one summed.
    out, m, runs = lying.reshape(-1), 1, [[False, 1]]
    for i in order:
        if runs[-1][0] == (i in over):
            runs[-1][1] *= x.shape[i]
        else:
            runs.append([i in over, x.shape[i]])
    for summed, n in reversed(runs):
        if summed:
            out = _sum_middle(out.reshape(-1, n, m))
        else:
            m *= n
    kept = [i for i in order if i not in over]
    out = row_major(out.reshape([x.shape[i] for i in kept]).transpose(np.argsort(kept)))
    return out.reshape([1 if i in over else s for i, s in enumerate(x.shape)]) if keepdim else out


def _sum_middle(x: Any) -> Any:
    """(p, n, m) → (p, m), row-major: b rows of m laid side by side are a long one, to which a short chain of others is
    added; then come the c · b rows that this has left."""
    p, n, m = x.shape
    if m == 1:
        return _sum_rows(x.reshape(p, n)).reshape(p, 1)
    if n <= 32:
        return _add(x, 1)
    b = sorted((1, 4096 // m, math.isqrt(n)))[1]  # at most √n, at least 1
    a = 64 if n > 64 * b else n // b
    c = n // (a * b)
    done = a * b * c
    out = _sum_middle(_add(x[:, :done].reshape(p, c, a, b * m), 2).reshape(p, c * b, m))
    return out + _sum_middle(x[:, done:]) if done < n else out


def _sum_rows(x: Any) -> Any:
    """(p, n) → (p,), a thousand numbers at a time: einsum takes a third of the time of a reduction, and of short rows a
    tenth, but adds without pairing."""
    p, n = x.shape
    c, rest = divmod(n, 1024)
    if c == 0:
        return np.einsum("pn->p", x)
    out = _sum_rows(np.einsum("pca->pc", x[:, : n - rest].reshape(p, c, 1024)))
    return out + _sum_rows(x[:, n - rest :]) if rest else out


def mean(x: Any, axes: Axes = None, keepdim: bool = False) -> Any:
    """Σx / n."""
    return np.asarray(wide_mean(upcast(x), axes, keepdim)).astype(x.dtype, copy=False)


def wide_mean(x: Any, axes: Axes, keepdim: bool) -> Any:
    """Σx / n of floats that are no halves; where the sum is too large for the dtype, in units of a power of two above n."""
    n = elements_along(x.shape, axes)
    out = np.true_divide(sum(x, axes, keepdim), n)
    if math.isfinite(_add(out, None) if out.ndim else out) or not x.size:
        return out
    exponent = n.bit_length()
    smaller = np.ldexp(np.true_divide(sum(np.ldexp(x, -exponent), axes, keepdim), n), exponent)
    return np.where(np.isinf(out), smaller, out)


_FLOORS = {np.dtype(t): float(np.finfo(t).tiny / np.finfo(t).eps) ** 0.5 for t in (np.float32, np.float64)}


def rescaled(measure: Any, out: Any, x: Any, axes: Axes) -> Any:
    """A measure of rows of numbers that grows with them, such as a norm. `out` holds measure(x); where squares have left
    the range of the dtype, above or below, it is measured again, in units of a power of two near the largest number.

    measure: (k, m) → (k,). Rows that hold an infinity or a nan are left as they are.
    """
    floor = _FLOORS[x.dtype]
    if not x.size or (out.ndim == 0 and floor < float(out) < np.inf):
        return out
    out = np.asarray(out)
    if out.ndim and floor < out.min() and out.max() < np.inf:
        return out
    inside = (out > floor) & (out < np.inf)
    over = range(x.ndim) if axes is None else axes
    kept = [i for i in range(x.ndim) if i not in over]
    rows = x.transpose(*kept, *over).reshape(*[x.shape[i] for i in kept], elements_along(x.shape, axes))
    rows = rows[~inside.reshape(rows.shape[:-1])]
    if not rows.any():
        return out
    largest = _maximum(np.absolute(rows), 1, initial=0)
    exponent = np.where(largest < np.inf, np.frexp(largest)[1], 0)
    found = np.ldexp(measure(np.ldexp(rows, -exponent[:, None])), exponent)
    out = out.copy()
    out[~inside] = np.where(largest < np.inf, found, out[~inside])
    return out


def nansum(x: Any, axes: Axes, keepdim: bool) -> Any:
    """Σ of what is not nan."""
    out = np.asarray(sum(x, axes, keepdim))
    return sum(np.where(x == x, x, x.dtype.type(0)), axes, keepdim) if (out != out).any() else out


def count(mask: Any, axes: Axes, keepdim: bool) -> Any:
    """How many are not zero."""
    return np.asarray(np.count_nonzero(mask, axis=axes, keepdims=keepdim), np.int64)


def not_nan(x: Any) -> Any:
    return x == x


def logsumexp(x: Any, axes: Axes, keepdim: bool) -> Any:
    """ln Σeˣ, the largest taken out first."""
    wide = upcast(x)
    top = _maximum(wide, axes, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(top), top, 0)
    out = np.log(sum(np.exp(wide - shift), axes, True)) + shift
    if not keepdim:
        out = out.reshape([s for i, s in enumerate(x.shape) if axes is not None and i not in axes])
    return np.asarray(out).astype(x.dtype, copy=False)


def logsumexp_backward(grad: Any, x: Any, out: Any, axes: Axes) -> Any:
    """grad · e^(x − out) / Σ e^(x − out)."""
    kept = [1 if axes is None or i in axes else s for i, s in enumerate(x.shape)]
    p = np.exp(np.subtract(upcast(x), upcast(out).reshape(kept), like(upcast(x))))
    total = sum(p, axes, True)
    p *= upcast(grad).reshape(kept) / np.where(total > 0, total, 1)
    return p.astype(x.dtype, copy=False)


# ---- products --------------------------------------------------------------------------------------------------------


def prod(x: Any, axes: Axes = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """Πx."""
    out = _multiply(upcast(x), axes, dtype, None, keepdim)
    return in_rows(np.asarray(out).astype(x.dtype, copy=False) if dtype is None else out)


def has_zero(x: Any) -> bool:
    return x.size != np.count_nonzero(x)


# ---- truth -----------------------------------------------------------------------------------------------------------


def all(x: Any, axes: Axes = None, keepdim: bool = False) -> Any:
    return in_rows(_and(x, axes, None, None, keepdim))


def any(x: Any, axes: Axes = None, keepdim: bool = False) -> Any:
    return in_rows(_or(x, axes, None, None, keepdim))
