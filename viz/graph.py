"""The record of a computation graph: plain data, and the only thing a renderer reads.

`from_value.py` fills it from a result, `fold.py` makes it smaller, `scene.py` decides what a picture shows of it. Ids
count from zero, every node after the nodes it was computed from, so one graph gives one record, one text and one
picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["leaf", "parameter", "inner", "output"]
Kind: TypeAlias = Literal["value", "group", "more"]


@dataclass(slots=True)
class Node:
    """One result of the computation and the operation that made it; or several folded into one.

    Attributes:
        id: its place in `Graph.nodes`.
        op: the operation's name, "" for a leaf.
        label: the user's name for it, or a group's title.
        data: the number; None where there is not one number to show.
        grad: its gradient; None as long as no backward has reached it, which is not the same as 0.
        role: "parameter" and "leaf" come from outside, "output" is what was asked for, "inner" is between.
        scope: where it was computed, "layers.0/neurons.3", "" outside any module.
        kind: "value"; "group", a scope folded into one node; "more", values that were left out.
        count: how many values a group stands for, and how many of them are parameters.
        shape, dtype, saved, source: what a tensor has and a number has not: its shape and type, the names its rule
            saved for backward, and the user's line, "train.py:12".
    """

    id: int
    op: str = ""
    label: str = ""
    data: float | None = None
    grad: float | None = None
    role: Role = "inner"
    scope: str = ""
    kind: Kind = "value"
    count: int = 1
    parameters: int = 0
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    saved: tuple[str, ...] = ()
    source: str = ""


@dataclass(slots=True)
class Edge:
    """`target` was computed from `source`, its `slot`-th operand.

    Attributes:
        local: the local derivative ∂target/∂source; None where it is not one number.
        flow: the gradient that backward sent along, local · target.grad; None as long as it has not.
        count: how many edges this one stands for in a folded graph; their flows are added up.
    """

    source: int
    target: int
    slot: int = 0
    local: float | None = None
    flow: float | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Scope:
    """A module's call, drawn as a frame: "layers.0/neurons.3" has the name "neurons.3" and the parent "layers.0"."""

    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def depth(self) -> int:
        return self.path.count("/") + 1 if self.path else 0


@dataclass(slots=True)
class Graph:
    """Nodes, each after those it was computed from, and edges; `notice` says what was folded or left out."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    notice: str = ""

    @property
    def scopes(self) -> list[Scope]:
        """Every scope that holds a node, outer before inner, in the order in which they begin to compute."""
        paths: dict[str, None] = {}
        working = [node.scope for node in self.nodes if node.op]
        for scope in dict.fromkeys([*working, *(node.scope for node in self.nodes)]):
            parts = scope.split("/") if scope else []
            paths.update(("/".join(parts[: i + 1]), None) for i in range(len(parts)))
        return [Scope(path) for path in paths]

    def __repr__(self) -> str:
        operations = sum(1 for node in self.nodes if node.op)
        return f"Graph({len(self.nodes)} nodes, {operations} operations, {len(self.edges)} edges)"


def with_article(name: str) -> str:
    """For error messages: "a list", "an int"."""
    spelt = name[:2].isupper() or name[:2] == "nd"  # an MLP, an ndarray: said letter by letter
    return f"{'an' if name[:1].lower() in ('aefhilmnorsx' if spelt else 'aeiou') else 'a'} {name}"
