"""Comparisons: True or False at every place."""

from __future__ import annotations

from typing import Any

import numpy as np

from .half import binary

isnan = np.isnan
isinf = np.isinf
isfinite = np.isfinite
signbit = np.signbit
eq = binary(np.equal)
ne = binary(np.not_equal)
lt = binary(np.less)
le = binary(np.less_equal)
gt = binary(np.greater)
ge = binary(np.greater_equal)
logical_and = np.logical_and
logical_or = np.logical_or
logical_xor = np.logical_xor
logical_not = np.logical_not
isreal = np.isreal
isposinf = np.isposinf
isneginf = np.isneginf


def isclose(x: Any, z: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    """|x − z| ≤ atol + rtol·|z|, and whatever is equal; nan beside nan if `equal_nan`."""
    close = x == z
    if equal_nan and x.dtype.kind == "f":
        close |= (x != x) & (z != z)
    if rtol == 0 and atol == 0:
        return close
    if x.dtype.kind in "iub":
        x, z = x.astype(np.float64), z.astype(np.float64)
    apart = np.absolute(x - z)
    return close | (np.isfinite(apart) & (apart <= atol + np.absolute(rtol * z)))


def isin(x: Any, values: Any, assume_unique: bool, invert: bool) -> Any:
    """Whether each number is among the values."""
    return np.isin(x, values, assume_unique=assume_unique, invert=invert)


def equal(x: Any, z: Any) -> bool:
    """Whether two arrays have the same shape and numbers."""
    return bool(np.array_equal(x, z))
