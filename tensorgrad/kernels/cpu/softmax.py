"""Softmax and its logarithm along an axis, there and back. `grad` is the result's gradient, `out` the result."""

from __future__ import annotations

from typing import Any

import numpy as np

from .constants import like, widened
from .row_reduce import row_max, row_sum


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
