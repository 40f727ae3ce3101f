"""Bessel and Airy functions."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..autograd.node import Name
from ..kernels import on
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .elementwise import Sign
from .keywords import also
from .pointwise import Unary
from .promote import floating


class Bessel(Function):
    """A Bessel function of order n ≥ 0. `kind` is J, Y (oscillating), I, K (growing, decaying), Ie, Ke (the same
    without the exponential: e^(−|x|)·I, eˣ·K) or j (spherical).

    Jₙ′ = (Jₙ₋₁ − Jₙ₊₁)/2, and so for Y; Iₙ′ = (Iₙ₋₁ + Iₙ₊₁)/2; Kₙ′ = −(Kₙ₋₁ + Kₙ₊₁)/2;
    jₙ′ = (n·jₙ₋₁ − (n + 1)·jₙ₊₁)/(2n + 1).
    """

    def __init__(self, kind: str, n: int) -> None:
        self.kind, self.n = kind, n
        self.name = Name(f"bessel_{kind}{n}")  # type: ignore[misc]

    def forward(self, x: Any) -> Any:
        return on(x).bessel(self.kind, self.n, x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        kind, n = self.kind, self.n
        after = Bessel(kind, n + 1)(x)
        if kind == "j":
            before = Bessel(kind, n - 1)(x) * n if n else 0
            return grad * ((before - after * (n + 1)) * (1 / (2 * n + 1)))
        before = Bessel(kind, abs(n - 1))(x)
        if kind in "JY":
            return grad * ((before - after) * 0.5 if n else -after)
        if kind == "I":
            return grad * ((before + after) * 0.5)
        if kind == "K":
            return grad * ((before + after) * -0.5)
        here = Bessel(kind, n)(x)
        if kind == "Ie":
            return grad * ((before + after) * 0.5 - Sign()(x) * here)
        return grad * (here - (before + after) * 0.5)


def bessel_j0(input: TensorLike) -> Tensor:
    """J₀, the Bessel function of the first kind of order 0."""
    return Bessel("J", 0)(floating("bessel_j0", input))


def bessel_j1(input: TensorLike) -> Tensor:
    """J₁, the Bessel function of the first kind of order 1."""
    return Bessel("J", 1)(floating("bessel_j1", input))


def bessel_y0(input: TensorLike) -> Tensor:
    """Y₀, the Bessel function of the second kind of order 0; −∞ at 0, nan below."""
    return Bessel("Y", 0)(floating("bessel_y0", input))


def bessel_y1(input: TensorLike) -> Tensor:
    """Y₁, the Bessel function of the second kind of order 1; −∞ at 0, nan below."""
    return Bessel("Y", 1)(floating("bessel_y1", input))


@in_own_name
def i0(input: TensorLike) -> Tensor:
    """I₀, the modified Bessel function of the first kind of order 0."""
    return Bessel("I", 0)(floating("i0", input))


def i1(input: TensorLike) -> Tensor:
    """I₁, the modified Bessel function of the first kind of order 1."""
    return Bessel("I", 1)(floating("i1", input))


def i0e(input: TensorLike) -> Tensor:
    """e^(−|x|)·I₀(x)."""
    return Bessel("Ie", 0)(floating("i0e", input))


def i1e(input: TensorLike) -> Tensor:
    """e^(−|x|)·I₁(x)."""
    return Bessel("Ie", 1)(floating("i1e", input))


def modified_bessel_k0(input: TensorLike) -> Tensor:
    """K₀, the modified Bessel function of the second kind of order 0; ∞ at 0, nan below."""
    return Bessel("K", 0)(floating("modified_bessel_k0", input))


def modified_bessel_k1(input: TensorLike) -> Tensor:
    """K₁, the modified Bessel function of the second kind of order 1; ∞ at 0, nan below."""
    return Bessel("K", 1)(floating("modified_bessel_k1", input))


@also(x="input")
def scaled_modified_bessel_k0(input: TensorLike) -> Tensor:
    """eˣ·K₀(x)."""
    return Bessel("Ke", 0)(floating("scaled_modified_bessel_k0", input))


@also(x="input")
def scaled_modified_bessel_k1(input: TensorLike) -> Tensor:
    """eˣ·K₁(x)."""
    return Bessel("Ke", 1)(floating("scaled_modified_bessel_k1", input))


@also(x="input")
def spherical_bessel_j0(input: TensorLike) -> Tensor:
    """j₀(x) = sin(x)/x, 1 at 0."""
    return Bessel("j", 0)(floating("spherical_bessel_j0", input))


class AiryAi(Unary):
    """Ai(x)."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * AiryAiPrime()(x)


class AiryAiPrime(Unary):
    """Ai′(x); Ai″ = x·Ai."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (x * AiryAi()(x))


@also(x="input")
def airy_ai(input: TensorLike) -> Tensor:
    """Airy's function Ai, the decaying solution of y″ = x·y."""
    return AiryAi()(floating("airy_ai", input))


# ---- second names ---------------------------------------------------------------------------------------------------

modified_bessel_i0 = i0
modified_bessel_i1 = i1


__all__ = [
    "i0",
]  # fmt: skip
