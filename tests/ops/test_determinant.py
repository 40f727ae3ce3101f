"""Determinants."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.matrices import Decomposition, around, singular, t, two
from tests.ops.optest import sample

# Tested below through a function that prepares their input, or by what defines them.
TESTED = [
    tg.logdet,
]


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


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


def by_permutations(a: tg.Tensor) -> tg.Tensor:
    """The determinant as the sum that defines it."""
    n, total = a.shape[-1], a.new_zeros(a.shape[:-2])
    for order in permutations(range(n)):
        turned = sum(order[i] > order[j] for j in range(n) for i in range(j))
        term = a.new_full(a.shape[:-2], (-1.0) ** turned)
        for i in range(n):
            term = term * a[..., i, order[i]]
        total = total + term
    return total


@pytest.mark.parametrize(
    "a",
    [
        np.array([[0.0, 1.0], [0.0, 0.0]]),
        np.zeros((2, 2)),
        np.array([[1.0, 2.0], [2.0, 4.0]]),
        np.array([[2.0, 1.0, 0.5], [0.5, 3.0, 1.0], [1.0, 0.0, 1.0]]),
        np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5]),  # of rank 1
        np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5]) + np.outer([0.0, 1.0, 1.0], [2.0, 1.0, 0.0]),  # of rank 2
        np.stack([np.eye(3), np.diag([1.0, 0.0, 2.0]), np.zeros((3, 3))]),
        np.diag([1.0, 0.0, 0.0, 2.0]) + np.outer([1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]),
        np.zeros((4, 4)),
        np.zeros((1, 1)),
    ],
    ids=lambda a: f"{a.shape}",
)
def test_five_derivatives_of_a_determinant(a: Any) -> None:
    """It is a polynomial in the entries: of matrices of any rank every derivative is finite, those above the order are 0."""
    x = tg.tensor(a, requires_grad=True)
    w = tg.tensor(np.cos(np.arange(a.size)).reshape(a.shape))
    y, z = linalg.det(x).sum(), by_permutations(x).sum()
    for _ in range(5):
        (plain,) = tg.autograd.grad(y, x, retain_graph=True)
        z = z + 0 * x.sum()
        (g,), (want,) = (tg.autograd.grad(v, x, create_graph=True) for v in (y, z))
        for found in (plain, g.detach()):
            np.testing.assert_allclose(found.numpy(), want.numpy(force=True), rtol=1e-9, atol=1e-9)
        y, z = (g * w).sum(), (want * w).sum()


def test_determinants_of_nan_are_nan() -> None:
    """NumPy says that such a matrix is singular, and its singular values do not converge."""
    x = tg.tensor([[float("nan"), 1.0], [1.0, 1.0]], requires_grad=True)
    y = linalg.det(x)
    assert y.isnan()
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    (h,) = tg.autograd.grad(g.sum(), x)
    assert g.isnan().all() and h.shape == (2, 2)
    assert all(part.isnan() for part in tg.slogdet(x)) and tg.logdet(x).isnan()


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
