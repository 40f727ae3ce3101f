"""Running sums, products and extremes along an axis, and differences between neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import axes, axis, integer
from ..printing import Result
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .extremes import with_index
from .join import cat
from .keywords import numpy_words, renamed
from .promote import as_operand, cast, floating, needs_floating, number
from .reduce import Sum
from .shape import Clone
from .slice import Narrow

# ---- running sums and products ---------------------------------------------------------------------------------------


class Cumsum(Function):
    """yₖ = Σᵢ xᵢ for i ≤ k; in reverse, for i ≥ k, which is the gradient of the other."""

    def __init__(self, dim: int, reverse: bool = False) -> None:
        self.dim, self.reverse = dim, reverse

    def forward(self, x: Any) -> Any:
        return on(x).cumsum(x, self.dim, self.reverse)

    def backward(self, grad: Tensor) -> Tensor:
        return Cumsum(self.dim, not self.reverse)(grad)


@numpy_words
def cumsum(input: TensorLike, dim: int, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """yₖ = Σᵢ xᵢ for i ≤ k along an axis.  Integers and bools add up in int64; `dtype` converts before adding."""
    return _scanned("cumsum", input, dim, dtype, Cumsum)


class Cumprod(Function):
    """yₖ = Πᵢ xᵢ for i ≤ k. Towards xₖ: Σᵢ gradᵢ yᵢ / xₖ for i ≥ k; where there are zeros, what stands before xₖ times
    a recurrence over what stands behind it."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        return on(x).cumprod(x, self.dim)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        if not on(x.array).has_zero(x.array):
            return Cumsum(self.dim, reverse=True)(grad * out) / x
        return shifted(out, self.dim, 1) * Recur(self.dim, reverse=True)(x, grad)


