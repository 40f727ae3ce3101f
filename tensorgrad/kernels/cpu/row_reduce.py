"""The largest and the sum of each row: NumPy's reductions take several times as long where there are many short rows."""

from __future__ import annotations

from typing import Any

import numpy as np

MANY = 4096  # numbers; of fewer a reduction is as fast
SHORT = 2048  # numbers in a row; so few add up well in any order
ONES = {np.dtype(t): np.ones(SHORT, t) for t in (np.float32, np.float64)}  # a product with them is a sum, by BLAS
_max: Any = np.maximum.reduce
_sum: Any = np.add.reduce


def row_max(x: Any, axis: int) -> Any:
    """The largest along an axis, which is kept; nan where there is one. Its place is found faster than itself."""
    rows = _as_rows(x, axis)
    if rows is None:
        return _max(x, axis, None, None, True)
    return rows[np.arange(len(rows)), rows.argmax(1)].reshape(*x.shape[:-1], 1)


def row_sum(x: Any, axis: int) -> Any:
    """The sum along an axis, which is kept; of rows a product with ones, for which there is BLAS."""
    rows = _as_rows(x, axis)
    if rows is None or x.dtype not in ONES:
        return _sum(x, axis, None, None, True)
    return rows.dot(ONES[x.dtype][: rows.shape[1]]).reshape(*x.shape[:-1], 1)


def _as_rows(x: Any, axis: int) -> Any:
    """(rows, n), a view, if the axis is the last one, and there are many short rows."""
    n = x.shape[axis] if x.ndim else 0
    if x.size < MANY or not 1 < n <= SHORT or axis not in (-1, x.ndim - 1) or not x.flags.c_contiguous:
        return None
    return x.reshape(-1, n)
