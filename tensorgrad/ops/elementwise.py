"""Arithmetic and functions of single numbers, applied at every place; and choices between two tensors, place by place.

Comparisons are in compare.py, the error function, the gamma function and their relatives in special.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import before_write, check_writable, write, written
from ..kernels import on
from ..kernels.shapes import broadcast, integer, mismatch
from ..printing import by_field
from ..tensor import Tensor
from .assign import within_range
from .compare import eq, ge, gt, isfinite, isnan, le, logical_and, logical_not, logical_or, lt, ne
from .keywords import factors_first, in_own_name, renamed
from .promote import (
    NUMBERS,
    as_operand,
    cast,
    floating,
    in_dtype,
    needs_floating,
    not_bool,
    number,
    paired,
    paired_floating,
    python_number,
    result_dtype,
    same_dtype,
)

# ---- arithmetic: operations ----------------------------------------------------------------------------------------


class Add(Function):
    """x + z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return x + z

    def backward(self, grad: Tensor) -> Any:
        return grad, grad


class Sub(Function):
    """x − z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return x - z

    def backward(self, grad: Tensor) -> Any:
        return grad, Neg()(grad) if self.needs[1] else None


class Mul(Function):
    """x · z."""

    broadcasts = True
    serves = {"x": "z", "z": "x"}

    def forward(self, x: Any, z: Any) -> Any:
        return x * z

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return None if z is None else Mul()(grad, z), None if x is None else Mul()(grad, x)


class Div(Function):
    """x / z."""

    broadcasts = True
    serves = {"x": "z"}

    def forward(self, x: Any, z: Any) -> Any:
        return x / z

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        gx = grad / z
        return gx, None if x is None else -gx * (x / z)


class Scale(Function):
    """x · z for a number z: there is nothing to save. In 16 bits the number may be any: it is not rounded to them."""

    name = "mul"

    def __init__(self, z: float) -> None:
        self.z = z

    def forward(self, x: Any) -> Any:
        return x * self.z if x.itemsize > 2 else on(x).half_mul(x, self.z)

    def backward(self, grad: Tensor) -> Tensor:
        return Scale(self.z)(grad)


class DivBy(Function):
    """x / z for a number z: there is nothing to save."""

    name = "div"

    def __init__(self, z: float) -> None:
        self.z = z

    def forward(self, x: Any) -> Any:
        return x / self.z if x.itemsize > 2 else on(x).half_div(x, self.z)

    def backward(self, grad: Tensor) -> Tensor:
        return DivBy(self.z)(grad)


class Neg(Function):
    """−x."""

    def forward(self, x: Any) -> Any:
        return -x

    def backward(self, grad: Tensor) -> Tensor:
        return Neg()(grad)


class Pow(Function):
    """xᶻ; towards x the gradient is z·xᶻ⁻¹, towards z it is xᶻ·ln x, and 0 where x = 0 and z ≥ 0."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(z if isinstance(x, NUMBERS) else x).pow(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        gx = gz = None
        if self.needs[0]:
            if isinstance(z, Tensor):
                gx = masked(grad * (z * pow(x, z - 1)), ne(z, 0))
            else:
                gx = grad * (z * pow(x, z - 1)) if z != 0 else zeros_of(grad)
        if self.needs[1]:
            if isinstance(x, Tensor):
                gz = masked(grad * (pow(x, z) * log(x)), logical_not(logical_and(eq(x, 0), ge(z, 0))))
            elif x == 0:
                gz = masked(grad * (pow(x, z) * -math.inf), logical_not(ge(z, 0)))
            else:
                gz = grad * (pow(x, z) * (math.log(x) if x > 0 else math.nan))
        return gx, gz


class Rounded(Function):
    """x / z rounded down ("floor") or towards zero ("trunc"): steps, whose gradient is 0."""

    broadcasts = True

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def forward(self, x: Any, z: Any) -> Any:
        kernels = on(z if isinstance(x, NUMBERS) else x)
        return kernels.floor_divide(x, z) if self.mode == "floor" else kernels.trunc_divide(x, z)

    def backward(self, grad: Tensor) -> Any:
        nothing = zeros_of(grad)
        return nothing, nothing


