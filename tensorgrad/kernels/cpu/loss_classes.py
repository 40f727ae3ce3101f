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


def log_sum_exp(x: Any) -> Any:
    """ln Σ eˣ over axis 1."""
    if x.size > _BLOCK and len(x) > 1:
        return np.concatenate([log_sum_exp(x[rows]) for rows in _blocks(x)])
    largest = row_max(x, 1)
    z = x - largest
    np.exp(z, out=z)
    out = np.log(row_sum(z, 1))
    out += largest
    return out[:, 0]


def cross_entropy(x: Any, target: Any, weight: Any, kept: Any, smoothing: float) -> tuple[Any, Any, Any]:
    """Losses per target, ln Σ eˣ, and the weight of each target (None: 1 for all)."""
    if x.dtype.itemsize == 2:
        losses, lse, w = cross_entropy(_wide(x), target, _wide(weight), kept, smoothing)
        return losses.astype(x.dtype), lse, w
    lse = log_sum_exp(x)
    losses = lse - x[_at(x, target)]
    w = target_weights(target, weight, kept, x.dtype)
    if w is not None:
        losses *= w
    if smoothing:
        if weight is None:
            others = x.shape[1] * lse - x.sum(1)
        else:
            others = weight.sum() * lse - np.tensordot(x, weight, (1, 0))
        losses *= 1 - smoothing
        losses += others * (smoothing / x.shape[1])
    if kept is not None:
        losses[~kept] = 0
    return losses, lse, w


def cross_entropy_backward(
    g: Any, x: Any, target: Any, weight: Any, kept: Any, smoothing: float, lse: Any, w: Any
) -> Any:
    """g, a number or one per target, times ∂losses/∂x: softmax(x) less the targets."""
    if x.dtype.itemsize == 2:
        wide = cross_entropy_backward(_wide(g), _wide(x), target, _wide(weight), kept, smoothing, lse, w)
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
    scale = np.broadcast_to(scale, lse.shape)
    out = np.empty(x.shape, x.dtype)
    for rows in _blocks(x):
        part = out[rows]
        np.subtract(x[rows], lse[rows, None], out=part)
        np.exp(part, out=part)
        part *= scale[rows, None]
    out[_at(x, target)] -= hit
    if smoothing:
        share = np.broadcast_to(share, lse.shape)[:, None]
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
    return (_sum(out, None) / total).astype(x.dtype) if reduction == "mean" else _sum(out, None)


def nll_backward(g: Any, target: Any, w: Any, reduction: str, total: float, shape: Any) -> Any:
    """Zeros of a shape with −w · g at the targets; g is one number or one per target."""
    out = np.zeros(shape, g.dtype)
    g = -g / total if reduction == "mean" else -g
    out[_at(out, target)] = g if w is None else g * w
    return out


def _at(x: Any, target: Any) -> tuple[Any, ...]:
    """The index of the targets' places in x."""
    n = np.arange(len(x))
    return (n, target) if x.ndim == 2 else (n[:, None], target, np.arange(x.shape[2]))


def _wide(x: Any) -> Any:
    return x if x is None else x.astype(np.float32)


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
