"""Losses against their formulas."""

from __future__ import annotations

from itertools import groupby, product
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tests.ops.optest import F, OpTest, sample

SIGNS = np.array([1.0, -1.0, 1.0, -1.0])
CLASSES = np.array([0, 2, 1, 2])
PIXELS = np.array([[[0, 2], [1, 1]], [[2, 2], [0, 1]]])  # (N, 2, 2)
one, two, three = tg.ones(2), tg.ones(2, 3), tg.ones(3)
whole = tg.ones(2, 3, dtype=tg.int64)
inf, nan = float("inf"), float("nan")


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


def reduced(x: Any, reduction: str = "mean") -> Any:
    return x if reduction == "none" else x.sum() if reduction == "sum" else x.mean()


def every(*shapes: Any, **kwargs: Any) -> list[sample]:
    """A sample for each reduction."""
    return [sample(*shapes, **kwargs)] + [sample(*shapes, reduction=r, **kwargs) for r in ("sum", "none")]


@pytest.mark.parametrize(
    "flags", [(None, False, "none"), (False, None, "sum"), (True, True, "mean"), (False, False, "none")]
)
def test_the_older_flags_say_the_same(flags: Any) -> None:
    average, reduce, reduction = flags
    x, z = tg.randn(3, 4), tg.rand(3, 4)
    for loss in (TF.mse_loss, TF.l1_loss, TF.kl_div, TF.binary_cross_entropy_with_logits):
        assert loss(x, z, size_average=average, reduce=reduce).equal(loss(x, z, reduction=reduction))
    target = tg.tensor([0, 1, 3])
    for loss in (TF.cross_entropy, TF.nll_loss, TF.multi_margin_loss):
        assert loss(x, target, size_average=average, reduce=reduce).equal(loss(x, target, reduction=reduction))


# ---- of numbers -----------------------------------------------------------------------------------------------------


class TestMseLoss(OpTest):
    op = staticmethod(TF.mse_loss)
    samples = [
        *every((3, 4), (3, 4)),
        *every((3, 4), (3, 4), weight=F((3, 4), 0.5, 2)),
        sample((), ()),
        sample((0, 2), (0, 2), reduction="sum"),
        sample((0, 2), (0, 2), reduction="none"),
    ]
    errors = [
        (
            lambda: TF.mse_loss(one, one, reduction="most"),
            ValueError,
            "mse_loss: reduction must be 'none', 'mean' or 'sum'",
        ),
        (lambda: TF.mse_loss(whole, whole), TypeError, "mse_loss: input needs a floating dtype"),
        (lambda: TF.mse_loss(one, three), ValueError, "mse_loss: these shapes do not broadcast.\n    input   (2,)"),
        (lambda: TF.mse_loss(one, one, weight=three), ValueError, "mse_loss: weight has another shape than input"),
        (lambda: TF.mse_loss("x", one), TypeError, "mse_loss: input must be a Tensor, got str"),
    ]

    def expected(self, x: Any, t: Any, reduction: str = "mean", weight: Any = None) -> Any:
        if weight is not None and reduction == "mean":
            return (weight * (x - t) ** 2).sum() / weight.sum()
        return reduced((x - t) ** 2 * (1 if weight is None else weight), reduction)


@pytest.mark.parametrize("loss", [TF.mse_loss, TF.l1_loss, TF.huber_loss, TF.smooth_l1_loss])
def test_shapes_that_broadcast_are_warned_of(loss: Any) -> None:
    x, z = tg.tensor([[1.0], [3.0]], requires_grad=True), tg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.warns(UserWarning, match=r"input \(2, 1\) and target \(2,\) have different shapes and are broadcast"):
        y = loss(x, z, reduction="sum")
    y.backward()
    assert y.item() > 0 and x.grad.shape == (2, 1) and z.grad.shape == (2,)


def test_input_and_target_are_promoted() -> None:
    assert TF.mse_loss(one, one.double()).dtype is tg.float64 and TF.mse_loss(one, one.long()).dtype is tg.float32
    assert TF.l1_loss(whole, whole * 3, reduction="sum").item() == 12  # as in PyTorch, whole numbers stay whole


