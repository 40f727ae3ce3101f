"""The backward sweep, and what is built on it: `backward` and `grad`."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from threading import Lock
from typing import Any

import numpy as np

from ..tensor import Tensor
from .anomaly import checked_pull, detecting
from .function import Parts, Source
from .hooks import Retain, after_rule, before_rule
from .modes import OFF, ON, SILENT, TRACED, recording, silence_var, tracing, visiting

_accumulating = Lock()  # two sweeps in two threads meet only at a leaf's grad


def sweep(
    roots: list[tuple[Source, Tensor]],
    create_graph: bool = False,
    retain_graph: bool = False,
    only: set[Source] | None = None,
    kept: dict[Source, Tensor] | None = None,
    ends: bool = False,
) -> dict[Source, Tensor]:
    """Send gradients from the roots to the leaves, youngest node first: a node is born after its inputs, so when it is
    its turn its consumers have all spoken.

    Args:
        roots: pairs of a tensor's source and the gradient to start with.
        only: visit these sources and no others (None: all).
        kept: the gradients of these sources are wanted even though they are not leaves; filled in here.
        ends: nothing is wanted of what lies below those.

    Returns:
        What remains when no node is left: the gradients of the leaves.
    """
    grads: dict[Source, Any] = {}
    ready: list[tuple[int, Source]] = []
    owned: set[Source] = set()  # sums made here, which may be added to in place
    retained: list[tuple[Retain, Tensor]] = []
    checking = detecting.get()
    grad: Any  # a Tensor; on its way to an operation with several results, Parts
    mode = recording.set((TRACED if tracing.get() else ON) if create_graph else OFF)
    silence = silence_var.set(SILENT)
    visited = visiting.set(only) if visiting.get() is not only else None
    try:
        pairs = roots
        while True:
            for source, grad in pairs:
                if only is not None and source not in only:
                    continue
                if source not in grads:
                    grads[source] = grad  # borrowed: others may hold it too
                    if source.is_op:
                        heappush(ready, (-source.birth, source))
                elif source in owned:
                    grads[source].array += grad.array
                else:
                    grads[source] = grads[source] + grad  # paths meet, gradients add
                    if not create_graph and type(grad) is Tensor and grad.array.ndim:
                        owned.add(source)
            if not ready:
                break
            node = heappop(ready)[1]
            grad = grads.pop(node)
            if type(grad) is Parts:
                grad = grad.of(node)
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
                node.release()  # buffers go as we pass
        for leaf, grad in grads.items():
            if leaf.hooks:
                grads[leaf] = before_rule(leaf.hooks, grad, retained)
        for keep, grad in retained:
            keep(grad)
    finally:
        if visited is not None:
            visiting.reset(visited)
        silence_var.reset(silence)
        recording.reset(mode)
    return grads


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradient of `tensors`, each times its entry of `grad_tensors`, to the `grad` of every leaf.

    Args:
        tensors: one or more tensors that require grad.
        grad_tensors: a gradient per tensor, of its shape; may be left out (it is 1) for single numbers.
        retain_graph: keep saved values for another backward; `create_graph` when not given.
        create_graph: record the backward pass too.
        grad_variables: the old name of grad_tensors.
        inputs: only these tensors receive gradients (leaves or not).
    """
    if grad_variables is not None and grad_tensors is not None:
        raise RuntimeError("backward: grad_variables is the old name of grad_tensors; pass one of them.")
    roots = _roots("backward", tensors, grad_variables if grad_tensors is None else grad_tensors)
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        found = sweep(roots, create_graph, retain)
    else:
        wanted = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        if not wanted:
            raise RuntimeError("backward: inputs is empty; leave it out to give gradients to every leaf.")
        _check_inputs("backward", wanted)
        found = _found(roots, wanted, create_graph, retain)
    seeds = {id(seed.array) for _, seed in roots}
    with _accumulating:
        for leaf, grad in found.items():
            _accumulate(leaf, grad, create_graph, seeds)
    for leaf in found:
        for hook in getattr(leaf, "_post_hooks", ()):
            hook(leaf)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """∂(Σ outputs · grad_outputs)/∂input for each input, without touching any `grad`.

    Args:
        outputs, grad_outputs: as `tensors` and `grad_tensors` of `backward`.
        inputs: tensors, leaves or not, that the outputs were computed from.
        create_graph: record the pass, so that the result can be differentiated again.
        only_inputs: must be True; see `backward` for gradients of all leaves.
        allow_unused: give None (zeros with `materialize_grads`) for an input that the outputs do not depend on,
            instead of an error.
        is_grads_batched: each grad_output has a leading batch dimension; the results have it too.
    """
    wanted = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    retain = create_graph if retain_graph is None else retain_graph
    if not only_inputs:
        raise ValueError("grad: only_inputs=False is no longer there, as in PyTorch; use backward().")
    if materialize_grads and allow_unused is False:
        raise ValueError("grad: allow_unused=False contradicts materialize_grads=True; leave one of them out.")
    if is_grads_batched:
        return _batched(outputs, wanted, grad_outputs, retain, create_graph, allow_unused, materialize_grads)
    _check_inputs("grad", wanted)
    found = _found(_roots("grad", outputs, grad_outputs), wanted, create_graph, retain)
    result: list[Tensor | None] = []
    for i, x in enumerate(wanted):
        g = found.get(x)
        if g is None:
            if materialize_grads:
                g = Tensor._of(np.zeros_like(x.array))
            elif not allow_unused:
                raise RuntimeError(
                    f"grad: the outputs do not depend on input {i}, shape {tuple(x.array.shape)}. "
                    "Pass allow_unused=True to get None for it, or materialize_grads=True to get zeros."
                )
        elif not create_graph and g._requires_grad:
            g = g.detach()
        result.append(g)
    return tuple(result)


