"""Functions of one example mapped over a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd.batched import Batch
from ..kernels.layered import NeedsValues
from ..nn.module import Module
from ..ops.compare import equal
from ..ops.join import cat, stack
from ..random import current
from ..refusals import in_words
from ..tensor import Tensor
from ..utils._pytree import TreeSpec, tree_flatten, tree_unflatten
from .arguments import check_chunk, check_tensors

# ---- batches --------------------------------------------------------------------------------------------------------------


@in_words
def vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error",
    *, chunk_size: int | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """A function of batches: `func` of each element, the results stacked, computed with operations on whole batches.

    Inside, a tensor looks like one element. An operation that has no rule for batches is run for one element after the
    other (`autograd/batched.py`), and so is the whole function if it asks for numbers: `if x > 0`, `x.item()`.

    Args:
        in_dims: along which dim each argument is a batch; None: the same for all. One for all arguments, or nested as the
            arguments are. Keyword arguments are the same for all.
        out_dims: where the batch stands in the results; nested as they are, or one for all. None: it is the same for all.
        randomness: "same": func draws the same random numbers for each element. "different": others for each. "error":
            it may draw none.
        chunk_size: how many elements at a time; all when None.
    """
    if randomness not in ("error", "different", "same"):
        raise ValueError(f"vmap: randomness must be 'error', 'different' or 'same', got {randomness!r}.")
    check_chunk("vmap", chunk_size)

    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves, spec = tree_flatten(list(args))
        dims = _dims("in_dims", list(in_dims) if isinstance(in_dims, tuple) else in_dims, spec)
        n = _batch(leaves, dims)
        step = n if chunk_size is None else min(chunk_size, n)
        start = current().get_state() if step < n and randomness != "different" else None
        pieces: list[list[Tensor]] = []
        places: list[int | None] = []
        plan: TreeSpec | None = None
        for i in range(0, n, step):
            if i and start is not None:
                current().set_state(start)
            m = min(step, n - i)
            here = leaves if m == n else [x if d is None else x.narrow(d, i, m) for x, d in zip(leaves, dims)]
            found, places, plan = _mapped(func, here, dims, spec, kwargs, m, randomness, out_dims)
            pieces.append(found)
        assert plan is not None
        if len(pieces) > 1:
            pieces = [[parts[0] if d is None else cat(parts, d) for d, *parts in zip(places, *pieces)]]
        return tree_unflatten(pieces[0], plan)

    return mapped


def _mapped(
    func: Any,
    leaves: list[Any],
    dims: list[int | None],
    spec: TreeSpec,
    kwargs: Any,
    n: int,
    randomness: str,
    out_dims: Any,
) -> tuple[list[Tensor], list[int | None], TreeSpec]:
    """The results for `n` elements, where the batch stands in them, and how they are nested."""
    start = current().get_state()
    level = Batch(n, randomness)
    try:
        with level:
            here = [x if d is None else level.lift(x, d % x.ndim) for x, d in zip(leaves, dims)]
            flat, plan = tree_flatten(func(*tree_unflatten(here, spec), **kwargs))
            check_tensors("vmap", flat)
            places = _dims("out_dims", out_dims, plan)
            return [_out(level, y, d) for y, d in zip(flat, places)], places, plan
    except NeedsValues:
        if level.wrote:
            raise RuntimeError(
                "vmap: the function asks for the numbers of a batch (as item() or `if` do), so it has to be run for each "
                "element, but it has written into an argument before. Write into a clone() of it."
            ) from None
    current().set_state(start)
    results = []
    for i in range(n):
        if randomness == "same":
            current().set_state(start)
        here = [x if d is None else x.select(d, i) for x, d in zip(leaves, dims)]
        flat, plan = tree_flatten(func(*tree_unflatten(here, spec), **kwargs))
        if randomness == "error" and not equal(current().get_state(), start):
            current().set_state(start)
            raise RuntimeError(
                'vmap: the function drew random numbers. Pass randomness="different" or "same", or draw them before.'
            )
        results.append(flat)
    places = _dims("out_dims", out_dims, plan)
    return [parts[0] if d is None else stack(parts, d) for d, *parts in zip(places, *results)], places, plan


def _out(level: Batch, y: Tensor, place: int | None) -> Tensor:
    """A result with the batch at its place."""
    if place is None:
        if level.is_batched(y):
            raise ValueError("vmap: out_dims is None for a result that differs between the elements; give it a dim.")
        return y
    found = level.lower(y)
    if not -found.ndim <= place < found.ndim:
        raise ValueError(f"vmap: out_dims is {place} for a result of shape {tuple(found.shape)} with the batch.")
    return found.movedim(0, place) if place else found


def _dims(name: str, dims: Any, spec: TreeSpec) -> list[int | None]:
    """A dim for each leaf: `dims` is one for all below it, or nested like the tree."""
    if dims is None or isinstance(dims, int):
        return [dims] * spec.num_leaves
    children = list(dims.values()) if isinstance(dims, dict) else list(dims)
    if spec.is_leaf() or len(children) != len(spec.children_specs):
        raise ValueError(f"vmap: {name} {dims!r} does not fit what it is for, {spec}.")
    return [d for child, below in zip(children, spec.children_specs) for d in _dims(name, child, below)]


def _batch(leaves: list[Any], dims: list[int | None]) -> int:
    sizes = set()
    for x, d in zip(leaves, dims):
        if d is None:
            continue
        if not isinstance(x, Tensor):
            raise ValueError(f"vmap: in_dims is {d} for a {type(x).__name__}, which has no dims; give None for it.")
        if not -x.ndim <= d < x.ndim:
            raise ValueError(f"vmap: in_dims is {d} for a tensor of shape {tuple(x.shape)}.")
        sizes.add(x.shape[d])
    if len(sizes) != 1:
        what = f"sizes {sorted(sizes)}" if sizes else "no batch at all: in_dims is None everywhere"
        raise ValueError(f"vmap: all arguments must have batches of one size, got {what}.")
    (n,) = sizes
    if not n:
        raise ValueError("vmap: the batch is empty; what the function gives cannot be known.")
    return n


@in_words
def stack_module_state(models: list[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters, and the buffers, of several modules of one kind, each stacked into one leaf: for
    `vmap(functional_call, …)`."""
    if not models:
        raise RuntimeError("stack_module_state: needs at least one model.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: the models must be of one class.")
    parameters = {
        k: stack([dict(m.named_parameters())[k].detach() for m in models]).requires_grad_(p.requires_grad)
        for k, p in models[0].named_parameters()
    }
    buffers = {k: stack([dict(m.named_buffers())[k].detach() for m in models]) for k, _ in models[0].named_buffers()}
    return parameters, buffers


__all__ = ["stack_module_state", "vmap"]
