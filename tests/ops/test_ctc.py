"""Connectionist temporal classification against the sum over all paths."""

from __future__ import annotations

from itertools import groupby, product
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tests.ops.loss_samples import every, inf, three
from tests.ops.optest import OpTest, sample


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


def read(path: Any, blank: int) -> list[int]:
    """What a path of classes says: repeats count once, and then blanks not at all."""
    return [c for c, _ in groupby(path) if c != blank]


class TestCtcLoss(OpTest):
    op = staticmethod(TF.ctc_loss)
    torch_gradient = False  # PyTorch's has a term more, which cancels in log_softmax
    low, high = -2.0, -0.5
    samples = [
        *every((4, 3, 3), np.array([[1, 2], [1, 1], [2, 0]]), [4, 3, 2], [2, 2, 1]),
        sample((4, 2, 3), np.array([1, 2, 2]), [4, 3], [2, 1]),
        sample((4, 2, 3), np.array([0, 1, 0]), [4, 4], [2, 1], blank=2, reduction="none"),
        sample((4, 2, 3), np.array([[1, 1], [1, 2]]), np.array([2, 4]), np.array([2, 2]), zero_infinity=True),
        sample((3, 3), np.array([1, 2]), np.array(3), np.array(2), reduction="none"),
        sample((3, 2, 3), np.array([[1], [2]]), [3, 3], [0, 1], reduction="none"),
    ]
    errors = [
        (lambda: ctc(blank=3), ValueError, "ctc_loss: blank must be a class, 0 to 2, got 3"),
        (lambda: ctc(steps=[5, 4]), ValueError, "ctc_loss: input_lengths must be from 0 to 4 here, got 5"),
        (lambda: ctc(lengths=[3, 1]), ValueError, "ctc_loss: target_lengths must be from 0 to 2 here, got 3"),
        (lambda: ctc(lengths=[-1, 1]), ValueError, "ctc_loss: target_lengths must be from 0 to 2 here, got -1"),
        (
            lambda: ctc(lengths=[1]),
            ValueError,
            "ctc_loss: target_lengths must have one entry per sequence, (2,), got (1,)",
        ),
        (lambda: ctc(lengths=[1.0, 1.0]), TypeError, "ctc_loss: target_lengths must be whole numbers"),
        (lambda: ctc(targets=[[1, 7], [1, 1]]), IndexError, "ctc_loss: targets hold class 7, log_probs have 3 classes"),
        (
            lambda: ctc(targets=[1, 2]),
            ValueError,
            "ctc_loss: targets of shape (2,) do not hold 2 sequences with 4 labels",
        ),
        (lambda: ctc(targets=[[[1, 2]]]), ValueError, "ctc_loss: targets must be (N, S) or (Σ lengths,)"),
        (lambda: ctc(targets=[[1.0, 2.0]]), TypeError, "ctc_loss: targets must hold class numbers"),
        (lambda: TF.ctc_loss(three, three.long(), 1, 1), ValueError, "ctc_loss: log_probs must be (T, N, C) or (T, C)"),
    ]

    def expected(
        self,
        x: Any,
        targets: Any,
        steps: Any,
        lengths: Any,
        blank: int = 0,
        reduction: str = "mean",
        zero_infinity: bool = False,
    ) -> Any:
        single = x.ndim == 2
        x = x[:, None] if single else x
        losses, done = [], 0
        for i, (n, k) in enumerate(zip(np.atleast_1d(steps), np.atleast_1d(lengths))):
            labels = targets[i, :k] if targets.ndim == 2 else targets[done : done + k]
            done += k
            paths = [p for p in product(range(x.shape[2]), repeat=n) if read(p, blank) == list(labels)]
            total = sum(np.exp(sum(x[s, i, c] for s, c in enumerate(p))) for p in paths)
            losses.append(-np.log(total))
        found = np.asarray(losses)
        if zero_infinity:
            found[np.isinf(found)] = 0
        if reduction == "mean":
            return (found / np.maximum(np.atleast_1d(lengths), 1)).mean()
        return found.sum() if reduction == "sum" else found[0] if single else found


def ctc(
    targets: Any = ((1, 2), (1, 1)), steps: Any = (4, 4), lengths: Any = (2, 2), blank: int = 0, **kwargs: Any
) -> tg.Tensor:
    return TF.ctc_loss(tg.zeros(4, 2, 3), tg.tensor(targets), steps, lengths, blank, **kwargs)


def test_labels_that_do_not_fit_cost_infinity_or_nothing() -> None:
    x = tg.zeros(2, 1, 3, requires_grad=True)
    arguments = tg.tensor([[1, 1]]), [2], [2]  # two equal labels need a blank in between
    assert TF.ctc_loss(x, *arguments).item() == inf
    y = TF.ctc_loss(x, *arguments, zero_infinity=True)
    y.backward()
    assert y.item() == 0 and not x.grad.any()
    assert TF.ctc_loss(x, tg.tensor([[1]]), [0], [1]).item() == inf
    assert TF.ctc_loss(x[:0], tg.tensor([[1]]), [0], [1]).item() == inf


def test_the_gradient_of_ctc_through_log_softmax_is_that_of_a_classifier() -> None:
    x = tg.randn(5, 1, 3, dtype=tg.float64, requires_grad=True)
    loss = TF.ctc_loss(TF.log_softmax(x, 2), tg.tensor([[1, 2]]), [4], [2])
    loss.backward()
    assert tg.allclose(x.grad.sum(2), tg.zeros(5, 1, dtype=tg.float64), atol=1e-12) and not x.grad[4].any()
