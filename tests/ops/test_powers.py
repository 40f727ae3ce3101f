"""Powers and the exponential of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.matrices import Decomposition, singular, square, two, whole
from tests.ops.optest import sample


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


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
