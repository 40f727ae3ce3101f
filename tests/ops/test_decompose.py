"""Factorisations, determinants and solvers.

What they want of their input (symmetric, positive-definite) is made inside the function under test, so that the input
may be changed in any direction; and of results that are arbitrary in part (signs of eigenvectors) that part is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.optest import OpTest, sample

two = tg.ones(2, 3)
square = tg.eye(2)
one = tg.ones(2)
whole = tg.ones(2, 2, dtype=tg.int64)
singular = tg.tensor([[1.0, 2.0], [2.0, 4.0]])
LOOSE = {"float64": 1e-8, "float32": 2e-3}

# Tested below through a function that prepares their input, or by what defines them.
TESTED = [
    linalg.cholesky,
    linalg.cholesky_ex,
    linalg.eigh,
    linalg.eigvalsh,
    linalg.inv_ex,
    linalg.lu,
    linalg.lu_factor,
    linalg.lu_factor_ex,
    linalg.lu_solve,
    linalg.matrix_rank,
    linalg.qr,
    linalg.solve_ex,
    linalg.svd,
    tg.cholesky,
    tg.cholesky_inverse,
    tg.cholesky_solve,
    tg.logdet,
    tg.lu_solve,
    tg.lu_unpack,
    tg.pinverse,
    tg.qr,
    tg.svd,
]


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


def around(name: str, prepare: Callable[..., Any]) -> tuple[Any, Any]:
    """`prepare(f, …)` with f the function of this name here, and in PyTorch."""

    def inside(library: Callable[[], Any]) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            found = library()
            for part in name.split("."):
                found = getattr(found, part)
            return prepare(found, *args, **kwargs)

        return staticmethod(run)

    return inside(lambda: tg), inside(lambda: __import__("torch"))


def t(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


class Decomposition(OpTest):
    rtol = atol = torch_rtol = torch_atol = LOOSE
    grad_rtol = 1e-4

    @pytest.mark.parametrize("layout", ["transposed", "strided", "reversed", "expanded"])
    def test_layout(self, case: int, layout: str) -> None:
        if layout != "expanded" or max(a.ndim for a in self.arguments(case)[0] if hasattr(a, "ndim")) > 2:
            super().test_layout(case, layout)  # the equal rows of an expanded matrix would make it singular


# ---- inverses and determinants --------------------------------------------------------------------------------------


class TestInv(Decomposition):
    op = staticmethod(linalg.inv)
    aliases = ["inverse"]
    torch = "linalg.inv"
    samples = [sample((3, 3)), sample((4, 2, 2)), sample((1, 1)), sample((0, 0)), sample((0, 3, 3))]
    errors = [
        (lambda: linalg.inv(two), ValueError, "inv: A must be square, (…, n, n), got shape (2, 3)"),
        (lambda: linalg.inv(tg.ones(2)), ValueError, "inv: A must be a matrix or a stack (…, m, n), got shape (2,)"),
        (lambda: linalg.inv(whole), TypeError, "inv: A needs float32 or float64, got tensorgrad.int64"),
        (lambda: linalg.inv(square.half()), TypeError, "inv: A needs float32 or float64, got tensorgrad.float16"),
        (
            lambda: linalg.inv(singular),
            linalg.LinAlgError,
            "inv: matrix is singular: pivot 2 of its LU factorisation is 0",
        ),
        (
            lambda: linalg.inv(tg.stack([square, singular])),
            linalg.LinAlgError,
            "inv: matrix 1 of the stack is singular",
        ),
        (lambda: linalg.inv(tg.zeros(2, 3, 1, 1)), linalg.LinAlgError, "inv: matrix (0, 0) of the stack is singular"),
    ]

    def expected(self, a: Any) -> Any:
        return np.linalg.inv(a)


def test_a_linalg_error_is_a_runtime_error() -> None:
    assert issubclass(linalg.LinAlgError, RuntimeError)


def test_inv_ex_says_which_matrices_are_singular() -> None:
    a = tg.stack([square * 2, singular]).requires_grad_()
    inverse, info = linalg.inv_ex(a)
    assert info.tolist() == [0, 2] and info.dtype is tg.int32
    assert inverse[0].tolist() == [[0.5, 0.0], [0.0, 0.5]] and bool(inverse[1].isnan().all())
    inverse[0].sum().backward()
    assert a.grad[0].tolist() == [[-0.25, -0.25], [-0.25, -0.25]]
    assert linalg.inv_ex(square).info.tolist() == 0
    with pytest.raises(linalg.LinAlgError, match="singular"):
        linalg.inv_ex(singular, check_errors=True)


class TestDet(Decomposition):
    op = staticmethod(linalg.det)
    samples = [sample((3, 3)), sample((4, 2, 2)), sample((1, 1)), sample((0, 0)), sample((0, 2, 2)), sample((5, 5))]
    errors = [(lambda: linalg.det(two), ValueError, "det: A must be square, (…, n, n), got shape (2, 3)")]

    def expected(self, a: Any) -> Any:
        return np.linalg.det(a)


class TestDetOfSingular(Decomposition):
    op = staticmethod(linalg.det)
    torch = None
    torch_note = "PyTorch's gradient is 0 where the matrix of cofactors is not"
    samples = [
        sample(np.array([[1.0, 2.0], [2.0, 4.0]])),
        sample(np.diag([1.0, 2.0, 0.0])),
        sample(np.diag([3.0, 0.0, 0.0])),
        sample(np.zeros((3, 3))),
        sample(np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5]) + np.outer([0.0, 1.0, 1.0], [2.0, 1.0, 0.0])),
        sample(np.stack([np.eye(3), np.diag([1.0, 0.0, 2.0])])),
        sample(np.zeros((1, 1))),
    ]

    def expected(self, a: Any) -> Any:
        return np.linalg.det(a)


def test_the_third_derivative_of_a_determinant() -> None:
    x = tg.tensor([[2.0, 1.0, 0.0], [0.5, 3.0, 1.0], [1.0, 0.0, 1.0]], dtype=tg.float64, requires_grad=True)
    assert tg.autograd.gradgradcheck(lambda a: tg.autograd.grad(linalg.det(a), a, create_graph=True)[0], (x,))


class TestSlogdet(Decomposition):
    op = staticmethod(linalg.slogdet)
    samples = [sample((3, 3)), sample((4, 2, 2)), sample((0, 0)), sample((0, 2, 2))]
    errors = [(lambda: linalg.slogdet(two), ValueError, "slogdet: A must be square")]

    def expected(self, a: Any) -> Any:
        return tuple(np.linalg.slogdet(a))


def test_slogdet_has_names_and_takes_singular_matrices() -> None:
    x = singular.clone().requires_grad_()
    result = tg.slogdet(x)
    assert result.sign.item() == 0 and result.logabsdet.item() == -float("inf")
    result.logabsdet.backward()
    assert bool(x.grad.isnan().all())


class TestLogdet(Decomposition):
    op, torch = around("logdet", lambda f, a: f(a @ a.mT))
    samples = [sample((2, 5)), sample((4, 2, 5))]
    errors = [(lambda: tg.logdet(two), ValueError, "logdet: input must be square")]

    def expected(self, a: Any) -> Any:
        return np.linalg.slogdet(a @ t(a))[1]


def test_logdet_of_what_has_no_logarithm() -> None:
    assert tg.logdet(-tg.eye(3)).isnan() and tg.logdet(singular).item() == -float("inf")


# ---- solving --------------------------------------------------------------------------------------------------------


class TestSolve(Decomposition):
    op = staticmethod(linalg.solve)
    torch = "linalg.solve"
    samples = [
        sample((3, 3), (3, 2)),
        sample((3, 3), (3,)),
        sample((4, 3, 3), (4, 3)),
        sample((4, 3, 3), (3,)),
        sample((4, 1, 3, 3), (5, 3, 2)),
        sample((3, 3), (2, 3), left=False),
        sample((4, 3, 3), (4, 2, 3), left=False),
        sample((0, 0), (0, 2)),
        sample((0, 3, 3), (0, 3, 2)),
    ]
    errors = [
        (lambda: linalg.solve(two, two), ValueError, "solve: A must be square"),
        (
            lambda: linalg.solve(square, tg.ones(3, 1)),
            ValueError,
            "solve: the shapes do not belong together.\n    A  (2, 2)\n    B  (3, 1)\nA·X = B needs B (…, n, k)",
        ),
        (lambda: linalg.solve(square, tg.ones(3)), ValueError, "solve: the shapes do not belong together"),
        (lambda: linalg.solve(square, two, left=False), ValueError, "X·A = B needs B (…, k, n) for A (…, n, n)"),
        (lambda: linalg.solve(square, tg.ones(2), left=False), ValueError, "solve: with left=False B is a matrix"),
        (lambda: linalg.solve(square, tg.ones(2).double()), TypeError, "solve: A and B must have one dtype, got"),
        (lambda: linalg.solve(singular, tg.ones(2)), linalg.LinAlgError, "solve: matrix is singular: pivot 2"),
        (
            lambda: linalg.solve(tg.ones(3, 2, 2), tg.ones(2, 2, 2)),
            ValueError,
            "solve: these shapes do not broadcast.\n    A  (3,)\n    B  (2,)",
        ),
    ]

    def expected(self, a: Any, b: Any, left: bool = True) -> Any:
        if not left:
            return t(np.linalg.solve(t(a), t(b)))
        if b.ndim == 1 or b.shape == a.shape[:-1]:
            return np.linalg.solve(a, b[..., None])[..., 0]
        return np.linalg.solve(a, b)


def test_solve_ex_says_which_matrices_are_singular() -> None:
    result, info = linalg.solve_ex(tg.stack([square * 2, singular]), tg.ones(2))
    assert info.tolist() == [0, 2] and result[0].tolist() == [0.5, 0.5] and bool(result[1].isnan().all())
    assert linalg.solve_ex(square, tg.ones(2)).info.item() == 0
    with pytest.raises(linalg.LinAlgError, match="matrix 1 of the stack is singular"):
        linalg.solve_ex(tg.stack([square, singular]), tg.ones(2), check_errors=True)


class TestSolveTriangular(Decomposition):
    op = staticmethod(linalg.solve_triangular)
    torch = "linalg.solve_triangular"
    low, high = 0.5, 2.0
    samples = [
        sample((3, 3), (3, 2), upper=True),
        sample((3, 3), (3, 2), upper=False),
        sample((3, 3), (2, 3), upper=True, left=False),
        sample((3, 3), (2, 3), upper=False, left=False),
        sample((3, 3), (3, 2), upper=True, unitriangular=True),
        sample((3, 3), (2, 3), upper=False, left=False, unitriangular=True),
        sample((4, 1, 2, 2), (3, 2, 5), upper=False),
        sample((0, 0), (0, 2), upper=True),
        sample((2, 2, 2), (2, 2, 0), upper=True),
    ]
    errors = [
        (lambda: linalg.solve_triangular(two, two, upper=True), ValueError, "solve_triangular: A must be square"),
        (lambda: linalg.solve_triangular(square, tg.ones(2), upper=True), ValueError, "B must be a matrix or a stack"),
        (lambda: linalg.solve_triangular(square, two.mT, upper=True), ValueError, "the shapes do not belong together"),
        (lambda: linalg.solve_triangular(square, two.double(), upper=True), TypeError, "A and B must have one dtype"),
    ]

    def expected(self, a: Any, b: Any, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
        a = np.triu(a) if upper else np.tril(a)
        if unitriangular:
            a = a - a * np.eye(a.shape[-1]) + np.eye(a.shape[-1])
        return np.linalg.solve(a, b) if left else t(np.linalg.solve(t(a), t(b)))


def test_a_zero_on_the_diagonal_divides() -> None:
    x = linalg.solve_triangular(tg.tensor([[1.0, 0.0], [1.0, 0.0]]), tg.tensor([[1.0], [2.0]]), upper=False)
    assert x.tolist() == [[1.0], [float("inf")]]


class TestCholeskySolve(Decomposition):
    op, torch = around("cholesky_solve", lambda f, b, a, **kw: f(b, a.triu() if kw else a.tril(), **kw))
    low, high = 0.5, 2.0
    samples = [sample((3, 2), (3, 3)), sample((3, 2), (3, 3), upper=True), sample((4, 3, 2), (4, 3, 3))]
    errors = [
        (lambda: tg.cholesky_solve(two, square.double()), TypeError, "cholesky_solve: L and B must have one dtype"),
        (lambda: tg.cholesky_solve(two.mT, square), ValueError, "cholesky_solve: the shapes do not belong together"),
        (lambda: tg.cholesky_solve(two, two), ValueError, "cholesky_solve: L must be square"),
    ]

    def expected(self, b: Any, a: Any, upper: bool = False) -> Any:
        a = np.triu(a) if upper else np.tril(a)
        return np.linalg.solve(t(a) @ a if upper else a @ t(a), b)


class TestCholeskyInverse(Decomposition):
    op, torch = around("cholesky_inverse", lambda f, a, **kw: f(a.triu() if kw else a.tril(), **kw))
    low, high = 0.5, 2.0
    samples = [sample((3, 3)), sample((3, 3), upper=True), sample((4, 2, 2))]
    errors = [(lambda: tg.cholesky_inverse(two), ValueError, "cholesky_inverse: L must be square")]

    def expected(self, a: Any, upper: bool = False) -> Any:
        a = np.triu(a) if upper else np.tril(a)
        return np.linalg.inv(t(a) @ a if upper else a @ t(a))


def test_the_triangle_that_is_not_read_gets_no_gradient() -> None:
    x = tg.tensor([[2.0, 7.0], [1.0, 3.0]], requires_grad=True)
    tg.cholesky_solve(tg.ones(2, 1), x).sum().backward()
    assert x.grad[0, 1] == 0 and x.grad[1, 0] != 0


# ---- Cholesky, QR ---------------------------------------------------------------------------------------------------


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
    with pytest.raises(linalg.LinAlgError, match="cholesky: matrix is not positive-definite"):
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


# ---- singular values and eigenvalues --------------------------------------------------------------------------------


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


# ---- LU -------------------------------------------------------------------------------------------------------------


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
    with pytest.raises(TypeError, match="lu_solve: LU and B must have one dtype"):
        tg.lu_solve(b.float(), lu, pivots)
    with pytest.raises(ValueError, match="lu_solve: the shapes do not belong together"):
        tg.lu_solve(b.mT, lu, pivots)


# ---- pseudo-inverse, least squares, rank ----------------------------------------------------------------------------


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


class TestLstsq(Decomposition):
    op = staticmethod(linalg.lstsq)
    torch = "linalg.lstsq"
    samples = [
        sample((4, 2), (4, 3)),
        sample((4, 2), (4,)),
        sample((3, 3), (3, 2), driver="gels"),
        sample((2, 4), (2, 1), driver="gelsd"),
        sample((5, 4, 2), (5, 4, 3), driver="gelsd"),
        sample((5, 4, 2), (5, 4), driver="gelss"),
        sample((4, 2), (4, 3), driver="gels"),
    ]
    errors = [
        (
            lambda: linalg.lstsq(two, tg.ones(3, 1)),
            ValueError,
            "lstsq: the shapes do not belong together.\n    A  (2, 3)",
        ),
        (lambda: linalg.lstsq(two, two, driver="x"), ValueError, "lstsq: driver 'x' is unknown; choose 'gels'"),
        (lambda: linalg.lstsq(two, two.double()), TypeError, "lstsq: A and B must have one dtype"),
        (lambda: linalg.lstsq(tg.ones(3), tg.ones(3)), ValueError, "lstsq: A must be a matrix or a stack"),
    ]

    def expected(self, a: Any, b: Any, driver: str | None = None) -> Any:
        vector = b.ndim == a.ndim - 1
        right = b[..., None] if vector else b
        m, n = a.shape[-2:]
        x = np.linalg.pinv(a) @ right
        residuals = ((a @ x - right) ** 2).sum(-2) if m > n and driver not in (None, "gelsy") else np.zeros(0)
        rank = np.zeros(0, int) if driver == "gels" else np.full(a.shape[:-2], min(m, n))
        s = np.linalg.svd(a, compute_uv=False) if driver in ("gelsd", "gelss") else np.zeros(0)
        return x[..., 0] if vector else x, residuals, rank, s

    @classmethod
    def call(cls, args: Any, kwargs: Any, requires_grad: bool = False) -> Any:
        inputs, found = super().call(args, kwargs, requires_grad)
        if requires_grad or not tg.is_grad_enabled():  # of a derivative: what has one
            found = tuple(found)[:2]
        return inputs, found


def test_least_squares_of_low_rank_is_the_shortest() -> None:
    a, b = tg.ones(3, 2), tg.tensor([1.0, 2.0, 3.0]).unsqueeze(1)
    found = linalg.lstsq(a, b, driver="gelsd")
    assert tg.allclose(found.solution, tg.ones(2, 1)) and found.rank.item() == 1
    assert found.residuals.numel() == 0 and found.singular_values.shape == (2,)
    assert linalg.lstsq(tg.tensor([[1.0, 0.0], [0.0, 0.01]]), tg.ones(2, 1), 0.1).solution.tolist() == [[1.0], [0.0]]


# ---- powers and the rest --------------------------------------------------------------------------------------------


class TestMatrixPower(Decomposition):
    op = staticmethod(linalg.matrix_power)
    samples = [
        *[sample((3, 3), n) for n in (0, 1, 2, 3, 5, -1, -2)],
        sample((2, 2, 2), 4),
        sample(np.array([[1, 2], [3, 4]]), 3),
        sample(np.array([[1, 2], [3, 4]]), 0),
    ]
    errors = [
        (
            lambda: linalg.matrix_power(two, 2),
            ValueError,
            "matrix_power: A must be square, (…, n, n), got shape (2, 3)",
        ),
        (lambda: linalg.matrix_power(square, 0.5), TypeError, "matrix_power: n must be an int, got 0.5"),
        (lambda: linalg.matrix_power(singular, -1), linalg.LinAlgError, "matrix_power: matrix is singular"),
        (lambda: linalg.matrix_power(whole, -1), TypeError, "matrix_power: A needs float32 or float64"),
    ]

    def expected(self, a: Any, n: int) -> Any:
        return np.linalg.matrix_power(a, n)


class TestMatrixExp(Decomposition):
    op = staticmethod(linalg.matrix_exp)
    samples = [sample((3, 3)), sample((4, 2, 2)), sample((1, 1)), sample((0, 2, 2))]
    errors = [(lambda: linalg.matrix_exp(two), ValueError, "matrix_exp: A must be square")]

    def expected(self, a: Any) -> Any:
        out, term = np.broadcast_to(np.eye(a.shape[-1]), a.shape).copy(), np.eye(a.shape[-1])
        for k in range(1, 60):
            term = term @ a / k
            out = out + term
        return out


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


class TestTensorinv(Decomposition):
    op = staticmethod(linalg.tensorinv)
    layouts = False  # an expanded one is singular
    samples = [sample((2, 3, 6)), sample((4, 2, 2), ind=1), sample((2, 2, 2, 2))]
    errors = [
        (lambda: linalg.tensorinv(tg.ones(2, 3, 5)), ValueError, "the first 2 axes of shape (2, 3, 5) have 6 entries"),
        (lambda: linalg.tensorinv(square, 0), ValueError, "tensorinv: ind must be an int above 0, got 0"),
    ]

    def expected(self, a: Any, ind: int = 2) -> Any:
        return np.linalg.tensorinv(a, ind)


class TestTensorsolve(Decomposition):
    op = staticmethod(linalg.tensorsolve)
    layouts = False  # an expanded one is singular
    samples = [sample((2, 3, 6), (2, 3)), sample((3, 4, 2, 6), (3, 4)), sample((6, 2, 3), (2, 3), dims=(0,))]
    errors = [(lambda: linalg.tensorsolve(two, two), ValueError, "tensorsolve: the shapes do not belong together")]

    def expected(self, a: Any, b: Any, dims: Any = None) -> Any:
        return np.linalg.tensorsolve(a, b, dims)


class TestVander(Decomposition):
    op = staticmethod(linalg.vander)
    torch = "linalg.vander"
    samples = [
        sample((3,)),
        sample((2, 3), N=2),
        sample(np.arange(3)),
        sample((), N=3),
        sample((3,), N=5),
    ]
    errors = [
        (lambda: linalg.vander(two, N=0), ValueError, "vander: N must be above 0, got 0"),
        (lambda: linalg.vander(two.bool()), TypeError, "vander: bools have no powers"),
    ]

    def expected(self, x: Any, N: int | None = None) -> Any:
        x = np.atleast_1d(x)
        return x[..., None] ** np.arange(x.shape[-1] if N is None else N)


@pytest.mark.parametrize("f", [linalg.svd, linalg.svdvals, linalg.pinv, linalg.matrix_rank])
def test_nan_does_not_converge(f: Any) -> None:
    with pytest.raises(linalg.LinAlgError, match="did not converge"):
        f(tg.full((3, 3), float("nan")))


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
        (lambda: linalg.householder_product(square, one.double()), TypeError, "A and tau must have one dtype"),
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


def test_low_rank() -> None:
    a = tg.randn(6, 2, dtype=tg.float64) @ tg.randn(2, 5, dtype=tg.float64)
    for x in (a, a.mT):
        u, s, v = tg.svd_lowrank(x, 2)
        assert tg.allclose((u * s) @ v.mT, x) and tg.allclose(u.mT @ u, tg.eye(2, dtype=tg.float64))
    u, s, v = tg.svd_lowrank(a + 1, 2, M=tg.ones(6, 5, dtype=tg.float64))
    assert tg.allclose((u * s) @ v.mT, a)
    u, s, v = tg.pca_lowrank(a, 2)
    assert tg.allclose((u * s) @ v.mT, a - a.mean(0)) and tuple(tg.pca_lowrank(a)[1].shape) == (5,)
    assert tg.allclose((tg.pca_lowrank(a, 2, center=False)[1]), linalg.svdvals(a)[:2])
    with pytest.raises(ValueError, match="pca_lowrank: q must be from 0 to 5, the smaller side of A; got 7"):
        tg.pca_lowrank(a, 7)
    with pytest.raises(ValueError, match="svd_lowrank: niter must be 0 or more, got -1"):
        tg.svd_lowrank(a, 2, -1)
    with pytest.raises(TypeError, match="svd_lowrank: A needs float32 or float64"):
        tg.svd_lowrank(whole)


TESTED += [tg.svd_lowrank, tg.pca_lowrank]
