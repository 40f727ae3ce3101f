"""Arrays that are more than one array: all elements of a batch at once (`vmap`), or a value with its direction (`jvp`).

A tensor whose array is layered looks like one element of the batch, or like the value alone: it has that one's shape and
dtype, and everything that asks only for those, which are the checks and the rules of operations, works unchanged. What is
to be computed is asked of the array's level: see `autograd/lifted.py`. Whoever insists on the numbers gets `NeedsValues`.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import numpy as np

active: list[Any] = []  # the levels open in any thread; while there is none, nobody looks for layered arrays
innermost: ContextVar[Any] = ContextVar("tensorgrad.level", default=None)  # the level that is being computed in


class NeedsValues(Exception):
    """Numbers are asked for that stand for several. `vmap` then takes one element after the other."""


class Layered(np.lib.mixins.NDArrayOperatorsMixin):
    """Base of the layered arrays; each sets `level`, `shape`, `dtype`, `ndim` and `size`."""

    __slots__ = ("base", "dtype", "level", "ndim", "shape", "size")

    level: Any
    shape: tuple[int, ...]
    dtype: Any
    ndim: int
    size: int
    base: Any  # the array it is a view of

    @property
    def home(self) -> Any:
        """The kernels for such an array: what `on(array)` gives."""
        return self.level.home

    @property
    def first(self) -> Any:
        """A NumPy array arranged in memory as the array this one looks like."""
        raise NotImplementedError

    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.dtype.itemsize * self.size)
    strides = property(lambda self: self.first.strides)
    flags = property(lambda self: self.first.flags)
    ctypes = property(lambda self: self.first.ctypes)

    def __len__(self) -> int:
        return self.shape[0]

    def numbers(self) -> Any:
        """The NumPy array that this one looks like, if there is one."""
        raise NeedsValues

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return self.numbers()

    def __bool__(self) -> bool:
        return bool(self.numbers())

    def __float__(self) -> float:
        return float(self.numbers())

    def __int__(self) -> int:
        return int(self.numbers())

    def __index__(self) -> int:
        return self.numbers().__index__()

    def __iter__(self) -> Any:
        return iter(self.numbers())

    __hash__ = object.__hash__

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.ones_like or func is np.zeros_like:
            return func(np.empty(self.shape, self.dtype), **kwargs)  # a constant: the same for all
        raise NeedsValues

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **kwargs: Any) -> Any:
        raise NeedsValues

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NeedsValues


def level_of(values: Any) -> Any:
    """The innermost level among arrays, tuples of arrays and others; None where no array is layered."""
    found = None
    for v in values:
        if isinstance(v, Layered):
            level = v.level
        elif type(v) is tuple or type(v) is list:
            level = level_of(v)
        else:
            continue
        if level is not None and (found is None or level.number > found.number):
            found = level
    return found
