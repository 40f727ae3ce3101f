"""Losses against their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tests.ops.optest import F, OpTest, sample

SIGNS = np.array([1.0, -1.0, 1.0, -1.0])
CLASSES = np.array([0, 2, 1, 2])


def reduced(x: Any, reduction: str = "mean") -> Any:
    return x if reduction == "none" else x.sum() if reduction == "sum" else x.mean()


def every(*shapes: Any, **kwargs: Any) -> list[sample]:
    """A sample for each reduction."""
    return [sample(*shapes, **kwargs)] + [sample(*shapes, reduction=r, **kwargs) for r in ("sum", "none")]


class TestMseLoss(OpTest):
    op = staticmethod(TF.mse_loss)
    samples = [*every((3, 4), (3, 4)), sample((), ())]

    def expected(self, x: Any, t: Any, reduction: str = "mean") -> Any:
        return reduced((x - t) ** 2, reduction)

    errors = [(lambda: TF.mse_loss(tg.ones(2), tg.ones(2), reduction="most"), ValueError, "reduction")]


class TestL1Loss(OpTest):
    op = staticmethod(TF.l1_loss)
    samples = every((3, 4), (3, 4))

    def expected(self, x: Any, t: Any, reduction: str = "mean") -> Any:
        return reduced(abs(x - t), reduction)


class TestSmoothL1Loss(OpTest):
    op = staticmethod(TF.smooth_l1_loss)
    samples = [*every((3, 4), (3, 4)), sample((3,), (3,), beta=0.3), sample((3,), (3,), beta=0.0)]

    def expected(self, x: Any, t: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
        d = abs(x - t)
        return reduced(np.where(d < beta, d * d / 2 / (beta or 1), d - beta / 2), reduction)


class TestHuberLoss(OpTest):
    op = staticmethod(TF.huber_loss)
    samples = [*every((3, 4), (3, 4)), sample((3,), (3,), delta=0.3)]

    def expected(self, x: Any, t: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
        d = abs(x - t)
        return reduced(np.where(d < delta, d * d / 2, delta * (d - delta / 2)), reduction)


class TestBinaryCrossEntropy(OpTest):
    op = staticmethod(TF.binary_cross_entropy)
    low, high = 0.05, 0.95
    samples = [*every((3, 4), (3, 4)), sample((3,), (3,), F((3,), 0.5, 2))]
    errors = [
        (lambda: TF.binary_cross_entropy(tg.tensor([1.5]), tg.tensor([1.0])), ValueError, "binary_cross_entropy"),
        (lambda: TF.binary_cross_entropy(tg.ones(2), tg.ones(3)), ValueError, "binary_cross_entropy"),
    ]

    def expected(self, x: Any, t: Any, weight: Any = 1.0, reduction: str = "mean") -> Any:
        return reduced(-weight * (t * np.log(x) + (1 - t) * np.log(1 - x)), reduction)


class TestBinaryCrossEntropyWithLogits(OpTest):
    op = staticmethod(TF.binary_cross_entropy_with_logits)
    samples = [
        *every((3, 4), F((3, 4), 0, 1)),
        sample((3, 2), F((3, 2), 0, 1), pos_weight=np.array([0.5, 3.0])),
        sample((3,), F((3,), 0, 1), F((3,), 0.5, 2)),
    ]
    errors = [(lambda: TF.binary_cross_entropy_with_logits(tg.ones(2), tg.ones(3)), ValueError, "with_logits")]

    def expected(self, x: Any, t: Any, weight: Any = 1.0, reduction: str = "mean", pos_weight: Any = 1.0) -> Any:
        return reduced(weight * (pos_weight * t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x)), reduction)


class TestNllLoss(OpTest):
    op = staticmethod(TF.nll_loss)
    samples = [
        *every((4, 3), CLASSES),
        sample((4, 3), CLASSES, ignore_index=2),
        sample((3,), np.array(1)),
    ]
    errors = [
        (lambda: TF.nll_loss(tg.ones(2, 3), tg.tensor([0, 3])), IndexError, "3"),
        (lambda: TF.nll_loss(tg.ones(2, 3), tg.tensor([0, 1, 2])), ValueError, "nll_loss"),
    ]

    def expected(self, x: Any, t: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
        x, t2 = np.atleast_2d(x), np.atleast_1d(t)
        w = (np.ones(x.shape[1]) if weight is None else weight)[t2] * (t2 != ignore_index)
        losses = -w * x[np.arange(len(t2)), t2]
        if reduction == "none":
            return losses.reshape(np.shape(t))
        return losses.sum() / (w.sum() if reduction == "mean" else 1)


class TestCrossEntropy(OpTest):
    op = staticmethod(TF.cross_entropy)
    samples = [
        *every((4, 3), CLASSES),
        sample((4, 3), CLASSES, np.array([0.5, 1.0, 2.0])),
        sample((4, 3), CLASSES, ignore_index=2),
        sample((4, 3), CLASSES, label_smoothing=0.2),
        sample((4, 3), F((4, 3), 0, 1)),
        sample((3,), np.array(1)),
    ]
    errors = [
        (lambda: TF.cross_entropy(tg.ones(2, 3), tg.tensor([0, 3])), IndexError, "3"),
        (lambda: TF.cross_entropy(tg.ones(2, 3), tg.tensor([0, 1, 2])), ValueError, "cross_entropy"),
    ]

    def expected(
        self,
        x: Any,
        t: Any,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> Any:
        logp = np.atleast_2d(x - np.log(np.exp(x).sum(-1, keepdims=True)))
        if t.dtype.kind == "f":
            return -(t * logp).sum(-1).mean()
        t2 = np.atleast_1d(t)
        w = (np.ones(logp.shape[1]) if weight is None else weight)[t2] * (t2 != ignore_index)
        own = -logp[np.arange(len(t2)), t2]
        smooth = -logp.mean(-1)
        losses = w * ((1 - label_smoothing) * own + label_smoothing * smooth)
        if reduction == "none":
            return losses.reshape(np.shape(t))
        return losses.sum() / (w.sum() if reduction == "mean" else 1)


class TestKlDiv(OpTest):
    op = staticmethod(TF.kl_div)
    samples = [
        *every((3, 4), F((3, 4), 0.1, 1)),
        sample((3, 4), (3, 4), log_target=True),
        sample((3, 4), F((3, 4), 0.1, 1), reduction="batchmean"),
    ]

    def expected(self, x: Any, t: Any, reduction: str = "mean", log_target: bool = False) -> Any:
        losses = np.exp(t) * (t - x) if log_target else t * (np.log(t) - x)
        return losses.sum() / len(x) if reduction == "batchmean" else reduced(losses, reduction)


class TestPoissonNllLoss(OpTest):
    op = staticmethod(TF.poisson_nll_loss)
    samples = [
        *every((3,), F((3,), 2, 4)),
        sample(F((3,), 0.5, 2), F((3,), 2, 4), log_input=False),
        sample((3,), F((3,), 2, 4), full=True),
    ]

    def expected(self, x: Any, t: Any, log_input: bool = True, full: bool = False, reduction: str = "mean") -> Any:
        losses = np.exp(x) - t * x if log_input else x - t * np.log(x + 1e-8)
        if full:
            losses = losses + t * np.log(t) - t + 0.5 * np.log(2 * np.pi * t)
        return reduced(losses, reduction)


class TestGaussianNllLoss(OpTest):
    op = staticmethod(TF.gaussian_nll_loss)
    samples = [*every((3, 4), (3, 4), F((3, 4), 0.5, 2)), sample((3, 4), (3, 4), F((3, 1), 0.5, 2), full=True)]
    errors = [
        (lambda: TF.gaussian_nll_loss(tg.ones(2), tg.ones(2), -tg.ones(2)), ValueError, "gaussian_nll_loss"),
    ]

    def expected(self, x: Any, t: Any, var: Any, full: bool = False, reduction: str = "mean") -> Any:
        losses = 0.5 * (np.log(var) + (x - t) ** 2 / var) + (0.5 * np.log(2 * np.pi) if full else 0)
        return reduced(losses, reduction)


class TestSoftMarginLoss(OpTest):
    op = staticmethod(TF.soft_margin_loss)
    samples = every((4,), SIGNS)

    def expected(self, x: Any, t: Any, reduction: str = "mean") -> Any:
        return reduced(np.log(1 + np.exp(-t * x)), reduction)


class TestHingeEmbeddingLoss(OpTest):
    op = staticmethod(TF.hinge_embedding_loss)
    samples = [
        sample(F((4,), 0.1, 0.9), SIGNS.astype(np.int64)),
        sample(F((4,), 0.1, 0.9), SIGNS.astype(np.int64), margin=1.5),
    ]

    def expected(self, x: Any, t: Any, margin: float = 1.0) -> Any:
        return np.where(t == 1, x, np.maximum(0, margin - x)).mean()


class TestMarginRankingLoss(OpTest):
    op = staticmethod(TF.margin_ranking_loss)
    samples = [sample((4,), (4,), SIGNS.astype(np.int64)), sample((4,), (4,), SIGNS.astype(np.int64), margin=0.3)]

    def expected(self, a: Any, b: Any, t: Any, margin: float = 0.0) -> Any:
        return np.maximum(0, -t * (a - b) + margin).mean()


class TestMultiMarginLoss(OpTest):
    op = staticmethod(TF.multi_margin_loss)
    samples = [sample((4, 3), CLASSES), sample((4, 3), CLASSES, p=2, margin=0.5)]

    def expected(self, x: Any, t: Any, p: int = 1, margin: float = 1.0) -> Any:
        terms = np.maximum(0, margin - x[np.arange(len(t)), t][:, None] + x) ** p
        terms[np.arange(len(t)), t] = 0
        return (terms.sum(1) / x.shape[1]).mean()


class TestMultilabelMarginLoss(OpTest):
    op = staticmethod(TF.multilabel_margin_loss)
    samples = [sample((2, 4), np.array([[3, 0, -1, 1], [2, -1, 0, 0]]))]

    def expected(self, x: Any, t: Any) -> Any:
        total = []
        for row, labels in zip(x, t):
            own = labels[: list(labels).index(-1)]
            others = [j for j in range(len(row)) if j not in own]
            total.append(sum(max(0.0, 1 - (row[i] - row[j])) for i in own for j in others) / len(row))
        return np.mean(total)


class TestMultilabelSoftMarginLoss(OpTest):
    op = staticmethod(TF.multilabel_soft_margin_loss)
    samples = every((3, 4), F((3, 4), 0, 1))

    def expected(self, x: Any, t: Any, reduction: str = "mean") -> Any:
        return reduced((t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x)).mean(-1), reduction)


class TestCosineSimilarity(OpTest):
    op = staticmethod(TF.cosine_similarity)
    samples = [sample((3, 4), (3, 4)), sample((3, 4), (4,), dim=-1), sample((3, 4), (3, 4), dim=0)]

    def expected(self, a: Any, b: Any, dim: int = 1) -> Any:
        a, b = np.broadcast_arrays(a, b)
        return (a * b).sum(dim) / np.sqrt((a * a).sum(dim) * (b * b).sum(dim))


class TestCosineEmbeddingLoss(OpTest):
    op = staticmethod(TF.cosine_embedding_loss)
    samples = [
        sample((4, 3), (4, 3), SIGNS.astype(np.int64)),
        sample((4, 3), (4, 3), SIGNS.astype(np.int64), margin=-0.9),
    ]

    def expected(self, a: Any, b: Any, t: Any, margin: float = 0.0) -> Any:
        c = (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))
        return np.where(t == 1, 1 - c, np.maximum(0, c - margin)).mean()


def distance(a: Any, b: Any, p: float = 2.0, eps: float = 1e-6) -> Any:
    return (abs(a - b + eps) ** p).sum(-1) ** (1 / p)


class TestPairwiseDistance(OpTest):
    op = staticmethod(TF.pairwise_distance)
    samples = [sample((3, 4), (3, 4)), sample((3, 4), (3, 4), p=3.0), sample((3, 4), (3, 4), keepdim=True)]

    def expected(self, a: Any, b: Any, p: float = 2.0, keepdim: bool = False) -> Any:
        d = distance(a, b, p)
        return d[:, None] if keepdim else d


class TestTripletMarginLoss(OpTest):
    op = staticmethod(TF.triplet_margin_loss)
    samples = [sample((4, 3), (4, 3), (4, 3)), sample((4, 3), (4, 3), (4, 3), margin=0.2, swap=True)]

    def expected(self, a: Any, p: Any, n: Any, margin: float = 1.0, swap: bool = False) -> Any:
        far = np.minimum(distance(a, n), distance(p, n)) if swap else distance(a, n)
        return np.maximum(distance(a, p) - far + margin, 0).mean()


class TestTripletMarginWithDistanceLoss(OpTest):
    op = staticmethod(TF.triplet_margin_with_distance_loss)
    samples = [sample((4, 3), (4, 3), (4, 3)), sample((4, 3), (4, 3), (4, 3), margin=0.2)]

    def expected(self, a: Any, p: Any, n: Any, margin: float = 1.0) -> Any:
        return np.maximum(distance(a, p) - distance(a, n) + margin, 0).mean()


class TestNormalize(OpTest):
    op = staticmethod(TF.normalize)
    samples = [sample((3, 4)), sample((3, 4), p=1.0, dim=0), sample((2, 3, 4), dim=-1)]

    def expected(self, x: Any, p: float = 2.0, dim: int = 1) -> Any:
        return x / (abs(x) ** p).sum(dim, keepdims=True) ** (1 / p)


class TestCtcLoss(OpTest):
    op = staticmethod(TF.ctc_loss)
    samples = [sample((3, 1, 3), np.array([[1, 2]]), [3], [2], reduction="none")]
    torch_gradient = False  # PyTorch's has a term more, which cancels in log_softmax

    def expected(self, logp: Any, targets: Any, lengths: Any, target_lengths: Any, reduction: str = "mean") -> Any:
        total = 0.0  # every path of three steps that reads 1, 2 once repeats and blanks are taken out
        for path in np.ndindex(3, 3, 3):
            merged = [c for i, c in enumerate(path) if i == 0 or c != path[i - 1]]
            if [c for c in merged if c] == [1, 2]:
                total += np.exp(sum(logp[t, 0, c] for t, c in enumerate(path)))
        return np.array([-np.log(total)])


def test_nll_loss_weighs_classes_and_the_weights_are_constants() -> None:
    x, w = tg.randn(4, 3, dtype=tg.float64, requires_grad=True), tg.tensor([0.5, 1.0, 2.0], dtype=tg.float64)
    loss = TF.nll_loss(x, tg.tensor(CLASSES), w)
    own = w.array[CLASSES]
    assert abs(loss.item() + (own * x.array[np.arange(4), CLASSES]).sum() / own.sum()) < 1e-12
    loss.backward()
    assert x.grad.array.sum() == -1.0
