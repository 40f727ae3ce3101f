"""Factorisations of low rank."""

from __future__ import annotations

import pytest

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.matrices import whole

TESTED = [tg.svd_lowrank, tg.pca_lowrank]


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


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