def _check_inputs(caller: str, wanted: list[Any]) -> None:
    for x in wanted:
        if not isinstance(x, Tensor):
            raise TypeError(f"{caller}: inputs must be Tensors, got {type(x).__name__}.")
        if not x.requires_grad:
            raise RuntimeError(
                f"{caller}: one of the inputs does not require grad. Call x.requires_grad_() before using it."
            )


def _found(roots: list[Any], wanted: list[Tensor], create_graph: bool, retain: bool) -> dict[Tensor, Tensor]:
    """The gradients of the wanted tensors, visiting only what leads to them."""
    for x in wanted:
        x._refresh()
    sources = {x: (x.node or x) for x in wanted}
    kept: dict[Source, Any] = {s: None for s in sources.values() if s.is_op}
    only = leading_to({s for s, _ in roots}, set(sources.values()))
    leaves = sweep([r for r in roots if r[0] in only], create_graph, retain, only, kept)
    found = {x: kept[s] if s.is_op else leaves.get(s) for x, s in sources.items()}
    return {x: g for x, g in found.items() if g is not None}


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


def _roots(caller: str, tensors: Any, gradients: Any) -> list[tuple[Source, Tensor]]:
    """Pairs of a source and its starting gradient, checked."""
    outs = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    given = list(gradients) if isinstance(gradients, (list, tuple)) else [gradients]
    for g in given:
        if g is not None and not isinstance(g, Tensor):
            raise TypeError(f"{caller}: the gradient must be a Tensor, got {type(g).__name__}.")
    if gradients is None:
        given = [None] * len(outs)
    if len(given) != len(outs):
        raise RuntimeError(f"{caller}: {len(outs)} tensors but {len(given)} gradients; give one gradient per tensor.")
    roots = []
    for y, g in zip(outs, given):
        if not isinstance(y, Tensor):
            raise TypeError(f"{caller}: needs Tensors, got {type(y).__name__}.")
        if not y.requires_grad:
            raise RuntimeError(
                f"{caller}: this tensor, shape {tuple(y.array.shape)}, does not require grad: nothing it was computed "
                "from does, or it was computed under no_grad(). Call requires_grad_() on the inputs first."
            )
        if g is None:
            if y.array.size != 1:
                raise RuntimeError(
                    f"{caller}: the gradient can be left out only for a single number; this tensor has shape "
                    f"{tuple(y.array.shape)}. Reduce it first, as in y.sum(), or pass a gradient of that shape."
                )
            g = Tensor._of(np.ones_like(y.array))
        elif g.array.shape != y.array.shape:
            raise RuntimeError(
                f"{caller}: the gradient has shape {tuple(g.array.shape)}, the tensor {tuple(y.array.shape)}; "
                "they must be the same."
            )
        elif g.array.dtype != y.array.dtype:
            g = g.to(y.dtype)
        roots.append((y.node or y, g))
    return roots


def _accumulate(leaf: Tensor, grad: Tensor, create_graph: bool, taken: set[int]) -> None:
    """leaf.grad += grad, so that no two tensors' grads share memory."""
    before = leaf._grad
    if not leaf._requires_grad:
        return  # switched off since the forward pass
    if before is not None:
        if create_graph or before._requires_grad or not before.array.flags.writeable:
            leaf._grad = before + grad
        else:
            np.add(before.array, grad.array, out=before.array)
        return
    if create_graph:
        leaf._grad = grad
        return
    array = grad.array
    if array.base is not None or not array.flags.writeable or id(array) in taken:
        array = array.copy()
    taken.add(id(array))
    leaf._grad = Tensor._of(array)


def _batched(outputs: Any, wanted: Any, grad_outputs: Any, retain: bool, *rest: Any) -> tuple[Tensor | None, ...]:
    """A pass per row of the batch; the rows stacked."""
    from ..ops.join import stack

    create_graph, allow_unused, materialize = rest
    batches = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
    n = batches[0].array.shape[0]
    rows = []
    for i in range(n):
        last = i == n - 1
        one = [None if b is None else b[i] for b in batches]
        rows.append(grad(outputs, wanted, one, retain or not last, create_graph, True, allow_unused, False, materialize))
    return tuple(None if column[0] is None else stack(list(column)) for column in zip(*rows))
