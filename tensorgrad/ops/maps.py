"""Linear operations that bring their own transpose."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape
from ..tensor import Tensor


class LinearMap(Function):
    """y = A x, A linear, given by two kernels: `name(x, *how)` and its transpose, `name_backward(grad, shape, *how)`.

    The gradient of A is Aᵀ and that of Aᵀ is A, so gradients of every order are these two kernels. `how` are constants.
    """

    def __init__(self, name: str, *how: Any, shape: Shape | None = None) -> None:
        self.name = name if shape is None else f"{name}_backward"  # type: ignore[misc]
        self.map, self.how, self.to = name, how, shape

    def forward(self, x: Any) -> Any:
        if self.to is not None:
            return getattr(on(x), self.name)(x, self.to, *self.how)
        self.before = x.shape
        return getattr(on(x), self.name)(x, *self.how)

    def backward(self, grad: Tensor) -> Tensor:
        return LinearMap(self.map, *self.how, shape=self.before if self.to is None else None)(grad)


__all__: list[str] = []
