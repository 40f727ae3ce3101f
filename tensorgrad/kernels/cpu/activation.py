"""Activations, there and back. `grad` is the gradient of the result, `x` the input, `out` the result."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .choose import relu, where
from .elementwise import ONE, ZERO, keep, like, sigmoid, widened
from .row_reduce import row_max, row_sum
from .special import normal_cdf
from .workspace import piecewise

# ---- straight lines with kinks -------------------------------------------------------------------------------------


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


def prelu(x: Any, weight: Any) -> Any:
    """x above 0, weight·x elsewhere; weight broadcasts to x."""
    t = x * weight
    if weight.size and weight.min() > 0 and weight.max() <= 1:
        return np.maximum(x, t, out=t if isinstance(t, np.ndarray) else None)
    return where(np.asarray(x > ZERO[x.dtype]), x, np.asarray(t))


@widened
def leaky_relu_backward(grad: Any, x: Any, slope: float) -> Any:
    """grad above 0, slope·grad elsewhere."""
    return where(np.asarray(x > ZERO[x.dtype]), grad, np.asarray(grad * slope))


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
    return _ramp(x) / 6


@widened
def hardsigmoid_backward(grad: Any, x: Any) -> Any:
    """grad/6 on the slope."""
    return keep(np.asarray(grad / 6), np.asarray((x > -3) & (x < 3)))


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


def _ramp(x: Any) -> Any:
    return (x + 3).clip(0, 6)


# ---- smooth ones ---------------------------------------------------------------------------------------------------


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


# ---- along one axis -------------------------------------------------------------------------------------------------


@widened
def softmax(x: Any, axis: int) -> Any:
    """eˣ / Σeˣ along an axis; the largest is taken off first, so that nothing overflows."""
    if not x.size:
        return x.copy()
    t = np.subtract(x, row_max(x, axis), like(x))
    np.exp(t, t)
    return np.true_divide(t, row_sum(t, axis), t)


@widened
def softmax_backward(grad: Any, out: Any, axis: int) -> Any:
    """out · (grad − Σ grad·out)."""
    t = np.multiply(grad, out, like(out))
    total = row_sum(t, axis)
    np.subtract(grad, total, t)
    return np.multiply(t, out, t)


@widened
def log_softmax(x: Any, axis: int) -> Any:
    """x − ln Σeˣ along an axis."""
    if not x.size:
        return x.copy()
    t = np.subtract(x, row_max(x, axis), like(x))
    total = row_sum(np.exp(t), axis)
    return np.subtract(t, np.log(total), t)


@widened
def log_softmax_backward(grad: Any, out: Any, axis: int) -> Any:
    """grad − eᵒ·Σ grad."""
    t = np.exp(out, like(out))
    np.multiply(t, row_sum(grad, axis), t)
    return np.subtract(grad, t, t)
