"""Many numbers to fewer: sums, means and deviations, products, extremes, truth."""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axes, axis, broadcast, mismatch
from ..printing import by_field
from ..tensor import Tensor
from .keywords import in_own_name, numpy_words, renamed
from .promote import as_operand, cast, floating, needs_floating, number

Axes = Shape | None  # None: all of them

# ---- there and back ------------------------------------------------------------------------------------------------


def over(op: str, dim: Any, x: Tensor) -> Axes:
    """The axes that `dim` names: an int, several, or None (and an empty tuple) for all."""
    return None if dim is None else axes(op, dim, x.array.ndim)


def kept(x: Tensor, shape: Shape, axes: Axes, keepdim: bool) -> Tensor:
    """A reduced tensor with its axes kept, of size 1."""
    if keepdim or not shape:
        return x
    from .shape import Reshape

    return Reshape(tuple([1 if axes is None or i in axes else s for i, s in enumerate(shape)]))(x)


def spread(x: Tensor, shape: Shape, axes: Axes, keepdim: bool) -> Tensor:
    """A reduced tensor back over the axes it was reduced along."""
    from .shape import Expand

    return Expand(shape)(x if axes is None else kept(x, shape, axes, keepdim))


# ---- sums ----------------------------------------------------------------------------------------------------------


class Sum(Function):
    """Σx over some axes."""

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).sum(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor) -> Tensor:
        return spread(grad, self.before, self.axes, self.keepdim)


class SumAll(Function):
    """Σx of all elements, the most frequent sum: with nothing to look up."""

    name = "sum"

    def forward(self, x: Any) -> Any:
        return on(x).sum_all(x)

    def backward(self, grad: Tensor) -> Tensor:
        return spread(grad, tuple(self.inputs[0].shape), None, False)  # type: ignore[union-attr]  # the shape of x


class Mean(Function):
    """Σx / n over some axes."""

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).mean(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor) -> Tensor:
        n = _number_of(self.before, self.axes)
        return spread(grad / n if n else grad, self.before, self.axes, self.keepdim)


def _number_of(shape: Shape, axes: Axes) -> int:
    """How many numbers come together in one."""
    n = 1
    for i, s in enumerate(shape):
        n *= s if axes is None or i in axes else 1
    return n


def sum_to(x: Tensor, shape: Shape) -> Tensor:
    """Sum over what broadcasting `shape` to x's shape has spread: the gradient of broadcasting."""
    extra = x.array.ndim - len(shape)
    spread_over = tuple(range(extra)) + tuple(
        [i for i, s in enumerate(shape, extra) if s == 1 and x.array.shape[i] != 1]
    )
    x = Sum(spread_over, True)(x) if spread_over else x
    if extra:
        from .shape import reshape

        x = reshape(x, shape)
    return x


def sum(
    input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None, keepdims: bool = False
) -> Tensor:
    """Σ over `dim` (an int, several, or all).  Integers and bools add up in int64; `dtype` converts before adding.

    `axis` and `keepdims` are NumPy's words for `dim` and `keepdim`.
    """
    x = input if isinstance(input, Tensor) else as_operand("sum", input)
    if x.array.dtype.kind == "f" and dim is axis is dtype is None and not (keepdim or keepdims):
        return SumAll()(x)
    if dtype is not None:
        x = cast(x, dtypes.as_dtype(dtype))
    whole = x.array.dtype.kind in "iub"
    dim, keepdim = axis if dim is None else dim, keepdim or keepdims
    along = None if dim is None else axes("sum", dim, x.array.ndim)
    return _whole("sum", x, along, keepdim, dtype) if whole else Sum(along, keepdim)(x)


def sum_to_size(input: Any, *sizes: Any, size: Any = None) -> Tensor:
    """Σ over what broadcasting a tensor of this size to the shape of `input` would repeat.  Shape: `size`.

    Integers and bools add up in int64.
    """
    from .shape import sizes_of

    x, shape = as_operand("sum_to_size", input), sizes_of("sum_to_size", sizes if size is None else (size,))
    if broadcast("sum_to_size", input=x.array.shape, size=shape) != x.array.shape or len(shape) > x.array.ndim:
        raise ValueError(mismatch("sum_to_size", "size is larger than input", input=x.array.shape, size=shape))
    if x.array.dtype.kind in "iub" and (shape != x.array.shape or not shape):
        x = cast(x, dtypes.int64)
    return sum_to(x, shape)


