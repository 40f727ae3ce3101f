"""Normalisation: one kernel for batch, layer, group, instance and root-mean-square norms; they differ in the axes.

The input comes as a view in which the axes to be averaged over are axes of their own, weight and bias as arrays of as
many axes that broadcast to it. Everything is done a block at a time, so that the passes over a block find it in the
cache; 16-bit floats are computed in single.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from ..shapes import Shape
from .workspace import is_half

BLOCK = 1 << 18  # bytes


def normalize(x: Any, weight: Any, bias: Any, axes: Shape, eps: float, centre: bool) -> Any:
    """(x − mean) / √(variance + eps) · weight + bias over `axes`, and the mean and the variance (over n, not n − 1).

    Without `centre` the mean is left where it is (None is returned for it) and the variance is the mean square.
    """
    # x any, weight and bias broadcast to it or None → y like x, mean and var with axes of length 1
    y = np.empty(x.shape, x.dtype)
    wide = np.float32 if is_half(x) else x.dtype
    mean = np.empty([1 if i in axes else n for i, n in enumerate(x.shape)], wide)
    var = np.empty_like(mean)
    count = prod([x.shape[i] for i in axes])
    for part in _parts(x, axes):
        block = x[part].astype(wide, copy=False)
        out = y[part] if y.dtype == wide else np.empty(block.shape, wide)
        if centre:
            mean[part] = np.add.reduce(block, axes, keepdims=True) / count
            block = np.subtract(block, mean[part], out=out)
        var[part] = _dot(block, block, axes) / count
        scale = 1 / np.sqrt(var[part] + eps)
        if weight is not None and not _crossed(weight, axes):
            scale = scale * _cut(weight, part)  # small: one pass instead of two
        np.multiply(block, scale, out=out)
        if weight is not None and _crossed(weight, axes):
            out *= _cut(weight, part)
        if bias is not None:
            out += _cut(bias, part)
        if y.dtype != wide:
            y[part] = out
    return y, mean if centre else None, var


def normalize_backward(
    grad: Any, x: Any, weight: Any, mean: Any, var: Any, axes: Shape, eps: float, affine: Shape | None
) -> Any:
    """The gradients towards x, weight and bias; the last two in the shape `affine`, or None without one."""
    # h = (x − mean)·rstd, g = grad·weight:  gx = rstd · (g − mean(g) − h·mean(g·h)),  gw = Σ grad·h,  gb = Σ grad
    gx = np.empty(x.shape, x.dtype)
    count = prod([x.shape[i] for i in axes])
    gw = gb = None
    if affine is not None:
        gw, gb = np.zeros(affine, var.dtype), np.zeros(affine, var.dtype)
        summed = tuple([i for i, n in enumerate(affine) if n == 1])
    for part in _parts(x, axes):
        g, h = grad[part].astype(var.dtype, copy=False), x[part].astype(var.dtype, copy=False)
        rstd = 1 / np.sqrt(var[part] + eps)
        h = h * rstd if mean is None else (h - mean[part]) * rstd
        if affine is not None:
            _cut(gw, part)[...] += _dot(g, h, summed)
            _cut(gb, part)[...] += np.add.reduce(g, summed, keepdims=True)
        if weight is not None:
            g = g * _cut(weight, part)
        h *= _dot(g, h, axes) / -count
        h += g
        if mean is not None:
            h -= np.add.reduce(g, axes, keepdims=True) / count
        np.multiply(h, rstd, out=gx[part], casting="same_kind")
    return gx, gw, gb


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


def _crossed(weight: Any, axes: Shape) -> bool:
    """Whether the weight varies along an axis that is averaged over."""
    return any(weight.shape[i] > 1 for i in axes)


def _dot(a: Any, b: Any, axes: Shape) -> Any:
    """Σ a·b over axes, which are kept with length 1."""
    last = a.ndim - 1
    if last in axes and a.shape[last] >= 16:
        return np.add.reduce(np.vecdot(a, b)[..., None], axes, keepdims=True)
    return np.add.reduce(a * b, axes, keepdims=True)


__all__ = ["normalize", "normalize_backward"]
