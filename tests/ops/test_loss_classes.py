"""Losses of classes against their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tests.ops.loss_samples import CLASSES, PIXELS, SIGNS, every, inf, nan, one, reduced, three, two, whole
from tests.ops.optest import F, OpTest, sample


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


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
        (lambda: TF.cross_entropy(two, one.long(), three.double()), TypeError, "Convert: weight.float() (NumPy"),
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


@pytest.mark.parametrize("large", [1e5, 1e6, 1e7, 1e8])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1)])
def test_cross_entropy_counts_with_differences_of_scores(large: float, smoothing: float, shape: Any) -> None:
    """float32: a constant added to all the scores of a row changes nothing, however large."""
    near, t = np.array([[0.0, 0.0, -16.0], [8.0, 0.0, 0.0]], np.float32), np.array([1, 0])
    weight = np.array([0.5, 1.0, 2.0], np.float32)
    found = []
    for moved in (near, near + np.array([[large], [-large]], np.float32)):
        x = tg.tensor(moved.reshape(shape), requires_grad=True)
        y = TF.cross_entropy(x, tg.tensor(t.reshape(2, *shape[2:])), tg.tensor(weight), label_smoothing=smoothing)
        (g,) = tg.autograd.grad(y, x, create_graph=True)
        (h,) = tg.autograd.grad(g.square().sum(), x)
        found.append((y.item(), g.numpy(force=True), h.numpy()))
    for a, b in zip(*found):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-6)


def test_losses_of_classes_in_blocks_are_those_of_rows() -> None:
    """Many rows are worked on a block at a time."""
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((700, 100)) * 1e3, rng.integers(0, 100, 700)
    for smoothing in (0.0, 0.1):
        got = TF.cross_entropy(tg.tensor(x), tg.tensor(t), reduction="none", label_smoothing=smoothing).numpy()
        one_by_one = [
            TF.cross_entropy(tg.tensor(x[i : i + 1]), tg.tensor(t[i : i + 1]), label_smoothing=smoothing).item()
            for i in range(0, 700, 50)
        ]
        np.testing.assert_allclose(got[::50], one_by_one, rtol=1e-12)


@pytest.mark.parametrize("of", ["cross_entropy", "nll_loss", "probabilities"])
def test_the_mean_of_many_halves_does_not_overflow(of: str) -> None:
    """60000 losses of 4 add up to more than a float16 holds; PyTorch gives inf."""
    x = tg.tensor([[-4.0, 0.0]], dtype=tg.float16).expand(60000, 2).clone().requires_grad_()
    t = tg.zeros(60000, dtype=tg.int64)
    if of == "nll_loss":
        y = TF.nll_loss(x, t)
    else:
        y = TF.cross_entropy(x, t if of == "cross_entropy" else TF.one_hot(t, 2).half())
    assert y.dtype is tg.float16 and abs(y.item() - 4) < 0.03
    y.backward()
    assert x.grad.dtype is tg.float16 and abs(float(x.grad[0, 0]) * 60000 + 1) < 0.05


def test_multilabel_soft_margin_loss_at_infinity() -> None:
    x = tg.tensor([[inf, -inf], [-inf, inf], [inf, inf]])
    t = tg.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert TF.multilabel_soft_margin_loss(x, t, reduction="none").tolist() == [0.0, inf, inf]


def test_what_cannot_be_and_is_not_expected_costs_nothing() -> None:
    """0·ln 0 is 0: a class that is masked out, with a probability of 0 for a target. PyTorch gives nan."""
    x = tg.tensor([[-inf, 1.0, 2.0], [0.0, -inf, 1.0]], dtype=tg.float64, requires_grad=True)
    t = tg.tensor([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], dtype=tg.float64)
    y = TF.cross_entropy(x, t, reduction="none")
    want = [np.log(np.e + np.e**2) - 1.5, np.log(1 + np.e)]
    np.testing.assert_allclose(y.detach().numpy(), want)
    divergence = TF.kl_div(TF.log_softmax(x, 1), t, reduction="none").sum(1)
    np.testing.assert_allclose(divergence.detach().numpy(), [want[0] - np.log(2), want[1]])  # less the entropy of t
    (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
    p = x.detach().softmax(1)
    np.testing.assert_allclose(g.detach().numpy(), (p - t).numpy(), atol=1e-15)
    assert bool(tg.autograd.grad(g.square().sum(), x)[0].isfinite().all())
    assert TF.cross_entropy(x, tg.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).double(), reduction="none").tolist() == [inf, inf]
    assert TF.cross_entropy(x * nan, t).isnan()
