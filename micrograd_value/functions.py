"""Functions of floats that never raise: NumPy's conventions with nothing but the standard library.

`math.exp(1000)` raises, `1.0 / 0.0` raises, `(-8.0) ** (1/3)` is a complex number. In a training loop an infinity or a
nan that can be seen in the graph is worth more than a traceback, so these return what IEEE 754, and NumPy, return.
"""

from __future__ import annotations

import math

INF = math.inf
NAN = math.nan
SQRT_TWO = math.sqrt(2.0)
SQRT_TAU = math.sqrt(2.0 * math.pi)
TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
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
erf = math.erf  # 2/√π ∫₀ˣ e^-t² dt: with erfc = 1 - erf the one special function here; gelu is made of it


def sigmoid(x: float) -> float:
    """1 / (1 + e⁻ˣ), written so that the exponent is never positive and cannot overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def softplus(x: float) -> float:
    """ln(1 + eˣ) as max(x, 0) + ln(1 + e^-|x|): no overflow above, no lost digits below."""
    return (x if x > 0.0 else 0.0) + math.log1p(math.exp(-abs(x)))


def relu(x: float) -> float:
    """max(x, 0); nan stays nan."""
    return 0.0 if x <= 0.0 else x


def leaky_relu(x: float, slope: float) -> float:
    """x above 0, slope·x below."""
    return x * leaky_step(x, slope)


def maximum(a: float, b: float) -> float:
    """The larger of two; nan if either is."""
    return b if b > a or b != b else a


def minimum(a: float, b: float) -> float:
    """The smaller of two; nan if either is."""
    return b if b < a or b != b else a


def normal_cdf(x: float) -> float:
    """Φ(x), the normal distribution function; erfc keeps its digits far below 0, where 1 + erf has none."""
    return 0.5 * math.erfc(-x / SQRT_TWO)


def normal_pdf(x: float) -> float:
    """φ(x) = e^(-x²/2) / √(2π), the normal density: the derivative of Φ."""
    return math.exp(-0.5 * x * x) / SQRT_TAU


# ---- slopes that jump, and products at the edge -------------------------------------------------------------------


def step(x: float) -> float:
    """1 above 0, else 0: the slope of relu."""
    return 1.0 if x > 0.0 else 0.0


def leaky_step(x: float, slope: float) -> float:
    """1 above 0, else `slope`: the slope of leaky_relu."""
    return 1.0 if x > 0.0 else slope


def sign(x: float) -> float:
    """-1, 0 or 1, the slope of |x|; nan stays nan."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x


def share(a: float, b: float) -> float:
    """The part of the gradient of max(a, b) that a gets: 1 or 0, and half at a tie."""
    return 1.0 if a > b else 0.0 if b > a else 0.5


def zero_times(a: float, b: float) -> float:
    """a·b, and 0 where a is 0 even if b is infinite."""
    return 0.0 if a == 0.0 else a * b


def power_slope(x: float, k: float) -> float:
    """d xᵏ/dx = k·xᵏ⁻¹; the slope of x⁰ is 0 even at x = 0, where x⁻¹ is infinite."""
    return zero_times(k, power(x, k - 1.0))


def log_or_zero(x: float) -> float:
    """ln x, and 0 at x = 0: then xᶻ·ln x, the derivative of xᶻ towards z, is 0 there for z ≥ 0, as in the limit."""
    return 0.0 if x == 0.0 else log(x)
