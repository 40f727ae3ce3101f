"""Many numbers to fewer: sums and means, products, any and all. (The largest: `extremes.py`; deviations: `statistics.py`.)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axes, axis, broadcast, elements_along, mismatch
from ..tensor import Tensor, TensorLike
from .expand import Expand
from .keywords import numpy_words
from .promote import as_operand, cast, floating, needs_floating
from .shape import Reshape, sizes_of
from .slice import Flip

Axes = Shape | None  # None: all of them


# ---- axes ------------------------------------------------------------------------------------------------------------


def reduced_axes(op: str, dim: int | Sequence[int] | None, x: Tensor) -> Axes:
    """The axes that `dim` names: an int, several, or None (and an empty tuple) for all."""
    return None if dim is None else axes(op, dim, x.array.ndim)


def keep_axes(x: Tensor, shape: Shape, axes: Axes, keepdim: bool) -> Tensor:
    """A reduced tensor with its axes kept, of size 1."""
    if keepdim or not shape:
        return x
    return Reshape(tuple([1 if axes is None or i in axes else s for i, s in enumerate(shape)]))(x)


def expand_back(x: Tensor, shape: Shape, axes: Axes, keepdim: bool) -> Tensor:
    """A reduced tensor back over the axes it was reduced along."""
    return Expand(shape)(x if axes is None else keep_axes(x, shape, axes, keepdim))


# ---- sums ------------------------------------------------------------------------------------------------------------


class Sum(Function):
    """Σx over some axes."""

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).sum(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor) -> Tensor:
        return expand_back(grad, self.before, self.axes, self.keepdim)


class SumAll(Function):
    """Σx of all elements, the most frequent sum: with nothing to look up."""

    name = "sum"

    def forward(self, x: Any) -> Any:
        return on(x).sum_all(x)

    def backward(self, grad: Tensor) -> Tensor:
        return expand_back(grad, tuple(self.inputs[0].shape), None, False)  # type: ignore[union-attr]  # the shape of x


def sum(
    input: TensorLike, dim: int | Sequence[int] | None = None, keepdim: bool = False, *,
    dtype: dtypes.dtype | None = None, axis: int | Sequence[int] | None = None, keepdims: bool = False,
) -> Tensor:  # fmt: skip
    """Σ over `dim` (an int, several, or all).  Integers and bools add up in int64; `dtype` converts before adding.

    `axis` and `keepdims` are NumPy's words for `dim` and `keepdim`.
    """
    x = input if isinstance(input, Tensor) else as_operand("sum", input)
    if x.array.dtype.kind == "f" and dim is axis is dtype is None and not (keepdim or keepdims):
        return SumAll()(x)
    if dtype is not None:
        x = cast(x, dtypes.as_dtype(dtype))
    integral = x.array.dtype.kind in "iub"
    dim, keepdim = axis if dim is None else dim, keepdim or keepdims
    along = None if dim is None else axes("sum", dim, x.array.ndim)
    return _reduce_integers("sum", x, along, keepdim, dtype) if integral else Sum(along, keepdim)(x)


def _reduce_integers(kernel: str, x: Tensor, axes: Axes, keepdim: bool, dtype: Any) -> Tensor:
    """A reduction of whole numbers, in int64 if no other dtype is asked for."""
    array = getattr(on(x.array), kernel)(x.array, axes, keepdim, (dtypes.int64 if dtype is None else x.dtype).numpy)
    return Tensor._of(on(x.array).asarray(array))


def sum_to(x: Tensor, shape: Shape) -> Tensor:
    """Sum over what broadcasting `shape` to x's shape has spread: the gradient of broadcasting."""
    extra = x.array.ndim - len(shape)
    expanded = tuple(range(extra)) + tuple([i for i, s in enumerate(shape, extra) if s == 1 and x.array.shape[i] != 1])
    x = Sum(expanded, True)(x) if expanded else x
    return Reshape(shape)(x) if extra else x


