"""Inverses, systems of equations, least squares."""

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
    linalg.inv_ex,
    linalg.solve_ex,
    tg.cholesky_inverse,
    tg.cholesky_solve,
]


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


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
        (lambda: linalg.solve(square, tg.ones(2).double()), TypeError, "Convert: B.float() (NumPy"),
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
        (lambda: linalg.solve_triangular(square, two.double(), upper=True), TypeError, "Convert: B.float() (NumPy"),
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
        (lambda: tg.cholesky_solve(two, square.double()), TypeError, "Convert: L.float() (NumPy"),
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
        sample((5, 4, 2), (5, 4, 3)),
        sample((3, 2, 4), (3, 2, 1)),
    ]
    errors = [
        (
            lambda: linalg.lstsq(two, tg.ones(3, 1)),
            ValueError,
            "lstsq: the shapes do not belong together.\n    A  (2, 3)",
        ),
        (lambda: linalg.lstsq(two, two, driver="x"), ValueError, "lstsq: driver 'x' is unknown; choose 'gels'"),
        (lambda: linalg.lstsq(two, two.double()), TypeError, "Convert: B.float() (NumPy"),
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


def test_least_squares_of_a_stack_with_dependent_columns() -> None:
    """Each matrix is looked at afresh: the second one's first column is nothing."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((3, 6, 3)), rng.standard_normal((3, 6, 2))
    a[0, :, 2], a[1, :, 0], a[2, :, 1] = a[0, :, 0] + a[0, :, 1], 0, 2 * a[2, :, 2]
    found = linalg.lstsq(tg.tensor(a), tg.tensor(b))
    assert found.rank.tolist() == [2, 2, 2]
    want = np.stack([np.linalg.lstsq(m, v, 1e-12)[0] for m, v in zip(a, b)])
    np.testing.assert_allclose(found.solution.numpy(), want, rtol=1e-10, atol=1e-12)
