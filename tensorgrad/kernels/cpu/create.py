"""Arrays made from nothing, and from the user's data."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

Shape = tuple[int, ...]
empty = np.empty
zeros = np.zeros
ones = np.ones


def full(shape: Shape, value: Any, dtype: Any) -> Any:
    """`value` everywhere; a number too large for an integer dtype wraps around."""
    return np.full(shape, np.asarray(value).astype(dtype), dtype)


def empty_strided(shape: Shape, steps: Shape, dtype: Any) -> Any:
    """Unset memory with given strides, counted in elements."""
    reach = 1 + sum([(n - 1) * s for n, s in zip(shape, steps)]) if 0 not in shape else 0
    size = np.dtype(dtype).itemsize
    return np.ndarray(shape, dtype, np.empty(reach, dtype), 0, tuple([s * size for s in steps]))


def empty_alike(x: Any, dtype: Any) -> Any:
    """Unset memory of x's shape, its axes in x's order; row-major where x's elements overlap."""
    return np.empty_like(x, dtype, order="C" if 0 in x.strides else "K", subok=False)


def eye(n: int, m: int, dtype: Any) -> Any:
    """1 on the main diagonal."""
    return np.eye(n, m, dtype=dtype)


def tril_indices(rows: int, columns: int, offset: int, dtype: Any) -> Any:
    """The rows and columns of what lies on and below a diagonal, row by row: (2, count)."""
    return _triangle(rows, columns, offset, dtype, True)


def triu_indices(rows: int, columns: int, offset: int, dtype: Any) -> Any:
    """The rows and columns of what lies on and above a diagonal, row by row: (2, count)."""
    return _triangle(rows, columns, offset, dtype, False)


def _triangle(*which: Any) -> Any:
    return _small_triangle(*which).copy() if which[0] * which[1] <= 4096 else _any_triangle(*which)


def _any_triangle(rows: int, columns: int, offset: int, dtype: Any, lower: bool) -> Any:
    if lower:
        return _runs(np.zeros(rows, np.int64), (np.arange(rows) + offset + 1).clip(0, columns), dtype)
    first = (np.arange(rows) + offset).clip(0, columns)
    return _runs(first, columns - first, dtype)


_small_triangle = functools.lru_cache(32)(_any_triangle)


def _runs(first: Any, counts: Any, dtype: Any) -> Any:
    """For each i in turn, i beside each of first[i], first[i] + 1, …, so many as counts says: (2, Σ counts)."""
    ends = np.cumsum(counts)
    out = np.empty((2, int(ends[-1]) if ends.size else 0), dtype)
    out[0] = np.repeat(np.arange(len(counts)), counts)
    np.subtract(np.arange(out.shape[1]), np.repeat(ends - counts - first, counts), out=out[1], casting="unsafe")
    return out


def combinations(n: int, r: int, again: bool) -> Any:
    """The choices of r places below n in ascending order, as rows; `again`: a place may be chosen more than once."""
    chosen = np.arange(n)[None]
    for _ in range(r - 1):  # each choice so far, followed by each place that may come next
        first = chosen[-1] + (not again)
        which, following = _runs(first, n - first, np.int64)
        chosen = np.concatenate([chosen.take(which, 1), following[None]])
    return chosen.T


# ---- from the user's data --------------------------------------------------------------------------------------------


def array(data: Any, dtype: Any = None, copy: bool | None = True) -> Any:
    """Nested lists, numbers or arrays as an array; `copy=None` shares memory where it can."""
    return np.array(data, dtype, copy=copy, order="K" if isinstance(data, np.ndarray) else "C")


def is_array(x: Any) -> bool:
    """An array or one of its numbers, which bring their own dtype."""
    return isinstance(x, (np.ndarray, np.generic))


def from_dlpack(x: Any) -> Any:
    """The memory of another library's array."""
    return np.from_dlpack(x)


def from_buffer(buffer: Any, dtype: Any, count: int, offset: int) -> Any:
    """Memory with the buffer protocol as a 1-d array."""
    return np.frombuffer(buffer, dtype, count, offset)


def asarray(x: Any) -> Any:
    """An array, where a reduction to nothing has left a NumPy scalar."""
    return np.asarray(x)