def _whole(kernel: str, x: Tensor, axes: Axes, keepdim: bool, dtype: Any) -> Tensor:
    """A reduction of whole numbers, in int64 if no other dtype is asked for."""
    array = getattr(on(x.array), kernel)(x.array, axes, keepdim, (dtypes.int64 if dtype is None else x.dtype).numpy)
    return Tensor._of(on(x.array).asarray(array))


@numpy_words
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Σ / n over `dim` (an int, several, or all).  `dtype` converts before adding; nan of no numbers."""
    x = _floating_in("mean", input, dtype)
    return Mean(over("mean", dim, x), keepdim)(x)


def _floating_in(op: str, input: Any, dtype: Any) -> Tensor:
    x = as_operand(op, input)
    if dtype is None:
        return needs_floating(op, x)
    to = dtypes.as_dtype(dtype)
    if not to.is_floating_point:
        raise TypeError(f"{op}: dtype must be a floating dtype, got {to}.")
    return cast(x, to)


@numpy_words
def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Σ of what is not nan, over `dim`."""
    x = as_operand("nansum", input)
    if dtype is not None:
        x = cast(x, dtypes.as_dtype(dtype))
    a = over("nansum", dim, x)
    if x.array.dtype.kind in "iub":
        return _whole("sum", x, a, keepdim, dtype)
    return Nansum(a, keepdim)(x)


class Nansum(Function):
    """Σx over some axes, without those that are nan."""

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        self.numbers = on(x).not_nan(x)
        return on(x).nansum(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor) -> Tensor:
        return spread(grad, self.numbers.shape, self.axes, self.keepdim) * Tensor._of(self.numbers)


@numpy_words
def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean of what is not nan, over `dim`; nan where there is nothing else."""
    x = _floating_in("nanmean", input, dtype)
    a, keepdim = over("nanmean", dim, x), bool(keepdim)
    numbers = on(x.array).count(on(x.array).not_nan(x.array), a, keepdim)
    return Nansum(a, keepdim)(x) / Tensor._of(numbers.astype(x.array.dtype))


@numpy_words
def count_nonzero(input: Any, dim: Any = None) -> Tensor:
    """How many elements are not 0, over `dim` (an int, several, or all): int64.  nan counts."""
    x = as_operand("count_nonzero", input)
    return Tensor._of(on(x.array).count(x.array, over("count_nonzero", dim, x), False))


class Logsumexp(Function):
    """ln Σeˣ over some axes; its gradient is the softmax."""

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        return on(x).logsumexp(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        from .elementwise import exp

        shape = x.array.shape
        return kept(grad, shape, self.axes, self.keepdim) * exp(x - kept(out, shape, self.axes, self.keepdim))


@numpy_words
def logsumexp(input: Any, dim: Any, keepdim: bool = False) -> Tensor:
    """ln Σeˣ over `dim` (an int or several), without overflow; −inf of no numbers.  Integers give the default dtype."""
    x = floating("logsumexp", input)
    if dim is None:
        raise TypeError("logsumexp: needs dim, an int or a tuple of ints; for all elements pass dim=().")
    return Logsumexp(axes("logsumexp", dim, x.array.ndim), keepdim)(x)


# ---- how far from the mean -----------------------------------------------------------------------------------------


class Var(Function):
    """Σ(x − x̄)² / (n − correction) over some axes."""

    def __init__(self, axes: Axes, keepdim: bool, correction: float) -> None:
        self.axes, self.keepdim, self.correction = axes, bool(keepdim), correction

    def forward(self, x: Any) -> Any:
        return on(x).var(x, self.axes, self.keepdim, self.correction)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return _var_backward(grad, x, self.axes, self.keepdim, self.correction)


class Std(Function):
    """√(Σ(x − x̄)² / (n − correction)) over some axes; where that is 0, so is the gradient."""

    def __init__(self, axes: Axes, keepdim: bool, correction: float) -> None:
        self.axes, self.keepdim, self.correction = axes, bool(keepdim), correction

    def forward(self, x: Any) -> Any:
        return on(x).std(x, self.axes, self.keepdim, self.correction)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        from .mask import masked_fill

        half = masked_fill(grad / (out * 2), Tensor._of(on(x.array).asarray(out.array == 0)), 0)
        return _var_backward(half, x, self.axes, self.keepdim, self.correction)


def _var_backward(grad: Tensor, x: Tensor, axes: Axes, keepdim: bool, correction: float) -> Tensor:
    """2/(n − correction) · grad · (x − x̄)."""
    freedom = _number_of(x.array.shape, axes) - correction
    factor = 2 / freedom if freedom > 0 else float("inf")
    return kept(grad, x.array.shape, axes, keepdim) * factor * (x - Mean(axes, True)(x))


def _spread_arguments(op: str, dim: Any, unbiased: Any, correction: Any) -> tuple[Any, float]:
    """(dim, correction) from either of PyTorch's signatures: `var(x, unbiased)`, `var(x, dim, unbiased, keepdim)`, or
    `var(x, dim, *, correction, keepdim)`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError(f"{op}: unbiased and correction say the same; pass one of them.")
        if not isinstance(unbiased, (bool, int)):
            raise TypeError(f"{op}: unbiased must be True or False, got {type(unbiased).__name__}.")
        correction = int(unbiased)
    return dim, 1 if correction is None else number(op, "correction", correction)


