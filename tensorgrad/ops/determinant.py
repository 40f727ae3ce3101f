"""Determinants and their logarithms, of stacks of square matrices."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..printing import Result
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
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
    """∂det/∂A = det(A)·A⁻ᵀ, or its limit."""

    def forward(self, x: Any) -> Any:
        return on(x).cofactor(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return CofactorGradient()(grad, x)


class CofactorGradient(Function):
    """∂⟨g, cofactor(A)⟩/∂A. (The third derivative goes through the formula, so it needs a regular matrix.)"""

    def formula(self, g: Tensor, x: Tensor) -> Tensor:
        y = Inv()(x).mT
        return Det()(x)[..., None, None] * (y * (y * g).sum((-2, -1), keepdim=True) - y @ g.mT @ y)

    def forward(self, g: Any, x: Any) -> Any:
        return on(x).cofactor_gradient(g, x)


__all__ = ["det", "logdet", "slogdet"]
