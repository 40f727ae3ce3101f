"""Circular and hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import Any

import numpy as np

from .constants import ONE, like, widened
from .half import unary

hypot = widened(np.hypot)
atan2 = widened(np.arctan2)
sin = unary(np.sin)
cos = unary(np.cos)
tan = unary(np.tan)
asin = unary(np.arcsin)
acos = unary(np.arccos)
atan = unary(np.arctan)
sinh = unary(np.sinh)
cosh = unary(np.cosh)
tanh = unary(np.tanh)
asinh = unary(np.arcsinh)
acosh = unary(np.arccosh)
atanh = unary(np.arctanh)


@widened
def tanh_backward(grad: Any, out: Any) -> Any:
    """grad · (1 − out²)."""
    t = like(out)
    np.multiply(out, out, t)
    np.subtract(ONE[out.dtype], t, t)
    return np.multiply(t, grad, t)
