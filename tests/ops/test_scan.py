"""Running sums, products, extremes; differences between neighbours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import F, OpTest, sample

nan, inf = math.nan, math.inf
ZEROS = np.array([[2.0, 0.0, 3.0, 1.5], [1.5, 2.5, 0.0, 0.0], [0.0, 4.0, 2.0, -1.0], [1.0, 2.0, 3.0, 4.0]])
OUT = "is out of range for a tensor of 1 dimensions"


class TestCumsum(OpTest):
    op = staticmethod(tg.cumsum)
    samples = [
        sample((3, 4), 1), sample((2, 3, 4), 0), sample((5,), -1), sample((), 0), sample((0, 2), 0), sample((2, 0), 1),
        sample(np.array([1, 2, 3]), 0), sample(np.array([[True, True], [False, True]]), 0),
    ]  # fmt: skip
    errors = [(lambda: tg.ones(2).cumsum(1), IndexError, f"cumsum: dim 1 {OUT}")]

    def expected(self, x, dim):
        return np.cumsum(x, dim, dtype=None if x.dtype.kind == "f" else np.int64) if x.ndim else x


class TestCumprod(OpTest):
    op = staticmethod(tg.cumprod)
    samples = [
        sample((3, 4), 1), sample((2, 3, 4), 0), sample((5,), -1), sample((), 0), sample((0, 2), 0), sample(ZEROS, 1),
        sample(ZEROS, 0), sample(np.array([1, 2, 3]), 0),
    ]  # fmt: skip
    errors = [(lambda: tg.ones(2).cumprod(1), IndexError, f"cumprod: dim 1 {OUT}")]

    def expected(self, x, dim):
        return np.cumprod(x, dim) if x.ndim else x


@pytest.mark.parametrize("op", [tg.cumsum, tg.cumprod])
@pytest.mark.parametrize("dtype", [tg.uint8, tg.int8, tg.int16, tg.int32, tg.float16, tg.float64])
def test_the_dtype_asked_for_is_the_dtype_given(op: Any, dtype: tg.dtype) -> None:
    y = op(tg.tensor([100, 2, 2]), 0, dtype=dtype)
    assert y.dtype is dtype and y[1] == tg.tensor(102 if op is tg.cumsum else 200).to(dtype)


class TestLogcumsumexp(OpTest):
    op = staticmethod(tg.logcumsumexp)
    samples = [
        sample((3, 4), 1), sample((2, 3, 4), 0), sample((5,), -1), sample((), 0), sample((0, 2), 0),
        sample(np.array([-800.0, 0.0, 700.0, 705.0, -inf, 3.0]), 0),
    ]  # fmt: skip
    layouts = True
    errors = [
        (lambda: tg.tensor([1, 2]).logcumsumexp(0), TypeError, "logcumsumexp: input needs a floating dtype"),
        (lambda: tg.ones(2).logcumsumexp(1), IndexError, f"logcumsumexp: dim 1 {OUT}"),
    ]

    def expected(self, x, dim):
        return np.logaddexp.accumulate(x, dim) if x.ndim else x


RUNNING = [
    sample((3, 4), 1), sample((2, 3, 4), 0), sample((), 0), sample((0, 2), 0), sample(np.array([1, 3, 3, 2, 3]), 0),
    sample(np.array([True, False, True]), 0),
]  # fmt: skip


def running(better, x, dim):
    """One element after the other, as one would by hand."""
    if not x.ndim:
        return x, 0
    values, places = x.copy(), np.zeros(x.shape, np.int64)
    v, p = np.moveaxis(values, dim, 0), np.moveaxis(places, dim, 0)
    for k in range(1, len(v)):
        takes = better(v[k], v[k - 1]) | (v[k] != v[k])
        v[k] = np.where(takes, v[k], v[k - 1])
        p[k] = np.where(takes, k, p[k - 1])
    return values, places


class TestCummax(OpTest):
    op = staticmethod(tg.cummax)
    samples = RUNNING
    errors = [(lambda: tg.ones(2).cummax(1), IndexError, f"cummax: dim 1 {OUT}")]

    def expected(self, x, dim):
        return running(np.greater_equal, x, dim)


class TestCummin(OpTest):
    op = staticmethod(tg.cummin)
    samples = RUNNING
    errors = [(lambda: tg.ones(2).cummin(1), IndexError, f"cummin: dim 1 {OUT}")]

    def expected(self, x, dim):
        return running(np.less_equal, x, dim)


class TestDiff(OpTest):
    op = staticmethod(tg.diff)
    samples = [
        sample((3, 5)), sample((3, 5), 2, 0), sample((4,), 0), sample((3,), 5), sample((2, 3), prepend=F((2, 1))),
        sample((2, 3), dim=0, prepend=F((1, 3)), append=F((2, 3))), sample(np.array([1, 4, 9])),
        sample(np.array([True, False, False])), sample(np.uint8([3, 1])), sample((2, 0)),
    ]  # fmt: skip
    errors = [
        (lambda: tg.diff(tg.tensor(1.0)), ValueError, "diff: needs at least one dimension, got a 0-d tensor"),
        (lambda: tg.diff(tg.ones(3), -1), ValueError, "diff: n must be 0 or more, got -1"),
        (lambda: tg.diff(tg.ones(3), dim=1), IndexError, f"diff: dim 1 {OUT}"),
    ]

    def expected(self, x, n=1, dim=-1, **ends):
        if n >= x.shape[dim] + 1 or not x.shape[dim]:
            return np.zeros(x.shape[:-1] + (0,))
        return np.diff(x, n, dim, **ends)


AREAS = [
    sample((4,)), sample((2, 5), dx=0.5), sample((3, 4), dim=0), sample((2, 4), (4,)), sample((2, 4), (2, 4)),
    sample((3, 2), (3,), dim=0), sample((2, 1)),
]  # fmt: skip


def errors_of(op):
    name = op.__name__
    return [
        (lambda: op(tg.tensor(1.0)), ValueError, f"{name}: y needs at least one dimension, got a 0-d tensor"),
        (lambda: op(tg.ones(3), tg.ones(2)), ValueError, f"{name}: x must have one value for each of the 3 of y"),
        (lambda: op(tg.ones(3), tg.ones(3), dx=1), TypeError, f"{name}: x and dx say the same; pass one of them"),
    ]


class TestTrapezoid(OpTest):
    op = staticmethod(tg.trapezoid)
    samples = AREAS
    errors = errors_of(tg.trapezoid)

    def expected(self, y, x=None, dx=1.0, dim=-1):
        return np.trapezoid(y, x, dx, dim)


class TestTrapz(TestTrapezoid):
    op = staticmethod(tg.trapz)
    samples = AREAS[:2]
    errors = []


class TestCumulativeTrapezoid(OpTest):
    op = staticmethod(tg.cumulative_trapezoid)
    samples = AREAS
    errors = errors_of(tg.cumulative_trapezoid)

    def expected(self, y, x=None, dx=1.0, dim=-1):
        y = np.moveaxis(y, dim, -1)
        step = dx if x is None else np.diff(x if x.ndim == 1 else np.moveaxis(x, dim, -1))
        return np.moveaxis(np.cumsum((y[..., 1:] + y[..., :-1]) / 2 * step, -1), -1, dim)


# ---- what a table does not say --------------------------------------------------------------------------------------


def gradient(function, values):
    x = tg.tensor(values, dtype=tg.float64, requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


def test_of_equal_elements_the_last_leads() -> None:
    assert tg.tensor([1.0, 3, 3, 2]).cummax(0).indices.tolist() == [0, 1, 2, 2]
    assert tg.tensor([1.0, 1, 3]).cummin(0).indices.tolist() == [0, 1, 1]
    assert gradient(lambda x: x.cummax(0).values, [1.0, 3, 3, 2]) == [1, 1, 2, 0]


def test_nan_leads_from_its_place_on() -> None:
    for found in (tg.tensor([1.0, 3, nan, 5, nan]).cummax(0), tg.tensor([3.0, 1, nan, 0, nan]).cummin(0)):
        assert found.indices.tolist() == [0, 1, 2, 2, 4] and found.values.isnan().tolist() == [False] * 2 + [True] * 3


def test_running_sums_keep_the_digits_of_float32() -> None:
    x = np.random.default_rng(0).random(200_000, np.float32)
    np.testing.assert_allclose(tg.from_numpy(x).cumsum(0).numpy(), np.cumsum(x, dtype=np.float64), rtol=1e-7)
    assert tg.full((3000,), 1.0, dtype=tg.float16).cumsum(0)[-1].item() == 3000


def test_products_with_zeros_differentiate_three_times() -> None:
    x = tg.tensor([2.0, 0.0, 3.0, 0.0], dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(x.cumprod(0)[3], x, create_graph=True)
    (h,) = tg.autograd.grad(g[1], x, create_graph=True)
    (k,) = tg.autograd.grad(h[3], x)
    assert (g.tolist(), h.tolist(), k.tolist()) == ([0] * 4, [0, 0, 0, 6], [3, 0, 2, 0])


def test_a_product_that_overflows_leaves_the_earlier_gradients() -> None:
    x = np.full(2000, 2.0)
    x[-1] = 0
    assert gradient(lambda t: t.cumprod(0)[:3], x)[:4] == [7, 6, 4, 0]


def test_dtypes() -> None:
    assert tg.tensor([200, 100], dtype=tg.uint8).cumsum(0).tolist() == [200, 300]
    assert tg.tensor([1.5, 2.5]).cumsum(0, dtype=tg.int64).tolist() == [1, 3]
    assert tg.tensor([1, 2]).cumprod(0, dtype=tg.float32).dtype is tg.float32
    assert tg.trapezoid(tg.tensor([1, 2, 4])).item() == 4.5


def test_what_is_minus_infinity_adds_nothing() -> None:
    x = tg.tensor([-inf, 1.0, -inf])
    assert x.logcumsumexp(0).tolist() == [-inf, 1.0, 1.0]
    assert gradient(lambda t: t.logcumsumexp(0)[1:], [0.0, -inf, 0.0])[1] == 0
    assert gradient(lambda t: t.logcumsumexp(0), [1.0, inf, 2.0])[::2] == [1, 0]


def test_in_place() -> None:
    x = tg.tensor([1.0, 2.0, 3.0])
    assert x.cumsum_(0) is x and x.tolist() == [1, 3, 6] and x.cumprod_(0).tolist() == [1, 3, 18]
    y = tg.ones(3, requires_grad=True)
    (y * 2).cumprod_(0).sum().backward()
    assert y.grad.tolist() == [14, 12, 8]


def test_numpys_words() -> None:
    assert tg.ones(2, 3).cumsum(axis=1).tolist() == [[1, 2, 3]] * 2


class TestGradient(OpTest):
    op = staticmethod(tg.gradient)
    torch = "gradient"
    samples = [
        sample((5,)),
        sample((3, 4)),
        sample((3, 4), spacing=0.5, dim=1),
        sample((3, 4), spacing=[2.0, 0.5], edge_order=2),
        sample((4, 3), dim=(-1, 0), edge_order=2),
        sample((5, 2), spacing=[np.array([0.0, 1.0, 1.5, 3.0, 3.5])], dim=0),
        sample((5, 3), spacing=[np.array([0.0, 1.0, 1.5, 3.0, 3.5]), np.array([0.0, 2.0, 3.0])], edge_order=2),
        sample((2,)),
    ]
    errors = [
        (lambda: tg.gradient(tg.ones(1)), ValueError, "gradient: edge_order 1 needs 2 places along dim 0, there are 1"),
        (lambda: tg.gradient(tg.ones(2), edge_order=2), ValueError, "edge_order 2 needs 3 places along dim 0"),
        (lambda: tg.gradient(tg.ones(3), edge_order=3), ValueError, "gradient: edge_order must be 1 or 2, got 3"),
        (lambda: tg.gradient(tg.ones(3, 3), spacing=[1.0]), ValueError, "gradient: 1 spacings for 2 axes"),
        (
            lambda: tg.gradient(tg.ones(3), spacing=[tg.ones(2)]),
            ValueError,
            "gradient: coordinates of shape (2,) for 3 places along dim 0",
        ),
        (lambda: tg.gradient(tg.ones(3), dim=1), IndexError, "gradient: dim 1 is out of range"),
    ]

    def expected(self, x: Any, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> Any:
        axes = tuple(range(x.ndim)) if dim is None else (dim,) if isinstance(dim, int) else dim
        steps = spacing if isinstance(spacing, list) else [spacing] * len(axes)
        return [np.gradient(x, h, axis=d, edge_order=edge_order) for d, h in zip(axes, steps)]


def test_logcumsumexp_beside_minus_infinity_three_times_over() -> None:
    """Behind a −∞ everything is as without it; PyTorch gives nan for the −∞ itself."""
    x = tg.tensor([-inf, 2.0, -inf, 3.0], dtype=tg.float64, requires_grad=True)
    z = tg.tensor([2.0, 3.0], dtype=tg.float64, requires_grad=True)
    y, finite = x.logcumsumexp(0), z.logcumsumexp(0)
    assert y.tolist() == [-inf, 2.0, 2.0, finite[1].item()]
    y, finite = (y[[1, 3]] * tg.tensor([1.0, 2.0])).sum(), (finite * tg.tensor([1.0, 2.0])).sum()
    for _ in range(3):
        (g,), (want,) = (tg.autograd.grad(v, u, create_graph=True) for v, u in ((y, x), (finite, z)))
        a, b = want.tolist()
        np.testing.assert_allclose(g.detach().numpy(), [0, a, 0, b], rtol=1e-9, atol=1e-12)
        y, finite = (g**2).sum(), (want**2).sum()


@pytest.mark.parametrize("large", [1e4, 1e8, -1e8])
def test_the_gradient_of_logcumsumexp_beside_large_numbers(large: float) -> None:
    x = tg.tensor([large, large, large], requires_grad=True)
    (g,) = tg.autograd.grad((x.logcumsumexp(0) * tg.tensor([6.0, 2.0, 3.0])).sum(), x)
    np.testing.assert_allclose(g.numpy(), [8, 2, 1], rtol=1e-6)  # 6 + 2/2 + 3/3, 2/2 + 3/3, 3/3


def test_the_gradient_of_logcumsumexp_at_plus_infinity() -> None:
    x = tg.tensor([1.0, inf, 2.0], requires_grad=True)
    (g,) = tg.autograd.grad(x.logcumsumexp(0).sum(), x)
    assert g.tolist() == [1.0, 2.0, 0.0]  # y is (x₀, x₁, x₁)


@pytest.mark.parametrize("values", [[2.0, 0.0, 3.0], [0.0, 0.0, -1.5], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
@pytest.mark.parametrize("of", ["prod", "prod of rows", "cumprod"])
def test_four_derivatives_of_products_with_zeros(values: list[float], of: str) -> None:
    """Those of x₀·x₁·x₂ (and of x₀ and 2·x₀·x₁, 3 times that)."""
    w, found = tg.tensor([1.0, -2.0, 0.5], dtype=tg.float64), []
    for by_hand in (False, True):
        x = tg.tensor(values, dtype=tg.float64, requires_grad=True)
        a, b, c = x[0], x[1], x[2]
        if of == "cumprod":
            y = a + 2 * (a * b) + 3 * (a * b * c) if by_hand else (x.cumprod(0) * tg.tensor([1.0, 2.0, 3.0])).sum()
        else:
            y = a * b * c if by_hand else x.prod() if of == "prod" else x.reshape(1, 3).prod(1).sum()
        for _ in range(4):
            (g,) = tg.autograd.grad(y + 0 * x.sum(), x, create_graph=True)
            found.append(g.detach().numpy())
            y = (g * w).sum()
    np.testing.assert_allclose(found[:4], found[4:], atol=1e-12)
