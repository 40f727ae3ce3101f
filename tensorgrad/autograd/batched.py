"""vmap's arrays: a tensor that looks like one element of a batch and holds them all.

A rule says for a Function how its operation on one element becomes one on the batch: `ops/batching.py` has them by family,
each with the batch as the first axis. An operation without a rule is run for one element after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..kernels.layered import Layered, NeedsValues, active, level_of
from ..tensor import Tensor
from .lifted import OF_NODES, Level, home_of, note_shapes
from .modes import no_grad, quiet

OVER = "vmap: a tensor of a vmap that is over is used. What is wanted outside has to be a result of the function."
Rule = Callable[..., Any]
rules: dict[type, Rule] = {}


class BatchedArray(Layered):
    """`full`, a tensor with the batch as its first axis, or, where not `batched`, the same for all elements."""

    __slots__ = ("batched", "full")

    def __init__(self, level: Any, full: Tensor, batched: bool = True) -> None:
        a = full.array
        self.level, self.full, self.batched, self.dtype, self.base = level, full, batched, a.dtype, None
        if batched:
            self.shape, self.ndim, self.size = a.shape[1:], a.ndim - 1, a.size // a.shape[0]
        else:
            self.shape, self.ndim, self.size = a.shape, a.ndim, a.size

    def numbers(self) -> Any:
        if self.level not in active:
            raise RuntimeError(OVER)
        raise NeedsValues

    @property
    def parts(self) -> tuple[Tensor, ...]:
        return (self.full,)

    @property
    def first(self) -> Any:
        a = self.full.array
        a = a if type(a) is np.ndarray else a.first
        return a[0, ...] if self.batched else a

    def detach(self) -> BatchedArray:
        return BatchedArray(self.level, self.full.detach(), self.batched)

    # ---- what code beside the kernels asks of an array ------------------------------------------------------------

    def astype(self, dtype: Any, copy: bool = True) -> BatchedArray:
        return BatchedArray(self.level, Tensor._of(self.full.array.astype(dtype)), self.batched)

    def copy(self, order: str = "C") -> BatchedArray:
        return BatchedArray(self.level, self.full.clone(), self.batched)

    def reshape(self, *shape: Any) -> BatchedArray:
        to = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        to = (self.full.array.shape[0], *to) if self.batched else to
        return BatchedArray(self.level, Tensor._of(self.full.array.reshape(to)), self.batched)

    def fill(self, value: Any) -> None:
        self.write(value)

    def squeeze(self, axis: int) -> BatchedArray:
        d = axis % self.ndim
        return self.reshape(*self.shape[:d], *self.shape[d + 1 :])

    def __getitem__(self, key: Any) -> Any:
        keys = key if type(key) is tuple else (key,)
        a = self.full.array
        if type(a) is np.ndarray and all([k is None or k is ... or type(k) in (int, slice) for k in keys]):
            if self.batched:
                keys = (np.s_[:], *keys)
            return BatchedArray(self.level, Tensor._of(np.asarray(a[keys])), self.batched)
        return self._each("__getitem__", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if key is not Ellipsis:
            raise NeedsValues
        self.write(value)

    def write(self, value: Any) -> None:
        """Write a value, broadcast, into the memory beneath, with whatever is recorded there."""
        array = value.array if isinstance(value, Tensor) else value
        if isinstance(array, BatchedArray) and array.level is self.level:
            if array.batched and not self.batched:
                raise NeedsValues  # memory of one element cannot take the numbers of all
            z, extra = array.full, self.ndim - array.ndim
            if array.batched and extra:  # as many axes; those in front that are too many have one place
                z = z.reshape(z.array.shape[0], *[1] * extra, *array.shape[max(-extra, 0) :])
        else:
            z = value if isinstance(value, Tensor) else Tensor._of(np.asarray(value))
        if z.array.ndim > self.full.array.ndim:
            z = z.reshape(z.array.shape[z.array.ndim - self.ndim :])
        self.level.note_write(self.full)
        self.full.copy_(z)

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, out: Any = None, **kwargs: Any) -> Any:
        if method != "__call__" or out is not None or self.level not in active:
            self.numbers()
        return level_of(operands).ufunc(ufunc, operands, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("item", "tolist", "tobytes", "data") or not callable(getattr(np.ndarray, name, None)):
            self.numbers()
        return partial(self._each, name)

    def _each(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self.level.each(lambda a, *rest, **more: getattr(a, name)(*rest, **more), (self, *args), kwargs)


_OF_FIRST = ("fits", "within")  # about geometry, the same for all
_AS_IT_IS = ("asarray", "as_array", "writable")
_OF_ALL = ("largest_class", "bounds", "out_of_range", "has_zero")  # numbers for checks: of the whole batch together
# Kernels that go along axes, and which of their arguments says along which.
_ALONG = {"all": 1, "any": 1, "count": 1, "sum": 1, "prod": 1, "argmax": 1, "argmin": 1, "argsort": 1, "share_of": 2}
# Kernels that take any shapes which broadcast; the others are run for one element after the other.
_ELEMENTWISE = frozenset(
    "isnan isinf isfinite signbit eq ne lt le gt ge logical_and logical_or logical_xor logical_not isreal isposinf isneginf "
    "isclose floor ceil trunc round gcd lcm bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift "
    "bitwise_right_shift maximum minimum not_nan floor_divide remainder add sub mul".split()
)


class Stream(Layered):
    """Where the random numbers come from while each element draws its own."""

    __slots__ = ("rng",)

    def __init__(self, level: Any, rng: Any) -> None:
        self.level, self.rng = level, rng


class Batch(Level):
    """A call of vmap over `n` elements."""

    def __init__(self, n: int, randomness: str = "error") -> None:
        self.n, self.randomness = n, randomness
        self.wrote = False  # whether memory from outside has been written to
        self._given: list[Any] = []

    # ---- on and off ---------------------------------------------------------------------------------------------------

    def lift(self, x: Tensor, dim: int = 0) -> Tensor:
        """One element of x, whose axis `dim` is the batch."""
        full = x if dim == 0 else x.movedim(dim, 0)
        self._given.append(full._storage())
        return Tensor._of(BatchedArray(self, full))

    def lower(self, y: Tensor) -> Tensor:
        """All elements of a result; those of one that is the same for all are copies."""
        a = y.array
        if isinstance(a, BatchedArray) and a.level is self:
            if a.batched:
                return a.full
            y = a.full
        return y.unsqueeze(0).expand(self.n, *y.array.shape).clone()

    def is_batched(self, y: Tensor) -> bool:
        """Whether y may differ between the elements."""
        return isinstance(y.array, BatchedArray) and y.array.level is self and y.array.batched

    @property
    def home(self) -> Any:  # type: ignore[override]
        if self not in active:
            raise RuntimeError(OVER)
        return Level.home

    def wrap(self, x: Tensor) -> BatchedArray:
        return BatchedArray(self, x, False)

    def beneath(self, x: Any) -> Any:
        """A tensor of this level without its layer."""
        return (
            x.array.full if isinstance(x, Tensor) and isinstance(x.array, BatchedArray) and x.array.level is self else x
        )

    def layer(self, full: Tensor, batched: bool) -> BatchedArray:
        """A tensor from beneath, with the batch in front or the same for all, as an array of this level."""
        return BatchedArray(self, full, batched)

    def note_write(self, full: Tensor) -> None:
        """Note a write in place, if it reaches an argument of the function."""
        storage = full._storage()
        self.wrote = self.wrote or any(storage is s for s in self._given)

    def stream(self, op: str, rng: Any) -> Any:
        if self.randomness == "error":
            raise RuntimeError(
                'vmap: the function drew random numbers. Pass randomness="different" or "same", or draw them before.'
            )
        rng = super().stream(op, rng)
        return Stream(self, rng) if self.randomness == "different" and not isinstance(rng, Stream) else rng

    # ---- operations ---------------------------------------------------------------------------------------------------

    def run(self, f: Any, args: tuple[Any, ...]) -> Any:
        note_shapes(f, args)
        op = f.again()
        xs, batched = [], []
        for x in args:
            a: Any = x.array if isinstance(x, Tensor) else None
            mine = isinstance(a, BatchedArray) and a.level is self
            xs.append(a.full if mine else x)
            batched.append(mine and a.batched)
        held = {}
        for name, value in vars(f).items():
            lowered, is_batched = self._lowered(value)
            if lowered is not value:
                setattr(op, name, lowered)
                held[name] = is_batched
        if hasattr(op, "remember"):
            op.remember = True  # what pooling has chosen: beneath it may be asked for
        into = getattr(f, "into", False)
        if into:
            op.into = False
        if any(batched) or any(held.values()):
            whole = True
            rule = rule_of(type(f))
            ask = Ask(self, f, op, tuple(batched), held)
            out = loop(ask, *xs) if rule is None else rule(ask, *xs)
            if out is None:
                out = loop(ask, *xs)
        else:
            whole, out = False, op(*xs)
        if type(out) in (tuple, list):
            return tuple([self._view_of(args[0], xs[0], BatchedArray(self, y, whole)) for y in out])
        found = BatchedArray(self, out, whole)
        if into:
            args[0].array.write(Tensor._of(found))
            return args[0].array
        if len(vars(op)) > len(vars(f)):
            self._adopt(f, op, whole)
        return self._view_of(args[0], xs[0], found)

    def _view_of(self, x: Any, full: Any, out: BatchedArray) -> BatchedArray:
        """Where the result looks at the operand's memory, so do the layers."""
        if isinstance(full, Tensor) and out.full.storage is not None and out.full.storage is full.storage:
            out.base = x.array
        return out

    def _lowered(self, value: Any) -> tuple[Any, Any]:
        """An attribute of an operation without this level's layer, and whether it is a batch (of a tuple, some entry)."""
        if isinstance(value, BatchedArray) and value.level is self:
            return value.full.array, value.batched
        if type(value) is tuple and level_of(value) is not None:
            pairs = [self._lowered(v) for v in value]
            if any(new is not old for (new, _), old in zip(pairs, value)):
                return tuple([new for new, _ in pairs]), tuple([b for _, b in pairs])
        if isinstance(value, Tensor) and isinstance(value.array, BatchedArray) and value.array.level is self:
            return value.array.full, value.array.batched
        return value, False

    def _adopt(self, f: Any, op: Any, whole: bool) -> None:
        """What the operation has noted as it ran, also for the one of an element."""
        for name, value in vars(op).items():
            if name not in f.__dict__ and name not in OF_NODES:
                if isinstance(value, (np.ndarray, Layered)):
                    value = BatchedArray(self, Tensor._of(value), whole and value.shape[:1] == (self.n,))
                setattr(f, name, value)

    # ---- kernels ------------------------------------------------------------------------------------------------------

    def kernel(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name in _AS_IT_IS:
            return args[0]
        if name == "owned":
            return args[0].copy()
        if name in _OF_FIRST:
            return getattr(home_of((args[0].first,)), name)(args[0].first, *args[1:], **kwargs)
        if name in _OF_ALL:
            arrays = [x.full.array if isinstance(x, BatchedArray) and x.level is self else x for x in args]
            return getattr(home_of(tuple(arrays)), name)(*arrays)
        if name in _ALONG:
            found = self._along(name, args, kwargs)
            if found is not None:
                return found
        if name in _ELEMENTWISE:
            return self._elementwise(lambda *xs: getattr(home_of(xs), name)(*xs, **kwargs), args)
        return self.each(lambda *xs, **more: getattr(home_of((*xs, *more.values())), name)(*xs, **more), args, kwargs)

    def _along(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> BatchedArray | None:
        """A kernel that goes along axes, on the whole batch; None where it has to be one element after the other."""
        place = _ALONG[name]
        arrays, axes, rest = args[:place], args[place] if len(args) > place else None, args[place + 1 :]
        if not all([isinstance(x, BatchedArray) and x.level is self and x.batched for x in arrays]) or kwargs:
            return None
        n = arrays[0].ndim
        if not n or (axes is None and name in ("argmax", "argmin", "argsort")):
            return None
        if axes is None:
            along: Any = tuple(range(1, n + 1))
        else:
            along = tuple([d % n + 1 for d in axes]) if type(axes) is tuple else axes % n + 1
        full = tuple([
            x.full.array.reshape(self.n, *[1] * (n - x.ndim), *x.shape) if x.ndim < n else x.full.array for x in arrays
        ])  # fmt: skip
        return BatchedArray(self, Tensor._of(np.asarray(getattr(home_of(full), name)(*full, along, *rest))))

    def ufunc(self, ufunc: Any, operands: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with quiet():
            return self._elementwise(lambda *xs: ufunc(*xs, **kwargs), operands)

    def _elementwise(self, function: Any, operands: tuple[Any, ...]) -> BatchedArray:
        most = max([x.ndim for x in operands if hasattr(x, "ndim")])
        whole = False
        xs = []
        for x in operands:
            if isinstance(x, BatchedArray) and x.level is self:
                whole = whole or x.batched
                full = x.full.array
                x = (
                    full.reshape(full.shape[0], *[1] * (most - x.ndim), *x.shape)
                    if x.batched and x.ndim < most
                    else full
                )
            xs.append(x)
        return BatchedArray(self, Tensor._of(function(*xs)), whole)

    def each(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A function of arrays for one element after the other, the results together again."""
        before = [(x, x.bit_generator.state) for x in args if isinstance(x, np.random.Generator)]
        found = []
        for i in range(self.n):
            if self.randomness == "same":
                for rng, state in before:
                    rng.bit_generator.state = state
            found.append(function(*[self._at(i, x) for x in args], **{k: self._at(i, x) for k, x in kwargs.items()}))
        if type(found[0]) in (tuple, list):
            return tuple([self._together(list(column)) for column in zip(*found)])
        return self._together(found)

    def _at(self, i: int, x: Any) -> Any:
        """An argument of a kernel for element i."""
        if isinstance(x, BatchedArray) and x.level is self:
            return element(x.full, i) if x.batched else x.full.array
        if isinstance(x, Stream) and x.level is self:
            return x.rng
        if type(x) in (tuple, list) and level_of(x) is not None:
            return type(x)([self._at(i, y) for y in x])
        return x

    def _together(self, found: list[Any]) -> Any:
        if not all([isinstance(x, (np.ndarray, np.generic, Layered)) for x in found]):
            if all([x == found[0] and type(x) is type(found[0]) for x in found[1:]]):
                return found[0]  # a number or a word, the same for all
            raise NeedsValues
        if len({x.shape for x in found}) > 1:
            raise NeedsValues
        if not any([isinstance(x, Layered) for x in found]):
            return BatchedArray(self, Tensor._of(np.stack(found)))
        with no_grad():
            return BatchedArray(self, Tensor._stack([Tensor._of(x) for x in found]))


def element(x: Tensor, i: int) -> Any:
    """The array of one element of a batch."""
    if type(x.array) is np.ndarray:
        return x.array[i, ...]
    with no_grad():
        return x.select(0, i).array


# ---- rules ------------------------------------------------------------------------------------------------------------


class Ask:
    """What a rule is told.

    Attributes:
        node: the operation as it is on one element; whoever differentiates meets it again.
        op: the same operation with its attributes as they are beneath, not yet run: the rule may change and run it.
        batched: for each operand, whether it has the batch as its first axis.
        held: for each attribute that has come from above, the same (for a tuple: a tuple).
    """

    __slots__ = ("batched", "held", "level", "n", "node", "op")

    def __init__(self, level: Batch, node: Any, op: Any, batched: tuple[bool, ...], held: dict[str, Any]) -> None:
        self.level, self.node, self.op, self.batched, self.held, self.n = level, node, op, batched, held, level.n

    def ndim(self, i: int, x: Any) -> int:
        """How many axes operand i has on one element."""
        return x.array.ndim - self.batched[i]

    def full(self, i: int, x: Any, ndim: int = 0) -> Any:
        """Operand i with the batch in front, also where it is the same for all, and with at least `ndim` axes beside."""
        if not isinstance(x, Tensor):
            return x
        shape = x.array.shape
        if not self.batched[i]:
            return x.expand(self.n, *[1] * (ndim - len(shape)), *shape)
        extra = ndim - len(shape) + 1
        return x.reshape(self.n, *[1] * extra, *shape[1:]) if extra > 0 else x

    def aligned(self, i: int, x: Any, ndim: int) -> Any:
        """Operand i for broadcasting beside operands of `ndim` axes: a batch in front, or as it is."""
        return self.full(i, x, ndim) if self.batched[i] else x

    def layered(self, array: Any) -> BatchedArray:
        """An array with the batch in front, as an attribute of the node."""
        return BatchedArray(self.level, Tensor._of(array))


def rule_of(kind: type) -> Rule | None:
    """The rule for a Function, its own or that of a class it is derived from."""
    for base in kind.__mro__:
        if base in rules:
            return rules[base]
    return None


def loop(ask: Ask, *xs: Any) -> Any:
    """The operation for one element after the other: right for every operation."""
    level, outs, ones = ask.level, [], []
    for i in range(ask.n):
        one = ask.op.again()
        for name in ask.held:
            value = vars(ask.node)[name]
            if isinstance(value, Tensor):
                setattr(one, name, value.array.full.select(0, i))
            else:
                setattr(one, name, level._at(i, value))
        outs.append(one(*[x.select(0, i) if b else x for x, b in zip(xs, ask.batched)]))
        ones.append(one)
    for name in vars(ones[0]).keys() - vars(ask.node).keys():
        noted = [vars(one)[name] for one in ones]
        if isinstance(noted[0], (np.ndarray, Layered)) and len({a.shape for a in noted}) == 1:
            setattr(ask.node, name, level._together(noted))
    if type(outs[0]) is tuple:
        return tuple([Tensor._stack(list(column)) for column in zip(*outs)])
    if len({y.array.shape for y in outs}) > 1:
        raise NeedsValues
    found = Tensor._stack(outs)
    if ask.node.is_view and type(found.array) is np.ndarray:
        found.array.flags.writeable = False  # a copy, where writing should reach what it looks at
    return found
