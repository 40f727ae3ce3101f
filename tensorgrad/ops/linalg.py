"""Products and factorisations of matrices."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..tensor import Tensor
from .promote import paired


class Matmul(Function):
    """(…, m, k) @ (…, k, n) → (…, m, n), at least two axes each."""

    broadcasts = crosswise = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).matmul(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        gx = None if z is None else Matmul()(grad, z.mT)
        gz = None if x is None else Matmul()(x.mT, grad)
        return gx, gz


def matmul(input: Any, other: Any) -> Tensor:
    """input @ other."""
    x, z = paired("matmul", input, other)
    return Matmul()(x, z)


__all__ = ["matmul"]
