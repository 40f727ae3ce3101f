"""Metrics, one batch at a time: `update(prediction, target)` as often as there are batches, then `compute()`.

    accuracy = Accuracy()
    for x, y in loader:
        accuracy.update(model(x), y)
    print(accuracy.compute())

They take tensors, arrays or lists, count in float64, and equal scikit-learn's functions on all batches at once.

Predictions of a classifier may be
  * class numbers, in the targets' shape (whole numbers or bools);
  * scores (N, C) or (N, C, …), of which the largest counts; for two classes also
  * one score per example, in the targets' shape or (N, 1): class 1 from `threshold` on. Probabilities go with 0.5, the
    default, logits with 0.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from .tensor import Tensor

AVERAGES = ("macro", "micro", "weighted", "binary", None)
_CLASSES = 1_000_000  # more than these is not a number of classes but a mistake
_CLASSES_OF_MATRIX = 10_000


class Metric:
    """Base: `reset`, `update`, `compute`; `m(prediction, target)` does all three for one batch.

    Attributes:
        name: in a history.
    """

    name = "metric"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        raise TypeError(f"{type(self).__name__}: a Metric defines reset(), update() and compute().")

    def update(self, prediction: Any, target: Any) -> None:
        """Take in a batch."""
        raise TypeError(f"{type(self).__name__}: a Metric defines reset(), update() and compute().")

    def compute(self) -> Any:
        """The metric over all batches since `reset`; nan (or zeros, for counts) before the first."""
        raise TypeError(f"{type(self).__name__}: a Metric defines reset(), update() and compute().")

    def state_dict(self) -> dict[str, Any]:
        """What has been counted so far, for a checkpoint."""
        return copy.deepcopy(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on counting from there."""
        vars(self).update(copy.deepcopy(state))

    def __call__(self, prediction: Any, target: Any) -> Any:
        self.reset()
        self.update(prediction, target)
        return self.compute()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.compute()})"


# ---- classification --------------------------------------------------------------------------------------------------


class _Decisions(Metric):
    """Metrics of decisions for a class.

    Args:
        num_classes: how many there are; without it, as many as have been seen.
        threshold: from which score on a single score means class 1.
        ignore_index: examples with this target do not count.
    """

    most = _CLASSES

    def __init__(self, num_classes: int | None = None, threshold: float = 0.5, ignore_index: int | None = None) -> None:
        if num_classes is not None and num_classes < 1:
            raise ValueError(f"{type(self).__name__}: num_classes must be at least 1, got {num_classes}.")
        self.num_classes, self.threshold, self.ignore_index = num_classes, threshold, ignore_index
        super().__init__()

    def update(self, prediction: Any, target: Any) -> None:
        p, t, classes = self._decided(_array(self._me, prediction), _array(self._me, target))
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
            _ordered(self._me, given)
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
        return p.reshape(-1).astype(np.int64), _whole(self._me, t), classes


class Accuracy(_Decisions):
    """The share of right answers, in [0, 1]."""

    name = "accuracy"

    def reset(self) -> None:
        self.right = self.seen = 0

    def _count(self, p: Any, t: Any, n: int) -> None:
        self.right += int((p == t).sum())
        self.seen += t.size

    def compute(self) -> float:
        return _ratio(self.right, self.seen)


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
        scores, t = _array("TopKAccuracy", prediction), _array("TopKAccuracy", target)
        if scores.ndim != 2 or scores.shape[:1] != t.shape:
            raise ValueError(f"TopKAccuracy: needs scores (N, C) and targets (N,), got {scores.shape} and {t.shape}.")
        _ordered("TopKAccuracy", scores)
        t = _whole("TopKAccuracy", t)
        _in_range("TopKAccuracy", t, scores.shape[1])
        # of equal scores the later class comes first, as scikit-learn ranks them
        best = np.argsort(scores, axis=1, kind="stable")[:, ::-1][:, : self.k]
        self.right += int((best == t[:, None]).sum())
        self.seen += t.size

    def compute(self) -> float:
        return _ratio(self.right, self.seen)


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
        given, target = _array(me, prediction), _array(me, target)
        s, t = given.astype(np.float64), target
        if s.ndim == 2 and s.shape[1] == 2:
            s = s[:, 1]
        if s.ndim == 2 and s.shape[1] == 1 and t.shape in (s.shape, s.shape[:1]):
            s, t = s[:, 0], t.reshape(-1)
        if s.ndim not in (1, 2) or s.shape[:1] != t.shape:
            raise ValueError(
                f"{me}: needs scores (N,) or (N, C) and targets (N,), got {given.shape} and {target.shape}."
            )
        _ordered(me, s)
        if self.scores and self.scores[0].shape[1:] != s.shape[1:]:
            raise ValueError(f"{me}: these scores have shape {s.shape}, those before {self.scores[0].shape}.")
        t = _whole(me, t)
        _in_range(me, t, s.shape[1] if s.ndim == 2 else 2)
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


