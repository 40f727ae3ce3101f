"""Operations with several results: a node for each result, and their gradients on the way to the operation together.

The only floating result of an operation has the operation itself as its node. Where there are several, each has an
`Output` above the operation; an Output is younger than the operation, so all have spoken when it is the operation's turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .node import Name, Node, Source, births


class Output(Node):
    """One of several results of an operation: hands its gradient to the operation as one part of a tuple."""

    __slots__ = ("index",)
    name = Name("output")
    index: int

    def __init__(self, parent: Any, index: int) -> None:
        self.inputs = (parent,)
        self.birth = next(births)
        self.shape = parent.edges[index][0]
        self.hooks = None
        self.index = index

    def pull(self, grad: Tensor) -> list[tuple[Source, Any]]:
        return [(self.inputs[0], Parts({self.index: grad}) if type(grad) is Tensor else grad)]

    @property
    def metadata(self) -> dict[str, Any]:
        return self.inputs[0].metadata  # type: ignore[union-attr]

    def register_hook(self, hook: Any) -> Any:
        return self.inputs[0].register_hook(hook)  # type: ignore[union-attr]

    def register_prehook(self, hook: Any) -> Any:
        return self.inputs[0].register_prehook(hook)  # type: ignore[union-attr]


class Parts(dict[int, "Tensor"]):
    """The gradients of some of an operation's results; adding two fills in and adds up."""

    def __add__(self, other: Parts) -> Parts:
        both = Parts(self)
        for i, g in other.items():
            both[i] = both[i] + g if i in both else g
        return both

    def of(self, node: Any) -> tuple[Any, ...]:
        """One gradient per result; zeros for those nobody used (None if the operation asks for that)."""
        if not getattr(node, "materialize", True):
            return tuple(self.get(i) for i in range(len(node.edges)))
        return tuple(
            self[i] if i in self else Tensor._of(np.zeros(shape, dtype)) for i, (shape, dtype) in enumerate(node.edges)
        )


def stand_above(node: Any, floating: list[Tensor]) -> None:
    """Put a node, or an Output of it each, above its floating results."""
    node.edges = tuple((y.array.shape, y.array.dtype) for y in floating)
    for i, y in enumerate(floating):
        y.node = node if len(floating) == 1 else Output(node, i)
        y._requires_grad = True
    node.shape = floating[0].array.shape if len(floating) == 1 else ()


def reconnected(node: Any, outs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Several results, kept without their nodes, each in its place above the node again."""
    floating = [y for y in outs if y.is_floating_point()]
    if len(floating) == 1:
        return tuple(y._at(node) if y is floating[0] else y for y in outs)
    place = {id(y): i for i, y in enumerate(floating)}
    return tuple(y._at(Output(node, place[id(y)])) if id(y) in place else y for y in outs)
