"""Unary functions, elementwise: rounding, roots, exponentials, logarithms.

The error function, the gamma function and their relatives are in special.py, angles in trigonometry.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import bump_version, check_writable
from ..kernels import on
from ..kernels.shapes import broadcast, integer, mismatch
from ..printing import Result
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .arithmetic import Div, Mul, Neg
from .choose import masked, zeros_of
from .compare import ne
from .pointwise import Unary, floating_tensors, of_two, tensors
from .promote import as_operand, cast, floating, needs_floating, not_bool, paired

# ---- rounding and signs ---------------------------------------------------------------------------------------------


class PiecewiseConstant(Unary):
    """A function made of steps: its gradient is 0."""

    def backward(self, grad: Tensor) -> Tensor:
        return zeros_of(grad)


def _whole(op: str, cls: type[Function], input: Any) -> Tensor:
    x = not_bool(op, input)
    return cls()(x) if x.array.dtype.kind not in "iu" else Tensor._of(x.array.copy())


class Floor(PiecewiseConstant):
    """⌊x⌋."""


def floor(input: TensorLike) -> Tensor:
    """⌊input⌋, the largest whole number below or at it."""
    return _whole("floor", Floor, input)


class Ceil(PiecewiseConstant):
    """⌈x⌉."""


def ceil(input: TensorLike) -> Tensor:
    """⌈input⌉, the smallest whole number above or at it."""
    return _whole("ceil", Ceil, input)


class Trunc(PiecewiseConstant):
    """x rounded towards zero."""


def trunc(input: TensorLike) -> Tensor:
    """The whole part: rounded towards zero."""
    return _whole("trunc", Trunc, input)


class Round(PiecewiseConstant):
    """x rounded to so many decimals, a half to the even neighbour."""

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    def forward(self, x: Any) -> Any:
        return on(x).round(x, self.decimals)


def round(input: TensorLike, *, decimals: int = 0) -> Tensor:
    """The nearest number of so many decimals (−1: tens), a half to the even neighbour: 0.5 → 0, 1.5 → 2."""
    decimals = integer("round", "decimals", decimals)
    if not -400 <= decimals <= 400:  # 10⁴⁰⁰ is beyond float64
        raise ValueError(f"round: decimals must be from -400 to 400, got {decimals}.")
    if decimals == 0:
        x = not_bool("round", input)
        return Round(0)(x) if x.array.dtype.kind not in "iu" else Tensor._of(x.array.copy())
    return Round(decimals)(needs_floating("round", input))


class Sign(PiecewiseConstant):
    """1, 0 or −1."""


def sign(input: TensorLike) -> Tensor:
    """1 above 0, −1 below, 0 at 0 and for nan."""
    return Sign()(as_operand("sign", input))


def sgn(input: TensorLike) -> Tensor:
    """For real numbers the same as `sign`."""
    return Sign()(as_operand("sgn", input))


class Angle(PiecewiseConstant):
    """0 for x ≥ 0, π below."""


def angle(input: TensorLike) -> Tensor:
    """The angle in the complex plane: π for negative numbers, 0 for others, nan for nan."""
    return Angle()(floating("angle", input))


class Frac(Unary):
    """x − trunc(x)."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad


def frac(input: TensorLike) -> Tensor:
    """input − trunc(input), with the sign of input."""
    return Frac()(needs_floating("frac", input))


class Abs(Unary):
    """|x|; its gradient at 0 is 0."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Sign()(x)


def abs(input: TensorLike) -> Tensor:
    """|input|."""
    return Abs()(not_bool("abs", input))


class Nextafter(Function):
    """The number after x on the way to z, so close that the gradient is x's; 0 where x = z, as PyTorch has it."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).nextafter(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        return masked(grad, ne(x, z)), zeros_of(grad) if self.needs[1] else None


def nextafter(input: TensorLike, other: TensorLike) -> Tensor:
    """The next number of the dtype after input towards other.  Shape: broadcast."""
    x, z = tensors("nextafter", input, other)
    needs_floating("nextafter", x)
    return of_two("nextafter", Nextafter, x, z)


# ---- roots ----------------------------------------------------------------------------------------------------------


class Reciprocal(Unary):
    """1/x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return -grad * (out * out)


def reciprocal(input: TensorLike) -> Tensor:
    """1/input."""
    return Reciprocal()(floating("reciprocal", input))


class Sqrt(Unary):
    """√x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad / (out * 2)


def sqrt(input: TensorLike) -> Tensor:
    """√input; nan below 0."""
    return Sqrt()(floating("sqrt", input))


class Rsqrt(Unary):
    """1/√x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out * out * out * -0.5)


def rsqrt(input: TensorLike) -> Tensor:
    """1/√input."""
    return Rsqrt()(floating("rsqrt", input))


# ---- exponentials and logarithms ------------------------------------------------------------------------------------


class Exp(Unary):
    """eˣ."""

    def forward(self, x: Any) -> Any:
        return on(x).exp(x)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return Mul()(grad, out)


def exp(input: TensorLike) -> Tensor:
    """eˣ."""
    return Exp()(floating("exp", input))


class Exp2(Unary):
    """2ˣ."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out * math.log(2))


def exp2(input: TensorLike) -> Tensor:
    """2ˣ."""
    return Exp2()(floating("exp2", input))


