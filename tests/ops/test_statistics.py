"""Variance, deviation, covariance, correlation."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import OpTest, sample
from tests.ops.reductions import axes, gradient

nan, inf = math.nan, math.inf
rng = np.random.default_rng(0)

SPREADS = [
    sample((5, 4)), sample((2, 3, 4), 1), sample((2, 3, 4), dim=(0, 2), keepdim=True), sample((5, 4), False),
    sample((5, 4), 0, False, True), sample((5, 4), dim=1, unbiased=True), sample((5, 4), 0, correction=2),
    sample((5, 4), correction=0.5), sample((50, 64), 1),
]  # fmt: skip
BOTH = "unbiased and correction say the same; pass one of them"


def spread(function, x, dim=None, unbiased=None, keepdim=False, correction=1):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    return function(x, axes(dim), ddof=correction if unbiased is None else int(unbiased), keepdims=keepdim)


class TestVar(OpTest):
    op = staticmethod(tg.var)
    samples = SPREADS
    errors = [
        (lambda: tg.ones(2).var(unbiased=True, correction=1), TypeError, "var: " + BOTH),
        (lambda: tg.tensor([1, 2]).var(), TypeError, "var: input needs a floating dtype, got tensorgrad.int64"),
        (lambda: tg.ones(2).var(1), IndexError, "var: dim 1 is out of range"),
    ]

    def expected(self, x, *args, **kwargs):
        return spread(np.var, x, *args, **kwargs)


class TestStd(OpTest):
    op = staticmethod(tg.std)
    samples = SPREADS
    errors = [
        (lambda: tg.ones(2).std(unbiased=True, correction=1), TypeError, "std: " + BOTH),
        (lambda: tg.tensor([1, 2]).std(), TypeError, "std: input needs a floating dtype"),
    ]

    def expected(self, x, *args, **kwargs):
        return spread(np.std, x, *args, **kwargs)


class TestVarMean(OpTest):
    op = staticmethod(tg.var_mean)
    samples = SPREADS[:5]
    errors = [(lambda: tg.var_mean(tg.tensor([1])), TypeError, "var_mean: input needs a floating dtype")]

    def expected(self, x, dim=None, unbiased=None, keepdim=False):
        mean = np.mean(x, None if isinstance(dim, bool) else axes(dim), keepdims=keepdim)
        return spread(np.var, x, dim, unbiased, keepdim), mean


class TestStdMean(OpTest):
    op = staticmethod(tg.std_mean)
    samples = SPREADS[:5]
    errors = [(lambda: tg.std_mean(tg.tensor([1])), TypeError, "std_mean: input needs a floating dtype")]

    def expected(self, x, dim=None, unbiased=None, keepdim=False):
        mean = np.mean(x, None if isinstance(dim, bool) else axes(dim), keepdims=keepdim)
        return spread(np.std, x, dim, unbiased, keepdim), mean


class TestCov(OpTest):
    op = staticmethod(tg.cov)
    samples = [
        sample((3, 7)), sample((5,)), sample((2, 6), correction=0), sample((2, 4), fweights=np.array([1, 2, 3, 1])),
        sample((2, 4), aweights=np.array([0.5, 1.0, 2.0, 0.25])),
        sample((2, 4), fweights=np.array([1, 2, 3, 1]), aweights=np.array([0.5, 1.0, 2.0, 0.25])),
    ]  # fmt: skip
    errors = [
        (lambda: tg.cov(tg.ones(2, 2, 2)), ValueError, "cov: needs at most two dimensions, (variables, observations)"),
        (lambda: tg.cov(tg.ones(2, 3), fweights=tg.arange(2)), ValueError, "cov: fweights must have shape (3,)"),
        (lambda: tg.cov(tg.ones(2, 2), fweights=tg.ones(2)), TypeError, "cov: fweights must be integers"),
        (lambda: tg.cov(tg.ones(2, 2), aweights=tg.arange(2)), TypeError, "cov: aweights must be a floating dtype"),
        (lambda: tg.cov(tg.ones(2, 1), aweights=tg.tensor([-1.0])), ValueError, "cov: aweights must be 0 or more"),
    ]

    def expected(self, x, correction=1, fweights=None, aweights=None):
        return np.cov(x, ddof=correction, fweights=fweights, aweights=aweights)


class TestCorrcoef(OpTest):
    op = staticmethod(tg.corrcoef)
    samples = [sample((3, 7)), sample((5,)), sample((2, 4))]
    second_order = False  # the diagonal is 1 up to rounding, and where it exceeds 1 it is cut
    grad_atol = 1e-4
    layouts = False

    def expected(self, x):
        return np.corrcoef(x)

    def test_second_order_off_the_diagonal(self) -> None:
        x = tg.tensor(np.random.default_rng(3).standard_normal((2, 5)), requires_grad=True)
        assert tg.autograd.gradgradcheck(lambda t: tg.corrcoef(t)[0, 1], [x])


def test_nothing_to_spread() -> None:
    assert math.isnan(tg.tensor([1.0]).var().item())
    assert tg.tensor([1.0, 2.0]).var(correction=3).item() == inf
    assert tg.tensor([1.0]).var(correction=0).item() == 0
    assert math.isnan(tg.zeros(0).mean().item())
    assert gradient(lambda x: x.std(), [1.0, 1.0]) == [0, 0]
    assert gradient(lambda x: x.std(correction=0), [2.0]) == [0]


@pytest.mark.parametrize(("dtype", "size"), [("float16", 2e4), ("float32", 1e30), ("float64", 1e200), ("float32", 1e-30)])
@pytest.mark.parametrize("dim", [None, 1])
@pytest.mark.parametrize("correction", [0, 1])
def test_deviations_whose_squares_leave_the_range(dtype: str, size: float, dim: int | None, correction: int) -> None:
    plain = np.array([[1.0, -1.0, 2.0], [0.5, 0.0, 0.25]])
    x, z = tg.tensor(plain, requires_grad=True), tg.tensor(plain * size, dtype=getattr(tg, dtype), requires_grad=True)
    y, found = x.std(dim, correction=correction), z.std(dim, correction=correction)
    rtol = 2e-3 if dtype == "float16" else 1e-5
    np.testing.assert_allclose(found.detach().double().numpy() / size, y.detach().numpy(), rtol=rtol)
    np.testing.assert_allclose(tg.std_mean(z, dim, correction=correction)[0].detach().numpy(), found.detach().numpy())
    (want,), (got,) = tg.autograd.grad(y.sum(), x), tg.autograd.grad(found.sum(), z)
    np.testing.assert_allclose(got.double().numpy(), want.numpy(), rtol=5 * rtol, atol=1e-3 if dtype == "float16" else 1e-6)


def test_the_variance_of_equal_numbers_near_the_largest() -> None:
    assert tg.tensor([1e30, -1e30]).std().item() == pytest.approx(math.sqrt(2) * 1e30, rel=1e-6)
    assert tg.tensor([60000.0, 60000.0, 60000.0], dtype=tg.float16).var().item() == 0
    assert tg.tensor([math.inf, 1.0]).std().isnan() and tg.tensor([math.nan, 1e30]).std().isnan()


@pytest.mark.parametrize(("dtype", "v"), [("float16", 1.5 * 2.0**15), ("float32", 1.5 * 2.0**127), ("float64", 1.5 * 2.0**1023)])
@pytest.mark.parametrize("dim", [None, 0, 1])
def test_a_mean_whose_sum_is_too_large(dtype: str, v: float, dim: int | None) -> None:
    """PyTorch's mean is inf, that of its var_mean right."""
    x = tg.full((3, 2), v, dtype=getattr(tg, dtype), requires_grad=True)
    for y in (x.mean(dim), tg.var_mean(x, dim)[1], tg.std_mean(x, dim)[1]):
        np.testing.assert_allclose(y.detach().double().numpy() / v, 1, rtol=1e-3)
    assert not x.var(dim).any() and not x.std(dim).any()
    assert tg.autograd.grad(x.mean(), x)[0].sum().item() == pytest.approx(1, rel=1e-3)
    z = tg.tensor([[v, v], [math.inf, 1.0], [math.nan, v]], dtype=getattr(tg, dtype))
    np.testing.assert_allclose(z.mean(1).double().numpy() / v, [1, math.inf, math.nan], rtol=1e-3)
