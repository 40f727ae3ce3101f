"""Functions of functions, under the names of PyTorch's `torch.func`: gradients, products with Jacobians, maps over a batch.

    grad(f)(x)                   the gradient of f, a function to a single number, at x; grad(grad(f)) is its second
    vmap(grad(f))(xs)            one gradient for each x of a batch
    hessian(f)(x)                all second derivatives

Arguments and results may be nested lists, tuples and dicts of tensors. A result is a constant unless something that
requires grad outside of the call takes part in it, an argument or a parameter of a module: then it can be differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .autograd import engine
from .autograd.batched import Batch
from .autograd.dual import Dual
from .autograd.lifted import calls, constant, fresh, is_innermost, recorded_beneath
from .autograd.modes import enable_grad
from .kernels.layered import NeedsValues
from .nn.module import Module
from .nn.utils.stateless import functional_call
from .ops import batching, batching_index, batching_layers, tangents
from .ops.compare import equal
from .ops.create import eye, zeros, zeros_like
from .ops.join import cat, stack
from .random import current
from .refusals import in_words
from .tensor import Tensor
from .utils._pytree import TreeSpec, tree_flatten, tree_map, tree_unflatten

Argnums = int | tuple[int, ...]

# ---- gradients ----------------------------------------------------------------------------------------------------------


@in_words
def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of `func` towards one argument, or a tuple of gradients towards several.

    Args:
        func: gives a tensor of one number.
        argnums: the number of the argument, or a tuple of numbers.
        has_aux: func gives (number, anything); the result is (gradient, that thing).
    """

    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = _gradient("grad", func, argnums, has_aux, args, kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


@in_words
def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """As `grad`, and what `func` gave: (gradient, number), or (gradient, (number, that thing))."""

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return _gradient("grad_and_value", func, argnums, has_aux, args, kwargs)

    return gradient


def _gradient(
    name: str, func: Callable[..., Any], argnums: Argnums, has_aux: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Any]:
    call = _Call(name, func, argnums, args, kwargs)
    value, aux = call.result(has_aux)
    if not isinstance(value, Tensor) or value.numel() != 1 or value.ndim:
        shape = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise RuntimeError(f"{name}: the function must give a tensor of one number, of shape (), got {shape}.")
    found = call.put_together(call.pull([value], None, again=False))
    value = call.closed(value)
    return found, (value, call.closed(aux)) if has_aux else value


def _numbers(name: str, argnums: Argnums, args: tuple[Any, ...]) -> tuple[list[int], bool]:
    """The numbers of the chosen arguments, and whether one was asked for."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    wrong = [n for n in numbers if not -len(args) <= n < len(args)]
    if wrong or not numbers:
        raise RuntimeError(f"{name}: argnums {argnums!r} does not fit {len(args)} arguments.")
    return [n % len(args) for n in numbers], isinstance(argnums, int)


class _Call:
    """A call of a function with chosen arguments replaced by tensors of its own, to differentiate towards."""

    def __init__(
        self, name: str, func: Callable[..., Any], argnums: Argnums, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.name, self.func, self.kwargs = name, func, kwargs
        self.numbers, self.one = _numbers(name, argnums, args)
        leaves, self.spec = tree_flatten([args[n] for n in self.numbers])
        for x in leaves:
            if not isinstance(x, Tensor) or not x.is_floating_point():
                kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
                raise TypeError(f"{name}: only floating tensors have gradients; an argument holds a {kind}.")
        self.number = next(calls)
        with enable_grad():
            self.own = [x.view_as(x) if x.requires_grad and is_innermost(x) else fresh(x) for x in leaves]
        chosen = iter(tree_unflatten(self.own, self.spec))
        places = dict(zip(self.numbers, chosen))
        self.args = [places.get(i, a) for i, a in enumerate(args)]
        self.outside = any(x.requires_grad and is_innermost(x) for x in leaves)

    def result(self, has_aux: bool = False) -> tuple[Any, Any]:
        with enable_grad():
            out = self.func(*self.args, **self.kwargs)
        out = _apart(self.name, out, has_aux)
        leaves = tree_flatten(out)[0]
        self.outside = self.outside or self._others_in(leaves)
        self.recorded = self.outside or recorded_beneath(*leaves)
        return out

    def pull(self, outs: list[Any], vs: list[Any] | None, again: bool = True) -> list[Tensor]:
        """One gradient for each of the call's own tensors, constant unless something outside takes part. `again`: whether
        there will be another pull."""
        pairs = [(y, None if vs is None else vs[i]) for i, y in enumerate(outs) if y.requires_grad]
        if not pairs:
            return [zeros_like(x) for x in self.own]
        vectors: Any = None if vs is None else [v for _, v in pairs]
        moving = any(isinstance(v, Tensor) and v.requires_grad for v in vectors or ())
        recorded = self.recorded or moving or recorded_beneath(*(vectors or ()))
        with enable_grad():
            found: Any = engine.grad(
                [y for y, _ in pairs], self.own, vectors, again or recorded, recorded, materialize_grads=True
            )
        return list(found) if moving else self.closed(list(found))

    def put_together(self, leaves: list[Tensor]) -> Any:
        found = tree_unflatten(leaves, self.spec)
        return found[0] if self.one else tuple(found)

    def closed(self, tree: Any) -> Any:
        """Results without the graph back to the call's own tensors, where nothing outside takes part."""
        return tree if self.outside else tree_map(lambda x: constant(x) if isinstance(x, Tensor) else x, tree)

    def _others_in(self, outs: list[Any]) -> bool:
        """Whether the graph of these results ends in leaves from outside: not made by this call, or by one inside of it."""
        todo: list[Any] = [x.grad_fn or x for x in outs if isinstance(x, Tensor) and x.requires_grad]
        seen = {id(s) for s in todo}
        while todo:
            source = todo.pop()
            if not source.is_op:
                if vars(source).get("call", -1) < self.number:
                    return True
                continue
            for below in source.inputs:
                if below is not None and id(below) not in seen:
                    seen.add(id(below))
                    todo.append(below)
        return False


# ---- products with the Jacobian, and the Jacobian ----------------------------------------------------------------------


@in_words
def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """(func(*primals), the function v ↦ vᵀ·J), one backward pass for each call of the latter. It gives a tuple, one
    gradient for each of the primals; its argument is nested as the result is."""
    call = _Call("vjp", func, tuple(range(len(primals))), primals, {})
    out, aux = call.result(has_aux)
    leaves, spec = tree_flatten(out)
    _tensors("vjp", leaves)

    def pull(*vs: Any) -> tuple[Any, ...]:
        v = vs[0] if len(vs) == 1 else vs
        vectors, plan = tree_flatten(v)
        if plan != spec:
            raise ValueError(f"vjp: the vector is not nested as the result is.\n    result  {spec}\n    vector  {plan}")
        return call.put_together(call.pull(leaves, vectors))

    return (call.closed(out), pull, call.closed(aux)) if has_aux else (call.closed(out), pull)


@in_words
def jvp(
    func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...], *, strict: bool = False,
    has_aux: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    """(func(*primals), J·tangents), in one pass: every operation carries the direction along (`autograd/dual.py`).

    `strict`: an error where a result does not depend on the primals, instead of zeros.
    """
    _directions("jvp", primals, tangents)
    with Dual() as level:
        out, aux = _apart("jvp", func(*_duals(level, primals, tangents)), has_aux)
        leaves, spec = tree_flatten(out)
        _tensors("jvp", leaves)
        pairs = [level.take(y) for y in leaves]
        aux = tree_map(lambda x: level.take(x)[0] if isinstance(x, Tensor) else x, aux)
    if strict and any(t is None for _, t in pairs):
        raise RuntimeError("jvp: a result does not depend on the primals; strict=False gives zeros for its direction.")
    moved = tree_unflatten([zeros_like(y) if t is None else t for y, t in pairs], spec)
    value = tree_unflatten([y for y, _ in pairs], spec)
    return (value, moved, aux) if has_aux else (value, moved)


def _directions(name: str, primals: Any, tangents: Any) -> None:
    """Refuse directions that do not fit what they are directions of."""
    leaves, spec = tree_flatten(list(primals))
    moves, plan = tree_flatten(list(tangents))
    if plan != spec:
        raise ValueError(f"{name}: tangents are not nested as primals are.\n    primals   {spec}\n    tangents  {plan}")
    for x, t in zip(leaves, moves):
        if not isinstance(x, Tensor) or not x.is_floating_point():
            kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise TypeError(f"{name}: only floating tensors have gradients; an argument holds a {kind}.")
        if not isinstance(t, Tensor) or t.shape != x.shape or t.dtype != x.dtype:
            what = f"{tuple(t.shape)} {t.dtype}" if isinstance(t, Tensor) else type(t).__name__
            raise RuntimeError(
                f"{name}: a tangent has the shape and the dtype of its primal.\n"
                f"    primal   {tuple(x.shape)} {x.dtype}\n    tangent  {what}"
            )


def _duals(level: Dual, primals: Any, tangents: Any) -> tuple[Any, ...]:
    leaves, spec = tree_flatten(list(primals))
    moves, _ = tree_flatten(list(tangents))
    return tuple(tree_unflatten([level.make(x, t) for x, t in zip(leaves, moves)], spec))


def _apart(name: str, out: Any, has_aux: bool) -> tuple[Any, Any]:
    """What a function gives, and what it gives beside it."""
    if not has_aux:
        return out, None
    if not isinstance(out, tuple) or len(out) != 2:
        raise TypeError(f"{name}: with has_aux the function must give a pair, got {type(out).__name__}.")
    return out


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """(func(*primals), the function ẋ ↦ J·ẋ): `jvp` for many directions at one place.

    PyTorch traces the function once; here it runs again for each direction.
    """
    leaves, spec = tree_flatten(list(primals))
    out, _ = jvp(func, primals, tuple(tree_unflatten([zeros_like(x) for x in leaves], spec)))

    def push(*tangents: Any) -> Any:
        return jvp(func, primals, tangents)[1]

    return out, push


@in_words
def jacrev(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, chunk_size: int | None = None
) -> Callable[..., Any]:
    """A function that gives the Jacobian of `func` towards one argument or several, by one backward pass of a batch: a
    gradient for each number of the result.  Shape: that of the result, then that of the argument.

    For nested results and arguments, nested so: the result outside, arguments inside. `chunk_size`: how many gradients
    at a time; all when None.
    """
    _check_chunk("jacrev", chunk_size)

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        call = _Call("jacrev", func, argnums, args, kwargs)
        out, aux = call.result(has_aux)
        leaves, spec = tree_flatten(out)
        _tensors("jacrev", leaves)
        rows = [call.put_together(_rows(call, y, chunk_size)) for y in leaves]
        found = call.closed(tree_unflatten(rows, spec))
        return (found, call.closed(aux)) if has_aux else found

    return jacobian


def _rows(call: _Call, y: Tensor, chunk_size: int | None) -> list[Tensor]:
    """The Jacobian of one result towards each of the call's own tensors."""
    n, shapes = y.numel(), [(*y.shape, *x.shape) for x in call.own]
    if n == 0 or not y.requires_grad:
        return [x.new_zeros(shape) for x, shape in zip(call.own, shapes)]
    if n == 1:
        return [g.reshape(shape) for g, shape in zip(call.pull([y], [y.new_ones(y.shape)]), shapes)]
    pull = vmap(lambda v: call.pull([y], [v]), chunk_size=chunk_size)
    found = pull(eye(n, dtype=y.dtype).reshape(n, *y.shape))
    return [g.reshape(shape) for g, shape in zip(found, shapes)]


@in_words
def jacfwd(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, chunk_size: int | None = None,
    randomness: str = "error",
) -> Callable[..., Any]:  # fmt: skip
    """The same as `jacrev`, by one forward pass of a batch: a direction for each number of the arguments. It is the
    cheaper one where the arguments have fewer numbers than the result."""
    _check_chunk("jacfwd", chunk_size)

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        numbers, one = _numbers("jacfwd", argnums, args)
        chosen, spec = tree_flatten([args[i] for i in numbers])
        _directions("jacfwd", chosen, chosen)
        basis, start, total = [], 0, sum(x.numel() for x in chosen)
        for x in chosen:
            block = zeros((total, x.numel()), dtype=x.dtype)
            block[start : start + x.numel()] = eye(x.numel(), dtype=x.dtype)
            basis.append(block.reshape(total, *x.shape))
            start += x.numel()
        beside: list[Any] = []

        def push(*directions: Any) -> Any:
            def at(*own: Any) -> Any:
                places = dict(zip(numbers, tree_unflatten(list(own), spec)))
                return func(*[places.get(i, a) for i, a in enumerate(args)], **kwargs)

            found = jvp(at, tuple(chosen), directions, has_aux=has_aux)
            leaves, plan = tree_flatten(found[1])
            beside[:] = [plan, found[2] if has_aux else None]
            return leaves

        if not total:
            return jacrev(func, argnums, has_aux)(*args, **kwargs)
        pushed = vmap(push, randomness=randomness, chunk_size=chunk_size)(*basis)
        plan, aux = beside
        rows = []
        for columns in pushed:
            parts, start = [], 0
            for x in chosen:
                part = columns.narrow(0, start, x.numel()).movedim(0, -1)
                parts.append(part.reshape(*columns.shape[1:], *x.shape))
                start += x.numel()
            nested = tree_unflatten(parts, spec)
            rows.append(nested[0] if one else tuple(nested))
        found = tree_unflatten(rows, plan)
        return (found, aux) if has_aux else found

    return jacobian


def _check_chunk(name: str, chunk_size: int | None) -> None:
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"{name}: chunk_size must be at least 1, got {chunk_size}.")


@in_words
def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that gives the second derivatives of `func`, by a forward pass over a backward one.
    Shape: of the result, of the argument, of the argument."""
    return jacfwd(jacrev(func, argnums), argnums)


def _tensors(name: str, leaves: list[Any]) -> None:
    for y in leaves:
        if not isinstance(y, Tensor):
            raise TypeError(f"{name}: the function must give tensors, got a {type(y).__name__}.")


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
    _check_chunk("vmap", chunk_size)

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
            _tensors("vmap", flat)
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


_RULES = batching, batching_index, batching_layers, tangents  # vmap finds them in the table that they fill

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "stack_module_state",
    "vjp", "vmap",
]  # fmt: skip
