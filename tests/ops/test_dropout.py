"""Dropout: what is kept, how often, and what passes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tensorgrad.ops.dropout import Dropout

TESTED = [TF.dropout, TF.dropout1d, TF.dropout2d, TF.dropout3d, TF.alpha_dropout, TF.feature_alpha_dropout]
SHAPES = {TF.dropout1d: (8, 16, 5), TF.dropout2d: (8, 16, 3, 4), TF.dropout3d: (8, 16, 2, 3, 2)}


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


def test_dropout_keeps_a_share_scales_it_and_sends_the_same_mask_back() -> None:
    x = tg.ones(10_000, requires_grad=True)
    y = TF.dropout(x, 0.25)
    y.sum().backward()
    kept = y.detach().numpy() != 0
    assert 0.73 < kept.mean() < 0.77
    np.testing.assert_allclose(y.detach().numpy()[kept], 1 / 0.75, rtol=1e-6)
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())


@pytest.mark.parametrize("mask", [(4, 3), (4, 1)])
def test_the_kernel_is_the_formula(mask: Any) -> None:
    x, keep = tg.randn(4, 3, dtype=tg.float64), np.random.default_rng(0).random(mask) < 0.5
    assert Dropout(keep, 2.0)(x).equal(Dropout(keep, 2.0).formula(x))


@pytest.mark.parametrize("op", [TF.dropout1d, TF.dropout2d, TF.dropout3d])
def test_whole_channels_are_dropped(op: Any) -> None:
    y = op(tg.ones(*SHAPES[op]), 0.5).numpy().reshape(8, 16, -1)
    assert ((y == y[..., :1]).all(-1)).all() and 0.3 < (y[..., 0] == 0).mean() < 0.7
    assert len({row.tobytes() for row in y}) == 8  # each image has a mask of its own


@pytest.mark.parametrize(("op", "shape"), [(TF.dropout1d, (64, 5)), (TF.dropout3d, (64, 2, 3, 2))])
def test_without_a_batch_the_first_axis_counts_channels(op: Any, shape: Any) -> None:
    y = op(tg.ones(*shape), 0.5).numpy().reshape(64, -1)
    assert (y == y[:, :1]).all() and set(y[:, 0]) == {0.0, 2.0}


def test_dropout2d_of_fewer_axes() -> None:
    y = TF.dropout2d(tg.ones(8, 16, 5), 0.5).numpy()
    assert (y == y[..., :1]).all() and set(y[0, :, 0]) == {0.0, 2.0}
    assert set(TF.dropout2d(tg.ones(8, 16), 0.5).numpy().ravel()) == {0.0, 2.0}


@pytest.mark.parametrize("op", [TF.alpha_dropout, TF.feature_alpha_dropout])
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_alpha_dropout_keeps_mean_and_deviation(op: Any, p: float) -> None:
    y = op(tg.randn(400, 500), p, training=True)
    assert abs(y.mean().item()) < 0.02 and abs(y.std().item() - 1) < 0.02


def test_alpha_dropout_is_affine_where_it_keeps_and_constant_where_it_drops() -> None:
    x = tg.randn(1000, dtype=tg.float64, requires_grad=True)
    y = TF.alpha_dropout(x, 0.4, True)
    (slope,) = tg.autograd.grad(y.sum(), x)
    lowest = 1.7580993408473766
    a = ((1 - 0.4) * (1 + 0.4 * lowest**2)) ** -0.5
    b = a * lowest * 0.4
    kept = slope != 0
    assert tg.allclose(slope[kept], tg.full_like(slope[kept], a))
    assert tg.allclose(y[kept], a * x[kept] + b) and tg.allclose(y[~kept], tg.full_like(y[~kept], b - a * lowest))


@pytest.mark.parametrize("op", TESTED)
def test_every_dropout(op: Any) -> None:
    x = tg.randn(*SHAPES.get(op, (6, 7)), dtype=tg.float64)
    assert op(x, 0.5, training=False) is x and op(x, 0.0, training=True) is x
    assert op(x.long(), 0.5, training=False).dtype is tg.int64
    for p in (1.5, -0.1):
        with pytest.raises(ValueError, match=rf"{op.__name__}: p is a probability, in \[0, 1\], got {p}"):
            op(x, p)
    with pytest.raises(TypeError, match=f"{op.__name__}: input needs a floating dtype"):
        op(x.long(), 0.5, training=True)
    tg.manual_seed(5)
    first = op(x, 0.5, training=True)
    assert first.dtype is tg.float64 and first.shape == x.shape
    tg.manual_seed(5)
    assert first.equal(op(x, 0.5, training=True))
    assert not op(x, 1.0, training=True).any()
    assert op(x[:0], 0.5, training=True).shape == x[:0].shape

    def again(x: tg.Tensor) -> tg.Tensor:
        tg.manual_seed(6)
        return op(x.sin(), 0.5, training=True)

    small = (x[:2].clone().requires_grad_(),)
    assert tg.autograd.gradcheck(again, small) and tg.autograd.gradgradcheck(again, small)


@pytest.mark.parametrize(
    ("op", "shape", "wanted"),
    [
        (TF.dropout1d, (3,), r"needs \(N, C, L\) or \(C, L\), got 1 axes"),
        (TF.dropout2d, (3,), r"needs \(N, C, H, W\), got 1 axes"),
        (TF.dropout3d, (3,), r"needs \(N, C, D, H, W\) or \(C, D, H, W\), got 1 axes"),
        (TF.feature_alpha_dropout, (3,), r"needs \(N, C, …\), got 1 axes"),
        (TF.dropout1d, (2, 3, 4, 5), r"got 4 axes, shape \(2, 3, 4, 5\)"),
    ],
)
def test_what_has_no_channels_is_refused(op: Any, shape: Any, wanted: str) -> None:
    with pytest.raises(ValueError, match=wanted):
        op(tg.ones(*shape), 0.5, training=True)


@pytest.mark.parametrize("op", TESTED)
def test_in_place(op: Any) -> None:
    leaf = tg.randn(*SHAPES.get(op, (6, 7)), requires_grad=True)
    x = leaf * 1
    tg.manual_seed(7)
    y = op(x, 0.5, True, True)
    assert y is x
    tg.manual_seed(7)
    z = op(leaf, 0.5, True)
    assert y.equal(z)
    assert tg.autograd.grad(y.sum(), leaf)[0].equal(tg.autograd.grad(z.sum(), leaf)[0])
    state = tg.get_rng_state()
    with pytest.raises(RuntimeError, match=f"{op.__name__}: a leaf that requires grad cannot be changed in place"):
        op(leaf, 0.5, True, True)
    assert tg.get_rng_state().equal(state)  # refused before anything was drawn
