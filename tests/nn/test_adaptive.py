"""AdaptiveLogSoftmaxWithLoss at its edges; its numbers are compared in tests/oracle and by the table of modules."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn


def layer(dtype: tg.dtype = tg.float64, **options: object) -> nn.AdaptiveLogSoftmaxWithLoss:
    tg.manual_seed(0)
    return nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6], div_value=2.0, dtype=dtype, **options)


@pytest.mark.parametrize("dtype", [tg.float32, tg.float64])
def test_an_empty_batch(dtype: tg.dtype) -> None:
    output, loss = layer(dtype)(tg.zeros(0, 4, dtype=dtype), tg.zeros(0, dtype=tg.int64))
    assert output.shape == (0,) and output.dtype is dtype and loss.shape == () and loss.dtype is dtype
    assert math.isnan(loss.item()), "the mean of nothing"
    assert layer(dtype).log_prob(tg.zeros(0, 4, dtype=dtype)).shape == (0, 10)
    assert layer(dtype).predict(tg.zeros(0, 4, dtype=dtype)).shape == (0,)


@pytest.mark.parametrize("targets", [[0, 2, 1], [3, 9, 6], [0, 5, 9], [4]])
def test_loss_and_log_prob_are_of_one_distribution(targets: list[int]) -> None:
    """Also where no target, or every target, is in the head or in a tail."""
    net = layer(head_bias=True)
    x = tg.randn(len(targets), 4, dtype=tg.float64, generator=tg.Generator().manual_seed(1))
    output, loss = net(x, tg.tensor(targets))
    all_of_them = net.log_prob(x)
    np.testing.assert_allclose(all_of_them.exp().sum(1).tolist(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(output.tolist(), [all_of_them[i, t].item() for i, t in enumerate(targets)], rtol=1e-12)
    assert loss.item() == pytest.approx(-output.mean().item(), rel=1e-12)
    assert net.predict(x).tolist() == all_of_them.argmax(1).tolist()
    one, its_loss = net(x[0], tg.tensor(targets[0]))
    assert one.shape == () and one.item() == pytest.approx(output[0].item()) and its_loss.item() == pytest.approx(-one.item())


def test_reset_parameters_draws_every_weight_anew() -> None:
    net, same = layer(head_bias=True), layer(head_bias=True)
    tg.manual_seed(0)
    before = [p.detach().clone() for p in net.parameters()]
    tg.manual_seed(1)
    net.reset_parameters()
    assert len(before) == 6
    for new, old in zip(net.parameters(), before):
        assert not (new == old).any() and new.requires_grad
        bound = 1 / math.sqrt(new.shape[-1]) if new.ndim == 2 else 1 / 2
        assert new.abs().max().item() <= bound
    tg.manual_seed(1)
    same.reset_parameters()
    assert all((a == b).all() for a, b in zip(net.parameters(), same.parameters()))
