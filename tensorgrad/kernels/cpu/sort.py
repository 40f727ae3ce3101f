"""Order. Everywhere nan is the largest of all, and equal elements stay in their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled import sort as _compiled
from .compiled import worth
from .half import upcast
from .scatter import gather


def argsort(x: Any, axis: int, descending: bool = False) -> Any:
    """Which element comes first, second, …; equal ones as they stood."""
    x = upcast(x)
    if x.shape[axis] >= _LONG and x.dtype.kind in "fiu" and worth(x.size):
        return _by_digits(x, axis, descending)
    if not descending:
        return x.argsort(axis, kind="stable")
    back = (slice(None),) * axis + (slice(None, None, -1),)
    return (x.shape[axis] - 1 - x[back].argsort(axis, kind="stable"))[back].copy()


_LONG = 2048  # elements of a row, from which sorting by digits pays


def _by_digits(x: Any, axis: int, descending: bool) -> Any:
    """`argsort` of long rows by a compiled loop, of numbers as unsigned ones that are in the same order."""
    bits = np.dtype(f"u{x.itemsize}")
    top = bits.type(1 << (8 * x.itemsize - 1))
    rows = np.array(np.moveaxis(x, axis, -1), order="C")
    if x.dtype.kind == "f":
        rows += x.dtype.type(0)  # −0 becomes 0, which it equals
        rows[rows != rows] = np.nan
        keys = rows.view(bits)
        np.bitwise_xor(keys, np.where(keys & top, ~bits.type(0), top), out=keys)
    else:
        keys = rows.view(bits)
        if x.dtype.kind == "i":
            keys ^= top
    if descending:
        np.invert(keys, out=keys)
    n = keys.shape[-1]
    out = np.empty(keys.shape, np.int64)
    other, index, other_index = np.empty(n, bits), np.empty(n, np.int64), np.empty(n, np.int64)
    digits = -(-8 * x.itemsize // _compiled.BITS)
    for row, into in zip(keys.reshape(-1, n), out.reshape(-1, n)):
        index[:] = np.arange(n)
        starts = np.zeros((digits, 1 << _compiled.BITS), np.int64)
        into[:] = other_index if _compiled.radix_argsort(row, index, other, other_index, starts) else index
    return np.moveaxis(out, -1, axis)


def sort(x: Any, axis: int, descending: bool = False) -> tuple[Any, Any]:
    """The elements in order, and their indices."""
    index = argsort(x, axis, descending)
    return gather(x, index, axis), index


def _same(x: Any, z: Any) -> Any:
    return (x == z) | ((x != x) & (z != z))


def _less(x: Any, z: Any) -> Any:
    return (x < z) | ((x == x) & (z != z))


def kthvalue(x: Any, axis: int, k: Any) -> tuple[Any, Any]:
    """The element that is k-th (from 0) in order, and the index at which a stable sort finds it: (…, n, …) → (…, 1, …).
    k is a number, or an array of the result's shape."""
    shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    wide = upcast(x)
    value = gather(np.sort(wide, axis), np.broadcast_to(k, shape), axis)
    before = np.count_nonzero(_less(wide, value), axis=axis, keepdims=True)  # among equal ones, the (k − before)-th
    place = np.argmax(np.cumsum(_same(wide, value), axis) > k - before, axis, keepdims=True)
    return value.astype(x.dtype, copy=False), place


