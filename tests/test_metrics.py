"""Metrics against scikit-learn: on random data, by batch and at once, and on what random data misses."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

import tensorgrad as tg
from tensorgrad import metrics
from tensorgrad.metrics import (
    F1,
    MAE,
    MSE,
    R2,
    RMSE,
    ROCAUC,
    Accuracy,
    AveragePrecision,
    ConfusionMatrix,
    Metric,
    Perplexity,
    Precision,
    Recall,
    TopKAccuracy,
)

RNG = np.random.default_rng(0)


def one_hot(t: Any, classes: int) -> Any:
    return np.eye(classes)[t]


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# ---- data: predictions and targets of N examples --------------------------------------------------------------------


def classes(n: int) -> tuple[Any, Any]:
    """Numbers of 5 classes, of which one never occurs."""
    kinds = np.array([0, 1, 3, 4])
    return RNG.choice(kinds, n), RNG.choice(kinds, n)


def scores(n: int) -> tuple[Any, Any]:
    return RNG.normal(size=(n, 4)), RNG.integers(0, 4, n)


def tied_scores(n: int) -> tuple[Any, Any]:
    return RNG.integers(0, 3, (n, 6)).astype(float), RNG.integers(0, 6, n)


def binary(n: int) -> tuple[Any, Any]:
    return RNG.random(n).round(1), RNG.integers(0, 2, n)  # rounded: many scores are equal


def numbers(n: int) -> tuple[Any, Any]:
    return RNG.normal(50, 3, n), RNG.normal(50, 3, n)


def several_numbers(n: int) -> tuple[Any, Any]:
    p, t = RNG.normal(size=(n, 3)) * [1, 10, 100], RNG.normal(size=(n, 3)) * [1, 10, 100]
    t[:, 2] = 7.0  # never changes
    return p, t


def per_class(name: str, average: str | None) -> Callable[[Any, Any], Any]:
    function = getattr(sk, f"{name}_score")
    labels = None if average in ("macro", "weighted") else list(range(5))
    return lambda p, t: function(t, p, average=average, zero_division=0, labels=labels)


ROWS: dict[str, tuple[Callable[[], Metric], Callable[[int], Any], Callable[[Any, Any], Any]]] = {
    "accuracy of classes": (Accuracy, classes, lambda p, t: sk.accuracy_score(t, p)),
    "accuracy of scores": (Accuracy, scores, lambda p, t: sk.accuracy_score(t, p.argmax(1))),
    "accuracy of probabilities": (Accuracy, binary, lambda p, t: sk.accuracy_score(t, p >= 0.5)),
    "accuracy of logits": (lambda: Accuracy(threshold=0.0), lambda n: (RNG.normal(size=n), RNG.integers(0, 2, n)),
                           lambda p, t: sk.accuracy_score(t, p >= 0)),
    "confusion matrix": (lambda: ConfusionMatrix(5), classes,
                         lambda p, t: sk.confusion_matrix(t, p, labels=range(5))),
    "confusion matrix that grows": (ConfusionMatrix, scores, lambda p, t: sk.confusion_matrix(t, p.argmax(1))),
    **{
        f"{name}, {average}": (lambda c=c, average=average: c(average, 5), classes, per_class(name, average))
        for c, name in ((Precision, "precision"), (Recall, "recall"), (F1, "f1"))
        for average in ("macro", "micro", "weighted", None)
    },
    **{
        f"{name}, binary": (
            lambda c=c: c("binary"), binary, lambda p, t, name=name: getattr(sk, f"{name}_score")(t, p >= 0.5)
        )
        for c, name in ((Precision, "precision"), (Recall, "recall"), (F1, "f1"))
    },
    "top 1": (lambda: TopKAccuracy(1), scores, lambda p, t: sk.top_k_accuracy_score(t, p, k=1, labels=range(4))),
    "top 2": (lambda: TopKAccuracy(2), scores, lambda p, t: sk.top_k_accuracy_score(t, p, k=2, labels=range(4))),
    "top 3, ties": (lambda: TopKAccuracy(3), tied_scores,
                    lambda p, t: sk.top_k_accuracy_score(t, p, k=3, labels=range(6))),
    "ROC-AUC": (ROCAUC, binary, lambda p, t: sk.roc_auc_score(t, p)),
    "average precision": (AveragePrecision, binary, lambda p, t: sk.average_precision_score(t, p)),
    **{
        f"ROC-AUC of classes, {average}": (
            lambda average=average: ROCAUC(average), lambda n: (softmax(scores(n)[0]), scores(n)[1]),
            lambda p, t, average=average: sk.roc_auc_score(t, p, multi_class="ovr", average=average),
        )
        for average in ("macro", "weighted", None)
    },
    **{
        f"average precision of classes, {average}": (
            lambda average=average: AveragePrecision(average), scores,
            lambda p, t, average=average: sk.average_precision_score(one_hot(t, 4), p, average=average),
        )
        for average in ("macro", "weighted", None)
    },
    "MAE": (MAE, numbers, lambda p, t: sk.mean_absolute_error(t, p)),
    "MSE": (MSE, numbers, lambda p, t: sk.mean_squared_error(t, p)),
    "RMSE": (RMSE, numbers, lambda p, t: sk.root_mean_squared_error(t, p)),
    "R²": (R2, numbers, lambda p, t: sk.r2_score(t, p)),
    "MAE of several": (MAE, several_numbers, lambda p, t: sk.mean_absolute_error(t, p)),
    "MSE of several": (MSE, several_numbers, lambda p, t: sk.mean_squared_error(t, p)),
    "RMSE of several": (RMSE, several_numbers, lambda p, t: sk.root_mean_squared_error(t, p)),
    "R² of several": (R2, several_numbers, lambda p, t: sk.r2_score(t, p)),
    "perplexity": (Perplexity, scores, lambda p, t: math.exp(sk.log_loss(t, softmax(p), labels=range(4)))),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("batches", [1, 7])
def test_against_scikit_learn(row: str, batches: int) -> None:
    make, data, expected = ROWS[row]
    metric = make()
    for n in (40, 203):
        p, t = data(n)
        metric.reset()
        for part in np.array_split(np.arange(n), batches):
            metric.update(tg.tensor(p[part]), tg.tensor(t[part]))
        np.testing.assert_allclose(metric.compute(), expected(p, t), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(make()(p.tolist(), t), metric.compute(), rtol=1e-12)


def by_batches(metric: Metric, p: Any, t: Any, batches: int) -> Any:
    for part in np.array_split(np.arange(len(t)), batches):
        metric.update(p[part], t[part])
    return metric.compute()


@pytest.mark.filterwarnings("ignore")  # scikit-learn warns where something is not defined
@pytest.mark.parametrize("seed", range(40))
def test_few_examples_of_few_classes_against_scikit_learn(seed: int) -> None:
    """Classes that never occur, or only as an answer; a single class; a single example; equal scores; empty batches."""
    rng = np.random.default_rng(seed)
    n, c, batches = int(rng.integers(1, 25)), int(rng.integers(1, 7)), int(rng.integers(1, 5))
    t, p = (rng.choice(rng.choice(c, rng.integers(1, c + 1), replace=False), n) for _ in range(2))
    seen = np.union1d(p, t)

    def same(metric: Metric, scores: Any, targets: Any, expected: Any, of: Any = ...) -> None:
        np.testing.assert_allclose(np.asarray(by_batches(metric, scores, targets, batches))[of], expected, rtol=1e-10)

    for kind, name in ((Precision, sk.precision_score), (Recall, sk.recall_score), (F1, sk.f1_score)):
        for zero in (0.0, 1.0, math.nan):
            for average in ("macro", "micro", "weighted"):
                same(kind(average, zero_division=zero), p, t, name(t, p, average=average, zero_division=zero))
            same(kind(None, zero_division=zero), p, t, name(t, p, average=None, zero_division=zero), seen)
    same(ConfusionMatrix(c), p, t, sk.confusion_matrix(t, p, labels=range(c)))

    raw = rng.integers(0, 4, (n, c)).astype(float)
    if c > 2:
        for k in range(1, c + 1):
            same(TopKAccuracy(k), raw, t, sk.top_k_accuracy_score(t, raw, k=k, labels=range(c)))
        shares = softmax(raw)
        for average in ("macro", "weighted", None):
            same(
                AveragePrecision(average), shares, t, sk.average_precision_score(one_hot(t, c), shares, average=average)
            )
            expected = sk.roc_auc_score(t, shares, multi_class="ovr", average=average, labels=range(c))
            same(ROCAUC(average), shares, t, expected)
    two = t % 2
    same(ROCAUC(), raw[:, 0], two, sk.roc_auc_score(two, raw[:, 0]))
    same(AveragePrecision(), raw[:, 0], two, sk.average_precision_score(two, raw[:, 0]))
    if seen.max() < 2:
        same(F1("binary"), p, t, sk.f1_score(t, p))
    for error, function in ((MAE, sk.mean_absolute_error), (RMSE, sk.root_mean_squared_error), (R2, sk.r2_score)):
        same(error(), raw, one_hot(t, c), function(one_hot(t, c), raw))


def test_every_metric_has_a_row() -> None:
    tested = {type(make()) for make, _, _ in ROWS.values()}
    assert tested == {getattr(metrics, name) for name in metrics.__all__} - {Metric}
    names = [make().name for make, _, _ in ROWS.values()]
    assert {"accuracy", "top2_accuracy", "roc_auc", "f1", "r2", "confusion_matrix", "perplexity"} <= set(names)


def test_shapes_of_predictions() -> None:
    t = [1, 0, 1]
    assert Accuracy()([[0.9], [0.2], [0.1]], t) == pytest.approx(2 / 3)  # (N, 1) is one score each, not one class
    assert Accuracy()([[0.9], [0.2], [0.1]], [[1], [0], [1]]) == pytest.approx(2 / 3)
    assert Accuracy(ignore_index=255)([0.9, 0.2, 0.1], [1, 0, 255]) == 1.0
    assert Accuracy()([True, False, False], t) == pytest.approx(2 / 3)
    assert Accuracy()(tg.tensor([[0.1, 0.9], [0.5, 0.1], [0.2, 0.1]], requires_grad=True), t) == pytest.approx(2 / 3)
    pixels = RNG.normal(size=(2, 3, 4, 5))
    labels = RNG.integers(0, 3, (2, 4, 5))
    assert Accuracy()(pixels, labels) == (pixels.argmax(1) == labels).mean()
    assert ROCAUC()([[0.9], [0.2], [0.1]], t) == ROCAUC()([[0.1, 0.9], [0.8, 0.2], [0.9, 0.1]], t) == 0.5
    assert ROCAUC()([[0.9], [0.2], [0.1]], [[1], [0], [1]]) == 0.5
    assert R2()(3.0, 4.0) != R2()(3.0, 4.0)  # nan: one example
    assert MAE()(3.0, 4.0) == 1.0 and MAE()(tg.tensor([[1.0], [2.0]]), tg.tensor([[1.0], [4.0]])) == 1.0


def test_ignored_targets() -> None:
    p, t = RNG.normal(size=(20, 3)), RNG.integers(0, 3, 20)
    kept = np.arange(20) % 3 > 0
    hidden = np.where(kept, t, -100)
    assert Accuracy(ignore_index=-100)(p, hidden) == Accuracy()(p[kept], t[kept])
    assert F1(ignore_index=-100)(p, hidden) == F1()(p[kept], t[kept])
    assert Perplexity()(p, hidden) == pytest.approx(Perplexity()(p[kept], t[kept]), rel=1e-14)
    assert math.isnan(Perplexity()(p[:2], [-100, -100])) and math.isnan(Accuracy(ignore_index=0)(p[:2], [0, 0]))


def test_a_language_model_needs_no_matrix_of_its_vocabulary() -> None:
    n = 500_000
    t = np.array([0, n - 1, 5])
    assert Accuracy()(t, t) == 1.0 and F1()(t, t) == 1.0
    logits = np.zeros((2, 3, 50_000), np.float32)
    assert Perplexity()(logits, np.zeros((2, 3), int)) == pytest.approx(50_000)


def test_before_the_first_example() -> None:
    empty = np.zeros(0, int)
    for make in (Accuracy, F1, MAE, MSE, RMSE, R2, ROCAUC, AveragePrecision, Perplexity, TopKAccuracy):
        assert math.isnan(make().compute())
    for make in (Accuracy, F1, MAE, R2, ROCAUC, AveragePrecision):
        assert math.isnan(make()(empty, empty))  # type: ignore[operator]
    assert math.isnan(Accuracy()(np.zeros((0, 3)), empty)) and ConfusionMatrix(2).compute().tolist() == [[0, 0], [0, 0]]
    assert repr(Accuracy()) == "Accuracy(nan)"


def test_corners_of_scikit_learn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert math.isnan(ROCAUC()([0.1, 0.2], [1, 1])) and math.isnan(sk.roc_auc_score([1, 1], [0.1, 0.2]))
        assert AveragePrecision()([0.1, 0.2], [0, 0]) == sk.average_precision_score([0, 0], [0.1, 0.2]) == 0.0
        p, t = [0, 0, 1, 1], [0, 0, 0, 2]
        for zero in (0.0, 1.0, math.nan):
            for make, function in ((Precision, sk.precision_score), (Recall, sk.recall_score), (F1, sk.f1_score)):
                for average in ("macro", "weighted"):
                    expected = function(t, p, average=average, zero_division=zero)
                    assert make(average, zero_division=zero)(p, t) == pytest.approx(expected, rel=1e-14), (zero, make)
    assert F1("binary")([0, 0], [0, 0]) == 0.0 and F1("binary", num_classes=2)([0, 0], [0, 0]) == 0.0
    assert R2()([1.0, 1.0], [2.0, 2.0]) == sk.r2_score([2.0, 2.0], [1.0, 1.0]) == 0.0
    assert R2()([2.0, 2.0], [2.0, 2.0]) == sk.r2_score([2.0, 2.0], [2.0, 2.0]) == 1.0
    assert Perplexity()([[0.0, 1e4]], [0]) == Perplexity()([[0.0, -math.inf]], [1]) == math.inf
    assert math.isnan(Perplexity()([[-math.inf, -math.inf]], [0])) and math.isnan(MAE()([math.nan], [1.0]))


def test_far_from_zero_the_spread_is_still_exact() -> None:
    t = 1e8 + RNG.normal(size=1000)
    p = t + 0.1 * RNG.normal(size=1000)
    r2 = R2()
    for part in np.array_split(np.arange(1000), 30):
        r2.update(p[part], t[part])
    assert r2.compute() == pytest.approx(sk.r2_score(t, p), rel=1e-9)


def test_scores_are_kept_as_they_were() -> None:
    p = np.array([0.1, 0.9])
    auc = ROCAUC()
    auc.update(p, [0, 1])
    p[:] = 0.5
    assert auc.compute() == 1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Accuracy()([1, 2], [1, 2, 3]), r"needs class numbers .* got prediction \(2,\) and target \(3,\)"),
        (lambda: Accuracy()(np.zeros((2, 3, 4)), np.zeros((2, 5))), r"or scores \(N, C, …\), got .* \(2, 3, 4\)"),
        (lambda: Accuracy()([0, 1], [0, -1]), "numbered from 0, got -1. Leave some out with ignore_index"),
        (lambda: Accuracy()([0, 1], [0.5, 1]), "Accuracy: targets must be class numbers, whole numbers"),
        (lambda: Accuracy()([0, 1], [math.nan, 1]), "Accuracy: targets must be class numbers, whole numbers"),
        (lambda: Accuracy()([[0.5, math.nan]], [0]), "Accuracy: a score is nan"),
        (lambda: F1()([0.5, math.nan], [0, 1]), "F1: a score is nan"),
        (lambda: TopKAccuracy(1)([[0.5, math.nan]], [0]), "TopKAccuracy: a score is nan"),
        (
            lambda: Accuracy()([0.0, 2.0], [0, 2]),
            "one score per example says class 0 or 1, and a target is 2. Give scores",
        ),
        (lambda: Accuracy()([[1, 2], [3]], [0, 1]), "Accuracy: needs numbers in an array"),
        (lambda: ConfusionMatrix(2)([0, 2], [0, 1]), "class 2 among 2 classes, which are numbered from 0"),
        (lambda: ConfusionMatrix(0), "ConfusionMatrix: num_classes must be at least 1, got 0"),
        (lambda: ConfusionMatrix()([0], [10**9]), "class 1000000000 is one of very many; give num_classes"),
        (lambda: F1()([0], [10**12]), "F1: class 1000000000000 is one of very many"),
        (lambda: Precision("mean"), "Precision: average must be one of"),
        (lambda: Recall("binary")([0, 1, 2], [0, 1, 2]), "average='binary' is for two classes, 3 were seen"),
        (lambda: TopKAccuracy(0), "TopKAccuracy: k must be at least 1, got 0"),
        (lambda: TopKAccuracy()([1, 2], [1, 2]), r"needs scores \(N, C\) and targets \(N,\), got \(2,\) and \(2,\)"),
        (lambda: TopKAccuracy()([[1, 2]], [2]), "TopKAccuracy: target 2 among 2 classes"),
        (lambda: ROCAUC("micro"), "ROCAUC: average must be 'macro', 'weighted' or None, got 'micro'"),
        (lambda: ROCAUC()([0.1], [1, 0]), r"ROCAUC: needs scores .* got \(1,\) and \(2,\)"),
        (lambda: ROCAUC()([0.1, 0.2], [1, 2]), "ROCAUC: target 2 among 2 classes"),
        (lambda: AveragePrecision()([0.1, math.nan], [1, 0]), "AveragePrecision: a score is nan"),
        (lambda: [m := ROCAUC(), m.update([0.1], [1]), m.update(np.ones((2, 3)), [0, 1])], "those before"),
        (lambda: MAE()([1.0], [1.0, 2.0]), r"MAE: prediction and target must have one shape, got \(1,\) and \(2,\)"),
        (lambda: [m := R2(), m.update([1.0], [1.0]), m.update([[1.0]], [[1.0]])], r"shape \(1,\), those before"),
        (lambda: Perplexity()([[1.0, 2.0]], [[0]]), r"Perplexity: needs logits .* got \(1, 2\) and \(1, 1\)"),
        (lambda: Perplexity()([[1.0, 2.0]], [-1]), "Perplexity: target -1 among 2 classes"),
    ],
)
def test_errors(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("make", [Accuracy, ROCAUC, TopKAccuracy, MAE, Perplexity])
def test_what_is_no_number(make: Any) -> None:
    for x in (None, ["a"], "text"):
        with pytest.raises(TypeError, match=f"{make.__name__}: needs tensors, arrays or lists of numbers, got"):
            make()(x, x)


def test_the_base_says_what_is_missing() -> None:
    for call in (Metric, lambda: Metric.update(Accuracy(), 1, 1), lambda: Metric.compute(Accuracy())):
        with pytest.raises(TypeError, match=r"a Metric defines reset\(\), update\(\) and compute\(\)"):
            call()


def test_states_go_there_and_back_or_are_refused() -> None:
    seen, other = metrics.Accuracy(), metrics.Accuracy()
    seen.update(tg.tensor([0, 1, 1]), tg.tensor([0, 1, 0]))
    state = seen.state_dict()
    other.load_state_dict(state)
    assert other.compute() == seen.compute() == pytest.approx(2 / 3)
    seen.update(tg.tensor([1]), tg.tensor([1]))
    assert other.state_dict() == state and seen.state_dict() != state, "a copy"
    for lie in (3, {}, {**state, "more": 1}, {k: state[k] for k in list(state)[1:]}):
        with pytest.raises(ValueError, match="Accuracy.load_state_dict: needs a dict with the entries"):
            other.load_state_dict(lie)
    counted = next(key for key, value in state.items() if value is not None)
    with pytest.raises(ValueError, match=f"Accuracy.load_state_dict: the entry {counted!r} is .*, here it is"):
        other.load_state_dict({**state, counted: [{}]})
    assert other.state_dict() == state, "nothing has changed"
