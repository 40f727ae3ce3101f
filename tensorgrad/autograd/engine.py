"""The backward sweep, and what is built on it: `backward` and `grad`."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from threading import Lock
from typing import Any

import numpy as np

from ..kernels.layered import NeedsValues, active
from ..refusals import in_words
from ..tensor import Tensor
from . import hooks
from .anomaly import detecting
from .attended import attended_sweep, gradients_of, leading_to
from .batched import Batch, BatchedArray
from .edges import tensors_of
from .modes import sweeping
from .node import Source
from .sums import Sums, Zero

_accumulating = Lock()  # two sweeps in two threads meet only at a leaf's grad


def sweep(
    roots: list[tuple[Source, Tensor]], create_graph: bool = False, retain_graph: bool = False
) -> dict[Source, Tensor]:
    """Send gradients from the roots to the leaves, youngest node first: a node is born after its inputs, so when it is
    its turn its consumers have all spoken. What remains when no node is left are the gradients of the leaves.

    Where hooks are in use, from the start or since a rule has registered one, the sweep goes on in `attended.py`."""
    grads, pairs = Sums(), roots
    ready: list[tuple[int, Source]] = []
    with sweeping(create_graph):
        while True:
            for source, grad in pairs:
                if source in grads:
                    grads.meet(source, grad)  # paths meet, gradients add
                else:
                    grads[source] = grad
                    if source.is_op:
                        heappush(ready, (-source.birth, source))
            if not ready or hooks.in_use:
                break
            node = heappop(ready)[1]
            pairs = node.pull(grads.pop(node))  # the operation's own rule
            if not retain_graph:
                node.release()  # buffers go as we pass
    return attended_sweep([], create_graph, retain_graph, begun=(grads, ready)) if hooks.in_use else grads


@in_words
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
    given = [tensors] if isinstance(tensors, Tensor) else tensors
    if active and any(isinstance(y, Tensor) and isinstance(y.array, BatchedArray) for y in given):
        raise NeedsValues  # one element after the other adds to `grad`
    if grad_variables is not None and grad_tensors is not None:
        raise RuntimeError("backward: grad_variables is the old name of grad_tensors; pass one of them.")
    roots = _roots("backward", tensors, grad_variables if grad_tensors is None else grad_tensors)
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        found = (attended_sweep if detecting.get() else sweep)(roots, create_graph, retain)
    else:
        wanted = tensors_of(inputs)
        if not wanted:
            raise RuntimeError("backward: inputs is empty; leave it out to give gradients to every leaf.")
        _check_inputs("backward", wanted)
        found = gradients_of(roots, wanted, create_graph, retain)
    seeds = {id(seed.array) for _, seed in roots}
    # One line: Ctrl-C finds no place in it where the lock is held and the block has been left.
    with _accumulating: _accumulate_all(found, create_graph, seeds)  # noqa: E701  # fmt: skip
    for leaf in found:
        for hook in getattr(leaf, "_post_hooks", ()):
            hook(leaf)


@in_words
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
    wanted = tensors_of(inputs)
    retain = create_graph if retain_graph is None else retain_graph
    if not only_inputs:
        raise ValueError("grad: only_inputs=False is no longer there, as in PyTorch; use backward().")
    if materialize_grads and allow_unused is False:
        raise ValueError("grad: allow_unused=False contradicts materialize_grads=True; leave one of them out.")
    if is_grads_batched:
        return _batched(outputs, wanted, grad_outputs, retain, create_graph, allow_unused, materialize_grads)
    _check_inputs("grad", wanted)
    found = gradients_of(_roots("grad", outputs, grad_outputs), wanted, create_graph, retain)
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


def _roots(caller: str, tensors: Any, gradients: Any) -> list[tuple[Source, Tensor]]:
    """Pairs of a source and its starting gradient, checked."""
    outs = tensors_of(tensors)
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


def _accumulate_all(found: Any, create_graph: bool, seeds: set[int]) -> None:
    for leaf, grad in found.items():
        _accumulate(leaf, grad, create_graph, seeds)


def _accumulate(leaf: Tensor, grad: Tensor, create_graph: bool, taken: set[int]) -> None:
    """leaf.grad += grad, so that no two tensors' grads share memory."""
    before = leaf._grad
    if not leaf._requires_grad:
        return  # switched off since the forward pass
    if type(grad) is Zero:
        grad = grad.at(leaf)
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
    """One pass of the whole batch of gradients, see `batched.py`; where a rule asks for numbers, a pass for each."""
    create_graph, allow_unused, materialize = rest
    batches = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
    n = next(b.array.shape[0] for b in batches if b is not None)
    if n == 0:
        return tuple(Tensor._of(np.zeros((0, *x.array.shape), x.array.dtype)) for x in wanted)
    level = Batch(n)
    try:
        with level:
            vectors = [None if b is None else level.lift(b) for b in batches]
            found = grad(outputs, wanted, vectors, True, create_graph, True, allow_unused, False, materialize)
            result = tuple(None if g is None else level.lower(g) for g in found)
    except NeedsValues:
        rows = []
        for i in range(n):
            one = [None if b is None else b[i] for b in batches]
            rows.append(grad(outputs, wanted, one, True, create_graph, True, allow_unused, False, materialize))
        result = tuple(None if column[0] is None else Tensor._stack(list(column)) for column in zip(*rows))
    if not retain:
        outs = [outputs] if isinstance(outputs, Tensor) else outputs
        for node in leading_to({y.node or y for y in outs}, {x.node or x for x in wanted}):
            if node.is_op:
                node.release()
    return result
