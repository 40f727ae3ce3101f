"""The largest and the smallest, of all elements or along axes, and where they are. nan is larger than everything, and smaller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd.function import Function
from ..autograd.node import Name
from ..kernels import on
from ..kernels.shapes import axes, axis
from ..printing import Result
from ..tensor import Tensor, TensorLike
from .choose import maximum, minimum
from .keywords import numpy_words, renamed
from .promote import as_operand
from .reduce import Axes, keep_axes, reduced_axes
from .scatter import ScatterSum
from .shape import Reshape

# ---- values ----------------------------------------------------------------------------------------------------------


class Amax(Function):
    """The largest over some axes; those that are equal share the gradient."""

    kernel = "amax"

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        return getattr(on(x), self.kernel)(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        shape = x.array.shape
        extreme = keep_axes(out, shape, self.axes, self.keepdim).array
        share = Tensor._of(on(x.array).asarray(on(x.array).share_of(x.array, extreme, self.axes)))
        return keep_axes(grad, shape, self.axes, self.keepdim) * share


@numpy_words
def amax(input: TensorLike, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """The largest over `dim` (an int, several, or all); equal ones share the gradient."""
    x = as_operand("amax", input)
    a = reduced_axes("amax", dim, x)
    nonempty("amax", x, a)
    return Amax(a, keepdim)(x)


class Amin(Amax):
    """The smallest over some axes; those that are equal share the gradient."""

    kernel = "amin"


@numpy_words
def amin(input: TensorLike, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """The smallest over `dim` (an int, several, or all); equal ones share the gradient."""
    x = as_operand("amin", input)
    a = reduced_axes("amin", dim, x)
    nonempty("amin", x, a)
    return Amin(a, keepdim)(x)


class aminmax_result(Result):
    min: Tensor
    max: Tensor


@numpy_words
def aminmax(input: TensorLike, *, dim: int | None = None, keepdim: bool = False) -> aminmax_result:
    """The smallest and the largest, along an axis or of all, as (min, max); equal ones share the gradient."""
    x = as_operand("aminmax", input)
    a = None if dim is None else axes("aminmax", dim, x.array.ndim)
    nonempty("aminmax", x, a)
    return aminmax_result(Amin(a, keepdim)(x), Amax(a, keepdim)(x))


def nonempty(op: str, x: Tensor, axes: Axes) -> None:
    """Refuse to choose among no elements, unless the result is empty too."""
    if x.array.size:
        return
    shape = x.array.shape
    if axes is None or len(axes) == len(shape):
        raise ValueError(f"{op}: there is nothing to choose from in shape {tuple(shape)}.")
    for d in axes:
        if not shape[d]:
            raise ValueError(f"{op}: there is nothing to choose from along dim {d} of shape {tuple(shape)}.")


# ---- values with their indices ---------------------------------------------------------------------------------------


class WithIndex(Function):
    """Elements of x that a kernel has chosen along an axis, with their indices: as many as the index has, or one, whose
    axis may be dropped. The kernel is `name(x, dim, *rest)` and gives (values, index)."""

    def __init__(self, kernel: str, dim: int, keepdim: bool, *rest: Any) -> None:
        self.name, self.dim, self.keepdim, self.rest = Name(kernel), dim, keepdim, rest  # type: ignore[misc]

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        values, self.index = getattr(on(x), self.name)(x, self.dim, *self.rest)
        return values if self.keepdim else values.squeeze(self.dim)

    def backward(self, grad: Tensor) -> Tensor:
        return ScatterSum(self.dim, self.index, self.before)(keep_axes(grad, self.before, (self.dim,), self.keepdim))


def with_index(kernel: str, x: Tensor, dim: int, keepdim: bool, *rest: Any) -> tuple[Tensor, Tensor]:
    """(values, indices) that a kernel finds along an axis. A 0-d tensor goes through as one of shape (1,)."""
    scalar = not x.array.ndim
    op = WithIndex(kernel, dim, keepdim, *rest)
    values = op(Reshape((1,))(x) if scalar else x)
    index = op.index if keepdim else op.index.squeeze(dim)
    if scalar and keepdim and index.size:
        values, index = Reshape(())(values), index.reshape(())
    return values, Tensor._of(index)


class max_result(Result):
    values: Tensor
    indices: Tensor


class Max(Amax):
    """The largest of all; those that are equal share the gradient."""


@numpy_words
def max(
    input: TensorLike, dim: int | Tensor | None = None, keepdim: bool = False, *, other: TensorLike | None = None
) -> Any:
    """The largest: `max(x)` of all; `max(x, dim)` along an axis, as (values, indices); `max(x, y)` of each two.

    nan is larger than everything. Among equal elements the index is the first; the gradient goes to it, or, of all
    elements, to all of them in equal shares.
    """
    return _extreme("max", Max, max_result, input, dim, keepdim, other)


class min_result(Result):
    values: Tensor
    indices: Tensor


class Min(Amin):
    """The smallest of all; those that are equal share the gradient."""


@numpy_words
def min(
    input: TensorLike, dim: int | Tensor | None = None, keepdim: bool = False, *, other: TensorLike | None = None
) -> Any:
    """The smallest: `min(x)` of all; `min(x, dim)` along an axis, as (values, indices); `min(x, y)` of each two.

    nan is smaller than everything. Among equal elements the index is the first; the gradient goes to it, or, of all
    elements, to all of them in equal shares.
    """
    return _extreme("min", Min, min_result, input, dim, keepdim, other)


def _extreme(op: str, function: Any, result: Any, input: Any, dim: Any, keepdim: bool, other: Any) -> Any:
    if other is not None or isinstance(dim, Tensor):
        try:
            return (maximum if op == "max" else minimum)(input, dim if other is None else other)
        except (TypeError, ValueError) as error:
            raise renamed(op, error) from None
    x = as_operand(op, input)
    if dim is None:
        nonempty(op, x, None)
        return function(None, False)(x)
    d = axis(op, dim, x.array.ndim)
    nonempty(op, x, (d,))
    return result(*with_index(op, x, d, keepdim))


# ---- indices ---------------------------------------------------------------------------------------------------------


@numpy_words
def argmax(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the largest along an axis, or in the flattened tensor; the first of equal ones, or of nans."""
    return _index_of("argmax", input, dim, keepdim)


@numpy_words
def argmin(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the smallest along an axis, or in the flattened tensor; the first of equal ones, or of nans."""
    return _index_of("argmin", input, dim, keepdim)


def _index_of(op: str, input: Any, dim: Any, keepdim: bool) -> Tensor:
    x = as_operand(op, input)
    d = None if dim is None else axis(op, dim, x.array.ndim)
    if not x.array.ndim:
        d = None
    nonempty(op, x, None if d is None else (d,))
    return Tensor._of(getattr(on(x.array), op)(x.array, d, keepdim))


__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]
