"""Forward mode: a tensor with the direction in which it moves, and how operations carry the direction along.

For y = f(x) and ẋ the direction of x, that of y is ẏ = J·ẋ. Most operations need no rule of their own for it:

    linear in an operand            ẏ = f(ẋ): sums, shapes, products of matrices in each factor, convolutions
    elementwise                     J is diagonal, so J·ẋ = Jᵀ·ẋ: the rule of reverse mode (so of other symmetric J)
    any other                       v ↦ Jᵀ·v is linear, and the transpose of what it does is J: the rule of reverse mode,
                                    and its gradient towards v

`ops/tangents.py` says which operations are linear.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import numpy as np

from ..kernels.layered import Layered, level_of
from ..tensor import Tensor
from . import engine
from .lifted import OF_NODES, Level, calls, home_of, recorded_beneath
from .modes import OFF, enable_grad, recording

linear: set[type] = set()  # operations that are linear in all operands together
multilinear: set[type] = set()  # in each operand, the others held
rules: dict[type, Any] = {}  # of their own, for what is frequent: (operands, directions, shape of the result)
symmetric: set[type] = set()  # their Jacobian is symmetric: elementwise ones, and those that are a gradient themselves


class DualArray(Layered):
    """The array of `primal`, and its direction `tangent`, of the same shape; None where it is 0. What looks at `base`
    does so through `look`."""

    __slots__ = ("look", "primal", "tangent")
    look: Any

    def __init__(self, level: Any, primal: Tensor, tangent: Tensor | None) -> None:
        a = primal.array
        self.level, self.primal, self.tangent, self.base, self.look = level, primal, tangent, None, None
        self.dtype, self.shape, self.ndim, self.size = a.dtype, a.shape, a.ndim, a.size

    @property
    def parts(self) -> tuple[Tensor, ...]:
        return (self.primal,) if self.tangent is None else (self.primal, self.tangent)

    @property
    def first(self) -> Any:
        a = self.primal.array
        return a if type(a) is np.ndarray else a.first

    def detach(self) -> DualArray:
        return DualArray(self.level, self.primal.detach(), None)

    def copy(self, order: str = "C") -> DualArray:
        return DualArray(self.level, self.primal.clone(), None if self.tangent is None else self.tangent.clone())

    # ---- whoever asks for numbers gets those of the value --------------------------------------------------------------

    def numbers(self) -> Any:
        a = self.primal.array
        return a if type(a) is np.ndarray else a.numbers()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self.numbers(), dtype)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.primal.array, name)

    def __getitem__(self, key: Any) -> Any:
        return self.primal.array[key]

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*[self.level.beneath(x) for x in operands], **kwargs)

    # ---- writing ----------------------------------------------------------------------------------------------------------

    def __setitem__(self, key: Any, value: Any) -> None:
        if key is not Ellipsis:
            self.primal.array[key] = value
            return
        self.write(value)

    def fill(self, value: Any) -> None:
        self.write(value)

    def write(self, value: Any) -> None:
        """Write a value, and its direction beside it, broadcast."""
        array = value.array if isinstance(value, Tensor) else value
        mine = isinstance(array, DualArray) and array.level is self.level
        primal = array.primal if mine else value if isinstance(value, Tensor) else Tensor._of(np.asarray(value))
        tangent = array.tangent if mine else None
        if primal.array.ndim > self.ndim:  # axes of size 1 in front, which assignment ignores
            shape = primal.array.shape[primal.array.ndim - self.ndim :]
            primal, tangent = primal.reshape(shape), None if tangent is None else tangent.reshape(shape)
        if tangent is not None:
            self._direction().copy_(tangent)
        elif self._looked_at() is not None:
            self._direction().zero_()
        self.primal.copy_(primal)

    def _looked_at(self) -> Tensor | None:
        """The direction, in the memory of what this looks at; None as long as that has none."""
        if self.tangent is None and self.base is not None:
            whole = self.base._looked_at()
            self.tangent = None if whole is None else self.look(whole)
        return self.tangent

    def _direction(self) -> Tensor:
        """The direction, to be written to."""
        if self._looked_at() is None:
            if self.base is not None:
                self.base._direction()
                return self._looked_at()  # type: ignore[return-value]
            self.tangent = self.primal._zeros_like()
        return self.tangent  # type: ignore[return-value]


carrying: ContextVar[bool] = ContextVar("tensorgrad.carrying", default=True)  # see forward_ad._set_fwd_grad_enabled


class Dual(Level):
    """A call of jvp, or a `dual_level`."""

    def make(self, primal: Tensor, tangent: Tensor) -> Tensor:
        """A tensor with this value that moves in this direction."""
        return Tensor._of(DualArray(self, primal, tangent))

    def take(self, y: Tensor) -> tuple[Tensor, Tensor | None]:
        """The value and the direction of a result."""
        a = y.array
        return (a.primal, a._looked_at()) if isinstance(a, DualArray) and a.level is self else (y, None)

    def wrap(self, x: Tensor) -> DualArray:
        return DualArray(self, x, None)

    def take_in(self, x: Tensor) -> None:
        primal = object.__new__(Tensor)
        primal.__dict__.update(vars(x))
        base = x._base
        layer = DualArray(self, primal, None)
        if base is not None and base.storage is x.storage:
            if level_of((base.array,)) is not self:
                self.take_in(base)
            layer.base, layer.look = base.array, x._view.again()
        primal._base = primal._view = None
        x.array = layer

    def beneath(self, x: Any) -> Any:
        """An array of this level without its layer; tuples likewise."""
        if isinstance(x, DualArray) and x.level is self:
            return x.primal.array
        if type(x) in (tuple, list) and level_of(x) is not None:
            return type(x)([self.beneath(v) for v in x])
        if isinstance(x, Tensor) and isinstance(x.array, DualArray) and x.array.level is self:
            return x.array.primal
        return x

    def kernel(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name == "owned":
            return args[0].copy()
        if name == "writable":
            return args[0]
        args, kwargs = tuple([self.beneath(x) for x in args]), {k: self.beneath(x) for k, x in kwargs.items()}
        return getattr(home_of((*args, *kwargs.values())), name)(*args, **kwargs)

    def run(self, f: Any, args: tuple[Any, ...]) -> Any:
        op = f.again()
        for name, value in vars(f).items():
            setattr(op, name, self.beneath(value))
        if hasattr(op, "remember"):
            op.remember = True  # what pooling has chosen is asked for on the way back
        into = getattr(f, "into", False)
        if into:
            op.into = False
        primals, tangents = [], []
        for x in args:
            a: Any = x.array if isinstance(x, Tensor) else None
            mine = isinstance(a, DualArray) and a.level is self
            primals.append(a.primal if mine else x)
            tangents.append(a._looked_at() if mine and carrying.get() else None)
        again, before = op.again(), dict(vars(op))
        out = op(*primals)
        for name, value in vars(op).items():
            if name not in OF_NODES and (name not in before or before[name] is not value):
                setattr(f, name, value)
        several = type(out) in (tuple, list)
        outs = list(out) if several else [out]
        moved = (
            directions(again, primals, tangents, outs) if any([t is not None for t in tangents]) else [None] * len(outs)
        )
        found = []
        for i, (y, t) in enumerate(zip(outs, moved)):
            layer = DualArray(self, y, t)
            if y.storage is not None and isinstance(primals[0], Tensor) and y.storage is primals[0].storage:
                layer.base, layer.look = args[0].array, f.part(i) if several else f.again()
            found.append(layer)
        if into:
            args[0].array.write(Tensor._of(found[0]))
            return args[0].array
        return tuple(found) if several else found[0]


# ---- directions -------------------------------------------------------------------------------------------------------


def directions(op: Any, primals: list[Any], tangents: list[Any], outs: list[Tensor]) -> list[Tensor | None]:
    """J·ẋ for each result of an operation that is not yet run; None where there is none, or no derivative."""
    kind = type(op)
    if not any([y.is_floating_point() for y in outs]):
        return [None] * len(outs)
    if kind in rules:
        return [rules[kind](primals, tangents, outs[0].array.shape)]
    if _is(kind, linear):
        found = op.again()(*[_or_zeros(x, t) for x, t in zip(primals, tangents)])
        return list(found) if type(found) in (tuple, list) else [found]
    if _is(kind, multilinear):
        return [_sum([_in_one_factor(op, primals, i, t) for i, t in enumerate(tangents) if t is not None])]
    if _is(kind, symmetric) and len(outs) == 1 and (kind.broadcasts or _all_of(primals, outs[0].array.shape)):
        return [_by_one_pull(op, primals, tangents, outs[0])]
    return by_two_pulls(op, primals, tangents, outs)


def _all_of(operands: list[Any], shape: Any) -> bool:
    return all([x.array.shape == shape for x in operands if isinstance(x, Tensor)])


def _is(kind: type, kinds: set[type]) -> bool:
    return any([base in kinds for base in kind.__mro__])


def _in_one_factor(op: Any, primals: list[Any], i: int, t: Tensor) -> Tensor:
    """The operation with its i-th operand replaced by a direction; a third operand, a bias, is added."""
    x, z, *bias = primals
    operands = [t, z] if i == 0 else [x, t] if i == 1 else [x._zeros_like(), z]
    return op.again()(*operands, *[t if i == 2 else None for _ in bias])


def _or_zeros(x: Any, t: Tensor | None) -> Any:
    return x._zeros_like() if t is None and isinstance(x, Tensor) else t


def _sum(terms: list[Any]) -> Any:
    total = terms[0]
    for t in terms[1:]:
        total = total + t
    return total


def _own(x: Tensor) -> Tensor:
    """x as a tensor to differentiate towards, in its place of the graph if it has one."""
    if x.requires_grad:
        return x._alias()
    leaf = Tensor._of(x.array)
    leaf._requires_grad = True
    vars(leaf)["call"] = next(calls)
    return leaf


def _recorded(primals: list[Any], tangents: list[Any]) -> bool:
    """Whether directions have to be recorded."""
    tensors = [x for x in (*primals, *tangents) if isinstance(x, Tensor)]
    return recording.get() != OFF and (any([x.requires_grad for x in tensors]) or recorded_beneath(*tensors))


def _by_one_pull(op: Any, primals: list[Any], tangents: list[Any], out: Tensor) -> Tensor | None:
    shape, recorded = out.array.shape, _recorded(primals, tangents)
    with enable_grad():
        xs = [
            x if t is None else _own(x if x.array.shape == shape else x.expand(shape))
            for x, t in zip(primals, tangents)
        ]
        y = op.again()(*xs)
        if not y.requires_grad:
            return None
        terms = []
        for x, t in zip(xs, tangents):
            if t is not None:
                v = t if t.array.shape == shape else t.expand(shape)
                (g,) = engine.grad(y, x, v, True, recorded, allow_unused=True)
                terms += [] if g is None else [g]
    return _sum(terms) if terms else None


def by_two_pulls(op: Any, primals: list[Any], tangents: list[Any], outs: list[Tensor]) -> list[Tensor | None]:
    recorded = _recorded(primals, tangents)
    with enable_grad():
        xs = [x if t is None else _own(x) for x, t in zip(primals, tangents)]
        again = op.again()(*xs)
        ys = list(again) if type(again) in (tuple, list) else [again]
        live = [i for i, y in enumerate(ys) if y.requires_grad]
        vs = [_own(ys[i].detach()._zeros_like()) for i in live]
        wanted = [(x, t) for x, t in zip(xs, tangents) if t is not None]
        found: list[Tensor | None] = [None] * len(outs)
        if not live:
            return found
        pulled = engine.grad([ys[i] for i in live], [x for x, _ in wanted], vs, True, True, allow_unused=True)
        pairs = [(g, t) for g, (_, t) in zip(pulled, wanted) if g is not None and g.requires_grad]
        if pairs:
            moved = engine.grad([g for g, _ in pairs], vs, [t for _, t in pairs], True, recorded, allow_unused=True)
            for i, t in zip(live, moved):
                found[i] = t
    return found


__all__ = ["Dual", "DualArray"]
