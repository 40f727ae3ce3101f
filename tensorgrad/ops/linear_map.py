"""Linear operations that bring their own transpose."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..autograd.node import Name
from ..kernels import on
from ..kernels.shapes import Shape
from ..tensor import Tensor


class LinearMap(Function):
    """y = A x, A linear, given by two kernels: `map(x, *how)` and its transpose, `map_backward(grad, shape, *how)`.

    The gradient of A is Aᵀ and that of Aᵀ is A, so gradients of every order are these two kernels. `how` are constants.
    With a `shape` it is the transpose, which gives results of that shape.
    """

    borrowed = ("how",)

    def __init__(self, map: str, *how: Any, shape: Shape | None = None, name: str = "") -> None:
        self.map, self.how, self.to = map, how, shape
        self.name = Name(name or (map if shape is None else f"{map}_backward"))  # type: ignore[misc]

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        if self.to is None:
            return getattr(on(x), self.map)(x, *self.how)
        return getattr(on(x), f"{self.map}_backward")(x, self.to, *self.how)

    def backward(self, grad: Tensor) -> Tensor:
        return LinearMap(self.map, *self.how, shape=self.before if self.to is None else None)(grad)


__all__: list[str] = []
