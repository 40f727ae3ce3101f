"""The largest and the smallest: nan is larger than everything, and smaller. `axes` is a tuple, or None for all."""

from __future__ import annotations

from typing import Any

import numpy as np

from .half import is_half, rounded, single, upcast
from .reduce import Axes, in_rows

_maximum: Any = np.maximum.reduce

_minimum: Any = np.minimum.reduce


def _reduced(reduction: Any, x: Any, axes: Any, keepdim: bool) -> Any:
    """16-bit floats are compared as float32."""
    if not is_half(x):
        return in_rows(reduction(x, axes, None, None, keepdim))
    return in_rows(rounded(reduction(single(x), axes, None, None, keepdim), x.dtype))


def amax(x: Any, axes: Axes = None, keepdim: bool = False) -> Any:
    if axes is None and not keepdim:
        flat = x.ravel()
        return flat[upcast(flat).argmax()]  # a third of the time of a reduction
    return _reduced(_maximum, x, axes, keepdim)


def amin(x: Any, axes: Axes = None, keepdim: bool = False) -> Any:
    if axes is None and not keepdim:
        flat = x.ravel()
        return flat[upcast(flat).argmin()]
    return _reduced(_minimum, x, axes, keepdim)


def max(x: Any, axis: int) -> tuple[Any, Any]:
    """The largest along an axis, which stays with size 1, and its first index."""
    return _reduced(_maximum, x, axis, True), in_rows(upcast(x).argmax(axis, keepdims=True))


def min(x: Any, axis: int) -> tuple[Any, Any]:
    """The smallest along an axis, which stays with size 1, and its first index."""
    return _reduced(_minimum, x, axis, True), in_rows(upcast(x).argmin(axis, keepdims=True))


def argmax(x: Any, axis: int | None, keepdim: bool) -> Any:
    """The first index of the largest; of the first nan if there is one. Of the flattened array without an axis."""
    return np.asarray(upcast(x).argmax(axis, keepdims=keepdim))


def argmin(x: Any, axis: int | None, keepdim: bool) -> Any:
    return np.asarray(upcast(x).argmin(axis, keepdims=keepdim))


def share_of(x: Any, extreme: Any, axes: Axes) -> Any:
    """1/k for each of the k elements that equal the extreme, which has kept its axes (nan equals nan); else 0."""
    hit = (x == extreme) | ((x != x) & (extreme != extreme))
    return hit / np.asarray(np.count_nonzero(hit, axis=axes, keepdims=True), x.dtype)
