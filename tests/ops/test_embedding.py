"""Rows picked from tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tests.ops.optest import F, OpTest, sample

INDEX = np.array([[0, 2, 2], [4, 1, 0]])
FLAT = INDEX.reshape(-1)
table = tg.ones(5, 3)


class TestEmbedding(OpTest):
    op = staticmethod(TF.embedding)
    samples = [
        sample(INDEX, (5, 3)),
        sample(INDEX.astype(np.int32), (5, 3)),
        sample(np.array(3), (5, 2)),
        sample(np.zeros((0, 2), np.int64), (5, 3)),
        sample(INDEX, (5, 0)),
        sample(np.arange(900) % 7, (7, 3)),
        sample(INDEX, np.arange(15).reshape(5, 3)),
    ]
    errors = [
        (
            lambda: TF.embedding(tg.tensor([5]), table),
            IndexError,
            "embedding: input holds 5, but the table has 5 rows, 0 to 4",
        ),
        (
            lambda: TF.embedding(tg.tensor([-1, 2]), table),
            IndexError,
            "embedding: input holds -1, but the table has 5 rows",
        ),
        (
            lambda: TF.embedding(tg.tensor([1.0]), table),
            TypeError,
            "embedding: input holds row numbers, int64 or int32",
        ),
        (
            lambda: TF.embedding(tg.tensor([1]).byte(), table),
            TypeError,
            "got tensorgrad.uint8. Convert it: input.long()",
        ),
        (
            lambda: TF.embedding(tg.tensor([1]), table[0]),
            ValueError,
            "embedding: weight must be a table (V, D), got shape (3,)",
        ),
        (
            lambda: TF.embedding(tg.tensor([1]), table, padding_idx=5),
            ValueError,
            "embedding: padding_idx 5 is out of range for a table of 5 rows; use -5 to 4",
        ),
    ]

    def expected(self, index: Any, weight: Any) -> Any:
        return weight[index]


@pytest.mark.parametrize("row", [2, -3])
def test_the_padding_row_gets_no_gradient(row: int) -> None:
    w = tg.randn(5, 3, requires_grad=True)
    y = TF.embedding(tg.tensor(INDEX), w, padding_idx=row)
    assert y[0, 1].equal(w[2])
    y.sum().backward()
    assert w.grad.sum(1).tolist() == [6.0, 3.0, 0.0, 0.0, 3.0]


def test_gradients_divided_by_how_often_a_row_is_used() -> None:
    w = tg.randn(5, 3, requires_grad=True)
    TF.embedding(tg.tensor(INDEX), w, scale_grad_by_freq=True, sparse=True).sum().backward()
    assert w.grad.sum(1).tolist() == [3.0, 3.0, 3.0, 0.0, 3.0]


@pytest.mark.parametrize("n", [3, 1000])  # added up by NumPy, and as a product
def test_half_precision_adds_up_in_single(n: int) -> None:
    w = tg.zeros(2, 4, dtype=tg.float16, requires_grad=True)
    TF.embedding(tg.zeros(n).long(), w).sum().backward()
    assert w.grad.dtype is tg.float16 and w.grad.tolist() == [[n] * 4, [0] * 4]


@pytest.mark.parametrize("p", [1.0, 2.0, float("inf")])
def test_max_norm_shrinks_the_rows_that_are_used(p: float) -> None:
    w = tg.tensor([[3.0, 4.0], [3.0, 4.0], [0.1, 0.1]], requires_grad=True)
    y = TF.embedding(tg.tensor([1, 1, 2]), w, max_norm=1.0, norm_type=p)
    assert tg.linalg.vector_norm(w[1], p).item() == pytest.approx(1.0)
    assert w[0].tolist() == [3.0, 4.0] and w[2].equal(tg.tensor([0.1, 0.1])) and y[0].equal(w[1])
    y.sum().backward()
    assert w.grad.tolist() == [[0.0, 0.0], [2.0, 2.0], [1.0, 1.0]]


def test_max_norm_is_a_write_that_backward_notices() -> None:
    w = tg.full((3, 2), 5.0, requires_grad=True)
    before = (w * w).sum()
    TF.embedding(tg.tensor([1]), w, max_norm=1.0)
    with pytest.raises(RuntimeError, match=r"changed in place by embedding \(max_norm\)"):
        before.backward()


class TestEmbeddingBag(OpTest):
    op = staticmethod(TF.embedding_bag)
    samples = [
        *[sample(INDEX, (5, 3), mode=m) for m in ("mean", "sum", "max")],
        *[sample(FLAT, (5, 3), np.array([0, 2, 2]), mode=m) for m in ("mean", "sum", "max")],
        *[sample(INDEX, (5, 3), mode=m, padding_idx=2) for m in ("mean", "sum", "max")],
        sample(FLAT, (5, 3), np.array([0, 2, 6]), padding_idx=-3),
        sample(FLAT, (5, 3), np.array([0, 1, 6]), include_last_offset=True),
        sample(INDEX, (5, 3), mode="sum", per_sample_weights=F((2, 3))),
        sample(FLAT, (5, 3), np.array([0, 4]), mode="sum", per_sample_weights=F((6,)), padding_idx=0),
        sample(FLAT[:0], (5, 3), np.array([0, 0])),
        sample(FLAT[:0], (5, 3), np.array([0, 0]), mode="max"),
        sample(INDEX[:0], (5, 3), mode="max"),
    ]
    errors = [
        (lambda: bag(mode="min"), ValueError, "embedding_bag: mode 'min' is unknown; choose 'sum', 'mean' or 'max'"),
        (
            lambda: bag(per_sample_weights=table[:2]),
            ValueError,
            "per_sample_weights go with mode='sum' only, not 'mean'",
        ),
        (
            lambda: bag(mode="sum", per_sample_weights=table),
            ValueError,
            "embedding_bag: per_sample_weights has another shape than input.\n    input               (2, 3)",
        ),
        (
            lambda: bag(mode="sum", per_sample_weights=table[:2].double()),
            TypeError,
            "Convert: per_sample_weights.float() (NumPy",
        ),
        (
            lambda: bag(mode="max", scale_grad_by_freq=True),
            ValueError,
            "scale_grad_by_freq does not go with mode='max'",
        ),
        (
            lambda: bag(offsets=tg.tensor([0])),
            ValueError,
            "a two-dimensional input (2, 3) has a bag a row; leave out offsets",
        ),
        (lambda: bag(FLAT), ValueError, "a one-dimensional input (6,) needs offsets, where each bag begins"),
        (lambda: bag(INDEX[None]), ValueError, "input must be (B, n) or (M,), got shape (1, 2, 3)"),
        (
            lambda: bag(FLAT, offsets=tg.tensor([1, 2])),
            ValueError,
            "offsets must begin with 0, not fall, and not go beyond",
        ),
        (lambda: bag(FLAT, offsets=tg.tensor([0, 7])), ValueError, "the input's 6 entries; got [0, 7]"),
        (lambda: bag(FLAT, offsets=tg.tensor([0, 3, 2])), ValueError, "offsets must begin with 0, not fall"),
        (
            lambda: bag(FLAT, offsets=tg.tensor([0.0])),
            ValueError,
            "offsets must be whole numbers (B,), got tensorgrad.float32",
        ),
        (
            lambda: bag(FLAT, offsets=tg.ones(0).long(), include_last_offset=True),
            ValueError,
            "offsets has at least one entry",
        ),
        (lambda: bag(INDEX + 1), IndexError, "embedding_bag: input holds 5, but the table has 5 rows"),
        (lambda: bag(padding_idx=9), ValueError, "embedding_bag: padding_idx 9 is out of range"),
    ]

    def expected(
        self,
        index: Any,
        weight: Any,
        offsets: Any = None,
        mode: str = "mean",
        per_sample_weights: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Any:
        factors = np.ones(index.shape) if per_sample_weights is None else per_sample_weights
        if offsets is None:
            bags, factors = list(index), list(factors)
        else:
            ends = offsets[1:] if include_last_offset else [*offsets[1:], len(index)]
            cuts = [slice(a, b) for a, b in zip(offsets, ends)]
            bags, factors = [index[c] for c in cuts], [factors[c] for c in cuts]
        out = np.zeros((len(bags), weight.shape[1]))
        for i, (b, f) in enumerate(zip(bags, factors)):
            kept = b != (padding_idx % len(weight)) if padding_idx is not None else np.ones(len(b), bool)
            rows = weight[b[kept]] * f[kept][:, None]
            if len(rows):
                out[i] = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode](rows, axis=0)
        return out


class TestEmbeddingBagBeyond(TestEmbeddingBag):
    torch = None
    torch_note = "with a padding_idx it counts entries behind the last offset, without one it does not"
    samples = [
        sample(FLAT, (5, 3), np.array([0, 2, 4]), mode=m, padding_idx=int(FLAT[-1]), include_last_offset=True)
        for m in ("mean", "sum", "max")  # two entries belong to no group
    ]
    errors = []


def bag(index: Any = INDEX, **kwargs: Any) -> tg.Tensor:
    return TF.embedding_bag(tg.tensor(index), table, **kwargs)


def test_the_first_of_the_largest_gets_the_gradient() -> None:
    w = tg.tensor([[1.0], [1.0], [0.0]], requires_grad=True)
    TF.embedding_bag(tg.tensor([[2, 1, 0]]), w, mode="max").backward()
    assert w.grad.tolist() == [[0.0], [1.0], [0.0]]


def test_bags_of_shrunk_rows() -> None:
    w = tg.full((4, 4), 1.0, requires_grad=True)
    y = TF.embedding_bag(tg.tensor([[1, 1]]), w, max_norm=1.0, scale_grad_by_freq=True, mode="sum")
    assert y.norm().item() == pytest.approx(2.0) and w[0].norm().item() == 2.0
    y.sum().backward()
    assert w.grad[1].tolist() == [1.0] * 4


class TestOneHot(OpTest):
    op = staticmethod(TF.one_hot)
    samples = [sample(INDEX), sample(INDEX, 7), sample(np.array(2), 3), sample(INDEX[:0], 4), sample(np.array([0, 0]))]
    errors = [
        (lambda: TF.one_hot(tg.tensor([3]), 3), ValueError, "one_hot: class 3 with num_classes 3; classes are 0 to 2"),
        (lambda: TF.one_hot(tg.tensor([-1])), ValueError, "one_hot: class numbers must not be negative, got -1"),
        (lambda: TF.one_hot(tg.tensor([1]), 0), ValueError, "one_hot: num_classes must be above 0 (or -1), got 0"),
        (
            lambda: TF.one_hot(tg.ones(0).long()),
            ValueError,
            "one_hot: of an empty tensor num_classes cannot be found out",
        ),
        (
            lambda: TF.one_hot(tg.tensor([1.0])),
            TypeError,
            "one_hot: needs class numbers, int64, got tensorgrad.float32",
        ),
        (lambda: TF.one_hot(tg.tensor([1]).int()), TypeError, "got tensorgrad.int32. Convert them: tensor.long()"),
    ]

    def expected(self, index: Any, n: int = -1) -> Any:
        return np.eye(int(index.max()) + 1 if n == -1 else n, dtype=np.int64)[index]
