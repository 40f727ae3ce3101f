"""Arithmetic of two tensors, or of a tensor and a number, at every place: + − · / ** % and their relatives.

What chooses between two values is in choose.py, unary functions in elementwise.py."""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import check_writable, saved_operand, store_checked
from ..kernels import on
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .assign import within_range
from .choose import masked, zeros_of
from .compare import eq, ge, logical_and, logical_not, ne
from .keywords import factors_first, renamed
from .pointwise import broadcast_error, of_two
from .promote import (
    NUMBERS,
    as_operand,
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


def _any(x: Any) -> bool:
    return not isinstance(x, Tensor) or x.array.size > 0


# ---- sums and differences -------------------------------------------------------------------------------------------


class Add(Function):
    """x + z. (As for all arithmetic: 16-bit floats, and a number in front of them, go by way of a kernel.)"""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return x + z if getattr(x, "itemsize", 2) != 2 else on(x).add(x, z)

    def backward(self, grad: Tensor) -> Any:
        return grad, grad


def add(input: TensorLike, other: TensorLike, *older: Any, alpha: Any = 1) -> Tensor:
    """input + alpha · other.  Shape: broadcast.  PyTorch's older order, `add(input, alpha, other)`, is taken as well."""
    if older:
        other, alpha = _alpha_last("add", other, older)
    x, z = paired("add", input, other)
    if type(alpha) is not int or alpha != 1:
        z = _times(z, alpha, "add", x, z)
    try:
        return Add()(x, z)
    except ValueError as error:
        raise broadcast_error("add", error, input=x, other=z) from None


def _times(t: Any, alpha: Any, op: str, x: Any, z: Any) -> Any:
    """alpha · t, in t's own dtype."""
    alpha = number(op, "alpha", alpha)
    kind = result_dtype(op, x, z).category
    if kind == dtypes.BOOL:
        alpha = bool(alpha)
    elif kind == dtypes.INTEGER and not isinstance(python_number(alpha), int):
        raise TypeError(f"{op}: alpha must be a whole number for integer tensors, got {alpha!r}.")
    return mul(t, alpha) if isinstance(t, Tensor) else t * alpha


def _alpha_last(op: str, alpha: Any, other: tuple[Any, ...]) -> tuple[Any, Any]:
    """`factors_first` without its cost for every addition."""
    if len(other) != 1 or not isinstance(other[0], Tensor):
        raise TypeError(f"{op}: takes input and other, and alpha by keyword; got {len(other) + 2} arguments.")
    return other[0], alpha


class Sub(Function):
    """x − z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return x - z if getattr(x, "itemsize", 2) != 2 else on(x).sub(x, z)

    def backward(self, grad: Tensor) -> Any:
        return grad, Neg()(grad) if self.needs[1] else None


def sub(input: TensorLike, other: TensorLike, *older: Any, alpha: Any = 1) -> Tensor:
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
        raise broadcast_error("sub", error, input=x, other=z) from None
    except TypeError:  # two bool tensors: NumPy has found it
        _no_bools(input, other)
        raise


def rsub(input: TensorLike, other: TensorLike, *, alpha: Any = 1) -> Tensor:
    """other − alpha · input.  Shape: broadcast."""
    try:
        return sub(other, input, alpha=alpha)
    except (TypeError, ValueError) as error:
        raise renamed("rsub", error) from None


def _no_bools(*operands: Any) -> None:
    for x in operands:
        if as_operand("sub", x, "each operand").array.dtype.kind == "b":
            raise TypeError("sub: not for bool tensors. The difference of two masks is x ^ z, the opposite of one ~x.")


class Neg(Function):
    """−x."""

    def forward(self, x: Any) -> Any:
        return -x

    def backward(self, grad: Tensor) -> Tensor:
        return Neg()(grad)


def neg(input: TensorLike) -> Tensor:
    """−input."""
    return Neg()(not_bool("neg", input, "The opposite of a mask is ~x, or logical_not(x)."))


def positive(input: TensorLike) -> Tensor:
    """+input: the tensor itself."""
    return not_bool("positive", input)


# ---- products -------------------------------------------------------------------------------------------------------


class Mul(Function):
    """x · z."""

    broadcasts = True
    serves = {"x": "z", "z": "x"}

    def forward(self, x: Any, z: Any) -> Any:
        return x * z if getattr(x, "itemsize", 2) != 2 else on(x).mul(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return None if z is None else Mul()(grad, z), None if x is None else Mul()(grad, x)


class Scale(Function):
    """x · z for a number z: there is nothing to save. In 16 bits the number may be any: it is not rounded to them."""

    name = "mul"

    def __init__(self, z: float) -> None:
        self.z = z

    def forward(self, x: Any) -> Any:
        return x * self.z if x.itemsize > 2 else on(x).mul(x, self.z)

    def backward(self, grad: Tensor) -> Tensor:
        return Scale(self.z)(grad)


def mul(input: TensorLike, other: TensorLike) -> Tensor:
    """input · other.  Shape: broadcast."""
    x, z = paired("mul", input, other)
    if type(z) is float or type(z) is int:
        return Scale(z)(x)
    try:
        return Mul()(x, z)
    except ValueError as error:
        raise broadcast_error("mul", error, input=x, other=z) from None


def rmul(input: Tensor, other: Any) -> Tensor:
    """other · input; a list or a string is repeated."""
    return NotImplemented if isinstance(other, (list, tuple, str, bytes)) else mul(input, other)


def square(input: TensorLike) -> Tensor:
    """input²."""
    return pow(input if isinstance(input, Tensor) else as_operand("square", input), 2)


# ---- quotients ------------------------------------------------------------------------------------------------------


class Div(Function):
    """x / z."""

    broadcasts = True
    serves = {"x": "z"}

    def forward(self, x: Any, z: Any) -> Any:
        return x / z if getattr(x, "itemsize", 2) != 2 else on(x).div(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        gx = grad / z
        return gx, None if x is None else -gx * (x / z)


class DivBy(Function):
    """x / z for a number z: there is nothing to save."""

    name = "div"

    def __init__(self, z: float) -> None:
        self.z = z

    def forward(self, x: Any) -> Any:
        return x / self.z if x.itemsize > 2 else on(x).div(x, self.z)

    def backward(self, grad: Tensor) -> Tensor:
        return DivBy(self.z)(grad)


def div(input: TensorLike, other: TensorLike, *, rounding_mode: str | None = None) -> Tensor:
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
        raise broadcast_error("div", error, input=x, other=z) from None


@in_own_name
def true_divide(input: TensorLike, other: TensorLike) -> Tensor:
    """input / other."""
    return div(input, other)


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


def floor_divide(input: TensorLike, other: TensorLike) -> Tensor:
    """⌊input / other⌋, as Python's //.  Shape: broadcast.  Dividing integers by 0 is a ValueError."""
    return _rounded("floor_divide", input, other, "floor")


def _rounded(op: str, input: Any, other: Any, mode: str) -> Tensor:
    x, z = _whole_pair(op, input, other)
    try:
        return Rounded(mode)(x, z)
    except ValueError as error:
        raise broadcast_error(op, error, input=x, other=z) from None


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


class Remainder(Function):
    """x − z·⌊x/z⌋."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(z if isinstance(x, NUMBERS) else x).remainder(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return grad, -grad * Rounded("floor")(x, z) if self.needs[1] else None


def remainder(input: TensorLike, other: TensorLike) -> Tensor:
    """input − other·⌊input/other⌋, as Python's %: it has the sign of `other`.  Shape: broadcast."""
    return of_two("remainder", Remainder, *_whole_pair("remainder", input, other))


class Fmod(Function):
    """x − z·trunc(x/z)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(z if isinstance(x, NUMBERS) else x).fmod(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return grad, -grad * Rounded("trunc")(x, z) if self.needs[1] else None


def fmod(input: TensorLike, other: TensorLike) -> Tensor:
    """input − other·trunc(input/other), as C's fmod: it has the sign of `input`.  Shape: broadcast."""
    return of_two("fmod", Fmod, *_whole_pair("fmod", input, other))


# ---- powers ---------------------------------------------------------------------------------------------------------


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
                gz = masked(grad * (pow(x, z) * x.log()), logical_not(logical_and(eq(x, 0), ge(z, 0))))
            elif x == 0:
                gz = masked(grad * (pow(x, z) * -math.inf), logical_not(ge(z, 0)))
            else:
                gz = grad * (pow(x, z) * (math.log(x) if x > 0 else math.nan))
        return gx, gz


def pow(input: TensorLike, exponent: Any) -> Tensor:
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
    return of_two("pow", Pow, x, z)


def float_power(input: TensorLike, exponent: Any) -> Tensor:
    """inputᵉ, computed in float64.  Shape: broadcast."""
    return of_two(
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
    return store_checked(self, float_power(saved_operand(self, exponent), exponent), "float_power_")


# ---- three operands -------------------------------------------------------------------------------------------------


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


def lerp(input: TensorLike, end: TensorLike, weight: TensorLike) -> Tensor:
    """input + weight·(end − input), weight a number or a tensor.  Shape: broadcast."""
    x, z = needs_floating("lerp", input), needs_floating("lerp", end, "end")
    w = python_number(weight) if isinstance(weight, NUMBERS) else as_operand("lerp", weight, "weight")
    same_dtype("lerp", input=x, end=z, **({"weight": w} if isinstance(w, Tensor) else {}))
    try:
        return Lerp()(x, z, w)
    except ValueError as error:
        raise broadcast_error("lerp", error, input=x, end=z, weight=w) from None


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


@factors_first("value", tensors=2)
def addcmul(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: Any = 1) -> Tensor:
    """input + value · tensor1 · tensor2.  Shape: broadcast."""
    dtype, value = result_dtype("addcmul", input, tensor1, tensor2), number("addcmul", "value", value)
    if not dtype.is_floating_point and isinstance(value, float):
        raise TypeError(f"addcmul: value must be a whole number for integer tensors, got {value!r}.")
    return _adding("addcmul", Addcmul(value), dtype, input, tensor1, tensor2)


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


@factors_first("value", tensors=2)
def addcdiv(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: Any = 1) -> Tensor:
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
        raise broadcast_error(op, error, input=x, tensor1=a, tensor2=b) from None


# ---- second names ---------------------------------------------------------------------------------------------------

subtract, multiply, divide, negative = sub, mul, div, neg

__all__ = [
    "add", "addcdiv", "addcmul", "div", "divide", "float_power", "floor_divide", "fmod", "lerp", "mul", "multiply",
    "neg", "negative", "positive", "pow", "remainder", "rsub", "square", "sub", "subtract", "true_divide",
]  # fmt: skip
