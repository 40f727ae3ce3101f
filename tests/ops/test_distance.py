"""Distances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional
from tests.ops import test_linalg_norm
from tests.ops.operands import inf, one, seed, two, whole  # noqa: F401  (seed is used by pytest)
from tests.ops.optest import OpTest, sample


class TestDist(OpTest):
    op = staticmethod(tg.dist)
    samples = [sample((2, 3), (2, 3)), sample((2, 3), (3,), 1), sample((3,), (3,), inf), sample((3,), (3,), p=3)]
    errors = [(lambda: tg.dist(whole, whole), TypeError, "dist: input needs a floating dtype")]

    def expected(self, x: Any, z: Any, p: float = 2) -> Any:
        return test_linalg_norm.TestVectorNorm().expected(x - z, p)


class TestCdist(OpTest):
    op = staticmethod(tg.cdist)
    samples = [
        sample((4, 3), (5, 3)),
        sample((2, 4, 3), (5, 3), 1.0),
        sample((2, 1, 4, 3), (3, 5, 3), inf),
        sample((4, 3), (5, 3), 0.0),
        sample((4, 3), (5, 3), 3.0),
        sample((4, 3), (5, 3), compute_mode="use_mm_for_euclid_dist"),
        sample((2, 4, 3), (5, 3), compute_mode="use_mm_for_euclid_dist"),
        sample((30, 3), (2, 3)),
        sample((30, 3), (2, 3), compute_mode="donot_use_mm_for_euclid_dist"),
        sample((0, 3), (2, 3)),
        sample((4, 0), (5, 0)),
    ]
    atol = {"float64": 1e-7, "float32": 2e-3}
    errors = [
        (lambda: tg.cdist(two, tg.ones(2, 4)), ValueError, "cdist: the rows are not of one length.\n    x1  (2, 3)"),
        (lambda: tg.cdist(one, two), ValueError, "cdist: the rows are not of one length"),
        (lambda: tg.cdist(two, two, -1), ValueError, "cdist: p must not be negative, got -1"),
        (lambda: tg.cdist(two, two, compute_mode="x"), ValueError, "cdist: compute_mode 'x' is unknown"),
        (lambda: tg.cdist(whole, whole), TypeError, "cdist: x1 needs a floating dtype"),
        (lambda: tg.cdist(two, two.double()), TypeError, "cdist: x1 is tensorgrad.float32, x2 tensorgrad.float64"),
        (lambda: tg.cdist(tg.ones(2, 2, 3), tg.ones(3, 2, 3)), ValueError, "cdist: these shapes do not broadcast"),
    ]

    def expected(self, x: Any, z: Any, p: float = 2.0, compute_mode: str = "") -> Any:
        d = x[..., :, None, :] - z[..., None, :, :]
        if not d.shape[-1]:
            return d.sum(-1)
        return test_linalg_norm.TestVectorNorm().expected(d, p, -1)


@pytest.mark.parametrize("mode", ["use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"])
def test_the_distance_of_a_row_to_itself_has_no_gradient(mode: str) -> None:
    x = tg.tensor([[3.0, 4.0], [0.0, 0.0]], requires_grad=True)
    y = tg.cdist(x, x.detach(), compute_mode=mode)
    y.sum().backward()
    assert y.tolist() == [[0.0, 5.0], [5.0, 0.0]]
    assert tg.allclose(x.grad, tg.tensor([[0.6, 0.8], [-0.6, -0.8]]))


class TestPdist(OpTest):
    op = staticmethod(functional.pdist)
    samples = [sample((4, 3)), sample((4, 3), 1), sample((4, 3), p=inf), sample((1, 3)), sample((3, 0))]
    errors = [
        (lambda: functional.pdist(one), ValueError, "pdist: needs (N, M), got shape (2,)"),
        (lambda: functional.pdist(two, -1), ValueError, "pdist: p must not be negative, got -1"),
        (lambda: functional.pdist(whole), TypeError, "pdist: input needs a floating dtype"),
    ]

    def expected(self, x: Any, p: float = 2) -> Any:
        pairs = [(i, j) for i in range(len(x)) for j in range(i + 1, len(x))]
        d = np.asarray([x[i] - x[j] for i, j in pairs]).reshape(len(pairs), x.shape[1])
        return test_linalg_norm.TestVectorNorm().expected(d, p, 1) if d.shape[1] else np.zeros(len(d))


def test_distances_of_no_rows() -> None:
    x = tg.zeros(0, 3, requires_grad=True)  # in PyTorch the gradient of this ends the process
    y = functional.pdist(x)
    y.sum().backward()
    assert y.shape == (0,) and x.grad.shape == (0, 3)
