"""Distances and the losses of pairs and triplets against their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tests.ops.loss_samples import SIGNS, every, one, reduced, three, two, whole
from tests.ops.optest import OpTest, sample


class TestMarginRankingLoss(OpTest):
    op = staticmethod(TF.margin_ranking_loss)
    samples = [
        *every((4,), (4,), SIGNS),
        sample((4,), (4,), SIGNS.astype(np.int64), margin=0.3),
        sample((2, 1), (2, 3), (1, 3)),
    ]
    errors = [
        (
            lambda: TF.margin_ranking_loss(one, one, two),
            ValueError,
            "margin_ranking_loss: needs three tensors of as many axes.\n    input1  (2,)\n    input2  (2,)\n    target  (2, 3)",
        ),
        (
            lambda: TF.margin_ranking_loss(one, three, one),
            ValueError,
            "margin_ranking_loss: these shapes do not broadcast",
        ),
    ]

    def expected(self, a: Any, b: Any, t: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
        return reduced(np.maximum(0, -t * (a - b) + margin), reduction)


class TestCosineSimilarity(OpTest):
    op = staticmethod(TF.cosine_similarity)
    samples = [
        sample((3, 4), (3, 4)),
        sample((3, 4), (4,), dim=-1),
        sample((3, 4), (3, 4), dim=0),
        sample((2, 1, 4), (3, 4), -1),
        sample((0, 4), (0, 4)),
        sample((3, 4), np.arange(12).reshape(3, 4)),
    ]
    errors = [
        (lambda: TF.cosine_similarity(three, three), IndexError, "cosine_similarity: dim 1 is out of range"),
        (lambda: TF.cosine_similarity(two, one), ValueError, "cosine_similarity: these shapes do not broadcast"),
        (lambda: TF.cosine_similarity(whole, whole), TypeError, "cosine_similarity: x1 needs a floating dtype"),
    ]

    def expected(self, a: Any, b: Any, dim: int = 1) -> Any:
        a, b = np.broadcast_arrays(a, b)
        return (a * b).sum(dim) / np.sqrt((a * a).sum(dim) * (b * b).sum(dim))


def test_a_vector_shorter_than_eps_is_divided_by_eps() -> None:
    x, z = (tg.randn(2, 3, dtype=tg.float64, requires_grad=True) for _ in range(2))
    assert tg.allclose(tg.cosine_similarity(x, z, eps=9.0), (x * z).sum(1) / 81)
    assert tg.autograd.gradcheck(lambda x, z: tg.cosine_similarity(x, z, eps=9.0), (x, z))


def test_the_cosine_of_nothing_is_zero_and_has_a_finite_gradient() -> None:
    x = tg.zeros(1, 3, requires_grad=True)
    y = tg.cosine_similarity(x, tg.ones(1, 3))
    y.backward()
    assert y.tolist() == [0.0] and bool(x.grad.isfinite().all())


class TestCosineEmbeddingLoss(OpTest):
    op = staticmethod(TF.cosine_embedding_loss)
    samples = [
        *every((4, 3), (4, 3), SIGNS.astype(np.int64)),
        sample((4, 3), (4, 3), SIGNS.astype(np.int64), margin=-0.9),
        sample((3,), (3,), np.array(-1), margin=-1.0),
        sample((4, 3), (4, 3), np.array([1])),
    ]
    errors = [
        (
            lambda: TF.cosine_embedding_loss(two, two, two),
            ValueError,
            "cosine_embedding_loss: the shapes do not belong together.\n    input1  (2, 3)",
        ),
        (
            lambda: TF.cosine_embedding_loss(two, three, one),
            ValueError,
            "Needs (N, D), (N, D), (N,), or (D,), (D,), ()",
        ),
        (lambda: TF.cosine_embedding_loss(two, tg.ones(2, 4), one), ValueError, "these shapes do not broadcast"),
        (
            lambda: TF.cosine_embedding_loss(two, two, three),
            ValueError,
            "broadcast.\n    cosine  (2,)\n    target  (3,)",
        ),
    ]

    def expected(self, a: Any, b: Any, t: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
        c = (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
        return reduced(np.where(t == 1, 1 - c, np.maximum(0, c - margin)), reduction)


def distance(a: Any, b: Any, p: float = 2.0, eps: float = 1e-6) -> Any:
    return (abs(a - b + eps) ** p).sum(-1) ** (1 / p)


class TestPairwiseDistance(OpTest):
    op = staticmethod(TF.pairwise_distance)
    samples = [
        sample((3, 4), (3, 4)),
        sample((3, 4), (4,), p=3.0, eps=0.1),
        sample((3, 4), (3, 4), keepdim=True),
        sample((4,), (4,), 1.0),
    ]
    errors = [(lambda: TF.pairwise_distance(two, one), ValueError, "pairwise_distance: these shapes do not broadcast")]

    def expected(self, a: Any, b: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
        d = distance(a, b, p, eps)
        return d[:, None] if keepdim else d


class TestTripletMarginLoss(OpTest):
    op = staticmethod(TF.triplet_margin_loss)
    samples = [
        *every((4, 3), (4, 3), (4, 3)),
        sample((4, 3), (4, 3), (4, 3), margin=0.2, swap=True),
        sample((4, 3), (4, 3), (4, 3), p=1.0, eps=0.01),
        sample((3,), (3,), (3,)),
    ]
    errors = [
        (
            lambda: TF.triplet_margin_loss(two, three, two),
            ValueError,
            "triplet_margin_loss: needs three tensors of as many axes",
        ),
        (
            lambda: TF.triplet_margin_loss(two, two, two, margin=0),
            ValueError,
            "triplet_margin_loss: margin must be above 0",
        ),
        (
            lambda: TF.triplet_margin_loss(two, two, tg.ones(2, 4)),
            ValueError,
            "do not broadcast.\n    anchor    (2, 3)",
        ),
    ]

    def expected(
        self,
        a: Any,
        p_: Any,
        n: Any,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        reduction: str = "mean",
    ) -> Any:
        far = distance(a, n, p, eps)
        far = np.minimum(far, distance(p_, n, p, eps)) if swap else far
        return reduced(np.maximum(distance(a, p_, p, eps) - far + margin, 0), reduction)


class TestTripletMarginWithDistanceLoss(OpTest):
    op = staticmethod(TF.triplet_margin_with_distance_loss)
    samples = [
        *every((4, 3), (4, 3), (4, 3)),
        sample((4, 3), (4, 3), (4, 3), margin=0.2, swap=True),
        sample((4, 3), (4, 3), (4, 3), distance_function=lambda x, z: abs(x - z).sum(-1)),
    ]
    errors = [
        (lambda: TF.triplet_margin_with_distance_loss(two, two, two, margin=-1), ValueError, "margin must be above 0")
    ]

    def expected(
        self,
        a: Any,
        p: Any,
        n: Any,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
        distance_function: Any = distance,
    ) -> Any:
        far = distance_function(a, n)
        far = np.minimum(far, distance_function(p, n)) if swap else far
        return reduced(np.maximum(distance_function(a, p) - far + margin, 0), reduction)


class TestNormalize(OpTest):
    op = staticmethod(TF.normalize)
    samples = [
        sample((3, 4)),
        sample((3, 4), p=1.0, dim=0),
        sample((2, 3, 4), dim=-1),
        sample((2, 3, 4), dim=(0, 2)),
        sample((3, 4), eps=9.0),
    ]
    errors = [
        (lambda: TF.normalize(whole), TypeError, "normalize: input needs a floating dtype"),
        (lambda: TF.normalize(three), IndexError, "dim 1 is out of range"),
    ]

    def expected(self, x: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
        return x / np.maximum((abs(x) ** p).sum(dim, keepdims=True) ** (1 / p), eps)


def test_zero_is_normalized_to_zero() -> None:
    x = tg.zeros(1, 3, requires_grad=True)
    y = TF.normalize(x)
    y.sum().backward()
    assert y.tolist() == [[0.0] * 3] and bool(x.grad.isfinite().all())


class TestHingeEmbeddingLoss(OpTest):
    op = staticmethod(TF.hinge_embedding_loss)
    low, high = 0.1, 0.9
    samples = [
        *every((4,), SIGNS.astype(np.int64)),
        sample((4,), SIGNS, margin=1.5),
        sample((4,), SIGNS, margin=0.05),
        sample((3,), np.array([0, 1, -1]), reduction="none"),
    ]
    errors = [
        (lambda: TF.hinge_embedding_loss(one, three), ValueError, "hinge_embedding_loss: these shapes do not broadcast")
    ]

    def expected(self, x: Any, t: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
        return reduced(np.maximum(0, margin - x) * (t != 1) + x * (t != -1), reduction)
