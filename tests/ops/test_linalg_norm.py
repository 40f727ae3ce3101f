"""Norms, and the condition number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.matrices import Decomposition, one, square, two, whole
from tests.ops.optest import OpTest, sample

inf, nan = float("inf"), float("nan")
three = tg.ones(2, 2, 3)
WHOLE = np.arange(6).reshape(2, 3)


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


class TestVectorNorm(OpTest):
    op = staticmethod(linalg.vector_norm)
    samples = [
        sample((2, 3)),
        sample((2, 3), 2, 1),
        sample((2, 3), 1, dim=(0, 1), keepdim=True),
        sample((2, 3), inf, -1),
        sample((2, 3), -inf, 0, True),
        sample((2, 3), 0),
        sample((2, 3, 4), 3, dim=(0, 2)),
        sample((2, 3), 1.5, 1),
        sample((2, 3), 0.5, 1),
        sample((2, 3), -1, 1),
        sample((2, 3), 3.5, dim=0, keepdim=True),
        sample(()),
        sample((0, 3)),
        sample((0, 3), 3, 0),
        sample((2, 3), ord=2, dtype=tg.float64),
    ]
    errors = [
        (
            lambda: linalg.vector_norm(whole),
            TypeError,
            "vector_norm: input needs a floating dtype, got tensorgrad.int64",
        ),
        (lambda: linalg.vector_norm(two, "fro"), TypeError, "vector_norm: ord must be a number, got 'fro'"),
        (lambda: linalg.vector_norm(two, 2, 2), IndexError, "vector_norm: dim 2 is out of range"),
        (
            lambda: linalg.vector_norm(tg.ones(0, 3), inf),
            ValueError,
            "vector_norm: the inf norm of nothing has no value",
        ),
        (
            lambda: linalg.vector_norm(two, dtype=tg.int64),
            TypeError,
            "dtype must be a floating one, got tensorgrad.int64",
        ),
    ]

    def expected(self, x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        axes = tuple(range(x.ndim)) if dim is None else dim
        a = np.abs(x)
        if ord == inf:
            return a.max(axes, keepdims=keepdim)
        if ord == -inf:
            return a.min(axes, keepdims=keepdim)
        if ord == 0:
            return (a != 0).sum(axes, keepdims=keepdim).astype(x.dtype)
        return (a**ord).sum(axes, keepdims=keepdim) ** (1 / ord)


def test_norms_of_half_precision_add_up_in_single() -> None:
    x = tg.full((4, 4096), 2.0, dtype=tg.float16)
    assert linalg.vector_norm(x, 1, 1).tolist() == [8192.0] * 4 and linalg.vector_norm(x[0]).item() == 128
    assert linalg.matrix_norm(x, "nuc", dtype=tg.float64).dtype is tg.float64


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, inf, -inf, -1.0])
def test_the_gradient_of_a_norm_at_zero_is_zero(p: float) -> None:
    x = tg.zeros(3, dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(linalg.vector_norm(x, p), x, create_graph=True)
    assert g.tolist() == [0.0, 0.0, 0.0]
    if g.requires_grad:
        (h,) = tg.autograd.grad(g.sum(), x, allow_unused=True)
        assert h is None or h.tolist() == [0.0, 0.0, 0.0]


def test_the_largest_share_the_gradient_of_the_infinity_norm() -> None:
    x = tg.tensor([1.0, -3.0, 3.0], requires_grad=True)
    linalg.vector_norm(x, inf).backward()
    assert x.grad.tolist() == [0.0, -0.5, 0.5]


class TestMatrixNorm(OpTest):
    op = staticmethod(linalg.matrix_norm)
    samples = [
        sample((3, 4)),
        *[sample((2, 3, 4), p) for p in ("fro", "nuc", 1, -1, 2, -2, inf, -inf)],
        sample((3, 2, 4), 1, dim=(0, 2), keepdim=True),
        sample((3, 2, 4), "nuc", dim=(2, 0), keepdim=True),
        sample((3, 2, 4), -inf, dim=(-1, 0)),
        sample((3, 2, 4), "fro", dim=(0, 1), keepdim=True),
        *[sample((0, 3), p) for p in ("fro", "nuc", 1, -1, 2, inf)],
        sample((2, 3, 0), inf, keepdim=True),
    ]
    errors = [
        (lambda: linalg.matrix_norm(one), ValueError, "matrix_norm: needs a matrix (…, m, n), got shape (2,)"),
        (lambda: linalg.matrix_norm(two, 3), ValueError, "matrix_norm: ord 3 is not a norm of matrices; choose 'fro'"),
        (lambda: linalg.matrix_norm(two, "x"), ValueError, "matrix_norm: ord 'x' is not a norm of matrices"),
        (
            lambda: linalg.matrix_norm(two, dim=(0,)),
            ValueError,
            "matrix_norm: dim must be two axes (rows, columns), got (0,)",
        ),
        (lambda: linalg.matrix_norm(two, dim=(0, -2)), ValueError, "matrix_norm: dim (0, -2) names one axis twice"),
        (
            lambda: linalg.matrix_norm(tg.ones(0, 3), -inf),
            ValueError,
            "the -inf norm of a matrix of shape (0, 3) has no value",
        ),
        (lambda: linalg.matrix_norm(whole), TypeError, "matrix_norm: input needs a floating dtype"),
    ]

    def expected(self, A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Any:
        if not A.size:
            return np.zeros((*A.shape[:-2], *((1, 1) if keepdim else ())))
        return np.linalg.norm(A, ord, dim, keepdim)


class TestCond(Decomposition):
    op = staticmethod(linalg.cond)
    torch_gradient = False  # PyTorch changes its own inverse in place, and then has none
    samples = [
        sample((3, 3)),
        sample((3, 2)),
        *[sample((3, 3), p) for p in (2, -2, "fro", "nuc", 1, -1, np.inf, -np.inf)],
        *[sample((2, 0, 0), p) for p in (2, "fro", -1)],
        sample((0, 3)),
    ]
    errors = [
        (lambda: linalg.cond(two, "fro"), ValueError, "cond: A must be square"),
        (lambda: linalg.cond(square, 3), ValueError, "cond: p must be None, 'fro', 'nuc', ±1, ±2 or ±inf, got 3"),
    ]

    def expected(self, a: Any, p: Any = None) -> Any:
        return np.linalg.cond(a, p) if a.size else np.zeros(a.shape[:-2])


def test_a_singular_matrix_has_an_infinite_condition() -> None:
    for p in (None, "fro", "nuc", 1):
        x = tg.stack([tg.tensor([[1.0, 0.0], [0.0, 0.0]]), square])
        assert linalg.cond(x, p)[0].item() == float("inf") and linalg.cond(x, p)[1].isfinite()


class TestLinalgNorm(OpTest):
    op = staticmethod(linalg.norm)
    torch = "linalg.norm"
    samples = [
        sample((2, 3)),
        sample((2, 3, 4)),
        sample((3,), 1),
        sample((3,), inf),
        sample((2, 3), 2),
        sample((2, 3), "nuc"),
        sample((2, 3), 3, 1),
        sample((2, 3, 4), 1, dim=(0, 1), keepdim=True),
        sample((2, 3, 4), None, dim=(0, 1)),
        sample((2, 3, 4), None, 1),
    ]
    errors = [
        (
            lambda: linalg.norm(three, 2),
            ValueError,
            "linalg.norm: with ord and without dim A is a vector or a matrix; got",
        ),
        (lambda: linalg.norm(three, dim=(0, 1, 2)), ValueError, "linalg.norm: dim names 3 axes, (0, 1, 2)"),
        (lambda: linalg.norm(one, "fro"), ValueError, "linalg.norm: needs a matrix (…, m, n), got shape (2,)"),
        (lambda: linalg.norm(whole), TypeError, "linalg.norm: input needs a floating dtype"),
    ]

    def expected(self, A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
        return np.linalg.norm(A, ord, dim, keepdim)


class TestNorm(OpTest):
    op = staticmethod(tg.norm)
    torch = "norm"
    samples = [
        sample((2, 3)),
        sample((2, 3), 2),
        sample((2, 3), None),
        sample((2, 3), 3, dim=(0, 1)),
        sample((2, 3), 1, 0, True),
        sample((2, 3), "fro", dim=(0, 1)),
        sample((2, 3), "nuc"),
        sample((2, 3, 4), "nuc", dim=(0, 1)),
        sample((2, 3), inf),
        sample((2, 3), 0, 1),
    ]
    errors = [
        (lambda: tg.norm(two, "x"), ValueError, "norm: p must be a number, 'fro' or 'nuc', got 'x'"),
        (lambda: tg.norm(three, dim=(0, 1, 2)), ValueError, "norm: 'fro' is a norm of matrices"),
        (lambda: tg.norm(whole), TypeError, "norm: input needs a floating dtype"),
        (lambda: tg.norm(one, "nuc"), ValueError, "norm: needs a matrix (…, m, n)"),
    ]

    def expected(self, x: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Any:
        if p == "nuc":
            return np.linalg.norm(x, p, (-2, -1) if dim is None else dim, keepdim)
        p = 2 if p in (None, "fro") else p
        return TestVectorNorm().expected(x, p, dim, keepdim)


class TestRenorm(OpTest):
    op = staticmethod(tg.renorm)
    samples = [
        sample((3, 4), 2, 0, 1.5),
        sample((3, 4), 1.0, -1, 2.0),
        sample((2, 3, 4), inf, 1, 1.0),
        sample((2, 3), 2, 0, 100.0),
        sample((0, 3), 2, 1, 1.0),
    ]
    errors = [
        (lambda: tg.renorm(one, 2, 0, 1.0), ValueError, "renorm: needs at least 2 dimensions, got shape (2,)"),
        (lambda: tg.renorm(two, 0, 0, 1.0), ValueError, "renorm: p must be above 0 and maxnorm 0 or more, got 0 and 1.0"),
        (lambda: tg.renorm(two, 2, 0, -1.0), ValueError, "renorm: p must be above 0 and maxnorm 0 or more, got 2 and -1.0"),
        (lambda: tg.renorm(two, 2, 2, 1.0), IndexError, "renorm: dim 2 is out of range"),
        (lambda: tg.renorm(whole, 2, 0, 1.0), TypeError, "renorm: input needs a floating dtype"),
    ]

    def expected(self, x: Any, p: float, dim: int, maxnorm: float) -> Any:
        if not x.size:
            return x
        others = tuple(i for i in range(x.ndim) if i != dim % x.ndim)
        a = np.abs(x)
        norms = a.max(others, keepdims=True) if p == inf else (a**p).sum(others, keepdims=True) ** (1 / p)
        return np.where(norms > maxnorm, x * (maxnorm / (norms + 1e-7)), x)


def test_renorm_in_place() -> None:
    x = tg.tensor([[3.0, 4.0], [0.3, 0.4]])
    assert x.renorm_(2, 0, 1.0) is x and tg.allclose(x, tg.tensor([[0.6, 0.8], [0.3, 0.4]]))


RANGE = {"float16": (2.0**14, 2.0**-14), "float32": (1e30, 1e-30), "float64": (1e200, 1e-200)}


@pytest.mark.parametrize("dtype", RANGE)
@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("p", [2.0, 3.0, 1.5, 0.5, -1.0])
@pytest.mark.parametrize("dim", [None, 1])
def test_norms_whose_powers_leave_the_range(dtype: str, end: int, p: float, dim: int | None) -> None:
    """The norm of a·x is a times that of x, its gradient the same; PyTorch gives inf or 0, and nan."""
    plain, a = np.array([[1.0, -2.0, 0.5], [0.25, 1.0, 1.0]]), RANGE[dtype][end]
    x, z = tg.tensor(plain, requires_grad=True), tg.tensor(plain * a, dtype=getattr(tg, dtype), requires_grad=True)
    y, found = linalg.vector_norm(x, p, dim), linalg.vector_norm(z, p, dim)
    rtol = 2e-3 if dtype == "float16" else 1e-5
    if not (p == 0.5 and dtype == "float16"):  # 16 times as large: out of its own range
        np.testing.assert_allclose(found.detach().double().numpy() / a, y.detach().numpy(), rtol=rtol)
        (want,), (got,) = tg.autograd.grad(y.sum(), x), tg.autograd.grad(found.sum(), z)
        np.testing.assert_allclose(got.double().numpy(), want.numpy(), rtol=5 * rtol)


def test_rows_inside_and_outside_the_range_of_squares() -> None:
    x = tg.tensor([[3e30, 4e30], [3.0, 4.0], [0.0, 0.0], [3e-30, 4e-30], [inf, 1.0], [nan, 1e30]])
    got = linalg.vector_norm(x, dim=1).numpy()
    np.testing.assert_allclose(got, [5e30, 5.0, 0.0, 5e-30, inf, nan], rtol=1e-6)
    np.testing.assert_array_equal(linalg.vector_norm(x.mT, dim=0, keepdim=True).numpy(), got[None])


@pytest.mark.parametrize("x", [[inf, 1.0, 0.0], [nan, 0.0, 2.0]])
def test_a_count_has_no_slope(x: list[float]) -> None:
    z = tg.tensor(x, requires_grad=True)
    assert tg.autograd.grad(linalg.vector_norm(z, 0), z)[0].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("p", [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, inf, -inf, -1.0])
@pytest.mark.parametrize("x", [[0.0, 0.0, 0.0], [1.0, 0.0, -2.0]])
def test_second_derivatives_at_a_corner_are_numbers(p: float, x: list[float]) -> None:
    """Where PyTorch gives nan."""
    z = tg.tensor(x, dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(linalg.vector_norm(z, p), z, create_graph=True)
    (h,) = tg.autograd.grad((g * tg.tensor([1.0, 2.0, 3.0])).sum() + 0 * z.sum(), z)
    assert bool(g.isfinite().all()) and bool(h.isfinite().all())
