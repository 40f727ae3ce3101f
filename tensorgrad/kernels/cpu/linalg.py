"""Products of matrices, and what is cut out of them: BLAS through NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

_sum: Any = np.add.reduce
_max: Any = np.maximum.reduce
_min: Any = np.minimum.reduce

# ---- products -------------------------------------------------------------------------------------------------------


def matmul(x: Any, z: Any, tx: bool = False, tz: bool = False) -> Any:
    """(…, m, k) @ (…, k, n) → (…, m, n), the last two axes of x or z exchanged first where tx or tz says so."""
    if x.ndim == 2 == z.ndim:
        return mm(x, z, tx, tz)
    if x.itemsize == 2 and x.dtype.kind not in "iu":  # half precision: products add up in single
        return matmul(_wide(x), _wide(z), tx, tz).astype(x.dtype)
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
        return mm(_wide(x), _wide(z), tx, tz).astype(x.dtype)
    if tx:
        x = x.T
    return x.dot(z.T if tz else z)  # half the overhead of np.matmul


def linear(x: Any, w: Any, bias: Any) -> Any:
    """(…, k) @ (n, k)ᵀ + (n,) → (…, n)."""
    out = matmul(x, w, False, True)
    out += bias
    return out


def mv(x: Any, z: Any, tx: bool = False) -> Any:
    """(…, m, k) @ (k,) → (…, m)."""
    if x.dtype.itemsize == 2 and x.dtype.kind not in "iu":
        return mv(_wide(x), _wide(z), tx).astype(x.dtype)
    if tx:
        x = x.mT
    return x.dot(z)


def dot(x: Any, z: Any) -> Any:
    """Σ xᵢ·zᵢ of two vectors."""
    if x.dtype.itemsize == 2 and x.dtype.kind not in "iu":
        return _wide(x).dot(_wide(z)).astype(x.dtype)
    return x.dot(z)


def _wide(x: Any) -> Any:
    return x.astype(np.float32)


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


# ---- triangles and diagonals ----------------------------------------------------------------------------------------


def tril(x: Any, k: int) -> Any:
    """x on and below the k-th diagonal, zeros above."""
    return np.tril(x, k)


def triu(x: Any, k: int) -> Any:
    """x on and above the k-th diagonal, zeros below."""
    return np.triu(x, k)


def diagonal(x: Any, offset: int, axis1: int, axis2: int) -> Any:
    """The offset-th diagonal of the plane of two axes, as the last axis; a view that can be written to."""
    out = x.diagonal(offset, axis1, axis2)
    if x.flags.writeable:
        out.flags.writeable = True  # NumPy gives it out read-only
    return out


def embed_diagonal(x: Any, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Any:
    """Zeros of a shape with x on the offset-th diagonal of the plane of two axes."""
    out = np.zeros(shape, x.dtype)
    diagonal(out, offset, axis1, axis2)[...] = x
    return out


# ---- norms ----------------------------------------------------------------------------------------------------------


def vector_norm(x: Any, p: float, axes: tuple[int, ...], keepdim: bool) -> Any:
    """(Σ|x|ᵖ)^(1/p) along some axes; p = ±∞ the largest or smallest magnitude, p = 0 how many are not zero."""
    if x.dtype.itemsize == 2:
        return vector_norm(_wide(x), p, axes, keepdim).astype(x.dtype)
    if p == 2:
        return np.sqrt(_sum(np.square(x), axis=axes, keepdims=keepdim))
    if p == 0:
        return _sum(x != 0, axis=axes, keepdims=keepdim, dtype=x.dtype)
    x = np.absolute(x)
    if p == 1:
        return _sum(x, axis=axes, keepdims=keepdim)
    if p == np.inf:
        return _max(x, axis=axes, keepdims=keepdim)
    if p == -np.inf:
        return _min(x, axis=axes, keepdims=keepdim)
    return _sum(x**p, axis=axes, keepdims=keepdim) ** (1 / p)


def euclidean(x: Any, z: Any) -> Any:
    """Distances ‖xᵢ − zⱼ‖ of the rows of (…, P, M) and (…, R, M) → (…, P, R) by |x|² + |z|² − 2x·z."""
    squares = np.square(x).sum(-1)[..., :, None] + np.square(z).sum(-1)[..., None, :] - 2 * matmul(x, z, False, True)
    return np.sqrt(np.maximum(squares, 0))  # rounding may leave a zero a little below


def block_diag(shape: tuple[int, int], *blocks: Any) -> Any:
    """Zeros of a shape with the blocks, of two axes each, along the diagonal."""
    out = np.zeros(shape, np.result_type(*blocks))
    i = j = 0
    for b in blocks:
        out[i : i + b.shape[0], j : j + b.shape[1]] = b
        i, j = i + b.shape[0], j + b.shape[1]
    return out