def test_mse_of_half_precision_adds_up_in_single() -> None:
    x = tg.full((4096,), 0.5, dtype=tg.float16, requires_grad=True)
    y = TF.mse_loss(x, tg.zeros(4096).half(), reduction="sum")
    y.backward()
    assert y.item() == 1024 and y.dtype is tg.float16 and x.grad.tolist() == [1.0] * 4096


def test_the_mean_of_nothing_is_nan() -> None:
    x = tg.zeros(0, 3, requires_grad=True)
    y = TF.mse_loss(x, x.detach())
    y.backward()
    assert y.isnan() and x.grad.shape == (0, 3)


class TestL1Loss(OpTest):
    op = staticmethod(TF.l1_loss)
    samples = [*every((3, 4), (3, 4)), *every((3, 4), (3, 4), weight=F((3, 4), 0.5, 2)), sample((), ())]
    errors = [(lambda: TF.l1_loss(one, three), ValueError, "l1_loss: these shapes do not broadcast")]

    def expected(self, x: Any, t: Any, reduction: str = "mean", weight: Any = None) -> Any:
        if weight is not None and reduction == "mean":
            return (weight * abs(x - t)).sum() / weight.sum()
        return reduced(abs(x - t) * (1 if weight is None else weight), reduction)


class TestSmoothL1Loss(OpTest):
    op = staticmethod(TF.smooth_l1_loss)
    samples = [*every((3, 4), (3, 4)), sample((3,), (3,), beta=0.3), sample((3,), (3,), beta=0.0)]
    errors = [
        (lambda: TF.smooth_l1_loss(one, one, beta=-1), ValueError, "smooth_l1_loss: beta must not be negative, got -1"),
        (lambda: TF.smooth_l1_loss(whole, whole), TypeError, "smooth_l1_loss: input needs a floating dtype"),
    ]

    def expected(self, x: Any, t: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
        d = abs(x - t)
        return reduced(np.where(d < beta, d * d / 2 / (beta or 1), d - beta / 2), reduction)


class TestHuberLoss(OpTest):
    op = staticmethod(TF.huber_loss)
    samples = [
        *every((3, 4), (3, 4)),
        sample((3,), (3,), delta=0.3),
        sample((), ()),
        *every((3,), (3,), weight=F((3,), 0.5, 2)),
    ]
    errors = [
        (lambda: TF.huber_loss(one, one, delta=0.0), ValueError, "huber_loss: delta must be above 0, got 0.0"),
        (lambda: TF.huber_loss(whole, whole), TypeError, "huber_loss: input needs a floating dtype"),
    ]

    def expected(self, x: Any, t: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = 1.0) -> Any:
        d = abs(x - t)
        return reduced(weight * np.where(d < delta, d * d / 2, delta * (d - delta / 2)), reduction)


class TestSoftMarginLoss(OpTest):
    op = staticmethod(TF.soft_margin_loss)
    samples = [*every((4,), SIGNS), sample((2, 4), SIGNS.astype(np.int64))]
    errors = [
        (lambda: TF.soft_margin_loss(one, three), ValueError, "soft_margin_loss: these shapes do not broadcast"),
        (lambda: TF.soft_margin_loss(whole, whole), TypeError, "soft_margin_loss: input needs a floating dtype"),
    ]

    def expected(self, x: Any, t: Any, reduction: str = "mean") -> Any:
        return reduced(np.logaddexp(0, -t * x), reduction)


def test_soft_margin_does_not_overflow() -> None:
    assert TF.soft_margin_loss(tg.tensor([1000.0, -1000.0]), tg.tensor([-1.0, -1.0]), reduction="none").tolist() == [
        1000,
        0,
    ]


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


class TestPoissonNllLoss(OpTest):
    op = staticmethod(TF.poisson_nll_loss)
    samples = [
        *every((3,), F((3,), 2, 4)),
        sample(F((3,), 0.5, 2), F((3,), 2, 4), log_input=False),
        sample(F((3,), 0.5, 2), F((3,), 2, 4), log_input=False, eps=0.1),
        sample((3,), F((3,), 2, 4), full=True),
        sample((3,), np.array([0, 1, 3]), full=True, reduction="none"),
    ]
    errors = [(lambda: TF.poisson_nll_loss(one, three), ValueError, "poisson_nll_loss: these shapes do not broadcast")]

    def expected(
        self, x: Any, t: Any, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
    ) -> Any:
        losses = np.exp(x) - t * x if log_input else x - t * np.log(x + eps)
        if full:
            s = np.maximum(t, 1)
            losses = losses + np.where(t > 1, s * np.log(s) - s + 0.5 * np.log(2 * np.pi * s), 0)
        return reduced(losses, reduction)


class TestGaussianNllLoss(OpTest):
    op = staticmethod(TF.gaussian_nll_loss)
    samples = [
        *every((3, 4), (3, 4), F((3, 4), 0.5, 2)),
        sample((3, 4), (3, 4), F((3, 1), 0.5, 2), full=True),
        sample((3, 4), (3, 4), F((3,), 0.5, 2)),
        sample((3, 4), (3, 4), 2.0),
    ]
    errors = [
        (
            lambda: TF.gaussian_nll_loss(one, one, -one),
            ValueError,
            "gaussian_nll_loss: var must not be negative; its smallest entry is -1.0",
        ),
        (
            lambda: TF.gaussian_nll_loss(two, two, three),
            ValueError,
            "gaussian_nll_loss: var does not fit.\n    input  (2, 3)",
        ),
        (lambda: TF.gaussian_nll_loss(whole, two, two), TypeError, "gaussian_nll_loss: input needs a floating dtype"),
    ]

    def expected(self, x: Any, t: Any, var: Any, full: bool = False, reduction: str = "mean") -> Any:
        var = var[:, None] if np.ndim(var) == 1 and x.ndim == 2 else var
        losses = 0.5 * (np.log(var) + (x - t) ** 2 / var) + (0.5 * np.log(2 * np.pi) if full else 0)
        return reduced(losses, reduction)


def test_a_variance_below_eps_is_raised_and_the_gradient_does_not_notice() -> None:
    var = tg.tensor([0.0], dtype=tg.float64, requires_grad=True)
    y = TF.gaussian_nll_loss(tg.zeros(1, dtype=tg.float64), tg.zeros(1, dtype=tg.float64), var, eps=0.5)
    y.backward()
    assert y.item() == pytest.approx(0.5 * np.log(0.5)) and var.grad.item() == pytest.approx(0.5 / 0.5)


# ---- of probabilities -----------------------------------------------------------------------------------------------


class TestBinaryCrossEntropy(OpTest):
    op = staticmethod(TF.binary_cross_entropy)
    low, high = 0.05, 0.95
    samples = [
        *every((3, 4), (3, 4)),
        sample((3,), (3,), F((3,), 0.5, 2)),
        sample((2, 3), (2, 3), F((3,), 0.5, 2), reduction="none"),
        sample((), ()),
    ]
    errors = [
        (
            lambda: TF.binary_cross_entropy(tg.tensor([1.5]), tg.tensor([1.0])),
            ValueError,
            "binary_cross_entropy: input must be probabilities, in [0, 1]; it goes from 1.5 to 1.5. Apply a sigmoid",
        ),
        (lambda: TF.binary_cross_entropy(tg.tensor([nan]), tg.tensor([1.0])), ValueError, "must be probabilities"),
        (
            lambda: TF.binary_cross_entropy(one, three),
            ValueError,
            "binary_cross_entropy: the shapes differ.\n    input   (2,)",
        ),
        (
            lambda: TF.binary_cross_entropy(one, one.long()),
            TypeError,
            "input is tensorgrad.float32, target tensorgrad.int64",
        ),
        (lambda: TF.binary_cross_entropy(whole, two), TypeError, "binary_cross_entropy: input needs a floating dtype"),
    ]

    def expected(self, x: Any, t: Any, weight: Any = 1.0, reduction: str = "mean") -> Any:
        return reduced(-weight * (t * np.log(x) + (1 - t) * np.log(1 - x)), reduction)


def test_binary_cross_entropy_stays_finite_at_the_ends() -> None:
    x = tg.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    y = TF.binary_cross_entropy(x, tg.tensor([1.0, 0.0, 0.0, 1.0]), reduction="none")
    assert y.tolist() == [100.0, 100.0, 0.0, 0.0]
    y.sum().backward()
    assert bool(x.grad.isfinite().all()) and x.grad[0] < -1e11 and x.grad[2] == 0


class TestBinaryCrossEntropyWithLogits(OpTest):
    op = staticmethod(TF.binary_cross_entropy_with_logits)
    samples = [
        *every((3, 4), F((3, 4), 0, 1)),
        sample((3, 2), F((3, 2), 0, 1), pos_weight=np.array([0.5, 3.0])),
        sample((3,), F((3,), 0, 1), F((3,), 0.5, 2)),
        sample((), F((), 0, 1)),
        sample(np.array([800.0, -800.0, 40.0]), np.array([0.0, 1.0, 1.0]), reduction="none"),
    ]
    errors = [
        (lambda: TF.binary_cross_entropy_with_logits(one, three), ValueError, "with_logits: the shapes differ"),
        (lambda: TF.binary_cross_entropy_with_logits(one, one.long()), TypeError, "target needs a floating dtype"),
        (
            lambda: TF.binary_cross_entropy_with_logits(two, two, pos_weight=one),
            ValueError,
            "with_logits: these shapes do not broadcast.\n    input       (2, 3)\n    pos_weight  (2,)",
        ),
    ]

    def expected(self, x: Any, t: Any, weight: Any = 1.0, reduction: str = "mean", pos_weight: Any = 1.0) -> Any:
        return reduced(weight * (pos_weight * t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x)), reduction)


