"""Random arrays. They are built from four of NumPy's streams (uniform, normal, exponential, whole numbers) by exactly
rounded arithmetic, so that a seed gives the same numbers on every platform; where a logarithm or an exponential is
needed as well (log_normal, geometric, poisson, binomial), as far as that of the platform does.

`rng` is a `numpy.random.Generator`, and comes first; `dtype` is a NumPy dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Shape = tuple[int, ...]


def _drawn_in(dtype: Any) -> Any:
    """The dtype to draw in: NumPy's streams give float32 and float64."""
    return np.dtype(np.float64) if dtype == np.float64 else np.dtype(np.float32)


def unit(rng: Any, shape: Shape, dtype: Any) -> Any:
    """Uniform in [0, 1). 16-bit floats are multiples of their ε, so that none is rounded up to 1."""
    dtype = np.dtype(dtype)
    if dtype.itemsize == 2:
        steps = 2048 if dtype == np.float16 else 256
        return (rng.integers(0, steps, shape, np.uint16) / np.float32(steps)).astype(dtype)
    return rng.random(shape, dtype)


def uniform(rng: Any, shape: Shape, dtype: Any, low: float, high: float) -> Any:
    """Uniform in [low, high)."""
    out = np.asarray(unit(rng, shape, dtype) * (high - low) + low)
    if high > low:  # the sum may have been rounded up to high
        np.minimum(out, np.nextafter(out.dtype.type(high), out.dtype.type(low)), out=out)
    return np.asarray(out, dtype)


def normal(rng: Any, shape: Shape, dtype: Any, mean: Any = 0.0, std: Any = 1.0) -> Any:
    """Normal with a mean and a deviation, numbers or arrays that broadcast to the shape."""
    out = rng.standard_normal(shape, _drawn_in(dtype))
    if std is not None and not (isinstance(std, float) and std == 1):
        out = out * std
    if not (isinstance(mean, float) and mean == 0):
        out = out + mean
    return np.asarray(out, dtype)


def exponential(rng: Any, shape: Shape, dtype: Any, rate: float) -> Any:
    """Density rate · e^(−rate·x), x > 0."""
    drawn = _drawn_in(dtype)
    out = np.asarray(rng.standard_exponential(shape, drawn)) / drawn.type(rate)
    return np.maximum(out, np.finfo(drawn).tiny).astype(dtype)


def log_normal(rng: Any, shape: Shape, dtype: Any, mean: float, std: float) -> Any:
    """e to the power of a normal number."""
    return np.asarray(np.exp(normal(rng, shape, _drawn_in(dtype), mean, std)), dtype)


def cauchy(rng: Any, shape: Shape, dtype: Any, median: float, sigma: float) -> Any:
    """median + sigma · (one normal number over another)."""
    up, down = rng.standard_normal((2, *shape))
    return np.asarray(median + sigma * (up / down), dtype)


def geometric(rng: Any, shape: Shape, dtype: Any, p: float) -> Any:
    """How many trials until the first success, of probability p: P(k) = (1 − p)^(k−1) · p, k ≥ 1."""
    return np.asarray(np.ceil(rng.standard_exponential(shape) / -np.log1p(-p)).clip(1), dtype)


def integers(rng: Any, shape: Shape, dtype: Any, low: int, high: int) -> Any:
    """Uniform whole numbers in [low, high)."""
    return np.asarray(rng.integers(low, high, shape, np.int64)).astype(dtype, copy=False)



def permutation(rng: Any, n: int, dtype: Any) -> Any:
    """0 … n − 1 in random order."""
    return rng.permutation(n).astype(dtype, copy=False)


def bernoulli(rng: Any, shape: Shape, dtype: Any, p: Any) -> Any:
    """1 with probability p (a number, or an array that broadcasts to the shape), else 0."""
    return np.asarray(rng.random(shape) < p).astype(dtype)


def poisson(rng: Any, rate: Any) -> Any:
    """Whole numbers with P(k) = rateᵏ e^(−rate) / k!."""
    return np.asarray(rng.poisson(rate.astype(np.float64))).astype(rate.dtype)


def binomial(rng: Any, count: Any, p: Any) -> Any:
    """How many of `count` trials succeed, each with probability p (nan: nan)."""
    out = np.asarray(rng.binomial(count.astype(np.int64), np.clip(np.nan_to_num(p), 0, 1))).astype(count.dtype)
    return np.where(np.isnan(p), count.dtype.type(np.nan), out)


def standard_gamma(rng: Any, a: Any) -> Any:
    """Numbers with density x^(a − 1)·e⁻ˣ / Γ(a)."""
    return np.asarray(rng.standard_gamma(a.astype(np.float64))).astype(a.dtype)


def standard_gamma_backward(grad: Any, a: Any, out: Any) -> Any:
    """grad · ∂x/∂a at a fixed place in the distribution, by central differences of its quantile; from the end of the
    distribution that is nearer, where the place has all its digits."""
    from scipy import special

    a, x = a.astype(np.float64), out.astype(np.float64)
    h = 1e-5 * a
    below, above = special.gammainc(a, x), special.gammaincc(a, x)

    def quantile(a: Any) -> Any:
        return np.where(below < 0.5, special.gammaincinv(a, below), special.gammainccinv(a, above))

    slope = (quantile(a + h) - quantile(a - h)) / (2 * h)
    return (grad * np.where(x > 0, slope, 0.0)).astype(out.dtype)


def multinomial(rng: Any, p: Any, n: int, replacement: bool) -> Any:
    """Indices drawn with the weights of each row: p (…, categories) → (…, n).

    Without replacement: the n smallest of exponential(1)/p, which is drawing one after the other (Efraimidis &
    Spirakis, 2006).
    """
    p = p.astype(np.float64)
    if not replacement:
        with np.errstate(divide="ignore"):
            times = rng.standard_exponential(p.shape) / p
        return np.argsort(times, -1, kind="stable")[..., :n]
    cdf = np.cumsum(p, -1)
    u = rng.random((*p.shape[:-1], n)) * cdf[..., -1:]
    rows = zip(cdf.reshape(-1, p.shape[-1]), u.reshape(-1, n))
    # the last category with a weight stands in where rounding would lead beyond it
    last = p.shape[-1] - 1 - np.argmax(p[..., ::-1] > 0, -1)
    found = [np.searchsorted(c, row, side="right") for c, row in rows]
    return np.minimum(np.reshape(found, u.shape).astype(np.int64), last[..., None])
