"""The 3 × 3 way of convolution against the direct one."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

direct = import_module("tensorgrad.kernels.cpu.conv")
winograd = import_module("tensorgrad.kernels.cpu.winograd")

SHAPES = [  # N, C, K, H, W, padding
    (1, 1, 1, 3, 3, (0, 0)),
    (2, 3, 5, 7, 9, (1, 1)),
    (3, 5, 4, 8, 5, (0, 1)),
    (2, 3, 4, 6, 6, (2, 2)),
    (5, 3, 4, 4, 6, (3, 1)),
    (2, 2, 3, 33, 31, (0, 2)),
    (0, 2, 3, 8, 8, (1, 1)),
]


@pytest.fixture
def only_direct(monkeypatch):
    monkeypatch.setattr(winograd, "suits", lambda *_: False)


def arrays(shape, dtype, seed=0):
    n, c, k, h, w, (p, q) = shape
    rng = np.random.default_rng(seed)
    out = (h + 2 * p - 2, w + 2 * q - 2)
    sizes = (n, c, h, w), (k, c, 3, 3), (k,), (n, k, *out)
    return [rng.standard_normal(s).astype(dtype) for s in sizes], out, (p, q)


@pytest.mark.parametrize("block", [1, winograd.BLOCK], ids=["many blocks", "one block"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_same_result_and_gradient_towards_the_weight(shape, block, only_direct, monkeypatch):
    monkeypatch.setattr(winograd, "BLOCK", block)
    monkeypatch.setattr(winograd, "FEWEST", 8)
    (x, w, b, grad), out, padding = arrays(shape, np.float64)
    one = (1, 1)
    expected = direct.conv(x, w, b, out, one, padding, one, 1)
    np.testing.assert_allclose(winograd.tiled_conv(x, w, b, out, padding), expected, rtol=1e-12, atol=1e-12)
    expected = direct.conv_weight(x, grad, (3, 3), one, padding, one, 1)
    np.testing.assert_allclose(winograd.tiled_conv_weight(x, grad, padding), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("padding", [(0, 0), (1, 1), (2, 0)], ids=str)
def test_the_three_kernels_take_that_way_where_it_suits(padding, monkeypatch):
    (x, w, b, grad), out, padding = arrays((2, 17, 19, 12, 11, padding), np.float64)
    one = (1, 1)
    assert winograd.suits(x.dtype, w.shape, out, one, one, 1)

    def three():
        return (
            direct.conv(x, w, b, out, one, padding, one, 1),
            direct.conv_transpose(grad, w, None, x.shape[2:], one, padding, one, 1),
            direct.conv_weight(x, grad, (3, 3), one, padding, one, 1),
        )

    ways = three()
    monkeypatch.setattr(winograd, "suits", lambda *_: False)
    for one_way, other in zip(ways, three()):
        assert one_way.shape == other.shape
        np.testing.assert_allclose(one_way, other, rtol=1e-11, atol=1e-11)
        assert not np.array_equal(one_way, other)  # they do add up in another order


def test_single_precision_keeps_its_digits(only_direct):
    (x, w, b, grad), out, padding = arrays((2, 64, 64, 16, 16, (1, 1)), np.float64)
    exact = direct.conv(x, w, b, out, (1, 1), padding, (1, 1), 1)
    single = winograd.tiled_conv(*(a.astype(np.float32) for a in (x, w, b)), out, padding)
    assert single.dtype == np.float32
    assert np.abs(single - exact).max() < 5e-6 * np.abs(exact).max()
    exact = direct.conv_weight(x, grad, (3, 3), (1, 1), padding, (1, 1), 1)
    single = winograd.tiled_conv_weight(x.astype(np.float32), grad.astype(np.float32), padding)
    assert np.abs(single - exact).max() < 5e-6 * np.abs(exact).max()


@np.errstate(all="ignore")  # as an operation sees to it
@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan], ids=str)
def test_infinities_reach_just_the_places_they_belong_to(special):
    (x, w, b, grad), out, padding = arrays((1, 16, 16, 10, 10, (1, 1)), np.float64)
    one = (1, 1)
    x[0, 3, 4, 5] = special
    y = direct.conv(x, np.abs(w), b, out, one, padding, one, 1)
    touched = np.zeros(out, bool)
    touched[3:6, 4:7] = True
    assert np.array_equal(~np.isfinite(y[0, 0]), touched)
    assert np.isnan(y[0, 0][touched]).all() if np.isnan(special) else (y[0, 0][touched] == special).all()
    gw = direct.conv_weight(x, np.abs(grad), (3, 3), one, padding, one, 1)
    assert np.array_equal(np.isfinite(gw).all((0, 2, 3)), np.arange(16) != 3)


def test_what_does_not_suit():
    float32, one = np.dtype(np.float32), (1, 1)
    assert winograd.suits(float32, (32, 32, 3, 3), (16, 16), one, one, 1)
    for other in (
        (np.dtype(np.int64), (32, 32, 3, 3), (16, 16), one, one, 1),
        (float32, (32, 32, 5, 5), (16, 16), one, one, 1),
        (float32, (32, 32, 3), (16,), (1,), (1,), 1),
        (float32, (32, 32, 3, 3), (16, 16), (2, 2), one, 1),
        (float32, (32, 32, 3, 3), (16, 16), one, (2, 2), 1),
        (float32, (32, 16, 3, 3), (16, 16), one, one, 2),
        (float32, (32, 3, 3, 3), (16, 16), one, one, 1),
        (float32, (32, 32, 3, 3), (4, 4), one, one, 1),
    ):
        assert not winograd.suits(*other)