class Remainder(Function):
    """x − z·⌊x/z⌋."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(z if isinstance(x, NUMBERS) else x).remainder(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return grad, -grad * Rounded("floor")(x, z) if self.needs[1] else None


class Fmod(Function):
    """x − z·trunc(x/z)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(z if isinstance(x, NUMBERS) else x).fmod(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return grad, -grad * Rounded("trunc")(x, z) if self.needs[1] else None


# ---- arithmetic: functions -----------------------------------------------------------------------------------------


def _broadcast_error(op: str, error: Exception, **operands: Any) -> Exception:
    """The error for operands that NumPy could not combine. Shapes are looked at only now: checking first would cost
    every call."""
    try:
        broadcast(op, **{name: x.array.shape for name, x in operands.items() if isinstance(x, Tensor)})
    except ValueError as shapes:
        return shapes
    return error


def _of_two(op: str, cls: type[Function], x: Any, z: Any) -> Tensor:
    try:
        return cls()(x, z)
    except ValueError as error:
        raise _broadcast_error(op, error, input=x, other=z) from None


def add(input: Any, other: Any, *older: Any, alpha: Any = 1) -> Tensor:
    """input + alpha · other.  Shape: broadcast.  PyTorch's older order, `add(input, alpha, other)`, is taken as well."""
    if older:
        other, alpha = _alpha_last("add", other, older)
    x, z = paired("add", input, other)
    if type(alpha) is not int or alpha != 1:
        z = _times(z, alpha, "add", x, z)
    try:
        return Add()(x, z)
    except ValueError as error:
        raise _broadcast_error("add", error, input=x, other=z) from None


def sub(input: Any, other: Any, *older: Any, alpha: Any = 1) -> Tensor:
    """input − alpha · other.  Shape: broadcast.  Not for bools: their difference is `^`.  PyTorch's older order,
    `sub(input, alpha, other)`, is taken as well."""
    if older:
        other, alpha = _alpha_last("sub", other, older)
    x, z = paired("sub", input, other)
    if x is not input or z is not other:
        _no_bools(input, other)
    if type(alpha) is not int or alpha != 1:
        z = _times(z, alpha, "sub", x, z)
    try:
        return Sub()(x, z)
    except ValueError as error:
        raise _broadcast_error("sub", error, input=x, other=z) from None
    except TypeError:  # two bool tensors: NumPy has found it
        _no_bools(input, other)
        raise


def _alpha_last(op: str, alpha: Any, other: tuple[Any, ...]) -> tuple[Any, Any]:
    """`factors_first` without its cost for every addition."""
    if len(other) != 1 or not isinstance(other[0], Tensor):
        raise TypeError(f"{op}: takes input and other, and alpha by keyword; got {len(other) + 2} arguments.")
    return other[0], alpha


def rmul(input: Tensor, other: Any) -> Tensor:
    """other · input; a list or a string is repeated."""
    return NotImplemented if isinstance(other, (list, tuple, str, bytes)) else mul(input, other)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """other − alpha · input.  Shape: broadcast."""
    try:
        return sub(other, input, alpha=alpha)
    except (TypeError, ValueError) as error:
        raise renamed("rsub", error) from None


def _no_bools(*operands: Any) -> None:
    for x in operands:
        if as_operand("sub", x, "each operand").array.dtype.kind == "b":
            raise TypeError("sub: not for bool tensors. The difference of two masks is x ^ z, the opposite of one ~x.")


def _times(t: Any, alpha: Any, op: str, x: Any, z: Any) -> Any:
    """alpha · t, in t's own dtype."""
    alpha = number(op, "alpha", alpha)
    kind = result_dtype(op, x, z).category
    if kind == dtypes.BOOL:
        alpha = bool(alpha)
    elif kind == dtypes.INTEGER and not isinstance(python_number(alpha), int):
        raise TypeError(f"{op}: alpha must be a whole number for integer tensors, got {alpha!r}.")
    return mul(t, alpha) if isinstance(t, Tensor) else t * alpha


def mul(input: Any, other: Any) -> Tensor:
    """input · other.  Shape: broadcast."""
    x, z = paired("mul", input, other)
    if type(z) is float or type(z) is int:
        return Scale(z)(x)
    try:
        return Mul()(x, z)
    except ValueError as error:
        raise _broadcast_error("mul", error, input=x, other=z) from None


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """input / other.  Shape: broadcast.  Integers give the default dtype.

    Args:
        rounding_mode: "trunc" rounds towards zero as C does, "floor" down as Python's // does; integers stay integers,
            and dividing them by 0 is a ValueError.
    """
    if rounding_mode is not None:
        if rounding_mode not in ("trunc", "floor"):
            raise ValueError(f'div: rounding_mode must be None, "trunc" or "floor", got {rounding_mode!r}.')
        return _rounded("div", input, other, rounding_mode)
    x, z = paired_floating("div", input, other)
    if not isinstance(z, Tensor):
        return DivBy(z)(x)
    try:
        return Div()(x, z)
    except ValueError as error:
        raise _broadcast_error("div", error, input=x, other=z) from None


@in_own_name
def true_divide(input: Any, other: Any) -> Tensor:
    """input / other."""
    return div(input, other)


def floor_divide(input: Any, other: Any) -> Tensor:
    """⌊input / other⌋, as Python's //.  Shape: broadcast.  Dividing integers by 0 is a ValueError."""
    return _rounded("floor_divide", input, other, "floor")


def _rounded(op: str, input: Any, other: Any, mode: str) -> Tensor:
    x, z = _whole_pair(op, input, other)
    try:
        return Rounded(mode)(x, z)
    except ValueError as error:
        raise _broadcast_error(op, error, input=x, other=z) from None


def _whole_pair(op: str, input: Any, other: Any) -> tuple[Any, Any]:
    """Operands of a division that keeps integers: no bools, and no integer zero below."""
    x, z = paired(op, input, other)
    kind = (x if isinstance(x, Tensor) else z).array.dtype.kind
    if kind == "b":
        raise TypeError(f"{op}: not for bool tensors. Convert them first: x.int().")
    if kind in "iu" and not (z.array.all() if isinstance(z, Tensor) else z) and _any(x) and _any(z):
        raise ValueError(
            f"{op}: ZeroDivisionError: an integer has been divided by 0, and integers have no infinity. "
            "Convert to a floating dtype, or mask the zeros."
        )
    return x, z


def _any(x: Any) -> bool:
    return not isinstance(x, Tensor) or x.array.size > 0


def remainder(input: Any, other: Any) -> Tensor:
    """input − other·⌊input/other⌋, as Python's %: it has the sign of `other`.  Shape: broadcast."""
    return _of_two("remainder", Remainder, *_whole_pair("remainder", input, other))


def fmod(input: Any, other: Any) -> Tensor:
    """input − other·trunc(input/other), as C's fmod: it has the sign of `input`.  Shape: broadcast."""
    return _of_two("fmod", Fmod, *_whole_pair("fmod", input, other))


def neg(input: Any) -> Tensor:
    """−input."""
    return Neg()(not_bool("neg", input, "The opposite of a mask is ~x, or logical_not(x)."))


def positive(input: Any) -> Tensor:
    """+input: the tensor itself."""
    return not_bool("positive", input)


def pow(input: Any, exponent: Any) -> Tensor:
    """inputᵉ.  Shape: broadcast.

    Integers stay integers, so an integer tensor to a negative Python integer is a ValueError; a negative exponent in a
    tensor gives the true value rounded towards zero: 0, unless the base is ±1.
    """
    x, z = paired("pow", input, exponent)
    if isinstance(x, Tensor) and x.array.dtype.kind in "iu" and isinstance(exponent, NUMBERS) and exponent < 0:
        raise ValueError(
            f"pow: integers to a negative integer power ({exponent}) are not whole. "
            "Convert the tensor to a floating dtype first, or use a floating exponent."
        )
    within_range("pow", z, exponent)
    return _of_two("pow", Pow, x, z)


def float_power(input: Any, exponent: Any) -> Tensor:
    """inputᵉ, computed in float64.  Shape: broadcast."""
    return _of_two(
        "float_power",
        Pow,
        in_dtype("float_power", input, dtypes.float64),
        in_dtype("float_power", exponent, dtypes.float64),
    )


def float_power_(self: Tensor, exponent: Any) -> Tensor:
    """float_power in place, for float64 tensors."""
    if self.dtype is not dtypes.float64:
        raise TypeError(f"float_power_: the result is float64 and does not fit into a tensor of {self.dtype}.")
    check_writable(self, "float_power_")
    return write(self, float_power(before_write(self, exponent), exponent), "float_power_")


def square(input: Any) -> Tensor:
    """input²."""
    return pow(input if isinstance(input, Tensor) else as_operand("square", input), 2)


# ---- a choice at every place ---------------------------------------------------------------------------------------


class Masked(Function):
    """x where a mask holds, 0 elsewhere."""

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def forward(self, x: Any) -> Any:
        return on(x).keep(x, self.mask)

    def backward(self, grad: Tensor) -> Tensor:
        return Masked(self.mask)(grad)


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


class Minimum(Extreme):
    """min(x, z)."""


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


class Fmin(NumberExtreme):
    """min(x, z), numbers before nan."""


class Clamp(Function):
    """The nearest number in [low, high], either of which may be None. At an end, the gradient is still x's."""

    def __init__(self, low: float | None, high: float | None) -> None:
        self.low, self.high = low, high

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


def _inside(x: Tensor, low: Any, high: Any) -> Tensor:
    if low is None:
        return le(x, high)
    return ge(x, low) if high is None else logical_and(ge(x, low), le(x, high))


def masked(x: Tensor, mask: Tensor) -> Tensor:
    """x where the mask holds, 0 elsewhere, inf and nan included: what the gradients of choices need."""
    return Masked(mask.array)(x)


def zeros_of(x: Tensor) -> Tensor:
    """Zeros of x's shape and dtype."""
    return Tensor._of(on(x.array).zeros(x.array.shape, x.array.dtype))


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """input where the condition holds, other elsewhere; tensors or numbers.  Shape: broadcast of all three.

    With the condition alone: the indices where it holds, one tensor per dimension.
    """
    mask = as_operand("where", condition, "condition")
    if input is None and other is None:
        from .search import nonzero

        return nonzero(mask, as_tuple=True)
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
        raise _broadcast_error("where", error, condition=mask, input=x, other=z) from None


def _where_method(self: Tensor, condition: Any, other: Any) -> Tensor:
    """self where the condition holds, other elsewhere."""
    return where(condition, self, other)


def maximum(input: Any, other: Any) -> Tensor:
    """The larger at each place, nan if one is.  Shape: broadcast.  Equal numbers share the gradient."""
    return _of_two("maximum", Maximum, *_tensors("maximum", input, other))


def minimum(input: Any, other: Any) -> Tensor:
    """The smaller at each place, nan if one is.  Shape: broadcast.  Equal numbers share the gradient."""
    return _of_two("minimum", Minimum, *_tensors("minimum", input, other))


def fmax(input: Any, other: Any) -> Tensor:
    """The larger at each place, nan only if both are.  Shape: broadcast."""
    return _of_two("fmax", Fmax, *_tensors("fmax", input, other))


def fmin(input: Any, other: Any) -> Tensor:
    """The smaller at each place, nan only if both are.  Shape: broadcast."""
    return _of_two("fmin", Fmin, *_tensors("fmin", input, other))


def _tensors(op: str, x: Any, z: Any) -> tuple[Tensor, Tensor]:
    """Two operands of one dtype, both as Tensors."""
    x, z = paired(op, x, z)
    if not isinstance(x, Tensor):
        return in_dtype(op, x, z.dtype), z
    return x, z if isinstance(z, Tensor) else in_dtype(op, z, x.dtype)


def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """The nearest number between min and max; either may be left out, a number or a tensor.  Shape: broadcast.

    Where min is above max the result is max. At an end the gradient is still that of `input`.
    """
    return _clamped("clamp", input, min, max)


def clamp_min(input: Any, min: Any) -> Tensor:
    """max(input, min), with clamp's gradient."""
    return _clamped("clamp_min", input, min, None)


def clamp_max(input: Any, max: Any) -> Tensor:
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
        raise _broadcast_error(op, error, input=x, min=least, max=most) from None


_PLAIN = {float, int, type(None)}


# ---- three operands ------------------------------------------------------------------------------------------------


class Lerp(Function):
    """x + w·(z − x)."""

    broadcasts = True
    serves = {"x": "w", "z": "w"}

    def forward(self, x: Any, z: Any, w: Any) -> Any:
        return on(x).lerp(x, z, w)

    def backward(self, grad: Tensor, x: Any, z: Any, w: Any) -> Any:
        gx = grad * (1 - w) if self.needs[0] else None
        gz = grad * w if self.needs[1] else None
        return gx, gz, None if x is None else grad * (z - x)


class Addcmul(Function):
    """x + value·a·b."""

    broadcasts = True
    serves = {"a": "b", "b": "a"}

    def __init__(self, value: Any) -> None:
        self.value = value

    def forward(self, x: Any, a: Any, b: Any) -> Any:
        return on(x).addcmul(x, a, b, self.value)

    def backward(self, grad: Tensor, a: Any, b: Any) -> Any:
        scaled = grad * self.value
        return grad, None if b is None else scaled * b, None if a is None else scaled * a


class Addcdiv(Function):
    """x + value·a/b."""

    broadcasts = True
    serves = {"a": "b", "b": "a b"}

    def __init__(self, value: Any) -> None:
        self.value = value

    def forward(self, x: Any, a: Any, b: Any) -> Any:
        return on(x).addcdiv(x, a, b, self.value)

    def backward(self, grad: Tensor, a: Any, b: Any) -> Any:
        if b is None:
            return grad, None, None
        ga = grad * self.value / b
        return grad, ga, None if a is None else -ga * (a / b)


def lerp(input: Any, end: Any, weight: Any) -> Tensor:
    """input + weight·(end − input), weight a number or a tensor.  Shape: broadcast."""
    x, z = needs_floating("lerp", input), needs_floating("lerp", end, "end")
    w = python_number(weight) if isinstance(weight, NUMBERS) else as_operand("lerp", weight, "weight")
    same_dtype("lerp", input=x, end=z, **({"weight": w} if isinstance(w, Tensor) else {}))
    try:
        return Lerp()(x, z, w)
    except ValueError as error:
        raise _broadcast_error("lerp", error, input=x, end=z, weight=w) from None


@factors_first("value", tensors=2)
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """input + value · tensor1 · tensor2.  Shape: broadcast."""
    dtype, value = result_dtype("addcmul", input, tensor1, tensor2), number("addcmul", "value", value)
    if not dtype.is_floating_point and isinstance(value, float):
        raise TypeError(f"addcmul: value must be a whole number for integer tensors, got {value!r}.")
    return _adding("addcmul", Addcmul(value), dtype, input, tensor1, tensor2)


@factors_first("value", tensors=2)
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """input + value · tensor1 / tensor2.  Shape: broadcast.  Not for dividing integers."""
    if not result_dtype("addcdiv", tensor1, tensor2).is_floating_point:
        raise TypeError("addcdiv: tensor1 / tensor2 needs a floating dtype. Convert one of them first: x.float().")
    dtype, value = result_dtype("addcdiv", input, tensor1, tensor2), number("addcdiv", "value", value)
    return _adding("addcdiv", Addcdiv(value), dtype, input, tensor1, tensor2)


def _adding(op: str, operation: Function, dtype: dtypes.dtype, input: Any, a: Any, b: Any) -> Tensor:
    x, a, b = (in_dtype(op, t, dtype) for t in (input, a, b))
    try:
        return operation(x, a, b)
    except ValueError as error:
        raise _broadcast_error(op, error, input=x, tensor1=a, tensor2=b) from None


# ---- functions of one number: operations ---------------------------------------------------------------------------


class Unary(Function):
    """A function of one number. Its kernel has its name."""

    def forward(self, x: Any) -> Any:
        return getattr(on(x), self.name)(x)


class PiecewiseConstant(Unary):
    """A function made of steps: its gradient is 0."""

    def backward(self, grad: Tensor) -> Tensor:
        return zeros_of(grad)


class Floor(PiecewiseConstant):
    """⌊x⌋."""


class Ceil(PiecewiseConstant):
    """⌈x⌉."""


class Trunc(PiecewiseConstant):
    """x rounded towards zero."""


class Sign(PiecewiseConstant):
    """1, 0 or −1."""


class Angle(PiecewiseConstant):
    """0 for x ≥ 0, π below."""


class Round(PiecewiseConstant):
    """x rounded to so many decimals, a half to the even neighbour."""

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    def forward(self, x: Any) -> Any:
        return on(x).round(x, self.decimals)


class Frac(Unary):
    """x − trunc(x)."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad


class Abs(Unary):
    """|x|; its gradient at 0 is 0."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Sign()(x)


class Reciprocal(Unary):
    """1/x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return -grad * (out * out)


class Sqrt(Unary):
    """√x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad / (out * 2)


class Rsqrt(Unary):
    """1/√x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out * out * out * -0.5)


class Exp(Unary):
    """eˣ."""

    def forward(self, x: Any) -> Any:
        return on(x).exp(x)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return Mul()(grad, out)


class Exp2(Unary):
    """2ˣ."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out * math.log(2))


class Expm1(Unary):
    """eˣ − 1, exact for small x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out + 1)


class Log(Unary):
    """ln x."""

    def forward(self, x: Any) -> Any:
        return on(x).log(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return Div()(grad, x)


class Log2(Unary):
    """log₂ x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (x * math.log(2))


class Log10(Unary):
    """log₁₀ x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (x * math.log(10))


class Log1p(Unary):
    """ln(1 + x), exact for small x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (x + 1)


class Sin(Unary):
    """sin x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Cos()(x)


class Cos(Unary):
    """cos x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * -Sin()(x)


class Tan(Unary):
    """tan x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out * out + 1)


class Asin(Unary):
    """The angle in [−π/2, π/2] whose sine is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Rsqrt()(1 - x * x)


class Acos(Unary):
    """The angle in [0, π] whose cosine is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * -Rsqrt()(1 - x * x)


class Atan(Unary):
    """The angle in (−π/2, π/2) whose tangent is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (x * x + 1)


class Sinh(Unary):
    """(eˣ − e⁻ˣ)/2."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Cosh()(x)


class Cosh(Unary):
    """(eˣ + e⁻ˣ)/2."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Sinh()(x)


class Tanh(Unary):
    """tanh x; its gradient is 1 − tanh² x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (1 - out * out)

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).tanh_backward(grad, out)


class Asinh(Unary):
    """The number whose hyperbolic sine is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Rsqrt()(x * x + 1)


class Acosh(Unary):
    """The number from 0 up whose hyperbolic cosine is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Rsqrt()(x * x - 1)


class Atanh(Unary):
    """The number whose hyperbolic tangent is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (1 - x * x)


class Sigmoid(Unary):
    """1/(1 + e⁻ˣ); its gradient is σ(1 − σ)."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out * (1 - out))

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).sigmoid_backward(grad, out)


class NanToNum(Unary):
    """x with other numbers for nan, ∞ and −∞, which have no gradient."""

    def __init__(self, nan: float, posinf: float | None, neginf: float | None) -> None:
        self.nan, self.posinf, self.neginf = nan, posinf, neginf

    def forward(self, x: Any) -> Any:
        return on(x).nan_to_num(x, self.nan, self.posinf, self.neginf)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad, isfinite(x))


class Frexp(Function):
    """x = mantissa · 2^exponent with ½ ≤ |mantissa| < 1."""

    def forward(self, x: Any) -> Any:
        return on(x).frexp(x)

    def backward(self, grad: Tensor, out: Any) -> Tensor:
        return Ldexp()(grad, Neg()(out[1]))


class Ldexp(Function):
    """x · 2ᶻ for whole z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).ldexp(x, z)

    def backward(self, grad: Tensor, z: Tensor) -> Any:
        return Ldexp()(grad, z), None