def median(x: Any, axis: int) -> tuple[Any, Any]:
    """The middle in order, of two the lower, and its index; the first nan if there is one."""
    n = x.shape[axis]
    numbers = np.count_nonzero(x == x, axis=axis, keepdims=True)
    return kthvalue(x, axis, np.where(numbers == n, (n - 1) // 2, numbers))


def nanmedian(x: Any, axis: int) -> tuple[Any, Any]:
    """The middle of what is not nan, of two the lower, and its index; the first nan if there is nothing else."""
    numbers = np.count_nonzero(x == x, axis=axis, keepdims=True)
    return kthvalue(x, axis, np.maximum(numbers - 1, 0) // 2)


def median_of_all(x: Any, skip_nan: bool) -> Any:
    """The middle of all, of two the lower; nan if there is one, unless these are left out."""
    flat = upcast(x).flatten()
    numbers = int(np.count_nonzero(flat == flat))
    k = max(numbers - 1, 0) // 2 if skip_nan or numbers == flat.size else numbers
    flat.partition(k)
    return flat[k].astype(x.dtype)


def topk(x: Any, axis: int, k: int, largest: bool) -> tuple[Any, Any]:
    """The k largest (smallest) in order, of equal elements those in front, and their indices: (…, n, …) → (…, k, …)."""
    if k < x.shape[axis] // 8 and x.size:  # otherwise sorting all is as quick
        few = _candidates(x, k, axis, largest)
        index = gather(few, argsort(gather(x, few, axis), axis, largest), axis)
    else:
        index = argsort(x, axis, largest)[(slice(None),) * axis + (slice(0, k),)].copy()
    return gather(x, index, axis), index


def _candidates(x: Any, k: int, axis: int, largest: bool) -> Any:
    """The k indices in ascending order: all elements beyond the k-th, and as many equal to it as make k."""
    rows = np.moveaxis(upcast(x), axis, -1)
    n = rows.shape[-1]
    if k == 0:
        return np.moveaxis(np.empty((*rows.shape[:-1], 0), np.int64), -1, axis)
    at = n - k if largest else k - 1
    edge = np.partition(rows, at, -1)[..., at : at + 1]
    chosen = rows >= edge if largest else rows <= edge
    if (np.count_nonzero(chosen, axis=-1) != k).any():  # elements equal to the k-th, or nan
        beyond = _less(edge, rows) if largest else _less(rows, edge)
        equal = _same(rows, edge)
        missing = k - np.count_nonzero(beyond, axis=-1, keepdims=True)
        chosen = beyond | (equal & (np.cumsum(equal, -1) <= missing))
    return np.moveaxis(np.nonzero(chosen)[-1].reshape(*rows.shape[:-1], k), -1, axis)


def mode(x: Any, axis: int) -> tuple[Any, Any]:
    """The most frequent element, of equally frequent ones the smallest, and the last index at which it stands."""
    order = argsort(x, axis)
    ordered = gather(x, order, axis)
    n = x.shape[axis]
    places = np.arange(n).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    # The run of equal elements that ends at k began at the last place where the value changed.
    changed = np.ones(x.shape, bool)
    inner, outer = ((slice(None),) * axis + (s,) for s in (slice(1, None), slice(0, -1)))
    changed[inner] = ordered[inner] != ordered[outer]
    length = places - np.maximum.accumulate(np.where(changed, places, 0), axis)
    longest = np.argmax(length, axis, keepdims=True)
    return gather(ordered, longest, axis), gather(order, longest, axis)


def quantile_places(x: Any, q: Any, how: str, skip_nan: bool) -> tuple[Any, Any, Any]:
    """Where in the sorted rows of x the quantiles lie: the places below and above, (…, m) for q (m,), and the last place,
    by which q is multiplied, (…, 1)."""
    numbers = np.count_nonzero(x == x, axis=-1, keepdims=True)
    n = x.shape[-1]
    last = np.maximum(numbers - 1, 0) if skip_nan else np.full_like(numbers, n - 1)
    rank = q * last.astype(x.dtype)
    if how == "nearest":
        rank = np.rint(rank)
    below = (np.ceil(rank) if how == "higher" else np.floor(rank)).astype(np.int64)
    above = np.ceil(rank).astype(np.int64)
    if not skip_nan:  # they are sorted to the end
        below, above = (np.where(numbers < n, n - 1, place) for place in (below, above))
    return below, above, last.astype(x.dtype)


# ---- which elements differ -------------------------------------------------------------------------------------------


def unique(x: Any, axis: int | None) -> tuple[Any, Any, Any]:
    """The different elements (or slices along an axis) in order, for each element which of them it is, and how often
    each stands there. nan differs from nan."""
    if axis is None:
        values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, equal_nan=False)
    else:
        values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    return values, inverse.reshape(x.shape if axis is None else -1), counts


def unique_consecutive(x: Any, axis: int | None) -> tuple[Any, Any, Any]:
    """As unique, for runs of equal neighbours."""
    rows = np.moveaxis(x, axis, 0) if axis is not None else x.reshape(-1)
    n = len(rows)
    flat = rows.reshape(n, -1) if rows.size else rows.reshape(n, 0)
    new = np.ones(n, bool)
    new[1:] = (flat[1:] != flat[:-1]).any(-1)
    starts = np.flatnonzero(new)
    inverse = np.cumsum(new) - 1
    counts = np.diff(np.append(starts, n))
    values = rows[starts] if axis is None else np.moveaxis(rows[starts], 0, axis).copy()
    return values, inverse.reshape(x.shape if axis is None else -1), counts