def sum_to_size(input: TensorLike, *sizes: int | Sequence[int], size: Sequence[int] | None = None) -> Tensor:
    """Σ over what broadcasting a tensor of this size to the shape of `input` would repeat.  Shape: `size`.

    Integers and bools add up in int64.
    """
    x, shape = as_operand("sum_to_size", input), sizes_of("sum_to_size", sizes if size is None else (size,))
    if broadcast("sum_to_size", input=x.array.shape, size=shape) != x.array.shape or len(shape) > x.array.ndim:
        raise ValueError(mismatch("sum_to_size", "size is larger than input", input=x.array.shape, size=shape))
    if x.array.dtype.kind in "iub" and (shape != x.array.shape or not shape):
        x = cast(x, dtypes.int64)
    return sum_to(x, shape)


class Mean(Function):
    """Σx / n over some axes."""

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).mean(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor) -> Tensor:
        n = elements_along(self.before, self.axes)
        return expand_back(grad / n if n else grad, self.before, self.axes, self.keepdim)


@numpy_words
def mean(
    input: TensorLike, dim: int | Sequence[int] | None = None, keepdim: bool = False, *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:  # fmt: skip
    """Σ / n over `dim` (an int, several, or all).  `dtype` converts before adding; nan of no numbers."""
    x = _floating_in("mean", input, dtype)
    return Mean(reduced_axes("mean", dim, x), keepdim)(x)


def _floating_in(op: str, input: Any, dtype: Any) -> Tensor:
    x = as_operand(op, input)
    if dtype is None:
        return needs_floating(op, x)
    to = dtypes.as_dtype(dtype)
    if not to.is_floating_point:
        raise TypeError(f"{op}: dtype must be a floating dtype, got {to}.")
    return cast(x, to)


class Nansum(Function):
    """Σx over some axes, without those that are nan."""

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        self.numbers = on(x).not_nan(x)
        return on(x).nansum(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor) -> Tensor:
        return expand_back(grad, self.numbers.shape, self.axes, self.keepdim) * Tensor._of(self.numbers)


@numpy_words
def nansum(
    input: TensorLike, dim: int | Sequence[int] | None = None, keepdim: bool = False, *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:  # fmt: skip
    """Σ of what is not nan, over `dim`."""
    x = as_operand("nansum", input)
    if dtype is not None:
        x = cast(x, dtypes.as_dtype(dtype))
    a = reduced_axes("nansum", dim, x)
    if x.array.dtype.kind in "iub":
        return _reduce_integers("sum", x, a, keepdim, dtype)
    return Nansum(a, keepdim)(x)


@numpy_words
def nanmean(
    input: TensorLike, dim: int | Sequence[int] | None = None, keepdim: bool = False, *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:  # fmt: skip
    """The mean of what is not nan, over `dim`; nan where there is nothing else."""
    x = _floating_in("nanmean", input, dtype)
    a, keepdim = reduced_axes("nanmean", dim, x), bool(keepdim)
    numbers = on(x.array).count(on(x.array).not_nan(x.array), a, keepdim)
    return Nansum(a, keepdim)(x) / Tensor._of(numbers.astype(x.array.dtype))


@numpy_words
def count_nonzero(input: TensorLike, dim: int | Sequence[int] | None = None) -> Tensor:
    """How many elements are not 0, over `dim` (an int, several, or all): int64.  nan counts."""
    x = as_operand("count_nonzero", input)
    return Tensor._of(on(x.array).count(x.array, reduced_axes("count_nonzero", dim, x), False))


class Logsumexp(Function):
    """ln Σeˣ over some axes; its gradient is the softmax, e^(x − y) / Σ e^(x − y). That sum is 1 but for the rounding of
    y, which beside large x is as coarse as they are."""

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def formula(self, x: Tensor) -> Tensor:
        shift = Tensor._of(on(x.array).logsumexp(x.array, self.axes, True))  # the same for all: it cancels
        shift = shift.masked_fill(shift.isinf(), 0)
        y = (x - shift).exp().sum(self.axes, self.keepdim).log()
        return y + shift.reshape(y.array.shape)

    def forward(self, x: Any) -> Any:
        return on(x).logsumexp(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        shape, settings = x.array.shape, (self.axes, self.keepdim)
        p = (x - keep_axes(out.detach(), shape, *settings)).exp()
        total = Sum(self.axes, True)(p)
        total = total.masked_fill(~(total.detach() > 0), 1)  # of nothing; of infinities, so that nan is for them alone
        return p * (keep_axes(grad, shape, *settings) / total)

    def fused_backward(self, grad: Any, x: Any, out: Any) -> Any:
        return on(x).logsumexp_backward(grad, x, out, self.axes)


@numpy_words
def logsumexp(input: TensorLike, dim: int | Sequence[int], keepdim: bool = False) -> Tensor:
    """ln Σeˣ over `dim` (an int or several), without overflow; −inf of no numbers.  Integers give the default dtype."""
    x = floating("logsumexp", input)
    if dim is None:
        raise TypeError("logsumexp: needs dim, an int or a tuple of ints; for all elements pass dim=().")
    return Logsumexp(axes("logsumexp", dim, x.array.ndim), keepdim)(x)


# ---- products --------------------------------------------------------------------------------------------------------


class Prod(Function):
    """Πx along an axis, or of all. The gradient towards one factor is the product of the others: the result divided by
    it, or, where there are zeros, what stands before it times what stands behind it."""

    def __init__(self, dim: int | None, keepdim: bool) -> None:
        self.dim, self.keepdim = dim, bool(keepdim)

    def forward(self, x: Any) -> Any:
        return on(x).prod(x, None if self.dim is None else (self.dim,), self.keepdim)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        shape, along = x.array.shape, None if self.dim is None else (self.dim,)
        grad = keep_axes(grad, shape, along, self.keepdim)
        if not on(x.array).has_zero(x.array):
            return grad * keep_axes(out, shape, along, self.keepdim) / x
        rows = Reshape((x.array.size,))(x) if self.dim is None else x
        d = self.dim or 0
        others = rows._exclusive_cumprod(d) * Flip((d,))(Flip((d,))(rows)._exclusive_cumprod(d))
        return grad * Reshape(shape)(others)


@numpy_words
def prod(
    input: TensorLike, dim: int | None = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Π over one axis, or over all.  Integers and bools multiply in int64; `dtype` converts before multiplying."""
    x = as_operand("prod", input)
    if dtype is not None:
        x = cast(x, dtypes.as_dtype(dtype))
    n = x.array.ndim
    d = None if dim is None else axis("prod", dim, n)
    if x.array.dtype.kind in "iub":
        return _reduce_integers("prod", x, None if d is None or not n else (d,), keepdim, dtype)
    return Prod(d if n else None, keepdim)(x)


# ---- logical reductions ---------------------------------------------------------------------------------------------


@numpy_words
def all(input: TensorLike, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """Whether all elements are true (not 0), over `dim` (an int, several, or all); of nothing: true."""
    return _logical("all", input, dim, keepdim)


@numpy_words
def any(input: TensorLike, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """Whether an element is true (not 0), over `dim` (an int, several, or all); of nothing: false."""
    return _logical("any", input, dim, keepdim)


def _logical(op: str, input: Any, dim: Any, keepdim: bool) -> Tensor:
    x = as_operand(op, input)
    home = on(x.array)
    # an empty tuple here means no axis, unlike in sums
    a = () if isinstance(dim, (tuple, list)) and not dim else reduced_axes(op, dim, x)
    found = home.asarray(getattr(home, op)(x.array, a, bool(keepdim)))
    return Tensor._of(found.astype(x.array.dtype) if x.dtype is dtypes.uint8 else found)


__all__ = ["all", "any", "count_nonzero", "logsumexp", "mean", "nanmean", "nansum", "prod", "sum"]
