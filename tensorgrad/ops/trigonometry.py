"""Circular and hyperbolic functions and their inverses, and what measures angles."""

from __future__ import annotations

import math
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..tensor import Tensor, TensorLike
from .choose import masked
from .compare import ne
from .elementwise import Reciprocal, Rsqrt
from .pointwise import Unary, floating_tensors, of_two
from .promote import floating


class Sin(Unary):
    """sin x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Cos()(x)


def sin(input: TensorLike) -> Tensor:
    """sin x, x in radians."""
    return Sin()(floating("sin", input))


class Cos(Unary):
    """cos x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * -Sin()(x)


def cos(input: TensorLike) -> Tensor:
    """cos x, x in radians."""
    return Cos()(floating("cos", input))


class Tan(Unary):
    """tan x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (out * out + 1)


def tan(input: TensorLike) -> Tensor:
    """tan x, x in radians."""
    return Tan()(floating("tan", input))


class Asin(Unary):
    """The angle in [−π/2, π/2] whose sine is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Rsqrt()(1 - x * x)


def asin(input: TensorLike) -> Tensor:
    """The angle in [−π/2, π/2] whose sine is x; nan outside [−1, 1]."""
    return Asin()(floating("asin", input))


class Acos(Unary):
    """The angle in [0, π] whose cosine is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * -Rsqrt()(1 - x * x)


def acos(input: TensorLike) -> Tensor:
    """The angle in [0, π] whose cosine is x; nan outside [−1, 1]."""
    return Acos()(floating("acos", input))


class Atan(Unary):
    """The angle in (−π/2, π/2) whose tangent is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (x * x + 1)


def atan(input: TensorLike) -> Tensor:
    """The angle in (−π/2, π/2) whose tangent is x."""
    return Atan()(floating("atan", input))


class Atan2(Function):
    """The angle of the point (z, x)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).atan2(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        square = x * x + z * z
        scaled = grad * masked(Reciprocal()(square), ne(square, 0))
        return scaled * z if self.needs[0] else None, scaled * -x if self.needs[1] else None


def atan2(input: TensorLike, other: TensorLike) -> Tensor:
    """The angle of the point (other, input), in (−π, π].  Shape: broadcast."""
    return of_two("atan2", Atan2, *floating_tensors("atan2", input, other))


class Hypot(Function):
    """√(x² + z²), without overflow on the way."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).hypot(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor, out: Tensor) -> Any:
        return grad * (x / out) if self.needs[0] else None, grad * (z / out) if self.needs[1] else None


def hypot(input: TensorLike, other: TensorLike) -> Tensor:
    """√(input² + other²).  Shape: broadcast."""
    return of_two("hypot", Hypot, *floating_tensors("hypot", input, other))


def deg2rad(input: TensorLike) -> Tensor:
    """Degrees as radians."""
    return floating("deg2rad", input) * (math.pi / 180)


def rad2deg(input: TensorLike) -> Tensor:
    """Radians as degrees."""
    return floating("rad2deg", input) * (180 / math.pi)


class Sinh(Unary):
    """(eˣ − e⁻ˣ)/2."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Cosh()(x)


def sinh(input: TensorLike) -> Tensor:
    """(eˣ − e⁻ˣ)/2."""
    return Sinh()(floating("sinh", input))


class Cosh(Unary):
    """(eˣ + e⁻ˣ)/2."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Sinh()(x)


def cosh(input: TensorLike) -> Tensor:
    """(eˣ + e⁻ˣ)/2."""
    return Cosh()(floating("cosh", input))


class Tanh(Unary):
    """tanh x; its gradient is 1 − tanh² x."""

    def formula(self, x: Tensor) -> Tensor:
        return 1 - 2 * (-x.new_zeros(()).logaddexp(2 * x)).exp()  # 1 − 2/(1 + e²ˣ), without overflow

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (1 - out * out)

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).tanh_backward(grad, out)


def tanh(input: TensorLike) -> Tensor:
    """(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)."""
    return Tanh()(floating("tanh", input))


class Asinh(Unary):
    """The number whose hyperbolic sine is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Rsqrt()(x * x + 1)


def asinh(input: TensorLike) -> Tensor:
    """ln(x + √(x² + 1))."""
    return Asinh()(floating("asinh", input))


class Acosh(Unary):
    """The number from 0 up whose hyperbolic cosine is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Rsqrt()(x * x - 1)


def acosh(input: TensorLike) -> Tensor:
    """ln(x + √(x² − 1)); nan below 1."""
    return Acosh()(floating("acosh", input))


class Atanh(Unary):
    """The number whose hyperbolic tangent is x."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / (1 - x * x)


def atanh(input: TensorLike) -> Tensor:
    """½·ln((1 + x)/(1 − x)); nan outside [−1, 1]."""
    return Atanh()(floating("atanh", input))


# ---- second names ---------------------------------------------------------------------------------------------------

arcsin = asin
arccos = acos
arctan = atan
arctan2 = atan2
arcsinh = asinh
arccosh = acosh
arctanh = atanh


__all__ = [
    "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan",
    "atan2", "atanh", "cos", "cosh", "deg2rad", "hypot", "rad2deg", "sin", "sinh", "tan", "tanh",
]  # fmt: skip
