"""Variance and deviation. `axes` is a tuple, or None for all; 16-bit floats are computed in float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..shapes import elements_along
from .half import upcast
from .reduce import Axes, sum


def var(x: Any, axes: Axes, keepdim: bool, correction: float) -> Any:
    """Σ(x − x̄)² / (n − correction), in two passes."""
    wide = upcast(x)
    d = np.asarray(wide - np.true_divide(sum(wide, axes, True), elements_along(x.shape, axes)))
    freedom = elements_along(x.shape, axes) - correction
    total = sum(np.square(d, out=d), axes, keepdim)
    return np.asarray(np.true_divide(total, freedom if freedom > 0 else 0)).astype(x.dtype, copy=False)


def std(x: Any, axes: Axes, keepdim: bool, correction: float) -> Any:
    """√var."""
    return np.sqrt(var(x, axes, keepdim, correction))
