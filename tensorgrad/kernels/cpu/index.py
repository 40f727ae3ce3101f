"""Picking elements by integer arrays and masks, and adding up where they came from.

A key has one entry per axis from the first on: either one mask, with full slices before it, or integer arrays of shapes
that broadcast, with full slices between them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .compiled import index as _compiled
from .compiled import plain, worth
from .workspace import row_major

Shape = tuple[int, ...]
Key = tuple[Any, ...]


def index_array(data: Any) -> Any:
    """Nested lists and ranges as an array to index with."""
    out = np.asarray(data)
    return out if out.size or out.dtype.kind == "b" else out.astype(np.intp)


def whole(data: Any) -> Any:
    """Nested lists of whole numbers as an int64 array; anything else as the array NumPy makes of it."""
    out = np.asarray(data)
    return out.astype(np.int64) if out.dtype.kind in "iu" or not out.size else out


def owned(x: Any) -> Any:
    """x in memory of its own; what repeats by strides of 0 still does."""
    if 0 in x.strides and x.size > 1:
        return np.broadcast_to(x[tuple([slice(0, 1) if s == 0 else slice(None) for s in x.strides])].copy(), x.shape)
    return x.copy()


def nonzero(x: Any) -> tuple[Any, ...]:
    """The places of what is not 0, an int64 array per axis, in row-major order."""
    return np.nonzero(x)


def nonzero_rows(x: Any) -> Any:
    """The places of what is not 0, as rows."""
    return np.stack(np.nonzero(x), 1) if x.ndim else np.empty((int(x != 0), 0), np.int64)


def index(x: Any, key: Key) -> Any:
    """x[key], a copy, row by row."""
    last = key[-1]
    if last.dtype.kind == "b":
        if len(key) == 1 and last.shape == x.shape:
            return masked_select(x, last)
    elif x.size and x.ndim and all([type(k) is slice for k in key[:-1]]):
        return x.take(last, len(key) - 1)  # two to three times as fast; of an empty x it would not check the indices
    return row_major(x[key])


def key_shape(shape: Shape, key: Key) -> Shape | None:
    """The shape of x[key] for an x of this shape; None if the arrays do not fit it or each other."""
    try:
        if key[-1].dtype.kind == "b":
            return np.broadcast_to(_ONE, shape)[key].shape
        arrays = [(k, n) for k, n in zip(key, shape, strict=False) if type(k) is not slice]
        if not all([k.size and -n <= k.min() and k.max() < n for k, n in arrays]):
            np.broadcast_to(_ONE, [n for _, n in arrays])[tuple([k for k, _ in arrays])]  # what NumPy says of them
        return _key_shape(shape, key)
    except (IndexError, ValueError):
        return None


_ONE = np.empty(1, bool)


def _key_shape(shape: Shape, key: Key) -> Shape:
    """The same, of integer arrays that fit."""
    axes = [i for i, k in enumerate(key) if type(k) is not slice]
    first = axes[0] if axes[-1] - axes[0] + 1 == len(axes) else 0
    rest = [n for i, n in enumerate(shape) if i not in axes]
    shapes = {key[i].shape for i in axes}
    return (*rest[:first], *(np.broadcast_shapes(*shapes) if len(shapes) > 1 else shapes.pop()), *rest[first:])


def index_put(x: Any, key: Key, value: Any) -> Any:
    """x[key] = value, in x."""
    x[key] = value
    return x


def index_add_at(x: Any, key: Key, value: Any) -> Any:
    """x[key] += value, in x, every occurrence of a repeated index counted."""
    if key[-1].dtype.kind == "b":
        x[key] += value
        return x
    shape = _key_shape(x.shape, key)
    flat = x.ndim == 1 and x.flags.c_contiguous  # what np.add.at is quick at
    if flat or math.prod(shape) < 256 or x.dtype != value.dtype or x.size > 4 * math.prod(shape):
        np.add.at(x, key, value)
        return x
    value = value if value.shape == shape else np.broadcast_to(value, shape)
    rows, places, axes, rest = _rows(value, key, x.shape)
    if axes == list(range(len(axes))) and x.flags.c_contiguous and _compilable(rows):
        add_rows_at(x.reshape(-1, rows.shape[1]), places, rows)
    else:
        x += _from_rows(rows, places, x.shape, axes, rest)
    return x


def put_at(value: Any, key: Key, shape: Shape) -> Any:
    """Zeros of a shape, with value added at [key], every occurrence of a repeated index counted."""
    if key[-1].dtype.kind == "b":
        out = np.zeros(shape, value.dtype)
        out[key] = value
        return out
    if value.size < 256:
        out = np.zeros(shape, value.dtype)
        np.add.at(out, key, value)
        return out
    rows, places, axes, rest = _rows(value, key, shape)
    return _from_rows(rows, places, shape, axes, rest)


def _rows(value: Any, key: Key, shape: Shape) -> Any:
    """value, of the shape of x[key], as rows; to which row of x, seen likewise, each belongs; the axes of x that are
    indexed, which run down those rows, and the others."""
    axes = [i for i, k in enumerate(key) if type(k) is not slice]
    rest = [i for i in range(len(shape)) if i not in axes]
    arrays = [key[i] for i in axes]
    if len({a.shape for a in arrays}) > 1:
        arrays = list(np.broadcast_arrays(*arrays))
    sizes = tuple([shape[i] for i in axes])
    # where in value the axes of the indices are: in the place of the first array, in front if slices part the arrays
    inner, first = arrays[0].ndim, axes[0] if axes[-1] - axes[0] + 1 == len(axes) else 0
    rows = np.moveaxis(value, range(first, first + inner), range(inner))
    flat = from_front(arrays[0], sizes[0])
    for a, n in zip(arrays[1:], sizes[1:]):
        flat = flat * n + from_front(a, n)
    flat = flat.ravel()
    return rows.reshape(flat.size, math.prod([shape[i] for i in rest])), flat, axes, rest


def _from_rows(rows: Any, places: Any, shape: Shape, axes: list[int], rest: list[int]) -> Any:
    sizes, over = [shape[i] for i in axes], [shape[i] for i in rest]
    out = sum_rows(rows, places, math.prod(sizes)).reshape(sizes + over)
    return np.moveaxis(out, range(len(shape)), axes + rest)


def _compilable(rows: Any) -> bool:
    return rows.dtype.char in "fdlqi" and worth(rows.size)


def add_rows_at(out: Any, places: Any, rows: Any) -> None:
    """Row i of `rows` added to out[places[i]], by a compiled loop."""
    _compiled.add_rows_at(out, plain(places), plain(rows))


def sum_rows(rows: Any, places: Any, n: int) -> Any:
    """n rows of zeros, to which row i of `rows` is added at places[i].

    Where there is no compiled loop, a product with a sparse matrix of ones takes a tenth of the time of `np.add.at`
    (vocabulary 65, 4096 rows of 384 floats: 0.4 ms against 5 to 10); for single numbers, and for a few, `np.add.at` over
    flat memory is as good.
    """
    width = rows.shape[1]
    if _compilable(rows):
        out = np.zeros((n, width), rows.dtype)
        add_rows_at(out, places, rows)
        return out
    if rows.size > 2000 and width > 1 and rows.dtype.char in "fdlqi":
        from scipy.sparse import csc_array

        ones = np.ones(len(places), rows.dtype)
        return csc_array((ones, places, np.arange(len(places) + 1)), (n, len(places))) @ np.ascontiguousarray(rows)
    out = np.zeros((n, width), rows.dtype)
    if width == 1:
        np.add.at(out.ravel(), places, rows.ravel())
    else:
        np.add.at(out, places, rows)
    return out


# ---- along one axis -------------------------------------------------------------------------------------------------


def out_of_range(index: Any, low: int, size: int) -> int | None:
    """An index that is not in [low, size), if there is one."""
    if not index.size:
        return None
    # seen as unsigned a negative number is a huge one: one pass instead of two
    if low == 0 and index.dtype == np.int64 and np.maximum.reduce(index.view(np.uint64), axis=None) < size:
        return None
    least, most = np.minimum.reduce(index, axis=None), np.maximum.reduce(index, axis=None)
    if low <= least and most < size:
        return None
    return int(least if least < low else most)


def index_select(x: Any, index: Any, axis: int) -> Any:
    """The slices at some places of an axis."""
    return x.take(index, axis)


def index_sum(x: Any, index: Any, axis: int, n: int) -> Any:
    """Zeros of size n along an axis, to which the slices of x are added at the places `index`."""
    rows = np.moveaxis(x, axis, 0)
    over = rows.shape[1:]
    out = sum_rows(rows.reshape(len(index), math.prod(over)), index, n).reshape((n, *over))
    return np.moveaxis(out, 0, axis)


def index_add(x: Any, index: Any, source: Any, axis: int, alpha: Any) -> Any:
    """x + alpha · the slices of source at the places `index`, in x."""
    source = source if alpha == 1 else source * alpha
    if len(index) * 4 < x.shape[axis] or source.dtype.kind == "b":
        np.add.at(x, (slice(None),) * axis + (index,), source)
    else:
        x += index_sum(source, index, axis, x.shape[axis])
    return x


def index_copy(x: Any, index: Any, source: Any, axis: int) -> Any:
    """x with the slices of source (or one number) at the places `index`, in x."""
    x[(slice(None),) * axis + (index,)] = source
    return x


# ---- masks ----------------------------------------------------------------------------------------------------------


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """value where mask, else x; in x."""
    np.copyto(x, value, where=mask, casting="unsafe")
    return x


def masked_select(x: Any, mask: Any) -> Any:
    """The elements under a mask of x's shape, in row-major order."""
    return x.ravel().take(np.flatnonzero(mask))  # five times as fast as x[mask]


def masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    """The first elements of source, in their order, where mask; in x."""
    x[mask] = source.ravel()[: np.count_nonzero(mask)]
    return x


def count_nonzero(mask: Any) -> int:
    return int(np.count_nonzero(mask))


# ---- in sorted sequences --------------------------------------------------------------------------------------------


def searchsorted(x: Any, values: Any, side: Any, sorter: Any) -> Any:
    """Where in the sorted rows of x the values belong; x of one axis serves every row of values."""
    if x.ndim == 1:
        return np.searchsorted(x, values, side, sorter)
    over = math.prod(x.shape[:-1])
    rows, wanted = x.reshape(over, x.shape[-1]), values.reshape(over, values.shape[-1])
    sorters: Any = [None] * len(rows) if sorter is None else sorter.reshape(rows.shape)
    out = np.empty(wanted.shape, np.int64)
    for i, row in enumerate(rows):
        out[i] = np.searchsorted(row, wanted[i], side, sorters[i])
    return out.reshape(values.shape)


def distinct(index: Any, n: int) -> Any:
    """The different places that indices, from either end of n, point to."""
    return np.unique(from_front(index, n))


def from_front(index: Any, n: int) -> Any:
    """Indices from either end as indices from the front."""
    return np.where(index < 0, index + n, index) if index.min(initial=0) < 0 else index
