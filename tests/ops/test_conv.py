"""Convolutions against their definition, written with loops."""

from __future__ import annotations

import importlib
from itertools import product

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.autograd.engine import grad
from tensorgrad.kernels.shapes import taps, windows
from tensorgrad.nn import functional as nnf
from tests.ops.optest import OpTest, sample

cpu = importlib.import_module("tensorgrad.kernels.cpu.conv")


def each(value, d):
    return (value,) * d if isinstance(value, int) else tuple(value) * (d if len(value) == 1 else 1)


def places(size, kernel, out, stride, before, dilation):
    """Every (place, position in the window, pixel) that lies inside the image."""
    for o in np.ndindex(*out):
        for r in np.ndindex(*kernel):
            pixel = tuple(s * a + e * b - p for s, a, e, b, p in zip(stride, o, dilation, r, before))
            if all(0 <= i < n for i, n in zip(pixel, size)):
                yield o, r, pixel


def reference(d, x, w, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if x.ndim == d + 1:
        return reference(d, x[None], w, bias, stride, padding, dilation, groups)[0]
    size, kernel = x.shape[2:], w.shape[2:]
    stride, dilation = each(stride, d), each(dilation, d)
    if padding == "same":
        whole = [e * (k - 1) for e, k in zip(dilation, kernel)]
    else:
        whole = [0] * d if padding == "valid" else [2 * p for p in each(padding, d)]
    out = tuple((n + p - e * (k - 1) - 1) // s + 1 for n, p, e, k, s in zip(size, whole, dilation, kernel, stride))
    y = np.zeros((x.shape[0], w.shape[0], *out))
    per, filters = w.shape[1], w.shape[0] // groups
    for o, r, pixel in places(size, kernel, out, stride, [p // 2 for p in whole], dilation):
        for g in range(groups):
            c, k = slice(g * per, (g + 1) * per), slice(g * filters, (g + 1) * filters)
            y[(slice(None), k, *o)] += x[(slice(None), c, *pixel)] @ w[(k, slice(None), *r)].T
    return y if bias is None else y + bias.reshape(-1, *[1] * d)


def transposed(d, x, w, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    if x.ndim == d + 1:
        return transposed(d, x[None], w, bias, stride, padding, output_padding, groups, dilation)[0]
    size, kernel = x.shape[2:], w.shape[2:]
    stride, dilation, padding = each(stride, d), each(dilation, d), each(padding, d)
    along = zip(size, stride, padding, dilation, kernel, each(output_padding, d))
    out = tuple((n - 1) * s - 2 * p + e * (k - 1) + m + 1 for n, s, p, e, k, m in along)
    per, filters = w.shape[1], w.shape[0] // groups
    y = np.zeros((x.shape[0], per * groups, *out))
    for o, r, pixel in places(out, kernel, size, stride, padding, dilation):
        for g in range(groups):
            c, k = slice(g * per, (g + 1) * per), slice(g * filters, (g + 1) * filters)
            y[(slice(None), c, *pixel)] += x[(slice(None), k, *o)] @ w[(k, slice(None), *r)]
    return y if bias is None else y + bias.reshape(-1, *[1] * d)


def zeros(*shape):
    return tg.tensor(np.zeros(shape, "float32"))


def given(op, *shapes, **kwargs):
    """A call of op on zeros of these shapes, to be made later."""
    return lambda: op(*[zeros(*s) if isinstance(s, tuple) else s for s in shapes], **kwargs)


class TestConv1d(OpTest):
    op = staticmethod(nnf.conv1d)
    samples = [
        sample((2, 3, 9), (4, 3, 3), (4,)),
        sample((2, 4, 10), (6, 2, 3), stride=2, padding=1, groups=2),
        sample((3, 11), (2, 3, 4), dilation=2, padding="same"),
        sample((0, 3, 5), (2, 3, 2)),
    ]
    errors = [
        (given(nnf.conv1d, (3, 3), (2, 1, 3)), ValueError, "conv1d: input has 3 channels, weight expects 1."),
        (given(nnf.conv1d, (3,), (2, 1, 3)), ValueError, "it needs the 3 axes (N, C, L), or 2 without N"),
    ]

    def expected(self, *args, **kwargs):
        return reference(1, *args, **kwargs)


class TestConvTbc(OpTest):
    op = staticmethod(nnf.conv_tbc)
    samples = [sample((6, 2, 3), (3, 3, 4), (4,)), sample((5, 1, 2), (2, 2, 3), (3,), pad=2)]
    errors = [
        (given(nnf.conv_tbc, (6, 3), (3, 3, 4), (4,)), ValueError, "conv_tbc: input (6, 3) must be (T, B, C)"),
        (given(nnf.conv_tbc, (6, 2, 3), (3, 2, 4), (4,)), ValueError, "conv_tbc: input has 3 channels, weight expects 2"),
    ]

    def expected(self, x, w, bias, pad=0):
        y = reference(1, x.transpose(1, 2, 0), w.transpose(2, 1, 0), bias, padding=pad)
        return y.transpose(2, 0, 1)


class TestConv2d(OpTest):
    op = staticmethod(nnf.conv2d)
    samples = [
        sample((2, 3, 6, 5), (4, 3, 3, 3), (4,)),
        sample((2, 3, 6, 5), (4, 3, 3, 2), stride=2, padding=(2, 1)),
        sample((1, 2, 9, 8), (3, 2, 3, 2), (3,), dilation=(2, 3)),
        sample((2, 4, 5, 5), (6, 2, 3, 3), (6,), padding=1, groups=2),
        sample((2, 3, 5, 7), (6, 1, 3, 3), groups=3, stride=(1, 2)),
        sample((3, 5, 4), (2, 3, 2, 2)),
        sample((2, 3, 5, 4), (2, 3, 4, 3), padding="same"),
        sample((2, 3, 5, 4), (2, 3, 4, 3), padding="valid", stride=(2,)),
        sample((3, 5, 4, 4), (7, 5, 1, 1), (7,)),
        sample((3, 2, 5, 5), (4, 2, 1, 1), stride=2),
        sample((2, 1, 3, 3), (1, 1, 2, 2), padding=4),  # some windows see only padding
        sample((2, 2, 1, 1), (3, 2, 3, 3), padding=1),
        sample((2, 2, 31, 33), (3, 2, 5, 5), padding=2, stride=3),
        sample((0, 3, 5, 5), (2, 3, 3, 3), (2,)),
    ]
    errors = [
        (
            given(nnf.conv2d, (8, 3, 32, 32), (16, 4, 3, 3)),
            ValueError,
            "conv2d: input has 3 channels, weight expects 4.\n"
            "    input   (N, C, H, W)        (8, 3, 32, 32)\n"
            "    weight  (K, C/groups, R, S) (16, 4, 3, 3)    groups=1\n"
            "Build the weight with C = 3, or choose groups so that C equals groups × 4.",
        ),
        (
            given(nnf.conv2d, (3, 8, 8), (16, 1, 3, 3), groups=2),
            ValueError,
            "input   (C, H, W)           (3, 8, 8)",
        ),
        (given(nnf.conv2d, (1, 4, 8, 8), (3, 2, 3, 3), groups=2), ValueError, "3 filters do not divide into 2"),
        (given(nnf.conv2d, (4, 4), (3, 2, 3, 3)), ValueError, "conv2d: input has shape (4, 4); it needs the 4 axes"),
        (given(nnf.conv2d, (1, 2, 4, 4), (3, 2, 3)), ValueError, "weight has shape (3, 2, 3); it needs 4 axes"),
        (
            given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 7, 7), padding=0),
            ValueError,
            "conv2d: the output would have size (-1, -1): the window does not fit into the input.",
        ),
        (given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 3, 3), (4,)), ValueError, "bias has shape (4,), needs (3,)"),
        (given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 3, 3), stride=0), ValueError, "stride must be at least 1, got 0"),
        (given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 3, 3), padding=-1), ValueError, "padding must be at least 0"),
        (given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 3, 3), dilation=0), ValueError, "dilation must be at least 1"),
        (given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 3, 3), groups=0), ValueError, "groups must be a positive int"),
        (
            given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 3, 3), stride=(1, 2, 3)),
            ValueError,
            "stride (1, 2, 3) has 3 entries; give one int, or 2",
        ),
        (given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 3, 3), stride=1.5), TypeError, "stride must be an int"),
        (given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 3, 3), padding="full"), ValueError, "'valid' or 'same', got 'full'"),
        (
            given(nnf.conv2d, (1, 2, 5, 5), (3, 2, 3, 3), padding="same", stride=2),
            ValueError,
            "padding='same' needs stride 1, got stride=(2, 2)",
        ),
        (given(nnf.conv2d, (1, 2, 5, 5), (0, 2, 3, 3)), ValueError, "has no filters, or empty ones"),
        (
            given(nnf.conv2d, (1, 2, 5, 5), tg.tensor(np.zeros((3, 2, 3, 3)))),
            TypeError,
            "Convert: input.double().",
        ),
        (lambda: nnf.conv2d([[1.0]], zeros(3, 2, 3, 3)), TypeError, "conv2d: input must be a Tensor, got list"),
    ]

    def expected(self, *args, **kwargs):
        return reference(2, *args, **kwargs)


