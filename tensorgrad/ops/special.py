"""The error function, the gamma function, Bessel functions, orthogonal polynomials and their relatives.

They come in families whose derivatives stay inside: Γ → digamma → polygamma, Iₙ → Iₙ₋₁ and Iₙ₊₁, and so on; so every
derivative of any order is again one of these, without a limit to take at 0.
"""

from __future__ import annotations

import math
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import broadcast, integer
from ..tensor import Tensor
from .choose import where
from .compare import eq, ge, gt, isfinite, le, logical_and, logical_not
from .elementwise import Sign, Unary, exp, floating_tensors, log, log1p, masked
from .keywords import also, in_own_name
from .pointwise import broadcast_error
from .promote import NUMBERS, floating, number

_SQRT_PI = math.sqrt(math.pi)
_SQRT_2PI = math.sqrt(2 * math.pi)

# ---- the error function and the normal distribution ----------------------------------------------------------------


class Erf(Unary):
    """2/√π · ∫₀ˣ e^(−t²) dt."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (exp(-x * x) * (2 / _SQRT_PI))


class Erfc(Unary):
    """1 − erf x, exact where that is tiny."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (exp(-x * x) * (-2 / _SQRT_PI))


class Erfcx(Unary):
    """e^(x²)·erfc x."""

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        return grad * (x * out * 2 - 2 / _SQRT_PI)


class Erfinv(Unary):
    """The number whose error function is x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (exp(out * out) * (_SQRT_PI / 2))


class Ndtr(Unary):
    """Φ(x), the normal distribution function."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (exp(x * x * -0.5) * (1 / _SQRT_2PI))


class Ndtri(Unary):
    """The number at which the normal distribution function is x."""

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * (exp(out * out * 0.5) * _SQRT_2PI)


class LogNdtr(Unary):
    """ln Φ(x). Its derivative φ/Φ is √(2/π)/erfcx(−x/√2), which does not vanish into 0/0."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (math.sqrt(2 / math.pi) / Erfcx()(x * -math.sqrt(0.5)))


def erf(input: Any) -> Tensor:
    """2/√π · ∫₀ˣ e^(−t²) dt."""
    return Erf()(floating("erf", input))


def erfc(input: Any) -> Tensor:
    """1 − erf x, exact where that is tiny."""
    return Erfc()(floating("erfc", input))


def erfcx(input: Any) -> Tensor:
    """e^(x²)·erfc x: the tail of erfc without its underflow."""
    return Erfcx()(floating("erfcx", input))


def erfinv(input: Any) -> Tensor:
    """The number whose error function is x; ±∞ at ±1, nan outside [−1, 1]."""
    return Erfinv()(floating("erfinv", input))


def ndtr(input: Any) -> Tensor:
    """Φ(x) = ½·erfc(−x/√2), the distribution function of the standard normal."""
    return Ndtr()(floating("ndtr", input))


def ndtri(input: Any) -> Tensor:
    """The quantile of the standard normal at probability x; ∓∞ at 0 and 1, nan outside."""
    return Ndtri()(floating("ndtri", input))


def log_ndtr(input: Any) -> Tensor:
    """ln Φ(x), also where Φ(x) underflows."""
    return LogNdtr()(floating("log_ndtr", input))


# ---- logarithms ----------------------------------------------------------------------------------------------------


class Logit(Unary):
    """ln(x/(1 − x)), for x in [0, 1]."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        inside = logical_and(ge(x, 0), le(x, 1))
        return where(inside, grad / (x * (1 - x)), math.nan)


class Entr(Unary):
    """−x·ln x, 0 at 0, −∞ below."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (-log(x) - 1)


class Xlogy(Function):
    """x·ln z, 0 where x is 0 unless z is nan."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).xlogy(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        nothing = logical_and(eq(x, 0), le(z, 0))
        gx = masked(grad * log(z), logical_not(nothing)) if self.needs[0] else None
        return gx, grad * (x / z) if self.needs[1] else None


