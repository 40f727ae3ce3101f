"""Inverses, systems of equations, least squares. Stacks of matrices, and `info`: see `matrices.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .compiled import plain, worth
from .compiled import solve as _compiled
from .factorize import lu_factor
from .matrices import SMALL, lapack, one_by_one, zero_pivots
from .threads import for_matrices, include_scipy


@for_matrices
def inv(a: Any) -> tuple[Any, Any]:
    """A⁻¹ and info."""
    n, stack = a.shape[-1], math.prod(a.shape[:-2])
    if n <= SMALL and stack > 1 and worth(stack * (64 + n**3)):
        lu, pivots, info = lu_factor(a)
        out = np.empty(a.shape, a.dtype)
        _compiled.inverses(lu.reshape(stack, n, n), pivots.reshape(stack, n), out.reshape(stack, n, n))
        if info.any():
            out[info != 0] = np.nan
        return out, info
    if n > 16:
        getrf, getri = lapack("getrf", a), lapack("getri", a)
        out, info = np.empty(a.shape, a.dtype), np.zeros(a.shape[:-2], np.int32)
        for i in np.ndindex(info.shape):
            lu, pivots, info[i] = getrf(a[i].T)  # (Aᵀ)⁻¹ in Fortran's order is A⁻¹ in C's
            out[i] = np.nan if info[i] else getri(lu, pivots, overwrite_lu=True)[0].T
        return out, info
    try:
        return np.linalg.inv(a), None
    except np.linalg.LinAlgError:
        return one_by_one(lambda m: np.linalg.inv(m), a, a.shape, zero_pivots(a))


@for_matrices
def solve(a: Any, b: Any) -> tuple[Any, Any]:
    """X with A·X = B, and info.  (…, n, n), (…, n, k) → (…, n, k), the leading axes broadcast."""
    try:
        return np.linalg.solve(a, b), None
    except np.linalg.LinAlgError:
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a, b = np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(b, batch + b.shape[-2:])
        out = np.full(b.shape, np.nan, b.dtype)
        info = zero_pivots(a)
        for i in np.ndindex(info.shape):
            if not info[i]:
                out[i] = np.linalg.solve(a[i], b[i])
        return out, info


def solve_triangular(a: Any, b: Any, upper: bool, unitriangular: bool, transposed: bool) -> Any:
    """X with A·X = B (Aᵀ·X = B if transposed), A upper or lower triangular. Nothing is checked: 0 divides."""
    from scipy.linalg.blas import dtrsm, strsm

    include_scipy()
    trsm = strsm if a.itemsize == 4 else dtrsm
    if a.ndim == b.ndim == 2 and b.size:  # Xᵀ·Aᵀ = Bᵀ, and the transposed arrays are what Fortran's order wants
        return trsm(1.0, a.T, b.T, side=1, lower=upper, trans_a=transposed, diag=unitriangular).T
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (n, k), stack = b.shape[-2:], math.prod(batch)
    a, b = np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(b, (*batch, n, k))
    if n <= SMALL and worth(stack * (64 + n * n * k)):
        out = np.array(b, order="C")
        square = plain(a).reshape(stack, n, n)
        _compiled.substitute(square, out.reshape(stack, n, k), upper, unitriangular, transposed)
        return out
    out = np.empty((*batch, n, k), b.dtype)
    for i in np.ndindex(batch) if out.size else ():
        out[i] = trsm(1.0, a[i].T, b[i].T, side=1, lower=upper, trans_a=transposed, diag=unitriangular).T
    return out


def lstsq(a: Any, b: Any, rcond: float, singular_values: bool = True) -> tuple[Any, Any, Any]:
    """X of least ‖A·X − B‖ (and then of least ‖X‖), the rank of A and its singular values. Without these (then zeros)
    QR with exchanged columns (LAPACK's gelsy) takes the place of the singular value decomposition: a third of the time."""
    m, n = a.shape[-2:]
    batch = a.shape[:-2]
    out = np.zeros((*batch, n, b.shape[-1]), a.dtype)
    rank = np.zeros(batch, np.int64)
    s = np.zeros((*batch, min(m, n)), a.dtype)
    if not out.size or not min(m, n):
        return out, rank, s
    if not singular_values and _by_gelsy(a, b, rcond, out, rank):
        return out, rank, s
    for i in np.ndindex(batch):
        out[i], _, rank[i], s[i] = np.linalg.lstsq(a[i], b[i], rcond)
    return out, rank, s


def _by_gelsy(a: Any, b: Any, rcond: float, out: Any, rank: Any) -> bool:
    """Solutions and ranks written; False if one has not come out (nan, inf)."""
    (m, n), k = a.shape[-2:], b.shape[-1]
    gelsy = lapack("gelsy", a)
    work = int(lapack("gelsy_lwork", a)(m, n, k, rcond)[0])
    free = np.zeros(n, np.int32)
    if m < n:  # LAPACK returns X in the place of B
        b = np.concatenate([b, np.zeros((*b.shape[:-2], n - m, k), b.dtype)], -2)
    for i in np.ndindex(a.shape[:-2]):
        free[:] = 0  # LAPACK leaves its exchanges there, and would begin with them
        _, x, _, rank[i], _ = gelsy(a[i], b[i], free, rcond, work)
        out[i] = x[:n]
    return bool(np.isfinite(out).all())


__all__ = ["inv", "lstsq", "solve", "solve_triangular"]
