"""Metrics, one batch at a time: `update(prediction, target)` as often as there are batches, then `compute()`.

    accuracy = Accuracy()
    for x, y in loader:
        accuracy.update(model(x), y)
    print(accuracy.compute())

They take tensors, arrays or lists, count in float64, and equal scikit-learn's functions on all batches at once.
Predictions of a classifier may be class numbers (N,) or scores (N, C), of which the largest counts; for two classes also
probabilities (N,), which count as class 1 from `threshold` on.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .tensor import Tensor

AVERAGES = ("macro", "micro", "weighted", "binary", None)


class Metric:
    """Base: `reset`, `update`, `compute`; `m(prediction, target)` does all three for one batch."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        raise TypeError(f"{type(self).__name__}: a Metric defines reset(), update() and compute().")

    def update(self, prediction: Any, target: Any) -> None:
        """Take in a batch."""
        raise TypeError(f"{type(self).__name__}: a Metric defines reset(), update() and compute().")

    def compute(self) -> Any:
        """The metric over all batches since `reset`."""
        raise TypeError(f"{type(self).__name__}: a Metric defines reset(), update() and compute().")

    def __call__(self, prediction: Any, target: Any) -> Any:
        self.reset()
        self.update(prediction, target)
        return self.compute()

    @property
    def name(self) -> str:
        """The metric's name in a history."""
        return type(self).__name__.lower()


# ---- classification -----------------------------------------------------------------------------------------------------


class ConfusionMatrix(Metric):
    """How often class i (row) was taken for class j (column).  (C, C) of counts; C grows with the classes seen unless
    `num_classes` is given."""

    def __init__(self, num_classes: int | None = None, threshold: float = 0.5) -> None:
        self.num_classes, self.threshold = num_classes, threshold
        super().__init__()

    def reset(self) -> None:
        n = self.num_classes or 0
        self.counts = np.zeros((n, n), np.int64)

    def update(self, prediction: Any, target: Any) -> None:
        given = _array(prediction)
        p, t = _classes(type(self).__name__, given, target, self.threshold)
        if p.size == 0:
            return
        n = int(max(p.max(), t.max())) + 1
        if given.ndim == 2:
            n = max(n, given.shape[1])
        if self.num_classes is not None and n > self.num_classes:
            raise ValueError(
                f"{type(self).__name__}: class {n - 1} among {self.num_classes} classes; they are numbered from 0. "
                "Set num_classes higher."
            )
        if n > len(self.counts):
            grown = np.zeros((n, n), np.int64)
            grown[: len(self.counts), : len(self.counts)] = self.counts
            self.counts = grown
        size = len(self.counts)
        self.counts += np.bincount(t * size + p, minlength=size * size).reshape(size, size)

    def compute(self) -> Any:
        return self.counts.copy()


class Accuracy(ConfusionMatrix):
    """The share of right answers, in [0, 1]."""

    def compute(self) -> float:
        return _ratio(float(np.trace(self.counts)), float(self.counts.sum()))


class TopKAccuracy(Metric):
    """The share of examples whose class is among the k largest scores.  Scores (N, C), targets (N,)."""

    def __init__(self, k: int = 5) -> None:
        if k < 1:
            raise ValueError(f"TopKAccuracy: k must be at least 1, got {k}.")
        self.k = k
        super().__init__()

    def reset(self) -> None:
        self.right = self.seen = 0

    def update(self, prediction: Any, target: Any) -> None:
        scores, t = _array(prediction), _array(target).reshape(-1).astype(np.int64)
        if scores.ndim != 2 or len(scores) != len(t):
            raise ValueError(
                f"TopKAccuracy: needs scores (N, C) and targets (N,), got {scores.shape} and {_array(target).shape}."
            )
        own = scores[np.arange(len(t)), t]
        # how many classes stand before the right one; of equal scores the later class, as scikit-learn ranks them
        order = np.argsort(scores, axis=1, kind="mergesort")[:, ::-1][:, : self.k]
        self.right += int((order == t[:, None]).any(axis=1).sum())
        self.seen += len(own)

    def compute(self) -> float:
        return _ratio(self.right, self.seen)

    @property
    def name(self) -> str:
        return f"top{self.k}"


