"""Normalisation: one kernel for batch, layer, group, instance and root-mean-square norms; they differ in the axes.

The input comes as a view in which the axes to be averaged over are axes of their own, weight and bias as arrays of as
many axes that broadcast to it. Everything is done a block at a time, so that the passes over a block find it in the
cache; 16-bit floats are computed in single.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..shapes import Shape
from .half import is_half
from .reduce import rescaled
from .row_reduce import ONES, row_sum
from .workspace import workspace

BLOCK = 1 << 18  # bytes
ROWS = 256


def normalize(x: Any, weight: Any, bias: Any, axes: Shape, eps: float, centre: bool) -> Any:
    """(x − mean) / √(variance + ε) · weight + bias over `axes`, and the mean and the variance (over n, not n − 1).

    Without `centre` the mean is left where it is (None is returned for it) and the variance is the mean square.
    """
    # x any, weight and bias broadcast to it or None → y like x, mean and var with axes of length 1
    y = np.empty(x.shape, x.dtype)
    wide = np.float32 if is_half(x) else x.dtype
    mean = np.empty([1 if i in axes else n for i, n in enumerate(x.shape)], wide)
    var = np.empty_like(mean)
    count = math.prod([x.shape[i] for i in axes])
    for part in _parts(x, axes):
        block = x[part].astype(wide, copy=False)
        out = y[part] if y.dtype == wide else np.empty(block.shape, wide)
        if centre:
            mean[part] = _total(block, axes) / count
            block = np.subtract(block, mean[part], out=out)
        var[part] = _dot(block, block, axes) / count
        scale = 1 / _root(var[part] + eps, block, axes)
        crossed = weight is not None and any(weight.shape[i] > 1 for i in axes)  # it varies along what is averaged over
        if weight is not None and not crossed:
            scale = scale * _cut(weight, part)  # small: one pass instead of two
        np.multiply(block, scale, out=out)
        if crossed:
            out *= _cut(weight, part)
        if bias is not None:
            out += _cut(bias, part)
        if y.dtype != wide:
            y[part] = out
    return y, mean if centre else None, var


def _root(var: Any, deviations: Any, axes: Shape) -> Any:
    """√var, of deviations whose squares may be too large for their dtype."""
    root = np.sqrt(var)
    if np.add.reduce(root, None) < np.inf:
        return root
    return rescaled(lambda rows: np.sqrt(_dot(rows, rows, (1,))[:, 0] / rows.shape[1]), root, deviations, axes)


def normalize_backward(
    grad: Any, x: Any, weight: Any, mean: Any, var: Any, axes: Shape, eps: float, affine: Shape | None, want_x: bool
) -> Any:
    """The gradients towards x, weight and bias; the last two in the shape `affine`, or None without one."""
    # h = (x − mean)·rstd, g = grad·weight:  gx = rstd · (g − mean(g) − h·mean(g·h)),  gw = Σ grad·h,  gb = Σ grad
    gx = np.empty(x.shape, x.dtype) if want_x else None
    count = math.prod([x.shape[i] for i in axes])
    shape = affine or ((1,) * x.ndim if weight is None else weight.shape)
    gw, gb = np.zeros(shape, var.dtype), np.zeros(shape, var.dtype)
    # Sums over the axes along which the weight is constant come first: they serve gw, gb and both means.
    summed = tuple([i for i, n in enumerate(shape) if n == 1])
    free = tuple([i for i in axes if i in summed])
    crossed = free != axes
    for part in _parts(x, axes):
        g = grad[part].astype(var.dtype, copy=False)
        rstd = 1 / np.sqrt(var[part] + eps)
        h, scratch = workspace((2, *g.shape), var.dtype)
        np.subtract(x[part], 0 if mean is None else mean[part], out=h)
        h *= rstd
        gh, total = _dot(g, h, free, scratch), _total(g, free)
        if affine is not None:
            _cut(gw, part)[...] += _total(gh, summed)
            _cut(gb, part)[...] += _total(total, summed)
        if gx is None:
            continue
        w = None if weight is None else _cut(weight, part)
        if crossed and w is not None:
            gh, total = _dot(gh, w, axes), _dot(total, w, axes)
            g = np.multiply(g, w, out=scratch)
        elif crossed:
            gh, total = _total(gh, axes), _total(total, axes)
        elif w is not None:
            rstd = rstd * w
        h *= gh / -count
        h += g
        if mean is not None:
            h -= total / count
        np.multiply(h, rstd, out=gx[part], casting="same_kind")
    return (gx, gw, gb) if affine is not None else (gx, None, None)


def _parts(x: Any, axes: Shape) -> Iterator[tuple[slice, ...]]:
    """Pieces of about BLOCK bytes along the first axis that is not averaged over."""
    axis = next(i for i in range(x.ndim) if i not in axes)
    n = x.shape[axis]
    step = max(BLOCK * n // max(x.nbytes, 1), 1)
    for i in range(0, n, step):
        yield (slice(None),) * axis + (slice(i, i + step),)


def _cut(weight: Any, part: tuple[slice, ...]) -> Any:
    """The piece of a broadcasting array that belongs to a piece of the whole."""
    return weight[part] if weight.shape[len(part) - 1] > 1 else weight


def _total(a: Any, axes: Shape) -> Any:
    """Σ a over axes, which are kept with length 1."""
    if not axes:
        return a
    if 0 in axes and len(a) > ROWS:  # in groups, roundings do not pile up
        whole = len(a) // ROWS * ROWS
        groups = ONES[a.dtype][:ROWS] @ a[:whole].reshape(whole // ROWS, ROWS, -1)  # BLAS adds faster than NumPy
        a = np.concatenate([groups.reshape(-1, *a.shape[1:]), a[whole:]])
        return _total(a, axes)
    if 0 in axes and len(axes) > 1:
        a = np.add.reduce(a, 0, keepdims=True)
    if len(axes) == 1:
        return row_sum(a, axes[0])
    return np.add.reduce(a, axes, keepdims=True)


def _dot(a: Any, b: Any, axes: Shape, scratch: Any = None) -> Any:
    """Σ a·b over axes, which are kept with length 1. `scratch` may be overwritten."""
    last = a.ndim - 1
    if last in axes and b.size == a.shape[last] and a.flags.c_contiguous:  # one row for all: a matrix times a vector
        return _total(a.reshape(-1, b.size).dot(b.reshape(-1)).reshape(*a.shape[:-1], 1), axes)
    if last in axes and a.shape[last] >= 64:
        return _total(np.vecdot(a, b)[..., None], axes)
    return _total(np.multiply(a, b, out=scratch if scratch is not None and scratch.shape == a.shape else None), axes)


__all__ = ["normalize", "normalize_backward"]
