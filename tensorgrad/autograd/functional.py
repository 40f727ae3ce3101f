"""Jacobians, Hessians and their products, as functions of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..refusals import in_own_name
from ..tensor import Tensor
from .engine import grad
from .modes import enable_grad

Tensors = Tensor | tuple[Tensor, ...]


@in_own_name
def vjp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False, strict: bool = False
) -> Any:
    """(func(x), vᵀ·J): the product of a vector with the Jacobian, one backward pass.

    Args:
        func: takes the inputs, returns a tensor or a tuple.
        inputs: a tensor or a tuple.
        v: one per result, of its shape; may be left out if the result is a single number.
        create_graph: make the result differentiable. strict: an error instead of zeros for an independent input.
    """
    xs, one = _prepared("vjp", inputs, create_graph)
    with enable_grad():
        out = func(*xs)
    outs = _results("vjp", out)
    vs = _vectors("vjp", v, outs)
    found = _gradients("vjp", outs, xs, vs, create_graph, strict)
    return _freed(out, create_graph), found[0] if one else found


@in_own_name
def jvp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False, strict: bool = False
) -> Any:
    """(func(x), J·v): the Jacobian times a vector, by two backward passes: vᵀJ is linear in v, and its gradient is J."""
    xs, _ = _prepared("jvp", inputs, create_graph)
    with enable_grad():
        out = func(*xs)
    outs = _results("jvp", out)
    vs = _vectors("jvp", v, xs)
    with enable_grad():
        dummies = tuple(Tensor._of(np.zeros_like(y.array)).requires_grad_() for y in outs)
        pulled = _gradients("jvp", outs, xs, dummies, True, strict)
        pairs = [(g, w) for g, w in zip(pulled, vs) if g.requires_grad]
    if pairs:
        found = grad(
            [g for g, _ in pairs], dummies, [w for _, w in pairs], create_graph=create_graph, materialize_grads=True
        )
    else:
        found = tuple(Tensor._of(np.zeros_like(y.array)) for y in outs)
    _depends("jvp", found, create_graph and strict)
    return _freed(out, create_graph), found if isinstance(out, tuple) else found[0]


@in_own_name
def vhp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False, strict: bool = False
) -> Any:
    """(func(x), vᵀ·H) of a function to a single number: the gradient of ⟨gradient, v⟩."""
    xs, one = _prepared("vhp", inputs, create_graph)
    with enable_grad():
        out = func(*xs)
        _single("vhp", out)
        vs = _vectors("vhp", v, xs)
        first = _gradients("vhp", (out,), xs, None, True, strict)
    pairs = [(g, w) for g, w in zip(first, vs) if g.requires_grad]
    if pairs:
        found = grad(
            [g for g, _ in pairs], xs, [w for _, w in pairs], create_graph=create_graph, materialize_grads=True
        )
    else:
        found = tuple(Tensor._of(np.zeros_like(x.array)) for x in xs)
    _depends("vhp", found, create_graph and strict)
    return _freed(out, create_graph), found[0] if one else found


@in_own_name
def hvp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False, strict: bool = False
) -> Any:
    """(func(x), H·v). The Hessian is symmetric, so this is `vhp`, the cheaper of the two."""
    return vhp(func, inputs, v, create_graph, strict)


@in_own_name
def jacobian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """∂func_i/∂x_j, shape (*result, *input): one backward pass per element of the result.

    Of several results or inputs a tuple (of tuples). `vectorize` and `strategy` are accepted: the numbers are the same.
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f"jacobian: strategy must be 'reverse-mode' or 'forward-mode', got {strategy!r}.")

    xs, one = _prepared("jacobian", inputs, create_graph)
    with enable_grad():
        out = func(*xs)
        rows = []
        for y in _results("jacobian", out):
            parts: list[list[Tensor]] = [[] for _ in xs]
            for k in range(y.array.size):
                u = np.zeros(y.array.size, y.array.dtype)
                u[k] = 1
                seed = (Tensor._of(u.reshape(y.array.shape)),)
                for part, g in zip(parts, _gradients("jacobian", (y,), xs, seed, create_graph, strict)):
                    part.append(g)
            row = []
            for part, x in zip(parts, xs):
                shape = (*y.array.shape, *x.array.shape)
                whole = Tensor._stack(part).reshape(shape) if part else Tensor._of(np.zeros(shape, x.array.dtype))
                row.append(whole if create_graph else whole.detach())
            rows.append(row[0] if one else tuple(row))
    return tuple(rows) if isinstance(out, tuple) else rows[0]


