"""Products of matrices: BLAS through NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled import plain, worth
from .compiled import products as _compiled
from .half import rounded, upcast
from .threads import LARGE, several


def matmul(x: Any, z: Any, tx: bool = False, tz: bool = False) -> Any:
    """(…, m, k) @ (…, k, n) → (…, m, n), the last two axes of x or z exchanged first where tx or tz says so."""
    if x.ndim == 2 == z.ndim:
        return mm(x, z, tx, tz)
    if x.itemsize == 2 and x.dtype.kind not in "iu":  # half precision: products add up in single
        return rounded(matmul(upcast(x), upcast(z), tx, tz), x.dtype)
    if tx:
        x = x.mT
    if tz:
        z = z.mT
    if x.dtype.kind in "iu":
        return _whole(x, z)
    if z.ndim == 2:
        rows = x.reshape(_size(x.shape[:-1]), x.shape[-1])  # one large product instead of many small ones
        return rows.dot(z).reshape(*x.shape[:-1], z.shape[-1])
    if x.shape[-1] == 1 == z.shape[-2]:
        return x * z  # columns times rows: nothing to add up, and a product each for np.matmul
    return np.matmul(x, z)


def mm(x: Any, z: Any, tx: bool, tz: bool) -> Any:
    """(m, k) @ (k, n) → (m, n), x or z transposed first where tx or tz says so."""
    if x.itemsize == 2 and x.dtype.kind not in "iu":
        return rounded(mm(upcast(x), upcast(z), tx, tz), x.dtype)
    if tx:
        x = x.T
    if tz:
        z = z.T
    if x.dtype.kind in "iu":
        return _whole(x, z)
    if x.size > 1 << 16 and x.size * z.shape[1] >= LARGE:
        with several(LARGE):
            return x.dot(z)
    return x.dot(z)  # half the overhead of np.matmul


_MANY = 1 << 15  # multiplications: of fewer, NumPy's loop is as fast as a detour


def _whole(x: Any, z: Any) -> Any:
    """Products of integer matrices. BLAS computes them in float64 as long as no sum can reach 2⁵³; others are taken by a
    compiled loop, or NumPy's, which is a hundred times slower than BLAS."""
    steps = x.size * z.shape[-1]
    if x.ndim < 2 or z.ndim < 2 or steps < _MANY or x.size == 0 or z.size == 0:
        return np.matmul(x, z)
    if _largest(x) * _largest(z) * x.shape[-1] < 2**53:
        exact = np.matmul(x.astype(np.float64), z.astype(np.float64))
        return exact.astype(np.int64).astype(x.dtype, copy=False)  # what does not fit wraps around
    if not worth(steps):
        return np.matmul(x, z)
    lead = np.broadcast_shapes(x.shape[:-2], z.shape[:-2])
    out = np.zeros((*lead, x.shape[-2], z.shape[-1]), x.dtype)
    for i in np.ndindex(lead):
        a, b = (np.broadcast_to(m, lead + m.shape[-2:])[i] for m in (x, z))
        _compiled.whole_product(plain(a), plain(b), out[i])
    return out


def _largest(x: Any) -> int:
    """The largest magnitude, or one that is never reached."""
    if x.itemsize < 4:
        return 1 << 8 * x.itemsize
    return max(int(x.max()), -int(x.min()))


def mv(x: Any, z: Any, tx: bool = False) -> Any:
    """(…, m, k) @ (k,) → (…, m)."""
    if x.dtype.itemsize == 2 and x.dtype.kind not in "iu":
        return rounded(mv(upcast(x), upcast(z), tx), x.dtype)
    if tx:
        x = x.mT
    return x.dot(z)


def dot(x: Any, z: Any) -> Any:
    """Σ xᵢ·zᵢ of two vectors."""
    if x.dtype.itemsize == 2 and x.dtype.kind not in "iu":
        return upcast(x).dot(upcast(z)).astype(x.dtype)
    return x.dot(z)


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def cross(x: Any, z: Any, axis: int) -> Any:
    """x × z along an axis of three; broadcasts."""
    out = np.empty(np.broadcast_shapes(x.shape, z.shape), x.dtype)
    x, z, y = (np.moveaxis(v, axis, 0) for v in (x, z, out))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        y[i] = x[j] * z[k] - x[k] * z[j]
    return out
