"""Activations: values, kinks, in-place forms, and each kernel against the rule written in operations."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
import tensorgrad.nn.functional as F
from tests.ops.activation_samples import SHAPES, WIDE, Activation, OfIntegersToo, whole
from tests.ops.optest import OpTest, sample

NAN, INF = math.nan, math.inf
TESTED = [F.relu_, F.leaky_relu_, F.elu_, F.selu_, F.celu_, F.hardtanh_, F.threshold_, F.rrelu_]


class TestRelu(OfIntegersToo):
    op = staticmethod(F.relu)

    def expected(self, x: Any) -> Any:
        return np.maximum(x, 0)


class TestRelu6(OfIntegersToo):
    op = staticmethod(F.relu6)
    low, high = -8.0, 8.0

    def expected(self, x: Any) -> Any:
        return np.clip(x, 0, 6)


class TestHardtanh(OfIntegersToo):
    op = staticmethod(F.hardtanh)
    samples = [*SHAPES, sample(whole), sample((31,), -2.0, 0.5)]
    errors = [
        (
            lambda: F.hardtanh(tg.ones(2), 2, 1),
            ValueError,
            "hardtanh: min_val must not be above max_val, got 2 and 1.",
        ),
        (
            lambda: F.hardtanh(tg.ones(2, dtype=tg.uint8)),
            ValueError,
            "hardtanh: min_val -1.0 is negative, and tensorgrad.uint8 is not signed.",
        ),
    ]

    def expected(self, x: Any, low: float = -1.0, high: float = 1.0) -> Any:
        return np.clip(x, low, high).astype(x.dtype)


class TestThreshold(OfIntegersToo):
    op = staticmethod(F.threshold)
    samples = [
        sample((3, 4), 0.5, 7.0),
        sample((), 0.0, 0.0),
        sample((0,), 1, 2),
        sample((2000,), 1.0, -3.5),
        sample(whole, 1, 5),
    ]

    def __init_subclass__(cls) -> None:
        pass

    def expected(self, x: Any, threshold: Any, value: Any) -> Any:
        return np.where(x <= threshold, value, x)


TestThreshold.errors = [
    (lambda: F.threshold("x", 1, 2), TypeError, "threshold: input must be a Tensor, got str."),
    (lambda: F.threshold(tg.tensor([True]), 1, 2), TypeError, "threshold: not for bool tensors."),
]


class TestLeakyRelu(Activation):
    op = staticmethod(F.leaky_relu)
    samples = [*SHAPES, *[sample((31,), slope) for slope in (0.0, 0.3, -0.5, 3.0)]]

    def expected(self, x: Any, slope: float = 0.01) -> Any:
        return np.where(x > 0, x, slope * x)


class TestPrelu(OpTest):
    op = staticmethod(F.prelu)
    samples = [
        sample((2, 3), (3,)),
        sample((2, 3, 4, 4), (3,)),
        sample((2, 3, 2), (1,)),
        sample((2, 3), ()),
        sample((5,), (1,)),
        sample((), (1,)),
        sample((0, 3), (3,)),
    ]
    errors = [
        (
            lambda: F.prelu(tg.ones(2, 3), tg.ones(4)),
            ValueError,
            "prelu: weight has 4 slopes, input 3 channels.\n    input   (2, 3)\n    weight  (4,)\nGive one slope per channel",
        ),
        (lambda: F.prelu(tg.ones(2, 3), tg.ones(1, 3)), ValueError, "prelu: weight has more than one dimension."),
        (
            lambda: F.prelu(tg.ones(2, 3), tg.ones(3, dtype=tg.float64)),
            TypeError,
            "prelu: needs operands of one dtype.",
        ),
        (lambda: F.prelu(tg.tensor([1]), tg.ones(1)), TypeError, "prelu: input needs a floating dtype"),
        (lambda: F.prelu(tg.ones(1), tg.tensor([1])), TypeError, "prelu: weight needs a floating dtype"),
    ]

    def expected(self, x: Any, w: Any) -> Any:
        if w.size > 1:
            w = w.reshape((1, -1) + (1,) * (x.ndim - 2))
        return np.where(x > 0, x, x * w.reshape(w.shape if w.ndim <= x.ndim else ()))


class TestHardshrink(Activation):
    op = staticmethod(F.hardshrink)
    samples = [*SHAPES, sample((31,), 1.5)]

    def expected(self, x: Any, size: float = 0.5) -> Any:
        return np.where(np.abs(x) <= size, 0, x)


class TestSoftshrink(Activation):
    op = staticmethod(F.softshrink)
    samples = [*SHAPES, sample((31,), 1.5), sample((3,), 0)]
    errors = [(lambda: F.softshrink(tg.ones(1), -1), ValueError, "softshrink: lambd must not be negative, got -1.")]

    def expected(self, x: Any, size: float = 0.5) -> Any:
        return np.sign(x) * np.maximum(np.abs(x) - size, 0)


class TestHardsigmoid(Activation):
    op = staticmethod(F.hardsigmoid)

    def expected(self, x: Any) -> Any:
        return np.clip(x + 3, 0, 6) / 6


class TestElu(Activation):
    op = staticmethod(F.elu)
    samples = [*SHAPES, sample((31,), 2.0), sample((3,), -1)]

    def expected(self, x: Any, alpha: float = 1.0) -> Any:
        return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


class TestSelu(Activation):
    op = staticmethod(F.selu)

    def expected(self, x: Any) -> Any:
        alpha, scale = 1.6732632423543772, 1.0507009873554805
        return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


class TestCelu(Activation):
    op = staticmethod(F.celu)
    samples = [*SHAPES, sample((31,), 2.0), sample((3,), -1.5)]
    errors = [(lambda: F.celu(tg.ones(1), 0.0), ValueError, "celu: alpha must not be 0; it divides x.")]

    def expected(self, x: Any, alpha: float = 1.0) -> Any:
        return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


class TestSoftplus(Activation):
    op = staticmethod(F.softplus)
    samples = [*SHAPES, sample(WIDE), sample((31,), beta=2.0), sample((31,), 1, 2), sample((3,), beta=-0.5)]

    def expected(self, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
        return np.where(beta * x > threshold, x, np.logaddexp(0, beta * x) / beta)


class TestLogsigmoid(Activation):
    op = staticmethod(F.logsigmoid)
    samples = [*SHAPES, sample(WIDE)]

    def expected(self, x: Any) -> Any:
        return -np.logaddexp(0, -x)


class TestTanhshrink(OfIntegersToo):
    op = staticmethod(F.tanhshrink)
    samples = SHAPES

    def expected(self, x: Any) -> Any:
        return x - np.tanh(x)


class TestSoftsign(OfIntegersToo):
    op = staticmethod(F.softsign)
    samples = SHAPES

    def expected(self, x: Any) -> Any:
        return x / (1 + np.abs(x))


class TestRrelu(OpTest):
    op = staticmethod(F.rrelu)
    samples = [sample((3, 4)), sample((31,), 0.1, 0.5), sample((), 0.2, 0.2, True), sample((0, 2), training=False)]
    errors = [
        (lambda: F.rrelu(tg.ones(1), 0.5, 0.1), ValueError, "rrelu: lower must not be above upper, got 0.5 and 0.1."),
        (lambda: F.rrelu(tg.tensor([1])), TypeError, "rrelu: input needs a floating dtype, got tensorgrad.int64."),
    ]

    def expected(self, x: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Any:
        return np.where(x > 0, x, x * (lower + upper) / 2)

    def test_in_training_slopes_are_drawn(self) -> None:
        x = tg.linspace(-2, 2, 4000, requires_grad=True)
        y = F.rrelu(x, 0.1, 0.3, training=True, generator=tg.Generator().manual_seed(1))
        slope = y.detach().array[:2000] / x.detach().array[:2000]
        assert 0.1 <= slope.min() < 0.101 and 0.299 < slope.max() < 0.301 and abs(slope.mean() - 0.2) < 0.01
        assert y[2000:].equal(x[2000:])
        y.sum().backward()
        np.testing.assert_allclose(x.grad.array[:2000], slope, rtol=1e-5)
        assert (x.grad[2000:] == 1).all()
        again = F.rrelu(x, 0.1, 0.3, training=True, generator=tg.Generator().manual_seed(1))
        assert again.equal(y) and not F.rrelu(x, 0.1, 0.3, training=True).equal(y)

    def test_second_order_in_training(self) -> None:
        x = tg.tensor([-1.5, 2.0], dtype=tg.float64, requires_grad=True)

        def f(x: tg.Tensor) -> tg.Tensor:
            return F.rrelu(x**2 * tg.sign(x), training=True, generator=tg.Generator().manual_seed(3))

        assert tg.autograd.gradcheck(f, (x,)) and tg.autograd.gradgradcheck(f, (x,))


POINTS = [-INF, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0, INF, NAN]
SLOPES = {
    "relu": (F.relu, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]),
    "relu6": (F.relu6, [0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1]),
    "hardtanh": (F.hardtanh, [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1]),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.5), [0.5] * 5 + [1] * 5 + [0.5]),
    "elu": (lambda x: F.elu(x, 2), [0, 2 * math.exp(-3), 2 / math.e, 2 * math.exp(-0.5), 2, 1, 1, 1, 1, 1]),
    "threshold": (lambda x: F.threshold(x, 1.0, 7.0), [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]),
    "hardshrink": (F.hardshrink, [1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1]),
    "softshrink": (F.softshrink, [1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1]),
    "hardsigmoid": (F.hardsigmoid, [0, 0, *[1 / 6] * 5, 0, 0, 0, 0]),
    "hardswish": (F.hardswish, [0, 0, 1 / 6, 1 / 3, 0.5, 2 / 3, 5 / 6, 1, 1, 1]),
    "prelu": (lambda x: F.prelu(x, tg.tensor(0.5)), [0.5] * 5 + [1] * 5 + [0.5]),
}


@pytest.mark.parametrize("copies", [1, 200])
@pytest.mark.parametrize("name", SLOPES)
def test_slopes_at_the_kinks(name: str, copies: int) -> None:
    f, want = SLOPES[name]
    for create_graph in (False, True):  # the kernel, and the rule in operations
        x = tg.tensor(POINTS[: len(want)] * copies, requires_grad=True)
        (g,) = tg.autograd.grad(f(x).sum(), x, create_graph=create_graph)
        np.testing.assert_allclose(g.detach().array, np.float32(want * copies), rtol=1e-6)


FUSED = {
    "relu": F.relu, "relu6": F.relu6, "leaky_relu": F.leaky_relu, "hardtanh": F.hardtanh, "hardshrink": F.hardshrink,
    "softshrink": F.softshrink, "hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish, "elu": F.elu, "selu": F.selu,
    "celu": lambda x: F.celu(x, 1.5), "silu": F.silu, "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "mish": F.mish, "softplus": lambda x: F.softplus(x, 2.0, 3.0), "logsigmoid": F.logsigmoid, "sigmoid": tg.sigmoid,
    "tanh": tg.tanh, "softmax": lambda x: F.softmax(x, -1), "log_softmax": lambda x: F.log_softmax(x, 0),
    "threshold": lambda x: F.threshold(x, 0.5, 2.0), "clamp": lambda x: x.clamp(-1, 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", FUSED)
@pytest.mark.parametrize("shape", [(5, 8), (40, 70), ()])
def test_the_kernel_computes_what_the_rule_says(name: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x = tg.Tensor._of(np.asarray(rng.uniform(-30, 30, shape))).requires_grad_()
    seed = tg.Tensor._of(np.asarray(rng.standard_normal(shape)))
    y = FUSED[name](x)
    (fused,) = tg.autograd.grad(y, x, seed, retain_graph=True)
    (ruled,) = tg.autograd.grad(y, x, seed, create_graph=True)
    np.testing.assert_allclose(fused.array, ruled.detach().array, rtol=1e-9, atol=1e-15)


IN_PLACE: dict[str, tuple[Any, ...]] = {
    "relu": (), "relu6": (), "leaky_relu": (0.2,), "elu": (1.5,), "selu": (), "celu": (1.5,), "silu": (), "mish": (),
    "hardtanh": (-0.5, 0.5), "hardsigmoid": (), "hardswish": (), "threshold": (0.1, -1.0), "rrelu": (0.2, 0.4),
}  # fmt: skip


class TestInPlace:
    @pytest.mark.parametrize("name", IN_PLACE)
    def test_inplace_true(self, name: str) -> None:
        op, args = getattr(F, name), IN_PLACE[name]
        w = tg.tensor([-1.5, -0.3, 0.2, 2.0], dtype=tg.float64, requires_grad=True)
        (want,) = tg.autograd.grad(op(w, *args).sum(), w)
        x = w * 1
        value, memory = op(x, *args).detach().clone(), x.data_ptr()
        y = op(x, *args, inplace=True)
        assert y is x and x.data_ptr() == memory and x.detach().equal(value)
        y.sum().backward()
        assert w.grad.equal(want)

    @pytest.mark.parametrize("name", "relu leaky_relu elu selu celu hardtanh threshold rrelu".split())
    def test_the_second_name(self, name: str) -> None:
        x, args = tg.tensor([-1.5, -0.3, 0.2, 2.0]), IN_PLACE[name]
        want = getattr(F, name)(x, *args)
        y = getattr(F, name + "_")(x, *args)
        assert y is x and x.equal(want) and x._version == 1

    def test_methods(self) -> None:
        x = tg.tensor([-1.0, 2.0])
        assert x.relu_() is x and x.tolist() == [0, 2]
        x = tg.tensor([-1.0, 2.0])
        want = x.sigmoid()
        assert x.sigmoid_().equal(want)

    def test_a_leaf_that_requires_grad(self) -> None:
        with pytest.raises(RuntimeError, match="relu: a leaf that requires grad cannot be changed in place"):
            F.relu(tg.ones(2, requires_grad=True), inplace=True)


def test_methods_and_top_level_names() -> None:
    x = tg.tensor([[-1.0, 2.0], [0.3, -0.7]])
    assert x.softmax(1).equal(tg.softmax(x, 1)) and x.log_softmax(-1).equal(F.log_softmax(x, -1))
    assert x.prelu(tg.tensor([0.1])).equal(tg.prelu(x, tg.tensor([0.1]))) and x.hardshrink().equal(F.hardshrink(x))
    assert tg.relu(x).equal(x.relu()) and tg.selu(x).equal(F.selu(x)) and tg.celu(x).equal(F.celu(x))
    assert F.sigmoid is tg.Tensor.sigmoid and F.tanh is tg.Tensor.tanh


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = tg.tensor([-1e4, -INF, 0.0, INF, 1e4, NAN], requires_grad=True)
        for name in ("silu", "mish", "gelu", "elu", "softplus", "logsigmoid", "hardswish", "softsign"):
            getattr(F, name)(x).sum().backward()
        with tg.no_grad():
            x.add_(INF).mul_(0.0).div_(0.0)
