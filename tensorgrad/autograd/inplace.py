"""Writing in place: versions, leaves, and views whose base has changed.

`x.add_(y)` is `write(x, add(x, y))`: the new value goes into x's memory, x takes the result's place in the graph, and the
version of the memory counts one up, so that a node which saved the old value can refuse to use it.

When x is a view, its base has changed as well: the base's new history is "the old base, with this region replaced", and
other views of the base find their place in that new history the next time they are used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .function import Function
from .modes import OFF, recording


class ReplaceRegion(Function):
    """base with the region that `view` looks at replaced by value; the memory holds it already."""

    name = "replace_region"

    def __init__(self, view: Function) -> None:
        self.view = view

    def forward(self, base: Any, value: Any) -> Any:
        return base

    def backward(self, grad: Tensor) -> Any:
        gx = ClearRegion(self.view)(grad) if self.needs[0] else None
        gz = self.view.again()(grad) if self.needs[1] else None
        return gx, gz


class ClearRegion(Function):
    """x with zeros in the region that `view` looks at."""

    name = "clear_region"

    def __init__(self, view: Function) -> None:
        self.view = view

    def forward(self, x: Any) -> Any:
        out = x.copy()
        self.view.forward(out)[...] = 0
        return out

    def backward(self, grad: Tensor) -> Any:
        return ClearRegion(self.view)(grad)


def check_writable(x: Tensor, op: str) -> None:
    """Refuse what must not be written in place: a leaf that requires grad (or a view of one) while recording."""
    if recording.get() != OFF and x.requires_grad:
        root = x
        while root._base is not None:
            root = root._base
        if root.node is None and root._requires_grad:
            a_view = "a view of " if root is not x else ""
            raise RuntimeError(
                f"{op}: {a_view}a leaf that requires grad cannot be changed in place while it is recorded; "
                f"its gradient would have no place to go.\n    tensor  {tuple(x.array.shape)}\n"
                "Write under `with tensorgrad.no_grad():`, or use the out-of-place form."
            )
    if not x.array.flags.writeable:
        raise RuntimeError(
            f"{op}: this memory cannot be written to: several elements of the tensor, shape {tuple(x.array.shape)}, "
            "stand for the same place (after expand or broadcast_to), or the array it came from is read-only. "
            "Use x.clone() first."
        )


def before_write(x: Tensor) -> Tensor:
    """x as an operand of its own in-place operation: if the operation may save it, it needs its old value in memory of
    its own."""
    if recording.get() == OFF:
        return x
    old = x._alias(x.node)
    old.array, old.storage = x.array.copy(), None
    return old


def write(x: Tensor, out: Any, op: str) -> Tensor:
    """x[...] = out, in memory and in the graph. The public in-place operation has checked shapes and dtypes."""
    new = out if isinstance(out, Tensor) else Tensor._of(np.asarray(out))
    if new.array.shape != x.array.shape:
        raise RuntimeError(
            f"{op}: the result has shape {tuple(new.array.shape)}, which does not fit into the tensor's "
            f"{tuple(x.array.shape)}. Use the out-of-place form."
        )
    np.copyto(x.array, new.array, casting="unsafe")
    written(x, op)
    if recording.get() != OFF and (new._requires_grad or x._requires_grad):
        join(x, new)
    return x


def written(x: Tensor, op: str) -> None:
    """Note that x's memory has changed."""
    storage = x.storage or x._storage()
    storage.count += 1
    storage.op = op


def join(x: Tensor, new: Tensor) -> None:
    """x takes the place of `new` in the graph, and its bases learn of it."""
    if x._base is None:
        x.node, x._requires_grad = new.node, new._requires_grad
        if x.node is None and x._requires_grad:  # `new` is a leaf: keep a node between, or two tensors are one leaf
            from ..ops.shape import alias

            x.node = alias(new).node
    else:
        base = x._base
        if base._base is not None:
            base._refresh()
        join(base, ReplaceRegion(x._view)(base._alias(base.node) if base.node else base.detach(), new))
    storage = x.storage or x._storage()
    storage.rebased += 1


def rejoin(x: Tensor) -> None:
    """A view whose base has a new history: look at the base again."""
    base = x._base
    assert base is not None and x.storage is not None
    if base._base is not None:
        base._refresh()
    twin = x._view.again()(base)
    x.node, x._requires_grad, x._rebased = twin.node, twin._requires_grad, x.storage.rebased