# ---- functions of one number ---------------------------------------------------------------------------------------


def abs(input: Any) -> Tensor:
    """|input|."""
    return Abs()(not_bool("abs", input))


def sign(input: Any) -> Tensor:
    """1 above 0, −1 below, 0 at 0 and for nan."""
    return Sign()(as_operand("sign", input))


def sgn(input: Any) -> Tensor:
    """For real numbers the same as `sign`."""
    return Sign()(as_operand("sgn", input))


def angle(input: Any) -> Tensor:
    """The angle in the complex plane: π for negative numbers, 0 for others, nan for nan."""
    return Angle()(floating("angle", input))


def floor(input: Any) -> Tensor:
    """⌊input⌋, the largest whole number below or at it."""
    return _whole("floor", Floor, input)


def ceil(input: Any) -> Tensor:
    """⌈input⌉, the smallest whole number above or at it."""
    return _whole("ceil", Ceil, input)


def trunc(input: Any) -> Tensor:
    """The whole part: rounded towards zero."""
    return _whole("trunc", Trunc, input)


def _whole(op: str, cls: type[Function], input: Any) -> Tensor:
    x = not_bool(op, input)
    return cls()(x) if x.array.dtype.kind not in "iu" else Tensor._of(x.array.copy())


def round(input: Any, *, decimals: int = 0) -> Tensor:
    """The nearest number of so many decimals (−1: tens), a half to the even neighbour: 0.5 → 0, 1.5 → 2."""
    decimals = integer("round", "decimals", decimals)
    if decimals == 0:
        x = not_bool("round", input)
        return Round(0)(x) if x.array.dtype.kind not in "iu" else Tensor._of(x.array.copy())
    return Round(decimals)(needs_floating("round", input))


