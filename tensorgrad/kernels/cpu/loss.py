"""Losses, and their gradients beside them.

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


# ---- classes --------------------------------------------------------------------------------------------------------


def _wide(x: Any) -> Any:
    return x if x is None else x.astype(np.float32)


def _at(x: Any, target: Any) -> tuple[Any, ...]:
    """The index of the targets' places in x."""
    n = np.arange(len(x))
    return (n, target) if x.ndim == 2 else (n[:, None], target, np.arange(x.shape[2]))


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


def largest_class(target: Any) -> int:
    """The largest of int64 numbers; beyond all classes if one is negative."""
    return int(_max(target.view(np.uint64), None, initial=0))


def kept_targets(target: Any, ignored: int) -> tuple[Any, Any]:
    """Which targets are not `ignored` (None: all are), and the targets with 0 for those that are."""
    kept = target != ignored
    return (None, target) if kept.all() else (kept, np.where(kept, target, 0))


# ---- numbers --------------------------------------------------------------------------------------------------------


def mse(x: Any, z: Any, reduction: str) -> Any:
    """(x − z)², its sum or its mean."""
    d = x - z
    if reduction == "none":
        return np.square(d, out=d) if d.ndim else d * d
    if d.dtype.itemsize == 2:
        total = np.square(d, dtype=np.float32).sum()
    else:
        d = d.reshape(-1)
        total = d.dot(d)
    return np.asarray(total / d.size if reduction == "mean" else total).astype(d.dtype, copy=False)


def huber(d: Any, delta: float) -> Any:
    """½·d² up to |d| = δ, and δ·(|d| − ½·δ) beyond."""
    size = np.absolute(d)
    near = np.minimum(size, d.dtype.type(delta))
    return near * (size - d.dtype.type(0.5) * near)


def binary_cross_entropy(x: Any, t: Any) -> Any:
    """−t·ln x − (1 − t)·ln(1 − x), no logarithm below −100."""
    return (t - 1) * np.maximum(np.log1p(-x), -100) - t * np.maximum(np.log(x), -100)


def binary_cross_entropy_with_logits(x: Any, t: Any) -> Any:
    """−t·ln σ(x) − (1 − t)·ln σ(−x) = max(x, 0) − x·t + ln(1 + e^−|x|)."""
    tail = np.empty(x.shape, x.dtype)
    np.negative(np.absolute(x, out=tail), out=tail)
    np.exp(tail, out=tail)
    np.log1p(tail, out=tail)
    tail += np.maximum(x, 0)
    tail -= x * t
    return tail


def all_within(x: Any, low: float, high: float) -> bool:
    """Whether all of x is in [low, high]."""
    return bool(((x >= low) & (x <= high)).all())


# ---- several labels -------------------------------------------------------------------------------------------------


def listed_labels(target: Any, classes: int) -> tuple[Any, Any]:
    """Of rows that list labels up to the first −1: which entries count, and (N, C) which classes are listed."""
    listed = np.cumprod(target >= 0, axis=-1).astype(bool)
    named = np.zeros((len(target), classes), bool)
    rows, _ = np.nonzero(listed)
    named[rows, target[listed]] = True
    return listed, named


# ---- connectionist temporal classification --------------------------------------------------------------------------


def ctc_labels(targets: Any, lengths: Any, blank: int) -> tuple[Any, Any]:
    """Rows of labels with blanks in between and around, (N, 2S + 1), and where a step may skip the blank before it."""
    n, s = len(lengths), int(lengths.max(initial=0))
    labels = np.full((n, 2 * s + 1), blank, np.int64)
    if targets.ndim == 2:
        inside = np.arange(s) < lengths[:, None]
        labels[:, 1::2][inside] = targets[:, :s][inside]
    else:
        inside = np.arange(s) < lengths[:, None]
        labels[:, 1::2][inside] = targets[: int(lengths.sum())]
    skips = np.zeros(labels.shape, bool)
    skips[:, 2:] = (labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])
    return labels, skips


def ctc(x: Any, labels: Any, skips: Any, steps: Any, lengths: Any) -> tuple[Any, Any]:
    """−ln of the probability of all ways to spread the labels over the steps, and ln α for the way back.

    x (T, N, C) log-probabilities, labels and skips (N, 2S + 1), steps and lengths (N,) → (N,), (T, N, 2S + 1).
    """
    emitted = _emitted(x, labels)
    alpha = np.full(emitted.shape, -np.inf, x.dtype)
    if len(x):
        alpha[0, :, :2] = emitted[0, :, :2]
        alpha[0, lengths == 0, 1:] = -np.inf
    for t in range(1, len(x)):
        alpha[t] = _step(alpha[t - 1], skips) + emitted[t]
    return -_last(alpha, steps, lengths), alpha


def ctc_backward(g: Any, x: Any, labels: Any, skips: Any, steps: Any, lengths: Any, alpha: Any, loss: Any) -> Any:
    """g per sequence times ∂loss/∂x = −P(label at step t | the labels)."""
    emitted = _emitted(x, labels)
    n = np.arange(len(labels))
    beta = np.full(emitted.shape, -np.inf, x.dtype)
    ahead = np.zeros(skips.shape, bool)
    ahead[:, :-2] = skips[:, 2:]
    after = np.full(labels.shape, -np.inf, x.dtype)
    for t in range(len(x) - 1, -1, -1):
        beta[t] = _step(after[:, ::-1], ahead[:, ::-1])[:, ::-1]
        ends = n[steps == t + 1]
        beta[t, ends] = -np.inf
        beta[t, ends, 2 * lengths[ends]] = 0
        some = ends[lengths[ends] > 0]
        beta[t, some, 2 * lengths[some] - 1] = 0
        after = beta[t] + emitted[t]
    finite = np.isfinite(loss)
    posterior = np.exp(alpha + beta + np.where(finite, loss, 0)[:, None]) * np.where(finite, -g, 0)[:, None]
    posterior[:, ~finite] = np.where(g[~finite, None] == 0, 0, np.nan)
    chosen = np.zeros((*labels.shape, x.shape[2]), x.dtype)  # which class each label is
    np.put_along_axis(chosen, labels[..., None], 1, -1)
    out = np.matmul(posterior.transpose(1, 0, 2), chosen).transpose(1, 0, 2)
    out[np.arange(len(x))[:, None] >= steps] = 0
    return out


def _emitted(x: Any, labels: Any) -> Any:
    """ln of the probability of each label at each step, (T, N, 2S + 1)."""
    return np.take_along_axis(x, labels[None], 2)


def _step(alpha: Any, skips: Any) -> Any:
    """ln α before emission: from the same label, from the one before, or past a blank."""
    out = alpha.copy()
    np.logaddexp(alpha[:, 1:], alpha[:, :-1], out=out[:, 1:])
    skipping = np.where(skips[:, 2:], alpha[:, :-2], -np.inf)
    np.logaddexp(out[:, 2:], skipping, out=out[:, 2:])
    return out


def _last(alpha: Any, steps: Any, lengths: Any) -> Any:
    """ln of the probability of having said everything: at the last step, on the last label or the blank after it."""
    n = np.arange(len(steps))
    if not len(alpha):
        return np.full(len(steps), -np.inf, alpha.dtype)
    end = alpha[steps - 1, n, 2 * lengths]
    before = np.where(lengths > 0, alpha[steps - 1, n, np.maximum(2 * lengths - 1, 0)], -np.inf)
    return np.where(steps > 0, np.logaddexp(end, before), -np.inf).astype(alpha.dtype)
