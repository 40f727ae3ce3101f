"""Choices between two values, place by place: where, the larger and the smaller, clamping."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .assign import within_range
from .compare import eq, ge, gt, isfinite, isnan, le, logical_and, logical_not, logical_or, lt, ne
from .pointwise import Unary, broadcast_error, floating_tensors, of_two, tensors
from .promote import as_operand, in_dtype, number, paired, result_dtype, same_dtype


class Masked(Function):
    """x where a mask holds, 0 elsewhere."""

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def forward(self, x: Any) -> Any:
        return on(x).keep(x, self.mask)

    def backward(self, grad: Tensor) -> Tensor:
        return Masked(self.mask)(grad)


def masked(x: Tensor, mask: Tensor) -> Tensor:
    """x where the mask holds, 0 elsewhere, inf and nan included: what the gradients of choices need."""
    return Masked(mask.array)(x)


def zeros_of(x: Tensor) -> Tensor:
    """Zeros of x's shape and dtype."""
    return Tensor._of(on(x.array).zeros(x.array.shape, x.array.dtype))


class Where(Function):
    """x where a mask holds, z elsewhere."""

    broadcasts = True
    borrowed = ("mask",)

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def forward(self, x: Any, z: Any) -> Any:
        return on(self.mask).where(self.mask, x, z)

    def backward(self, grad: Tensor) -> Any:
        gx = Masked(self.mask)(grad) if self.needs[0] else None
        return gx, Masked(~self.mask)(grad) if self.needs[1] else None


@in_own_name
def where(condition: TensorLike, input: TensorLike | None = None, other: TensorLike | None = None) -> Any:
    """input where the condition holds, other elsewhere; tensors or numbers.  Shape: broadcast of all three.

    With the condition alone: the indices where it holds, one tensor per dimension.
    """
    mask = as_operand("where", condition, "condition")
    if input is None and other is None:
        return mask.nonzero(as_tuple=True)
    if mask.array.dtype.kind != "b":
        if mask.dtype is not dtypes.uint8:
            raise TypeError(f"where: condition must be a bool tensor, got {mask.dtype}. Compare it: x != 0.")
        mask = ne(mask, 0)
    x, z = paired("where", input, other)
    within_range("where", x, input)
    within_range("where", z, other)
    try:
        return Where(mask.array)(x, z)
    except ValueError as error:
        raise broadcast_error("where", error, condition=mask, input=x, other=z) from None


def _where_method(self: Tensor, condition: Any, other: Any) -> Tensor:
    """self where the condition holds, other elsewhere."""
    return where(condition, self, other)


class Extreme(Function):
    """The larger (or smaller) of x and z; nan if one of them is. Equal ones share the gradient."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return getattr(on(x), self.name)(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        tie = eq(x, z)
        if tie.array.any():
            grad = Where(tie.array)(grad * 0.5, grad)
        below, above = lt(x, z), gt(x, z)
        lost_x, lost_z = (below, above) if self.name == "maximum" else (above, below)
        gx = masked(grad, logical_not(lost_x)) if self.needs[0] else None
        return gx, masked(grad, logical_not(lost_z)) if self.needs[1] else None


class Maximum(Extreme):
    """max(x, z)."""


def maximum(input: TensorLike, other: TensorLike) -> Tensor:
    """The larger at each place, nan if one is.  Shape: broadcast.  Equal numbers share the gradient."""
    return of_two("maximum", Maximum, *tensors("maximum", input, other))


class Minimum(Extreme):
    """min(x, z)."""


def minimum(input: TensorLike, other: TensorLike) -> Tensor:
    """The smaller at each place, nan if one is.  Shape: broadcast.  Equal numbers share the gradient."""
    return of_two("minimum", Minimum, *tensors("minimum", input, other))


class NumberExtreme(Function):
    """The larger (or smaller) of x and z; the other one where one is nan. Of equal ones, x has the gradient."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return getattr(on(x), self.name)(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        from_x = logical_or(ge(x, z) if self.name == "fmax" else le(x, z), isnan(z))
        gx = masked(grad, from_x) if self.needs[0] else None
        return gx, masked(grad, logical_not(from_x)) if self.needs[1] else None


class Fmax(NumberExtreme):
    """max(x, z), numbers before nan."""


def fmax(input: TensorLike, other: TensorLike) -> Tensor:
    """The larger at each place, nan only if both are.  Shape: broadcast."""
    return of_two("fmax", Fmax, *tensors("fmax", input, other))


class Fmin(NumberExtreme):
    """min(x, z), numbers before nan."""


def fmin(input: TensorLike, other: TensorLike) -> Tensor:
    """The smaller at each place, nan only if both are.  Shape: broadcast."""
    return of_two("fmin", Fmin, *tensors("fmin", input, other))


class Clamp(Function):
    """The nearest number in [low, high], either of which may be None. At an end, the gradient is still x's."""

    def __init__(self, low: float | None, high: float | None) -> None:
        self.low, self.high = low, high

    def formula(self, x: Tensor) -> Tensor:
        y = x if self.low is None else where(x < self.low, self.low, x)
        return y if self.high is None else where(y > self.high, self.high, y)

    def forward(self, x: Any) -> Any:
        return on(x).clamp(x, self.low, self.high)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad, _inside(x, self.low, self.high))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).clamp_backward(grad, x, self.low, self.high)


