"""The record of a computation graph: plain data, and the only thing a renderer reads.

`graph_of(x)` makes one from a result. It looks at public attributes and not at types, so this package imports neither
engine, and neither engine knows that it is drawn:

    Value   data, grad, label, _prev, _op, and where there are any _local_grads and _scope

Ids count from zero, every node after the nodes it was computed from, so one graph gives one record, one text and one
picture. Nothing here recurses: a million chained operations are walked as easily as five, and `fit` brings them down
to what a reader can take in.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["leaf", "parameter", "inner", "output"]
Kind: TypeAlias = Literal["value", "group", "more"]
Collapse: TypeAlias = str | int | Iterable[str]


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


# ---- from an engine's result ------------------------------------------------------------------------------------


def graph_of(x: Any, *, parameters: Any = None) -> Graph:
    """The record of what `x` was computed from.

    Args:
        x: a Value, a list or tuple of them, or a Graph, which is returned as it is.
        parameters: a model (anything with `parameters()`) or the parameters themselves, to tell them from inputs.
            Leaves made inside a module's scope are known without it.

    Raises:
        TypeError: for anything else.
    """
    if isinstance(x, Graph):
        return x
    outputs = list(x) if isinstance(x, (list, tuple)) else [x]
    if not outputs:
        raise TypeError("viz: got an empty list, and so nothing to draw. Pass a Value, or a list with at least one.")
    for output in outputs:
        if not all(hasattr(output, name) for name in ("data", "grad", "_prev")):
            raise TypeError(
                f"viz: cannot draw {_article(type(output).__name__)}: it has no data, grad and _prev to read. "
                "Pass a Value, a list of Values, or a viz Graph."
            )
    return from_value(outputs, parameters=parameters)


def from_value(outputs: Any, *, parameters: Any = None) -> Graph:
    """The record of a graph of numbers, from its output or a list of outputs; `parameters` as in `graph_of`."""
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    order = _children_first(outputs)
    place = {id(value): i for i, value in enumerate(order)}
    asked = {id(value) for value in outputs}
    known = {id(value) for value in _parameters(parameters)}

    graph = Graph()
    for i, value in enumerate(order):
        node = Node(i, getattr(value, "_op", ""), str(getattr(value, "label", "")), value.data, value.grad)
        node.scope = "/".join(filter(None, getattr(value, "_scope", "").split("/")))
        children = value._prev
        if not children:
            node.role = "parameter" if id(value) in known or (node.scope and node.label) else "leaf"
        elif id(value) in asked:
            node.role = "output"
        graph.nodes.append(node)
        local = getattr(value, "_local_grads", ())
        if len(local) != len(children):  # an operation with a _backward of its own: its rule is code, not a number
            local = (None,) * len(children)
        graph.edges.extend(Edge(place[id(child)], i, slot, local[slot]) for slot, child in enumerate(children))

    _forget_unreached_gradients(graph)
    for edge in graph.edges:
        grad = graph.nodes[edge.target].grad
        edge.flow = None if edge.local is None or grad is None else edge.local * grad
    _bring_parameters_home(graph)
    return graph


def _children_first(outputs: Sequence[Any]) -> list[Any]:
    """Every value below `outputs`, each once and after its children, first operands first."""
    order: list[Any] = []
    seen: set[int] = set()
    stack: list[Any] = list(reversed(outputs))
    while stack:
        value = stack.pop()
        if value is None:  # what lies under a None has all of its children in the list
            order.append(stack.pop())
        elif id(value) not in seen:
            seen.add(id(value))
            stack.append(value)
            stack.append(None)
            stack.extend(reversed(tuple(value._prev)))
    return order


def _parameters(parameters: Any) -> list[Any]:
    if parameters is None:
        return []
    return list(parameters.parameters() if hasattr(parameters, "parameters") else parameters)


def _forget_unreached_gradients(graph: Graph) -> None:
    """A zero is a gradient only where a backward came by: below a node whose gradient is not zero."""
    reached = [node.grad != 0.0 for node in graph.nodes]
    for edge in reversed(graph.edges):  # edges stand in the order of their targets: consumers first
        if reached[edge.target]:
            reached[edge.source] = True
    for node in graph.nodes:
        if not reached[node.id]:
            node.grad = None


def _bring_parameters_home(graph: Graph) -> None:
    """A parameter without a scope of its own belongs to the scope that all its uses share."""
    homes: dict[int, list[str] | None] = {n.id: None for n in graph.nodes if n.role == "parameter" and not n.scope}
    for edge in graph.edges:
        if edge.source in homes:
            use, home = graph.nodes[edge.target].scope.split("/"), homes[edge.source]
            homes[edge.source] = use if home is None else _common(home, use)
    for i, home in homes.items():
        graph.nodes[i].scope = "/".join(home or [])


def _common(a: list[str], b: list[str]) -> list[str]:
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return a[:n]


# ---- fewer nodes ------------------------------------------------------------------------------------------------


def collapse_scopes(graph: Graph, by: Collapse) -> Graph:
    """Fold scopes into one node each.

    Args:
        by: "neuron" or "layer" (or any other word before the dot in a scope's name), a path such as "layers.0", a list
            of either, or a depth: 1 folds the outermost scopes.

    Raises:
        ValueError: no scope of the graph is meant by it.
    """
    chosen = _chosen_scopes(graph, by)
    return _contract(graph, lambda node: _enclosing(node.scope, chosen))


def _chosen_scopes(graph: Graph, by: Collapse) -> set[str]:
    scopes = graph.scopes
    if isinstance(by, bool) or not isinstance(by, (str, int, Iterable)):
        raise TypeError(f"collapse: needs a word, a depth or a list of words, got {_article(type(by).__name__)}.")
    if isinstance(by, int):
        if by < 1:
            raise ValueError(f"collapse: depth {by} is below 1, the depth of the outermost scopes.")
        return {scope.path for scope in scopes if scope.depth == by}
    chosen: set[str] = set()
    for word in [by] if isinstance(by, str) else by:
        found = {s.path for s in scopes if word == s.path or s.name.partition(".")[0] in (word, f"{word}s")}
        if not found:
            there = ", ".join(dict.fromkeys(scope.name for scope in scopes)) or "none"
            raise ValueError(f"collapse: nothing is called {word!r}. Scopes in this graph: {_short(there, 120)}.")
        chosen |= found
    return chosen


def _enclosing(path: str, chosen: set[str]) -> str | None:
    """The outermost chosen scope around `path`."""
    parts = path.split("/")
    return next((p for i in range(len(parts)) if (p := "/".join(parts[: i + 1])) in chosen), None)


def fit(graph: Graph, max_nodes: int) -> Graph:
    """The graph itself if it has at most `max_nodes` nodes, else one that has, and a notice of what was done.

    Innermost scopes (neurons) are folded first, then the scopes around them (layers). If that is not enough, values
    outside all scopes are folded as well; a graph without scopes is cut to the values nearest the output.
    """
    total = len(graph.nodes)
    if total <= max_nodes:
        return graph
    for depth in range(max((scope.depth for scope in graph.scopes), default=0), 0, -1):
        smaller = collapse_scopes(graph, depth)
        if len(smaller.nodes) <= max_nodes:
            words = " and ".join(dict.fromkeys(s.name.partition(".")[0] for s in graph.scopes if s.depth == depth))
            smaller.notice = f"{total:,} values, more than max_nodes = {max_nodes}: drawn by {words}."
            return smaller
        if depth == 1:
            smaller = _fold_the_rest(smaller)
            if len(smaller.nodes) <= max_nodes:
                smaller.notice = f"{total:,} values, more than max_nodes = {max_nodes}: drawn in groups."
                return smaller
    smaller = _nearest(graph, max_nodes)
    smaller.notice = f"{total:,} values, more than max_nodes = {max_nodes}: drawn are those nearest the output."
    return smaller


def _contract(graph: Graph, group_of: Callable[[Node], Hashable | None]) -> Graph:
    """Nodes with the same key become one; edges inside disappear, edges between two groups are counted."""
    members: dict[Hashable, list[Node]] = {}
    keys: list[Hashable] = []
    for node in graph.nodes:
        key = group_of(node)
        keys.append(("node", node.id) if key is None else key)
        members.setdefault(keys[-1], []).append(node)
    # A group stands where its last result stood, after what it was computed from; leaves stand where the first stood.
    computed = {key: any(node.op or node.kind == "group" for node in nodes) for key, nodes in members.items()}
    members = dict(sorted(members.items(), key=lambda item: item[1][-1 if computed[item[0]] else 0].id))
    place = {key: i for i, key in enumerate(members)}
    where = [place[key] for key in keys]

    leaving = {e.source for e in graph.edges if where[e.source] != where[e.target]}
    small = Graph(notice=graph.notice)
    for key, nodes in members.items():
        i = place[key]
        small.nodes.append(replace(nodes[0], id=i) if len(nodes) == 1 else _group(i, str(key), nodes, leaving))

    between: dict[tuple[int, int], Edge] = {}
    for edge in graph.edges:
        pair = where[edge.source], where[edge.target]
        if pair[0] == pair[1]:
            continue
        if all(small.nodes[end].kind == "value" for end in pair):
            small.edges.append(replace(edge, source=pair[0], target=pair[1]))
        elif pair in between:
            _add(between[pair], edge)
        else:
            between[pair] = replace(edge, source=pair[0], target=pair[1], slot=0)
            small.edges.append(between[pair])
    return small


def _add(edge: Edge, other: Edge) -> None:
    """Let `edge` stand for `other` too."""
    edge.count += other.count
    edge.local = None
    edge.flow = None if edge.flow is None or other.flow is None else edge.flow + other.flow


def _group(i: int, path: str, nodes: list[Node], leaving: set[int]) -> Node:
    scope = Scope(path)
    seen_outside = [node for node in nodes if node.id in leaving or node.role == "output"]
    only = seen_outside[0] if len(seen_outside) == 1 else None
    return Node(
        i,
        label=scope.name,
        data=only.data if only else None,
        grad=only.grad if only else None,
        role="output" if any(node.role == "output" for node in nodes) else "inner",
        scope=scope.parent,
        kind="group",
        count=sum(node.count for node in nodes),
        parameters=sum(node.parameters or node.role == "parameter" for node in nodes),
    )


def _fold_the_rest(graph: Graph) -> Graph:
    """Fold what lies outside all scopes: all leaves into one node, and the values between them piece by piece."""
    piece = list(range(len(graph.nodes)))

    def root(i: int) -> int:
        while piece[i] != i:
            piece[i] = piece[piece[i]]
            i = piece[i]
        return i

    def inner(i: int) -> bool:
        return graph.nodes[i].kind == "value" and graph.nodes[i].role == "inner"

    for edge in graph.edges:
        if inner(edge.source) and inner(edge.target):
            piece[root(edge.target)] = root(edge.source)
    sizes: dict[int, int] = {}
    for node in graph.nodes:
        if inner(node.id):
            sizes[root(node.id)] = sizes.get(root(node.id), 0) + 1

    names: dict[int, str] = {r: f"between {n}" for n, r in enumerate(r for r, size in sizes.items() if size > 1)}

    def group_of(node: Node) -> str | None:
        if node.kind == "value" and node.role in ("leaf", "parameter"):
            return "inputs" if node.role == "leaf" else "parameters"
        return names.get(root(node.id)) if inner(node.id) else None

    small = _contract(graph, group_of)
    for node in small.nodes:
        if node.kind == "group" and node.label.startswith("between "):
            node.label = "…"
    return small


def _nearest(graph: Graph, n: int) -> Graph:
    """The `n` nodes nearest the outputs, breadth first, and one node that stands for all the others."""
    children: list[list[int]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        children[edge.target].append(edge.source)
    used = {edge.source for edge in graph.edges}
    queue = [node.id for node in graph.nodes if node.role == "output" or node.id not in used]
    seen = set(queue)
    for i in queue:
        if len(queue) >= n:
            break
        for child in children[i]:
            if child not in seen:
                seen.add(child)
                queue.append(child)
    kept = sorted(queue[:n])

    place = {old: new + 1 for new, old in enumerate(kept)}
    left_out = sum(node.count for node in graph.nodes) - sum(graph.nodes[i].count for i in kept)
    small = Graph([Node(0, label=f"… {left_out:,} more", kind="more", count=left_out)])
    small.nodes += [replace(graph.nodes[i], id=place[i]) for i in kept]
    cut: dict[int, Edge] = {}
    for edge in graph.edges:
        if edge.target not in place:
            continue
        target = place[edge.target]
        if edge.source in place:
            small.edges.append(replace(edge, source=place[edge.source], target=target))
        elif target in cut:
            _add(cut[target], edge)
        else:
            cut[target] = replace(edge, source=0, target=target, slot=0)
            small.edges.append(cut[target])
    return small


def _article(name: str) -> str:
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
