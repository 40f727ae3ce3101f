"""Operations on layered arrays: how a call under `vmap` or `jvp` finds out what to compute.

A level is a call of `vmap` (`batched.py`) or of `jvp` (`dual.py`) that is going on. It hands the function tensors whose
arrays are layered: they look like one element of the batch, or like the value without its direction. While a level is open,
a call of a Function asks `lifted` instead of its own `forward`. The innermost level among the operands decides: it takes off
its layer, computes on the tensors beneath, whole batches or values and directions, with the operations that everybody uses,
and puts the layer on again. So levels nest, and what requires grad beneath is recorded beneath.

The call then goes on as always: the node that is recorded above is an ordinary one, of one element. Its rule, run in the
sweep on layered gradients, consists of calls again.
"""

from __future__ import annotations

import dis
from contextlib import suppress
from functools import cache, partial
from itertools import count
from typing import Any

from ..kernels import cpu
from ..kernels.layered import Layered, NeedsValues, active, innermost, level_of
from ..tensor import Tensor
from .modes import quiet

OF_NODES = frozenset(("inputs", "birth", "hooks", "shape", "saved", "versions", "where", "edges"))
_numbers = count(1)
calls = count()  # a leaf that a function of functions has made for itself carries a number


class _Home:
    """`on(array)` for layered arrays: a kernel of whatever name, run by the innermost level among its operands."""

    def __getattr__(self, name: str) -> Any:
        if name.endswith("_"):
            raise AttributeError(name)  # kernels that write in place
        return partial(_kernel, name)


def _kernel(name: str, *args: Any, **kwargs: Any) -> Any:
    level = level_of((*args, *kwargs.values()))
    with quiet():
        return getattr(cpu, name)(*args, **kwargs) if level is None else level.kernel(name, args, kwargs)


_home = _Home()


def home_of(arrays: tuple[Any, ...]) -> Any:
    """The kernels for these."""
    return cpu if level_of(arrays) is None else _home


class Level:
    """A call of `vmap` or `jvp` that is going on: `with Level() as level`. The later, the further in."""

    home = _home

    def __enter__(self) -> Any:
        self.number = next(_numbers)
        self.parent = innermost.get()
        self._token = innermost.set(self)
        active.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        active.remove(self)
        innermost.reset(self._token)

    def run(self, f: Any, args: tuple[Any, ...]) -> Any:
        """`forward` of an operation on operands of this level: an array, or several."""
        raise NotImplementedError

    def kernel(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A kernel run on arrays of this level."""
        raise NotImplementedError

    def ufunc(self, ufunc: Any, operands: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """NumPy's function, elementwise, of arrays of this level."""
        raise NotImplementedError

    def wrap(self, x: Tensor) -> Layered:
        """A tensor from beneath as a constant of this level: the same for the whole batch, or without a direction."""
        raise NotImplementedError

    def take_in(self, x: Tensor) -> None:
        """Make a tensor from beneath, which is about to be written to, one of this level."""
        raise NeedsValues

    def stream(self, op: str, rng: Any) -> Any:
        """Where random numbers come from."""
        return rng if self.parent is None else self.parent.stream(op, rng)


def lifted(f: Any, *args: Any) -> Any:
    """`f.forward` on the arrays of the arguments, of which some may be layered."""
    arrays = [x.array if isinstance(x, Tensor) else x for x in args]
    level = level_of((*arrays, *getattr(f, "__dict__", {}).values()))
    if level is not None:
        return level.run(f, args)
    with quiet():
        return f.forward(*arrays)


def is_layered(*values: Any) -> bool:
    """Whether there is a tensor with a layered array among them, or among the tuples among them."""
    return any([
        isinstance(x.array, Layered) if isinstance(x, Tensor) else isinstance(x, tuple) and is_layered(*x) for x in values
    ])  # fmt: skip


def fresh(x: Tensor) -> Tensor:
    """A leaf of the innermost level with the value of x. What x requires beneath stays as it is."""
    level = innermost.get()
    if level is None:
        leaf = x.detach()
    elif isinstance(x.array, Layered) and x.array.level is level:
        leaf = Tensor._of(x.array)
    else:
        leaf = Tensor._of(level.wrap(x))
    leaf._requires_grad = True
    vars(leaf)["call"] = next(calls)
    return leaf


def meet_level(x: Tensor, *values: Any) -> None:
    """Before `values` are written to x: take x to their level, if that lies further in."""
    level = level_of([v.array if isinstance(v, Tensor) else v for v in values])
    here = level_of((x.array,))
    if level is not None and (here is None or here.number < level.number):
        level.take_in(x)


def is_innermost(x: Tensor) -> bool:
    """Whether x belongs to the level that is being computed in, and not to one further out."""
    level = innermost.get()
    return level is None or (isinstance(x.array, Layered) and x.array.level is level)


def constant(x: Tensor) -> Tensor:
    """x without what is recorded at its own level; what is recorded beneath stays."""
    if not isinstance(x.array, Layered):
        return x.detach()
    y = Tensor._of(x.array)
    y.storage = x._storage()
    return y


def beneath(x: Any) -> list[Tensor]:
    """The tensors that a layered one consists of, itself left out."""
    if not isinstance(x, Tensor) or not isinstance(x.array, Layered):
        return []
    return [t for y in x.array.parts for t in (y, *beneath(y))]


def recorded_beneath(*tensors: Any) -> bool:
    """Whether something beneath requires grad: then what is computed from these has to be recorded."""
    return any([t.requires_grad for x in tensors for t in beneath(x)])


class _Probed(Exception):
    """The arrays are asked for."""


class _Probe:
    """The shape of an operand, without numbers."""

    __slots__ = ("dtype", "ndim", "shape")

    def __init__(self, array: Any) -> None:
        self.shape, self.ndim, self.dtype = array.shape, array.ndim, array.dtype

    def __getattr__(self, name: str) -> Any:
        raise _Probed


@cache
def _notes(kind: Any) -> bool:
    """Whether the class's `forward` sets attributes."""
    return any([step.opname == "STORE_ATTR" for step in dis.get_instructions(kind.forward)])


def note_shapes(f: Any, args: tuple[Any, ...]) -> None:
    """Let `forward` note what its rule reads of the operands' shapes, which it does before it asks for a kernel."""
    kind: Any = type(f)
    if not _notes(kind):
        return
    with suppress(_Probed, TypeError):  # TypeError: `on` knows no kernels for it
        f.forward(*[_Probe(x.array) if isinstance(x, Tensor) else x for x in args])
