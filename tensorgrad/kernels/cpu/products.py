"""Products of matrices: BLAS through NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from .half import rounded, upcast


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
    return x.dot(z.T if tz else z)  # half the overhead of np.matmul


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
