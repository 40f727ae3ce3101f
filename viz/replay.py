"""Is a record true? Every number of it computed again from those it depends on, and compared bit for bit.

A record states facts: this value is its rule applied to these operands; this local derivative is that formula of them;
this gradient is the sum, in this order, of local · gradient over the edges that leave. `replay` checks each. A number
that was changed breaks every fact it occurs in and no other, and so can be named.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .record import Record, record_of
from .rules import run

What: TypeAlias = Literal["value", "local derivative", "gradient"]
Number: TypeAlias = tuple[What, int]  # of a node; a local derivative's is its edge


@dataclass(slots=True)
class Wrong:
    """A number that is not what follows from the others."""

    what: What
    index: int  # of the node; of a local derivative its edge
    name: str
    recorded: float
    replayed: float

    def __str__(self) -> str:
        return f"{self.what} of {self.name}: recorded {self.recorded!r}, replayed {self.replayed!r}"


@dataclass(slots=True)
class Replay:
    """What came of it.

    Attributes:
        ok: every number that can be computed again came out the same, bit for bit.
        nodes, edges, gradients: how many values, local derivatives and gradients were compared.
        taken: how many values were taken as recorded: results of operations that have no rule here.
        wrong: the facts that do not hold, in the order of the computation.
        suspects: the names of the numbers any one of which, if changed, explains all that is wrong; often a single one.
        worst: the largest relative difference.
        hint: what is likely the reason, in words; "" where there is none.
    """

    ok: bool
    nodes: int = 0
    edges: int = 0
    gradients: int = 0
    taken: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    suspects: list[str] = field(default_factory=list)
    worst: float = 0.0
    hint: str = ""

    @property
    def first_wrong(self) -> Wrong | None:
        return self.wrong[0] if self.wrong else None

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        counted = f"{self.nodes} values, {self.edges} local derivatives, {self.gradients} gradients"
        if self.ok:
            taken = f" ({self.taken} values of unknown operations taken as recorded)" if self.taken else ""
            return f"replayed: {counted}, all bit-equal{taken}"
        blame = f" Changed: {' or '.join(self.suspects)}." if self.suspects else ""
        return f"replayed: {counted}; {len(self.wrong)} differ. First: {self.wrong[0]}.{blame}{' ' * bool(self.hint)}{self.hint}"


@dataclass(slots=True)
class _Fact:
    number: Number
    depends: list[Number]
    recompute: Callable[[], float]


def replay(record: Any) -> Replay:
    """Compute a record again: values from leaves, local derivatives, gradients in the order of the engine's backward.

    Args:
        record: a Record, or a Value, whose record is made first.

    Returns:
        A `Replay`, true if every number is equal to the last bit; else it names what is not, and the number that was
        changed.
    """
    record = record_of(record)
    tables = _tables(record)
    facts, taken = _facts(record, tables)
    result = Replay(True, taken=taken)
    result.nodes, result.edges = len(record.graph.nodes), len(record.graph.edges)
    result.gradients = len(record.graph.nodes) if record.has_gradients else 0

    broken = []
    for fact in facts:
        what, index = fact.number
        recorded, replayed = tables[what][index], fact.recompute()
        if not same(recorded, replayed):
            broken.append(fact)
            result.wrong.append(Wrong(what, index, _name(record, fact.number), recorded, replayed))
            result.worst = max(result.worst, _difference(recorded, replayed))
    if broken:
        result.ok = False
        result.suspects = [f"the {n[0]} of {_name(record, n)}" for n in _suspects(facts, broken, tables)]
        result.hint = _hint(record, result.wrong)
    return result


def same(a: float, b: float) -> bool:
    """Equal, where nan equals nan."""
    return a == b or (a != a and b != b)


def _tables(record: Record) -> dict[What, list[float]]:
    """The numbers as recorded. Where a gradient is missing among others, nan, which equals no sum."""
    nodes = record.graph.nodes
    return {
        "value": [math.nan if node.data is None else node.data for node in nodes],
        "local derivative": [math.nan if edge.local is None else edge.local for edge in record.graph.edges],
        "gradient": [math.nan if node.grad is None else node.grad for node in nodes],
    }


def _facts(record: Record, tables: dict[What, list[float]]) -> tuple[list[_Fact], int]:
    """Every fact that the record states, and how many values no rule accounts for."""
    facts: list[_Fact] = []
    taken = 0
    edges = record.graph.edges
    value, local, gradient = tables["value"], tables["local derivative"], tables["gradient"]
    for node, slots in enumerate(record.operands()):
        index = record.rule[node]
        if not slots:
            continue
        if index is None:
            taken += 1
            continue
        rule, k = record.rules[index], record.constants[node]
        x, z = edges[slots[0]].source, edges[slots[-1]].source
        operands: list[Number] = [("value", i) for i in dict.fromkeys((x, z))]

        def apply(code: Any, x: int = x, z: int = z, y: int = node, k: float = k) -> float:
            return run(code, value[x], value[z], value[y], k)

        facts.append(_Fact(("value", node), operands, lambda code=rule.value_code, apply=apply: apply(code)))  # type: ignore[misc]
        for code, edge in zip(rule.local_code, slots):
            names = {"x": x, "z": z, "y": node}
            used: list[Number] = [("value", names[word]) for word in dict.fromkeys(code) if word in names]
            facts.append(_Fact(("local derivative", edge), used, lambda code=code, apply=apply: apply(code)))  # type: ignore[misc]
    if record.has_gradients:
        leaving: dict[int, list[int]] = {}
        for i in record.backward:
            leaving.setdefault(edges[i].source, []).append(i)
        for node in reversed(range(len(record.graph.nodes))):
            path = leaving.get(node, [])
            start = record.seed if node == record.output else 0.0

            def total(path: list[int] = path, start: float = start) -> float:
                grad = start
                for i in path:
                    grad += local[i] * gradient[edges[i].target]
                return grad

            depends: list[Number] = [("local derivative", i) for i in path]
            depends += [("gradient", target) for target in dict.fromkeys(edges[i].target for i in path)]
            facts.append(_Fact(("gradient", node), depends, total))
    return facts, taken


def _suspects(facts: list[_Fact], broken: list[_Fact], tables: dict[What, list[float]]) -> list[Number]:
    """The numbers that occur in everything that is wrong and in nothing, among what is right, that would notice."""
    common = {broken[0].number: None, **dict.fromkeys(broken[0].depends)}
    for fact in broken[1:]:
        there = {fact.number, *fact.depends}
        common = {number: None for number in common if number in there}
    wrong = set(map(id, broken))
    cleared = {number for number in common if any(
        _notices(fact, number, tables) for fact in facts if id(fact) not in wrong
    )}  # fmt: skip
    return [number for number in common if number not in cleared] or list(common)


def _notices(fact: _Fact, number: Number, tables: dict[What, list[float]]) -> bool:
    """Whether a fact would no longer hold if the number were another: relu's value does not tell -1 from -2."""
    if number != fact.number and number not in fact.depends:
        return False
    what, index = number
    kept = tables[what][index]
    tables[what][index] = kept * 1.5 if kept and math.isfinite(kept) else 1.0
    try:
        return not same(tables[fact.number[0]][fact.number[1]], fact.recompute())
    finally:
        tables[what][index] = kept


def _name(record: Record, number: Number) -> str:
    what, index = number
    if what != "local derivative":
        return record.name(index)
    edge = record.graph.edges[index]
    return f"∂{record.name(edge.target)}/∂{record.name(edge.source)}"


def _difference(a: float, b: float) -> float:
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) / max(abs(a), abs(b))


def _hint(record: Record, wrong: list[Wrong]) -> str:
    if any(w.what != "gradient" for w in wrong):
        return ""
    first = wrong[0]
    times = first.recorded / first.replayed if first.replayed and math.isfinite(first.recorded) else 0.0
    if times >= 2.0 and times == int(times):
        return (
            f"{first.name}.grad is {int(times)} × what one backward from {record.name(record.output)} gives: was zero_grad "
            "forgotten, or backward run from something computed of it?"
        )
    return ""
