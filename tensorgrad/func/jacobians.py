"""Products with the Jacobian, and the Jacobian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd.dual import Dual
from ..ops.create import eye, zeros, zeros_like
from ..refusals import in_words
from ..tensor import Tensor
from ..utils._pytree import tree_flatten, tree_map, tree_unflatten
from .arguments import Argnums, apart, check_chunk, check_tensors, places_of
from .batches import vmap
from .gradients import Call

# ---- products with the Jacobian, and the Jacobian ----------------------------------------------------------------------


@in_words
def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """(func(*primals), the function v ↦ vᵀ·J), one backward pass for each call of the latter. It gives a tuple, one
    gradient for each of the primals; its argument is nested as the result is."""
    call = Call("vjp", func, tuple(range(len(primals))), primals, {})
    out, aux = call.result(has_aux)
    leaves, spec = tree_flatten(out)
    check_tensors("vjp", leaves)

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
        out, aux = apart("jvp", func(*_duals(level, primals, tangents)), has_aux)
        leaves, spec = tree_flatten(out)
        check_tensors("jvp", leaves)
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


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """(func(*primals), the function ẋ ↦ J·ẋ): `jvp` for many directions at one place.

    PyTorch traces the function once; here it runs again for each direction.
    """
    if not callable(func):
        raise TypeError(f"linearize: func must be a function, got {type(func).__name__}.")
    leaves, spec = tree_flatten(list(primals))
    for x in leaves:
        if not isinstance(x, Tensor):
            raise TypeError(f"linearize: primals must be tensors, or nested lists of them, got a {type(x).__name__}.")
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
    check_chunk("jacrev", chunk_size)

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        call = Call("jacrev", func, argnums, args, kwargs)
        out, aux = call.result(has_aux)
        leaves, spec = tree_flatten(out)
        check_tensors("jacrev", leaves)
        rows = [call.put_together(_rows(call, y, chunk_size)) for y in leaves]
        found = call.closed(tree_unflatten(rows, spec))
        return (found, call.closed(aux)) if has_aux else found

    return jacobian


def _rows(call: Call, y: Tensor, chunk_size: int | None) -> list[Tensor]:
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
    check_chunk("jacfwd", chunk_size)

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        numbers, one = places_of("jacfwd", argnums, args)
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


@in_words
def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that gives the second derivatives of `func`, by a forward pass over a backward one.
    Shape: of the result, of the argument, of the argument."""
    return jacfwd(jacrev(func, argnums), argnums)


__all__ = ["hessian", "jacfwd", "jacrev", "jvp", "linearize", "vjp"]
