"""Dropout: what is kept, how often, and what passes back."""

from __future__ import annotations

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional as TF

TESTED = [TF.dropout, TF.dropout1d, TF.dropout2d, TF.dropout3d, TF.alpha_dropout, TF.feature_alpha_dropout]


def test_dropout_keeps_a_share_scales_it_and_sends_the_same_mask_back() -> None:
    tg.manual_seed(0)
    x = tg.ones(10_000, requires_grad=True)
    y = TF.dropout(x, 0.25)
    y.sum().backward()
    kept = y.detach().numpy() != 0
    assert 0.73 < kept.mean() < 0.77
    np.testing.assert_allclose(y.detach().numpy()[kept], 1 / 0.75, rtol=1e-6)
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())


@pytest.mark.parametrize(
    ("op", "shape"), [(TF.dropout1d, (8, 16, 5)), (TF.dropout2d, (8, 16, 3, 4)), (TF.dropout3d, (8, 16, 2, 3, 2))]
)
def test_whole_channels_are_dropped(op: object, shape: tuple[int, ...]) -> None:
    tg.manual_seed(1)
    y = op(tg.ones(*shape), 0.5).numpy().reshape(8, 16, -1)  # type: ignore[operator]
    assert ((y == y[..., :1]).all(-1)).all() and 0.3 < (y[..., 0] == 0).mean() < 0.7


@pytest.mark.parametrize("op", [TF.alpha_dropout, TF.feature_alpha_dropout])
def test_alpha_dropout_keeps_mean_and_deviation(op: object) -> None:
    tg.manual_seed(2)
    x = tg.randn(200, 500)
    y = op(x, 0.2, training=True)  # type: ignore[operator]
    assert abs(y.mean().item()) < 0.05 and abs(y.std().item() - 1) < 0.05


@pytest.mark.parametrize("op", TESTED)
def test_every_dropout(op: object) -> None:
    x = tg.randn(2, 3, 4, 5, 2)
    if op in (TF.dropout1d,):
        x = x[..., 0, 0]
    elif op in (TF.dropout2d,):
        x = x[..., 0]
    assert op(x, 0.5, training=False).equal(x)  # type: ignore[operator]
    assert op(x, 0.0, training=True).equal(x)  # type: ignore[operator]
    with pytest.raises(ValueError, match="1.5"):
        op(x, 1.5)  # type: ignore[operator]
    tg.manual_seed(5)
    first = op(x, 0.5, training=True)  # type: ignore[operator]
    tg.manual_seed(5)
    assert first.equal(op(x, 0.5, training=True))  # type: ignore[operator]


def test_everything_can_be_dropped() -> None:
    assert TF.dropout(tg.ones(5), 1.0).tolist() == [0.0] * 5
