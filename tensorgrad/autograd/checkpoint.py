"""Trade time for memory: forget what a part of the model saved, and compute it again on the way back
(Chen et al., arXiv:1604.06174)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from itertools import zip_longest
from operator import attrgetter
from typing import Any

from ..random import get_rng_state, set_rng_state
from ..refusals import in_own_name, in_words
from ..tensor import Tensor
from ..utils._pytree import tree_flatten, tree_map
from .attended import attended_sweep, leading_to
from .function import Function
from .modes import enable_grad, recording
from .node import births
from .outputs import stand_above
from .sums import Zero


class CheckpointError(RuntimeError):
    """The function has not done the same a second time."""


_CURE = (
    "The function must do the same both times: no counters, no random choices outside of tensorgrad's generator, no other "
    "sizes. With determinism_check='none' only the results are compared."
)


def described(outs: list[Tensor]) -> list[Any]:
    """Shape and dtype of each tensor."""
    return [(tuple(y.array.shape), y.dtype) for y in outs]


def _listed(outs: list[Any]) -> str:
    return ", ".join([f"{shape} {dtype}" for shape, dtype in outs]) or "nothing that requires grad"


def _operation(found: Any) -> str:
    return "none" if found is None else f"{found[0]} {tuple(found[1])}"


class Checkpoint(Function):
    """A whole piece of graph as one node, which keeps its arguments and runs the piece again when its turn comes."""

    _saves = ()

    def __init__(self, run: Callable[[list[Any]], Any], context: Any) -> None:
        self.run, self.context = run, context
        self.arguments: list[Any] = []  # the tensors of the call
        self.ages: list[int] = []
        self.state: Any = None
        self.first: list[Any] = []  # shape and dtype of each result …
        self.operations: list[Any] | None = None  # … and the operations that made them; None: they are not compared

    def _run_rule(self, grad: Any) -> Any:
        if self.arguments is None:
            raise RuntimeError(
                "backward through checkpoint a second time: its arguments are freed; "
                "pass retain_graph=True to the first backward()."
            )
        for t, age in zip(self.arguments, self.ages):
            if t._version != age:
                self._refuse_changed(t, t.storage)
        grads = grad if type(grad) is tuple else (grad,)
        create_graph = bool(recording.get())
        start, now = next(births), get_rng_state()
        try:
            if self.state is not None:
                set_rng_state(self.state)
            with enable_grad(), self.context:
                twins = [_twin(t, connected=create_graph) for t in self.arguments]
                given = {t.node or t for t in twins}
                outs = [y for y in _tensors(self.run(twins)) if y.requires_grad]
        finally:
            set_rng_state(now)
        self._compare(outs, start, given)
        n = len(self.arguments)
        sources = [(t.node or t) if t.requires_grad else None for t in twins] + list(self.inputs[n:])
        wanted = {s for s, needed in zip(sources, self.needs) if s is not None and needed}
        roots = [(y.node or y, g) for y, g in zip(outs, grads)]
        only = leading_to({s for s, _ in roots}, wanted)
        kept: dict[Any, Any] = {s: None for s in wanted if s.is_op}
        leaves = attended_sweep([r for r in roots if r[0] in only], create_graph, create_graph, only, kept, ends=True)
        found = {s: g.at(s) if type(g) is Zero else g for s, g in {**leaves, **kept}.items()}
        return tuple(None if s is None else found.get(s) for s in sources)

    def _compare(self, outs: list[Tensor], start: int, given: set[Any]) -> None:
        """Refuse what the second run has made, if it is of another number, shape or dtype than what the first one made."""
        again = described(outs)
        if self.first != again:
            raise CheckpointError(
                "checkpoint: the recomputed values are not like those of the forward pass, so their gradients would be wrong."
                f"\n    forward     {_listed(self.first)}\n    recomputed  {_listed(again)}\n{_CURE}"
            )
        if self.operations is None:
            return
        ran = _reached([y.node or y for y in outs], start, given)[1]
        for i, (a, b) in enumerate(zip_longest(self.operations, ran)):
            if a != b:
                raise CheckpointError(
                    "checkpoint: the recomputed values are not like those of the forward pass, so their gradients would be "
                    f"wrong: they differ from operation {i} on.\n    forward     {_operation(a)}, one of "
                    f"{len(self.operations)}\n    recomputed  {_operation(b)}, one of {len(ran)}\n{_CURE}"
                )

    def release(self) -> None:
        self.arguments = None  # type: ignore[assignment]


def _twin(t: Tensor, connected: bool) -> Tensor:
    """An argument for the second run: a leaf of its own, or, if that run is to be differentiated, a node above it."""
    if connected and t.requires_grad:
        return t._alias()
    twin = Tensor._of(t.array)
    twin._requires_grad = t.requires_grad
    return twin


def _tensors(tree: Any) -> list[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    return [t for t in tree_flatten(tree)[0] if isinstance(t, Tensor)]


@in_words
def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] | None = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """function(*args, **kwargs), keeping only the arguments: what backward needs is computed again when it comes by.

    Tensors that `function` reaches without being given them (the parameters of a module) get their gradients too. The
    result may be a tensor, or tensors in nested tuples, lists and dicts.

    Args:
        preserve_rng_state: let dropout inside draw the same mask both times.
        context_fn: gives two context managers, one to put around each of the two runs.
        use_reentrant: accepted; there is one implementation, and it has none of the restrictions of PyTorch's reentrant one.
        determinism_check: 'default' compares the operations of both runs (names and shapes); with 'none' only the results.
        debug, early_stop: accepted, without effect.

    Raises:
        CheckpointError: (in backward) the second run has made values of another number, shape or dtype.
    """
    if determinism_check not in ("default", "none"):
        raise ValueError(f"checkpoint: determinism_check must be 'default' or 'none', got {determinism_check!r}.")
    contexts = context_fn() if context_fn is not None else (nullcontext(), nullcontext())
    if not recording.get():
        with contexts[0]:
            return function(*args, **kwargs)
    places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
    names = [k for k, a in kwargs.items() if isinstance(a, Tensor)]
    tensors = [args[i] for i in places] + [kwargs[k] for k in names]

    def run(given: list[Any]) -> Any:
        positional, named = list(args_rest), dict(kwargs_rest)
        for i, t in zip(places, given):
            positional[i] = t
        for k, t in zip(names, given[len(places) :]):
            named[k] = t
        return function(*positional, **named)

    # The closure must not keep the caller's tensors: the node does, until it is released.
    args_rest = [None if i in places else a for i, a in enumerate(args)]
    kwargs_rest = {k: None if k in names else a for k, a in kwargs.items()}

    node = Checkpoint(run, contexts[1])
    if preserve_rng_state:
        node.state = get_rng_state()
    start = next(births)
    twins = [_twin(t, connected=False) for t in tensors]
    with contexts[0]:
        out = run(twins)
    outs = _tensors(out)
    recorded = [y for y in outs if y.requires_grad]
    if not recorded:
        return out
    outside, operations = _reached([y.node or y for y in recorded], start, set(twins))
    node.first, node.operations = described(recorded), operations if determinism_check == "default" else None
    results = [Tensor._of(y.array) for y in outs]
    node.inputs = tuple([(t.node or t) if t.requires_grad else None for t in tensors] + outside)
    node.arguments, node.ages = tensors, [t._version for t in tensors]
    node.birth, node.hooks, node.shape = next(births), None, ()
    stand_above(node, [r for r, y in zip(results, outs) if y.requires_grad])
    rest = iter(results)
    return tree_map(lambda t: next(rest) if isinstance(t, Tensor) else t, out)


def _reached(roots: list[Any], start: int, inner: set[Any]) -> tuple[list[Any], list[Any]]:
    """The sources that a piece of graph depends on (leaves, and nodes born before it), and its operations in the order of
    their birth: name and shape."""
    found: list[Any] = []
    operations: list[Any] = []
    seen = set(roots)
    stack = list(roots)
    while stack:
        source = stack.pop()
        if source in inner:
            continue
        if not source.is_op or source.birth < start:
            found.append(source)
            continue
        operations.append(source)
        for s in source.inputs:
            if s is not None and s not in seen:
                seen.add(s)
                stack.append(s)
    operations.sort(key=attrgetter("birth"))
    return found, [(node.name, node.shape) for node in operations]


@in_own_name
def checkpoint_sequential(functions: Any, segments: int, input: Tensor, use_reentrant: bool | None = None) -> Tensor:
    """A chain of functions (a Sequential, or a list), checkpointed in `segments` pieces."""
    chain = list(functions.children()) if hasattr(functions, "children") else list(functions)
    if not 1 <= segments <= max(len(chain), 1):
        raise ValueError(f"checkpoint_sequential: segments must be from 1 to {len(chain)}, got {segments}.")
    size = len(chain) // segments

    def piece(start: int, end: int) -> Callable[[Tensor], Tensor]:
        def run(x: Tensor) -> Tensor:
            for f in chain[start:end]:
                x = f(x)
            return x

        return run

    for s in range(segments - 1):
        input = checkpoint(piece(s * size, (s + 1) * size), input)
    return piece((segments - 1) * size, len(chain))(input)  # the last piece is needed at once: nothing to gain
