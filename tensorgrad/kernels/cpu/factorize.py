"""Cholesky, QR, LU. Stacks of matrices, and `info`: see `matrices.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .matrices import lapack, one_by_one
from .threads import for_matrices


@for_matrices
def cholesky(a: Any, upper: bool) -> tuple[Any, Any]:
    """L with A = L·Lᵀ (or U = Lᵀ), of the lower (upper) triangle of A, and info."""
    try:
        return np.linalg.cholesky(a, upper=upper), None
    except np.linalg.LinAlgError:
        potrf = lapack("potrf", a)
        info = np.zeros(a.shape[:-2], np.int32)
        for i in np.ndindex(info.shape):
            info[i] = potrf(a[i], lower=not upper)[1]
        return one_by_one(lambda m: np.linalg.cholesky(m, upper=upper), a, a.shape, info)


@for_matrices
def qr(a: Any, mode: Any) -> tuple[Any, Any]:
    """Q, R with A = Q·R; mode 'reduced' or 'complete'."""
    q, r = np.linalg.qr(a, mode)
    return q, r


def lu_factor(a: Any) -> tuple[Any, Any, Any]:
    """L below and U on and above the diagonal of one matrix; the row each step exchanged with, from 1; info."""
    getrf = lapack("getrf", a)
    m, n = a.shape[-2:]
    lu = np.empty(a.shape, a.dtype)
    pivots = np.empty((*a.shape[:-2], min(m, n)), np.int32)
    info = np.zeros(a.shape[:-2], np.int32)
    for i in np.ndindex(info.shape) if min(m, n) else ():
        lu[i], pivots[i], info[i] = getrf(a[i])
    return lu, pivots + np.int32(1), info


def permutation_matrix(pivots: Any, m: int, dtype: Any) -> Any:
    """The matrix P (…, m, m) that the exchanges of `lu_factor` amount to: A = P·L·U."""
    out = np.zeros((*pivots.shape[:-1], m, m), dtype)
    for i in np.ndindex(pivots.shape[:-1]):
        order = np.arange(m)
        for step, other in enumerate(pivots[i] - 1):
            order[[step, other]] = order[[other, step]]
        out[i][order, np.arange(m)] = 1
    return out


__all__ = ["cholesky", "lu_factor", "permutation_matrix", "qr"]