class Expm1(Unary):
    """eˣ − 1, exact for small x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out + 1)


def expm1(input: TensorLike) -> Tensor:
    """eˣ − 1, exact where x is small."""
    return Expm1()(floating("expm1", input))


class Log(Unary):
    """ln x."""

    def forward(self, x: Any) -> Any:
        return on(x).log(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return Div()(grad, x)


def log(input: TensorLike) -> Tensor:
    """ln x; −inf at 0, nan below."""
    return Log()(floating("log", input))


class Log2(Unary):
    """log₂ x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (x * math.log(2))


def log2(input: TensorLike) -> Tensor:
    """log₂ x."""
    return Log2()(floating("log2", input))


class Log10(Unary):
    """log₁₀ x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (x * math.log(10))


def log10(input: TensorLike) -> Tensor:
    """log₁₀ x."""
    return Log10()(floating("log10", input))


class Log1p(Unary):
    """ln(1 + x), exact for small x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (x + 1)


def log1p(input: TensorLike) -> Tensor:
    """ln(1 + x), exact where x is small."""
    return Log1p()(floating("log1p", input))


class Sigmoid(Unary):
    """1/(1 + e⁻ˣ); its gradient is σ(1 − σ)."""

    def formula(self, x: Tensor) -> Tensor:
        return (-x.new_zeros(()).logaddexp(-x)).exp()  # e^(−ln(1 + e⁻ˣ)) does not overflow

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out * (1 - out))

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).sigmoid_backward(grad, out)


def sigmoid(input: TensorLike) -> Tensor:
    """1/(1 + e⁻ˣ)."""
    return Sigmoid()(floating("sigmoid", input))


class Logaddexp(Function):
    """ln(eˣ + eᶻ)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).logaddexp(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        return grad * Sigmoid()(x - z) if self.needs[0] else None, grad * Sigmoid()(z - x) if self.needs[1] else None


def logaddexp(input: TensorLike, other: TensorLike) -> Tensor:
    """ln(eˣ + eᶻ), without overflow.  Shape: broadcast."""
    return of_two("logaddexp", Logaddexp, *floating_tensors("logaddexp", input, other))


class Logaddexp2(Function):
    """log₂(2ˣ + 2ᶻ)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).logaddexp2(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        d = (x - z) * math.log(2)
        return grad * Sigmoid()(d) if self.needs[0] else None, grad * Sigmoid()(-d) if self.needs[1] else None


def logaddexp2(input: TensorLike, other: TensorLike) -> Tensor:
    """log₂(2ˣ + 2ᶻ), without overflow.  Shape: broadcast."""
    return of_two("logaddexp2", Logaddexp2, *floating_tensors("logaddexp2", input, other))


class frexp_result(Result):
    """What `frexp` returns."""

    mantissa: Tensor
    exponent: Tensor


class Frexp(Function):
    """x = mantissa · 2^exponent with ½ ≤ |mantissa| < 1."""

    def forward(self, x: Any) -> Any:
        return on(x).frexp(x)

    def backward(self, grad: Tensor, out: Any) -> Tensor:
        return Ldexp()(grad, Neg()(out[1]))


@in_own_name
def frexp(input: TensorLike) -> frexp_result:
    """mantissa (½ ≤ |m| < 1, or 0) and int32 exponent with input = mantissa · 2^exponent."""
    return frexp_result(*Frexp()(needs_floating("frexp", input)))


class Ldexp(Function):
    """x · 2ᶻ for whole z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).ldexp(x, z)

    def backward(self, grad: Tensor, z: Tensor) -> Any:
        return Ldexp()(grad, z), None


@in_own_name
def ldexp(input: TensorLike, other: TensorLike) -> Tensor:
    """input · 2ᵒ for o in other.  Shape: broadcast.  Integers give the default dtype."""
    z = as_operand("ldexp", other, "other")
    if z.array.dtype.kind not in "iub":
        return of_two("ldexp", Mul, *paired("ldexp", input, exp2(z)))
    x = floating("ldexp", input)
    return of_two("ldexp", Ldexp, x, cast(z, dtypes.int32))


# ---- what leaves real numbers as they are ---------------------------------------------------------------------------


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


# ---- a Python function at every place -------------------------------------------------------------------------------


@in_own_name
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
    bump_version(self, op)
    return self


@in_own_name
def map_(self: Tensor, tensor: Any, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace every number x by callable(x, y), y from a tensor that broadcasts, one Python call each. Not recorded."""
    return _mapped("map_", self, callable, tensor)


@in_own_name
def map2_(self: Tensor, x: TensorLike, y: TensorLike, callable: Callable[[Any, Any, Any], Any]) -> Tensor:
    """Replace every number by callable(number, x, y), x and y from tensors that broadcast. Not recorded."""
    return _mapped("map2_", self, callable, x, y)


# ---- second names ---------------------------------------------------------------------------------------------------

absolute = abs
fix = trunc
conj_physical = conj


__all__ = [
    "abs", "absolute", "angle", "ceil", "conj", "conj_physical", "exp", "exp2", "expm1", "fix", "floor", "frac",
    "frexp", "is_conj", "is_neg", "ldexp", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "nextafter",
    "real", "reciprocal", "resolve_conj", "resolve_neg", "round", "rsqrt", "sgn", "sigmoid", "sign", "sqrt", "trunc",
]  # fmt: skip
