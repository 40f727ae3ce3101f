"""First values: which numbers, from which distribution, the same for a seed."""

from __future__ import annotations

import re
from math import sqrt
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import init

SHAPE = (60, 50, 3, 2)  # fan-in 300, fan-out 360
UNIFORM = [
    (lambda t: init.uniform_(t, -0.5, 1.5), -0.5, 1.5),
    (lambda t: init.xavier_uniform_(t), -sqrt(6 / 660), sqrt(6 / 660)),
    (lambda t: init.xavier_uniform_(t, gain=2.0), -2 * sqrt(6 / 660), 2 * sqrt(6 / 660)),
    (lambda t: init.kaiming_uniform_(t), -sqrt(6 / 300), sqrt(6 / 300)),
    (lambda t: init.kaiming_uniform_(t, a=sqrt(5)), -1 / sqrt(300), 1 / sqrt(300)),
    (lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu"), -sqrt(6 / 360), sqrt(6 / 360)),
    (lambda t: init.bias_uniform_(t, tg.zeros(4, 9)), -1 / 3, 1 / 3),
]
NORMAL = [
    (lambda t: init.normal_(t, 1.0, 3.0), 1.0, 3.0),
    (lambda t: init.xavier_normal_(t), 0.0, sqrt(2 / 660)),
    (lambda t: init.kaiming_normal_(t), 0.0, sqrt(2 / 300)),
    (lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="tanh"), 0.0, 5 / 3 / sqrt(360)),
]


@pytest.mark.parametrize("case", range(len(UNIFORM)))
def test_uniform(case: int) -> None:
    fill, low, high = UNIFORM[case]
    tg.manual_seed(0)
    t = tg.empty(*SHAPE, requires_grad=True)
    assert fill(t) is t and t.is_leaf
    x = t.detach().numpy()
    n, wide = x.size, high - low
    assert low <= x.min() < low + 20 * wide / n and high - 20 * wide / n < x.max() <= high
    assert x.mean() == pytest.approx((low + high) / 2, abs=5 * wide / sqrt(12 * n))
    np.testing.assert_allclose(np.histogram(x, 8, (low, high))[0] / n, 1 / 8, atol=5 * sqrt(1 / 8 / n))
    tg.manual_seed(0)
    assert np.array_equal(fill(tg.empty(*SHAPE)).numpy(), x)
    assert not np.array_equal(fill(tg.empty(*SHAPE)).numpy(), x)


@pytest.mark.parametrize("case", range(len(NORMAL)))
def test_normal(case: int) -> None:
    fill, mean, std = NORMAL[case]
    tg.manual_seed(0)
    t = tg.empty(*SHAPE, requires_grad=True)
    assert fill(t) is t
    x, n = t.detach().numpy(), t.numel()
    assert x.mean() == pytest.approx(mean, abs=5 * std / sqrt(n)) and x.std() == pytest.approx(std, rel=5 / sqrt(n))
    for k in (-1, 0, 1):
        below = {-1: 0.15866, 0: 0.5, 1: 0.84134}[k]
        assert (x < mean + k * std).mean() == pytest.approx(below, abs=5 * 0.5 / sqrt(n))


def test_truncated_normal() -> None:
    x = init.trunc_normal_(tg.empty(200, 100), mean=1.0, std=2.0, a=0.0, b=2.0).numpy()
    assert 0 <= x.min() < 0.01 and 1.99 < x.max() <= 2
    assert x.mean() == pytest.approx(1.0, abs=0.02) and x.std() == pytest.approx(2 * 0.2853, rel=0.02)
    tails = init.trunc_normal_(tg.empty(200, 100)).numpy()
    assert abs(tails).max() <= 2 and tails.std() == pytest.approx(0.8796, rel=0.03)


