"""The graph's own operations: what an in-place write, or a tensor that needs another place in the graph, becomes.

A user meets `AsStrided` as `as_strided`; the others stand in graphs for what no function computes.
"""

from __future__ import annotations

from typing import Any

from ..kernels import on
from ..kernels.shapes import Shape
from ..tensor import Tensor
from .function import Function
from .sums import Zero


class Alias(Function):
    """x itself, at a place of its own in the graph."""

    is_view = True

    def forward(self, x: Any) -> Any:
        return x.view()

    def backward(self, grad: Tensor) -> Tensor:
        return grad


def alias(x: Tensor) -> Tensor:
    """x with a node of its own above it."""
    return Alias()(x)


class AsStrided(Function):
    """Any geometry over the memory of x: sizes, strides, and the offset from x's first element. An array of another
    arrangement than x had (its shape and strides `before`) is brought into that first, so that the same elements meet."""

    is_view = True

    def __init__(self, before: tuple[Shape, Shape], shape: Shape, strides: Shape, offset: int) -> None:
        self.before, self.to, self.strides, self.offset = before, shape, strides, offset

    @classmethod
    def between(cls, view: Any, base: Any) -> AsStrided:
        """The operation that gives one array over the memory of the other."""
        offset = (view.__array_interface__["data"][0] - base.__array_interface__["data"][0]) // base.itemsize
        return cls((base.shape, steps_of(base)), view.shape, steps_of(view), offset)

    def forward(self, x: Any) -> Any:
        return on(x).as_strided(x, self.before[1], self.to, self.strides, self.offset)

    def backward(self, grad: Tensor) -> Tensor:
        return AsStridedBackward(self.before, self.to, self.strides, self.offset)(grad)


class AsStridedBackward(Function):
    """What each element of the memory has received; elements of x in one place share it."""

    def __init__(self, before: tuple[Shape, Shape], shape: Shape, strides: Shape, offset: int) -> None:
        self.before, self.to, self.strides, self.offset = before, shape, strides, offset

    def forward(self, x: Any) -> Any:
        return on(x).as_strided_backward(x, *self.before, self.strides, self.offset)

    def backward(self, grad: Tensor) -> Tensor:
        return AsStrided(self.before, self.to, self.strides, self.offset)(grad)


def steps_of(array: Any) -> Shape:
    """Strides in elements."""
    return tuple([s // array.itemsize for s in array.strides])


class ReplaceRegion(Function):
    """The root with the region that some views, one of the other, look at replaced by value: memory has it already."""

    def __init__(self, views: tuple[Function, ...], strides: tuple[int, ...]) -> None:
        self.views, self.strides = views, strides

    def forward(self, root: Any, value: Any) -> Any:
        return root

    def backward(self, grad: Tensor) -> Any:
        gx = ClearRegion(self.views, self.strides)(grad) if self.needs[0] else None
        return gx, through(self.views, grad) if self.needs[1] else None


class ClearRegion(Function):
    """x with zeros in the region that the views look at."""

    def __init__(self, views: tuple[Function, ...], strides: tuple[int, ...]) -> None:
        self.views, self.strides = views, strides

    def forward(self, x: Any) -> Any:
        # A reshape is a view or not by the arrangement of memory, so the copy is arranged as the root was.
        out = region = on(x).laid_out(x, self.strides)
        for view in self.views:
            region = view.forward(region)
        on(x).writable(region)[...] = 0
        return out

    def backward(self, grad: Tensor) -> Tensor:
        return ClearRegion(self.views, self.strides)(grad)


def through(views: tuple[Function, ...], x: Tensor) -> Tensor:
    for view in views:
        x = view.again()(x)
    return x


class Overwritten(Function):
    """new, written over old: the gradient goes to new, and old, with all that it was computed from, receives zero.

    Once a backward pass has gone by that does not keep the graph, old is forgotten, so that a buffer which is written to
    again and again does not drag its past along."""

    never_warns = True

    def forward(self, new: Any, old: Any) -> Any:
        return new

    def backward(self, grad: Tensor) -> Any:
        return grad, None

    def pull(self, grad: Any) -> list[tuple[Any, Any]]:
        new, old = self.inputs
        pairs = [] if new is None else [(new, grad)]
        if old is not None:
            pairs.append((old, grad if type(grad) is Zero else Zero(grad.array.dtype)))
        return pairs

    def release(self) -> None:
        self.inputs = (self.inputs[0], None)
