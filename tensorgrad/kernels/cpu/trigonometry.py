"""Circular and hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import Any

import numpy as np

from .constants import ONE, like, widened

hypot = np.hypot
atan2 = np.arctan2
sin = np.sin
cos = np.cos
tan = np.tan
asin = np.arcsin
acos = np.arccos
atan = np.arctan
sinh = np.sinh
cosh = np.cosh
tanh = np.tanh
asinh = np.arcsinh
acosh = np.arccosh
atanh = np.arctanh


@widened
def tanh_backward(grad: Any, out: Any) -> Any:
    """grad · (1 − out²)."""
    t = like(out)
    np.multiply(out, out, t)
    np.subtract(ONE[out.dtype], t, t)
    return np.multiply(t, grad, t)
