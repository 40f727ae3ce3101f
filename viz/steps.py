"""Backward as a list of steps, one edge's contribution each: in the true order, and in three ways that people get it wrong.

    for step in viz.steps_of(loss): print(step)
    viz.steps_of(loss, "naive")[-1]

The page of `viz.step` makes the same list in the browser; tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from .record import Record, record_of

Kind: TypeAlias = Literal["start", "forward", "seed", "edge", "again", "stop"]

MODES = {
    "true": "True order: a value passes its gradient on once, when all contributions to it are in.",
    "naive": "Naive recursion: each contribution is passed on at once, together with what had been passed on before.",
    "overwrite": "Overwrite: = in place of +=, so that of several contributions only the last one stays.",
    "forgot": "Forgot zero_grad: a second backward adds to what the first has left in the leaves.",
}
MOST_VISITS = 500  # of edges in naive recursion, which doubles with every value used twice


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what happens, where, and with which numbers.

    Attributes:
        kind: "start"; "forward", a value is computed; "seed", backward begins; "edge", one contribution; "again", the
            second run of "forgot"; "stop", naive recursion is broken off.
        node: the value that gets a number.
        edge: of a contribution, the edge; -1 otherwise.
        before, after: the node's gradient; `after` is its value in a "forward" step, and in a "stop" step the number of
            edge visits that naive recursion would have made.
        local, upstream, flow: of a contribution, the local derivative, the consumer's gradient, and their product.
    """

    kind: Kind
    node: int = -1
    edge: int = -1
    before: float = 0.0
    local: float = 0.0
    upstream: float = 0.0
    flow: float = 0.0
    after: float = 0.0


def steps_of(x: Any, mode: str = "true") -> list[Step]:
    """The steps of a forward and a backward pass.

    Args:
        x: a Value or a Record. Of a Value no backward need have been run.
        mode: "true"; "naive", the recursion that passes each contribution on at once; "overwrite", `=` for `+=`;
            "forgot", a second backward with the gradients of the first still in the leaves.

    Raises:
        ValueError: there is no such mode.
    """
    check_mode(mode)
    record = record_of(x)
    operands = record.operands()
    steps = [Step("start")]
    for node in record.graph.nodes:
        if operands[node.id] and node.data is not None:
            steps.append(Step("forward", node.id, after=node.data))
    grads: dict[int, float] = {}
    if mode == "naive":
        _walk_naively(record, operands, grads, steps)
        return steps
    _sweep(record, grads, steps, keep=mode == "overwrite")
    if mode == "forgot":
        steps.append(Step("again"))
        # A new forward makes new results, whose gradients are 0; the leaves are the old ones.
        grads = {i: grad for i, grad in grads.items() if not operands[i]}
        _sweep(record, grads, steps)
    return steps


def check_mode(mode: str) -> None:
    if mode not in MODES:
        raise ValueError(f"mode: {mode!r} is none of {', '.join(map(repr, MODES))}.")


def _seed(record: Record, grads: dict[int, float], steps: list[Step]) -> None:
    before = grads.get(record.output, 0.0)
    grads[record.output] = before + record.seed
    steps.append(Step("seed", record.output, before=before, flow=record.seed, after=before + record.seed))


def _contribute(record: Record, i: int, grads: dict[int, float], steps: list[Step], keep: bool = False) -> None:
    edge = record.graph.edges[i]
    before, upstream = grads.get(edge.source, 0.0), grads.get(edge.target, 0.0)
    local = edge.local or 0.0
    flow = local * upstream
    grads[edge.source] = flow if keep else before + flow
    steps.append(Step("edge", edge.source, i, before, local, upstream, flow, grads[edge.source]))


def _sweep(record: Record, grads: dict[int, float], steps: list[Step], keep: bool = False) -> None:
    _seed(record, grads, steps)
    for i in record.backward:
        _contribute(record, i, grads, steps, keep)


def _walk_naively(record: Record, operands: list[list[int]], grads: dict[int, float], steps: list[Step]) -> None:
    """As in `for child: child.grad += local * self.grad; child.backward()`, with a stack of our own."""
    _seed(record, grads, steps)
    stack = operands[record.output][::-1]
    visits = 0
    while stack:
        if visits == MOST_VISITS:
            steps.append(Step("stop", record.output, after=naive_visits(record)))
            return
        i = stack.pop()
        visits += 1
        _contribute(record, i, grads, steps)
        stack += operands[record.graph.edges[i].source][::-1]


def naive_visits(record: Record) -> float:
    """How many edges naive recursion would visit: for each as many as there are paths from the output to it."""
    paths = [0.0] * len(record.graph.nodes)
    paths[record.output] = 1.0
    total = 0.0
    for i in record.backward:
        edge = record.graph.edges[i]
        paths[edge.source] += paths[edge.target]
        total += paths[edge.target]
    return total


def sentence(record: Record, step: Step, number: Callable[[float], str] = repr) -> str:
    """A step in words and numbers."""
    name = record.name
    match step.kind:
        case "edge":
            target = name(record.graph.edges[step.edge].target)
            return (
                f"{name(step.node)}.grad += ∂{target}/∂{name(step.node)} · {target}.grad: {number(step.before)} + "
                f"{number(step.local)} · {number(step.upstream)} → {number(step.after)}"
            )
        case "forward":
            return f"{name(step.node)} = {number(step.after)}"
        case "seed":
            return f"seed: {name(step.node)}.grad = {number(step.after)}"
        case "again":
            return "again, with the gradients of the first backward still in the leaves"
        case "stop":
            return f"stopped after {MOST_VISITS} edges of {step.after:g}"
    return "start"