@numpy_words
def cumprod(input: TensorLike, dim: int, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """yₖ = Πᵢ xᵢ for i ≤ k along an axis.  Integers and bools multiply in int64; `dtype` converts before."""
    return _scanned("cumprod", input, dim, dtype, Cumprod)


def exclusive_cumprod(x: Tensor, dim: int) -> Tensor:
    """What stands before each element along an axis, multiplied."""
    return Cumprod(dim)(shifted(x, dim, 1))


def products_of_others(x: Tensor, first: Any, last: Any) -> Tensor:
    """For each of the numbers x (n,) the product of the others of its group. Groups lie one behind the other; the arrays
    of bools say which numbers are the first and the last of one."""
    starts = Tensor._of(first)
    one_first, one_last = (Tensor._of(mask.astype(x.array.dtype)) for mask in (first, last))
    before = Recur(0)(shifted(x, 0, 0).masked_fill(starts, 0), one_first)
    return before * Recur(0, reverse=True)(x.masked_fill(starts, 0), one_last)


class Recur(Function):
    """yₖ = aₖ·yₖ₋₁ + bₖ with y₀ = b₀; in reverse yₖ = aₖ₊₁·yₖ₊₁ + bₖ, which is the gradient of the other."""

    def __init__(self, dim: int, reverse: bool = False) -> None:
        self.dim, self.reverse = dim, reverse

    def forward(self, a: Any, b: Any) -> Any:
        return on(a).recur(a, b, self.dim, self.reverse)

    def backward(self, grad: Tensor, a: Tensor, out: Tensor) -> Any:
        gb = Recur(self.dim, not self.reverse)(a, grad)
        before = shifted(gb, self.dim, 0) * out if self.reverse else gb * shifted(out, self.dim, 0)
        return before, gb


class Logcumsumexp(Function):
    """yₖ = ln Σᵢ e^xᵢ for i ≤ k. Towards xₖ: Σᵢ gradᵢ e^(xₖ − yᵢ) for i ≥ k.

    With mₖ the largest so far and Sₖ = Σᵢ e^(xᵢ − mₖ), that is e^(xₖ − mₖ)·Dₖ, Dₖ = Σᵢ gradᵢ/Sᵢ e^(mₖ − mᵢ) for i ≥ k.
    S and D are recurrences with the factors e^(mₖ₋₁ − mₖ), one there, one back; no exponential is above 1, and m, which
    cancels, is a constant. (y itself would be rounded as coarsely as large x are.)
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        return on(x).logcumsumexp(x, self.dim)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        if not x.array.size:
            return grad
        largest, steps, infinite = [Tensor._of(a) for a in on(x.array).largest_so_far(x.array, self.dim)]
        terms = (x - largest).masked_fill(infinite, 0).exp()  # ∞ − ∞ are equal numbers
        sums = Recur(self.dim)(steps, terms)
        return terms * Recur(self.dim, reverse=True)(steps, grad / sums)


@numpy_words
def logcumsumexp(input: TensorLike, dim: int) -> Tensor:
    """yₖ = ln Σᵢ e^xᵢ for i ≤ k along an axis, without overflow."""
    return _scanned("logcumsumexp", needs_floating("logcumsumexp", input), dim, None, Logcumsumexp)


def _scanned(op: str, input: Any, dim: Any, dtype: Any, function: Any) -> Tensor:
    x = as_operand(op, input)
    d = axis(op, dim, x.array.ndim)
    if dtype is not None:
        x = cast(x, dtypes.as_dtype(dtype))
    elif x.array.dtype.kind in "iub":
        x = cast(x, dtypes.int64)
    return (function(d) if x.array.ndim else Clone())(x)


def shifted(x: Tensor, dim: int, first: float) -> Tensor:
    """x moved back by one along an axis, a number taking the first place: (a, b, c) → (first, a, b)."""
    return prepended(first, _neighbours(x, dim)[1], dim) if x.array.shape[dim] else x


def prepended(first: float, x: Tensor, dim: int) -> Tensor:
    """A number in front along an axis: (a, b) → (first, a, b)."""
    shape = (*x.array.shape[:dim], 1, *x.array.shape[dim + 1 :])
    return cat([Tensor._of(on(x.array).full(shape, first, x.array.dtype)), x], dim)


# ---- running extremes ------------------------------------------------------------------------------------------------


class cummax_result(Result):
    values: Tensor
    indices: Tensor


@numpy_words
def cummax(input: TensorLike, dim: int) -> cummax_result:
    """The largest of x₀ … xₖ along an axis, and where it is (the last of equal ones; nan is the largest)."""
    return cummax_result(*_running("cummax", input, dim))


class cummin_result(Result):
    values: Tensor
    indices: Tensor


@numpy_words
def cummin(input: TensorLike, dim: int) -> cummin_result:
    """The smallest of x₀ … xₖ along an axis, and where it is (the last of equal ones; nan is the smallest)."""
    return cummin_result(*_running("cummin", input, dim))


def _running(op: str, input: Any, dim: Any) -> tuple[Tensor, Tensor]:
    x = as_operand(op, input)
    return with_index(op, x, axis(op, dim, x.array.ndim), True)


# ---- differences of neighbours ---------------------------------------------------------------------------------------


def _neighbours(x: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """(x₁ … xₙ₋₁) and (x₀ … xₙ₋₂) along an axis."""

    before = (slice(None),) * dim
    return Narrow((*before, slice(1, None), ...))(x), Narrow((*before, slice(None, -1), ...))(x)


@numpy_words
def diff(
    input: TensorLike, n: int = 1, dim: int = -1, prepend: TensorLike | None = None, append: TensorLike | None = None
) -> Tensor:
    """xₖ₊₁ − xₖ along an axis, `n` times over; bools: whether they differ.  `prepend`, `append`: put on before."""
    x = as_operand("diff", input)
    if not x.array.ndim:
        raise ValueError("diff: needs at least one dimension, got a 0-d tensor.")
    n = integer("diff", "n", n, 0)
    d = axis("diff", dim, x.array.ndim)
    if n and (prepend is not None or append is not None):
        given = (("prepend", prepend), ("input", x), ("append", append))
        try:
            x = cat([as_operand("diff", p, what) for what, p in given if p is not None], d)
        except ValueError as error:
            raise renamed("diff", error) from None
    for _ in range(n):
        if not x.array.shape[d]:
            break
        later, earlier = _neighbours(x, d)
        x = Tensor._of(later.array ^ earlier.array) if x.array.dtype.kind == "b" else later - earlier
    return x


@numpy_words
@in_own_name
def gradient(
    input: TensorLike, *, spacing: float | Tensor | Sequence[float | Tensor] | None = 1,
    dim: int | Sequence[int] | None = None, edge_order: int = 1,
) -> tuple[Tensor, ...]:  # fmt: skip
    """∂input/∂coordinate along each axis of `dim` (all when None), for numbers that stand on a grid.

    Inside by central differences, exact for parabolas: (f₊ − f₋)/2h for equal steps, (h₋²·f₊ + (h₊² − h₋²)·f −
    h₊²·f₋) / (h₋·h₊·(h₋ + h₊)) for others. At both ends by one-sided ones of `edge_order` 1 or 2.

    Args:
        spacing: the step; or one per axis; or per axis a tensor of its coordinates.
    """
    x = as_operand("gradient", input)
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order!r}.")
    dims = axes("gradient", dim, x.array.ndim)
    steps: Any = [1 if spacing is None else spacing] * len(dims)
    if isinstance(spacing, (tuple, list)):
        steps = spacing
        if len(steps) != len(dims):
            raise ValueError(f"gradient: {len(steps)} spacings for {len(dims)} axes; give one number, or one for each.")
    return tuple([_derivative_along(x, d, step, edge_order) for d, step in zip(dims, steps)])


def _derivative_along(x: Tensor, d: int, spacing: Any, edge_order: int) -> Tensor:
    """The derivative along one axis."""
    n, ndim = x.array.shape[d], x.array.ndim
    if n <= edge_order:
        raise ValueError(
            f"gradient: edge_order {edge_order} needs {edge_order + 1} places along dim {d}, there are {n}."
        )
    if isinstance(spacing, Tensor) and spacing.array.ndim:
        if spacing.array.shape != (n,):
            raise ValueError(
                f"gradient: coordinates of shape {tuple(spacing.array.shape)} for {n} places along dim {d}."
            )
        later, earlier = _neighbours(spacing, 0)
        steps = (later - earlier).reshape([n - 1 if i == d else 1 for i in range(ndim)])
    else:
        steps = floating("gradient", x).new_ones([n - 1 if i == d else 1 for i in range(ndim)]) * spacing
    later, earlier = _neighbours(x, d)
    rises = (later - earlier) / steps  # from each place to the next
    right, left = _neighbours(rises, d)
    h_right, h_left = _neighbours(steps, d)
    inside = (h_left * right + h_right * left) / (h_left + h_right)
    first, last = rises.narrow(d, 0, 1), rises.narrow(d, n - 2, 1)
    if edge_order == 2:  # go on with the change of the slope
        bends = (right - left) / (h_left + h_right)
        first = first - bends.narrow(d, 0, 1) * steps.narrow(d, 0, 1)
        last = last + bends.narrow(d, n - 3, 1) * steps.narrow(d, n - 2, 1)
    return cat([first, inside, last], d)


# ---- areas -----------------------------------------------------------------------------------------------------------


@numpy_words
def trapezoid(y: TensorLike, x: TensorLike | None = None, *, dx: float | None = None, dim: int = -1) -> Tensor:
    """∫ y dx along an axis by the trapezoidal rule: Σ (yₖ + yₖ₊₁)/2 · (xₖ₊₁ − xₖ), or · dx (1 when not given)."""
    areas, d = _areas("trapezoid", y, x, dx, dim)
    return Sum((d,), False)(areas)


@numpy_words
@in_own_name
def trapz(y: TensorLike, x: TensorLike | None = None, *, dx: float | None = None, dim: int = -1) -> Tensor:
    """`trapezoid`, by its older name."""
    return trapezoid(y, x, dx=dx, dim=dim)


@numpy_words
def cumulative_trapezoid(
    y: TensorLike, x: TensorLike | None = None, *, dx: float | None = None, dim: int = -1
) -> Tensor:
    """∫ y dx along an axis by the trapezoidal rule, up to every place but the first."""
    areas, d = _areas("cumulative_trapezoid", y, x, dx, dim)
    return Cumsum(d)(areas)


def _areas(op: str, y: Any, x: Any, dx: Any, dim: Any) -> tuple[Tensor, int]:
    """The area under each piece, and the axis along which the pieces lie."""
    values = as_operand(op, y, "y")
    if not values.array.ndim:
        raise ValueError(f"{op}: y needs at least one dimension, got a 0-d tensor.")
    d = axis(op, dim, values.array.ndim)
    later, earlier = _neighbours(floating(op, values), d)
    if x is None:
        return (later + earlier) * ((1 if dx is None else number(op, "dx", dx)) / 2), d
    if dx is not None:
        raise TypeError(f"{op}: x and dx say the same; pass one of them.")
    at, n = as_operand(op, x, "x"), values.array.shape[d]
    from_end = d - values.array.ndim
    if at.array.ndim == 1:
        at = at.reshape(-1, *[1] * (-from_end - 1))
    size = at.array.shape[from_end] if at.array.ndim >= -from_end else 1
    if size != n:
        raise ValueError(
            f"{op}: x must have one value for each of the {n} of y along dim {d}.\n"
            f"    y  {tuple(values.array.shape)}\n    x  {tuple(as_operand(op, x).array.shape)}"
        )
    right, left = _neighbours(at, at.array.ndim + from_end)
    areas = (right - left) * (later + earlier) / 2
    return areas, areas.array.ndim + from_end


__all__ = [
    "cummax", "cummin", "cumprod", "cumsum", "cumulative_trapezoid", "diff", "gradient", "logcumsumexp", "trapezoid",
    "trapz",
]  # fmt: skip
