"""Distances between predictions and targets, and how well text is foretold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .metric import Metric, as_array, in_range, ratio, whole


class _Errors(Metric):
    """Metrics of the differences between prediction and target, of one shape.  (N,), or (N, D) for D quantities, each
    of which is measured alone; the result is the mean over them."""

    def reset(self) -> None:
        self.n = 0
        self.absolute = self.squared = self.mean = self.spread = np.zeros(())

    def update(self, prediction: Any, target: Any) -> None:
        p, t = (as_array(type(self).__name__, x).astype(np.float64) for x in (prediction, target))
        if p.shape != t.shape:
            raise ValueError(
                f"{type(self).__name__}: prediction and target must have one shape, got {p.shape} and {t.shape}."
            )
        p, t = p.reshape(len(p) if p.ndim else 1, *p.shape[1:]), t.reshape(len(t) if t.ndim else 1, *t.shape[1:])
        if self.n and self.mean.shape != t.shape[1:]:
            raise ValueError(
                f"{type(self).__name__}: examples of shape {t.shape[1:]}, those before were {self.mean.shape}."
            )
        if not t.size:
            return
        self.absolute = self.absolute + np.abs(p - t).sum(0)
        self.squared = self.squared + ((p - t) ** 2).sum(0)
        # mean and spread of the targets so far, merged with those of the batch (Chan et al., 1979)
        m, mean, total = len(t), t.mean(0), self.n + len(t)
        self.spread = self.spread + ((t - mean) ** 2).sum(0) + (mean - self.mean) ** 2 * (self.n * m / total)
        self.mean = self.mean + (mean - self.mean) * (m / total)
        self.n = total


class MAE(_Errors):
    """Mean absolute error."""

    name = "mae"

    def compute(self) -> float:
        return float((self.absolute / self.n).mean()) if self.n else math.nan


class MSE(_Errors):
    """Mean squared error."""

    name = "mse"

    def compute(self) -> float:
        return float((self.squared / self.n).mean()) if self.n else math.nan


class RMSE(_Errors):
    """Root of the mean squared error, in the units of the target."""

    name = "rmse"

    def compute(self) -> float:
        return float(np.sqrt(self.squared / self.n).mean()) if self.n else math.nan


class R2(_Errors):
    """1 − Σ(t − p)²/Σ(t − t̄)²: 1 is perfect, 0 is as good as the mean. nan below two examples; of targets that are all
    the same, 1 if each was met and 0 otherwise."""

    name = "r2"

    def compute(self) -> float:
        if self.n < 2:
            return math.nan
        varies = self.spread > 0
        r2 = 1.0 - self.squared / np.where(varies, self.spread, 1.0)
        return float(np.where(varies, r2, self.squared == 0).mean())


class Perplexity(Metric):
    """exp of the mean of −ln p(right token): how many tokens the model is undecided between.

    Logits (…, C), targets (…); targets equal to `ignore_index` do not count.
    """

    name = "perplexity"

    def __init__(self, ignore_index: int = -100) -> None:
        self.ignore_index = ignore_index
        super().__init__()

    def reset(self) -> None:
        self.total, self.n = 0.0, 0

    def update(self, prediction: Any, target: Any) -> None:
        x, t = as_array("Perplexity", prediction), as_array("Perplexity", target)
        if x.shape[:-1] != t.shape or not x.ndim:
            raise ValueError(f"Perplexity: needs logits (…, C) and targets (…), got {x.shape} and {t.shape}.")
        x, t = x.reshape(-1, x.shape[-1]), whole("Perplexity", t)
        counts = t != self.ignore_index
        x, t = x[counts].astype(np.float64), t[counts]
        in_range("Perplexity", t, x.shape[1])
        if not t.size:
            return
        top = x.max(-1, keepdims=True)
        with np.errstate(invalid="ignore"):  # of nothing but −∞ the answer is nan
            log_sum = np.log(np.exp(x - top).sum(-1)) + top[:, 0]
            self.total += float((log_sum - x[np.arange(len(t)), t]).sum())
        self.n += len(t)

    def compute(self) -> float:
        with np.errstate(over="ignore"):
            return float(np.exp(ratio(self.total, self.n)))


__all__ = [
    "MAE", "MSE", "Perplexity", "R2", "RMSE",
]  # fmt: skip
