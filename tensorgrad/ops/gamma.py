"""The gamma function and what is built of it."""

from __future__ import annotations

import math
from typing import Any

from ..autograd.function import Function
from ..autograd.node import Name
from ..kernels import on
from ..kernels.shapes import fits, integer
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .choose import where
from .compare import gt, isfinite, logical_and
from .elementwise import exp, log
from .pointwise import Unary, broadcast_error, floating_tensors
from .promote import floating
from .special import _two, xlogy


class Lgamma(Unary):
    """ln |Γ(x)|."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Polygamma(0)(x)


def lgamma(input: TensorLike) -> Tensor:
    """ln |Γ(x)|; ∞ at 0 and the negative integers."""
    return Lgamma()(floating("lgamma", input))


class Polygamma(Function):
    """The n-th derivative of digamma, which is Γ′/Γ."""

    def __init__(self, n: int) -> None:
        self.n = n

    def forward(self, x: Any) -> Any:
        return on(x).polygamma(self.n, x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Polygamma(self.n + 1)(x)


def digamma(input: TensorLike) -> Tensor:
    """Γ′(x)/Γ(x), the derivative of lgamma."""
    return Polygamma(0)(floating("digamma", input))


@in_own_name
def polygamma(n: int, input: TensorLike) -> Tensor:
    """The n-th derivative of digamma, n ≥ 0."""
    if not isinstance(n, int):
        raise TypeError(f"polygamma: n must be an int, got {type(n).__name__}.")
    if n < 0:
        raise ValueError(f"polygamma: n must not be negative, got {n}.")
    return Polygamma(n)(floating("polygamma", input))


def _polygamma_method(self: Tensor, n: int) -> Tensor:
    """The n-th derivative of digamma at this tensor's numbers."""
    return polygamma(n, self)


@in_own_name
def multigammaln(input: TensorLike, p: int) -> Tensor:
    """The logarithm of the gamma function of dimension p: p(p − 1)/4·ln π + Σ lgamma(x − (i − 1)/2) over i = 1 … p."""
    p = integer("multigammaln", "p", p)
    if p < 1:
        raise ValueError(f"multigammaln: p must be at least 1, got {p}.")
    x = floating("multigammaln", input)
    fits("multigammaln", (p, x.array.size + 100), x.array.itemsize, "logarithms")
    total = lgamma(x)
    for i in range(1, p):
        total = total + lgamma(x - i / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


class Gammainc(Function):
    """P(a, x) = 1/Γ(a) · ∫₀ˣ t^(a−1)·e⁻ᵗ dt, or, `upper`, the rest up to 1.

    P = Σ tₙ over n ≥ 0 with tₙ = x^(a+n)·e⁻ˣ/Γ(a + n + 1); so ∂P/∂a = Σ tₙ·(ln x − ψ(a + n + 1)), and ∂P/∂x = t₋₁.
    """

    broadcasts = True

    def __init__(self, upper: bool) -> None:
        self.upper = upper
        self.name = Name("gammaincc" if upper else "gammainc")  # type: ignore[misc]

    def forward(self, a: Any, x: Any) -> Any:
        return on(x).gammaincc(a, x) if self.upper else on(x).gammainc(a, x)

    def backward(self, grad: Tensor, a: Tensor, x: Tensor) -> Any:
        sign = -1.0 if self.upper else 1.0
        ga = grad * (gammainc_by_a(a, x) * sign) if self.needs[0] else None
        return ga, grad * (exp(xlogy(a - 1, x) - x - lgamma(a)) * sign) if self.needs[1] else None


def gammainc(input: TensorLike, other: TensorLike) -> Tensor:
    """1/Γ(a) · ∫₀ˣ t^(a−1)·e⁻ᵗ dt for a = input, x = other.  Shape: broadcast."""
    return _incomplete("gammainc", False, input, other)


def gammaincc(input: TensorLike, other: TensorLike) -> Tensor:
    """1 − gammainc(input, other).  Shape: broadcast."""
    return _incomplete("gammaincc", True, input, other)


def _incomplete(op: str, upper: bool, input: Any, other: Any) -> Tensor:
    a, x = floating_tensors(op, input, other)
    try:
        return Gammainc(upper)(a, x)
    except ValueError as error:
        raise broadcast_error(op, error, input=a, other=x) from None


def gammainc_by_a(a: Tensor, x: Tensor) -> Tensor:
    """∂P(a, x)/∂a. The terms are largest where n is near x − a, and fall off from there as a bell of width √x."""
    within = logical_and(gt(x, 0), isfinite(x))
    x = where(within, x, 1.0)
    largest = float(x.array.max()) if x.array.size else 0.0
    total = x * 0
    for n in range(int(largest + 12 * math.sqrt(largest)) + 40):
        term = exp(xlogy(a + n, x) - x - lgamma(a + (n + 1)))
        total = total + term * (log(x) - digamma(a + (n + 1)))
    return where(within, total, 0.0)


def _log_series(s: Tensor, q: Tensor) -> Tensor:
    """∂ζ(s, q)/∂s = −Σ ln(k + q)·(k + q)⁻ˢ: nine terms, and the rest by Euler and Maclaurin, whose terms are the
    derivatives of ln(t)·t⁻ˢ at t = q + 9."""
    total = q * 0
    for k in range(9):
        total = total - log(q + k) * (q + k) ** -s
    t, power = q + 9, (q + 9) ** -s
    total = total - power * (t * (log(t) * (s - 1) + 1) / ((s - 1) * (s - 1)) + log(t) * 0.5)
    rising, slope = s, s * 0 + 1  # s·(s + 1)·…, and its derivative
    for j, b in enumerate((1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600)):
        power = power / t if j == 0 else power / (t * t)
        total = total + power * (slope - rising * log(t)) * b
        for m in (2 * j + 1, 2 * j + 2):
            rising, slope = rising * (s + m), slope * (s + m) + rising
    return total


class Zeta(Function):
    """Hurwitz' ζ(s, q) = Σ (k + q)⁻ˢ over k ≥ 0."""

    broadcasts = True

    def forward(self, s: Any, q: Any) -> Any:
        return on(q).zeta(s, q)

    def backward(self, grad: Tensor, s: Tensor, q: Tensor) -> Any:
        gs = grad * _log_series(s, q) if self.needs[0] else None
        return gs, grad * (-s * Zeta()(s + 1, q)) if self.needs[1] else None


def zeta(input: TensorLike, other: TensorLike) -> Tensor:
    """Hurwitz' zeta function Σ (k + other)^(−input) over k ≥ 0, for input > 1.  Shape: broadcast."""
    return _two("zeta", Zeta, input, other)


# ---- second names ---------------------------------------------------------------------------------------------------

mvlgamma = multigammaln
gammaln = lgamma
psi = digamma
igamma = gammainc
igammac = gammaincc


__all__ = [
    "digamma", "igamma", "igammac", "lgamma", "mvlgamma", "polygamma",
]  # fmt: skip
