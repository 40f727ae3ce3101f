"""Functions of floats that never raise: NumPy's conventions with nothing but the standard library.

`math.exp(1000)` raises, `1.0 / 0.0` raises, `(-8.0) ** (1/3)` is a complex number. In a training loop an infinity or a
nan that can be seen in the graph is worth more than a traceback, so these return what IEEE 754, and NumPy, return.
"""

from __future__ import annotations

import math

INF = math.inf
NAN = math.nan
LARGEST_EXPONENT = 709.782712893384  # e to anything above this is more than a float64 can hold


def divide(a: float, b: float) -> float:
    """a / b, with 1/0 = inf, -1/0 = -inf (the other way round for -0.0) and 0/0 = nan."""
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a:
        return NAN
    return math.copysign(INF, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    """aᵇ over the reals: 0⁻¹ = inf, (-8)^(1/3) = nan, and what is too large for a float is ±inf."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return -INF if a < 0.0 and math.fmod(b, 2.0) != 0.0 else INF
    except ValueError:  # zero to a negative power, or a negative number to a broken one
        if a != 0.0:
            return NAN
        return math.copysign(INF, a) if abs(math.fmod(b, 2.0)) == 1.0 else INF


def exp(x: float) -> float:
    """eˣ, inf once it no longer fits."""
    return INF if x > LARGEST_EXPONENT else math.exp(x)


def log(x: float) -> float:
    """ln x, with ln 0 = -inf and the logarithm of a negative number nan."""
    if x > 0.0:
        return math.log(x)
    return -INF if x == 0.0 else NAN


def sqrt(x: float) -> float:
    """√x, nan below zero."""
    return math.sqrt(x) if x >= 0.0 else NAN


def sin(x: float) -> float:
    """sin x, nan at ±inf."""
    return math.sin(x) if math.isfinite(x) else NAN


def cos(x: float) -> float:
    """cos x, nan at ±inf."""
    return math.cos(x) if math.isfinite(x) else NAN


tanh = math.tanh
erf = math.erf  # 2/√π ∫₀ˣ e^-t² dt: the one special function here; gelu is made of it


def sigmoid(x: float) -> float:
    """1 / (1 + e⁻ˣ), written so that the exponent is never positive and cannot overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def softplus(x: float) -> float:
    """ln(1 + eˣ) as max(x, 0) + ln(1 + e^-|x|): no overflow above, no lost digits below."""
    return (x if x > 0.0 else 0.0) + math.log1p(math.exp(-abs(x)))


def gelu(x: float) -> float:
    """x·Φ(x), Φ the normal distribution function (Hendrycks & Gimpel, arXiv:1606.08415)."""
    return 0.5 * x * math.erfc(-x / math.sqrt(2.0))


def gelu_slope(x: float) -> float:
    """d gelu/dx = Φ(x) + x·φ(x), φ the normal density."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0)) + x * math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def sign(x: float) -> float:
    """-1, 0 or 1; nan stays nan."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x