class TestKlDiv(OpTest):
    op = staticmethod(TF.kl_div)
    samples = [
        *every((3, 4), F((3, 4), 0.1, 1)),
        *every((3, 4), (3, 4), log_target=True),
        sample((3, 4), F((3, 4), 0.1, 1), reduction="batchmean"),
        sample((3, 4), F((4,), 0.1, 1)),
        sample((), F((), 0.1, 1), reduction="batchmean"),
    ]
    errors = [
        (lambda: TF.kl_div(two, whole), TypeError, "kl_div: target needs a floating dtype"),
        (lambda: TF.kl_div(whole, two), TypeError, "kl_div: input needs a floating dtype"),
        (lambda: TF.kl_div(two, one), ValueError, "kl_div: these shapes do not broadcast"),
        (lambda: TF.kl_div(two, two, reduction="x"), ValueError, "kl_div: reduction must be"),
    ]

    def expected(self, x: Any, t: Any, reduction: str = "mean", log_target: bool = False) -> Any:
        losses = np.exp(t) * (t - x) if log_target else t * (np.log(t) - x)
        return losses.sum() / (len(x) if x.ndim else 1) if reduction == "batchmean" else reduced(losses, reduction)


def test_kl_div_of_an_impossible_class_is_zero() -> None:
    assert TF.kl_div(tg.tensor([-1.0, -2.0]), tg.tensor([0.0, 1.0]), reduction="none").tolist() == [0.0, 2.0]


