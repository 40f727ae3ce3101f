"""Sums, means, deviations, products, extremes, truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tensorgrad as tg
from tensorgrad import Tensor
from tests.ops.optest import F, OpTest, sample

nan, inf = math.nan, math.inf
rng = np.random.default_rng(0)
TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
WITH_NAN = np.array([[1.0, nan, 3.0], [2.0, 5.0, 4.0]])
REDUCED = [
    sample((3, 4)), sample(()), sample((2, 3, 4), 1), sample((2, 3, 4), -1, True), sample((2, 3, 4), dim=(0, 2)),
    sample((2, 3, 4), dim=(0, 2), keepdim=True), sample((0, 3), 0), sample((3, 0), 0), sample((31, 33), 0),
    sample((), 0), sample((2, 3), dim=()), sample((1, 5), dim=None, keepdim=True),
]  # fmt: skip
WHOLE = [sample(np.arange(6).reshape(2, 3) - 2, 1), sample(np.array([True, False, True])), sample(np.uint8([200, 100]))]


def axes(dim):
    return None if dim is None or isinstance(dim, (tuple, list)) and not dim else dim


def axis(x, dim):
    return None if x.ndim == 0 else axes(dim)


class TestSum(OpTest):
    op = staticmethod(tg.sum)
    samples = [*REDUCED, *WHOLE, sample((70, 60), 0), sample((3, 2000, 2), 1)]
    errors = [
        (lambda: tg.zeros(2, 3).sum(2), IndexError, "sum: dim 2 is out of range for a tensor of 2 dimensions"),
        (lambda: tg.zeros(2, 3).sum((0, 0)), ValueError, "sum: dim (0, 0) names a dimension twice"),
        (lambda: tg.zeros(2, 3).sum("x"), TypeError, "sum: dim must be an int, got str 'x'"),
        (lambda: tg.sum([1.0]), TypeError, "sum: input must be a Tensor, got list"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return np.sum(x, axis(x, dim), keepdims=keepdim, dtype=None if x.dtype.kind == "f" else np.int64)


class TestMean(OpTest):
    op = staticmethod(tg.mean)
    samples = REDUCED
    errors = [
        (lambda: tg.mean(tg.tensor([1, 2])), TypeError, "mean: input needs a floating dtype, got tensorgrad.int64"),
        (lambda: tg.ones(2).mean(dtype=tg.int64), TypeError, "mean: dtype must be a floating dtype, got"),
        (lambda: tg.zeros(2, 3).mean(-3), IndexError, "mean: dim -3 is out of range"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return np.sum(x, axis(x, dim), keepdims=keepdim) / np.sum(np.ones(x.shape), axis(x, dim), keepdims=keepdim)


class TestNansum(OpTest):
    op = staticmethod(tg.nansum)
    samples = [sample((3, 4)), sample(WITH_NAN, 1), sample(WITH_NAN), sample((2, 3), 0, True), sample(np.arange(3))]

    def expected(self, x, dim=None, keepdim=False):
        return np.nansum(x, axes(dim), keepdims=keepdim)


class TestNanmean(OpTest):
    op = staticmethod(tg.nanmean)
    samples = [sample((3, 4)), sample(WITH_NAN, 0), sample(WITH_NAN), sample((2, 3), 1, True)]
    errors = [(lambda: tg.nanmean(tg.tensor([1])), TypeError, "nanmean: input needs a floating dtype")]

    def expected(self, x, dim=None, keepdim=False):
        return np.nanmean(x, axes(dim), keepdims=keepdim)


class TestCountNonzero(OpTest):
    op = staticmethod(tg.count_nonzero)
    samples = [sample(np.array([[0, 1, 2], [0, 0, 3]])), sample(WITH_NAN, 1), sample(TIES, dim=(0, 1)), sample(())]
    differentiable = False

    def expected(self, x, dim=None):
        return np.count_nonzero(x, axis=axes(dim))


class TestLogsumexp(OpTest):
    op = staticmethod(tg.logsumexp)
    samples = [
        sample((3, 4), 1), sample((2, 3, 4), dim=(0, 2), keepdim=True), sample((), 0), sample((0, 3), 0),
        sample(np.array([[1000.0, 1001.0], [-1000.0, -1002.0]]), 1),
    ]  # fmt: skip
    rtol = {"float32": 1e-5}
    errors = [(lambda: tg.logsumexp(tg.ones(2), None), TypeError, "logsumexp: needs dim, an int or a tuple of ints")]

    def expected(self, x, dim, keepdim=False):
        a, x = axis(x, dim), x.astype(np.float64)
        top = np.max(x, axis=a, keepdims=True, initial=-inf)
        safe = np.where(np.isfinite(top), top, 0)
        out = np.log(np.sum(np.exp(x - safe), axis=a, keepdims=True)) + safe
        return out if keepdim else out.reshape(np.sum(x, axis=a).shape)


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


class TestProd(OpTest):
    op = staticmethod(tg.prod)
    samples = [
        sample((3, 4)), sample((2, 3, 4), 1), sample((2, 3), -1, True), sample(()), sample((), 0), sample((0, 3), 0),
        sample(np.array([[2.0, 0.0, 3.0], [0.0, 5.0, 0.0], [1.5, 2.5, 3.5]]), 1), sample(np.array([2.0, 0.0, 3.0, 0])),
        sample(np.array([[0.5, 0.0], [2.0, 3.0]])), sample(np.array([3, 4, 5])), sample(np.array([True, True])),
        sample(np.array([[2.0, 0.0], [0.0, 4.0], [5.0, 6.0]]), 0),
    ]  # fmt: skip
    errors = [(lambda: tg.ones(2).prod(1), IndexError, "prod: dim 1 is out of range")]

    def expected(self, x, dim=None, keepdim=False):
        return np.prod(x, axis(x, dim), keepdims=keepdim)


EMPTY = "there is nothing to choose from"


class TestAmax(OpTest):
    op = staticmethod(tg.amax)
    samples = [*REDUCED[:6], sample(np.arange(4), 0), sample((), 0), sample((3, 0, 2), 0)]
    errors = [
        (lambda: tg.zeros(0, 3).amax(0), ValueError, f"amax: {EMPTY} along dim 0 of shape (0, 3)"),
        (lambda: tg.zeros(0, 3).amax(), ValueError, f"amax: {EMPTY} in shape (0, 3)"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return np.max(x, axis(x, dim), keepdims=keepdim)


class TestAmin(OpTest):
    op = staticmethod(tg.amin)
    samples = TestAmax.samples
    errors = [(lambda: tg.zeros(0).amin(), ValueError, f"amin: {EMPTY} in shape (0,)")]

    def expected(self, x, dim=None, keepdim=False):
        return np.min(x, axis(x, dim), keepdims=keepdim)


class TestAminmax(OpTest):
    op = staticmethod(tg.aminmax)
    samples = [sample((3, 4)), sample((3, 4), dim=1), sample((3, 4), dim=0, keepdim=True), sample((), dim=0)]
    errors = [
        (lambda: tg.aminmax(tg.zeros(0)), ValueError, f"aminmax: {EMPTY} in shape (0,)"),
        (lambda: tg.aminmax(tg.ones(()), dim=1), IndexError, "aminmax: dim 1 is out of range for a tensor of 0"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        a = axis(x, dim)
        return np.min(x, a, keepdims=keepdim), np.max(x, a, keepdims=keepdim)


def with_index(extreme, index, x, dim=None, keepdim=False):
    if isinstance(dim, np.ndarray):
        return {np.max: np.maximum, np.min: np.minimum}[extreme](x, dim)
    if dim is None:
        return extreme(x)
    if not x.ndim:
        return x, 0
    return extreme(x, dim, keepdims=keepdim), index(x, dim, keepdims=keepdim)


class TestMax(OpTest):
    op = staticmethod(tg.max)
    samples = [
        sample((3, 4)), sample((3, 4), 1), sample((2, 3, 4), -2, True), sample((), 0), sample(np.arange(5), 0),
        sample((3, 4), (3, 4)), sample((3, 1), F((4,))), sample(()), sample(np.array([True, False]), 0),
    ]  # fmt: skip
    errors = [
        (lambda: tg.zeros(0).max(), ValueError, f"max: {EMPTY} in shape (0,)"),
        (lambda: tg.zeros(2, 0).max(1), ValueError, f"max: {EMPTY} along dim 1 of shape (2, 0)"),
        (lambda: tg.zeros(2).max(1), IndexError, "max: dim 1 is out of range"),
        (lambda: tg.zeros(2).max(tg.zeros(3)), ValueError, "max: these shapes do not broadcast"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return with_index(np.max, np.argmax, x, dim, keepdim)


class TestMin(OpTest):
    op = staticmethod(tg.min)
    samples = TestMax.samples
    errors = [
        (lambda: tg.zeros(0).min(), ValueError, f"min: {EMPTY} in shape (0,)"),
        (lambda: tg.zeros(0, 2).min(0), ValueError, f"min: {EMPTY} along dim 0 of shape (0, 2)"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return with_index(np.min, np.argmin, x, dim, keepdim)


class TestArgmax(OpTest):
    op = staticmethod(tg.argmax)
    samples = [
        sample((3, 4)), sample((3, 4), 1), sample(TIES, 1, True), sample((2, 3), keepdim=True), sample((), 0),
        sample(np.array([3, 7, 7]), 0), sample(WITH_NAN, 1),
    ]  # fmt: skip
    differentiable = False
    errors = [
        (lambda: tg.zeros(0, 2).argmax(0), ValueError, f"argmax: {EMPTY} along dim 0 of shape (0, 2)"),
        (lambda: tg.tensor(1.0).argmax(1), IndexError, "argmax: dim 1 is out of range for a tensor of 0 dimensions"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return np.argmax(x, axis(x, dim), keepdims=keepdim)


class TestArgmin(OpTest):
    op = staticmethod(tg.argmin)
    samples = TestArgmax.samples
    differentiable = False
    errors = [(lambda: tg.zeros(0).argmin(), ValueError, f"argmin: {EMPTY} in shape (0,)")]

    def expected(self, x, dim=None, keepdim=False):
        return np.argmin(x, axis(x, dim), keepdims=keepdim)


TRUTHS = [
    sample(np.array([[0, 1], [2, 3]])), sample(np.array([[0, 1], [2, 3]]), 1), sample(np.zeros((0, 2), bool), 0),
    sample(np.uint8([[0, 3], [1, 2]]), 0), sample(WITH_NAN, dim=(0, 1), keepdim=True), sample(np.array(0.0)),
    sample(np.array([True, False]), keepdim=True),
]  # fmt: skip


def truth(function, x, dim=None, keepdim=False):
    found = function(x, axes(dim), keepdims=keepdim)
    return found.astype(x.dtype) if x.dtype == np.uint8 else found


class TestAll(OpTest):
    op = staticmethod(tg.all)
    samples = TRUTHS
    differentiable = False
    errors = [(lambda: tg.ones(2).all(3), IndexError, "all: dim 3 is out of range")]

    def expected(self, x, dim=None, keepdim=False):
        return truth(np.all, x, dim, keepdim)


class TestAny(OpTest):
    op = staticmethod(tg.any)
    samples = TRUTHS
    differentiable = False
    errors = [(lambda: tg.ones(2).any(3), IndexError, "any: dim 3 is out of range")]

    def expected(self, x, dim=None, keepdim=False):
        return truth(np.any, x, dim, keepdim)


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


# ---- what a table does not say -------------------------------------------------------------------------------------


def gradient(function, values):
    x = tg.tensor(values, dtype=tg.float64, requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


def test_ties_share_the_gradient_of_extremes_over_all() -> None:
    assert gradient(lambda x: x.max(), [1.0, 3.0, 3.0]) == [0, 0.5, 0.5]
    assert gradient(lambda x: x.min(), [1.0, 1.0, 3.0]) == [0.5, 0.5, 0]
    assert gradient(lambda x: x.amax(1), TIES) == [[0, 0.5, 0.5], [1 / 3] * 3]
    assert gradient(lambda x: x.amin((0, 1)), TIES) == [[1, 0, 0], [0, 0, 0]]
    assert gradient(lambda x: tg.aminmax(x).max, [2.0, 2.0]) == [0.5, 0.5]


def test_along_an_axis_the_gradient_goes_to_the_index() -> None:
    assert gradient(lambda x: x.max(1).values, TIES) == [[0, 1, 0], [1, 0, 0]]
    assert gradient(lambda x: x.min(1).values, TIES) == [[1, 0, 0], [1, 0, 0]]


def test_nan_is_larger_than_everything_and_smaller() -> None:
    x = tg.tensor([1.0, nan, 3.0, nan])
    for value, index in (x.max(0), x.min(0)):
        assert math.isnan(value.item()) and index.item() == 1
    assert math.isnan(x.max().item()) and math.isnan(x.amin().item())
    assert x.argmax().item() == x.argmin().item() == 1
    assert gradient(lambda x: x.max(), [1.0, nan, 3.0]) == [0, 1, 0]
    assert gradient(lambda x: x.max(0)[0], [1.0, nan, nan]) == [0, 1, 0]


def test_results_have_names() -> None:
    x = tg.tensor([[1.0, 2.0], [4.0, 3.0]])
    found = x.max(dim=1)
    assert found.values.tolist() == [2, 4] and found.indices.tolist() == [1, 0]
    assert x.min(0)._fields == ("values", "indices") and x.aminmax()._fields == ("min", "max")


def test_dtypes() -> None:
    assert tg.tensor([True, True]).sum().dtype is tg.int64
    assert tg.tensor([200, 100], dtype=tg.uint8).sum().item() == 300
    assert tg.tensor([1.5, 2.5]).sum(dtype=tg.int64).item() == 3
    assert tg.tensor([1, 2]).sum(dtype=tg.float64).dtype is tg.float64
    assert tg.tensor([1, 2], dtype=tg.int32).prod().dtype is tg.int64
    assert tg.tensor([1, 2], dtype=tg.int8).amax().dtype is tg.int8
    assert tg.tensor([1, 2]).mean(dtype=tg.float32).item() == 1.5
    assert tg.ones(3, dtype=tg.uint8).all().dtype is tg.uint8
    assert tg.ones(3, dtype=tg.float16).var().dtype is tg.float16
    assert tg.tensor([1, 2]).argmax().dtype is tg.tensor([1.0]).max(0).indices.dtype is tg.int64
    x = tg.ones(3, dtype=tg.float16, requires_grad=True)
    x.sum(dtype=tg.float64).backward()
    assert x.grad.dtype is tg.float16


def test_numpys_words() -> None:
    x = tg.arange(6.0).reshape(2, 3)
    assert x.sum(axis=1, keepdims=True).shape == (2, 1) and x.mean(axis=0).shape == (3,)
    assert x.max(axis=1).values.tolist() == [2, 5] and x.argmax(axis=0, keepdims=True).shape == (1, 3)


def test_sixteen_bits_add_up_in_thirty_two() -> None:
    x = tg.full((100, 40), 0.1, dtype=tg.float16)
    assert abs(x.sum().item() - 4000 * float(np.float16(0.1))) < 1
    assert tg.full((70000,), 1.0, dtype=tg.float16).mean().item() == 1.0  # the sum itself would be infinite
    assert (x.sum(0) == tg.tensor(100 * float(np.float16(0.1)), dtype=tg.float16)).all()
    assert tg.full((300,), 0.5, dtype=tg.float16).std().item() == 0


MANY = [(100_000, 3), (3, 100_000), (20_000, 64), (300, 3, 7, 11), (2, 50_000, 3), (100_000, 1)]


@pytest.mark.parametrize("shape", MANY)
@pytest.mark.parametrize("order", ["C", "F"])
def test_sums_of_many_stay_exact(shape, order) -> None:
    """Naive addition is off by n·ε/2 and more; added in short chains it is a few ε, along any axis."""
    x = np.asarray(rng.random(shape, np.float32), order=order)
    exact = x.astype(np.float64)
    for dim in [None, *range(len(shape)), (0, len(shape) - 1)]:
        got = Tensor._of(x).sum(dim).numpy()
        np.testing.assert_allclose(got, exact.sum(dim), rtol=6e-7)
    np.testing.assert_allclose(Tensor._of(x).var(0).numpy(), exact.var(0, ddof=1), rtol=3e-6, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_shape_any_axes(data) -> None:
    shape = tuple(data.draw(st.lists(st.integers(0, 9), max_size=5)))
    order = data.draw(st.permutations(range(len(shape))))
    some = st.sets(st.integers(0, len(shape) - 1)).map(tuple) if shape else st.none()
    dims = data.draw(st.one_of(st.none(), some))
    keepdim = data.draw(st.booleans())
    x = rng.standard_normal([shape[i] for i in order]).transpose(np.argsort(order))
    assert x.shape == shape
    want = x.sum(axes(dims), keepdims=keepdim)
    got = tg.from_numpy(x).sum(dims, keepdim)
    np.testing.assert_allclose(got.numpy(), want, atol=1e-9)
    big = np.broadcast_to(x, (2500, *shape))
    np.testing.assert_allclose(tg.from_numpy(np.ascontiguousarray(big)).sum(0).numpy(), 2500 * x, atol=1e-7)
    np.testing.assert_allclose(tg.from_numpy(big).sum(0).numpy(), 2500 * x, atol=1e-7)


def test_nothing_to_spread() -> None:
    assert math.isnan(tg.tensor([1.0]).var().item())
    assert tg.tensor([1.0, 2.0]).var(correction=3).item() == inf
    assert tg.tensor([1.0]).var(correction=0).item() == 0
    assert math.isnan(tg.zeros(0).mean().item())
    assert gradient(lambda x: x.std(), [1.0, 1.0]) == [0, 0]
    assert gradient(lambda x: x.std(correction=0), [2.0]) == [0]


def test_logsumexp_of_infinities() -> None:
    assert tg.tensor([-inf, -inf]).logsumexp(0).item() == -inf
    assert tg.tensor([inf, 1.0]).logsumexp(0).item() == inf
    assert tg.zeros(0).logsumexp(0).item() == -inf
    assert tg.zeros(2, 3).logsumexp(()).item() == pytest.approx(math.log(6))  # of all; PyTorch fails here
    assert tg.tensor([1, 2]).logsumexp(0).item() == pytest.approx(math.log(math.e + math.e**2), rel=1e-6)
    assert gradient(lambda x: x.logsumexp(0), [1.0, -inf]) == [1, 0]


def test_prod_with_zeros_differentiates_twice() -> None:
    x = tg.tensor([2.0, 0.0, 3.0, 0.0], dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(x.prod(), x, create_graph=True)
    assert g.tolist() == [0, 0, 0, 0]
    (h,) = tg.autograd.grad(g[1], x)
    assert h.tolist() == [0, 0, 0, 6]  # ∂²/∂x₁∂x₃ is the product of the two others


def test_sum_to_size_is_the_gradient_of_broadcasting() -> None:
    x = tg.arange(24.0).reshape(2, 3, 4)
    assert x.sum_to_size(3, 1).tolist() == x.sum((0, 2)).unsqueeze(1).tolist()
    assert x.sum_to_size((1, 3, 4)).shape == (1, 3, 4) and x.sum_to_size(2, 3, 4).tolist() == x.tolist()
    assert gradient(lambda t: t.sum_to_size(1) * 3, [1.0, 2.0]) == [3, 3]
    with pytest.raises(ValueError, match="sum_to_size: size is larger than input"):
        x.sum_to_size(1, 2, 3, 4)
    with pytest.raises(ValueError, match="sum_to_size: these shapes do not broadcast"):
        x.sum_to_size(2)


def test_reduction_to_nothing_is_an_array() -> None:
    for found in (tg.ones(3).sum(), tg.ones(3).max(), tg.ones(3).var(), tg.ones(3).all(), tg.tensor([1, 2]).sum()):
        assert type(found.array) is np.ndarray and found.shape == ()
