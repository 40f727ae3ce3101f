"""Whole slices along one axis, picked, added to, overwritten by a vector of indices."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..autograd.inplace import store_result_of
from ..kernels import on
from ..kernels.shapes import axis, mismatch
from ..tensor import Tensor, TensorLike
from .assign import fitting, number_in, same_dtype
from .index import in_range, whole_index
from .keywords import numpy_words
from .promote import as_operand, number
from .scatter import REDUCTIONS, ScatterReduce, as_given, check_reduction
from .shape import Reshape, reshape


def index_of(op: str, x: Tensor, dim: int, index: Any, negative: bool = False) -> tuple[Tensor, int, Any]:
    """x with at least one axis, the axis, and a one-dimensional index array, checked."""
    d = axis(op, dim, x.array.ndim)
    array = whole_index(op, index)
    if array.ndim > 1:
        raise IndexError(f"{op}: index must have one dimension, got shape {tuple(array.shape)}.")
    x = x if x.array.ndim else Reshape((1,))(x)
    size = x.array.shape[d]
    in_range(op, array, size, dim, negative)
    return x, d, array if array.ndim else array.reshape(1)


class IndexSelect(Function):
    """The slices of x at some places of an axis."""

    borrowed = ("index",)

    def __init__(self, dim: int, index: Any) -> None:
        self.dim, self.index = dim, index

    def forward(self, x: Any) -> Any:
        self.before = x.shape[self.dim]
        return on(x).index_select(x, self.index, self.dim)

    def backward(self, grad: Tensor) -> Tensor:
        return IndexSum(self.dim, self.index, self.before)(grad)


class IndexSum(Function):
    """Zeros of size n along an axis, to which the slices of x are added."""

    borrowed = ("index",)

    def __init__(self, dim: int, index: Any, n: int) -> None:
        self.dim, self.index, self.n = dim, index, n

    def forward(self, x: Any) -> Any:
        return on(x).index_sum(x, self.index, self.dim, self.n)

    def backward(self, grad: Tensor) -> Tensor:
        return IndexSelect(self.dim, self.index)(grad)


@numpy_words
def index_select(input: TensorLike, dim: int, index: Any) -> Tensor:
    """The slices at the places `index` along `dim`, a copy.  Shapes: (…, n, …), (k,) → (…, k, …)."""
    x = as_operand("index_select", input)
    y, d, array = index_of("index_select", x, dim, index)
    if not x.array.ndim and array.size != 1:
        raise IndexError(f"index_select: a 0-d tensor has one place, index has {array.size}.")
    out = IndexSelect(d, array)(y)
    return out if x.array.ndim else Reshape(())(out)


class IndexAdd(Function):
    """x with alpha · the slices of source added at some places of an axis."""

    into = False
    borrowed = ("index",)

    def __init__(self, dim: int, index: Any, alpha: Any) -> None:
        self.dim, self.index, self.alpha = dim, index, alpha

    def forward(self, x: Any, source: Any) -> Any:
        return on(x).index_add(x if self.into else x.copy(), self.index, source, self.dim, self.alpha)

    def backward(self, grad: Tensor) -> Any:
        if not self.needs[1]:
            return grad, None
        gz = IndexSelect(self.dim, self.index)(grad)
        return grad, gz if self.alpha == 1 else gz * self.alpha


@numpy_words
def index_add(input: TensorLike, dim: int, index: Any, source: TensorLike, *, alpha: Any = 1) -> Tensor:
    """input with alpha · source added to the slices at the places `index` along `dim`; repeated places add up.

    Shapes: (…, n, …), (k,), source (…, k, …) → (…, n, …).
    """
    x, d, array, z = _slices("index_add", input, dim, index, source)
    return as_given(input, IndexAdd(d, array, number_in("index_add", x, number("index_add", "alpha", alpha)))(x, z))


@numpy_words
def index_add_(x: Tensor, dim: int, index: Any, source: TensorLike, *, alpha: Any = 1) -> Tensor:
    """`index_add` in place."""
    y, d, array, z = _slices("index_add_", x, dim, index, source)
    store_result_of(y, IndexAdd(d, array, number_in("index_add_", y, number("index_add_", "alpha", alpha))), z, "index_add_")
    return x


def _slices(op: str, input: Any, dim: int, index: Any, source: Any) -> tuple[Tensor, int, Any, Tensor]:
    x = as_operand(op, input)
    if x.array.ndim and not whole_index(op, index).ndim and as_operand(op, source, "source").array.ndim == 0:
        source = reshape(as_operand(op, source, "source"), 1) if x.array.ndim == 1 else source
    y, d, array = index_of(op, x, dim, index)
    z = same_dtype(op, x, source, "source")
    if not x.array.ndim and not z.array.ndim:
        z = Reshape((1,))(z)
    shape = (*y.array.shape[:d], array.size, *y.array.shape[d + 1 :])
    if z.array.shape != shape:
        what = f"source must have {array.size} slices, one per index, along dim {dim}, and else input's sizes"
        shapes = {"input": x.array.shape, "index": array.shape, "source": z.array.shape}
        raise ValueError(mismatch(op, what, "Nothing is broadcast here; expand the source first.", **shapes))
    return y, d, array, z


class IndexCopy(Function):
    """x with the slices of source, or one number, at some places of an axis."""

    into = False
    borrowed = ("index",)

    def __init__(self, dim: int, index: Any) -> None:
        self.dim, self.index = dim, index

    def forward(self, x: Any, source: Any) -> Any:
        return on(x).index_copy(x if self.into else x.copy(), self.index, source, self.dim)

    def backward(self, grad: Tensor) -> Any:
        gx = IndexCopy(self.dim, self.index)(grad, 0) if self.needs[0] else None
        gz = None
        if self.needs[1]:
            gz = IndexSelect(self.dim, self.index)(grad)
        return gx, gz


@numpy_words
def index_copy(input: TensorLike, dim: int, index: Any, source: TensorLike) -> Tensor:
    """input with the slices at the places `index` along `dim` replaced by those of source.

    Shapes: (…, n, …), (k,), source (…, k, …) → (…, n, …). Which one stays of slices for one place is not defined.
    """
    x, d, array, z = _slices("index_copy", input, dim, index, source)
    return as_given(input, IndexCopy(d, array)(x, z))


@numpy_words
def index_copy_(x: Tensor, dim: int, index: Any, source: TensorLike) -> Tensor:
    """`index_copy` in place."""
    y, d, array, z = _slices("index_copy_", x, dim, index, source)
    store_result_of(y, IndexCopy(d, array), z, "index_copy_")
    return x


class IndexFill(IndexCopy):
    """x with one value at some places of an axis."""

    def backward(self, grad: Tensor) -> Any:
        gx = IndexCopy(self.dim, self.index)(grad, 0) if self.needs[0] else None
        gz = None
        if self.needs[1]:  # a place named twice has been filled once
            there = on(self.index).distinct(self.index, grad.array.shape[self.dim])
            gz = IndexSelect(self.dim, there)(grad).sum()
        return gx, gz


@numpy_words
def index_fill(input: TensorLike, dim: int, index: Any, value: TensorLike) -> Tensor:
    """input with one number, or a 0-d tensor, in the slices at the places `index` along `dim`."""
    x, d, array = index_of("index_fill", as_operand("index_fill", input), dim, index, negative=True)
    return as_given(input, IndexFill(d, array)(x, fitting("index_fill", x, value)))


@numpy_words
def index_fill_(x: Tensor, dim: int, index: Any, value: TensorLike) -> Tensor:
    """`index_fill` in place."""
    y, d, array = index_of("index_fill_", x, dim, index, negative=True)
    store_result_of(y, IndexFill(d, array), fitting("index_fill_", x, value), "index_fill_", fills=True)
    return x


@numpy_words
def index_reduce(
    input: TensorLike, dim: int, index: Any, source: TensorLike, reduce: str, *, include_self: bool = True
) -> Tensor:
    """`scatter_reduce` of whole slices: those of source go to the places `index` along `dim`; not by 'sum', which is
    `index_add`."""
    check_reduction("index_reduce", reduce, REDUCTIONS[1:])
    x, d, places, z = _slices("index_reduce", input, dim, index, source)
    along = places.reshape((-1,) + (1,) * (x.array.ndim - d - 1))
    places = on(places).expand(along, z.array.shape)
    return as_given(input, ScatterReduce(d, places, reduce, include_self)(x, z))


__all__ = [
    "index_add", "index_copy", "index_fill", "index_reduce", "index_select",
]  # fmt: skip
