"""Connectionist temporal classification: the loss of label sequences, all in logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np


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
    """ln of the probability of the whole sequence: at the last step, on the last label or the blank after it."""
    n = np.arange(len(steps))
    if not len(alpha):
        return np.full(len(steps), -np.inf, alpha.dtype)
    end = alpha[steps - 1, n, 2 * lengths]
    before = np.where(lengths > 0, alpha[steps - 1, n, np.maximum(2 * lengths - 1, 0)], -np.inf)
    return np.where(steps > 0, np.logaddexp(end, before), -np.inf).astype(alpha.dtype)