@in_own_name
def hessian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """∂²func/∂x_i∂x_j of a function to a single number, shape (*input, *input): the Jacobian of the gradient."""
    one = isinstance(inputs, Tensor)

    def gradient(*xs: Tensor) -> Any:
        out = func(*xs)
        _single("hessian", out)
        # without `strict` an input may be linear: its gradient is then a constant, the Hessian zero there
        found = _gradients("hessian", (out,), xs, None, True, strict)
        return found[0] if one else found

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _results(caller: str, out: Any) -> tuple[Tensor, ...]:
    outs = out if isinstance(out, tuple) else (out,)
    for y in outs:
        if not isinstance(y, Tensor):
            raise TypeError(f"{caller}: the function must return a Tensor or a tuple of them, got {type(y).__name__}.")
    return outs


def _prepared(caller: str, inputs: Any, create_graph: bool) -> tuple[tuple[Tensor, ...], bool]:
    """The inputs as tensors that require grad: connected to the caller's graph if the result is to be."""
    found = []
    for x in _as_tuple(inputs):
        if not isinstance(x, Tensor):
            raise TypeError(f"{caller}: inputs must be a Tensor or a tuple of Tensors, got {type(x).__name__}.")
        if create_graph and x.requires_grad:
            with enable_grad():
                found.append(x._alias())
        else:
            found.append(Tensor._of(x.array).requires_grad_())
    return tuple(found), isinstance(inputs, Tensor)


def _vectors(caller: str, v: Any, like: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    if v is None:
        if len(like) != 1 or like[0].array.size != 1:
            raise RuntimeError(f"{caller}: v can be left out only where a single number is; pass one per tensor.")
        return (Tensor._of(np.ones_like(like[0].array)),)
    vs = _as_tuple(v)
    if len(vs) != len(like):
        raise RuntimeError(f"{caller}: v has {len(vs)} entries for {len(like)} tensors.")
    for i, (a, b) in enumerate(zip(vs, like)):
        if a.array.shape != b.array.shape:
            raise RuntimeError(
                f"{caller}: v[{i}] has shape {tuple(a.array.shape)}, needs {tuple(b.array.shape)}, that of what it multiplies."
            )
    return vs


def _gradients(caller: str, outs: Any, xs: Any, vs: Any, create_graph: bool, strict: bool) -> tuple[Tensor, ...]:
    """Gradients with zeros for independent inputs, or, if strict, an error that names them."""
    recorded = [(y, None if vs is None else vs[i]) for i, y in enumerate(outs) if y.requires_grad]
    found: Any = [None] * len(xs)
    if recorded:
        seeds = None if vs is None else [u for _, u in recorded]
        found = grad([y for y, _ in recorded], xs, seeds, True, create_graph, allow_unused=True)
    for i, g in enumerate(found):
        if g is None and strict:
            raise RuntimeError(f"{caller}: the result does not depend on input {i}; strict=False gives zeros for it.")
    _depends(caller, found, create_graph and strict)
    return tuple(Tensor._of(np.zeros_like(x.array)) if g is None else g for x, g in zip(xs, found))


def _depends(caller: str, found: Any, strict: bool) -> None:
    """Refuse a derivative that is to be differentiated and is a constant."""
    for i, g in enumerate(found):
        if strict and not g.requires_grad:
            raise RuntimeError(
                f"{caller}: the derivative towards input {i} does not depend on the inputs; strict=False takes it for the "
                "constant it is."
            )


def _single(caller: str, out: Any) -> None:
    if not isinstance(out, Tensor) or out.array.size != 1:
        shape = tuple(out.array.shape) if isinstance(out, Tensor) else type(out).__name__
        raise RuntimeError(
            f"{caller}: the function must return a single number, it returned {shape}. Sum it, or use jacobian."
        )


def _freed(out: Any, create_graph: bool) -> Any:
    if create_graph:
        return out
    return tuple(y.detach() for y in out) if isinstance(out, tuple) else out.detach()
