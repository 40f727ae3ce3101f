"""Functions of functions, under the names of PyTorch's `torch.func`: gradients, products with Jacobians, maps over a batch.

    grad(f)(x)                   the gradient of f, a function to a single number, at x; grad(grad(f)) is its second
    vmap(grad(f))(xs)            one gradient for each x of a batch
    hessian(f)(x)                all second derivatives

Arguments and results may be nested lists, tuples and dicts of tensors. A result is a constant unless something that
requires grad outside of the call takes part in it, an argument or a parameter of a module: then it can be differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from .autograd import engine
from .autograd.modes import enable_grad
from .nn.module import Module
from .nn.utils.stateless import functional_call
from .ops.compare import equal
from .ops.create import zeros_like
from .ops.join import stack
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
    found = call.put_together(call.pull([value], None))
    value = call.closed(value)
    return found, (value, call.closed(aux)) if has_aux else value


_calls = count()  # a leaf that a call has made carries its number


class _Call:
    """A call of a function with chosen arguments replaced by tensors of its own, to differentiate towards."""

    def __init__(
        self, name: str, func: Callable[..., Any], argnums: Argnums, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.name, self.func, self.kwargs = name, func, kwargs
        self.one = isinstance(argnums, int)
        numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        wrong = [n for n in numbers if not -len(args) <= n < len(args)]
        if wrong or not numbers:
            raise RuntimeError(f"{name}: argnums {argnums!r} does not fit {len(args)} arguments.")
        self.numbers = [n % len(args) for n in numbers]
        leaves, self.spec = tree_flatten([args[n] for n in self.numbers])
        for x in leaves:
            if not isinstance(x, Tensor) or not x.is_floating_point():
                kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
                raise TypeError(f"{name}: only floating tensors have gradients; an argument holds a {kind}.")
        self.number = next(_calls)
        with enable_grad():
            self.own = [x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in leaves]
        for x in self.own:
            if x.node is None:
                vars(x)["call"] = self.number
        chosen = iter(tree_unflatten(self.own, self.spec))
        places = dict(zip(self.numbers, chosen))
        self.args = [places.get(i, a) for i, a in enumerate(args)]
        self.outside = any(x.requires_grad for x in leaves)

    def result(self, has_aux: bool = False) -> tuple[Any, Any]:
        with enable_grad():
            out = self.func(*self.args, **self.kwargs)
        if not has_aux:
            out = (out, None)
        elif not isinstance(out, tuple) or len(out) != 2:
            raise TypeError(f"{self.name}: with has_aux the function must give a pair, got {type(out).__name__}.")
        self.outside = self.outside or self._others_in(tree_flatten(out)[0])
        return out

    def pull(self, outs: list[Any], vs: list[Any] | None) -> list[Tensor]:
        """One gradient for each of the call's own tensors, constant unless something outside takes part."""
        pairs = [(y, None if vs is None else vs[i]) for i, y in enumerate(outs) if y.requires_grad]
        if not pairs:
            return [zeros_like(x) for x in self.own]
        with enable_grad():
            found = engine.grad(
                [y for y, _ in pairs],
                self.own,
                None if vs is None else [v for _, v in pairs],
                create_graph=True,
                retain_graph=True,
                materialize_grads=True,
            )
        return self.closed(list(found))

    def put_together(self, leaves: list[Tensor]) -> Any:
        found = tree_unflatten(leaves, self.spec)
        return found[0] if self.one else tuple(found)

    def closed(self, tree: Any) -> Any:
        """Results without the graph back to the call's own tensors, where nothing outside takes part."""
        if self.outside:
            return tree
        return tree_map(lambda x: x.detach() if isinstance(x, Tensor) else x, tree)

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
    """(func(*primals), J·tangents), by two backward passes: vᵀ·J is linear in v, and its gradient is J."""
    call = _Call("jvp", func, tuple(range(len(primals))), tuple(primals), {})
    directions, plan = tree_flatten(list(tangents))
    if plan != call.spec:
        raise ValueError(f"jvp: tangents are not nested as primals are.\n    primals   {call.spec}\n    tangents  {plan}")
    out, aux = call.result(has_aux)
    leaves, spec = tree_flatten(out)
    _tensors("jvp", leaves)
    moved = call.closed(tree_unflatten(_pushed(call, leaves, directions), spec))
    return (call.closed(out), moved, call.closed(aux)) if has_aux else (call.closed(out), moved)


