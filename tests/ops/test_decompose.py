"""Factorisations, inverses and determinants, against NumPy and SciPy, and against what defines them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.optest import OpTest, sample

rng = np.random.default_rng(5)
SQUARE = rng.standard_normal((3, 3)) + 3 * np.eye(3)
BATCH = rng.standard_normal((2, 3, 3)) + 3 * np.eye(3)
POSITIVE = SQUARE @ SQUARE.T + np.eye(3)
WIDE, TALL = rng.standard_normal((2, 4)), rng.standard_normal((4, 2))
LOWER = np.tril(SQUARE)


class TestInv(OpTest):
    op = staticmethod(linalg.inv)
    aliases = ["inverse"]
    samples = [sample(SQUARE), sample(BATCH)]
    layouts = False  # an expanded matrix is singular
    errors = [
        (lambda: linalg.inv(tg.ones(2, 3)), ValueError, "inv"),
        (lambda: linalg.inv(tg.ones(2, 2)), linalg.LinAlgError, "inv"),
        (lambda: linalg.inv(tg.ones(2, 2).long()), TypeError, "inv"),
    ]

    def expected(self, x: Any) -> Any:
        return np.linalg.inv(x)


class TestDet(OpTest):
    op = staticmethod(linalg.det)
    aliases = ["det"]
    samples = [sample(SQUARE), sample(BATCH)]
    errors = [(lambda: linalg.det(tg.ones(2, 3)), ValueError, "det")]

    def expected(self, x: Any) -> Any:
        return np.linalg.det(x)


class TestSlogdet(OpTest):
    op = staticmethod(linalg.slogdet)
    aliases = ["slogdet"]
    samples = [sample(SQUARE), sample(-BATCH)]
    layouts = False

    def expected(self, x: Any) -> Any:
        return tuple(np.linalg.slogdet(x))


class TestLogdet(OpTest):
    op = staticmethod(tg.logdet)
    samples = [sample(POSITIVE)]
    layouts = False

    def expected(self, x: Any) -> Any:
        return np.log(np.linalg.det(x))


class TestSolve(OpTest):
    op = staticmethod(linalg.solve)
    samples = [sample(SQUARE, (3, 2)), sample(SQUARE, (3,)), sample(BATCH, (2, 3, 2))]
    layouts = False
    errors = [(lambda: linalg.solve(tg.ones(2, 2), tg.ones(2)), linalg.LinAlgError, "solve")]

    def expected(self, a: Any, b: Any) -> Any:
        return np.linalg.solve(a, b)


class TestSolveTriangular(OpTest):
    op = staticmethod(linalg.solve_triangular)
    samples = [sample(LOWER, (3, 2), upper=False), sample(LOWER.T.copy(), (3, 2), upper=True)]
    layouts = False

    def expected(self, a: Any, b: Any, upper: bool) -> Any:
        return np.linalg.solve(np.triu(a) if upper else np.tril(a), b)


class TestCholesky(OpTest):
    op = staticmethod(linalg.cholesky)
    aliases = ["cholesky"]
    samples = [sample(POSITIVE)]
    layouts = False
    differentiable = False  # of symmetric matrices only: see the test of gradients below
    errors = [(lambda: linalg.cholesky(-tg.eye(2)), linalg.LinAlgError, "cholesky")]

    def expected(self, x: Any) -> Any:
        return np.linalg.cholesky(x)

    def no_gradient(self, case: int) -> None:
        """It has one."""


class TestMatrixPower(OpTest):
    op = staticmethod(linalg.matrix_power)
    aliases = ["matrix_power"]
    samples = [sample(SQUARE, 3), sample(BATCH, 0), sample(SQUARE, -2)]
    layouts = False

    def expected(self, x: Any, n: int) -> Any:
        return np.linalg.matrix_power(x, n)


class TestMatrixExp(OpTest):
    op = staticmethod(linalg.matrix_exp)
    aliases = ["matrix_exp"]
    samples = [sample((3, 3)), sample((2, 2, 2))]

    def expected(self, x: Any) -> Any:
        return scipy.linalg.expm(x)


class TestPinv(OpTest):
    op = staticmethod(linalg.pinv)
    aliases = ["pinverse"]
    samples = [sample(WIDE), sample(TALL)]
    layouts = False
    torch = "linalg.pinv"

    def expected(self, x: Any) -> Any:
        return np.linalg.pinv(x)


class TestSvdvals(OpTest):
    op = staticmethod(linalg.svdvals)
    samples = [sample(WIDE), sample(TALL)]
    layouts = False

    def expected(self, x: Any) -> Any:
        return np.linalg.svd(x, compute_uv=False)


class TestLstsq(OpTest):
    op = staticmethod(lambda a, b: linalg.lstsq(a, b).solution)
    samples = [sample(TALL, (4, 1))]
    layouts = False
    torch = None
    torch_note = "the row takes the solution alone; PyTorch's own samples compare the whole"

    def expected(self, a: Any, b: Any) -> Any:
        return np.linalg.lstsq(a, b, rcond=None)[0]


class TestVander(OpTest):
    op = staticmethod(linalg.vander)
    samples = [sample((3,)), sample((2, 3), N=4)]
    torch = "linalg.vander"

    def expected(self, x: Any, N: int | None = None) -> Any:
        return x[..., None] ** np.arange(x.shape[-1] if N is None else N)


class TestTensorinv(OpTest):
    op = staticmethod(linalg.tensorinv)
    samples = [sample(rng.standard_normal((2, 3, 6)), 2)]
    layouts = False

    def expected(self, x: Any, ind: int) -> Any:
        return np.linalg.tensorinv(x, ind)


class TestTensorsolve(OpTest):
    op = staticmethod(linalg.tensorsolve)
    samples = [sample(rng.standard_normal((2, 3, 6)), (2, 3))]
    layouts = False

    def expected(self, a: Any, b: Any) -> Any:
        return np.linalg.tensorsolve(a, b)


class TestMatrixRank(OpTest):
    op = staticmethod(linalg.matrix_rank)
    differentiable = False
    samples = [sample(SQUARE), sample(np.ones((3, 3))), sample(np.zeros((2, 3)))]
    layouts = False

    def expected(self, x: Any) -> Any:
        return np.linalg.matrix_rank(x)


class TestCond(OpTest):
    op = staticmethod(linalg.cond)
    samples = [sample(SQUARE), sample(SQUARE, "fro")]
    layouts = False
    rtol = {"float32": 1e-4}

    def expected(self, x: Any, p: Any = None) -> Any:
        return np.linalg.cond(x, p)


# ---- factors, by what they multiply to; their gradients through what does not depend on signs -------------------------------


def leaf(a: Any) -> tg.Tensor:
    return tg.tensor(a, requires_grad=True)


def symmetric(x: tg.Tensor) -> tg.Tensor:
    return x + x.mT


@pytest.mark.parametrize("a", [SQUARE, WIDE, TALL, BATCH], ids=["square", "wide", "tall", "batch"])
def test_factors_multiply_to_the_matrix(a: Any) -> None:
    x = tg.tensor(a)
    q, r = linalg.qr(x)
    u, s, vh = linalg.svd(x, full_matrices=False)
    p, lower, upper = linalg.lu(x)
    for product in (q @ r, (u * s.unsqueeze(-2)) @ vh, p @ lower @ upper):
        np.testing.assert_allclose(product.numpy(), a, atol=1e-12)
    u2, s2, v2 = tg.svd(x)
    np.testing.assert_allclose(((u2 * s2.unsqueeze(-2)) @ v2.mT).numpy(), a, atol=1e-12)
    assert tg.qr(x)[0].equal(q)


def test_gradients_of_factors() -> None:
    check = tg.autograd.gradcheck, tg.autograd.gradgradcheck
    w = tg.tensor(rng.standard_normal((3, 3)))
    for gradcheck in check:
        assert gradcheck(
            lambda x: linalg.cholesky(symmetric(x) @ symmetric(x) + 2 * tg.eye(3, dtype=tg.float64)), (leaf(SQUARE),)
        )
        assert gradcheck(lambda x: linalg.qr(x).R.abs(), (leaf(SQUARE),))
        assert gradcheck(lambda x: linalg.svd(x).S, (leaf(SQUARE),))
        assert gradcheck(lambda x: (linalg.svd(x).U * w).square() @ w, (leaf(SQUARE),), atol=1e-4)
        assert gradcheck(lambda x: linalg.eigvalsh(symmetric(x)), (leaf(SQUARE),))
        assert gradcheck(lambda x: linalg.eigh(symmetric(x)).eigenvectors.square() * w, (leaf(SQUARE),), atol=1e-4)
        assert gradcheck(lambda x: linalg.lu(x)[2], (leaf(SQUARE),))


def test_eigenvalues_and_vectors() -> None:
    a = SQUARE + SQUARE.T
    values, vectors = linalg.eigh(tg.tensor(a))
    np.testing.assert_allclose(a @ vectors.numpy(), vectors.numpy() * values.numpy(), atol=1e-12)
    np.testing.assert_allclose(linalg.eigvalsh(tg.tensor(a)).numpy(), np.linalg.eigvalsh(a), atol=1e-12)


def test_what_is_solved_with_factors() -> None:
    b = tg.tensor(rng.standard_normal((3, 2)))
    a, positive = tg.tensor(SQUARE), tg.tensor(POSITIVE)
    lu, pivots = linalg.lu_factor(a)
    np.testing.assert_allclose(linalg.lu_solve(lu, pivots, b).numpy(), np.linalg.solve(SQUARE, b.numpy()), atol=1e-12)
    np.testing.assert_allclose(tg.lu_solve(b, lu, pivots).numpy(), np.linalg.solve(SQUARE, b.numpy()), atol=1e-12)
    p, lower, upper = tg.lu_unpack(lu, pivots)
    np.testing.assert_allclose((p @ lower @ upper).numpy(), SQUARE, atol=1e-12)
    factor = linalg.cholesky(positive)
    np.testing.assert_allclose(tg.cholesky_solve(b, factor).numpy(), np.linalg.solve(POSITIVE, b.numpy()), atol=1e-12)
    np.testing.assert_allclose(tg.cholesky_inverse(factor).numpy(), np.linalg.inv(POSITIVE), atol=1e-12)


def test_forms_that_report_instead_of_raising() -> None:
    singular = tg.ones(2, 2, dtype=tg.float64)
    assert linalg.inv_ex(singular).info.item() > 0 and linalg.inv_ex(tg.tensor(SQUARE)).info.item() == 0
    assert linalg.cholesky_ex(-singular).info.item() > 0 and linalg.lu_factor_ex(tg.tensor(SQUARE)).info.item() == 0
    assert linalg.solve_ex(singular, tg.ones(2, dtype=tg.float64)).info.item() > 0


TESTED = [
    linalg.qr, linalg.svd, tg.svd, tg.qr, linalg.lu, linalg.eigh, linalg.eigvalsh, linalg.lu_factor, linalg.lu_solve, tg.lu_solve,
    tg.lu_unpack, tg.cholesky_solve, tg.cholesky_inverse, linalg.inv_ex, linalg.cholesky_ex, linalg.lu_factor_ex, linalg.solve_ex,
    linalg.lstsq, tg.cholesky, tg.pinverse,
]  # fmt: skip
