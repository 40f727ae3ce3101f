"""Rows picked from tables."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tests.ops.optest import OpTest, sample

INDEX = np.array([[0, 2, 2], [4, 1, 0]])


class TestEmbedding(OpTest):
    op = staticmethod(TF.embedding)
    samples = [sample(INDEX, (5, 3)), sample(np.array(3), (5, 2)), sample(np.zeros((0, 2), np.int64), (5, 3))]
    errors = [
        (lambda: TF.embedding(tg.tensor([5]), tg.ones(5, 2)), IndexError, "embedding"),
        (lambda: TF.embedding(tg.tensor([1.0]), tg.ones(5, 2)), TypeError, "embedding"),
    ]

    def expected(self, index: Any, weight: Any) -> Any:
        return weight[index]


def test_the_padding_row_gets_no_gradient() -> None:
    w = tg.randn(5, 3, requires_grad=True)
    TF.embedding(tg.tensor(INDEX), w, padding_idx=2).sum().backward()
    assert w.grad.sum(1).tolist() == [6.0, 3.0, 0.0, 0.0, 3.0]


def test_max_norm_shrinks_the_rows_that_are_used() -> None:
    w = tg.full((4, 4), 1.0)
    TF.embedding(tg.tensor([1, 1]), w, max_norm=1.0)
    assert abs(w[1].norm().item() - 1.0) < 1e-5 and w[0].norm().item() == 2.0


class TestEmbeddingBag(OpTest):
    op = staticmethod(TF.embedding_bag)
    samples = [
        sample(INDEX, (5, 3)),
        sample(INDEX, (5, 3), mode="sum"),
        sample(INDEX, (5, 3), mode="max"),
        sample(INDEX.reshape(-1), (5, 3), np.array([0, 2, 2])),
        sample(INDEX, (5, 3), mode="sum", per_sample_weights=np.array([[0.5, 1.0, 2.0], [1.0, 0.3, -1.0]])),
    ]

    def expected(
        self, index: Any, weight: Any, offsets: Any = None, mode: str = "mean", per_sample_weights: Any = None
    ) -> Any:
        if offsets is None:
            bags = list(index)
        else:
            bags = [index[a:b] for a, b in zip(offsets, [*offsets[1:], len(index)])]
        if per_sample_weights is not None:
            return np.stack([(weight[b] * w[:, None]).sum(0) for b, w in zip(bags, per_sample_weights)])
        join = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
        return np.stack([join(weight[b], axis=0) if len(b) else np.zeros(weight.shape[1]) for b in bags])


class TestOneHot(OpTest):
    op = staticmethod(TF.one_hot)
    samples = [sample(INDEX), sample(INDEX, 7), sample(np.array(2), 3)]
    errors = [(lambda: TF.one_hot(tg.tensor([3]), 3), ValueError, "one_hot: class 3 with num_classes 3; classes are 0 to 2")]

    def expected(self, index: Any, n: int = -1) -> Any:
        return np.eye(int(index.max()) + 1 if n == -1 else n, dtype=np.int64)[index]
