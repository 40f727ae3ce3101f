"""Jacobians, Hessians and their products, as functions of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..refusals import in_own_name
from ..tensor import Tensor
from .batched import Batch
from .dual import Dual
from .engine import grad
from .lifted import fresh
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
    """(func(x), J·v): the Jacobian times a vector, in forward mode, see `dual.py`.

    With `strict`, which asks what depends on what, by two backward passes: vᵀJ is linear in v, and its gradient is J.
    """
    xs, _ = _prepared("jvp", inputs, create_graph)
    if not strict:
        return _pushed(func, xs, _vectors("jvp", v, xs), create_graph)
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


def _pushed(func: Callable[..., Any], xs: tuple[Tensor, ...], vs: tuple[Tensor, ...], create_graph: bool) -> Any:
    with enable_grad(), Dual() as level:
        out = func(*[level.make(x if create_graph else x.detach(), u) for x, u in zip(xs, vs)])
        pairs = [level.take(y) for y in _results("jvp", out)]
    value = tuple([y for y, _ in pairs])
    moved = tuple([y._zeros_like() if t is None else t if create_graph else t.detach() for y, t in pairs])
    one = not isinstance(out, tuple)
    return _freed(value[0] if one else value, create_graph), moved[0] if one else moved


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
    """∂func_i/∂x_j, shape (*result, *input).  Of several results or inputs a tuple (of tuples).

    Args:
        strategy: 'reverse-mode', a gradient for each element of the result, or 'forward-mode', a direction for each element
            of the inputs (cheaper where those are fewer; needs `vectorize`). One pass of all of them as a batch.
        strict: an error instead of zeros for an independent input. Then there is a backward pass for each element.
        vectorize: accepted; the numbers are the same.
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f"jacobian: strategy must be 'reverse-mode' or 'forward-mode', got {strategy!r}.")
    if strategy == "forward-mode":
        if strict or not vectorize:
            what = "strict=True" if strict else "vectorize=False"
            raise ValueError(f"jacobian: strategy='forward-mode' does not go with {what}; use 'reverse-mode'.")
        return _jacobian_forward(func, inputs, create_graph)
    xs, one = _prepared("jacobian", inputs, create_graph)
    with enable_grad():
        out = func(*xs)
        rows = []
        for y in _results("jacobian", out):
            if not strict and y.requires_grad and y.array.size > 1:
                rows.append(_rows(y, xs, one, create_graph))
                continue
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


def _rows(y: Tensor, xs: tuple[Tensor, ...], one: bool, create_graph: bool) -> Any:
    """The Jacobian of one result by one pass of a batch."""
    n = y.array.size
    basis = Tensor._of(np.eye(n, dtype=y.array.dtype).reshape(n, *y.array.shape))
    found = grad(y, xs, basis, True, create_graph, is_grads_batched=True, materialize_grads=True)
    row = [g.reshape(*y.array.shape, *x.array.shape) for g, x in zip(found, xs)]  # type: ignore[union-attr]
    row = row if create_graph else [g.detach() for g in row]
    return row[0] if one else tuple(row)


def _jacobian_forward(func: Callable[..., Any], inputs: Tensors, create_graph: bool) -> Any:
    xs, one = _prepared("jacobian", inputs, create_graph)
    xs = xs if create_graph else tuple([x.detach() for x in xs])
    sizes = [x.array.size for x in xs]
    total, starts = sum(sizes), np.cumsum([0, *sizes])
    if not total:
        return jacobian(func, inputs, create_graph)
    with enable_grad(), Batch(total) as level, Dual() as duals:
        moving = []
        for x, n, start in zip(xs, sizes, starts):
            block = np.zeros((total, n), x.array.dtype)
            block[start : start + n] = np.eye(n)
            moving.append(duals.make(x, level.lift(Tensor._of(block.reshape(total, *x.array.shape)))))
        out = func(*moving)
        columns = []
        for y, t in [duals.take(y) for y in _results("jacobian", out)]:
            columns.append(level.lower(y._zeros_like() if t is None else t))
    rows: list[Any] = []
    for c in columns:
        parts = [c.narrow(0, int(start), n).movedim(0, -1) for start, n in zip(starts, sizes)]
        row = [p.reshape(*c.array.shape[1:], *x.array.shape) for p, x in zip(parts, xs)]
        row = row if create_graph else [g.detach() for g in row]
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
        xs = tuple([x if x.requires_grad else fresh(x) for x in xs])
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
