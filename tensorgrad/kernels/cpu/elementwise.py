"""Unary functions, elementwise: NumPy's loops, under PyTorch's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from .choose import _INT8, keep
from .constants import ONE, ZERO, like, widened
from .half import unary

nextafter = np.nextafter
abs = np.absolute
sqrt = unary(np.sqrt)
exp = unary(np.exp)
exp2 = unary(np.exp2)
expm1 = unary(np.expm1)
log = unary(np.log)
log2 = unary(np.log2)
log10 = unary(np.log10)
log1p = unary(np.log1p)
floor = unary(np.floor)
ceil = unary(np.ceil)
trunc = unary(np.trunc)
frexp = np.frexp
logaddexp = widened(np.logaddexp)
logaddexp2 = widened(np.logaddexp2)
ldexp = np.ldexp


@widened
def round(x: Any, decimals: int = 0) -> Any:
    """To the nearest, a half to the even neighbour."""
    return np.rint(x) if decimals == 0 else np.round(x, decimals)


def sign(x: Any) -> Any:
    """1, 0 or −1; 0 for nan."""
    zero = ZERO[x.dtype]
    if x.dtype.kind in "bu":
        return (x > zero).astype(x.dtype)
    return ((x > zero).view(_INT8) - (x < zero).view(_INT8)).astype(x.dtype)


def reciprocal(x: Any) -> Any:
    """1/x."""
    return np.true_divide(ONE[x.dtype], x)


@widened
def rsqrt(x: Any) -> Any:
    """1/√x."""
    t = like(x)
    np.sqrt(x, t)
    return np.true_divide(ONE[x.dtype], t, t)


def frac(x: Any) -> Any:
    """x without its whole part."""
    return x - np.trunc(x)


def angle(x: Any) -> Any:
    """0 for numbers from 0, π below, nan for nan."""
    pi = np.asarray(np.pi, x.dtype)
    return np.where(np.isnan(x), x, keep(np.broadcast_to(pi, x.shape), np.asarray(x < 0)))


@widened
def sigmoid(x: Any) -> Any:
    """1/(1 + e⁻ˣ). Where the exponential overflows, one over infinity is the right answer."""
    t, one = like(x), ONE[x.dtype]
    np.negative(x, t)
    np.exp(t, t)
    np.add(t, one, t)
    return np.true_divide(one, t, t)


@widened
def sigmoid_backward(grad: Any, out: Any) -> Any:
    """grad · out · (1 − out)."""
    t = like(out)
    np.subtract(ONE[out.dtype], out, t)
    np.multiply(t, out, t)
    return np.multiply(t, grad, t)