class _PerClass(ConfusionMatrix):
    """A number per class out of true positives, false positives and false negatives, averaged.

    Args:
        average: "macro" (mean over classes), "weighted" (by how often they occur), "micro" (over all decisions),
            "binary" (class 1 alone), None (one per class).
        zero_division: what 0/0 counts as.
    """

    def __init__(
        self,
        average: str | None = "macro",
        num_classes: int | None = None,
        threshold: float = 0.5,
        zero_division: float = 0.0,
    ) -> None:
        if average not in AVERAGES:
            raise ValueError(f"{type(self).__name__}: average must be one of {AVERAGES}, got {average!r}.")
        self.average, self.zero_division = average, zero_division
        super().__init__(num_classes, threshold)

    def score(self, tp: Any, fp: Any, fn: Any) -> Any:
        """The number from counts, elementwise."""
        raise TypeError(f"{type(self).__name__} defines score().")

    def compute(self) -> Any:
        c = self.counts
        tp, seen = np.diag(c).astype(float), c.sum(1).astype(float)
        fp, fn = c.sum(0) - tp, seen - tp
        if self.average == "micro":
            return float(self.score(tp.sum(), fp.sum(), fn.sum()))
        if self.average == "binary":
            if len(c) > 2:
                raise ValueError(
                    f"{type(self).__name__}: average='binary' is for two classes, {len(c)} were seen; choose 'macro', "
                    "'micro' or 'weighted'."
                )
            return float(self.score(tp[1], fp[1], fn[1])) if len(c) == 2 else self.zero_division
        present = (seen + fp) > 0  # scikit-learn counts the classes that occur in targets or predictions
        per_class = self.score(tp, fp, fn)
        if self.average is None:
            return per_class
        if not present.any():
            return math.nan
        if self.average == "weighted":
            return float(np.average(per_class[present], weights=seen[present]))
        return float(per_class[present].mean())

    def _divide(self, a: Any, b: Any) -> Any:
        a, b = np.asarray(a, float), np.asarray(b, float)
        return np.where(b > 0, a / np.where(b > 0, b, 1), self.zero_division)


class Precision(_PerClass):
    """Of the answers "class i", the share that is right: tp/(tp + fp)."""

    def score(self, tp: Any, fp: Any, fn: Any) -> Any:
        return self._divide(tp, tp + fp)


class Recall(_PerClass):
    """Of the examples of class i, the share that is found: tp/(tp + fn)."""

    def score(self, tp: Any, fp: Any, fn: Any) -> Any:
        return self._divide(tp, tp + fn)


class F1(_PerClass):
    """The harmonic mean of precision and recall: 2tp/(2tp + fp + fn)."""

    def score(self, tp: Any, fp: Any, fn: Any) -> Any:
        return self._divide(2 * tp, 2 * tp + fp + fn)


class _Ranked(Metric):
    """Metrics of the order of all scores: every batch is kept. Scores (N,) for two classes, targets 0 or 1."""

    def reset(self) -> None:
        self.scores: list[Any] = []
        self.targets: list[Any] = []

    def update(self, prediction: Any, target: Any) -> None:
        s, t = _array(prediction).astype(np.float64), _array(target).reshape(-1)
        if s.ndim == 2 and s.shape[1] == 2:
            s = s[:, 1]
        if s.ndim != 1 or len(s) != len(t):
            raise ValueError(
                f"{type(self).__name__}: needs scores (N,) and targets (N,), got {_array(prediction).shape} and "
                f"{_array(target).shape}."
            )
        if not np.isin(t, (0, 1)).all():
            raise ValueError(f"{type(self).__name__}: targets must be 0 or 1.")
        self.scores.append(s)
        self.targets.append(t.astype(np.int64))

    def _curve(self) -> tuple[Any, Any]:
        """True and false positives when everything from each distinct score up counts as positive."""
        s, t = np.concatenate(self.scores), np.concatenate(self.targets)
        order = np.argsort(-s, kind="mergesort")
        s, t = s[order], t[order]
        last = np.append(np.flatnonzero(np.diff(s)), len(s) - 1)
        tp = np.cumsum(t)[last].astype(float)
        return tp, last + 1 - tp

    def _both(self) -> bool:
        return bool(self.scores) and len(np.unique(np.concatenate(self.targets))) == 2


