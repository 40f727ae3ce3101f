"""Right and wrong decisions between classes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .metric import Metric, as_array, in_range, ordered, ratio, whole

AVERAGES = ("macro", "micro", "weighted", "binary", None)
CLASSES = 1_000_000  # more than these is not a number of classes but a mistake
_CLASSES_OF_MATRIX = 10_000


class _Decisions(Metric):
    """Metrics of decisions for a class.

    Args:
        num_classes: how many there are; without it, as many as have been seen.
        threshold: from which score on a single score means class 1.
        ignore_index: examples with this target do not count.
    """

    most = CLASSES

    def __init__(self, num_classes: int | None = None, threshold: float = 0.5, ignore_index: int | None = None) -> None:
        if num_classes is not None and num_classes < 1:
            raise ValueError(f"{type(self).__name__}: num_classes must be at least 1, got {num_classes}.")
        self.num_classes, self.threshold, self.ignore_index = num_classes, threshold, ignore_index
        super().__init__()

    def update(self, prediction: Any, target: Any) -> None:
        p, t, classes = self._decided(as_array(self._me, prediction), as_array(self._me, target))
        if self.ignore_index is not None:
            p, t = p[t != self.ignore_index], t[t != self.ignore_index]
        if not t.size:
            return
        low, high = int(min(p.min(), t.min())), int(max(p.max(), t.max()))
        if low < 0:
            raise ValueError(f"{self._me}: classes are numbered from 0, got {low}. Leave some out with ignore_index.")
        if self.num_classes is not None and high >= self.num_classes:
            raise ValueError(f"{self._me}: class {high} among {self.num_classes} classes, which are numbered from 0.")
        if self.num_classes is None and high >= self.most:
            raise ValueError(f"{self._me}: class {high} is one of very many; give num_classes if that is meant.")
        self._count(p, t, self.num_classes or max(high + 1, classes))

    @property
    def _me(self) -> str:
        return type(self).__name__

    def _count(self, p: Any, t: Any, n: int) -> None:
        """Take in predicted and true classes, (N,) each, numbered below n."""
        raise TypeError(f"{self._me} defines _count().")

    def _decided(self, given: Any, target: Any) -> tuple[Any, Any, int]:
        """Predicted and true classes, (N,) each, and how many classes the scores were of."""
        t, classes = target, 0
        if given.shape == (*t.shape, 1):
            given = given.reshape(t.shape)
        if given.dtype.kind not in "iub":
            ordered(self._me, given)
        if given.shape == t.shape:
            p = given
            if given.dtype.kind not in "iub":
                p = given >= self.threshold
                more = (t > 1) & (t != self.ignore_index)
                if more.any():
                    raise ValueError(
                        f"{self._me}: one score per example says class 0 or 1, and a target is {t[more].flat[0]}. Give "
                        "scores (N, C), or class numbers as integers."
                    )
        elif given.ndim == t.ndim + 1 and given.shape[:1] + given.shape[2:] == t.shape:
            p, classes = given.argmax(1) if given.size else t, given.shape[1]
        else:
            raise ValueError(
                f"{self._me}: needs class numbers in the targets' shape (N, …) or scores (N, C, …), got prediction "
                f"{given.shape} and target {t.shape}."
            )
        return p.reshape(-1).astype(np.int64), whole(self._me, t), classes


class Accuracy(_Decisions):
    """The share of right answers, in [0, 1]."""

    name = "accuracy"

    def reset(self) -> None:
        self.right = self.seen = 0

    def _count(self, p: Any, t: Any, n: int) -> None:
        self.right += int((p == t).sum())
        self.seen += t.size

    def compute(self) -> float:
        return ratio(self.right, self.seen)


class ConfusionMatrix(_Decisions):
    """How often class i (row) was taken for class j (column).  (C, C) of counts."""

    name = "confusion_matrix"
    most = _CLASSES_OF_MATRIX

    def reset(self) -> None:
        n = self.num_classes or 0
        self.counts = np.zeros((n, n), np.int64)

    def _count(self, p: Any, t: Any, n: int) -> None:
        more = max(n - len(self.counts), 0)
        self.counts = np.pad(self.counts, (0, more))
        size = len(self.counts)
        self.counts += np.bincount(t * size + p, minlength=size * size).reshape(size, size)

    def compute(self) -> Any:
        return self.counts.copy()


class _PerClass(_Decisions):
    """A number per class, from its true positives, false positives and false negatives, averaged.

    Args:
        average: "macro" (mean over the classes that occur), "weighted" (by how often they occur as a target), "micro"
            (over all decisions), "binary" (class 1 alone), None (one number per class).
        zero_division: what 0/0 counts as; nan leaves such a class out of the mean.
        others: as in `Accuracy`.
    """

    def __init__(
        self,
        average: str | None = "macro",
        num_classes: int | None = None,
        threshold: float = 0.5,
        ignore_index: int | None = None,
        zero_division: float = 0.0,
    ) -> None:
        if average not in AVERAGES:
            raise ValueError(f"{self._me}: average must be one of {AVERAGES}, got {average!r}.")
        self.average, self.zero_division = average, zero_division
        super().__init__(num_classes, threshold, ignore_index)

    def reset(self) -> None:
        self.counts = np.zeros((3, self.num_classes or 0), np.int64)  # taken rightly, taken, there

    def _count(self, p: Any, t: Any, n: int) -> None:
        self.counts = np.pad(self.counts, ((0, 0), (0, max(n - self.counts.shape[1], 0))))
        size = self.counts.shape[1]
        self.counts += np.stack([np.bincount(x, minlength=size) for x in (p[p == t], p, t)])

    def score(self, tp: Any, fp: Any, fn: Any) -> Any:
        """The number from counts, elementwise."""
        raise TypeError(f"{type(self).__name__} defines score().")

    def compute(self) -> Any:
        tp, taken, there = self.counts.astype(np.float64)
        fp, fn = taken - tp, there - tp
        if self.average == "micro":
            return float(self.score(tp.sum(), fp.sum(), fn.sum()))
        if self.average == "binary":
            if len(tp) > 2:
                raise ValueError(
                    f"{self._me}: average='binary' is for two classes, {len(tp)} were seen; choose 'macro', 'micro' or "
                    "'weighted'."
                )
            return float(self.score(tp[1], fp[1], fn[1])) if len(tp) == 2 else float(self.zero_division)
        per_class = self.score(tp, fp, fn)
        if self.average is None:
            return per_class
        counts = (there + fp > 0) & ~np.isnan(per_class)  # classes that occur, and have a number
        if not counts.any():
            return math.nan
        weights = there[counts] if self.average == "weighted" and there[counts].any() else None
        return float(np.average(per_class[counts], weights=weights))

    def _divide(self, a: Any, b: Any) -> Any:
        return np.where(b > 0, a / np.where(b > 0, b, 1.0), self.zero_division)


class Precision(_PerClass):
    """Of the answers "class i", the share that is right: tp/(tp + fp)."""

    name = "precision"

    def score(self, tp: Any, fp: Any, fn: Any) -> Any:
        return self._divide(tp, tp + fp)


class Recall(_PerClass):
    """Of the examples of class i, the share that is found: tp/(tp + fn)."""

    name = "recall"

    def score(self, tp: Any, fp: Any, fn: Any) -> Any:
        return self._divide(tp, tp + fn)


class F1(_PerClass):
    """The harmonic mean of precision and recall: 2tp/(2tp + fp + fn)."""

    name = "f1"

    def score(self, tp: Any, fp: Any, fn: Any) -> Any:
        return self._divide(2 * tp, 2 * tp + fp + fn)


class TopKAccuracy(Metric):
    """The share of examples whose class is among the k largest scores.  Scores (N, C), targets (N,)."""

    def __init__(self, k: int = 5) -> None:
        if k < 1:
            raise ValueError(f"TopKAccuracy: k must be at least 1, got {k}.")
        self.k = k
        self.name = f"top{k}_accuracy"
        super().__init__()

    def reset(self) -> None:
        self.right = self.seen = 0

    def update(self, prediction: Any, target: Any) -> None:
        scores, t = as_array("TopKAccuracy", prediction), as_array("TopKAccuracy", target)
        if scores.ndim != 2 or scores.shape[:1] != t.shape:
            raise ValueError(f"TopKAccuracy: needs scores (N, C) and targets (N,), got {scores.shape} and {t.shape}.")
        ordered("TopKAccuracy", scores)
        t = whole("TopKAccuracy", t)
        in_range("TopKAccuracy", t, scores.shape[1])
        # of equal scores the later class comes first, as scikit-learn ranks them
        best = np.argsort(scores, axis=1, kind="stable")[:, ::-1][:, : self.k]
        self.right += int((best == t[:, None]).sum())
        self.seen += t.size

    def compute(self) -> float:
        return ratio(self.right, self.seen)


__all__ = [
    "Accuracy", "ConfusionMatrix", "F1", "Precision", "Recall", "TopKAccuracy",
]  # fmt: skip
