"""Evenly spaced numbers."""

from __future__ import annotations

from typing import Any

import numpy as np


def arange(start: Any, step: Any, n: int, dtype: Any) -> Any:
    """start + i·step for i < n, every one rounded once: integers exactly, the others in float64."""
    if isinstance(start, int) and isinstance(step, int):
        i = np.arange(n, dtype=np.int64)
        return (i if (start, step) == (0, 1) else start + i * step).astype(dtype, copy=False)
    return (start + np.arange(n, dtype=np.float64) * step).astype(dtype)


def linspace(start: float, end: float, n: int, dtype: Any) -> Any:
    """n numbers from start to end, from both ends towards the middle, so that the ends are exact."""
    i = np.arange(n, dtype=np.float64)
    step = (end - start) / (n - 1) if n > 1 else 0.0
    return np.where(i < n / 2, start + i * step, end - (n - 1 - i) * step if n > 1 else start).astype(dtype)


def logspace(start: float, end: float, n: int, base: float, dtype: Any) -> Any:
    """base to the power of linspace."""
    return np.power(float(base), linspace(start, end, n, np.float64)).astype(dtype)
