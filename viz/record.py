"""The record of a computation on single numbers, complete enough to be computed again: what is replayed, stepped, saved.

    record = viz.record_of(loss)        from a Value
    record.save("loss.json")            exact: every number comes back with all of its bits
    viz.Record.load("loss.json")

It is a `Graph` with the rule of every operation and the order in which backward walks the edges. The file is described
in docs/record.md and, for programs, in `record.schema.json`. A reader keeps what it does not know.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .engines import write
from .from_value import graph_of
from .graph import Edge, Graph, Node
from .rules import Code, Rule, rule_for
from .scene import clean

SCHEMA = "tensorgrad.viz/1"
ROLES = ("leaf", "parameter", "inner", "output")
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}  # JSON has no numbers for these
NODE_COLUMNS = ("op", "label", "role", "scope", "data", "grad", "rule", "constant")
EDGE_COLUMNS = ("source", "target", "slot", "local")


@dataclass(slots=True)
class Record:
    """A computation on single numbers and its backward.

    Attributes:
        graph: nodes and edges with their numbers. A gradient is None where no backward has been.
        rules: the different operations that occur.
        rule: for each node the index of its rule; None for leaves, and for operations of the user's own.
        constants: for each node the k of its rule, 0.0 where it has none.
        backward: the edges, in the order in which the engine's backward walks them.
        output: the node that backward starts from.
        seed: the gradient it starts with.
        title: what the page is called.
        unknown: what a file held besides.
    """

    graph: Graph
    rules: list[Rule]
    rule: list[int | None]
    constants: list[float]
    backward: list[int]
    output: int
    seed: float = 1.0
    title: str = ""
    unknown: dict[str, Any] = field(default_factory=dict)

    @property
    def has_gradients(self) -> bool:
        """Whether a backward has come from the output."""
        return self.graph.nodes[self.output].grad is not None

    def name(self, node: int) -> str:
        """What a sentence calls a node: its label, or "v7" without one; "w[0]#7" where others have the same label."""
        label = self.graph.nodes[node].label
        if not label:
            return f"v{node}"
        alone = sum(n.label == label for n in self.graph.nodes) == 1
        return clean(label) if alone else f"{clean(label)}#{node}"

    def operands(self) -> list[list[int]]:
        """For each node its edges, by slot."""
        found: list[list[int]] = [[] for _ in self.graph.nodes]
        for i, edge in enumerate(self.graph.edges):
            found[edge.target].append(i)
        return [sorted(edges, key=lambda i: self.graph.edges[i].slot) for edges in found]

    # ---- JSON ---------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data: one array per field over all nodes, one over all edges."""
        nodes, edges = self.graph.nodes, self.graph.edges
        paths = [scope.path for scope in self.graph.scopes]
        where = {path: i for i, path in enumerate(paths)}
        return self.unknown | {
            "schema": SCHEMA,
            "title": self.title,
            "nodes": {
                "op": [node.op for node in nodes],
                "label": [node.label for node in nodes],
                "role": [node.role for node in nodes],
                "scope": [where.get(node.scope) for node in nodes],
                "data": [_exact(node.data) for node in nodes],
                "grad": [_exact(node.grad) for node in nodes],
                "rule": self.rule,
                "constant": [_exact(k) if k else 0 for k in self.constants],
            },
            "edges": {
                "source": [edge.source for edge in edges],
                "target": [edge.target for edge in edges],
                "slot": [edge.slot for edge in edges],
                "local": [_exact(edge.local) for edge in edges],
            },
            "rules": [
                {
                    "op": rule.op,
                    "value": rule.value,
                    "local": list(rule.local),
                    "value_code": rule.value_code,
                    "local_code": list(rule.local_code),
                }
                for rule in self.rules
            ],
            "scopes": paths,
            "steps": {"backward": self.backward, "output": self.output, "seed": _exact(self.seed)},
        }

    def to_json(self) -> str:
        """The same as JSON, in one line."""
        return json.dumps(self.to_dict(), separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the record as JSON, whole or not at all."""
        write(Path(path), self.to_json().encode("utf-8", "surrogatepass"))
        return Path(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Record:
        """Read what `save` has written."""
        return cls.from_json(Path(path).read_bytes().decode("utf-8", "surrogatepass"))

    @classmethod
    def from_json(cls, text: str) -> Record:
        """The record of a text; errors as in `from_dict`."""
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise ValueError(f"record: not JSON: {error}.") from None

    @classmethod
    def from_dict(cls, document: Any) -> Record:
        """The record of a document.

        Raises:
            ValueError: it is not of this schema, or its parts do not fit together; the error says which.
        """
        _check_document(document)
        nodes, edges, steps = document["nodes"], document["edges"], document["steps"]
        graph = Graph()
        for i, (op, label, role, scope, data, grad, _, _) in enumerate(zip(*(nodes[name] for name in NODE_COLUMNS))):
            path = "" if scope is None else document["scopes"][scope]
            graph.nodes.append(Node(i, op, label, _number(data), _number(grad), role, path))
        for source, target, slot, local in zip(*(edges[name] for name in EDGE_COLUMNS)):
            graph.edges.append(Edge(source, target, slot, _number(local)))
        for edge in graph.edges:
            grad = graph.nodes[edge.target].grad
            edge.flow = None if edge.local is None or grad is None else edge.local * grad
        rules = [
            Rule(r["op"], r["value"], tuple(r["local"]), r["value_code"], tuple(r["local_code"]))
            for r in document["rules"]
        ]
        known = {"schema", "title", "nodes", "edges", "rules", "scopes", "steps"}
        constants = [_number(k) or 0.0 for k in nodes["constant"]]
        rest = {name: value for name, value in document.items() if name not in known}
        seed = _number(steps["seed"])
        return cls(
            graph, rules, list(nodes["rule"]), constants, list(steps["backward"]), steps["output"],
            1.0 if seed is None else seed, document.get("title", ""), rest,
        )  # fmt: skip

    def __repr__(self) -> str:
        n, e = len(self.graph.nodes), len(self.graph.edges)
        return f"Record({n} values, {e} edges, {'with' if self.has_gradients else 'no'} gradients)"


def record_of(x: Any, *, parameters: Any = None, title: str = "") -> Record:
    """The record of what `x`, one Value, was computed from, and of its backward as far as it has been run.

    Args:
        x: a Value, or a Record, which is returned as it is.
        parameters: a model or its parameters, to tell them from inputs, as in `viz.graph`.
        title: what the page is called.

    Raises:
        TypeError: there is not one output, or an operation has a `_backward` of its own: a procedure cannot be written
            down, a local derivative can.
    """
    if isinstance(x, Record):
        return x
    if isinstance(x, (list, tuple, Graph)):
        raise TypeError(
            f"viz: backward starts from one value, got a {type(x).__name__}. Pass one Value; of several, their sum."
        )
    graph = graph_of(x, parameters=parameters)
    output = len(graph.nodes) - 1  # children first: what was asked for is last
    record = Record(graph, [], [], [], [], output, title=title)
    index: dict[str, int] = {}
    for node, edges in zip(graph.nodes, record.operands()):
        found = rule_for(node.op, len(edges)) if edges else None
        if edges and any(graph.edges[i].local is None for i in edges):
            raise TypeError(
                f"viz: the operation {node.op!r} does not say its local derivatives, so its step backward cannot "
                "be shown. Give its Value _local_grads, one number per child, in place of a _backward of its own."
            )
        if found is None:
            record.rule.append(None)
        else:
            if found[0].op not in index:
                index[found[0].op] = len(record.rules)
                record.rules.append(found[0])
            record.rule.append(index[found[0].op])
        record.constants.append(found[1] if found else 0.0)
    record.backward = _order_of_sweep(record)
    record.seed = _seed(graph.nodes[output].grad)
    return record


def _order_of_sweep(record: Record) -> list[int]:
    """The edges as `Value.backward` walks them: from the output, each node after all that used it.

    Which order of the many possible ones decides in the last bit how contributions add up, so it must be the engine's:
    depth first, the last operand first, and from the end.
    """
    operands, edges = record.operands(), record.graph.edges
    order: list[int] = []
    seen: set[int] = set()
    stack: list[int | None] = [record.output]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())  # type: ignore[arg-type]  # a node always lies under its None
        elif node not in seen:
            seen.add(node)
            if operands[node]:
                stack += [node, None, *(edges[i].source for i in operands[node])]
    return [i for node in reversed(order) for i in operands[node]]


def _seed(grad: float | None) -> float:
    """1, where backward has been called on the output itself; else what came from above it.

    2 or 3 are taken for as many calls without zero_grad between them, which `replay` then says.
    """
    if grad is None or not math.isfinite(grad) or (grad > 0.0 and grad == int(grad)):
        return 1.0
    return grad


# ---- numbers and documents --------------------------------------------------------------------------------------


def _exact(x: float | None) -> float | str | None:
    """As JSON has it. Python writes the shortest decimal that reads back as the same 64 bits."""
    return x if x is None or math.isfinite(x) else str(float(x))


def _number(x: Any) -> float | None:
    return None if x is None else NOT_FINITE[x] if isinstance(x, str) else float(x)


def _check_document(document: Any) -> None:
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        got = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise ValueError(f"record: needs the schema {SCHEMA!r}, got {got!r}.")
    try:
        nodes, edges, steps = document["nodes"], document["edges"], document["steps"]
        rules, scopes = document["rules"], document["scopes"]
        for part, columns in ("nodes", NODE_COLUMNS), ("edges", EDGE_COLUMNS):
            lengths = {name: len(document[part][name]) for name in columns}
            if len(set(lengths.values())) > 1:
                raise ValueError(f"record: the columns of {part} differ in length: {lengths}.")
        n, e = len(nodes["op"]), len(edges["source"])
        _check_numbers("nodes.data", nodes["data"])
        _check_numbers("nodes.grad", nodes["grad"], may_be_null=True)
        _check_numbers("nodes.constant", nodes["constant"])
        _check_numbers("edges.local", edges["local"])
        _check_numbers("steps.seed", [steps["seed"]])
        _check_indices("nodes.rule", nodes["rule"], len(rules), may_be_null=True)
        _check_indices("nodes.scope", nodes["scope"], len(scopes), may_be_null=True)
        _check_indices("steps.output", [steps["output"]], n)
        for name, allowed in ("role", ROLES), ("op", None), ("label", None):
            for value in nodes[name]:
                if not isinstance(value, str) or (allowed and value not in allowed):
                    raise ValueError(f"record: nodes.{name} holds {value!r}.")
        _check_indices("edges.slot", edges["slot"], max(e, 1))
        _check_indices("edges.source", edges["source"], n)
        _check_indices("edges.target", edges["target"], n)
        for source, target in zip(edges["source"], edges["target"]):
            if source >= target:
                raise ValueError(f"record: an edge runs from node {source} to {target}; a result stands after its operands.")
        for rule in rules:
            for code in [rule["value_code"], *rule["local_code"]]:
                _check_code(code)
        _check_order(edges, steps["backward"], e)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"record: incomplete or of the wrong form: {type(error).__name__}: {error}.") from None


def _check_numbers(name: str, column: list[Any], may_be_null: bool = False) -> None:
    for x in column:
        if isinstance(x, bool) or not (isinstance(x, (int, float)) or x in NOT_FINITE or (x is None and may_be_null)):
            raise ValueError(f"record: {name} holds {x!r}, which is no number.")


def _check_indices(name: str, column: list[Any], n: int, may_be_null: bool = False) -> None:
    for i in column:
        if i is None and may_be_null:
            continue
        if isinstance(i, bool) or not isinstance(i, int) or not 0 <= i < n:
            raise ValueError(f"record: {name} holds {i!r}, which is no index from 0 to {n - 1}.")


def _check_code(code: Code) -> None:
    if not all(isinstance(word, (str, int, float)) and not isinstance(word, bool) for word in code):
        raise ValueError(f"record: a rule's code is {code!r}, which is not words and numbers.")


def _check_order(edges: dict[str, list[int]], backward: list[int], e: int) -> None:
    """Every edge once, and each only when the gradient it passes on is complete."""
    _check_indices("steps.backward", backward, e)
    if sorted(backward) != list(range(e)):
        raise ValueError("record: steps.backward does not name every edge once.")
    waiting = [0] * (max(edges["target"], default=0) + 1)
    for source in edges["source"]:
        waiting[source] += 1
    for i in backward:
        if waiting[edges["target"][i]]:
            raise ValueError(f"record: in steps.backward edge {i} speaks before the gradient it passes on is complete.")
        waiting[edges["source"][i]] -= 1