def frac(input: Any) -> Tensor:
    """input − trunc(input), with the sign of input."""
    return Frac()(needs_floating("frac", input))


def reciprocal(input: Any) -> Tensor:
    """1/input."""
    return Reciprocal()(floating("reciprocal", input))


def sqrt(input: Any) -> Tensor:
    """√input; nan below 0."""
    return Sqrt()(floating("sqrt", input))


def rsqrt(input: Any) -> Tensor:
    """1/√input."""
    return Rsqrt()(floating("rsqrt", input))


def exp(input: Any) -> Tensor:
    """eˣ."""
    return Exp()(floating("exp", input))


def exp2(input: Any) -> Tensor:
    """2ˣ."""
    return Exp2()(floating("exp2", input))


def expm1(input: Any) -> Tensor:
    """eˣ − 1, exact where x is small."""
    return Expm1()(floating("expm1", input))


def log(input: Any) -> Tensor:
    """ln x; −inf at 0, nan below."""
    return Log()(floating("log", input))


def log2(input: Any) -> Tensor:
    """log₂ x."""
    return Log2()(floating("log2", input))


def log10(input: Any) -> Tensor:
    """log₁₀ x."""
    return Log10()(floating("log10", input))


def log1p(input: Any) -> Tensor:
    """ln(1 + x), exact where x is small."""
    return Log1p()(floating("log1p", input))


