"""Numbers that meet an array as arrays of no dimension and its dtype, `ZERO[x.dtype]`: beside a small array a Python number would
cost as much again as the arithmetic. And kernels that compute 16-bit floats in float32."""

from __future__ import annotations

from functools import wraps
from typing import Any

import numpy as np

from .half import in_single, is_half, rounded


class _Constant(dict[Any, Any]):
    """One number in every dtype, as an array without dimensions."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def __missing__(self, dtype: Any) -> Any:
        made = self[dtype] = np.asarray(self.value, dtype)
        made.flags.writeable = False
        return made


ZERO = _Constant(0)
ONE = _Constant(1)
INFINITY = _Constant(np.inf)
as_array = np.asarray


def widened(kernel: Any) -> Any:
    """A kernel that computes in float32 where it is given 16-bit floats: NumPy's arithmetic of those is slow, and rounds
    after every step."""

    @wraps(kernel)
    def run(x: Any, *rest: Any) -> Any:
        if not is_half(x):
            return kernel(x, *rest)
        return rounded(kernel(*in_single((x, *rest))), x.dtype)

    return run


def like(x: Any) -> Any:
    """Memory for a result of x's shape and dtype (also without dimensions, where NumPy would give a scalar)."""
    return np.empty(x.shape, x.dtype)
