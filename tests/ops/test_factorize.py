"""Cholesky, QR, LU, reflections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.matrices import Decomposition, around, one, singular, square, t, two, whole
from tests.ops.optest import sample

# Tested below through a function that prepares their input, or by what defines them.
TESTED = [
    linalg.cholesky,
    linalg.cholesky_ex,
    linalg.lu,
    linalg.lu_factor,
    linalg.lu_factor_ex,
    linalg.lu_solve,
    linalg.qr,
    tg.cholesky,
    tg.lu_solve,
    tg.lu_unpack,
    tg.qr,
]


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


# ---- Cholesky, QR ----------------------------------------------------------------------------------------------------


class TestCholesky(Decomposition):
    op, torch = around("linalg.cholesky", lambda f, a, **kw: f(a @ a.mT, **kw))
    samples = [sample((3, 5)), sample((3, 5), upper=True), sample((4, 2, 5)), sample((0, 2)), sample((0, 2, 3))]
    errors = [
        (lambda: linalg.cholesky(two), ValueError, "cholesky: A must be square"),
        (
            lambda: linalg.cholesky(tg.tensor([[1.0, 2.0], [2.0, 1.0]])),
            linalg.LinAlgError,
            "cholesky: matrix is not positive-definite: its leading minor of order 2 is not positive",
        ),
        (
            lambda: linalg.cholesky(tg.stack([square, square, -square])),
            linalg.LinAlgError,
            "cholesky: matrix 2 of the stack is not positive-definite: its leading minor of order 1",
        ),
    ]

    def expected(self, a: Any, upper: bool = False) -> Any:
        factor = np.linalg.cholesky(a @ t(a))
        return t(factor) if upper else factor


def test_the_gradient_of_cholesky_counts_both_triangles() -> None:
    x = (tg.eye(3) * 2).requires_grad_()
    tg.cholesky(x).sum().backward()
    assert tg.allclose(x.grad, x.grad.mT) and x.grad[0, 1] != 0


def test_cholesky_ex_says_which_matrices_are_not_positive_definite() -> None:
    factor, info = linalg.cholesky_ex(tg.stack([square * 4, -square]))
    assert info.tolist() == [0, 1] and factor[0].tolist() == [[2.0, 0.0], [0.0, 2.0]] and bool(factor[1].isnan().all())
    assert linalg.cholesky_ex(square).info.item() == 0
    with pytest.raises(linalg.LinAlgError, match="cholesky_ex: matrix is not positive-definite"):
        linalg.cholesky_ex(-square, check_errors=True)


class TestQr(Decomposition):
    op, torch = around("linalg.qr", lambda f, a, *args, **kw: tuple(x.abs() for x in f(a, *args, **kw)))
    samples = [
        sample((3, 3)),
        sample((4, 2)),
        sample((2, 4)),
        sample((5, 4, 2)),
        sample((3, 3), "complete"),
        sample((2, 4), mode="complete"),
        sample((1, 3)),
        sample((3, 1)),
        sample((0, 2)),
        sample((2, 0)),
    ]
    errors = [
        (lambda: linalg.qr(tg.ones(3)), ValueError, "qr: A must be a matrix or a stack"),
        (lambda: linalg.qr(two, "full"), ValueError, "qr: mode 'full' is unknown; choose 'reduced', 'complete' or 'r'"),
        (
            lambda: linalg.qr(two.mT.clone().requires_grad_(), "complete").Q.sum().backward(),
            RuntimeError,
            "qr: mode='complete' has no gradient for a tall matrix, here (3, 2): the last 1 columns of Q are arbitrary",
        ),
    ]

    def expected(self, a: Any, mode: str = "reduced") -> Any:
        q, r = np.linalg.qr(a, mode)
        return np.abs(q), np.abs(r)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
@pytest.mark.parametrize("part", [0, 1])
def test_the_gradient_of_one_part_of_qr(shape: Any, part: int) -> None:
    x = (tg.randn(*shape, dtype=tg.float64, requires_grad=True),)
    assert tg.autograd.gradcheck(lambda a: linalg.qr(a)[part], x)
    assert tg.autograd.gradgradcheck(lambda a: linalg.qr(a)[part], x, atol=1e-3)


def test_qr_without_q_and_with_all_of_it() -> None:
    x = tg.randn(4, 2, dtype=tg.float64, requires_grad=True)
    empty, r = linalg.qr(x, "r")
    assert empty.shape == (0,) and not empty.requires_grad
    r.square().sum().backward()
    assert tg.allclose(x.grad, 2 * x)  # ‖R‖ = ‖A‖
    q, r = linalg.qr(x.detach(), "complete")
    assert q.shape == (4, 4) and r.shape == (4, 2) and tg.allclose(q @ r, x.detach())
    assert tg.qr(x.detach(), some=False).Q.shape == (4, 4) and tg.qr(x.detach()).Q.shape == (4, 2)


# ---- LU --------------------------------------------------------------------------------------------------------------


class TestLu(Decomposition):
    op, torch = around("linalg.lu", lambda f, a: tuple(f(a))[1:])
    samples = [sample((3, 3)), sample((4, 2)), sample((2, 4)), sample((5, 3, 2)), sample((0, 2)), sample((0, 2, 2))]
    errors = [
        (lambda: linalg.lu(tg.ones(3)), ValueError, "lu: A must be a matrix or a stack"),
        (lambda: linalg.lu(square, pivot=False), ValueError, "lu: pivot=False is not possible on the CPU"),
    ]

    def expected(self, a: Any) -> Any:
        m, n = a.shape[-2:]
        k = min(m, n)
        lower, upper = np.zeros((*a.shape[:-2], m, k)), np.zeros((*a.shape[:-2], k, n))
        for i in np.ndindex(a.shape[:-2]):
            _, lower[i], upper[i] = scipy.linalg.lu(a[i])
        return lower, upper


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (5, 3, 2)])
def test_the_parts_of_lu_multiply_to_the_matrix(shape: Any) -> None:
    x = tg.randn(*shape, dtype=tg.float64, requires_grad=True)
    parts = linalg.lu(x)
    assert tg.allclose(parts.P @ parts.L @ parts.U, x) and not parts.P.requires_grad


class TestLuFactor(Decomposition):
    op, torch = around("linalg.lu_factor", lambda f, a: tuple(f(a)))
    samples = [sample((3, 3)), sample((4, 2)), sample((2, 4)), sample((5, 2, 2))]
    errors = [
        (lambda: linalg.lu_factor(singular), linalg.LinAlgError, "lu_factor: matrix is singular: pivot 2"),
        (lambda: linalg.lu_factor(square, pivot=False), ValueError, "lu_factor: pivot=False is not possible"),
        (lambda: linalg.lu_factor_ex(square, pivot=False), ValueError, "lu_factor_ex: pivot=False is not possible"),
        (lambda: linalg.lu_factor_ex(singular, check_errors=True), linalg.LinAlgError, "is singular"),
    ]

    def expected(self, a: Any) -> Any:
        lu, pivots = a.copy(), np.zeros((*a.shape[:-2], min(a.shape[-2:])), np.int32)
        for i in np.ndindex(a.shape[:-2]):
            lu[i], pivots[i], _ = scipy.linalg.lapack.dgetrf(a[i])
        return lu, pivots + 1


def test_lu_factor_ex_says_which_matrices_are_singular() -> None:
    assert linalg.lu_factor_ex(tg.stack([square, singular])).info.tolist() == [0, 2]


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_lu_solve_solves(left: bool, adjoint: bool) -> None:
    a, b = tg.randn(4, 3, 3, dtype=tg.float64), tg.randn(4, 3, 3, dtype=tg.float64)

    def solved(a: Any, b: Any) -> Any:
        return linalg.lu_solve(*linalg.lu_factor(a), b, left=left, adjoint=adjoint)

    assert tg.allclose(solved(a, b), linalg.solve(a.mT if adjoint else a, b, left=left))
    x = (tg.eye(3, dtype=tg.float64) * 3 + a[0].tanh()).requires_grad_(), b[0].clone().requires_grad_()
    assert tg.autograd.gradcheck(solved, x) and tg.autograd.gradgradcheck(solved, x)


def test_lu_solve_and_unpack_in_their_older_form() -> None:
    a, b = tg.randn(4, 3, 3, dtype=tg.float64), tg.randn(4, 3, 2, dtype=tg.float64)
    lu, pivots = linalg.lu_factor(a)
    assert tg.allclose(a @ tg.lu_solve(b, lu, pivots), b)
    p, lower, upper = tg.lu_unpack(lu, pivots)
    assert tg.allclose(p @ lower @ upper, a)
    assert tg.lu_unpack(lu, pivots, unpack_pivots=False).P.numel() == 0
    assert tg.lu_unpack(lu, pivots, unpack_data=False).L.numel() == 0
    with pytest.raises(TypeError, match="lu_unpack: pivots must be whole numbers"):
        tg.lu_unpack(lu, pivots.float())
    with pytest.raises(ValueError, match=r"lu_solve: pivots do not belong to LU.\n    LU      \(4, 3, 3\)"):
        tg.lu_solve(b, lu, pivots[:, :2])
    with pytest.raises(TypeError, match=r"lu_solve: needs operands of one dtype[\s\S]*Convert: LU\.float\(\)"):
        tg.lu_solve(b.float(), lu, pivots)
    with pytest.raises(ValueError, match="lu_solve: the shapes do not belong together"):
        tg.lu_solve(b.mT, lu, pivots)


# ---- reflections -----------------------------------------------------------------------------------------------------


def reflected(a: Any, tau: Any) -> Any:
    """H₁·H₂·…, written out."""
    m = a.shape[-2]
    q = np.broadcast_to(np.eye(m), (*a.shape[:-2], m, m))
    for i in range(tau.shape[-1]):
        v = np.where(np.arange(m) < i, 0, np.where(np.arange(m) == i, 1, a[..., :, i]))
        q = q @ (np.eye(m) - tau[..., i, None, None] * v[..., :, None] * v[..., None, :])
    return q


class TestHouseholderProduct(Decomposition):
    op = staticmethod(linalg.householder_product)
    torch = "linalg.householder_product"
    samples = [sample((4, 3), (3,)), sample((4, 3), (2,)), sample((2, 3, 3), (2, 3)), sample((3, 0), (0,)), sample((3, 2), (0,))]
    errors = [
        (lambda: linalg.householder_product(two, one), ValueError, "householder_product: A must not be wider than high"),
        (
            lambda: linalg.householder_product(square, tg.ones(3)),
            ValueError,
            "householder_product: the reflections do not fit",
        ),
        (lambda: linalg.householder_product(whole, one), TypeError, "householder_product: A needs float32 or float64"),
        (lambda: linalg.householder_product(square, one.double()), TypeError, "Convert: tau.float() (NumPy"),
    ]

    def expected(self, a: Any, tau: Any) -> Any:
        return reflected(a, tau)[..., : a.shape[-1]]


class TestOrgqr(TestHouseholderProduct):
    op = staticmethod(tg.orgqr)
    torch = "orgqr"


class TestOrmqr(Decomposition):
    op = staticmethod(tg.ormqr)
    torch = "ormqr"
    samples = [
        sample((3, 2), (2,), (3, 4)),
        sample((3, 2), (2,), (3, 4), True, True),
        sample((2, 3, 3), (2, 3), (2, 4, 3), False),
        sample((3, 2), (2,), (4, 3), left=False, transpose=True),
    ]
    errors = [
        (lambda: tg.ormqr(square, one, tg.ones(3, 2)), ValueError, "ormqr: Q is 2 × 2, which does not fit other"),
        (lambda: tg.ormqr(square, tg.ones(3), square), ValueError, "ormqr: the reflections do not fit"),
    ]

    def expected(self, a: Any, tau: Any, x: Any, left: bool = True, transpose: bool = False) -> Any:
        q = reflected(a, tau)
        q = t(q) if transpose else q
        return q @ x if left else x @ q


class TestGeqrf(Decomposition):
    op = staticmethod(tg.geqrf)
    torch = "geqrf"
    torch_gradient = False  # PyTorch has none
    samples = [sample((3, 3)), sample((4, 2)), sample((2, 4)), sample((2, 3, 2)), sample((0, 2)), sample((2, 0))]
    errors = [(lambda: tg.geqrf(one), ValueError, "geqrf: input must be a matrix or a stack")]

    def expected(self, a: Any) -> Any:
        k = min(a.shape[-2:])
        packed, taus = np.zeros(a.shape), np.zeros((*a.shape[:-2], k))
        for i in np.ndindex(a.shape[:-2]) if k else ():
            packed[i], taus[i] = scipy.linalg.lapack.dgeqrf(a[i])[:2]
        return packed, taus


def test_geqrf_packs_what_householder_product_and_ormqr_unpack() -> None:
    a = tg.randn(5, 3, dtype=tg.float64)
    packed, tau = tg.geqrf(a)
    assert tg.allclose(linalg.householder_product(packed, tau) @ packed.triu()[:3], a)
    assert tg.allclose(tg.ormqr(packed, tau, a, transpose=True), packed.triu(), atol=1e-12)
    zero = tg.zeros(3, 2, requires_grad=True)
    tg.geqrf(zero).a.sum().backward()
    assert zero.grad.isfinite().all()
