"""Variance and deviation. `axes` is a tuple, or None for all; 16-bit floats are computed in float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..shapes import elements_along
from .half import upcast
from .reduce import Axes, rescaled, sum, wide_mean


def var(x: Any, axes: Axes, keepdim: bool, correction: float) -> Any:
    """Σ(x − x̄)² / (n − correction), in two passes."""
    return np.asarray(_var(upcast(x), axes, keepdim, correction)).astype(x.dtype, copy=False)


def _var(x: Any, axes: Axes, keepdim: bool, correction: float) -> Any:
    d = np.asarray(x - wide_mean(x, axes, True))
    freedom = elements_along(x.shape, axes) - correction
    return np.true_divide(sum(np.square(d, out=d), axes, keepdim), freedom if freedom > 0 else 0)


def std(x: Any, axes: Axes, keepdim: bool, correction: float) -> Any:
    """√var, also where that is too large for its dtype, or too small."""

    def measure(rows: Any) -> Any:
        return np.sqrt(_var(rows, (1,), False, correction))

    wide = upcast(x)
    out = rescaled(measure, np.sqrt(_var(wide, axes, keepdim, correction)), wide, axes)
    return out.astype(x.dtype, copy=False)
