"""Order: sorting, ranks, the most frequent, and which elements differ. nan is the largest of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.node import Name
from ..kernels import on
from ..kernels.shapes import axis, integer
from ..printing import Result
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .arithmetic import lerp
from .extremes import nonempty, with_index
from .keywords import numpy_words
from .promote import as_operand, mixed_dtypes, needs_floating, number
from .reduce import Mean
from .scatter import Gather
from .shape import Reshape, movedim

# ---- sorting ---------------------------------------------------------------------------------------------------------


class sort_result(Result):
    values: Tensor
    indices: Tensor


@numpy_words
def sort(input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = False) -> sort_result:
    """(values, indices) along an axis in ascending or descending order.  Always stable: equal ones keep their order."""
    x = as_operand("sort", input)
    return sort_result(*with_index("sort", x, axis("sort", dim, x.array.ndim), True, descending))


@numpy_words
def argsort(input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices that sort along an axis.  Always stable: equal elements keep their order."""
    x = as_operand("argsort", input)
    d = axis("argsort", dim, x.array.ndim)
    if not x.array.ndim:
        return Tensor._of(on(x.array).zeros((), dtypes.int64.numpy))
    return Tensor._of(on(x.array).argsort(x.array, d, descending))


@in_own_name
def msort(input: TensorLike) -> Tensor:
    """`sort` along the first axis, the values only."""
    return sort(input, 0).values


class topk_result(Result):
    values: Tensor
    indices: Tensor


