"""A computed Value → record.

`graph_of(x)` looks at public attributes and not at types, so this package imports neither engine, and neither engine
knows that it is drawn:

    Value   data, grad, label, _prev, _op, and where there are any _local_grads and _scope

Nothing here recurses: a million chained operations are walked as easily as five.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .graph import Edge, Graph, Node, with_article


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
    return from_value(outputs, parameters=parameters)


def _check_drawable(outputs: list[Any]) -> None:
    if not outputs:
        raise TypeError("viz: got an empty list, and so nothing to draw. Pass a Value, or a list with at least one.")
    for output in outputs:
        # _prev first: to ask a tensor for its grad would warn
        if not all(hasattr(output, name) for name in ("_prev", "data", "grad")):
            raise TypeError(f"viz: cannot draw {with_article(type(output).__name__)}{_why_not(output)}")


def _why_not(output: Any) -> str:
    if hasattr(type(output), "grad_fn"):  # of the class: an instance might compute it
        return (
            ": the graphs drawn so far are those of numbers, micrograd_value.Value. To see what a tensor was computed "
            "from, follow y.grad_fn and its next_functions; tensorgrad.summary.summary lists a model layer by layer."
        )
    if callable(output) and hasattr(type(output), "parameters"):
        return ", a model: call it, and pass what it computes."
    return ": it has no _prev, data and grad to read. Pass a Value, a list of Values, or a viz Graph."


def from_value(outputs: Any, *, parameters: Any = None) -> Graph:
    """The record of a graph of numbers, from its output or a list of outputs; `parameters` as in `graph_of`."""
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    _check_drawable(outputs)
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
    _place_parameters(graph)
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


def _place_parameters(graph: Graph) -> None:
    """A parameter without a scope of its own belongs to the scope that all its uses share."""
    scopes: dict[int, list[str] | None] = {n.id: None for n in graph.nodes if n.role == "parameter" and not n.scope}
    for edge in graph.edges:
        if edge.source in scopes:
            use, scope = graph.nodes[edge.target].scope.split("/"), scopes[edge.source]
            scopes[edge.source] = use if scope is None else _common_prefix(scope, use)
    for i, scope in scopes.items():
        graph.nodes[i].scope = "/".join(scope or [])


def _common_prefix(a: list[str], b: list[str]) -> list[str]:
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return a[:n]
