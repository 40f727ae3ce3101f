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
        (lambda: tg.cdist(two, two.double()), TypeError, "x2  tensorgrad.float64\nConvert: x2.float()"),
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


@pytest.mark.parametrize(("dtype", "size"), [("float16", 1e4), ("float32", 1e30), ("float64", 1e200)])
@pytest.mark.parametrize("mode", ["use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"])
def test_distances_whose_squares_leave_the_range(dtype: str, size: float, mode: str) -> None:
    x, z = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([[-1.0, 1.0], [0.0, 0.5], [2.0, 2.0]])
    found, slopes = [], []
    for factor, kind in ((1.0, tg.float64), (size, getattr(tg, dtype))):
        a, b = tg.tensor(x * factor, dtype=kind, requires_grad=True), tg.tensor(z * factor, dtype=kind)
        y = tg.cdist(a, b, compute_mode=mode)
        found.append(y.detach().double().numpy() / factor)
        slopes.append(tg.autograd.grad(y.sum(), a)[0].double().numpy())
    np.testing.assert_allclose(found[1], found[0], rtol=2e-3 if dtype == "float16" else 1e-5)
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=2e-2 if dtype == "float16" else 1e-5)
    apart = tg.dist(tg.tensor(x * size, dtype=getattr(tg, dtype)), tg.tensor(z[:2] * size, dtype=getattr(tg, dtype)))
    assert apart.item() / size == pytest.approx(np.linalg.norm(x - z[:2]), rel=2e-3)


def test_the_number_of_differences_has_no_slope() -> None:
    x, z = tg.tensor([[inf, 1.0], [-inf, 2.0]], requires_grad=True), tg.tensor([[1.0, 2.0]])
    for y in (tg.cdist(x, z, p=0.0), tg.pdist(x, p=0.0), tg.dist(x, z, 0), functional.pairwise_distance(x, z, p=0.0)):
        (g,) = tg.autograd.grad(y.sum(), x)
        assert g.tolist() == [[0.0, 0.0], [0.0, 0.0]]
