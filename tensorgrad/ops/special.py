"""The error function and the normal distribution, logits and entropies.

The gamma function and its relatives are in gamma.py, Bessel and Airy functions in bessel.py, orthogonal polynomials in
polynomials.py."""

from __future__ import annotations

import math
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..tensor import Tensor, TensorLike
from .bessel import Bessel
from .choose import masked, where
from .compare import eq, ge, le, logical_and, logical_not
from .elementwise import exp, log, log1p
from .pointwise import Unary, broadcast_error, floating_tensors
from .promote import floating, number

_SQRT_PI = math.sqrt(math.pi)
_SQRT_2PI = math.sqrt(2 * math.pi)


# ---- the error function and the normal distribution -----------------------------------------------------------------


class Erf(Unary):
    """2/√π · ∫₀ˣ e^(−t²) dt."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (exp(-x * x) * (2 / _SQRT_PI))


def erf(input: TensorLike) -> Tensor:
    """2/√π · ∫₀ˣ e^(−t²) dt."""
    return Erf()(floating("erf", input))


class Erfc(Unary):
    """1 − erf x, exact where that is tiny."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (exp(-x * x) * (-2 / _SQRT_PI))


def erfc(input: TensorLike) -> Tensor:
    """1 − erf x, exact where that is tiny."""
    return Erfc()(floating("erfc", input))


class Erfcx(Unary):
    """e^(x²)·erfc x."""

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        return grad * (x * out * 2 - 2 / _SQRT_PI)


def erfcx(input: TensorLike) -> Tensor:
    """e^(x²)·erfc x: the tail of erfc without its underflow."""
    return Erfcx()(floating("erfcx", input))


class Erfinv(Unary):
    """The number whose error function is x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (exp(out * out) * (_SQRT_PI / 2))


def erfinv(input: TensorLike) -> Tensor:
    """The number whose error function is x; ±∞ at ±1, nan outside [−1, 1]."""
    return Erfinv()(floating("erfinv", input))


class Ndtr(Unary):
    """Φ(x), the normal distribution function."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (exp(x * x * -0.5) * (1 / _SQRT_2PI))


def ndtr(input: TensorLike) -> Tensor:
    """Φ(x) = ½·erfc(−x/√2), the distribution function of the standard normal."""
    return Ndtr()(floating("ndtr", input))


class Ndtri(Unary):
    """The number at which the normal distribution function is x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (exp(out * out * 0.5) * _SQRT_2PI)


def ndtri(input: TensorLike) -> Tensor:
    """The quantile of the standard normal at probability x; ∓∞ at 0 and 1, nan outside."""
    return Ndtri()(floating("ndtri", input))


class LogNdtr(Unary):
    """ln Φ(x). Its derivative φ/Φ is √(2/π)/erfcx(−x/√2), which does not vanish into 0/0."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (math.sqrt(2 / math.pi) / Erfcx()(x * -math.sqrt(0.5)))


def log_ndtr(input: TensorLike) -> Tensor:
    """ln Φ(x), also where Φ(x) underflows."""
    return LogNdtr()(floating("log_ndtr", input))


# ---- logits and entropies -------------------------------------------------------------------------------------------


class Logit(Unary):
    """ln(x/(1 − x)), for x in [0, 1]."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        inside = logical_and(ge(x, 0), le(x, 1))
        return where(inside, grad / (x * (1 - x)), math.nan)


def logit(input: TensorLike, eps: float | None = None) -> Tensor:
    """ln(x/(1 − x)), the inverse of sigmoid; x is first clamped to [eps, 1 − eps] if eps is given, else nan outside
    [0, 1]."""
    x = floating("logit", input)
    if eps is not None:
        eps = number("logit", "eps", eps)
        x = x.clamp(eps, 1 - eps)
    return Logit()(x)


class Entr(Unary):
    """−x·ln x, 0 at 0, −∞ below."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (-log(x) - 1)


def entr(input: TensorLike) -> Tensor:
    """The entropy −x·ln x; 0 at 0, −∞ below."""
    return Entr()(floating("entr", input))


class Xlogy(Function):
    """x·ln z, 0 where x is 0 unless z is nan."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).xlogy(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        nothing = logical_and(eq(x, 0), le(z, 0))
        gx = masked(grad * log(z), logical_not(nothing)) if self.needs[0] else None
        return gx, grad * (x / z) if self.needs[1] else None


def xlogy(input: TensorLike, other: TensorLike) -> Tensor:
    """input·ln other, 0 where input is 0 (unless other is nan).  Shape: broadcast."""
    return _two("xlogy", Xlogy, input, other)


class Xlog1py(Function):
    """x·ln(1 + z), 0 where x is 0 unless z is nan."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).xlog1py(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        nothing = logical_and(eq(x, 0), le(z, -1))
        gx = masked(grad * log1p(z), logical_not(nothing)) if self.needs[0] else None
        return gx, grad * (x / (z + 1)) if self.needs[1] else None


def xlog1py(input: TensorLike, other: TensorLike) -> Tensor:
    """input·ln(1 + other), 0 where input is 0 (unless other is nan).  Shape: broadcast."""
    return _two("xlog1py", Xlog1py, input, other)


def _two(op: str, cls: type[Function], input: Any, other: Any) -> Tensor:
    x, z = floating_tensors(op, input, other)
    try:
        return cls()(x, z)
    except ValueError as error:
        raise broadcast_error(op, error, input=x, other=z) from None


class Sinc(Unary):
    """sin(πx)/(πx) = j₀(πx)."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (Bessel("j", 1)(x * math.pi) * -math.pi)


def sinc(input: TensorLike) -> Tensor:
    """sin(πx)/(πx), 1 at 0."""
    return Sinc()(floating("sinc", input))


__all__ = [
    "erf", "erfc", "erfinv", "logit", "sinc", "xlogy",
]  # fmt: skip
