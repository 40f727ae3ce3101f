"""GradientEdge: a place in the graph that gradients go to, which may stand for a tensor that is no longer held."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..tensor import Tensor
from .node import AccumulateGrad, Node, accumulator_of


class _Place(NamedTuple):
    node: Node
    output_nr: int


class GradientEdge(_Place):
    """A node, and which of its results: taken by `grad` and `backward` in place of the tensor."""

    dtype: Any = np.dtype(np.float32)  # of the tensor

    def tensor(self) -> Tensor:
        """The leaf; of an operation a stand-in for the result, without its numbers."""
        if isinstance(self.node, AccumulateGrad):
            return self.node.variable
        t = Tensor._of(np.broadcast_to(np.zeros((), self.dtype), self.node.shape))
        t.node, t._requires_grad = self.node, True
        return t


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Where the gradient of a tensor goes: its node, or the `AccumulateGrad` of a leaf."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"get_gradient_edge: needs a Tensor, got {type(tensor).__name__}.")
    if not tensor.requires_grad:
        raise RuntimeError("get_gradient_edge: this tensor does not require grad; no gradient goes to it.")
    edge = GradientEdge(tensor.node or accumulator_of(tensor), 0)
    edge.dtype = tensor.array.dtype
    return edge


def tensors_of(given: Any) -> list[Any]:
    """A tensor or several, with what stands for an edge in its place, as a list."""
    one = isinstance(given, (Tensor, GradientEdge))
    return [x.tensor() if isinstance(x, GradientEdge) else x for x in ((given,) if one else given)]


__all__ = ["GradientEdge", "get_gradient_edge", "tensors_of"]
