"""Products of matrices: BLAS through NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from .threads import LARGE, several
from .workspace import upcast


def matmul(x: Any, z: Any, tx: bool = False, tz: bool = False) -> Any:
    """(…, m, k) @ (…, k, n) → (…, m, n), the last two axes of x or z exchanged first where tx or tz says so."""
    if x.ndim == 2 == z.ndim:
        return mm(x, z, tx, tz)
    if x.itemsize == 2 and x.dtype.kind not in "iu":  # half precision: products add up in single
        return matmul(upcast(x), upcast(z), tx, tz).astype(x.dtype)
    if tx:
        x = x.mT
    if tz:
        z = z.mT
    if z.ndim == 2:
        rows = x.reshape(_size(x.shape[:-1]), x.shape[-1])  # one large product instead of many small ones
        return rows.dot(z).reshape(*x.shape[:-1], z.shape[-1])
    return np.matmul(x, z)


def mm(x: Any, z: Any, tx: bool, tz: bool) -> Any:
    """(m, k) @ (k, n) → (m, n), x or z transposed first where tx or tz says so."""
    if x.itemsize == 2 and x.dtype.kind not in "iu":
        return mm(upcast(x), upcast(z), tx, tz).astype(x.dtype)
    if tx:
        x = x.T
    if tz:
        z = z.T
    if x.size > 1 << 16 and x.size * z.shape[1] >= LARGE:
        with several(LARGE):
            return x.dot(z)
    return x.dot(z)  # half the overhead of np.matmul


def mv(x: Any, z: Any, tx: bool = False) -> Any:
    """(…, m, k) @ (k,) → (…, m)."""
    if x.dtype.itemsize == 2 and x.dtype.kind not in "iu":
        return mv(upcast(x), upcast(z), tx).astype(x.dtype)
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
    x, z = np.moveaxis(x, axis, 0), np.moveaxis(z, axis, 0)
    out = np.empty(np.broadcast_shapes(x.shape, z.shape), x.dtype)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        out[i] = x[j] * z[k] - x[k] * z[j]
    return np.moveaxis(out, 0, axis)
