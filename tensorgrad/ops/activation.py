"""Activations."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..tensor import Tensor
from .promote import as_operand


class Relu(Function):
    """max(x, 0)."""

    def forward(self, x: Any) -> Any:
        return on(x).relu(x)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out > 0)


def relu(input: Any) -> Tensor:
    """max(x, 0)."""
    return Relu()(as_operand("relu", input))


__all__ = ["relu"]