# ---- of classes -----------------------------------------------------------------------------------------------------


def by_class(x: Any, t: Any, weight: Any, ignored: int, reduction: str, smoothing: float = 0.0) -> Any:
    """The losses of log-probabilities x (N, C, …) or (C,) and class numbers, one by one."""
    single = x.ndim == 1
    x, t = (x[None], np.atleast_1d(t)) if single else (x, t)
    w = np.ones(x.shape[1]) if weight is None else weight
    losses, total = np.zeros(t.shape), 0.0
    for i in np.ndindex(t.shape):
        if t[i] != ignored:
            row = x[(i[0], slice(None), *i[1:])]
            losses[i] = -(1 - smoothing) * w[t[i]] * row[t[i]] - smoothing / len(row) * (w * row).sum()
            total += w[t[i]]
    if reduction == "none":
        return losses[0] if single else losses
    return losses.sum() / (total if reduction == "mean" else 1)


BY_CLASS = [
    *every((4, 3), CLASSES),
    *every((4, 3), CLASSES, ignore_index=2),
    *every((4, 3), CLASSES, np.array([0.5, 1.0, 2.0], np.float32), ignore_index=0),
    *every((2, 3, 2, 2), PIXELS),
    *every((2, 3, 2, 2), PIXELS, np.array([0.5, 1.0, 2.0], np.float32), ignore_index=1),
    sample((2, 3, 2), PIXELS[:, 0], reduction="none"),
    sample((4, 3), np.array([0, -1, 1, -1]), ignore_index=-1),
    sample((4, 3), CLASSES.astype(np.uint8)),
    sample((3,), np.array(1)),
    sample((3,), np.array([1])),
    sample((3,), np.array(1), reduction="none"),
    sample((0, 3), CLASSES[:0], reduction="sum"),
    sample((0, 3), CLASSES[:0], reduction="none"),
]


