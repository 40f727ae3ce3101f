"""Factorisations under their older names and conventions, as `tensorgrad.svd` …; new code uses `tensorgrad.linalg`."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..tensor import Tensor
from . import decompose
from .decompose import inv as inverse
from .words import also


class svd_result(NamedTuple):
    U: Tensor
    S: Tensor
    V: Tensor


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> svd_result:
    """input = U·diag(S)·Vᵀ, with V where `linalg.svd` has Vᵀ; reduced unless `some` is False.

    With compute_uv=False U and V are zeros, as in PyTorch.
    """
    if not compute_uv:
        s = decompose.svdvals(input)
        m, n = input.shape[-2:]
        zero = s.detach().sum() * 0
        return svd_result(zero.expand(*s.shape[:-1], m, m).clone(), s, zero.expand(*s.shape[:-1], n, n).clone())
    u, s, vh = decompose.svd(input, full_matrices=not some)
    return svd_result(u, s, vh.mT)


def qr(input: Any, some: bool = True) -> decompose.qr_result:
    """`linalg.qr`: reduced, or complete if `some` is False."""
    return decompose.qr(input, "reduced" if some else "complete")


def cholesky(input: Any, upper: bool = False) -> Tensor:
    """`linalg.cholesky`."""
    return decompose.cholesky(input, upper=upper)


@also(input="b")
def lu_solve(b: Any, LU_data: Any, LU_pivots: Any) -> Tensor:
    """`linalg.lu_solve(LU_data, LU_pivots, b)`."""
    return decompose.lu_solve(LU_data, LU_pivots, b)


def pinverse(input: Any, rcond: float = 1e-15) -> Tensor:
    """`linalg.pinv(input, rtol=rcond)`."""
    return decompose.pinv(input, rtol=rcond)


__all__ = ["cholesky", "inverse", "lu_solve", "pinverse", "qr", "svd"]
