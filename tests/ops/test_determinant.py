"""Determinants."""

from __future__ import annotations

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
