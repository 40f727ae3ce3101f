"""Gradients of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd import engine
from ..autograd.lifted import calls, constant, fresh, is_innermost, recorded_beneath
from ..autograd.modes import enable_grad
from ..ops.create import zeros_like
from ..refusals import in_words
from ..tensor import Tensor
from ..utils._pytree import tree_flatten, tree_map, tree_unflatten
from .arguments import Argnums, apart, places_of

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
    call = Call(name, func, argnums, args, kwargs)
    value, aux = call.result(has_aux)
    if not isinstance(value, Tensor) or value.numel() != 1 or value.ndim:
        shape = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise RuntimeError(f"{name}: the function must give a tensor of one number, of shape (), got {shape}.")
    found = call.put_together(call.pull([value], None, again=False))
    value = call.closed(value)
    return found, (value, call.closed(aux)) if has_aux else value


class Call:
    """A call of a function with chosen arguments replaced by tensors of its own, to differentiate towards."""

    def __init__(
        self, name: str, func: Callable[..., Any], argnums: Argnums, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.name, self.func, self.kwargs = name, func, kwargs
        self.numbers, self.one = places_of(name, argnums, args)
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
        out = apart(self.name, out, has_aux)
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


__all__ = ["grad", "grad_and_value"]
