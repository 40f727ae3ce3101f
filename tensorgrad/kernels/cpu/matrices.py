"""What the kernels of `linalg` share: LAPACK, and what is said of matrices that broke down.

Every kernel takes stacks of matrices (…, m, n). Where a factorisation can break down the kernel returns, after the
result, how: `info`, one integer per matrix, 0 where all went well, else LAPACK's number (the pivot or minor, from 1);
None says 0 for all. A matrix that broke down leaves nan behind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .threads import include_scipy

SMALL = 32  # rows or columns, up to which a compiled loop over a stack is faster than a call of LAPACK for each matrix


def lapack(name: str, a: Any) -> Any:
    """A routine of LAPACK for the dtype of an array, through SciPy, which is imported when first needed."""
    from scipy.linalg.lapack import get_lapack_funcs

    include_scipy()
    return get_lapack_funcs(name, dtype=a.dtype)


def one_by_one(factorise: Any, a: Any, shape: Any, info: Any) -> tuple[Any, Any]:
    """A factorisation of those matrices of the stack that allow it; nan for the others."""
    out = np.full(shape, np.nan, a.dtype)
    for i in np.ndindex(info.shape):
        if not info[i]:
            out[i] = factorise(a[i])
    return out, info


def zero_pivots(a: Any) -> Any:
    """For each matrix the first pivot that is exactly 0, counted from 1; 0 for none."""
    getrf = lapack("getrf", a)
    info = np.zeros(a.shape[:-2], np.int32)
    for i in np.ndindex(info.shape):
        info[i] = getrf(a[i])[2]
    return info


def no_info(a: Any) -> Any:
    """The info of a stack of which no matrix broke down."""
    return np.zeros(a.shape[:-2], np.int32)


def identity(like: Any, n: int) -> Any:
    """(n, n), of the dtype of `like`."""
    return np.eye(n, dtype=like.dtype)


__all__ = ["identity", "no_info"]