# ---- regression and language -----------------------------------------------------------------------------------------


class _Errors(Metric):
    """Metrics of the differences between prediction and target, of one shape.  (N,), or (N, D) for D quantities, each
    of which is measured alone; the result is the mean over them."""

    def reset(self) -> None:
        self.n = 0
        self.absolute = self.squared = self.mean = self.spread = np.zeros(())

    def update(self, prediction: Any, target: Any) -> None:
        p, t = (_array(type(self).__name__, x).astype(np.float64) for x in (prediction, target))
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
        x, t = _array("Perplexity", prediction), _array("Perplexity", target)
        if x.shape[:-1] != t.shape or not x.ndim:
            raise ValueError(f"Perplexity: needs logits (…, C) and targets (…), got {x.shape} and {t.shape}.")
        x, t = x.reshape(-1, x.shape[-1]), _whole("Perplexity", t)
        counts = t != self.ignore_index
        x, t = x[counts].astype(np.float64), t[counts]
        _in_range("Perplexity", t, x.shape[1])
        if not t.size:
            return
        top = x.max(-1, keepdims=True)
        with np.errstate(invalid="ignore"):  # of nothing but −∞ the answer is nan
            log_sum = np.log(np.exp(x - top).sum(-1)) + top[:, 0]
            self.total += float((log_sum - x[np.arange(len(t)), t]).sum())
        self.n += len(t)

    def compute(self) -> float:
        with np.errstate(over="ignore"):
            return float(np.exp(_ratio(self.total, self.n)))


# ---- helpers ---------------------------------------------------------------------------------------------------------


def _array(me: str, x: Any) -> Any:
    try:
        array = x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x)
    except ValueError as error:  # lists of several lengths
        raise ValueError(f"{me}: needs numbers in an array: {error}") from error
    if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        raise TypeError(f"{me}: needs tensors, arrays or lists of numbers, got {type(x).__name__} of {array.dtype}.")
    return array


def _ordered(me: str, scores: Any) -> None:
    if np.isnan(scores).any():
        raise ValueError(f"{me}: a score is nan; scores must be in an order.")


def _ratio(a: float, b: float) -> float:
    return a / b if b else math.nan


def _whole(name: str, t: Any) -> Any:
    """Targets as whole numbers, (N,)."""
    t = t.reshape(-1)
    whole = t.astype(np.int64) if t.dtype.kind in "iub" or np.isfinite(t).all() else None
    if whole is None or t.dtype.kind not in "iub" and (whole != t).any():
        raise ValueError(f"{name}: targets must be class numbers, whole numbers from 0 on; some are not.")
    return whole


def _in_range(name: str, t: Any, classes: int) -> None:
    if t.size and not (t.min() >= 0 and t.max() < classes):
        wrong = int(t.min() if t.min() < 0 else t.max())
        raise ValueError(f"{name}: target {wrong} among {classes} classes, which are numbered from 0.")


__all__ = [
    "F1",
    "MAE",
    "MSE",
    "R2",
    "RMSE",
    "ROCAUC",
    "Accuracy",
    "AveragePrecision",
    "ConfusionMatrix",
    "Metric",
    "Perplexity",
    "Precision",
    "Recall",
    "TopKAccuracy",
]
