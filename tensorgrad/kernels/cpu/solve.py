"""Inverses, systems of equations, least squares. Stacks of matrices, and `info`: see `matrices.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .matrices import one_by_one, zero_pivots
from .threads import for_matrices, include_scipy


@for_matrices
def inv(a: Any) -> tuple[Any, Any]:
    """A⁻¹ and info."""
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
    from scipy.linalg.blas import get_blas_funcs

    include_scipy()
    trsm = get_blas_funcs("trsm", dtype=a.dtype)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = np.empty(batch + b.shape[-2:], b.dtype)
    if not out.size:
        return out
    a, b = np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(b, out.shape)
    for i in np.ndindex(batch):  # a.T is what Fortran's order wants
        out[i] = trsm(1.0, a[i].T, b[i], lower=upper, trans_a=not transposed, diag=unitriangular)
    return out


def lstsq(a: Any, b: Any, rcond: float) -> tuple[Any, Any, Any]:
    """X of least ‖A·X − B‖ (and then of least ‖X‖), the rank of A and its singular values."""
    m, n = a.shape[-2:]
    batch = a.shape[:-2]
    out = np.zeros((*batch, n, b.shape[-1]), a.dtype)
    rank = np.zeros(batch, np.int64)
    s = np.zeros((*batch, min(m, n)), a.dtype)
    for i in np.ndindex(batch) if min(m, n) else ():
        out[i], _, rank[i], s[i] = np.linalg.lstsq(a[i], b[i], rcond)
    return out, rank, s


__all__ = ["inv", "lstsq", "solve", "solve_triangular"]