def sin(input: Any) -> Tensor:
    """sin x, x in radians."""
    return Sin()(floating("sin", input))


def cos(input: Any) -> Tensor:
    """cos x, x in radians."""
    return Cos()(floating("cos", input))


def tan(input: Any) -> Tensor:
    """tan x, x in radians."""
    return Tan()(floating("tan", input))


def asin(input: Any) -> Tensor:
    """The angle in [−π/2, π/2] whose sine is x; nan outside [−1, 1]."""
    return Asin()(floating("asin", input))


def acos(input: Any) -> Tensor:
    """The angle in [0, π] whose cosine is x; nan outside [−1, 1]."""
    return Acos()(floating("acos", input))


def atan(input: Any) -> Tensor:
    """The angle in (−π/2, π/2) whose tangent is x."""
    return Atan()(floating("atan", input))


def sinh(input: Any) -> Tensor:
    """(eˣ − e⁻ˣ)/2."""
    return Sinh()(floating("sinh", input))


def cosh(input: Any) -> Tensor:
    """(eˣ + e⁻ˣ)/2."""
    return Cosh()(floating("cosh", input))


def tanh(input: Any) -> Tensor:
    """(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)."""
    return Tanh()(floating("tanh", input))


def asinh(input: Any) -> Tensor:
    """ln(x + √(x² + 1))."""
    return Asinh()(floating("asinh", input))


