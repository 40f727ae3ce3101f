"""Losses of numbers and of probabilities against their formulas, and the flags that all losses take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tests.ops.loss_samples import every, inf, nan, one, reduced, three, two, whole
from tests.ops.optest import F, OpTest, sample


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


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
            "Convert: target.float().",
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


@pytest.mark.parametrize("how", [{}, {"pos_weight": 2.0}, {"weight": 2.0}])
def test_binary_cross_entropy_with_logits_at_infinity(how: dict[str, float]) -> None:
    """−t·ln σ(x) − (1 − t)·ln σ(−x) with 0·∞ = 0; PyTorch gives nan where the prediction is right."""
    x = tg.tensor([inf, inf, inf, -inf, -inf, -inf, nan, inf], dtype=tg.float64, requires_grad=True)
    t = tg.tensor([0.0, 1.0, 0.5, 0.0, 1.0, 0.5, 1.0, nan], dtype=tg.float64)
    factors: Any = {k: tg.tensor(v, dtype=tg.float64) for k, v in how.items()}
    y = TF.binary_cross_entropy_with_logits(x, t, reduction="none", **factors)
    np.testing.assert_array_equal(y.detach().numpy(), [inf, 0, inf, 0, inf, inf, nan, nan])
    y.sum().backward()
    positive, all_of = how.get("pos_weight", 1.0), how.get("weight", 1.0)
    want = [1, 0, 0.5, 0, -positive, -0.5 * positive, nan, nan]
    np.testing.assert_array_equal(x.grad.numpy(), all_of * np.array(want))


def test_soft_margin_loss_at_infinity() -> None:
    x = tg.tensor([inf, -inf, inf, -inf], requires_grad=True)
    y = TF.soft_margin_loss(x, tg.tensor([1.0, 1.0, -1.0, -1.0]), reduction="none")
    assert y.tolist() == [0.0, inf, inf, 0.0]
    y.sum().backward()
    assert x.grad.tolist() == [0.0, -1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "loss",
    [
        TF.mse_loss, TF.l1_loss, TF.smooth_l1_loss, TF.huber_loss, TF.binary_cross_entropy,
        TF.binary_cross_entropy_with_logits, TF.kl_div, TF.poisson_nll_loss, TF.soft_margin_loss,
    ],
)  # fmt: skip
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_many_single_precision_losses_add_up(loss: Any, reduction: str) -> None:
    """A chain of a million additions would be off by 1e-5 and more."""
    x = (np.arange(1 << 20) % 1000 / 1000).astype(np.float32)
    z = (np.arange(1 << 20) % 2).astype(np.float32)
    got = loss(tg.tensor(x), tg.tensor(z), reduction=reduction)
    want = loss(tg.tensor(x).double(), tg.tensor(z).double(), reduction=reduction)
    assert got.dtype is tg.float32 and got.item() == pytest.approx(want.item(), rel=5e-7)


@pytest.mark.parametrize("n", [16383, 16384, 16385, 32768, 40000])
def test_mean_squared_error_of_rows_and_the_rest(n: int) -> None:
    x = np.random.default_rng(0).standard_normal(n)
    assert TF.mse_loss(tg.tensor(x), tg.zeros(n).double(), reduction="sum").item() == pytest.approx((x * x).sum())


def test_impossible_and_not_expected() -> None:
    """0·∞ of a divergence and of a count is 0, as in PyTorch's own 0·ln 0; it gives nan for these."""
    logs = tg.tensor([-inf, -1.0, -inf], requires_grad=True)
    y = TF.kl_div(logs, tg.tensor([0.0, 1.0, 1.0]), reduction="none")
    assert y.tolist() == [0.0, 1.0, inf]
    assert tg.autograd.grad(y[:2].sum(), logs)[0].tolist() == [0.0, -1.0, 0.0]
    same = logs.detach().requires_grad_()
    y = TF.kl_div(logs.detach(), same, reduction="none", log_target=True)
    assert y.tolist() == [0.0, 0.0, 0.0]
    assert tg.autograd.grad(y.sum(), same)[0].tolist() == pytest.approx([0.0, np.exp(-1.0), 0.0])
    assert TF.kl_div(tg.tensor([-inf, 0.0]), tg.tensor([[0.0, 1.0], [0.0, 1.0]]), reduction="sum").item() == 0
    y = TF.poisson_nll_loss(logs, tg.tensor([0.0, 0.0, 2.0]), reduction="none")
    assert y.tolist() == pytest.approx([0.0, np.exp(-1.0), inf])
    assert tg.autograd.grad(y[:2].sum(), logs)[0].tolist() == pytest.approx([0.0, np.exp(-1.0), 0.0])
