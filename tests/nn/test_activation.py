"""Activations that draw: what the table of modules cannot compare."""

from __future__ import annotations

import pytest

import tensorgrad as tg
from tensorgrad import nn


def test_rrelu_draws_its_slopes_between_its_bounds() -> None:
    tg.manual_seed(0)
    x = tg.full((10_000,), -1.0)
    for act, low, high in ((nn.RReLU(), 1 / 8, 1 / 3), (nn.RReLU(0.5, 0.7), 0.5, 0.7)):
        slopes = -act(x)
        assert low <= slopes.min().item() < low + 0.01 and high - 0.01 < slopes.max().item() <= high
        assert slopes.mean().item() == pytest.approx((low + high) / 2, abs=0.01)
        assert -act.eval()(x)[0].item() == pytest.approx((low + high) / 2) and not act.inplace