class TestConv3d(OpTest):
    op = staticmethod(nnf.conv3d)
    samples = [
        sample((1, 2, 4, 5, 3), (3, 2, 2, 3, 2), (3,), padding=1, stride=(2, 1, 2)),
        sample((2, 4, 3, 4), (2, 2, 2, 2, 2), groups=1, dilation=(1, 2, 1)),
        sample((1, 4, 3, 3, 3), (4, 1, 2, 2, 2), groups=4),
    ]
    errors = [
        (given(nnf.conv3d, (2, 2), (1, 2, 1, 1, 1)), ValueError, "it needs the 5 axes (N, C, D, H, W), or 4"),
    ]

    def expected(self, *args, **kwargs):
        return reference(3, *args, **kwargs)


class TestConvTranspose1d(OpTest):
    op = staticmethod(nnf.conv_transpose1d)
    samples = [
        sample((2, 3, 5), (3, 2, 3), (2,), stride=2, output_padding=1),
        sample((4, 5), (4, 1, 3), groups=2, dilation=2, padding=1),
        sample((0, 4, 5), (4, 1, 3)),
    ]
    errors = [
        (
            given(nnf.conv_transpose1d, (1, 1, 2), (1, 1, 2), stride=2, output_padding=2),
            ValueError,
            "output_padding=(2,) must be smaller than stride=(2,) or dilation=(1,)",
        ),
    ]

    def expected(self, *args, **kwargs):
        return transposed(1, *args, **kwargs)