@numpy_words
def var(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """Σ(x − x̄)² / (n − correction) over `dim` (an int, several, or all).

    `correction` is 1 (Bessel's: the estimate from a sample) unless given; `unbiased=False` is `correction=0`.  nan or
    inf where n − correction ≤ 0.
    """
    x = needs_floating("var", input)
    dim, c = _spread_arguments("var", dim, unbiased, correction)
    return Var(over("var", dim, x), keepdim, c)(x)


@numpy_words
def std(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """The square root of `var`.  Where it is 0 its gradient is 0."""
    x = needs_floating("std", input)
    dim, c = _spread_arguments("std", dim, unbiased, correction)
    return Std(over("std", dim, x), keepdim, c)(x)


@numpy_words
def var_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:
    """(var, mean) over `dim`; the arguments are those of `var`."""
    x = needs_floating("var_mean", input)
    dim, c = _spread_arguments("var_mean", dim, unbiased, correction)
    a = over("var_mean", dim, x)
    return Var(a, keepdim, c)(x), Mean(a, keepdim)(x)


@numpy_words
def std_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:
    """(std, mean) over `dim`; the arguments are those of `var`."""
    x = needs_floating("std_mean", input)
    dim, c = _spread_arguments("std_mean", dim, unbiased, correction)
    a = over("std_mean", dim, x)
    return Std(a, keepdim, c)(x), Mean(a, keepdim)(x)


# ---- products ------------------------------------------------------------------------------------------------------


class Prod(Function):
    """Πx along an axis, or of all. The gradient towards one factor is the product of the others: the result divided by
    it, or, where there are zeros, what stands before it times what stands behind it."""

    def __init__(self, dim: int | None, keepdim: bool) -> None:
        self.dim, self.keepdim = dim, bool(keepdim)

    def forward(self, x: Any) -> Any:
        return on(x).prod(x, None if self.dim is None else (self.dim,), self.keepdim)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        shape, along = x.array.shape, None if self.dim is None else (self.dim,)
        grad = kept(grad, shape, along, self.keepdim)
        if not on(x.array).has_zero(x.array):
            return grad * kept(out, shape, along, self.keepdim) / x
        from .scan import exclusive_cumprod
        from .shape import Flip, Reshape

        rows = Reshape((x.array.size,))(x) if self.dim is None else x
        d = self.dim or 0
        others = exclusive_cumprod(rows, d) * Flip((d,))(exclusive_cumprod(Flip((d,))(rows), d))
        return grad * Reshape(shape)(others)


@numpy_words
def prod(input: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Π over one axis, or over all.  Integers and bools multiply in int64; `dtype` converts before multiplying."""
    x = as_operand("prod", input)
    if dtype is not None:
        x = cast(x, dtypes.as_dtype(dtype))
    n = x.array.ndim
    d = None if dim is None else axis("prod", dim, n)
    if x.array.dtype.kind in "iub":
        return _whole("prod", x, None if d is None or not n else (d,), keepdim, dtype)
    return Prod(d if n else None, keepdim)(x)


# ---- extremes ------------------------------------------------------------------------------------------------------


class Amax(Function):
    """The largest over some axes; those that are equal share the gradient."""

    kernel = "amax"

    def __init__(self, axes: Axes, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        return getattr(on(x), self.kernel)(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        shape = x.array.shape
        extreme = kept(out, shape, self.axes, self.keepdim).array
        share = Tensor._of(on(x.array).asarray(on(x.array).share_of(x.array, extreme, self.axes)))
        return kept(grad, shape, self.axes, self.keepdim) * share


class Amin(Amax):
    """The smallest over some axes; those that are equal share the gradient."""

    kernel = "amin"


class Max(Amax):
    """The largest of all; those that are equal share the gradient."""


class Min(Amin):
    """The smallest of all; those that are equal share the gradient."""


class Found(Function):
    """Elements of x that a kernel has found along an axis, with their indices: as many as the index says, or one, whose
    axis may go. The kernel is `name(x, dim, *rest)` and gives (values, index)."""

    def __init__(self, kernel: str, dim: int, keepdim: bool, *rest: Any) -> None:
        self.name, self.dim, self.keepdim, self.rest = kernel, dim, keepdim, rest  # type: ignore[misc]

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        values, self.index = getattr(on(x), self.name)(x, self.dim, *self.rest)
        return values if self.keepdim else values.squeeze(self.dim)

    def backward(self, grad: Tensor) -> Tensor:
        from .scatter import ScatterSum

        return ScatterSum(self.dim, self.index, self.before)(kept(grad, self.before, (self.dim,), self.keepdim))


def found(kernel: str, x: Tensor, dim: int, keepdim: bool, *rest: Any) -> tuple[Tensor, Tensor]:
    """(values, indices) that a kernel finds along an axis. A 0-d tensor goes through as one of shape (1,)."""
    from .shape import Reshape

    alone = not x.array.ndim
    op = Found(kernel, dim, keepdim, *rest)
    values = op(Reshape((1,))(x) if alone else x)
    index = op.index if keepdim else op.index.squeeze(dim)
    if alone and keepdim and index.size:
        values, index = Reshape(())(values), index.reshape(())
    return values, Tensor._of(index)


def nonempty(op: str, x: Tensor, axes: Axes) -> None:
    """Refuse to find something in nothing; nothing in nothing may be found."""
    if x.array.size:
        return
    shape = x.array.shape
    if axes is None or len(axes) == len(shape):
        raise ValueError(f"{op}: there is nothing to choose from in shape {tuple(shape)}.")
    for d in axes:
        if not shape[d]:
            raise ValueError(f"{op}: there is nothing to choose from along dim {d} of shape {tuple(shape)}.")


@by_field
class max_result(NamedTuple):
    values: Tensor
    indices: Tensor


@by_field
class min_result(NamedTuple):
    values: Tensor
    indices: Tensor


@by_field
class aminmax_result(NamedTuple):
    min: Tensor
    max: Tensor


@numpy_words
def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest: `max(x)` of all; `max(x, dim)` along an axis, as (values, indices); `max(x, y)` of each two.

    nan is larger than everything. Among equal elements the index is the first; the gradient goes to it, or, of all
    elements, to all of them in equal shares.
    """
    return _extreme("max", Max, max_result, input, dim, keepdim, other)


@numpy_words
def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest: `min(x)` of all; `min(x, dim)` along an axis, as (values, indices); `min(x, y)` of each two.

    nan is smaller than everything. Among equal elements the index is the first; the gradient goes to it, or, of all
    elements, to all of them in equal shares.
    """
    return _extreme("min", Min, min_result, input, dim, keepdim, other)


def _extreme(op: str, function: Any, result: Any, input: Any, dim: Any, keepdim: bool, other: Any) -> Any:
    if other is not None or isinstance(dim, Tensor):
        from . import elementwise

        try:
            return getattr(elementwise, op + "imum")(input, dim if other is None else other)
        except (TypeError, ValueError) as error:
            raise renamed(op, error) from None
    x = as_operand(op, input)
    if dim is None:
        nonempty(op, x, None)
        return function(None, False)(x)
    d = axis(op, dim, x.array.ndim)
    nonempty(op, x, (d,))
    return result(*found(op, x, d, keepdim))


@numpy_words
def amax(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The largest over `dim` (an int, several, or all); equal ones share the gradient."""
    x = as_operand("amax", input)
    a = over("amax", dim, x)
    nonempty("amax", x, a)
    return Amax(a, keepdim)(x)


@numpy_words
def amin(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The smallest over `dim` (an int, several, or all); equal ones share the gradient."""
    x = as_operand("amin", input)
    a = over("amin", dim, x)
    nonempty("amin", x, a)
    return Amin(a, keepdim)(x)


@numpy_words
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> aminmax_result:
    """The smallest and the largest, along an axis or of all, as (min, max); equal ones share the gradient."""
    x = as_operand("aminmax", input)
    a = None if dim is None else axes("aminmax", dim, x.array.ndim)
    nonempty("aminmax", x, a)
    return aminmax_result(Amin(a, keepdim)(x), Amax(a, keepdim)(x))


@numpy_words
def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the largest along an axis, or in the flattened tensor; the first of equal ones, or of nans."""
    return _index_of("argmax", input, dim, keepdim)


@numpy_words
def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the smallest along an axis, or in the flattened tensor; the first of equal ones, or of nans."""
    return _index_of("argmin", input, dim, keepdim)


def _index_of(op: str, input: Any, dim: Any, keepdim: bool) -> Tensor:
    x = as_operand(op, input)
    d = None if dim is None else axis(op, dim, x.array.ndim)
    if not x.array.ndim:
        d = None
    nonempty(op, x, None if d is None else (d,))
    return Tensor._of(getattr(on(x.array), op)(x.array, d, keepdim))


# ---- truth ---------------------------------------------------------------------------------------------------------


@numpy_words
def all(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether all elements are true (not 0), over `dim` (an int, several, or all); of nothing: true."""
    return _truth("all", input, dim, keepdim)


@numpy_words
def any(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether an element is true (not 0), over `dim` (an int, several, or all); of nothing: false."""
    return _truth("any", input, dim, keepdim)


def _truth(op: str, input: Any, dim: Any, keepdim: bool) -> Tensor:
    x = as_operand(op, input)
    home = on(x.array)
    # an empty tuple here means no axis, unlike in sums
    a = () if isinstance(dim, (tuple, list)) and not dim else over(op, dim, x)
    found = home.asarray(getattr(home, op)(x.array, a, bool(keepdim)))
    return Tensor._of(found.astype(x.array.dtype) if x.dtype is dtypes.uint8 else found)


# ---- how columns go together ---------------------------------------------------------------------------------------


def cov(input: Any, *, correction: float = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
    """The covariances of variables (rows) over observations (columns): Σ w(x − x̄)(x − x̄)ᵀ / normaliser.

    Shapes: (variables, observations) → (variables, variables); (observations,) → ().  `fweights`: how often each
    observation came (integers); `aweights`: how much it counts.
    """
    from .shape import Reshape, squeeze

    x = floating("cov", input)
    if x.array.ndim > 2:
        raise ValueError(f"cov: needs at most two dimensions, (variables, observations), got {tuple(x.array.shape)}.")
    x = Reshape((1, x.array.size))(x) if x.array.ndim < 2 else x
    n, correction = x.array.shape[1], number("cov", "correction", correction)
    given = [_weights(w, what, n) for what, w in (("fweights", fweights), ("aweights", aweights)) if w is not None]
    if not given:
        d, freedom = x - Mean((1,), True)(x), n - correction
        scaled = d
    else:
        w = given[0] if len(given) == 1 else given[0] * given[1]
        total = sum(w)
        d = x - sum(x * w, 1, True) / total
        scaled = d * w
        freedom = total - (correction if aweights is None else sum(w * given[-1]) / total * correction)
    return squeeze((scaled @ d.mT) / (freedom if freedom > 0 else 0.0))


def _weights(w: Any, what: str, n: int) -> Tensor:
    w = as_operand("cov", w, what)
    if w.array.shape != (n,):
        raise ValueError(f"cov: {what} must have shape ({n},), one per observation, got {tuple(w.array.shape)}.")
    if (w.array.dtype.kind in "iu") != (what == "fweights"):
        kind = "integers" if what == "fweights" else "a floating dtype"
        raise TypeError(f"cov: {what} must be {kind}, got {w.dtype}.")
    if n and not w.array.min() >= 0:
        raise ValueError(f"cov: {what} must be 0 or more, the least is {w.array.min()}.")
    return w


@in_own_name
def corrcoef(input: Any) -> Tensor:
    """Pearson's correlation of variables (rows) over observations (columns), in [−1, 1].

    Shapes: (variables, observations) → (variables, variables); (observations,) → ().
    """
    from .diagonal import diagonal
    from .elementwise import clamp, sqrt
    from .shape import Unsqueeze

    c = cov(input)
    if not c.array.ndim:
        return c / c
    deviation = sqrt(diagonal(c))
    n = deviation.array.size
    return clamp(c / Unsqueeze((n, 1))(deviation) / Unsqueeze((1, n))(deviation), -1, 1)


__all__ = [
    "all", "amax", "amin", "aminmax", "any", "argmax", "argmin", "corrcoef", "count_nonzero", "cov", "logsumexp", "max",
    "mean", "min", "nanmean", "nansum", "prod", "std", "std_mean", "sum", "var", "var_mean",
]  # fmt: skip
