"""Activations that are x times a gate, there and back. `grad` is the gradient of the result, `x` the input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .choose import keep, where
from .constants import ONE, like, widened
from .elementwise import sigmoid
from .special import normal_cdf
from .workspace import piecewise


@piecewise
def silu(x: Any) -> Any:
    """x/(1 + e⁻ˣ)."""
    t = np.negative(x, like(x))
    np.exp(t, t)
    t += ONE[x.dtype]
    return np.true_divide(x, t, t)


@piecewise
def silu_backward(grad: Any, x: Any) -> Any:
    """grad · σ(x)·(1 + x·(1 − σ(x)))."""
    s = sigmoid(x)
    t = np.subtract(ONE[x.dtype], s, like(x))
    t *= x
    t += ONE[x.dtype]
    t *= s
    t *= grad
    return t


@piecewise
def gelu(x: Any) -> Any:
    """x·Φ(x)."""
    t = normal_cdf(x)
    return np.multiply(t, x, t)


@piecewise
def gelu_backward(grad: Any, x: Any) -> Any:
    """grad · (Φ(x) + x·φ(x)), where φ(x) = e^(−x²/2)/√(2π)."""
    t = np.multiply(x, x, like(x))
    t *= -0.5
    np.exp(t, t)
    t *= x
    t *= 1 / math.sqrt(2 * math.pi)
    t += normal_cdf(x)
    t *= grad
    return t


_C = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


@piecewise
def gelu_tanh(x: Any) -> Any:
    """½x·(1 + tanh(√(2/π)·(x + 0.044715x³)))."""
    t = _gelu_inner(x)
    np.tanh(t, t)
    t += ONE[x.dtype]
    t *= x
    t *= 0.5
    return t


@piecewise
def gelu_tanh_backward(grad: Any, x: Any) -> Any:
    """grad · (½(1 + t) + ½x·(1 − t²)·u′) with t = tanh u."""
    t = _gelu_inner(x)
    np.tanh(t, t)
    inner = np.multiply(x, x, like(x))
    inner *= 3 * _CUBIC * _C
    inner += _C  # u′
    inner *= x
    squared = np.multiply(t, t, like(x))
    np.subtract(ONE[x.dtype], squared, squared)
    inner *= squared
    inner += t
    inner += ONE[x.dtype]
    inner *= 0.5
    inner *= grad
    return inner


def _gelu_inner(x: Any) -> Any:
    t = np.multiply(x, x, like(x))
    t *= _CUBIC
    t += ONE[x.dtype]
    t *= x
    t *= _C
    return t


@piecewise
def mish(x: Any) -> Any:
    """x · tanh(ln(1 + eˣ))."""
    t = _tanh_softplus(x)
    return np.multiply(t, x, t)


@piecewise
def mish_backward(grad: Any, x: Any) -> Any:
    """grad · (t + x·(1 − t²)·σ(x)) with t = tanh(ln(1 + eˣ))."""
    t = _tanh_softplus(x)
    slope = np.multiply(t, t, like(x))
    np.subtract(ONE[x.dtype], slope, slope)
    slope *= sigmoid(x)
    slope *= x
    slope += t
    slope *= grad
    return slope


def _tanh_softplus(x: Any) -> Any:
    """tanh(ln(1 + w)) = n/(n + 2) with n = w·(w + 2) and w = eˣ; from x = 20 on it is 1."""
    w = x.clip(-np.inf, 20, out=like(x))
    np.exp(w, w)
    n = np.add(w, 2, like(x))
    n *= w
    np.add(n, 2, w)
    return np.true_divide(n, w, n)


@piecewise
def hardswish(x: Any) -> Any:
    """x · hardsigmoid(x)."""
    t = np.add(x, 3, like(x))
    t.clip(0, 6, out=t)
    t *= x
    t /= 6
    return t


@widened
def hardswish_backward(grad: Any, x: Any) -> Any:
    """grad · (x/3 + ½) between −3 and 3, 0 below, grad above."""
    slope = where(np.asarray(x >= 3), ONE[x.dtype], np.asarray(x / 3 + 0.5))
    return keep(np.asarray(grad * slope), ~np.asarray(x <= -3))
