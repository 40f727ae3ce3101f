"""The sweep in company: restricted to what leads to some inputs, with hooks, and looked at for nan and inf.

`engine.sweep` is the page to read first; this is the same walk with more to do at each node.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

from ..tensor import Tensor
from .anomaly import checked_pull, detecting
from .hooks import Retain, after_rule, before_rule
from .modes import sweeping
from .node import Source
from .outputs import Parts
from .sums import Sums, Zero


def attended_sweep(
    roots: list[tuple[Source, Tensor]],
    create_graph: bool = False,
    retain_graph: bool = False,
    only: set[Source] | None = None,
    kept: dict[Source, Tensor] | None = None,
    ends: bool = False,
    begun: tuple[Sums, list[tuple[int, Source]]] | None = None,
) -> dict[Source, Tensor]:
    """`engine.sweep` with hooks, `detect_anomaly` and, where wanted, only a part of the graph.

    Args:
        only: visit these sources and no others (None: all).
        kept: the gradients of these sources are wanted even though they are not leaves; filled in here.
        ends: nothing is wanted of what lies below those.
        begun: the gradients and the nodes that are ready of a sweep to go on with.
    """
    grads, ready = begun or (Sums(), [])
    retained: list[tuple[Retain, Tensor]] = []
    checking = detecting.get()
    with sweeping(create_graph, only):
        pairs: list[tuple[Source, Any]] = roots
        while True:
            for source, grad in pairs:
                if only is not None and source not in only:
                    continue
                if source in grads:
                    grads.meet(source, grad)
                else:
                    grads[source] = grad
                    if source.is_op:
                        heappush(ready, (-source.birth, source))
            if not ready:
                break
            node = heappop(ready)[1]
            grad = grads.pop(node)
            if type(grad) is Parts:
                grad = grad.of(node)
            elif type(grad) is Zero and node.hooks:
                grad = grad.at(node)
            if node.hooks:
                grad = before_rule(node.hooks, grad, retained)
            if kept is not None and node in kept:
                kept[node] = grad
                if ends or not any(source in only for source in node.inputs):  # type: ignore[operator]
                    pairs = []  # nothing below is wanted: it is not visited and keeps its buffers
                    continue
            pairs = checked_pull(node, grad) if checking else node.pull(grad)
            if node.hooks:
                pairs = after_rule(node, grad, pairs)
            if not retain_graph:
                node.release()
        for leaf, grad in grads.items():
            if leaf.hooks:
                grads[leaf] = before_rule(leaf.hooks, grad.at(leaf) if type(grad) is Zero else grad, retained)
        for keep, grad in retained:
            keep(grad)
    return grads


def gradients_of(
    roots: list[tuple[Source, Tensor]], wanted: list[Tensor], create_graph: bool, retain_graph: bool
) -> dict[Tensor, Tensor]:
    """The gradients of the wanted tensors, leaves or not, visiting only what leads to them."""
    for x in wanted:
        x._refresh()
    sources = {x: (x.node or x) for x in wanted}
    kept: dict[Source, Any] = {s: None for s in sources.values() if s.is_op}
    only = leading_to({s for s, _ in roots}, set(sources.values()))
    leaves = attended_sweep([r for r in roots if r[0] in only], create_graph, retain_graph, only, kept)
    found = {x: kept[s] if s.is_op else leaves.get(s) for x, s in sources.items()}
    return {x: g.at(x) if type(g) is Zero else g for x, g in found.items() if g is not None}


def leading_to(roots: set[Source], wanted: set[Source]) -> set[Source]:
    """The sources on some path from the roots to the wanted ones (both ends included)."""
    below: dict[Source, list[Source]] = {}  # who used each source
    stack = list(roots)
    seen = set(roots)
    while stack:
        node = stack.pop()
        for source in node.inputs if node.is_op else ():
            if source is not None:
                below.setdefault(source, []).append(node)
                if source not in seen:
                    seen.add(source)
                    stack.append(source)
    stack = [s for s in wanted if s in seen]
    reached = set(stack)
    while stack:
        for user in below.get(stack.pop(), ()):
            if user not in reached:
                reached.add(user)
                stack.append(user)
    return reached