class ClampBetween(Function):
    """The same where the ends are tensors."""

    broadcasts = True

    def forward(self, x: Any, low: Any, high: Any) -> Any:
        return on(x).clamp(x, low, high)

    def backward(self, grad: Tensor, x: Tensor, low: Any, high: Any) -> Any:
        gx = masked(grad, _inside(x, low, high)) if self.needs[0] else None
        glow = ghigh = None
        if self.needs[1]:
            glow = masked(grad, lt(x, low) if high is None else logical_and(lt(x, low), lt(low, high)))
        if self.needs[2]:
            ghigh = masked(grad, gt(x, high) if low is None else logical_or(gt(x, high), lt(high, low)))
        return gx, glow, ghigh


def clamp(input: TensorLike, min: Any = None, max: Any = None) -> Tensor:
    """The nearest number between min and max; either may be left out, a number or a tensor.  Shape: broadcast.

    Where min is above max the result is max. At an end the gradient is still that of `input`.
    """
    return _clamped("clamp", input, min, max)


def clamp_min(input: TensorLike, min: Any) -> Tensor:
    """max(input, min), with clamp's gradient."""
    return _clamped("clamp_min", input, min, None)


def clamp_max(input: TensorLike, max: Any) -> Tensor:
    """min(input, max), with clamp's gradient."""
    return _clamped("clamp_max", input, None, max)


def _clamped(op: str, input: Any, low: Any, high: Any) -> Tensor:
    if low is None and high is None:
        raise ValueError(f"{op}: give min, max or both.")
    if input is None:
        raise TypeError(f"{op}: input must be a Tensor, got NoneType.")
    if type(low) in _PLAIN and type(high) in _PLAIN and isinstance(input, Tensor) and input.array.dtype.kind == "f":
        return Clamp(low, high)(input)
    dtype = result_dtype(op, *[x for x in (input, low, high) if x is not None])
    x, least, most = (None if t is None else in_dtype(op, t, dtype) for t in (input, low, high))
    within_range(op, least, low)
    within_range(op, most, high)
    try:
        return ClampBetween()(x, least, most)
    except ValueError as error:
        raise broadcast_error(op, error, input=x, min=least, max=most) from None


def _inside(x: Tensor, low: Any, high: Any) -> Tensor:
    if low is None:
        return le(x, high)
    return ge(x, low) if high is None else logical_and(ge(x, low), le(x, high))


_PLAIN = {float, int, type(None)}


class Heaviside(Function):
    """1 above 0, z at 0, 0 elsewhere."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).heaviside(x, z)

    def backward(self, grad: Tensor, x: Tensor) -> Any:
        return zeros_of(grad) if self.needs[0] else None, masked(grad, eq(x, 0)) if self.needs[1] else None


@in_own_name
def heaviside(input: TensorLike, values: Any) -> Tensor:
    """1 above 0, `values` at 0, 0 elsewhere.  Shape: broadcast."""
    x, z = as_operand("heaviside", input), as_operand("heaviside", values, "values")
    same_dtype("heaviside", input=x, values=z)
    return of_two("heaviside", Heaviside, x, z)


class Copysign(Function):
    """|x| with the sign of z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).copysign(x, z)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Any:
        gx = grad * (x.sign() * out.sign()) if self.needs[0] else None
        return gx, zeros_of(grad) if self.needs[1] else None


def copysign(input: TensorLike, other: TensorLike) -> Tensor:
    """|input| with the sign of other (that of a zero counts).  Shape: broadcast."""
    return of_two("copysign", Copysign, *floating_tensors("copysign", input, other))


class NanToNum(Unary):
    """x with other numbers for nan, ∞ and −∞, which have no gradient."""

    def __init__(self, nan: float, posinf: float | None, neginf: float | None) -> None:
        self.nan, self.posinf, self.neginf = nan, posinf, neginf

    def forward(self, x: Any) -> Any:
        return on(x).nan_to_num(x, self.nan, self.posinf, self.neginf)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad, isfinite(x))


def nan_to_num(
    input: TensorLike, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """input with `nan` (0 when not given) for nan, and `posinf`, `neginf` for the infinities (the dtype's largest and
    smallest number)."""
    x = as_operand("nan_to_num", input)
    given = (("nan", nan), ("posinf", posinf), ("neginf", neginf))
    nan, posinf, neginf = (None if v is None else number("nan_to_num", what, v) for what, v in given)
    if x.array.dtype.kind in "iub":
        return Tensor._of(x.array.copy())
    return NanToNum(0.0 if nan is None else nan, posinf, neginf)(x)


clip = clamp


__all__ = [
    "clamp", "clamp_max", "clamp_min", "clip", "copysign", "fmax", "fmin", "heaviside", "maximum", "minimum",
    "nan_to_num", "where",
]  # fmt: skip
