"""Picking from, and writing to, places along an axis: element by element (gather, scatter) or slice by slice
(index_select, index_add), and what comes together at one place reduced.

The element that belongs to index[i, j, k] is x[i, index[i, j, k], k] for dim 1. Gather and scatter_add are each other's
gradients."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..autograd.inplace import check_writable, saved_operand, store_checked, store_result_of
from ..kernels import on
from ..kernels.shapes import Shape, axis, broadcast, mismatch
from ..tensor import Tensor, TensorLike
from .assign import fitting, same_dtype
from .index import in_range, whole_index
from .join import cat
from .keywords import numpy_words
from .promote import as_operand
from .shape import Reshape, reshape
from .slice import Slice

REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")
_NO_BROADCAST = "Nothing is broadcast here; expand the index first, or see take_along_dim."


# ---- gather ---------------------------------------------------------------------------------------------------------


class Gather(Function):
    """The elements of x at index along an axis."""

    borrowed = ("index",)

    def __init__(self, dim: int, index: Any) -> None:
        self.dim, self.index = dim, index

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).gather(x, self.index, self.dim)

    def backward(self, grad: Tensor) -> Tensor:
        return ScatterSum(self.dim, self.index, self.before)(grad)


@numpy_words
def gather(input: TensorLike, dim: int, index: Any, *, sparse_grad: bool = False) -> Tensor:
    """out[i, j, k] = input[i, index[i, j, k], k] for dim 1.  Shape: index's; only along dim may it exceed input's."""
    given = as_operand("gather", input)
    x, d, places = _checked("gather", given, dim, index)
    if not places.size:  # an empty index may have any number of dimensions
        return Reshape(places.shape)(Gather(0, places.reshape(-1))(reshape(x, -1)))
    out = Gather(d, places)(x)
    shape = index.array.shape if isinstance(index, Tensor) else places.shape
    return out if out.array.shape == shape else Reshape(shape)(out)


@numpy_words
def take_along_dim(input: TensorLike, indices: Any, dim: int | None = None) -> Tensor:
    """`gather` with broadcasting: the elements at indices along `dim`, or of the flattened input (after argsort …)."""
    x = as_operand("take_along_dim", input)
    places = whole_index("take_along_dim", indices)
    if dim is None:
        x, places, dim = reshape(x, -1), places.reshape(-1), 0
    d = axis("take_along_dim", dim, x.array.ndim)
    if x.array.ndim != places.ndim:
        shapes = {"input": x.array.shape, "indices": places.shape}
        raise ValueError(mismatch("take_along_dim", "both must have the same number of dimensions", **shapes))
    a, b = list(x.array.shape), list(places.shape)
    n, a[d], b[d] = a[d], 1, 1
    shape = broadcast("take_along_dim", input=a, indices=b)
    in_range("take_along_dim", places, n, dim, negative=True)
    places = on(places).expand(on(places).from_front(places, n), (*shape[:d], places.shape[d], *shape[d + 1 :]))
    return Gather(d, places)(x.expand((*shape[:d], n, *shape[d + 1 :])))


def _checked(op: str, input: Any, dim: int, index: Any, within: bool = True) -> tuple[Tensor, int, Any]:
    """x with at least one axis, the axis, and an index of as many axes; no larger than x elsewhere than along dim."""
    x = as_operand(op, input)
    d = axis(op, dim, x.array.ndim)
    places = whole_index(op, index)
    if not x.array.ndim:
        x = Reshape((1,))(x)
    if not places.ndim:
        places = places.reshape(1)
    a, b = x.array.shape, places.shape
    if places.size and (len(a) != len(b) or any(m > n for i, (n, m) in enumerate(zip(a, b)) if i != d)):
        what = f"index must have input's number of dimensions, and be no larger elsewhere than in dim {dim}"
        raise ValueError(mismatch(op, what, _NO_BROADCAST, input=a, index=b))
    in_range(op, places, a[d], dim)
    return x, d, places


# ---- scatter --------------------------------------------------------------------------------------------------------


class ScatterSum(Function):
    """Zeros of a shape, with x added at index along an axis."""

    borrowed = ("index",)

    def __init__(self, dim: int, index: Any, shape: Shape) -> None:
        self.dim, self.index, self.to = dim, index, shape

    def forward(self, x: Any) -> Any:
        return on(x).scatter_add(on(x).zeros(self.to, x.dtype), self.index, x, self.dim)

    def backward(self, grad: Tensor) -> Tensor:
        return Gather(self.dim, self.index)(grad)


class Scatter(Function):
    """x with source at index along an axis."""

    into = False
    borrowed = ("index",)

    def __init__(self, dim: int, index: Any) -> None:
        self.dim, self.index = dim, index

    def forward(self, x: Any, source: Any) -> Any:
        return on(x).scatter(x if self.into else x.copy(), self.index, source, self.dim)

    def backward(self, grad: Tensor) -> Any:
        gx = Scatter(self.dim, self.index)(grad, 0) if self.needs[0] else None
        return gx, Gather(self.dim, self.index)(grad) if self.needs[1] else None


@numpy_words
def scatter(
    input: TensorLike,
    dim: int,
    index: Any,
    src: TensorLike | None = None,
    *,
    value: TensorLike | None = None,
    reduce: str | None = None,
) -> Tensor:
    """input with input[i, index[i, j, k], k] = src[i, j, k] (or one number) for dim 1.

    Which one stays of several for one place is not defined, and neither is the gradient then. With reduce='add' or
    'multiply' they are combined with what is there.
    """
    if reduce is not None:
        return _scatter_with("scatter", input, dim, index, src, value, reduce)
    operation, x, z = _scattering("scatter", input, dim, index, src, value)
    return as_given(input, operation(x, z))


@numpy_words
def scatter_(
    x: Tensor, dim: int, index: Any, src: TensorLike | None = None, *, value: TensorLike | None = None, reduce: str | None = None
) -> Tensor:
    """`scatter` in place."""
    if reduce is not None:
        check_writable(x, "scatter_")
        old = saved_operand(x, src, value)
        return store_checked(x, _scatter_with("scatter_", old, dim, index, src, value, reduce), "scatter_")
    operation, y, z = _scattering("scatter_", x, dim, index, src, value)
    store_result_of(y, operation, z, "scatter_")
    return x


def _scattering(op: str, input: Any, dim: int, index: Any, src: Any, value: Any) -> tuple[Function, Tensor, Any]:
    if (src is None) == (value is None):
        raise TypeError(f"{op}: give either src, a tensor, or value, a number.")
    if value is None and isinstance(src, (int, float)):
        value = src
    if value is not None:
        x, d, places = _checked(op, input, dim, index)
        places = places if places.size else places.reshape((0,) * x.array.ndim)
        return Scatter(d, places), x, _number(op, x, value)
    x, d, places, z = _with_source(op, input, dim, index, src)
    return Scatter(d, places), x, z


def _number(op: str, x: Tensor, value: Any) -> Any:
    if not isinstance(value, (int, float)) and not (isinstance(value, Tensor) and not value.requires_grad):
        raise TypeError(f"{op}: value must be a number, got {type(value).__name__}.")
    return fitting(op, x, value.item() if isinstance(value, Tensor) else value)


def _scatter_with(op: str, input: Any, dim: int, index: Any, src: Any, value: Any, reduce: str) -> Tensor:
    if reduce not in ("add", "multiply"):
        raise ValueError(f"{op}: reduce is 'add' or 'multiply', got {reduce!r}. See scatter_reduce for more.")
    x = as_operand(op, input)
    if value is None and isinstance(src, (int, float)):
        value = src
    if value is not None:
        places = as_operand(op, index, "index").array
        filled = on(x.array).zeros(places.shape, x.array.dtype)
        filled[...] = _number(op, x, value)
        src = Tensor._of(filled)
    return scatter_reduce(x, dim, index, src, "sum" if reduce == "add" else "prod")


def _with_source(op: str, input: Any, dim: int, index: Any, source: Any) -> tuple[Tensor, int, Any, Tensor]:
    x, d, places = _checked(op, input, dim, index)
    z = same_dtype(op, x, source, "src")
    z = z if z.array.ndim else Reshape((1,))(z)
    if places.size and (z.array.ndim != places.ndim or any(n < m for n, m in zip(z.array.shape, places.shape))):
        what = "src must have index's number of dimensions and be at least as large"
        shapes = {"src": z.array.shape, "index": places.shape}
        raise ValueError(mismatch(op, what, "Nothing is broadcast here; expand src first.", **shapes))
    if not places.size:  # nothing to do, whatever the shapes
        places = places.reshape((0,) * x.array.ndim)
        z = Slice((slice(0, 0), ...))(reshape(z, -1) if z.array.size else Reshape((0,))(z)).reshape(places.shape)
    elif z.array.shape != places.shape:
        z = Slice((*[slice(0, n) for n in places.shape], ...))(z)
    return x, d, places, z


class ScatterAdd(Function):
    """x with source added at index along an axis."""

    into = False
    borrowed = ("index",)

    def __init__(self, dim: int, index: Any) -> None:
        self.dim, self.index = dim, index

    def forward(self, x: Any, source: Any) -> Any:
        return on(x).scatter_add(x if self.into else x.copy(), self.index, source, self.dim)

    def backward(self, grad: Tensor) -> Any:
        return grad, Gather(self.dim, self.index)(grad) if self.needs[1] else None


@numpy_words
def scatter_add(input: TensorLike, dim: int, index: Any, src: TensorLike) -> Tensor:
    """input with src[i, j, k] added to input[i, index[i, j, k], k] for dim 1; repeated places add up."""
    x, d, places, z = _with_source("scatter_add", input, dim, index, src)
    return as_given(input, ScatterAdd(d, places)(x, z))


@numpy_words
def scatter_add_(x: Tensor, dim: int, index: Any, src: TensorLike) -> Tensor:
    """`scatter_add` in place."""
    y, d, places, z = _with_source("scatter_add_", x, dim, index, src)
    store_result_of(y, ScatterAdd(d, places), z, "scatter_add_")
    return x


class ScatterReduce(Function):
    """What comes together at one place of x, reduced.

    Products: the gradient of one factor is the product of the others, found without a division by 0, so that it has
    gradients of its own. Extremes: those that are equal share the gradient.
    """

    borrowed = ("index",)

    def __init__(self, dim: int, index: Any, reduce: str, include_self: bool) -> None:
        self.dim, self.index, self.reduce, self.include_self = dim, index, reduce, include_self

    def forward(self, x: Any, source: Any) -> Any:
        return on(x).scatter_reduce(x.copy(), self.index, source, self.dim, self.reduce, self.include_self)

    def backward(self, grad: Tensor, x: Tensor, source: Tensor, out: Tensor) -> Any:
        gx, gz = getattr(self, "_" + self.reduce)(grad, x, source, out)
        return gx if self.include_self else self.put(gx, 0), gz

    def pick(self, x: Tensor) -> Tensor:
        return Gather(self.dim, self.index)(x)

    def put(self, x: Tensor, value: Any) -> Tensor:
        return Scatter(self.dim, self.index)(x, value)

    def total(self, x: Tensor, source: Tensor) -> Tensor:
        """Σ over what comes together at each place; of x only with include_self, but x where nothing comes."""
        return ScatterAdd(self.dim, self.index)(x if self.include_self else self.put(x, 0), source)

    def _sum(self, grad: Tensor, x: Tensor, source: Tensor, out: Tensor) -> Any:
        return grad, self.pick(grad)

    def _mean(self, grad: Tensor, x: Tensor, source: Tensor, out: Tensor) -> Any:
        count = on(x.array).scatter_count(x.array.shape, self.index, self.dim) + int(self.include_self)
        share = grad / Tensor._of(count.clip(1).astype(grad.array.dtype))
        return share, self.pick(share)

    def _amax(self, grad: Tensor, x: Tensor, source: Tensor, out: Tensor) -> Any:
        dtype = grad.array.dtype
        mine = Tensor._of((x.array == out.array).astype(dtype))
        theirs = Tensor._of((source.array == self.pick(out).array).astype(dtype))
        share = grad / Tensor._of(self.total(mine, theirs).array.clip(1))
        return mine * share, theirs * self.pick(share)

    _amin = _amax

    def _prod(self, grad: Tensor, x: Tensor, source: Tensor, out: Tensor) -> Any:
        kernels = on(x.array)
        if not kernels.has_zero(source.array) and not (self.include_self and kernels.has_zero(x.array)):
            return grad * out / x if self.include_self else grad, self.pick(grad * out) / source
        # The factors of one place side by side: the product of the others is that of those before times that behind.
        order, back, first, last = kernels.grouped(x.array.shape, self.index, self.dim, self.include_self)
        factors = Reshape((source.array.size,))(source)
        if self.include_self:
            factors = cat([Reshape((x.array.size,))(x), factors])
        others = Gather(0, back)(Gather(0, order)(factors)._products_of_others(first, last))
        n = x.array.size if self.include_self else 0
        gz = self.pick(grad) * Reshape(source.array.shape)(others[n:])
        return grad * Reshape(x.array.shape)(others[:n]) if n else grad, gz


@numpy_words
def scatter_reduce(input: TensorLike, dim: int, index: Any, src: TensorLike, reduce: str, *, include_self: bool = True) -> Tensor:
    """input where the elements of src that belong to one place are reduced, by 'sum', 'prod', 'mean', 'amax' or 'amin',
    with what input holds there, or without it if include_self is false."""
    check_reduction("scatter_reduce", reduce, REDUCTIONS)
    x, d, places, z = _with_source("scatter_reduce", input, dim, index, src)
    return as_given(input, ScatterReduce(d, places, reduce, include_self)(x, z))


def check_reduction(op: str, reduce: str, known: tuple[str, ...]) -> None:
    if reduce not in known:
        raise ValueError(f"{op}: reduce is one of {', '.join(known)}, got {reduce!r}.")


def as_given(input: Any, out: Tensor) -> Tensor:
    """A 0-d input was computed as (1,)."""
    shape = input.array.shape if isinstance(input, Tensor) else input.shape
    return out if out.array.shape == shape else Reshape(shape)(out)


__all__ = [
    "gather", "scatter", "scatter_add", "scatter_reduce", "take_along_dim",
]  # fmt: skip