def test_plain() -> None:
    assert init.constant_(tg.empty(2), 3.5).tolist() == [3.5, 3.5]
    assert init.ones_(tg.empty(2)).tolist() == [1, 1] and init.zeros_(tg.empty(2)).tolist() == [0, 0]
    assert init.eye_(tg.empty(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert init.dirac_(tg.empty(2, 2, 3)).tolist() == [[[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
    grouped = init.dirac_(tg.empty(4, 2, 1), groups=2)
    assert grouped[:, :, 0].tolist() == [[1, 0], [0, 1], [1, 0], [0, 1]]
    conv = tg.nn.Conv2d(2, 2, 3, padding=1, bias=False)
    init.dirac_(conv.weight)
    x = tg.randn(1, 2, 4, 4)
    assert conv(x).tolist() == x.tolist()


@pytest.mark.parametrize("shape", [(4, 4), (3, 8), (8, 3), (4, 3, 2), (0, 3)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    t = tg.empty(*shape, dtype=tg.float64)
    assert init.orthogonal_(t, gain=3.0) is t
    m = t.numpy().reshape(shape[0], int(np.prod(shape[1:])))
    product = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    np.testing.assert_allclose(product, 9 * np.eye(len(product)), atol=1e-12)


def test_sparse() -> None:
    x = init.sparse_(tg.empty(10, 6), 0.35).numpy()
    assert ((x == 0).sum(0) == 4).all() and len({tuple(c) for c in (x == 0).T}) > 1


def test_gains() -> None:
    assert init.calculate_gain("linear") == init.calculate_gain("conv3d") == init.calculate_gain("sigmoid") == 1
    assert init.calculate_gain("tanh") == 5 / 3 and init.calculate_gain("relu") == sqrt(2)
    assert init.calculate_gain("leaky_relu") == sqrt(2 / 1.0001) and init.calculate_gain("leaky_relu", 1) == 1
    assert init.calculate_gain("selu") == 0.75


def test_generators() -> None:
    def drawn(seed: int) -> Any:
        return init.normal_(tg.empty(3), generator=tg.Generator().manual_seed(seed)).tolist()

    assert drawn(1) == drawn(1) != drawn(2)


def test_empty_tensors_stay() -> None:
    assert init.kaiming_uniform_(tg.empty(0, 3)).shape == (0, 3) and init.kaiming_normal_(tg.empty(3, 0)).shape == (
        3,
        0,
    )
    assert init.bias_uniform_(tg.ones(2), tg.empty(2, 0)).tolist() == [1, 1]
    assert init.xavier_uniform is init.xavier_uniform_ and init.normal is init.normal_


ERRORS = [
    (
        lambda: init.kaiming_normal_(tg.empty(3)),
        "kaiming_normal_: a tensor of shape (3,) has no fan-in and fan-out; it needs two axes.",
    ),
    (lambda: init.kaiming_uniform_(tg.empty(3, 3), mode="fan"),
     "kaiming_uniform_: mode must be 'fan_in' or 'fan_out', got 'fan'."),
    (
        lambda: init.calculate_gain("swish"),
        "calculate_gain: 'swish' is not known here. Choose one of linear, sigmoid, conv1d",
    ),
    (
        lambda: init.calculate_gain("leaky_relu", "a"),
        "calculate_gain: the slope of leaky_relu must be a number, got 'a'.",
    ),
    (lambda: init.eye_(tg.empty(3)), "eye_: needs a matrix, got a tensor of shape (3,)."),
    (lambda: init.dirac_(tg.empty(3, 3)), "dirac_: needs a convolution's weight, of 3 to 5 axes, got shape (3, 3)."),
    (lambda: init.dirac_(tg.empty(3, 3, 3), groups=2), "dirac_: 3 filters do not divide into 2 groups."),
    (lambda: init.orthogonal_(tg.empty(3)), "orthogonal_: needs at least two axes, got shape (3,)."),
    (lambda: init.sparse_(tg.empty(3), 0.5), "sparse_: needs a matrix, got a tensor of shape (3,)."),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case: int) -> None:
    call, text = ERRORS[case]
    with pytest.raises(ValueError, match=re.escape(text)):
        call()


DEFAULTS = [
    ("Linear(100, 200)", "weight", 0.1), ("Linear(100, 200)", "bias", 0.1),
    ("Conv2d(10, 60, 5, groups=2)", "weight", 1 / sqrt(125)), ("Conv2d(10, 60, 5, groups=2)", "bias", 1 / sqrt(125)),
    ("ConvTranspose2d(20, 60, 3)", "weight", 1 / sqrt(540)), ("Bilinear(25, 30, 40)", "weight", 0.2),
    ("LSTM(30, 100)", "weight_ih_l0", 0.1), ("LSTM(30, 100)", "bias_hh_l0", 0.1), ("GRUCell(30, 100)", "weight_hh", 0.1),
    ("MultiheadAttention(60, 4)", "in_proj_weight", sqrt(6 / 240)),
    ("MultiheadAttention(60, 4)", "out_proj.weight", 1 / sqrt(60)),
]  # fmt: skip


@pytest.mark.parametrize(("build", "name", "bound"), DEFAULTS)
def test_default_bounds(build: str, name: str, bound: float) -> None:
    tg.manual_seed(0)
    x = eval(build, vars(tg.nn)).state_dict()[name].numpy()
    assert (
        abs(x).max() <= bound and abs(x).max() > bound * (1 - 10 / x.size) and abs(x.mean()) < 3 * bound / sqrt(x.size)
    )
