"""Cholesky, QR, LU. Stacks of matrices, and `info`: see `matrices.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .compiled import factorize as _compiled
from .compiled import worth
from .matrices import SMALL, lapack, one_by_one


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


def qr(a: Any, mode: Any) -> tuple[Any, Any]:
    """Q, R with A = Q·R; mode 'reduced' or 'complete'."""
    q, r = np.linalg.qr(a, mode)
    return q, r


def lu_factor(a: Any) -> tuple[Any, Any, Any]:
    """L below and U on and above the diagonal of each matrix; the row each step exchanged with, from 1; info."""
    m, n = a.shape[-2:]
    k, stack = min(m, n), math.prod(a.shape[:-2])
    pivots = np.empty((*a.shape[:-2], k), np.int32)
    info = np.zeros(a.shape[:-2], np.int32)
    if max(m, n) <= SMALL and stack > 1 and worth(stack * (64 + m * n * k)):
        lu = np.array(a, order="C")
        _compiled.lu_in_place(lu.reshape(stack, m, n), pivots.reshape(stack, k), info.reshape(stack))
        return lu, pivots, info
    getrf = lapack("getrf", a)
    lu = np.empty(a.shape, a.dtype)
    for i in np.ndindex(info.shape) if k else ():
        lu[i], pivots[i], info[i] = getrf(a[i])
    return lu, pivots + np.int32(1), info


def permutation_matrix(pivots: Any, m: int, dtype: Any) -> Any:
    """The matrix P (…, m, m) that the exchanges of `lu_factor` amount to: A = P·L·U."""
    steps = pivots.reshape(math.prod(pivots.shape[:-1]), pivots.shape[-1]) - 1
    out = np.zeros((len(steps), m, m), dtype)
    if len(steps) <= 4:
        for matrix, others in zip(out, steps.tolist()):
            order = list(range(m))
            for step, other in enumerate(others):
                order[step], order[other] = order[other], order[step]
            matrix[order, np.arange(m)] = 1
    else:  # all matrices at once
        rows = np.arange(len(steps))
        orders = np.tile(np.arange(m), (len(steps), 1))
        for step, others in enumerate(steps.T):
            before = orders[:, step].copy()
            orders[:, step] = orders[rows, others]
            orders[rows, others] = before
        out[rows[:, None], orders, np.arange(m)] = 1
    return out.reshape(*pivots.shape[:-1], m, m)


__all__ = ["cholesky", "lu_factor", "permutation_matrix", "qr"]