class ByClass(OpTest):
    """The class weights are of one dtype with the scores, and constants: they are handed in as such."""

    @classmethod
    def arguments(cls, i: int, dtype: str = "float64") -> tuple[Any, Any]:
        args, kwargs = super().arguments(i, dtype)
        return [*args[:2], *[w.astype(dtype) if w.dtype.kind == "f" else w for w in args[2:]]], kwargs

    @classmethod
    def call(cls, args: Any, kwargs: Any, requires_grad: bool = False) -> Any:
        inputs, out = [], []
        for a in args:
            tensor = tg.Tensor._of(a)
            if a.dtype.kind == "f" and len(out) != 2:
                tensor._requires_grad = requires_grad
                inputs.append(tensor)
            out.append(tensor)
        return inputs, cls.op(*out, **kwargs)


class TestNllLoss(ByClass):
    op = staticmethod(TF.nll_loss)
    torch_gradient = False  # it has none of the class weights; the rows of cross_entropy compare the rest
    samples = BY_CLASS
    errors = [
        (
            lambda: TF.nll_loss(two, tg.tensor([0, 3])),
            IndexError,
            "nll_loss: target holds class 3, but input has 3 classes, 0 to 2 (and ignore_index is -100)",
        ),
        (lambda: TF.nll_loss(two, tg.tensor([0, 1, 2])), ValueError, "nll_loss: the shapes do not belong together"),
        (lambda: TF.nll_loss(whole, tg.tensor([0, 1])), TypeError, "nll_loss: input needs a floating dtype"),
    ]

    def expected(self, x: Any, t: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
        return by_class(x, t, weight, ignore_index, reduction)


class TestCrossEntropy(ByClass):
    op = staticmethod(TF.cross_entropy)
    torch_gradient = False  # of the class weights PyTorch has none
    samples = [
        *BY_CLASS,
        *every((4, 3), CLASSES, label_smoothing=0.2),
        *every((4, 3), CLASSES, np.array([0.5, 1.0, 2.0], np.float32), label_smoothing=0.2, ignore_index=0),
        *every((2, 3, 2, 2), PIXELS, np.array([0.5, 1.0, 2.0], np.float32), label_smoothing=0.1, ignore_index=1),
        sample((4, 3), CLASSES, label_smoothing=1.0),
    ]
    errors = [
        (
            lambda: TF.cross_entropy(two, tg.tensor([0, 3])),
            IndexError,
            "cross_entropy: target holds class 3, but input has 3 classes, 0 to 2 (and ignore_index is -100)",
        ),
        (lambda: TF.cross_entropy(two, tg.tensor([0, -1])), IndexError, "cross_entropy: target holds class -1"),
        (
            lambda: TF.cross_entropy(two, tg.tensor([0, 1, 2])),
            ValueError,
            "cross_entropy: the shapes do not belong together.\n    input   (2, 3)\n    target  (3,)\nScores (N, C, d₁, …)",
        ),
        (lambda: TF.cross_entropy(tg.tensor(1.0), tg.tensor(0)), ValueError, "the shapes do not belong together"),
        (
            lambda: TF.cross_entropy(two, one),
            TypeError,
            "cross_entropy: target must hold class numbers, int64 (or uint8)",
        ),
        (lambda: TF.cross_entropy(two, one.int()), TypeError, "got tensorgrad.int32. Use target.long()"),
        (lambda: TF.cross_entropy(two, whole), TypeError, "a target of input's shape holds probabilities"),
        (lambda: TF.cross_entropy(two, two, ignore_index=1), ValueError, "ignore_index goes with class numbers"),
        (lambda: TF.cross_entropy(whole, one.long()), TypeError, "cross_entropy: input needs a floating dtype"),
        (
            lambda: TF.cross_entropy(two, one.long(), label_smoothing=1.5),
            ValueError,
            "label_smoothing must be in [0, 1]",
        ),
        (
            lambda: TF.cross_entropy(two, one.long(), one),
            ValueError,
            "weight must have one entry per class, (3,), got (2,)",
        ),
        (lambda: TF.cross_entropy(two, one.long(), three.double()), TypeError, "input is tensorgrad.float32, weight"),
        (lambda: TF.cross_entropy(two, one.long(), reduction="x"), ValueError, "cross_entropy: reduction must be"),
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
        axis = 1 if x.ndim > 1 else 0
        logs = x - np.log(np.exp(x).sum(axis, keepdims=True))
        return by_class(logs, t, weight, ignore_index, reduction, label_smoothing)


class TestCrossEntropyOfProbabilities(OpTest):
    op = staticmethod(TF.cross_entropy)
    samples = [
        *every((4, 3), F((4, 3), 0, 1)),
        *every((2, 3, 2), F((2, 3, 2), 0, 1), weight=np.array([0.5, 1.0, 2.0]), label_smoothing=0.2),
        *every((3,), F((3,), 0, 1)),
        sample((3,), F((3,), 0, 1), weight=np.array([0.5, 1.0, 2.0])),
    ]

    def expected(
        self, x: Any, t: Any, weight: Any = None, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> Any:
        axis = 1 if x.ndim > 1 else 0
        logs = x - np.log(np.exp(x).sum(axis, keepdims=True))
        t = t * (1 - label_smoothing) + label_smoothing / x.shape[axis]
        w = 1.0 if weight is None else weight.reshape(-1, *[1] * (x.ndim - 1 - axis))
        return reduced(-(w * t * logs).sum(axis), reduction)


class TestLinearCrossEntropy(OpTest):
    op = staticmethod(TF.linear_cross_entropy)
    samples = [
        *every((4, 2), (3, 2), CLASSES),
        sample((4, 2), (3, 2), CLASSES, linear_bias=F((3,)), label_smoothing=0.2, ignore_index=0),
        sample((4, 2), (3, 2), F((4, 3), 0, 1), weight=np.array([0.5, 1.0, 2.0])),
        sample((2, 2), (3, 2, 2, 2), PIXELS, linear_bias=F((3, 2, 2)), reduction="none"),
        sample((2,), (3, 2), np.array(1)),
    ]
    errors = [
        (
            lambda: TF.linear_cross_entropy(tg.ones(4, 2), two, tg.tensor(CLASSES)),
            ValueError,
            "linear_cross_entropy: input must be (N, D) or (D,), linear_weight (C, D) or (C, d₁, …, D).\n"
            "    input          (4, 2)\n"
            "    linear_weight  (2, 3)\n"
            "D, the last of both, must be one.",
        ),
        (
            lambda: TF.linear_cross_entropy(tg.ones(3), tg.ones(2, 4, 3), tg.zeros(4).long()),
            ValueError,
            "linear_cross_entropy: linear_weight (C, d₁, …, D) goes with several inputs, (N, D).\n",
        ),
        (
            lambda: TF.linear_cross_entropy(two, two, one, options=1),
            ValueError,
            "linear_cross_entropy: options must be None; the scores are computed at once.",
        ),
    ]

    def expected(
        self,
        x: Any,
        w: Any,
        t: Any,
        linear_bias: Any = None,
        weight: Any = None,
        reduction: str = "mean",
        ignore_index: Any = None,
        label_smoothing: float = 0.0,
    ) -> Any:
        scores = np.tensordot(x, w, (-1, -1)) + (0 if linear_bias is None else linear_bias)
        if x.ndim == 1:
            scores, t = scores[None], np.asarray(t)[None]
        options = dict(weight=weight, reduction=reduction, label_smoothing=label_smoothing)
        if t.dtype.kind == "f":
            return TestCrossEntropyOfProbabilities().expected(scores, t, **options)
        ignored = -100 if ignore_index is None else ignore_index
        logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        return by_class(logs, t, weight, ignored, reduction, label_smoothing)


def test_cross_entropy_gives_the_class_weights_a_gradient() -> None:
    x = tg.randn(4, 3, dtype=tg.float64, requires_grad=True)
    w = tg.tensor([0.5, 1.0, 2.0], dtype=tg.float64, requires_grad=True)
    for smoothing in (0.0, 0.3):

        def loss(x: Any, w: Any, smoothing: float = smoothing) -> Any:
            return TF.cross_entropy(x, tg.tensor(CLASSES), w, label_smoothing=smoothing)

        assert tg.autograd.gradcheck(loss, (x, w)) and tg.autograd.gradgradcheck(loss, (x, w))


def test_cross_entropy_in_blocks_is_cross_entropy() -> None:
    x, t = tg.randn(300, 1000, dtype=tg.float64, requires_grad=True), tg.randint(0, 1000, (300,))
    y = TF.cross_entropy(x, t, label_smoothing=0.1)
    (g,) = tg.autograd.grad(y, x)
    logs = TF.log_softmax(x, 1)
    z = 0.9 * TF.nll_loss(logs, t) - 0.1 * logs.mean()
    (h,) = tg.autograd.grad(z, x)
    assert tg.allclose(y, z) and tg.allclose(g, h, atol=1e-12)


def test_cross_entropy_at_the_extremes() -> None:
    x = tg.tensor([[1e4, 0.0], [-inf, 0.0], [nan, 0.0]], requires_grad=True)
    y = TF.cross_entropy(x, tg.tensor([1, 1, -100]), reduction="none")
    assert y.tolist() == [1e4, 0.0, 0.0]
    y.sum().backward()
    assert x.grad.tolist() == [[1.0, -1.0], [0.0, 0.0], [0.0, 0.0]]
    assert TF.cross_entropy(two, tg.tensor([-100, -100])).isnan()
    assert TF.cross_entropy(two, tg.tensor([-100, -100]), reduction="sum").item() == 0
    assert TF.nll_loss(two, tg.tensor([-100, -100])).isnan()
    assert TF.cross_entropy(tg.ones(0, 3), tg.ones(0).long()).isnan()


def test_cross_entropy_of_half_precision_adds_up_in_single() -> None:
    x = tg.randn(64, 1000, requires_grad=True)
    half = x.detach().half().requires_grad_()
    t = tg.arange(64)
    TF.cross_entropy(x, t).backward()
    y = TF.cross_entropy(half, t)
    y.backward()
    assert y.dtype is half.grad.dtype is tg.float16
    assert tg.allclose(half.grad.float(), x.grad, rtol=1e-2, atol=1e-4)


class TestMultiMarginLoss(OpTest):
    op = staticmethod(TF.multi_margin_loss)
    samples = [
        *every((4, 3), CLASSES),
        sample((4, 3), CLASSES, p=2, margin=0.5),
        sample((4, 3), CLASSES, weight=np.array([0.5, 1.0, 2.0])),
        sample((3,), np.array(1)),
        sample((), np.array(0)),
    ]
    torch_gradient = False  # of the class weights PyTorch has none
    errors = [
        (lambda: TF.multi_margin_loss(two, one.long(), p=3), ValueError, "multi_margin_loss: p must be 1 or 2, got 3"),
        (lambda: TF.multi_margin_loss(two, tg.tensor([0, 3])), IndexError, "multi_margin_loss: target holds class 3"),
        (
            lambda: TF.multi_margin_loss(tg.ones(1, 3, 2), one.long()),
            ValueError,
            "input must be (N, C) or (C,), got shape",
        ),
        (lambda: TF.multi_margin_loss(whole, one.long()), TypeError, "multi_margin_loss: input needs a floating dtype"),
    ]

    def expected(
        self, x: Any, t: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
    ) -> Any:
        rows, labels = np.atleast_2d(x), np.atleast_1d(t)
        n = np.arange(len(labels))
        terms = np.maximum(0, margin - rows[n, labels][:, None] + rows) ** p
        terms[n, labels] = 0
        losses = terms.sum(1) / rows.shape[1] * (1 if weight is None else weight[labels])
        return reduced(losses.reshape(np.shape(t)), reduction)


class TestMultilabelMarginLoss(OpTest):
    op = staticmethod(TF.multilabel_margin_loss)
    samples = [
        *every((3, 4), np.array([[3, 0, -1, 1], [2, -1, 0, 0], [-1, 1, 1, 1]])),
        sample((2, 4), np.array([[0, 1, 2, 3], [1, 0, 2, -1]])),
        sample((4,), np.array([3, 0, -1, 1])),
        sample((), np.array(0)),
    ]
    errors = [
        (
            lambda: TF.multilabel_margin_loss(three, tg.tensor([3, 0, -1])),
            IndexError,
            "multilabel_margin_loss: target holds 3, input has 3 classes (-1 ends a row)",
        ),
        (lambda: TF.multilabel_margin_loss(three, tg.tensor([-2, 0, 1])), IndexError, "target holds -2"),
        (
            lambda: TF.multilabel_margin_loss(three, tg.tensor([0])),
            ValueError,
            "multilabel_margin_loss: the shapes differ",
        ),
        (lambda: TF.multilabel_margin_loss(three, three), TypeError, "target must hold class numbers, int64"),
        (
            lambda: TF.multilabel_margin_loss(tg.ones(1, 1, 1), tg.zeros(1, 1, 1).long()),
            ValueError,
            "must be (N, C) or (C,)",
        ),
    ]

    def expected(self, x: Any, t: Any, reduction: str = "mean") -> Any:
        rows = np.atleast_1d(x).reshape(-1, x.shape[-1] if x.ndim else 1)
        losses = []
        for row, labels in zip(rows, np.reshape(t, rows.shape)):
            labels = list(labels)
            own = labels[: labels.index(-1)] if -1 in labels else labels
            others = [j for j in range(len(row)) if j not in own]
            losses.append(sum(max(0.0, 1 - (row[i] - row[j])) for i in own for j in others) / len(row))
        return reduced(np.reshape(losses, x.shape[:-1]), reduction)


class TestMultilabelSoftMarginLoss(OpTest):
    op = staticmethod(TF.multilabel_soft_margin_loss)
    samples = [
        *every((3, 4), F((3, 4), 0, 1)),
        sample((4,), F((4,), 0, 1), reduction="none"),
        sample((3, 4), F((3, 4), 0, 1), F((4,), 0.5, 2)),
    ]
    errors = [(lambda: TF.multilabel_soft_margin_loss(two, one), ValueError, "these shapes do not broadcast")]

    def expected(self, x: Any, t: Any, weight: Any = 1.0, reduction: str = "mean") -> Any:
        losses = weight * (t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x))
        return reduced(losses.mean(-1), reduction)


# ---- of pairs and triplets ------------------------------------------------------------------------------------------


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


# ---- of sequences ---------------------------------------------------------------------------------------------------


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
