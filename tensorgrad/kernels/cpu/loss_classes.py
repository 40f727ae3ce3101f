"""Losses of classes, and their gradients beside them.

Classes are counted along axis 1: x (N, C) or (N, C, L), target (N,) or (N, L). Rows are taken a block at a time, so
what is in between stays in the cache, and the whole of e^x is never in memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .row_reduce import row_max, row_sum

_max: Any = np.maximum.reduce
_sum: Any = np.add.reduce
_BLOCK = 1 << 16  # elements of x that are worked on at once


def _blocks(x: Any) -> list[slice]:
    n = len(x)
    step = max(1, _BLOCK * n // max(x.size, 1))
    return [slice(i, i + step) for i in range(0, n, step)]


def cross_entropy(x: Any, target: Any, weight: Any, kept: Any, smoothing: float) -> tuple[Any, Any, Any, Any]:
    """Losses per target, the largest x and Σ e^(x − largest) of each, and the weight of each target (None: 1 for all).

    ln Σ eˣ itself is never formed: beside large scores it would be rounded as coarsely as they are, and only their
    differences count. Of 16-bit floats the results are float32, to be rounded when they have been added up.
    """
    if x.dtype.itemsize == 2:
        return cross_entropy(_wide(x), target, _wide(weight), kept, smoothing)
    total: Any
    if x.size > _BLOCK and len(x) > 1:
        parts = [_against_largest(x[rows], target[rows], weight, smoothing) for rows in _blocks(x)]
        largest, total, hit, others = [p[0] if p[0] is None else np.concatenate(p) for p in zip(*parts)]
    else:
        largest, total, hit, others = _against_largest(x, target, weight, smoothing)
    lse = np.log(total)
    losses = lse - hit
    w = target_weights(target, weight, kept, x.dtype)
    if w is not None:
        losses *= w
    if smoothing:
        classes = x.shape[1]
        losses *= 1 - smoothing
        losses += ((classes if weight is None else weight.sum()) * lse - others) * (smoothing / classes)
    if kept is not None:
        losses[~kept] = 0
    return losses, largest, total, w


def _against_largest(x: Any, target: Any, weight: Any, smoothing: float) -> tuple[Any, Any, Any, Any]:
    """Of z = x − the largest of its row: that largest, Σ eᶻ, z[target], and for smoothing Σ weight·z."""
    largest = row_max(x, 1)
    z = x - largest
    hit, others = z[_at(x, target)], None
    if smoothing:
        others = row_sum(z, 1)[:, 0] if weight is None else np.tensordot(z, weight, (1, 0))
    np.exp(z, out=z)
    return largest[:, 0], row_sum(z, 1)[:, 0], hit, others


def cross_entropy_backward(
    g: Any, x: Any, target: Any, weight: Any, kept: Any, smoothing: float, largest: Any, total: Any, w: Any
) -> Any:
    """g, a number or one per target, times ∂losses/∂x: softmax(x) less the targets."""
    if x.dtype.itemsize == 2:
        wide = cross_entropy_backward(_wide(g), _wide(x), target, _wide(weight), kept, smoothing, largest, total, w)
        return wide.astype(x.dtype)
    hit = g if w is None else g * w
    scale = hit
    if smoothing:
        classes = x.shape[1]
        share = g * (smoothing / classes)
        if kept is not None:
            share = share * kept
        hit = hit * (1 - smoothing)
        scale = hit + share * (classes if weight is None else weight.sum())
    scale = scale / total
    out = np.empty(x.shape, x.dtype)
    for rows in _blocks(x):
        part = out[rows]
        np.subtract(x[rows], largest[rows, None], out=part)
        np.exp(part, out=part)
        part *= scale[rows, None]
    out[_at(x, target)] -= hit
    if smoothing:
        share = np.broadcast_to(share, total.shape)[:, None]
        out -= share if weight is None else share * weight.reshape(-1, *(1,) * (x.ndim - 2))
    if kept is not None:  # where x is not finite, 0 times it is not 0
        np.moveaxis(out, 1, -1)[~kept] = 0
    return out


def target_weights(target: Any, weight: Any, kept: Any, dtype: Any) -> Any:
    """weight[target], 0 where a target is not kept; None for 1 everywhere."""
    if weight is None:
        return None if kept is None else kept.astype(dtype)
    w = weight[target].astype(dtype, copy=False)
    return w if kept is None else w * kept


def nll(x: Any, target: Any, w: Any, reduction: str, total: float) -> Any:
    """−w · x[target] per target, their sum, or that over `total`."""
    out = -x[_at(x, target)]
    if w is not None:
        out *= w
    if reduction == "none":
        return out
    summed = _sum(out, None, np.float32 if out.dtype.itemsize == 2 else None)
    return (summed / total if reduction == "mean" else summed).astype(x.dtype, copy=False)


def nll_backward(g: Any, target: Any, w: Any, reduction: str, total: float, shape: Any) -> Any:
    """Zeros of a shape with −w · g at the targets; g is one number or one per target."""
    out = np.zeros(shape, g.dtype)
    g = -_wide(g) / total if reduction == "mean" else -g
    out[_at(out, target)] = g if w is None else g * w
    return out


def _at(x: Any, target: Any) -> tuple[Any, ...]:
    """The index of the targets' places in x."""
    n = np.arange(len(x))
    return (n, target) if x.ndim == 2 else (n[:, None], target, np.arange(x.shape[2]))


def _wide(x: Any) -> Any:
    return x if x is None or x.dtype.itemsize > 2 else x.astype(np.float32)


# ---- targets --------------------------------------------------------------------------------------------------------


def largest_class(target: Any) -> int:
    """The largest of int64 numbers; beyond all classes if one is negative."""
    return int(_max(target.view(np.uint64), None, initial=0))


def kept_targets(target: Any, ignored: int) -> tuple[Any, Any]:
    """Which targets are not `ignored` (None: all are), and the targets with 0 for those that are."""
    kept = target != ignored
    return (None, target) if kept.all() else (kept, np.where(kept, target, 0))


def listed_labels(target: Any, classes: int) -> tuple[Any, Any]:
    """Of rows that list labels up to the first −1: which entries count, and (N, C) which classes are listed."""
    listed = np.cumprod(target >= 0, axis=-1).astype(bool)
    named = np.zeros((len(target), classes), bool)
    rows, _ = np.nonzero(listed)
    named[rows, target[listed]] = True
    return listed, named