class Xlog1py(Function):
    """x·ln(1 + z), 0 where x is 0 unless z is nan."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).xlog1py(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        nothing = logical_and(eq(x, 0), le(z, -1))
        gx = masked(grad * log1p(z), logical_not(nothing)) if self.needs[0] else None
        return gx, grad * (x / (z + 1)) if self.needs[1] else None


def logit(input: Any, eps: float | None = None) -> Tensor:
    """ln(x/(1 − x)), the inverse of sigmoid; x is first clamped to [eps, 1 − eps] if eps is given, else nan outside
    [0, 1]."""
    x = floating("logit", input)
    if eps is not None:
        eps = number("logit", "eps", eps)
        x = x.clamp(eps, 1 - eps)
    return Logit()(x)


def entr(input: Any) -> Tensor:
    """The entropy −x·ln x; 0 at 0, −∞ below."""
    return Entr()(floating("entr", input))


def xlogy(input: Any, other: Any) -> Tensor:
    """input·ln other, 0 where input is 0 (unless other is nan).  Shape: broadcast."""
    return _two("xlogy", Xlogy, input, other)


def xlog1py(input: Any, other: Any) -> Tensor:
    """input·ln(1 + other), 0 where input is 0 (unless other is nan).  Shape: broadcast."""
    return _two("xlog1py", Xlog1py, input, other)


def _two(op: str, cls: type[Function], input: Any, other: Any) -> Tensor:
    x, z = floating_tensors(op, input, other)
    try:
        return cls()(x, z)
    except ValueError as error:
        raise broadcast_error(op, error, input=x, other=z) from None


# ---- the gamma function --------------------------------------------------------------------------------------------


class Lgamma(Unary):
    """ln |Γ(x)|."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Polygamma(0)(x)