class TestConvTranspose2d(OpTest):
    op = staticmethod(nnf.conv_transpose2d)
    samples = [
        sample((2, 3, 3, 4), (3, 2, 3, 3), (2,)),
        sample((2, 3, 3, 4), (3, 2, 3, 2), stride=2, padding=1, output_padding=1),
        sample((1, 4, 3, 3), (4, 3, 2, 3), (6,), stride=(3, 1), groups=2, dilation=(1, 2), output_padding=(2, 1)),
        sample((2, 3, 4, 4), (3, 1, 3, 3), groups=3, stride=2),
        sample((3, 4, 4), (3, 2, 1, 1)),
        sample((2, 2, 9, 11), (2, 3, 3, 3), padding=1),
    ]
    errors = [
        (
            given(nnf.conv_transpose2d, (1, 2, 5, 5), (3, 2, 3, 3)),
            ValueError,
            "conv_transpose2d: input has 2 channels, weight expects 3.\n"
            "    input   (N, C, H, W)        (1, 2, 5, 5)\n"
            "    weight  (C, K/groups, R, S) (3, 2, 3, 3)    groups=1\n",
        ),
        (given(nnf.conv_transpose2d, (1, 3, 5, 5), (3, 2, 3, 3), groups=2), ValueError, "3 channels do not divide"),
        (given(nnf.conv_transpose2d, (1, 3, 5, 5), (3, 2, 3, 3), padding=4), ValueError, "would have size (-1, -1)"),
        (
            given(nnf.conv_transpose2d, (1, 3, 5, 5), (3, 2, 3, 3), output_padding=-1),
            ValueError,
            "output_padding must be at least 0",
        ),
        (given(nnf.conv_transpose2d, (1, 3, 5, 5), (3, 2, 3, 3), (3,)), ValueError, "bias has shape (3,), needs"),
    ]

    def expected(self, *args, **kwargs):
        return transposed(2, *args, **kwargs)


class TestConvTranspose3d(OpTest):
    op = staticmethod(nnf.conv_transpose3d)
    samples = [
        sample((1, 2, 2, 3, 2), (2, 2, 2, 3, 2), (2,), padding=(0, 1, 0), stride=(2, 1, 2)),
        sample((2, 2, 2, 2), (2, 1, 2, 2, 2), groups=2, dilation=2),
    ]

    def expected(self, *args, **kwargs):
        return transposed(3, *args, **kwargs)


