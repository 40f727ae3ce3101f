"""Determinants and their logarithms, of stacks of square matrices."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..printing import Result
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .join import cat
from .keywords import also
from .matrices import squares
from .solve import Inv


class Det(Function):
    """det A; the gradient is g times the matrix of cofactors, also where A is singular."""

    def forward(self, x: Any) -> Any:
        return on(x).det(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad[..., None, None] * Cofactor()(x)


@also(input="A")
def det(A: TensorLike) -> Tensor:
    """The determinant.  Shape: (…, n, n) → (…). Its gradient is exact for singular matrices as well."""
    return Det()(squares("det", A))


class linalg_slogdet_result(Result):
    sign: Tensor
    logabsdet: Tensor


class Slogdet(Function):
    """sign(det A), ln|det A|; the gradient of the latter is A⁻ᵀ."""

    materialize = False

    def forward(self, x: Any) -> Any:
        return on(x).slogdet(x)

    def backward(self, grad_sign: Any, grad_log: Any, x: Tensor) -> Any:
        return None if grad_log is None else grad_log[..., None, None] * Inv()(x).mT


@also(input="A")
def slogdet(A: TensorLike) -> linalg_slogdet_result:
    """(sign, logabsdet) with det A = sign·e^logabsdet: no overflow. A singular matrix gives (0, −inf).

    Shape: (…, n, n) → (…), (…).
    """
    return linalg_slogdet_result(*Slogdet()(squares("slogdet", A)))


@in_own_name
def logdet(input: TensorLike) -> Tensor:
    """ln det A; −inf for a singular matrix, nan where the determinant is negative.  Shape: (…, n, n) → (…)."""
    sign, logabsdet = Slogdet()(squares("logdet", input, "input"))
    return logabsdet.masked_fill(sign < 0, float("nan"))


class Cofactor(Function):
    """∂det/∂A = det(A)·A⁻ᵀ, or its limit: a polynomial in the entries of A, which has derivatives of every order also where
    A⁻¹ does not exist."""

    def formula(self, x: Tensor) -> Tensor:
        u, vh, sign, rank = on(x.array).singular_basis(x.array)
        if rank == x.array.shape[-1]:
            return Det()(x)[..., None, None] * Inv()(x).mT
        u, vh, sign = Tensor._of(u), Tensor._of(vh), Tensor._of(sign)
        return sign * (u @ _cofactor_in_blocks(u.mT @ x @ vh.mT, rank) @ vh)

    def forward(self, x: Any) -> Any:
        return on(x).cofactor(x)

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(x).cofactor_gradient(grad, x)


def _cofactor_in_blocks(x: Tensor, r: int) -> Tensor:
    """The cofactors of a matrix whose leading block P (r, r) is regular, of what is left nothing need be.

    In blocks it is (P Q; R S), its determinant det P · det T with T = S − R·P⁻¹·Q, a polynomial of T.
    """
    p, q, left, s = x[..., :r, :r], x[..., :r, r:], x[..., r:, :r], x[..., r:, r:]
    inverse = Inv()(p)
    cofactors, det = _cofactor_and_det(s - left @ inverse @ q)
    y, g = inverse.mT @ left.mT, cofactors @ q.mT @ inverse.mT  # (P⁻ᵀ·Rᵀ and cof T·Qᵀ·P⁻ᵀ)
    above = cat([det * inverse.mT + y @ g, -(y @ cofactors)], -1)
    return Det()(p)[..., None, None] * cat([above, cat([-g, cofactors], -1)], -2)


def _cofactor_and_det(x: Tensor) -> tuple[Tensor, Tensor]:
    """Cofactors and determinant (…, 1, 1) by products and traces alone (Faddeev and LeVerrier): exact for small numbers."""
    n = x.array.shape[-1]
    one = Tensor._of(on(x.array).eye(n, n, x.array.dtype))
    m, c = x * 0 + one, -(x * one).sum((-2, -1), keepdim=True)
    for k in range(2, n + 1):
        m = x @ m + c * one
        c = (x * m.mT).sum((-2, -1), keepdim=True) / -k
    return m.mT * (-1) ** (n - 1), c * (-1) ** n


__all__ = ["det", "logdet", "slogdet"]
