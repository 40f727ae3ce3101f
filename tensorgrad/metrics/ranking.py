"""How well scores put positive examples before negative ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .metric import Metric, as_array, in_range, ordered, whole


class _Ranked(Metric):
    """Metrics of the order of all scores, so every batch is kept.

    Scores (N,) or (N, 2), targets 0 or 1; or scores (N, C), targets below C: each class against the rest, averaged.

    Args:
        average: over more than two classes: "macro", "weighted" (by how often they occur), None (one per class).
    """

    def __init__(self, average: str | None = "macro") -> None:
        if average not in ("macro", "weighted", None):
            raise ValueError(f"{type(self).__name__}: average must be 'macro', 'weighted' or None, got {average!r}.")
        self.average = average
        super().__init__()

    def reset(self) -> None:
        self.scores: list[Any] = []
        self.targets: list[Any] = []

    def update(self, prediction: Any, target: Any) -> None:
        me = type(self).__name__
        given, target = as_array(me, prediction), as_array(me, target)
        s, t = given.astype(np.float64), target
        if s.ndim == 2 and s.shape[1] == 2:
            s = s[:, 1]
        if s.ndim == 2 and s.shape[1] == 1 and t.shape in (s.shape, s.shape[:1]):
            s, t = s[:, 0], t.reshape(-1)
        if s.ndim not in (1, 2) or s.shape[:1] != t.shape:
            raise ValueError(
                f"{me}: needs scores (N,) or (N, C) and targets (N,), got {given.shape} and {target.shape}."
            )
        ordered(me, s)
        if self.scores and self.scores[0].shape[1:] != s.shape[1:]:
            raise ValueError(f"{me}: these scores have shape {s.shape}, those before {self.scores[0].shape}.")
        t = whole(me, t)
        in_range(me, t, s.shape[1] if s.ndim == 2 else 2)
        self.scores.append(s.copy())  # the caller may go on writing to his
        self.targets.append(t)

    def area(self, positives: Any, negatives: Any) -> float:
        """The metric from the curve: how many positive and negative examples score as high or higher, for each score
        that occurs, from high to low."""
        raise TypeError(f"{type(self).__name__} defines area().")

    def compute(self) -> Any:
        if not sum(map(len, self.targets)):
            return math.nan
        s, t = np.concatenate(self.scores), np.concatenate(self.targets)
        if s.ndim == 1:
            return self._of_one(s, t)
        found = np.array([self._of_one(s[:, c], t == c) for c in range(s.shape[1])])
        if self.average is None:
            return found
        if self.average == "macro":
            return float(found.mean())
        weights = np.bincount(t, minlength=len(found))
        return float(np.average(found[weights > 0], weights=weights[weights > 0]))  # a class that is not there is nan

    def _of_one(self, s: Any, t: Any) -> float:
        order = np.argsort(-s, kind="stable")
        s, t = s[order], t[order].astype(np.float64)
        last = np.append(np.flatnonzero(np.diff(s)), len(s) - 1)  # equal scores are one point of the curve
        positives = np.cumsum(t)[last]
        return self.area(positives, last + 1 - positives)


class ROCAUC(_Ranked):
    """The area under the ROC curve: how likely a positive example scores above a negative one. nan for one class."""

    name = "roc_auc"

    def area(self, positives: Any, negatives: Any) -> float:
        if not positives[-1] or not negatives[-1]:
            return math.nan
        y, x = np.append(0.0, positives) / positives[-1], np.append(0.0, negatives) / negatives[-1]
        return float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum())


class AveragePrecision(_Ranked):
    """Σ (recallᵢ − recallᵢ₋₁) · precisionᵢ, over the scores from high to low. 0 without positive examples."""

    name = "average_precision"

    def area(self, positives: Any, negatives: Any) -> float:
        if not positives[-1]:
            return 0.0
        recall, precision = np.append(0.0, positives) / positives[-1], positives / (positives + negatives)
        return float((np.diff(recall) * precision).sum())


__all__ = [
    "AveragePrecision", "ROCAUC",
]  # fmt: skip