def _pushed(call: _Call, outs: list[Tensor], directions: list[Tensor]) -> list[Tensor]:
    """J·directions, for each result."""
    live = [y for y in outs if y.requires_grad]
    if not live:
        return [zeros_like(y) for y in outs]
    with enable_grad():
        dummies = [zeros_like(y).requires_grad_() for y in live]
        pulled: Any = engine.grad(live, call.own, dummies, create_graph=True, retain_graph=True, materialize_grads=True)
        pairs = [(g, d) for g, d in zip(pulled, directions) if g.requires_grad]
        found: Any = map(zeros_like, live)
        if pairs:
            gs, ds = [g for g, _ in pairs], [d for _, d in pairs]
            found = iter(engine.grad(gs, dummies, ds, create_graph=True, materialize_grads=True))
    return [next(found) if y.requires_grad else zeros_like(y) for y in outs]


@in_words
def jacrev(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, chunk_size: int | None = None
) -> Callable[..., Any]:
    """A function that gives the Jacobian of `func` towards one argument or several, a backward pass for each number of the
    result.  Shape: that of the result, then that of the argument.

    For nested results and arguments, nested so: the result outside, arguments inside. `chunk_size` is accepted.
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        call = _Call("jacrev", func, argnums, args, kwargs)
        out, aux = call.result(has_aux)
        leaves, spec = tree_flatten(out)
        _tensors("jacrev", leaves)
        rows = []
        for y in leaves:
            flat = y.reshape(-1)
            pulled = [call.pull([flat[i]], None) for i in range(y.numel())]
            rows.append(call.put_together([_rows(y, x, [p[k] for p in pulled]) for k, x in enumerate(call.own)]))
        found = call.closed(tree_unflatten(rows, spec))
        return (found, call.closed(aux)) if has_aux else found

    return jacobian


def _rows(y: Tensor, x: Tensor, rows: list[Tensor]) -> Tensor:
    shape = (*y.shape, *x.shape)
    return stack(rows).reshape(shape) if rows else x.new_zeros(shape)


@in_words
def jacfwd(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """The same numbers as `jacrev`; here they are found in the same way."""
    return jacrev(func, argnums, has_aux)


@in_words
def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that gives the second derivatives of `func`.  Shape: of the result, of the argument, of the argument."""
    return jacrev(jacrev(func, argnums), argnums)


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
    """A function of batches: `func` of each element, the results stacked. A loop, so it is right, and not fast.

    Args:
        in_dims: along which dim each argument is a batch; None: the same for all. One for all arguments, or nested as the
            arguments are. Keyword arguments are the same for all.
        out_dims: where the batch stands in the results; nested as they are, or one for all.
        randomness: "same": func draws the same random numbers for each element. "different": others for each. "error":
            it may draw none from the default generator.
        chunk_size: accepted.
    """
    if randomness not in ("error", "different", "same"):
        raise ValueError(f"vmap: randomness must be 'error', 'different' or 'same', got {randomness!r}.")

    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves, spec = tree_flatten(list(args))
        dims = _dims("in_dims", list(in_dims) if isinstance(in_dims, tuple) else in_dims, spec)
        n = _batch(leaves, dims)
        results, plan = [], None
        start = current().get_state() if randomness != "different" else None
        for i in range(n):
            if start is not None and randomness == "same":
                current().set_state(start)
            here = [x if d is None else x.select(d, i) for x, d in zip(leaves, dims)]
            flat, plan = tree_flatten(func(*tree_unflatten(here, spec), **kwargs))
            if start is not None and randomness == "error" and not equal(current().get_state(), start):
                current().set_state(start)
                raise RuntimeError(
                    'vmap: the function drew random numbers. Pass randomness="different" or "same", or draw them before.'
                )
            _tensors("vmap", flat)
            results.append(flat)
        assert plan is not None
        places = _dims("out_dims", out_dims, plan)
        return tree_unflatten(
            [parts[0] if d is None else stack(parts, d) for d, *parts in zip(places, *results)], plan
        )

    return mapped


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


__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "stack_module_state",
    "vjp", "vmap",
]  # fmt: skip
