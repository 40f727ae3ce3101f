"""Activations with a kink or a saturation, there and back. `grad` is the gradient of the result, `x` the input."""

from __future__ import annotations

from typing import Any

import numpy as np

from .choose import keep, relu, where
from .constants import ZERO, like, widened
from .elementwise import sigmoid
from .workspace import piecewise

# ---- piecewise linear -----------------------------------------------------------------------------------------------


def between(x: Any, low: float, high: float) -> Any:
    """low < x < high; nan counts as between, as nothing says that it is not."""
    return ~((x <= low) | (x >= high))


def hardtanh_backward(grad: Any, x: Any, low: float, high: float) -> Any:
    """grad where x is strictly between low and high."""
    return keep(grad, np.asarray(between(x, low, high)))


@widened
def leaky_relu(x: Any, slope: float) -> Any:
    """x above 0, slope·x below."""
    t = x * slope
    return np.maximum(x, t) if 0 < slope <= 1 else where(np.asarray(x > ZERO[x.dtype]), x, np.asarray(t))


@widened
def leaky_relu_backward(grad: Any, x: Any, slope: float) -> Any:
    """grad above 0, slope·grad elsewhere."""
    return where(np.asarray(x > ZERO[x.dtype]), grad, np.asarray(grad * slope))


def prelu(x: Any, weight: Any) -> Any:
    """x above 0, weight·x elsewhere; weight broadcasts to x."""
    t = x * weight
    if weight.size and weight.min() > 0 and weight.max() <= 1:
        return np.maximum(x, t, out=t if isinstance(t, np.ndarray) else None)
    return where(np.asarray(x > ZERO[x.dtype]), x, np.asarray(t))


def threshold(x: Any, threshold: float, value: float) -> Any:
    """value where x ≤ threshold, x elsewhere."""
    return where(np.asarray(x <= threshold), np.asarray(value).astype(x.dtype), x)


def threshold_backward(grad: Any, x: Any, threshold: float) -> Any:
    """grad where x is not below or at the threshold."""
    return keep(grad, ~np.asarray(x <= threshold))


def hardshrink(x: Any, size: float) -> Any:
    """0 where |x| ≤ size, x elsewhere."""
    return hardshrink_backward(x, x, size)


def hardshrink_backward(grad: Any, x: Any, size: float) -> Any:
    """grad where |x| is not at most size."""
    return keep(grad, ~np.asarray((x >= -size) & (x <= size)))


@widened
def softshrink(x: Any, size: float) -> Any:
    """x moved by size towards 0, at most to it."""
    return x - x.clip(-size, size)


@widened
def hardsigmoid(x: Any) -> Any:
    """(x + 3)/6 between 0 and 1."""
    return (x + 3).clip(0, 6) / 6


@widened
def hardsigmoid_backward(grad: Any, x: Any) -> Any:
    """grad/6 on the slope."""
    return keep(np.asarray(grad / 6), np.asarray((x > -3) & (x < 3)))


# ---- smooth ---------------------------------------------------------------------------------------------------------


@piecewise
def elu(x: Any, alpha: float, scale: float, rate: float) -> Any:
    """scale · (x above 0, alpha·(e^(rate·x) − 1) below)."""
    zero = ZERO[x.dtype]
    t = x.clip(-np.inf, zero, out=like(x))
    if rate != 1:
        t *= rate
    np.expm1(t, t)
    if alpha * scale != 1:
        t *= alpha * scale
    above = relu(x)
    t += above * scale if scale != 1 else above
    return t


@piecewise
def elu_backward(grad: Any, x: Any, alpha: float, scale: float, rate: float) -> Any:
    """grad · scale · (1 above 0, alpha·rate·e^(rate·x) elsewhere)."""
    zero = ZERO[x.dtype]
    t = x.clip(-np.inf, zero, out=like(x))
    t *= rate
    np.exp(t, t)
    t *= alpha * scale * rate
    t = where(np.asarray(x > zero), np.asarray(scale, x.dtype), t)
    return np.multiply(t, grad, t)


@piecewise
def softplus(x: Any, beta: float, threshold: float) -> Any:
    """ln(1 + e^(βx))/β; x itself where βx is above the threshold."""
    t = np.multiply(x, beta, like(x))
    linear = np.asarray(t > threshold)
    t = _log1p_exp(t)
    t /= beta
    return where(linear, x, t) if linear.any() else t


@piecewise
def softplus_backward(grad: Any, x: Any, beta: float, threshold: float) -> Any:
    """grad · σ(βx); grad where βx is above the threshold."""
    t = np.multiply(x, beta, like(x))
    linear = np.asarray(t > threshold)
    t = sigmoid(t)
    t *= grad
    return where(linear, grad, t) if linear.any() else t


@piecewise
def logsigmoid(x: Any) -> Any:
    """−ln(1 + e⁻ˣ)."""
    t = _log1p_exp(np.asarray(-x))
    return np.negative(t, t)


@piecewise
def logsigmoid_backward(grad: Any, x: Any) -> Any:
    """grad · σ(−x)."""
    t = sigmoid(np.asarray(-x))
    t *= grad
    return t


def _log1p_exp(x: Any) -> Any:
    """ln(1 + eˣ) = max(x, 0) + ln(1 + e^(−|x|)). (np.logaddexp says the same, one number at a time.)"""
    t = np.absolute(x, like(x))
    np.negative(t, t)
    np.exp(t, t)
    np.log1p(t, t)
    t += relu(x)
    return t