@numpy_words
def topk(input: TensorLike, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> topk_result:
    """(values, indices) of the k largest (or smallest) along an axis, in order; of equal ones those in front first.

    Shape: (…, n, …) → (…, k, …).
    """
    x = as_operand("topk", input)
    d = axis("topk", dim, x.array.ndim)
    n = x.array.shape[d] if x.array.ndim else 1
    k = integer("topk", "k", k)
    if not 0 <= k <= n:
        raise ValueError(f"topk: k must be from 0 to the {n} elements along dim {dim}, got {k}.")
    return topk_result(*with_index("topk", x, d, True, k, largest))


# ---- one element by its rank -----------------------------------------------------------------------------------------


class kthvalue_result(Result):
    values: Tensor
    indices: Tensor


@numpy_words
def kthvalue(input: TensorLike, k: int, dim: int = -1, keepdim: bool = False) -> kthvalue_result:
    """(values, indices) of the k-th smallest (from 1) along an axis; of equal ones, as a stable sort puts them."""
    x = as_operand("kthvalue", input)
    d = axis("kthvalue", dim, x.array.ndim)
    n = x.array.shape[d] if x.array.ndim else 1
    k = integer("kthvalue", "k", k)
    if not 1 <= k <= n:
        raise ValueError(f"kthvalue: k must be from 1 to the {n} elements along dim {dim}, got {k}.")
    return kthvalue_result(*with_index("kthvalue", x, d, keepdim, k - 1))


class median_result(Result):
    values: Tensor
    indices: Tensor


class Median(Function):
    """The middle of all; those that are equal to it share the gradient."""

    def __init__(self, name: str, skip_nan: bool) -> None:
        self.name, self.skip_nan = Name(name), skip_nan  # type: ignore[misc]

    def forward(self, x: Any) -> Any:
        return on(x).median_of_all(x, self.skip_nan)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        return grad * Tensor._of(on(x.array).asarray(on(x.array).share_of(x.array, out.array, None)))


@numpy_words
def median(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle in order, the lower one of two: of all elements, or along an axis as (values, indices).

    nan if there is one. Of all elements, equal ones share the gradient.
    """
    if dim is None:
        return _middle("median", input, False)
    return median_result(*_ranked("median", input, dim, keepdim))


class nanmedian_result(Result):
    values: Tensor
    indices: Tensor


@numpy_words
def nanmedian(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Any:
    """`median` of what is not nan; nan where there is nothing else."""
    if dim is None:
        return _middle("nanmedian", input, True)
    return nanmedian_result(*_ranked("nanmedian", input, dim, keepdim))


def _middle(op: str, input: Any, skip_nan: bool) -> Tensor:
    x = as_operand(op, input)
    if x.array.size:
        return Median(op, skip_nan)(x)
    if not x.is_floating_point():
        raise ValueError(f"{op}: there is nothing to choose from in shape {tuple(x.array.shape)}.")
    return Mean(None, False)(x)  # nan


class mode_result(Result):
    values: Tensor
    indices: Tensor


@numpy_words
def mode(input: TensorLike, dim: int = -1, keepdim: bool = False) -> mode_result:
    """(values, indices) of the most frequent element along an axis: of equally frequent ones the smallest, at its last
    place."""
    return mode_result(*_ranked("mode", input, dim, keepdim))


def _ranked(op: str, input: Any, dim: Any, keepdim: bool, *rest: Any) -> tuple[Tensor, Tensor]:
    x = as_operand(op, input)
    d = axis(op, dim, x.array.ndim)
    nonempty(op, x, (d,))
    return with_index(op, x, d, keepdim, *rest)


# ---- quantiles -------------------------------------------------------------------------------------------------------

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@numpy_words
def quantile(
    input: TensorLike, q: float | Sequence[float] | Tensor, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """The value below which a part q of the elements lies, of all elements or along an axis.

    Where q·(n − 1) is not whole it is taken between two neighbours: 'linear', 'lower', 'higher', 'midpoint', 'nearest'.
    nan if there is one.  Shapes: q () → the reduced shape; q (m,) → (m, *the reduced shape).
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@numpy_words
def nanquantile(
    input: TensorLike, q: float | Sequence[float] | Tensor, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """`quantile` of what is not nan; nan where there is nothing else."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


def _quantile(op: str, input: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, skip_nan: bool) -> Tensor:
    x = needs_floating(op, input)
    at = q
    if not isinstance(q, Tensor):
        qs = [number(op, "q", v) for v in q] if isinstance(q, (tuple, list)) else number(op, "q", q)
        at = Tensor._of(on(x.array).array(qs, x.array.dtype))
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(f"{op}: interpolation must be one of {', '.join(_INTERPOLATIONS)}, got {interpolation!r}.")
    if at.array.dtype != x.array.dtype:
        raise mixed_dtypes(op, "input", input=input, q=at)
    if at.array.ndim > 1:
        raise ValueError(f"{op}: q must be a number or one-dimensional, got shape {tuple(at.array.shape)}.")
    if at.array.size and not (at.array.min() >= 0 and at.array.max() <= 1):
        raise ValueError(f"{op}: q must be from 0 to 1, got {at.tolist()}.")
    if not x.array.size:
        raise ValueError(f"{op}: there is nothing to choose from in shape {tuple(x.array.shape)}.")
    shape = x.array.shape
    if dim is None:
        rows, d, reduced = Reshape((-1,))(x), 0, (1,) * len(shape) if keepdim else ()
    else:
        d = axis(op, dim, len(shape))
        rows = x if shape else Reshape((1,))(x)
        reduced = tuple([1 if i == d else s for i, s in enumerate(shape) if keepdim or i != d])
    rows = movedim(rows, d, -1)
    qs = Reshape((at.array.size,))(at)
    below, above, last = on(x.array).quantile_places(rows.array, qs.array, interpolation, skip_nan)
    last_dim = rows.array.ndim - 1
    ordered = sort(rows, last_dim).values
    out = Gather(last_dim, below)(ordered)
    if interpolation in ("linear", "midpoint"):
        way = 0.5 if interpolation == "midpoint" else qs * Tensor._of(last) - Tensor._of(below)
        out = lerp(out, Gather(last_dim, above)(ordered), way)
    return Reshape((*at.array.shape, *reduced))(movedim(out, -1, 0))


# ---- which elements differ: no gradients -----------------------------------------------------------------------------


@in_own_name
def unique(
    input: TensorLike, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """The different elements, or slices along an axis, in ascending order; each nan counts as different.

    Returns:
        The values; with `return_inverse` also for each element which of them it is; with `return_counts` also how often
        each one stands there. A tensor alone, or a tuple.
    """
    return _unique("unique", input, dim, return_inverse, return_counts)


@in_own_name
def unique_consecutive(
    input: TensorLike, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The first of each run of equal elements, or slices along an axis.  Returns as `unique`."""
    return _unique("unique_consecutive", input, dim, return_inverse, return_counts)


def _unique(op: str, input: Any, dim: Any, return_inverse: bool, return_counts: bool) -> Any:
    x = as_operand(op, input)
    a, d = x.array, None
    if dim is not None:
        d = axis(op, dim, a.ndim)
        if not a.ndim:
            a = a.reshape(1)
        if not a.size and a.shape[d]:
            raise ValueError(f"{op}: slices along dim {d} of shape {tuple(a.shape)} have no elements to compare.")
    values, inverse, counts = getattr(on(a), op)(a, d)
    found = [values, *([inverse] if return_inverse else []), *([counts] if return_counts else [])]
    out = tuple([Tensor._of(f) for f in found])
    return out if len(out) > 1 else out[0]


__all__ = [
    "argsort", "kthvalue", "median", "mode", "msort", "nanmedian", "nanquantile", "quantile", "sort", "topk",
    "unique", "unique_consecutive",
]  # fmt: skip