def acosh(input: Any) -> Tensor:
    """ln(x + √(x² − 1)); nan below 1."""
    return Acosh()(floating("acosh", input))


def atanh(input: Any) -> Tensor:
    """½·ln((1 + x)/(1 − x)); nan outside [−1, 1]."""
    return Atanh()(floating("atanh", input))


def sigmoid(input: Any) -> Tensor:
    """1/(1 + e⁻ˣ)."""
    return Sigmoid()(floating("sigmoid", input))


def deg2rad(input: Any) -> Tensor:
    """Degrees as radians."""
    return floating("deg2rad", input) * (math.pi / 180)


def rad2deg(input: Any) -> Tensor:
    """Radians as degrees."""
    return floating("rad2deg", input) * (180 / math.pi)


def nan_to_num(
    input: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """input with `nan` (0 when not given) for nan, and `posinf`, `neginf` for the infinities (the dtype's largest and
    smallest number)."""
    x = as_operand("nan_to_num", input)
    given = (("nan", nan), ("posinf", posinf), ("neginf", neginf))
    nan, posinf, neginf = (None if v is None else number("nan_to_num", what, v) for what, v in given)
    if x.array.dtype.kind in "iub":
        return Tensor._of(x.array.copy())
    return NanToNum(0.0 if nan is None else nan, posinf, neginf)(x)


def real(input: Tensor) -> Tensor:
    """The real part: of a real tensor, the tensor itself."""
    return as_operand("real", input)


def conj(input: Tensor) -> Tensor:
    """The complex conjugate: of a real tensor, the tensor itself."""
    return as_operand("conj", input)


def resolve_conj(input: Tensor) -> Tensor:
    """A real tensor has no conjugation to carry out: the tensor itself."""
    return as_operand("resolve_conj", input)


def resolve_neg(input: Tensor) -> Tensor:
    """Nor a negation: the tensor itself."""
    return as_operand("resolve_neg", input)


def is_conj(input: Tensor) -> bool:
    """Whether a conjugation is yet to be carried out: never, of real tensors."""
    return False


def is_neg(input: Tensor) -> bool:
    """Whether a negation is yet to be carried out: never."""
    return False


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace every number x by callable(x), one Python call each: for trying things out. Not recorded."""
    return _mapped("apply_", self, callable)


def _mapped(op: str, self: Tensor, function: Callable[..., Any], *others: Any) -> Tensor:
    if not callable(function):
        raise TypeError(f"{op}: callable must be a function, got {type(function).__name__}.")
    zs = [as_operand(op, z, "each tensor") for z in others]
    if self.requires_grad or any(z.requires_grad for z in zs):
        raise RuntimeError(f"{op}: a Python function has no gradient; use x.detach(), or write it in operations.")
    check_writable(self, op)
    shape, kernels = self.array.shape, on(self.array)
    for z in zs:
        if broadcast(op, self=shape, other=z.array.shape) != shape:
            raise ValueError(mismatch(op, "the tensor does not broadcast to self", self=shape, other=z.array.shape))
    columns = [kernels.expand(z.array, shape).ravel().tolist() for z in zs]
    numbers = kernels.array(list(map(function, self.array.ravel().tolist(), *columns)), self.array.dtype)
    self.array[...] = numbers.reshape(shape)
    written(self, op)
    return self


def map_(self: Tensor, tensor: Any, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace every number x by callable(x, y), y from a tensor that broadcasts, one Python call each. Not recorded."""
    return _mapped("map_", self, callable, tensor)


def map2_(self: Tensor, x: Any, y: Any, callable: Callable[[Any, Any, Any], Any]) -> Tensor:
    """Replace every number by callable(number, x, y), x and y from tensors that broadcast. Not recorded."""
    return _mapped("map2_", self, callable, x, y)


@by_field
class frexp_result(NamedTuple):
    """What `frexp` returns."""

    mantissa: Tensor
    exponent: Tensor


def frexp(input: Any) -> frexp_result:
    """mantissa (½ ≤ |m| < 1, or 0) and int32 exponent with input = mantissa · 2^exponent."""
    return frexp_result(*Frexp()(needs_floating("frexp", input)))


# ---- functions of two numbers --------------------------------------------------------------------------------------


class Hypot(Function):
    """√(x² + z²), without overflow on the way."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).hypot(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor, out: Tensor) -> Any:
        return grad * (x / out) if self.needs[0] else None, grad * (z / out) if self.needs[1] else None


class Atan2(Function):
    """The angle of the point (z, x)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).atan2(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        square = x * x + z * z
        scaled = grad * masked(Reciprocal()(square), ne(square, 0))
        return scaled * z if self.needs[0] else None, scaled * -x if self.needs[1] else None


class Copysign(Function):
    """|x| with the sign of z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).copysign(x, z)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Any:
        gx = grad * (Sign()(x) * Sign()(out)) if self.needs[0] else None
        return gx, zeros_of(grad) if self.needs[1] else None


class Logaddexp(Function):
    """ln(eˣ + eᶻ)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).logaddexp(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        return grad * Sigmoid()(x - z) if self.needs[0] else None, grad * Sigmoid()(z - x) if self.needs[1] else None


class Logaddexp2(Function):
    """log₂(2ˣ + 2ᶻ)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).logaddexp2(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        d = (x - z) * math.log(2)
        return grad * Sigmoid()(d) if self.needs[0] else None, grad * Sigmoid()(-d) if self.needs[1] else None


class Nextafter(Function):
    """The number after x on the way to z, so close that the gradient is x's; 0 where x = z, as PyTorch has it."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).nextafter(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        return masked(grad, ne(x, z)), zeros_of(grad) if self.needs[1] else None


class Heaviside(Function):
    """1 above 0, z at 0, 0 elsewhere."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).heaviside(x, z)

    def backward(self, grad: Tensor, x: Tensor) -> Any:
        return zeros_of(grad) if self.needs[0] else None, masked(grad, eq(x, 0)) if self.needs[1] else None


def hypot(input: Any, other: Any) -> Tensor:
    """√(input² + other²).  Shape: broadcast."""
    return _of_two("hypot", Hypot, *_floating_tensors("hypot", input, other))


def atan2(input: Any, other: Any) -> Tensor:
    """The angle of the point (other, input), in (−π, π].  Shape: broadcast."""
    return _of_two("atan2", Atan2, *_floating_tensors("atan2", input, other))


def copysign(input: Any, other: Any) -> Tensor:
    """|input| with the sign of other (that of a zero counts).  Shape: broadcast."""
    return _of_two("copysign", Copysign, *_floating_tensors("copysign", input, other))


def logaddexp(input: Any, other: Any) -> Tensor:
    """ln(eˣ + eᶻ), without overflow.  Shape: broadcast."""
    return _of_two("logaddexp", Logaddexp, *_floating_tensors("logaddexp", input, other))


def logaddexp2(input: Any, other: Any) -> Tensor:
    """log₂(2ˣ + 2ᶻ), without overflow.  Shape: broadcast."""
    return _of_two("logaddexp2", Logaddexp2, *_floating_tensors("logaddexp2", input, other))


def _floating_tensors(op: str, x: Any, z: Any) -> tuple[Tensor, Tensor]:
    return _tensors(op, *paired_floating(op, x, z))


def heaviside(input: Any, values: Any) -> Tensor:
    """1 above 0, `values` at 0, 0 elsewhere.  Shape: broadcast."""
    x, z = as_operand("heaviside", input), as_operand("heaviside", values, "values")
    same_dtype("heaviside", input=x, values=z)
    return _of_two("heaviside", Heaviside, x, z)


def nextafter(input: Any, other: Any) -> Tensor:
    """The next number of the dtype after input towards other.  Shape: broadcast."""
    x, z = _tensors("nextafter", input, other)
    needs_floating("nextafter", x)
    return _of_two("nextafter", Nextafter, x, z)


def ldexp(input: Any, other: Any) -> Tensor:
    """input · 2ᵒ for o in other.  Shape: broadcast.  Integers give the default dtype."""
    z = as_operand("ldexp", other, "other")
    if z.array.dtype.kind not in "iub":
        return _of_two("ldexp", Mul, *paired("ldexp", input, exp2(z)))
    x = floating("ldexp", input)
    return _of_two("ldexp", Ldexp, x, cast(z, dtypes.int32))


def gcd(input: Any, other: Any) -> Tensor:
    """The greatest common divisor of integers, never negative; gcd(0, 0) = 0.  Shape: broadcast."""
    return _of_integers("gcd", input, other)


def lcm(input: Any, other: Any) -> Tensor:
    """The least common multiple of integers, never negative.  Shape: broadcast."""
    return _of_integers("lcm", input, other)


def bitwise_and(input: Any, other: Any) -> Tensor:
    """input & other, of integers or bools.  Shape: broadcast."""
    return _of_integers("bitwise_and", input, other, bools=True)


def bitwise_or(input: Any, other: Any) -> Tensor:
    """input | other, of integers or bools.  Shape: broadcast."""
    return _of_integers("bitwise_or", input, other, bools=True)


def bitwise_xor(input: Any, other: Any) -> Tensor:
    """input ^ other, of integers or bools.  Shape: broadcast."""
    return _of_integers("bitwise_xor", input, other, bools=True)


def bitwise_not(input: Any) -> Tensor:
    """~input: of integers −x − 1, of bools the opposite."""
    x = as_operand("bitwise_not", input)
    if x.array.dtype.kind not in "iub":
        raise TypeError(f"bitwise_not: needs an integer or bool dtype, got {x.dtype}.")
    return Tensor._of(on(x.array).as_array(on(x.array).bitwise_not(x.array)))


def bitwise_left_shift(input: Any, other: Any) -> Tensor:
    """input << other, of integers; 0 when all bits are shifted out.  Shape: broadcast."""
    return _of_integers("bitwise_left_shift", input, other)


def bitwise_right_shift(input: Any, other: Any) -> Tensor:
    """input >> other, of integers, keeping the sign.  Shape: broadcast."""
    return _of_integers("bitwise_right_shift", input, other)


def _of_integers(op: str, input: Any, other: Any, bools: bool = False) -> Tensor:
    x, z = _tensors(op, input, other)
    kind = x.array.dtype.kind
    if kind not in "iu" and not (bools and kind == "b"):
        wanted = "integer or bool dtypes" if bools else "integer dtypes"
        raise TypeError(f"{op}: needs {wanted}, got {result_dtype(op, input, other)}. Convert first: x.long().")
    return _plain(op, x, z)


def _plain(op: str, x: Tensor, z: Tensor) -> Tensor:
    """A kernel of two operands that is not differentiable."""
    kernels = on(x.array)
    try:
        return Tensor._of(kernels.as_array(getattr(kernels, op)(x.array, z.array)))
    except ValueError as error:
        raise _broadcast_error(op, error, input=x, other=z) from None


# ---- second names --------------------------------------------------------------------------------------------------

absolute, negative = abs, neg
subtract, multiply, divide = sub, mul, div
arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh
fix, clip = trunc, clamp
conj_physical = conj

__all__ = [
    "abs", "absolute", "acos", "acosh", "add", "addcdiv", "addcmul", "angle", "arccos", "arccosh", "arcsin",
    "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan", "atan2", "atanh", "bitwise_and",
    "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "ceil", "clamp",
    "clamp_max", "clamp_min", "clip", "conj", "conj_physical", "copysign", "cos", "cosh", "deg2rad", "div",
    "divide", "exp", "exp2", "expm1", "fix", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac",
    "frexp", "gcd", "heaviside", "hypot", "is_conj", "is_neg", "lcm", "ldexp", "lerp", "log", "log10", "log1p", "log2",
    "logaddexp",
    "logaddexp2", "maximum", "minimum", "mul", "multiply", "nan_to_num", "neg", "negative", "nextafter", "positive",
    "pow", "rad2deg", "real", "reciprocal", "remainder", "resolve_conj", "resolve_neg", "round", "rsqrt", "rsub",
    "sgn", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "sub", "subtract", "tan", "tanh", "true_divide",
    "trunc", "where",
]  # fmt: skip
