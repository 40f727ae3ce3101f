"""Singular values, eigenvalues, pseudo-inverse and rank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.matrices import Decomposition, around, singular, square, t, two, whole
from tests.ops.optest import sample

# Tested below through a function that prepares their input, or by what defines them.
TESTED = [
    linalg.eigh,
    linalg.eigvalsh,
    linalg.matrix_rank,
    linalg.svd,
    tg.pinverse,
    tg.svd,
]


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


class TestSvd(Decomposition):
    op, torch = around("linalg.svd", lambda f, a, **kw: tuple(x.abs() for x in f(a, **kw)))
    samples = [
        sample((3, 3)),
        sample((4, 2), full_matrices=False),
        sample((2, 4), full_matrices=False),
        sample((5, 3, 2), full_matrices=False),
        sample((1, 3), full_matrices=False),
        sample((0, 2), full_matrices=False),
        sample((0, 2, 2)),
    ]
    errors = [
        (lambda: linalg.svd(tg.ones(3)), ValueError, "svd: A must be a matrix or a stack"),
        (
            lambda: linalg.svd(two.clone().requires_grad_()).Vh.sum().backward(),
            RuntimeError,
            "svd: with full_matrices=True the rows of Vh from 2 on are arbitrary for a matrix of (2, 3)",
        ),
        (
            lambda: linalg.svd(two.mT.clone().requires_grad_()).U.sum().backward(),
            RuntimeError,
            "the columns of U from 2 on are arbitrary for a matrix of (3, 2); they have no gradient",
        ),
    ]

    def expected(self, a: Any, full_matrices: bool = True) -> Any:
        return tuple(np.abs(x) for x in np.linalg.svd(a, full_matrices))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_the_gradient_of_one_part_of_svd(part: int) -> None:
    x = (tg.tensor([[2.0, 1.0], [0.0, -1.0], [0.5, 3.0]], dtype=tg.float64, requires_grad=True),)
    assert tg.autograd.gradcheck(lambda a: linalg.svd(a, full_matrices=False)[part].abs(), x)
    assert tg.autograd.gradgradcheck(lambda a: linalg.svd(a, full_matrices=False)[part].abs(), x)


def test_svd_with_full_matrices_has_a_gradient_where_it_is_not_arbitrary() -> None:
    x = tg.randn(2, 4, dtype=tg.float64, requires_grad=True)
    full = linalg.svd(x)
    assert [tuple(y.shape) for y in full] == [(2, 2), (2,), (4, 4)]
    (g,) = tg.autograd.grad((full.U.abs() * full.S).sum() + full.Vh[:2].abs().sum(), x)
    u, s, vh = linalg.svd(x, full_matrices=False)
    (h,) = tg.autograd.grad((u.abs() * s).sum() + vh.abs().sum(), x)
    assert tg.allclose(g, h)


def test_the_older_svd() -> None:
    x = tg.randn(4, 3, dtype=tg.float64)
    u, s, v = tg.svd(x)
    assert tg.allclose(u @ s.diag() @ v.mT, x) and tg.svd(x, some=False).U.shape == (4, 4)
    u, s, v = tg.svd(x.requires_grad_(), compute_uv=False)
    assert u.shape == (4, 4) and v.shape == (3, 3) and not u.any() and s.requires_grad


class TestSvdvals(Decomposition):
    op = staticmethod(linalg.svdvals)
    samples = [sample((3, 3)), sample((4, 2)), sample((5, 2, 4)), sample((0, 2))]
    errors = [(lambda: linalg.svdvals(tg.ones(3)), ValueError, "svdvals: A must be a matrix or a stack")]

    def expected(self, a: Any) -> Any:
        return np.linalg.svd(a, compute_uv=False)


class TestEigh(Decomposition):
    op, torch = around("linalg.eigh", lambda f, a, **kw: tuple(x.abs() for x in f(a + a.mT, **kw)))
    samples = [sample((3, 3)), sample((4, 2, 2)), sample((3, 3), UPLO="U"), sample((1, 1)), sample((0, 0))]
    errors = [
        (lambda: linalg.eigh(two), ValueError, "eigh: A must be square"),
        (lambda: linalg.eigh(square, "X"), ValueError, "eigh: UPLO must be 'L' or 'U', got 'X'"),
    ]

    def expected(self, a: Any, UPLO: str = "L") -> Any:
        return tuple(np.abs(x) for x in np.linalg.eigh(a + t(a)))


class TestEigvalsh(Decomposition):
    op, torch = around("linalg.eigvalsh", lambda f, a, **kw: f(a + a.mT, **kw))
    samples = [sample((3, 3)), sample((4, 2, 2)), sample((3, 3), UPLO="U"), sample((0, 0))]
    errors = [(lambda: linalg.eigvalsh(two), ValueError, "eigvalsh: A must be square")]

    def expected(self, a: Any, UPLO: str = "L") -> Any:
        return np.linalg.eigvalsh(a + t(a))


def test_only_one_triangle_is_read_and_the_gradient_counts_both() -> None:
    x = tg.tensor([[1.0, 9.0], [2.0, 1.0]], requires_grad=True)
    values, vectors = linalg.eigh(x)
    assert tg.allclose(values, tg.tensor([-1.0, 3.0]))
    assert tg.allclose(linalg.eigh(x, "u").eigenvalues, tg.tensor([-8.0, 10.0]))
    (values[1] + vectors[0, 1].abs()).backward()
    assert tg.allclose(x.grad, x.grad.mT)


class TestPinv(Decomposition):
    op = staticmethod(linalg.pinv)
    torch = "linalg.pinv"
    samples = [
        sample((3, 3)),
        sample((4, 2)),
        sample((2, 4)),
        sample((5, 3, 2)),
        sample((0, 2)),
        sample((3, 2), rtol=1e-3),
        sample((3, 2), atol=1e-3),
        sample((3, 2), 1e-3),
        sample((0, 3, 2), atol=np.ones((0, 1))),
    ]
    errors = [
        (lambda: linalg.pinv(tg.ones(3)), ValueError, "pinv: A must be a matrix or a stack"),
        (lambda: linalg.pinv(two, hermitian=True), ValueError, "pinv: A must be square"),
    ]

    def expected(self, a: Any, rcond: Any = None, atol: Any = None, rtol: Any = None) -> Any:
        return np.linalg.pinv(a)


class TestPinvOfLowRank(Decomposition):
    op, torch = around("linalg.pinv", lambda f, a, b: f(a @ b, rtol=1e-4))
    samples = [sample((4, 2), (2, 3)), sample((3, 1), (1, 5))]

    def expected(self, a: Any, b: Any) -> Any:
        return np.linalg.pinv(a @ b, 1e-4)


class TestPinvOfSymmetric(Decomposition):
    op, torch = around("linalg.pinv", lambda f, a: f(a @ a.mT - 2 * (a.mT @ a), hermitian=True))
    samples = [sample((3, 3)), sample((2, 3, 3))]

    def expected(self, a: Any) -> Any:
        return np.linalg.pinv(a @ t(a) - 2 * (t(a) @ a))


def test_tolerances_may_be_tensors() -> None:
    x = tg.stack([tg.tensor([1.0, 0.1]).diag()] * 2)
    assert linalg.matrix_rank(x, atol=tg.tensor([0.5, 0.01])).tolist() == [1, 2]
    assert linalg.matrix_rank(x, rtol=tg.tensor([0.5, 0.01])).tolist() == [1, 2]
    assert tg.allclose(linalg.pinv(x, rtol=tg.tensor([0.5, 0.01]))[:, 1, 1], tg.tensor([0.0, 10.0]))
    assert tg.pinverse(x, 0.5)[:, 1, 1].tolist() == [0.0, 0.0]


def test_matrix_rank() -> None:
    assert linalg.matrix_rank(singular).item() == 1 and linalg.matrix_rank(singular).dtype is tg.int64
    assert linalg.matrix_rank(tg.stack([square, singular, square * 0])).tolist() == [2, 1, 0]
    assert linalg.matrix_rank(-tg.eye(3), hermitian=True).item() == 3
    assert linalg.matrix_rank(tg.zeros(2, 0, 3)).tolist() == [0, 0]
    assert linalg.matrix_rank(square, 2.0).item() == 0 and linalg.matrix_rank(square, atol=0.5, rtol=0.5).item() == 2
    with pytest.raises(TypeError, match="matrix_rank: A needs float32 or float64"):
        linalg.matrix_rank(whole)


@pytest.mark.parametrize("f", [linalg.svd, linalg.svdvals, linalg.pinv, linalg.matrix_rank])
def test_nan_does_not_converge(f: Any) -> None:
    with pytest.raises(linalg.LinAlgError, match="did not converge"):
        f(tg.full((3, 3), float("nan")))
