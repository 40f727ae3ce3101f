"""The same numbers in another arrangement. Most of these are views: they share memory with their input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.function import Function
from ..kernels.shapes import Shape, axis
from ..tensor import Tensor
from .promote import as_operand


class Alias(Function):
    """x itself, at a place of its own in the graph."""

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, grad: Tensor) -> Tensor:
        return grad


def alias(x: Tensor) -> Tensor:
    """x with a node of its own above it."""
    return Alias()(x)


class Reshape(Function):
    """x in another shape of as many elements."""

    is_view = True

    def __init__(self, shape: Shape) -> None:
        self.to = shape

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return x.reshape(self.to)

    def backward(self, grad: Tensor) -> Tensor:
        return Reshape(self.before)(grad)


class Permute(Function):
    """Axes in another order."""

    is_view = True

    def __init__(self, order: Shape) -> None:
        self.order = order

    def forward(self, x: Any) -> Any:
        return x.transpose(self.order)

    def backward(self, grad: Tensor) -> Tensor:
        return Permute(tuple(np.argsort(self.order).tolist()))(grad)


class Expand(Function):
    """x repeated along axes of size 1, without a copy."""

    is_view = True

    def __init__(self, shape: Shape) -> None:
        self.to = shape

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return np.broadcast_to(x, self.to)

    def backward(self, grad: Tensor) -> Tensor:
        from .reduce import sum_to

        return sum_to(grad, self.before)


def reshape(input: Any, *shape: Any) -> Tensor:
    """The same elements, in order, in another shape; one entry may be −1. A view where memory allows it."""
    x = as_operand("reshape", input)
    to = sizes(shape)
    try:
        return Reshape(to)(x)
    except ValueError:
        raise RuntimeError(
            f"reshape: {x.array.size} elements of shape {tuple(x.array.shape)} cannot take the shape {to}."
            "\nThe product of the sizes must stay the same; at most one of them may be -1."
        ) from None


def expand(input: Any, *shape: Any) -> Tensor:
    """Repeat along axes of size 1 without copying; −1 keeps a size.  A view that cannot be written to."""
    x = as_operand("expand", input)
    to = sizes(shape)
    extra = len(to) - x.array.ndim
    full = tuple([x.array.shape[i - extra] if s == -1 and i >= extra else s for i, s in enumerate(to)])
    try:
        return Expand(full)(x)
    except ValueError:
        raise RuntimeError(
            f"expand: shape {tuple(x.array.shape)} cannot be expanded to {to}.\n"
            "Only axes of size 1 can grow; new ones come in front."
        ) from None


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """Exchange two axes.  A view."""
    x = as_operand("transpose", input)
    n = x.array.ndim
    a, b = axis("transpose", dim0, n), axis("transpose", dim1, n)
    order = list(range(n))
    if n:
        order[a], order[b] = order[b], order[a]
    return Permute(tuple(order))(x)


def sizes(shape: Any) -> Shape:
    """`f(2, 3)`, `f((2, 3))` and `f([2, 3])` alike, as a tuple of ints."""
    if len(shape) == 1 and isinstance(shape[0], Sequence):
        shape = shape[0]
    return tuple([s.__index__() for s in shape])


__all__ = ["expand", "reshape", "transpose"]