class ROCAUC(_Ranked):
    """The area under the ROC curve: how likely a positive example scores above a negative one. nan for one class."""

    def compute(self) -> float:
        if not self._both():
            return math.nan
        tp, fp = self._curve()
        x, y = np.append(0.0, fp / fp[-1]), np.append(0.0, tp / tp[-1])
        return float(((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2).sum())


class AveragePrecision(_Ranked):
    """Σ (recallᵢ − recallᵢ₋₁) · precisionᵢ, over the scores from high to low."""

    def compute(self) -> float:
        if not self.scores or not np.concatenate(self.targets).any():
            return 0.0
        tp, fp = self._curve()
        recall, precision = np.append(0.0, tp / tp[-1]), tp / (tp + fp)
        return float(((recall[1:] - recall[:-1]) * precision).sum())


# ---- regression and language ----------------------------------------------------------------------------------------------


class _Errors(Metric):
    """Metrics of the differences between prediction and target, of one shape."""

    def reset(self) -> None:
        self.n = 0
        self.absolute = self.squared = 0.0
        self.mean = self.spread = 0.0  # of the targets, updated as in Welford's method

    def update(self, prediction: Any, target: Any) -> None:
        p, t = _array(prediction).astype(np.float64), _array(target).astype(np.float64)
        if p.shape != t.shape:
            raise ValueError(
                f"{type(self).__name__}: prediction and target must have one shape, got {p.shape} and {t.shape}."
            )
        if not t.size:
            return
        self.absolute += float(np.abs(p - t).sum())
        self.squared += float(((p - t) ** 2).sum())
        mean = float(t.mean())
        total = self.n + t.size
        self.spread += float(((t - mean) ** 2).sum()) + (mean - self.mean) ** 2 * self.n * t.size / total
        self.mean += (mean - self.mean) * t.size / total
        self.n = total


class MAE(_Errors):
    """Mean absolute error."""

    def compute(self) -> float:
        return _ratio(self.absolute, self.n)


class MSE(_Errors):
    """Mean squared error."""

    def compute(self) -> float:
        return _ratio(self.squared, self.n)


class RMSE(_Errors):
    """Root of the mean squared error, in the units of the target."""

    def compute(self) -> float:
        return math.sqrt(_ratio(self.squared, self.n))


class R2(_Errors):
    """1 − Σ(t − p)²/Σ(t − t̄)²: 1 is perfect, 0 is as good as the mean. nan below two examples."""

    def compute(self) -> float:
        if self.n < 2:
            return math.nan
        if self.spread == 0:
            return 1.0 if self.squared == 0 else 0.0
        return 1.0 - self.squared / self.spread


class Perplexity(Metric):
    """exp of the mean of −ln p(right token): how many tokens the model is undecided between.

    Logits (…, C), targets (…); targets equal to `ignore_index` do not count.
    """

    def __init__(self, ignore_index: int = -100) -> None:
        self.ignore_index = ignore_index
        super().__init__()

    def reset(self) -> None:
        self.total, self.n = 0.0, 0

    def update(self, prediction: Any, target: Any) -> None:
        x, t = _array(prediction).astype(np.float64), _array(target).astype(np.int64)
        if x.shape[:-1] != t.shape:
            raise ValueError(f"Perplexity: needs logits (…, C) and targets (…), got {x.shape} and {t.shape}.")
        x, t = x.reshape(-1, x.shape[-1]), t.reshape(-1)
        x, t = x[t != self.ignore_index], t[t != self.ignore_index]
        top = x.max(-1, keepdims=True) if len(x) else x[:, :1]
        log_sum = np.log(np.exp(x - top).sum(-1)) + top[:, 0]
        self.total += float((log_sum - x[np.arange(len(t)), t]).sum())
        self.n += len(t)

    def compute(self) -> float:
        return math.exp(min(_ratio(self.total, self.n), 700.0)) if self.n else math.nan


# ---- helpers ----------------------------------------------------------------------------------------------------------------


def _array(x: Any) -> Any:
    return x.array if isinstance(x, Tensor) else np.asarray(x)


def _ratio(a: float, b: float) -> float:
    return a / b if b else math.nan


def _classes(name: str, prediction: Any, target: Any, threshold: float) -> tuple[Any, Any]:
    """Predicted and true class numbers, (N,) each."""
    t = _array(target)
    if prediction.ndim == t.ndim + 1:
        p = prediction.argmax(1 if prediction.ndim > 1 else 0)
    elif prediction.shape == t.shape:
        p = (prediction >= threshold) if prediction.dtype.kind == "f" else prediction
    else:
        raise ValueError(
            f"{name}: needs class numbers of the targets' shape or scores with one more dimension, got prediction "
            f"{prediction.shape} and target {t.shape}."
        )
    p, t = p.reshape(-1).astype(np.int64), t.reshape(-1).astype(np.int64)
    if t.size and (t.min() < 0 or p.min() < 0):
        raise ValueError(f"{name}: classes are numbered from 0, got {int(min(t.min(), p.min()))}.")
    return p, t


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