class Polygamma(Function):
    """The n-th derivative of digamma, which is Γ′/Γ."""

    def __init__(self, n: int) -> None:
        self.n = n

    def forward(self, x: Any) -> Any:
        return on(x).polygamma(self.n, x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Polygamma(self.n + 1)(x)


class Gammainc(Function):
    """P(a, x) = 1/Γ(a) · ∫₀ˣ t^(a−1)·e⁻ᵗ dt, or, `upper`, the rest up to 1.

    P = Σ tₙ over n ≥ 0 with tₙ = x^(a+n)·e⁻ˣ/Γ(a + n + 1); so ∂P/∂a = Σ tₙ·(ln x − ψ(a + n + 1)), and ∂P/∂x = t₋₁.
    """

    broadcasts = True

    def __init__(self, upper: bool) -> None:
        self.upper = upper
        self.name = "gammaincc" if upper else "gammainc"  # type: ignore[misc]

    def forward(self, a: Any, x: Any) -> Any:
        return on(x).gammaincc(a, x) if self.upper else on(x).gammainc(a, x)

    def backward(self, grad: Tensor, a: Tensor, x: Tensor) -> Any:
        sign = -1.0 if self.upper else 1.0
        ga = grad * (gammainc_by_a(a, x) * sign) if self.needs[0] else None
        return ga, grad * (exp(xlogy(a - 1, x) - x - lgamma(a)) * sign) if self.needs[1] else None


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


class Zeta(Function):
    """Hurwitz' ζ(s, q) = Σ (k + q)⁻ˢ over k ≥ 0."""

    broadcasts = True

    def forward(self, s: Any, q: Any) -> Any:
        return on(q).zeta(s, q)

    def backward(self, grad: Tensor, s: Tensor, q: Tensor) -> Any:
        gs = grad * _log_series(s, q) if self.needs[0] else None
        return gs, grad * (-s * Zeta()(s + 1, q)) if self.needs[1] else None


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


def lgamma(input: Any) -> Tensor:
    """ln |Γ(x)|; ∞ at 0 and the negative integers."""
    return Lgamma()(floating("lgamma", input))


def digamma(input: Any) -> Tensor:
    """Γ′(x)/Γ(x), the derivative of lgamma."""
    return Polygamma(0)(floating("digamma", input))


def polygamma(n: int, input: Any) -> Tensor:
    """The n-th derivative of digamma, n ≥ 0."""
    if not isinstance(n, int):
        raise TypeError(f"polygamma: n must be an int, got {type(n).__name__}.")
    if n < 0:
        raise ValueError(f"polygamma: n must not be negative, got {n}.")
    return Polygamma(n)(floating("polygamma", input))


def _polygamma_method(self: Tensor, n: int) -> Tensor:
    """The n-th derivative of digamma at this tensor's numbers."""
    return polygamma(n, self)


def multigammaln(input: Any, p: int) -> Tensor:
    """The logarithm of the gamma function of dimension p: p(p − 1)/4·ln π + Σ lgamma(x − (i − 1)/2) over i = 1 … p."""
    p = integer("multigammaln", "p", p)
    if p < 1:
        raise ValueError(f"multigammaln: p must be at least 1, got {p}.")
    x = floating("multigammaln", input)
    total = lgamma(x)
    for i in range(1, p):
        total = total + lgamma(x - i / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


def gammainc(input: Any, other: Any) -> Tensor:
    """1/Γ(a) · ∫₀ˣ t^(a−1)·e⁻ᵗ dt for a = input, x = other.  Shape: broadcast."""
    return _incomplete("gammainc", False, input, other)


def gammaincc(input: Any, other: Any) -> Tensor:
    """1 − gammainc(input, other).  Shape: broadcast."""
    return _incomplete("gammaincc", True, input, other)


def _incomplete(op: str, upper: bool, input: Any, other: Any) -> Tensor:
    a, x = floating_tensors(op, input, other)
    try:
        return Gammainc(upper)(a, x)
    except ValueError as error:
        raise broadcast_error(op, error, input=a, other=x) from None


def zeta(input: Any, other: Any) -> Tensor:
    """Hurwitz' zeta function Σ (k + other)^(−input) over k ≥ 0, for input > 1.  Shape: broadcast."""
    return _two("zeta", Zeta, input, other)


# ---- Bessel functions ----------------------------------------------------------------------------------------------


class Bessel(Function):
    """A Bessel function of order n ≥ 0. `kind` is J, Y (oscillating), I, K (growing, decaying), Ie, Ke (the same
    without the exponential: e^(−|x|)·I, eˣ·K) or j (spherical).

    Jₙ′ = (Jₙ₋₁ − Jₙ₊₁)/2, and so for Y; Iₙ′ = (Iₙ₋₁ + Iₙ₊₁)/2; Kₙ′ = −(Kₙ₋₁ + Kₙ₊₁)/2;
    jₙ′ = (n·jₙ₋₁ − (n + 1)·jₙ₊₁)/(2n + 1).
    """

    def __init__(self, kind: str, n: int) -> None:
        self.kind, self.n = kind, n
        self.name = f"bessel_{kind}{n}"  # type: ignore[misc]

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


class AiryAi(Unary):
    """Ai(x)."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * AiryAiPrime()(x)


class AiryAiPrime(Unary):
    """Ai′(x); Ai″ = x·Ai."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (x * AiryAi()(x))


class Sinc(Unary):
    """sin(πx)/(πx) = j₀(πx)."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (Bessel("j", 1)(x * math.pi) * -math.pi)


@also(x="input")
def airy_ai(input: Any) -> Tensor:
    """Airy's function Ai, the decaying solution of y″ = x·y."""
    return AiryAi()(floating("airy_ai", input))


def bessel_j0(input: Any) -> Tensor:
    """J₀, the Bessel function of the first kind of order 0."""
    return Bessel("J", 0)(floating("bessel_j0", input))


def bessel_j1(input: Any) -> Tensor:
    """J₁, the Bessel function of the first kind of order 1."""
    return Bessel("J", 1)(floating("bessel_j1", input))


def bessel_y0(input: Any) -> Tensor:
    """Y₀, the Bessel function of the second kind of order 0; −∞ at 0, nan below."""
    return Bessel("Y", 0)(floating("bessel_y0", input))


def bessel_y1(input: Any) -> Tensor:
    """Y₁, the Bessel function of the second kind of order 1; −∞ at 0, nan below."""
    return Bessel("Y", 1)(floating("bessel_y1", input))


def i0(input: Any) -> Tensor:
    """I₀, the modified Bessel function of the first kind of order 0."""
    return Bessel("I", 0)(floating("i0", input))


def i1(input: Any) -> Tensor:
    """I₁, the modified Bessel function of the first kind of order 1."""
    return Bessel("I", 1)(floating("i1", input))


def i0e(input: Any) -> Tensor:
    """e^(−|x|)·I₀(x)."""
    return Bessel("Ie", 0)(floating("i0e", input))


def i1e(input: Any) -> Tensor:
    """e^(−|x|)·I₁(x)."""
    return Bessel("Ie", 1)(floating("i1e", input))


def modified_bessel_k0(input: Any) -> Tensor:
    """K₀, the modified Bessel function of the second kind of order 0; ∞ at 0, nan below."""
    return Bessel("K", 0)(floating("modified_bessel_k0", input))


def modified_bessel_k1(input: Any) -> Tensor:
    """K₁, the modified Bessel function of the second kind of order 1; ∞ at 0, nan below."""
    return Bessel("K", 1)(floating("modified_bessel_k1", input))


@also(x="input")
def scaled_modified_bessel_k0(input: Any) -> Tensor:
    """eˣ·K₀(x)."""
    return Bessel("Ke", 0)(floating("scaled_modified_bessel_k0", input))


@also(x="input")
def scaled_modified_bessel_k1(input: Any) -> Tensor:
    """eˣ·K₁(x)."""
    return Bessel("Ke", 1)(floating("scaled_modified_bessel_k1", input))


@also(x="input")
def spherical_bessel_j0(input: Any) -> Tensor:
    """j₀(x) = sin(x)/x, 1 at 0."""
    return Bessel("j", 0)(floating("spherical_bessel_j0", input))


def sinc(input: Any) -> Tensor:
    """sin(πx)/(πx), 1 at 0."""
    return Sinc()(floating("sinc", input))


# ---- orthogonal polynomials ----------------------------------------------------------------------------------------


def _polynomial(op: str, input: Any, n: Any, first: Any, step: Any) -> Tensor:
    """P of degree n at x, n whole (a fraction is cut off), 0 for negative n, and where n is no number.  Shape: broadcast.

    From P₀ = 1 and P₁ = first(x) upwards by Pₖ₊₁ = step(k, x, Pₖ, Pₖ₋₁): plain operations, so it can be differentiated.
    """
    x, degree = floating_tensors(op, input, n)
    degree = degree.detach().trunc().nan_to_num(-1, -1, -1)
    broadcast(op, input=x.array.shape, n=degree.array.shape)
    before, here = x * 0 + 1, first(x)
    total = where(eq(degree, 0), before, 0.0)
    highest = int(degree.array.max()) if degree.array.size else 0
    for k in range(1, highest + 1):
        total = where(eq(degree, k), here, total)
        before, here = here, step(k, x, here, before)
    return total


def _chebyshev(k: int, x: Tensor, here: Tensor, before: Tensor) -> Tensor:
    return x * here * 2 - before


@also(x="input")
def chebyshev_polynomial_t(input: Any, n: Any) -> Tensor:
    """Tₙ(x) = cos(n·arccos x).  Shape: broadcast."""
    return _polynomial("chebyshev_polynomial_t", input, n, lambda x: x, _chebyshev)


@also(x="input")
def chebyshev_polynomial_u(input: Any, n: Any) -> Tensor:
    """Uₙ(x) = sin((n + 1)·θ)/sin θ for x = cos θ.  Shape: broadcast."""
    return _polynomial("chebyshev_polynomial_u", input, n, lambda x: x * 2, _chebyshev)


@also(x="input")
def chebyshev_polynomial_v(input: Any, n: Any) -> Tensor:
    """Vₙ(x) = cos((n + ½)·θ)/cos(θ/2) for x = cos θ.  Shape: broadcast."""
    return _polynomial("chebyshev_polynomial_v", input, n, lambda x: x * 2 - 1, _chebyshev)


@also(x="input")
def chebyshev_polynomial_w(input: Any, n: Any) -> Tensor:
    """Wₙ(x) = sin((n + ½)·θ)/sin(θ/2) for x = cos θ.  Shape: broadcast."""
    return _polynomial("chebyshev_polynomial_w", input, n, lambda x: x * 2 + 1, _chebyshev)


@also(x="input")
@in_own_name
def shifted_chebyshev_polynomial_t(input: Any, n: Any) -> Tensor:
    """Tₙ(2x − 1).  Shape: broadcast."""
    return chebyshev_polynomial_t(_shifted("shifted_chebyshev_polynomial_t", input), n)


@also(x="input")
@in_own_name
def shifted_chebyshev_polynomial_u(input: Any, n: Any) -> Tensor:
    """Uₙ(2x − 1).  Shape: broadcast."""
    return chebyshev_polynomial_u(_shifted("shifted_chebyshev_polynomial_u", input), n)


@also(x="input")
@in_own_name
def shifted_chebyshev_polynomial_v(input: Any, n: Any) -> Tensor:
    """Vₙ(2x − 1).  Shape: broadcast."""
    return chebyshev_polynomial_v(_shifted("shifted_chebyshev_polynomial_v", input), n)


@also(x="input")
@in_own_name
def shifted_chebyshev_polynomial_w(input: Any, n: Any) -> Tensor:
    """Wₙ(2x − 1).  Shape: broadcast."""
    return chebyshev_polynomial_w(_shifted("shifted_chebyshev_polynomial_w", input), n)


def _shifted(op: str, input: Any) -> Any:
    return input * 2 - 1 if isinstance(input, NUMBERS) else floating(op, input) * 2 - 1


@also(x="input")
def hermite_polynomial_h(input: Any, n: Any) -> Tensor:
    """Hₙ, orthogonal under e^(−x²) (the physicists').  Shape: broadcast."""
    op = "hermite_polynomial_h"
    return _polynomial(op, input, n, lambda x: x * 2, lambda k, x, here, before: (x * here - before * k) * 2)


@also(x="input")
def hermite_polynomial_he(input: Any, n: Any) -> Tensor:
    """Heₙ, orthogonal under e^(−x²/2) (the probabilists').  Shape: broadcast."""
    op = "hermite_polynomial_he"
    return _polynomial(op, input, n, lambda x: x, lambda k, x, here, before: x * here - before * k)


@also(x="input")
def laguerre_polynomial_l(input: Any, n: Any) -> Tensor:
    """Lₙ, orthogonal under e⁻ˣ.  Shape: broadcast."""
    op = "laguerre_polynomial_l"

    def step(k: int, x: Tensor, here: Tensor, before: Tensor) -> Tensor:
        return ((2 * k + 1 - x) * here - before * k) / (k + 1)

    return _polynomial(op, input, n, lambda x: 1 - x, step)


@also(x="input")
def legendre_polynomial_p(input: Any, n: Any) -> Tensor:
    """Pₙ, orthogonal on [−1, 1].  Shape: broadcast."""
    op = "legendre_polynomial_p"

    def step(k: int, x: Tensor, here: Tensor, before: Tensor) -> Tensor:
        return (x * here * (2 * k + 1) - before * k) / (k + 1)

    return _polynomial(op, input, n, lambda x: x, step)


# ---- second names --------------------------------------------------------------------------------------------------

mvlgamma, gammaln, psi = multigammaln, lgamma, digamma
igamma, igammac = gammainc, gammaincc
modified_bessel_i0, modified_bessel_i1 = i0, i1

__all__ = [
    "digamma", "erf", "erfc", "erfinv", "i0", "igamma", "igammac", "lgamma", "logit", "mvlgamma", "polygamma", "sinc",
    "xlogy",
]  # fmt: skip
