"""Picking and adding element by element along an axis.

Everywhere: index has x's number of axes and reaches at most as far as x along all but `axis`; source has index's shape.
The element of x that belongs to index[i, j, k] is x[i, index[i, j, k], k] for axis 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Shape = tuple[int, ...]


def _flat(shape: Shape, index: Any, axis: int) -> Any:
    """Where in an array of this shape, seen as one row, each element of index points."""
    if index.shape[:axis] == shape[:axis] and index.shape[axis + 1 :] == shape[axis + 1 :]:
        outer, n, inner = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
        places = index.reshape(outer, index.shape[axis], inner)
        if inner > 1:
            places = places * inner + np.arange(inner)
        if outer > 1:
            places = places + (np.arange(outer) * (n * inner)).reshape(outer, 1, 1)
        return places.reshape(index.shape)
    places, step = np.zeros(index.shape, np.intp), 1
    for i in range(len(shape) - 1, -1, -1):
        along = index if i == axis else np.arange(index.shape[i]).reshape((-1,) + (1,) * (index.ndim - i - 1))
        places += along * step
        step *= shape[i]
    return places


def gather(x: Any, index: Any, axis: int) -> Any:
    """The elements of x at index along an axis."""
    return x.ravel().take(_flat(x.shape, index, axis))


def scatter(x: Any, index: Any, source: Any, axis: int) -> Any:
    """source (an array or one number) at index along an axis, in x."""
    return _at(x, index, axis, source, None)


def scatter_add(x: Any, index: Any, source: Any, axis: int) -> Any:
    """source added at index along an axis, in x."""
    return _at(x, index, axis, source, np.add)


def _at(x: Any, index: Any, axis: int, source: Any, ufunc: Any) -> Any:
    whole = x if x.flags.c_contiguous else x.copy()
    flat, places = whole.reshape(-1), _flat(x.shape, index, axis)
    if ufunc is None:
        flat[places] = source
    else:
        ufunc.at(flat, places.ravel(), source.ravel())
    if whole is not x:
        x[...] = whole
    return x


def scatter_reduce(x: Any, index: Any, source: Any, axis: int, reduce: str, include_self: bool) -> Any:
    """What comes together at one place of x reduced by `sum prod mean amax amin`, in x; without what x holds there if
    include_self is false."""
    if not include_self:
        scatter(x, index, _identity(reduce, x.dtype), axis)
    ufunc = {"sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[reduce]
    _at(x, index, axis, source, ufunc)
    if reduce == "mean":
        count = scatter_count(x.shape, index, axis) + bool(include_self)
        np.maximum(count, 1, out=count)
        if x.dtype.kind == "f":
            x /= count.astype(x.dtype)
        else:
            x[...] = x // count
    return x


def scatter_count(shape: Shape, index: Any, axis: int) -> Any:
    """How many elements of index point to each place."""
    return np.bincount(_flat(shape, index, axis).ravel(), minlength=int(np.prod(shape))).reshape(shape)


def grouped(shape: Shape, index: Any, axis: int, include_self: bool) -> tuple[Any, Any, Any, Any]:
    """What comes together at one place side by side: the order of the elements (of x, if they count, then of source), the
    order back, and which ones are then the first and the last of their place."""
    places = _flat(shape, index, axis).ravel()
    if include_self:
        places = np.concatenate([np.arange(math.prod(shape)), places])
    order = places.argsort(kind="stable")
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    begins = np.ones(len(order) + 1, bool)
    begins[1:-1] = np.diff(places[order]) != 0
    return order, back, begins[:-1], begins[1:]


def _identity(reduce: str, dtype: Any) -> Any:
    """The number that changes nothing in a reduction."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    if dtype.kind == "f":
        return -np.inf if reduce == "amax" else np.inf
    if dtype.kind == "b":
        return reduce != "amax"
    info = np.iinfo(dtype)
    return info.min if reduce == "amax" else info.max
