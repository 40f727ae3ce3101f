"""Random tensors: their moments, their ranges, their seeds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor

TESTED = [
    tg.rand, tg.randn, tg.randint, tg.randperm, tg.rand_like, tg.randn_like, tg.randint_like, tg.normal, tg.bernoulli,
    tg.multinomial, tg.poisson, tg.binomial,
]  # fmt: skip
N = 40_000


@pytest.fixture(autouse=True)
def seeded() -> None:
    tg.manual_seed(1)


def moments(x: Tensor) -> tuple[float, float]:
    a = x.numpy().astype(np.float64)
    return float(a.mean()), float(a.var())


# name, how to draw, mean, variance
DISTRIBUTIONS = {
    "rand": (lambda: tg.rand(N), 1 / 2, 1 / 12),
    "randn": (lambda: tg.randn(N), 0, 1),
    "randint": (lambda: tg.randint(-2, 3, (N,)), 0, 2),
    "rand_like": (lambda: tg.rand_like(tg.empty(N, dtype=tg.float64)), 1 / 2, 1 / 12),
    "randn_like": (lambda: tg.randn_like(tg.empty(N)), 0, 1),
    "randint_like": (lambda: tg.randint_like(tg.empty(N), 7), 3, 4),
    "normal": (lambda: tg.normal(2.0, 3.0, (N,)), 2, 9),
    "normal of means": (lambda: tg.normal(tg.full((N,), 2.0), 3.0), 2, 9),
    "normal of deviations": (lambda: tg.normal(2.0, tg.full((N,), 3.0)), 2, 9),
    "normal of both": (lambda: tg.normal(tg.zeros(N, 1), tg.ones(2)), 0, 1),
    "bernoulli": (lambda: tg.bernoulli(tg.full((N,), 0.3)), 0.3, 0.21),
    "bernoulli of p": (lambda: tg.bernoulli(tg.empty(N, dtype=tg.int64), 0.3), 0.3, 0.21),
    "poisson": (lambda: tg.poisson(tg.full((N,), 4.0)), 4, 4),
    "binomial": (lambda: tg.binomial(tg.full((N,), 10.0), tg.full((1,), 0.3)), 3, 2.1),
    "uniform_": (lambda: tg.empty(N).uniform_(-1, 3), 1, 16 / 12),
    "normal_": (lambda: tg.empty(N).normal_(1, 2), 1, 4),
    "log_normal_": (lambda: tg.empty(N).log_normal_(0, 0.5), math.exp(1 / 8), (math.exp(1 / 4) - 1) * math.exp(1 / 4)),
    "exponential_": (lambda: tg.empty(N).exponential_(2), 1 / 2, 1 / 4),
    "geometric_": (lambda: tg.empty(N).geometric_(0.25), 4, 12),
    "bernoulli_": (lambda: tg.empty(N).bernoulli_(0.25), 1 / 4, 3 / 16),
    "bernoulli_ of a tensor": (lambda: tg.empty(N).bernoulli_(tg.full((1,), 0.25)), 1 / 4, 3 / 16),
    "random_": (lambda: tg.empty(N).random_(-2, 3), 0, 2),
    "float16": (lambda: tg.rand(N, dtype=tg.float16), 1 / 2, 1 / 12),
    "normal float16": (lambda: tg.randn(N, dtype=tg.float16), 0, 1),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_moments(name: str) -> None:
    draw, mean, variance = DISTRIBUTIONS[name]
    got_mean, got_variance = moments(draw())
    assert got_mean == pytest.approx(mean, abs=5 * math.sqrt(variance / N))
    assert got_variance == pytest.approx(variance, rel=0.08)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_seed_gives_the_same_numbers(name: str) -> None:
    draw = DISTRIBUTIONS[name][0]
    found = []
    for seed in (3, 3, 4):
        tg.manual_seed(seed)
        found.append(draw().numpy().tobytes())
    assert found[0] == found[1] != found[2]


# Of a draw without arguments: the mean and the deviation of z(x), which are known.
DEFAULTS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float, float]] = {
    "uniform_": (lambda x: x, 1 / 2, 12**-0.5),
    "normal_": (lambda x: x, 0, 1),
    "log_normal_": (np.log, 1, 2),
    "exponential_": (lambda x: x, 1, 1),
    "cauchy_": (lambda x: np.arctan(x) / math.pi, 0, 12**-0.5),
    "bernoulli_": (lambda x: x, 1 / 2, 1 / 2),
    "random_": (lambda x: x / 2**53, 1 / 2, 12**-0.5),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_drawn_in_place_without_arguments(name: str) -> None:
    tg.manual_seed(3)
    z, mean, deviation = DEFAULTS[name]
    x = tg.full((10_000,), math.nan, dtype=tg.float64)
    found = z(getattr(x, name)().numpy())
    assert found.mean() == pytest.approx(mean, abs=5 * deviation / 100)
    assert found.std() == pytest.approx(deviation, rel=0.05)


def test_cauchy_by_its_quartiles() -> None:
    x = tg.empty(N).cauchy_(1, 2)
    quartiles = x.quantile(tg.tensor([0.25, 0.5, 0.75])).tolist()
    assert quartiles == pytest.approx([-1, 1, 3], abs=0.1)


def test_uniform_stays_below_its_upper_end() -> None:
    for dtype in (tg.float16, tg.float32):
        x = tg.empty(300_000, dtype=dtype).uniform_(1, 1.01)
        assert x.min().item() >= 1 and x.max().item() < dtype.numpy.type(1.01)
        assert tg.rand(300_000, dtype=dtype).max().item() < 1
    assert tg.empty(3).uniform_(2, 2).tolist() == [2, 2, 2]
    assert (tg.empty(N).exponential_() > 0).all()


def test_whole_numbers_reach_both_ends() -> None:
    assert tg.randint(3, (1000,)).unique().tolist() == [0, 1, 2]
    assert tg.randint(low=-1, high=2, size=(1000,), dtype=tg.int8).unique().tolist() == [-1, 0, 1]
    assert tg.empty(1000, dtype=tg.bool).random_().unique().tolist() == [False, True]
    assert tg.empty(3000, dtype=tg.uint8).random_().unique().tolist() == list(range(256))
    assert tg.empty(3000, dtype=tg.int8).random_().min().item() == 0
    assert tg.empty(100, dtype=tg.int64).random_().max().item() > 2**60
    x = tg.empty(1000).random_()
    assert 2**23 < x.max().item() <= 2**24 and (x == x.floor()).all()
    assert tg.empty(4, dtype=tg.int64).random_(5, 6).tolist() == [5] * 4


def test_permutations() -> None:
    x = tg.randperm(50)
    assert x.dtype is tg.int64 and x.sort().values.tolist() == list(range(50)) and x.tolist() != list(range(50))
    assert tg.randperm(0).shape == (0,) and tg.randperm(3, dtype=tg.float32).dtype is tg.float32
    orders = {tuple(tg.randperm(3).tolist()) for _ in range(200)}
    assert len(orders) == 6


def test_multinomial_follows_the_weights() -> None:
    w = tg.tensor([[1.0, 0.0, 3.0, 4.0], [5.0, 5.0, 0.0, 0.0]])
    x = tg.multinomial(w, N, replacement=True)
    assert x.shape == (2, N) and x.dtype is tg.int64
    for row, weights in zip(x, w):
        share = row.bincount(minlength=4).numpy() / N
        np.testing.assert_allclose(share, (weights / weights.sum()).numpy(), atol=0.012)
    first = tg.stack([tg.multinomial(w[0], 3) for _ in range(4000)])
    assert all(sorted(row) == [0, 2, 3] for row in first.tolist())  # each once, and never what has no weight
    np.testing.assert_allclose(first[:, 0].bincount(minlength=4).numpy() / 4000, [1 / 8, 0, 3 / 8, 4 / 8], atol=0.03)
    assert tg.multinomial(tg.ones(0, 3), 2).shape == (0, 2)


def test_multinomial_never_takes_a_weight_of_zero_at_the_end() -> None:
    w = tg.tensor([0.0, 1e-8, 1e8, 0.0, 0.0])
    assert set(tg.multinomial(w, 20_000, replacement=True).tolist()) <= {1, 2}


def test_extreme_probabilities_are_certain() -> None:
    assert tg.bernoulli(tg.tensor([0.0, 1.0] * 500)).tolist() == [0.0, 1.0] * 500
    assert tg.binomial(tg.tensor([4.0, 4.0]), tg.tensor([0.0, 1.0])).tolist() == [0, 4]
    assert tg.poisson(tg.zeros(10)).sum().item() == 0
    assert tg.binomial(tg.tensor([4.0]), tg.tensor([math.nan])).isnan().all()


def test_generators_of_ones_own() -> None:
    a, b = tg.Generator().manual_seed(5), tg.Generator().manual_seed(5)
    before = tg.get_rng_state()
    for draw in (
        lambda g: tg.rand(3, generator=g), lambda g: tg.randint(9, (3,), generator=g), lambda g: tg.randperm(5, generator=g),
        lambda g: tg.normal(0.0, 1.0, (2,), generator=g), lambda g: tg.multinomial(tg.ones(4), 2, generator=g),
        lambda g: tg.zeros(3).normal_(generator=g), lambda g: tg.bernoulli(tg.full((9,), 0.5), generator=g),
        lambda g: tg.randn_like(tg.zeros(2), generator=g), lambda g: tg.poisson(tg.ones(3), generator=g),
    ):  # fmt: skip
        assert draw(a).tolist() == draw(b).tolist()
    assert (tg.get_rng_state() == before).all()


def test_keywords() -> None:
    x = tg.rand(2, 3, dtype=tg.float64, requires_grad=True, device="cpu", layout=None, pin_memory=False)
    assert x.requires_grad and x.dtype is tg.float64 and x.is_leaf
    assert tg.randn((2, 3)).shape == tg.rand([2, 3]).shape == tg.randint(4, (2, 3)).shape == (2, 3)
    assert tg.rand(size=(2,)).shape == (2,) and tg.rand(()).shape == () and tg.randint(0, 5, [0]).shape == (0,)
    assert tg.randint(3, size=(2,), dtype=tg.float32).dtype is tg.float32
    assert tg.randint_like(tg.ones(2, dtype=tg.int32), 1, 5).dtype is tg.int32
    assert tg.normal(tg.zeros(2, dtype=tg.float64), tg.ones(3, 1)).shape == (3, 2)


def test_in_place_they_return_the_tensor_and_count_as_writes() -> None:
    x = tg.zeros(3, 2)
    assert x.T.normal_() is not x and x.normal_() is x and x._version >= 2
    y = tg.ones(2, requires_grad=True)
    z = y * 2
    z.uniform_()
    z.sum().backward()
    assert y.grad.tolist() == [0, 0]  # nothing of y is left in z
    a = tg.ones(2, requires_grad=True)
    b = (a * a).exp()
    c = b.sum()
    b.detach().bernoulli_(0.5)
    with pytest.raises(RuntimeError, match="exp: a value it saved.*by bernoulli_"):
        c.backward()
    with pytest.raises(RuntimeError, match="normal_: a leaf that requires grad cannot be changed in place"):
        tg.ones(2, requires_grad=True).normal_()
    with tg.no_grad():
        tg.ones(2, requires_grad=True).normal_()


F, I = tg.ones(2), tg.ones(2, dtype=tg.int64)  # noqa: E741


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: tg.rand(-1), ValueError, "rand: sizes must be 0 or more, got (-1,)"),
        (lambda: tg.rand(2, dtype=tg.int64), TypeError, "rand: needs a floating dtype, got tensorgrad.int64"),
        (lambda: tg.randn_like(I), TypeError, "randn_like: needs a floating dtype, got tensorgrad.int64"),
        (lambda: tg.rand_like([1]), TypeError, "rand_like: input must be a Tensor, got list"),
        (lambda: tg.rand(2, generator=5), TypeError, "rand: generator must be a tensorgrad.Generator, got int"),
        (lambda: tg.rand(2, device="cuda"), RuntimeError, "rand: no CUDA device"),
        (lambda: tg.randint(5, 5, (2,)), ValueError, "randint: no whole number is at least 5 and less than 5"),
        (lambda: tg.randint(5), TypeError, "randint: needs a size, a tuple of ints"),
        (lambda: tg.randint(2.5, (2,)), TypeError, "randint: high must be an int, got float 2.5"),
        (lambda: tg.randint(1, 2, 3, (2,)), TypeError, "randint: needs high, or low and high"),
        (lambda: tg.randint(300, (2,), dtype=tg.uint8), ValueError, "randint: tensorgrad.uint8 holds whole numbers from 0 to"),
        (lambda: tg.randint(2**12, (2,), dtype=tg.float16), ValueError, "randint: tensorgrad.float16 holds whole numbers"),
        (lambda: tg.randint(3, (2,), requires_grad=True), RuntimeError, "only floating tensors have gradients"),
        (lambda: tg.randint_like(F), TypeError, "randint_like: needs high, or low and high"),
        (lambda: tg.randperm(-1), ValueError, "randperm: n must be 0 or more, got -1"),
        (lambda: tg.randperm(300, dtype=tg.uint8), ValueError, "randperm: tensorgrad.uint8 holds whole numbers"),
        (lambda: tg.normal(0.0, 1.0), TypeError, "normal: numbers for mean and std need a size"),
        (lambda: tg.normal(0.0, -1.0, (2,)), ValueError, "normal: std must be 0 or more, got -1.0"),
        (lambda: tg.normal(F, -F), ValueError, "normal: std must be 0 or more, got -1.0"),
        (lambda: tg.normal(F, 1.0, (2,)), TypeError, "normal: a size goes with numbers"),
        (lambda: tg.normal(I), TypeError, "normal: mean needs a floating dtype"),
        (lambda: tg.normal(F, I), TypeError, "normal: std needs a floating dtype"),
        (lambda: tg.normal(F, tg.ones(3)), ValueError, "normal: these shapes do not broadcast"),
        (lambda: tg.bernoulli(F * 2), ValueError, "bernoulli: probabilities must be from 0 to 1; here they go from 2.0"),
        (lambda: tg.bernoulli(I), TypeError, "bernoulli: input needs a floating dtype"),
        (lambda: tg.bernoulli(F, 1.5), ValueError, "bernoulli: p must be a probability from 0 to 1, got 1.5"),
        (lambda: tg.multinomial(F, 3), ValueError, "multinomial: 3 samples without replacement, but only 2 categories"),
        (lambda: tg.multinomial(tg.tensor([1.0, 0.0]), 2), ValueError, "but only 1 categories have a weight above 0"),
        (lambda: tg.multinomial(-F, 1), ValueError, "multinomial: weights must be finite and 0 or more"),
        (lambda: tg.multinomial(F / 0, 1), ValueError, "multinomial: weights must be finite and 0 or more"),
        (lambda: tg.multinomial(F * 0, 1, True), ValueError, "multinomial: the weights of a row are all 0"),
        (lambda: tg.multinomial(F, 0), ValueError, "multinomial: num_samples must be at least 1, got 0"),
        (lambda: tg.multinomial(tg.ones(2, 2, 2), 1), ValueError, "multinomial: input must be of shape (categories,) or"),
        (lambda: tg.multinomial(I, 1), TypeError, "multinomial: input needs a floating dtype"),
        (lambda: tg.poisson(-F), ValueError, "poisson: rates must be 0 or more, the least is -1.0"),
        (lambda: tg.poisson(I), TypeError, "poisson: input needs a floating dtype"),
        (lambda: tg.binomial(I, F), TypeError, "binomial: count needs a floating dtype"),
        (lambda: tg.binomial(F, tg.ones(3)), ValueError, "binomial: these shapes do not broadcast"),
        (lambda: F.uniform_(2, 1), ValueError, "uniform_: there is nothing from 2 up to 1"),
        (lambda: F.uniform_(-3e38, 3e38), ValueError, "uniform_: from -3e+38 to 3e+38 is further than tensorgrad.float32"),
        (lambda: I.uniform_(), TypeError, "uniform_: input needs a floating dtype"),
        (lambda: F.normal_(0, -1), ValueError, "normal_: std must be 0 or more, got -1"),
        (lambda: I.normal_(), TypeError, "normal_: input needs a floating dtype"),
        (lambda: F.log_normal_(0, 0), ValueError, "log_normal_: std must be above 0, got 0"),
        (lambda: F.exponential_(0), ValueError, "exponential_: lambd must be above 0, got 0"),
        (lambda: I.exponential_(), TypeError, "exponential_: input needs a floating dtype"),
        (lambda: F.cauchy_(0, -1), ValueError, "cauchy_: sigma must be above 0, got -1"),
        (lambda: F.geometric_(1), ValueError, "geometric_: p must be a probability above 0 and below 1, got 1"),
        (lambda: F.bernoulli_(-0.5), ValueError, "bernoulli_: p must be a probability from 0 to 1, got -0.5"),
        (lambda: F.bernoulli_(tg.ones(3, 2)), ValueError, "bernoulli_: p is larger than x"),
        (lambda: F.bernoulli_(F * 2), ValueError, "bernoulli_: probabilities must be from 0 to 1"),
        (lambda: F.random_(5, 5), ValueError, "random_: no whole number is at least 5 and less than 5"),
        (lambda: tg.ones(2, dtype=tg.uint8).random_(300), ValueError, "random_: tensorgrad.uint8 holds whole numbers"),
        (lambda: tg.ones(1).expand(2).normal_(), RuntimeError, "normal_: this memory cannot be written to"),
    ],
)  # fmt: skip
def test_refused(call, kind, words) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert words in str(caught.value)
    assert F.tolist() == [1, 1] and I.tolist() == [1, 1]  # refused before anything was written


@pytest.mark.parametrize(
    "draw",
    [
        lambda p: tg.bernoulli(p),
        lambda p: tg.poisson(p),
        lambda p: tg.binomial(4 * tg.ones_like(p), p),
        lambda p: tg.normal(p, 1.0),
        lambda p: tg.normal(0.0, p),
        lambda p: tg.normal(tg.zeros(2, 1, 1), p),
    ],
)
def test_what_is_drawn_has_a_gradient_of_zero(draw: Any) -> None:
    p = tg.full((2, 3), 0.5, requires_grad=True)
    y = draw(p)
    assert y.requires_grad
    (g,) = tg.autograd.grad(y.sum(), p)
    assert g.shape == (2, 3) and not g.any()
    assert not draw(p.detach()).requires_grad