def value_and_gradients(x, w, **kwargs):
    a, b = tg.tensor(x, requires_grad=True), tg.tensor(w, requires_grad=True)
    y = nnf.conv2d(a, b, **kwargs)
    return y, *grad(y, (a, b), tg.tensor(np.cos(np.arange(y.numel())).reshape(y.shape)))


@pytest.mark.parametrize("block", [1, 600, 5000])
def test_large_images_are_worked_on_in_pieces(block, monkeypatch):
    """With a tiny block every image is cut into rows; the result is the same as in one piece."""
    rng = np.random.default_rng(0)
    for groups, k, stride, padding, dilation in product((1, 2), (1, 2, 3), (1, 2), (0, 1, 2), (1, 2)):
        x, w = rng.standard_normal((3, 4, 9, 7)), rng.standard_normal((6, 4 // groups, k, k + 1))
        kwargs = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        whole = value_and_gradients(x, w, **kwargs)
        with monkeypatch.context() as m:
            m.setattr(cpu, "BLOCK", block)
            m.setattr(cpu, "FEWEST", 1)
            pieces = value_and_gradients(x, w, **kwargs)
        for a, b in zip(whole, pieces):
            np.testing.assert_allclose(b.array, a.array, rtol=1e-12, atol=1e-12)


def test_a_sum_over_no_channels_is_zero():
    """PyTorch gives back no channels either."""
    x, w, b = (tg.tensor(np.ones(s), requires_grad=True) for s in ((2, 0, 5, 5), (3, 0, 3, 3), (3,)))
    y = nnf.conv2d(x, w, b)
    np.testing.assert_array_equal(y.array, np.ones((2, 3, 3, 3)))
    gx, gw, gb = grad(y.sum(), (x, w, b))
    assert gx.shape == x.shape and gw.shape == w.shape and gb.tolist() == [18, 18, 18]


def test_taps_are_the_windows_seen_from_inside():
    """Every pair of a window and a pixel in it, once, and no pixel outside the image."""
    for n, k, s, p, e in product((1, 4, 5), (1, 2, 3), (1, 2, 3), (0, 1, 3), (1, 2)):
        (out,) = windows((n,), (k,), (s,), (p,), (e,))
        found = set()
        for (r,), (window,), (pixel,) in taps((n,), (max(out, 0),), (k,), (s,), (p,), (e,)):
            found |= {(o, r, i) for o, i in zip(np.arange(max(out, 0))[window].tolist(), np.arange(n)[pixel].tolist())}
        assert found == {(*o, *r, *i) for o, r, i in places((n,), (k,), (max(out, 0),), (s,), (p,), (e,))}


def test_half_precision_is_added_up_in_single():
    x, w = np.full((1, 64, 8, 8), 0.1, "float16"), np.full((1, 64, 8, 8), 0.1, "float16")
    y = nnf.conv2d(tg.tensor(x), tg.tensor(w))
    assert y.array.dtype == np.float16
    exact = (x.astype(np.float64) * w).sum()
    assert abs(float(y.array.item()) - exact) <= 0.5 * np.spacing(np.float16(exact))


def test_integers():
    x, w = np.arange(32).reshape(1, 2, 4, 4), np.arange(12).reshape(1, 2, 2, 3) - 5
    y = nnf.conv2d(tg.tensor(x), tg.tensor(w))
    assert y.array.dtype == np.int64
    np.testing.assert_array_equal(y.array, reference(2, x, w).astype(np.int64))


def test_is_a_method_and_a_node():
    x, w = tg.tensor(np.ones((1, 1, 3, 3)), requires_grad=True), tg.tensor(np.ones((1, 1, 2, 2)))
    y = x.conv2d(w, stride=1)
    assert y.grad_fn.name == "conv2d"
    assert tg.conv2d is nnf.conv2d is tg.Tensor.conv2d


def test_threads_do_not_share_their_workspace():
    from concurrent.futures import ThreadPoolExecutor

    rng = np.random.default_rng(0)
    xs = [tg.tensor(rng.standard_normal((4, 3, 12, 12))) for _ in range(8)]
    w = tg.tensor(rng.standard_normal((5, 3, 3, 3)))
    alone = [nnf.conv2d(x, w, padding=1).array for x in xs]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            for a, b in zip(alone, pool.map(lambda x: nnf.conv2d(x, w, padding=1).array, xs)):
                np.testing.assert_array_equal(a, b)
