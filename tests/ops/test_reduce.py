"""Sums, means, products, truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tensorgrad as tg
from tensorgrad import Tensor
from tests.ops.optest import OpTest, sample
from tests.ops.reductions import REDUCED, TIES, WHOLE, WITH_NAN, axes, axis, gradient

nan, inf = math.nan, math.inf
rng = np.random.default_rng(0)


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


# ---- what a table does not say ---------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("large", [1e4, 1e8, -1e8])
def test_the_gradient_of_logsumexp_is_a_softmax_beside_large_numbers(large: float) -> None:
    """float32; PyTorch's is (1, 1) at (1e8, 1e8), because ln 2 is lost in the result."""
    x = tg.tensor([[large, large, large - 1024]], requires_grad=True)
    y = x.logsumexp(1)
    (plain,) = tg.autograd.grad(y.sum(), x, retain_graph=True)
    (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
    for one in (plain, g.detach()):
        np.testing.assert_allclose(one.numpy(), [[0.5, 0.5, 0]], rtol=1e-6)
    (h,) = tg.autograd.grad((g * tg.tensor([1.0, 2.0, 3.0])).sum(), x)
    np.testing.assert_allclose(h.numpy(), [[-0.25, 0.25, 0]], rtol=1e-5, atol=1e-7)


def test_logsumexp_beside_minus_infinity_three_times_over() -> None:
    x = tg.tensor([-inf, 0.3, 0.9], dtype=tg.float64, requires_grad=True)
    z = tg.tensor([0.3, 0.9], dtype=tg.float64, requires_grad=True)
    y, finite = x.logsumexp(0), z.logsumexp(0)
    for _ in range(3):
        (g,), (want,) = (tg.autograd.grad(v, u, create_graph=True) for v, u in ((y, x), (finite, z)))
        np.testing.assert_allclose(g.detach().numpy(), [0, *want.tolist()], rtol=1e-9, atol=1e-12)
        y, finite = (g * tg.tensor([3.0, 1.0, -2.0])).sum(), (want * tg.tensor([1.0, -2.0])).sum()
