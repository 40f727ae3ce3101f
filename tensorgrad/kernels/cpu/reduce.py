"""Many numbers in, fewer out."""

from __future__ import annotations

from typing import Any

import numpy as np


def sum(x: Any, axes: tuple[int, ...], keepdim: bool, dtype: Any = None) -> Any:
    return np.add.reduce(x, axis=axes, dtype=dtype, keepdims=keepdim)
