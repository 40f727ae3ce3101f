"""Pools against their definition, window by window."""

from __future__ import annotations

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.autograd.engine import grad
from tensorgrad.nn import functional as nnf
from tests.ops.optest import OpTest, sample

INF, NAN = np.inf, np.nan


def each(value, d):
    value = (value,) if isinstance(value, int) else tuple(value)
    return value * d if len(value) == 1 else value


def zeros(*shape, dtype="float32"):
    return tg.tensor(np.zeros(shape, dtype))


def given(op, *shapes, **kwargs):
    """A call of op on zeros of these shapes, to be made later."""
    return lambda: op(*[zeros(*s) if isinstance(s, tuple) else s for s in shapes], **kwargs)


def out_sizes(size, kernel, stride, padding, dilation, ceil_mode):
    out = []
    for n, k, s, p, e in zip(size, kernel, stride, padding, dilation):
        room = n + 2 * p - e * (k - 1) - 1
        o = (-(-room // s) if ceil_mode else room // s) + 1
        out.append(o - 1 if ceil_mode and (o - 1) * s >= n + p else o)
    return tuple(out)


def boxes(size, out, kernel, stride, padding, dilation):
    """For every window the pixels inside the image, and how many there would be with padding."""
    for o in np.ndindex(*out):
        ranges, reach = [], 1
        for i, n, k, s, p, e in zip(o, size, kernel, stride, padding, dilation):
            ranges.append([a for a in (i * s - p + e * r for r in range(k)) if 0 <= a < n])
            reach *= min(i * s - p + k, n + p) - (i * s - p)
        yield o, np.ix_(*ranges), reach


def max_pools(d):
    def expected(self, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        kernel = each(kernel_size, d)
        geometry = (kernel, kernel if stride is None else each(stride, d), each(padding, d), each(dilation, d))
        size = x.shape[-d:]
        out = out_sizes(size, *geometry, ceil_mode)
        flat = np.arange(np.prod(size)).reshape(size)
        y, indices = np.empty((*x.shape[:-d], *out)), np.empty((*x.shape[:-d], *out), np.int64)
        for o, box, _ in boxes(size, out, *geometry):
            values = x[(..., *box)].reshape(*x.shape[:-d], flat[box].size)
            best = values.argmax(-1)
            y[(..., *o)] = values.max(-1)
            indices[(..., *o)] = flat[box].reshape(-1)[best]
        return (y, indices) if return_indices else y

    return expected


class TestMaxPool1d(OpTest):
    op = staticmethod(nnf.max_pool1d)
    torch = "nn.functional.max_pool1d"
    samples = [
        sample((2, 3, 9), 2),
        sample((3, 10), 3, stride=2, padding=1, dilation=2, return_indices=True),
        sample((0, 3, 9), 2),
    ]
    errors = [
        (given(nnf.max_pool1d, (2, 3, 4, 5), 2), ValueError, "it needs the 3 axes (N, C, L), or 2 without N"),
        (given(nnf.max_pool1d, (3, 4), 5), ValueError, "the output would have size (0,)"),
    ]
    expected = max_pools(1)


class TestMaxPool2d(OpTest):
    op = staticmethod(nnf.max_pool2d)
    torch = "nn.functional.max_pool2d"
    samples = [
        sample((2, 3, 6, 8), 2),
        sample((2, 3, 7, 6), 3, stride=2, padding=1),
        sample((2, 1, 7, 8), [3, 2], stride=(1, 2), dilation=(2, 1), return_indices=True),
        sample((3, 5, 7), 2, ceil_mode=True, return_indices=True),
        sample((1, 1, 5, 5), 3, 1, 1),
        sample((1, 2, 4, 4), [4], stride=[1]),
        sample((1, 1, 18, 18), 17, 1),  # more positions than a byte counts
        sample((0, 3, 5, 5), 2),
        sample(np.arange(2 * 25).reshape(2, 5, 5) % 7, 2, return_indices=True),
    ]
    errors = [
        (
            given(nnf.max_pool2d, (4, 4), 2),
            ValueError,
            "max_pool2d: input has shape (4, 4); it needs the 4 axes (N, C, H, W)",
        ),
        (given(nnf.max_pool2d, (1, 1, 0, 4), 2), ValueError, "none but the batch empty"),
        (
            given(nnf.max_pool2d, (1, 1, 4, 4), 3, padding=2),
            ValueError,
            "padding=(2, 2) must be at most half of kernel_size",
        ),
        (given(nnf.max_pool2d, (1, 1, 4, 4), 2, stride=0), ValueError, "max_pool2d: stride must be at least 1, got 0"),
        (given(nnf.max_pool2d, (1, 1, 4, 4), [2, 2, 2]), ValueError, "kernel_size (2, 2, 2) has 3 entries"),
        (given(nnf.max_pool2d, (1, 1, 4, 4), 5), ValueError, "kernel_size=(5, 5) does not fit into the input"),
        (
            lambda: nnf.max_pool2d(zeros(1, 4, 4, dtype=bool), 2),
            TypeError,
            "max_pool2d: input must be floating or integer",
        ),
    ]
    expected = max_pools(2)


class TestMaxPool3d(OpTest):
    op = staticmethod(nnf.max_pool3d)
    torch = "nn.functional.max_pool3d"
    samples = [
        sample((2, 4, 5, 4), 2),
        sample((1, 2, 5, 4, 3), [2, 3, 1], stride=(2, 1, 1), padding=(1, 1, 0), return_indices=True),
    ]
    expected = max_pools(3)


def picture(*rows):
    return tg.tensor(np.array(rows, "float64")[None])


def test_of_equals_the_first_row_by_row():
    x = picture([1, 2, 0], [2, 2, 2], [0, 2, 1])
    x.requires_grad_()
    y, indices = nnf.max_pool2d(x, 2, stride=1, return_indices=True)
    assert indices.tolist() == [[[1, 1], [3, 4]]]
    (g,) = grad(y.sum(), x)
    assert g.tolist() == [[[0, 2, 0], [1, 1, 0], [0, 0, 0]]]


def test_nan_wins_and_the_last_of_several_is_named():
    y, indices = nnf.max_pool2d(picture([NAN, 1, 5], [NAN, 2, 6]), 2, stride=1, return_indices=True)
    np.testing.assert_array_equal(y.array, [[[NAN, 6]]])
    assert indices.tolist() == [[[3, 5]]]
    for pool in (lambda x: nnf.adaptive_max_pool2d(x, (1, 2), True), lambda x: nnf.adaptive_max_pool2d(x, 1, True)):
        y, indices = pool(picture([NAN, 1, 1], [NAN, 2, 2]))
        assert indices.array.ravel()[0] == 3


def test_where_all_are_minus_infinity_the_first_that_is_not_padding():
    x = picture(*np.full((4, 4), -INF))
    y, indices = nnf.max_pool2d(x, 3, stride=2, padding=1, return_indices=True)
    assert (y.array == -INF).all()
    assert indices.tolist() == [[[0, 1], [4, 5]]]


def test_the_gradient_of_infinity_stays_where_it_is():
    x = picture([1, 2], [3, 4])
    x.requires_grad_()
    (g,) = grad(nnf.max_pool2d(x, 2), x, picture([INF]))
    assert g.tolist() == [[[0, 0], [0, INF]]]


def test_the_result_may_be_changed_in_place():
    x = picture([-1, 2], [-3, -4])
    x.requires_grad_()
    y = nnf.max_pool2d(-x * 1.0, 2)
    y.relu_()
    (g,) = grad(y.sum(), x)
    assert g.tolist() == [[[0, 0], [0, -1]]]


def test_nothing_is_remembered_when_nobody_will_ask():
    x = picture([1, 2], [3, 4])
    x.requires_grad_()
    with tg.no_grad():
        assert not nnf.max_pool2d(x, 2).requires_grad
    assert nnf.max_pool2d(x, 2).grad_fn.name == "max_pool2d"


def adaptive_boxes(size, out):
    for o in np.ndindex(*out):
        yield o, tuple(slice(i * n // k, -(-(i + 1) * n // k)) for i, n, k in zip(o, size, out))


def adaptive(d, reduce):
    def expected(self, x, output_size, return_indices=False):
        size = x.shape[-d:]
        given = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * d
        out = tuple(n if o is None else o for o, n in zip(each(given, d) if None not in given else given, size))
        y, indices = np.empty((*x.shape[:-d], *out)), np.empty((*x.shape[:-d], *out), np.int64)
        flat = np.arange(np.prod(size)).reshape(size)
        for o, box in adaptive_boxes(size, out):
            values = x[(..., *box)].reshape(*x.shape[:-d], flat[box].size)
            y[(..., *o)] = reduce(values, -1)
            indices[(..., *o)] = flat[box].reshape(-1)[values.argmax(-1)]
        return (y, indices) if return_indices else y

    return expected


class TestAdaptiveMaxPool1d(OpTest):
    op = staticmethod(nnf.adaptive_max_pool1d)
    torch = "nn.functional.adaptive_max_pool1d"
    samples = [sample((2, 3, 9), 4), sample((3, 8), 4, return_indices=True), sample((2, 3, 3), [5])]
    errors = [(given(nnf.adaptive_max_pool1d, (3,), 2), ValueError, "adaptive_max_pool1d: input has shape (3,)")]
    expected = adaptive(1, np.max)


class TestAdaptiveMaxPool2d(OpTest):
    op = staticmethod(nnf.adaptive_max_pool2d)
    torch = "nn.functional.adaptive_max_pool2d"
    samples = [
        sample((2, 3, 5, 7), [3, 2]),
        sample((2, 3, 5, 7), [None, 4], return_indices=True),
        sample((3, 6, 8), 2),
        sample((0, 3, 5, 7), 2),
    ]
    errors = [
        (given(nnf.adaptive_max_pool2d, (1, 4, 4), -1), ValueError, "output_size must be at least 0, got (-1, -1)"),
        (given(nnf.adaptive_max_pool2d, (1, 4, 4), [1, 2, 3]), ValueError, "output_size (1, 2, 3) has 3 entries"),
    ]
    expected = adaptive(2, np.max)


class TestAdaptiveMaxPool3d(OpTest):
    op = staticmethod(nnf.adaptive_max_pool3d)
    torch = "nn.functional.adaptive_max_pool3d"
    samples = [sample((2, 4, 5, 3), [3, 2, 2], return_indices=True), sample((1, 1, 4, 2, 2), 2)]
    expected = adaptive(3, np.max)


class TestAdaptiveAvgPool1d(OpTest):
    op = staticmethod(nnf.adaptive_avg_pool1d)
    samples = [sample((2, 3, 9), 4), sample((3, 8), 4), sample((2, 3, 3), [5])]
    errors = [(lambda: nnf.adaptive_avg_pool1d(zeros(1, 4, dtype=int), 2), TypeError, "needs a floating dtype, got")]
    expected = adaptive(1, np.mean)


class TestAdaptiveAvgPool2d(OpTest):
    op = staticmethod(nnf.adaptive_avg_pool2d)
    samples = [
        sample((2, 3, 5, 7), [3, 2]),
        sample((2, 3, 5, 7), [None, 4]),
        sample((2, 3, 6, 8), 2),
        sample((2, 3, 6, 5), 1),
        sample((3, 2, 3), [5, 6]),
        sample((0, 3, 5, 7), 2),
    ]
    expected = adaptive(2, np.mean)


class TestAdaptiveAvgPool3d(OpTest):
    op = staticmethod(nnf.adaptive_avg_pool3d)
    samples = [sample((2, 4, 5, 3), [3, 2, 2]), sample((1, 1, 4, 2, 2), 2), sample((1, 1, 4, 2, 2), [1, 2, 1])]
    expected = adaptive(3, np.mean)


def avg_pools(d):
    def expected(
        self,
        x,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode=False,
        count_include_pad=True,
        divisor_override=None,
    ):
        kernel = each(kernel_size, d)
        geometry = (kernel, kernel if stride is None else each(stride, d), each(padding, d), (1,) * d)
        size = x.shape[-d:]
        out = out_sizes(size, *geometry, ceil_mode)
        y = np.empty((*x.shape[:-d], *out))
        for o, box, reach in boxes(size, out, *geometry):
            inside = x[(..., *box)].reshape(*x.shape[:-d], -1)
            count = divisor_override or (reach if count_include_pad else inside.shape[-1])
            y[(..., *o)] = inside.sum(-1) / count
        return np.trunc(y).astype(x.dtype) if x.dtype.kind == "i" else y

    return expected


class TestAvgPool1d(OpTest):
    op = staticmethod(nnf.avg_pool1d)
    samples = [sample((2, 3, 9), 2), sample((3, 10), 3, stride=2, padding=1, count_include_pad=False)]
    errors = [
        (given(nnf.avg_pool1d, (1, 3, 4), [2, 2]), ValueError, "kernel_size (2, 2) has 2 entries; give one int, or 1")
    ]
    expected = avg_pools(1)


class TestAvgPool2d(OpTest):
    op = staticmethod(nnf.avg_pool2d)
    samples = [
        sample((2, 3, 6, 8), 2),
        sample((2, 3, 7, 6), 3, stride=2, padding=1),
        sample((2, 3, 7, 6), 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
        sample((2, 3, 7, 6), 3, stride=2, padding=1, ceil_mode=True),
        sample((3, 5, 7), [2, 3], 1, divisor_override=-5),
        sample((3, 7, 7), 7),
        sample(np.arange(-12, 13).reshape(1, 5, 5), 2),
    ]
    errors = [
        (given(nnf.avg_pool2d, (1, 1, 4, 4), 2, divisor_override=0), ValueError, "divisor_override must not be 0"),
        (
            given(nnf.avg_pool2d, (1, 1, 4, 4), 2, padding=2),
            ValueError,
            "avg_pool2d: padding=(2, 2) must be at most half",
        ),
        (given(nnf.avg_pool2d, (1, 1, 4, 4), 2, padding=-1), ValueError, "padding must be at least 0"),
    ]
    expected = avg_pools(2)


class TestAvgPool3d(OpTest):
    op = staticmethod(nnf.avg_pool3d)
    samples = [sample((2, 4, 5, 4), 2), sample((1, 2, 5, 4, 3), [2, 3, 1], stride=(2, 1, 1), padding=(1, 1, 0))]
    expected = avg_pools(3)


def lp_pools(d):
    def expected(self, x, norm_type, kernel_size, stride=None, ceil_mode=False):
        mean = avg_pools(d)(self, x**norm_type, kernel_size, stride, 0, ceil_mode)
        return (np.sign(mean) * np.maximum(np.abs(mean), 0) * np.prod(each(kernel_size, d))) ** (1 / norm_type)

    return expected


class TestLPPool1d(OpTest):
    op = staticmethod(nnf.lp_pool1d)
    low = 0.5
    samples = [sample((2, 3, 9), 2, 3), sample((3, 8), 1.5, 2, stride=3)]
    expected = lp_pools(1)


class TestLPPool2d(OpTest):
    op = staticmethod(nnf.lp_pool2d)
    low = 0.5
    samples = [
        sample((2, 3, 6, 5), 2, 3),
        sample((3, 8, 5), 3.0, [2, 3], stride=1, ceil_mode=True),
        sample((1, 2, 2), 1, 2),
    ]
    errors = [(given(nnf.lp_pool2d, (1, 4, 4), 2, 5), ValueError, "lp_pool2d: the output would have size (0, 0)")]
    expected = lp_pools(2)


class TestLPPool3d(OpTest):
    op = staticmethod(nnf.lp_pool3d)
    low = 0.5
    samples = [sample((1, 4, 4, 4), 2, 2)]
    expected = lp_pools(3)


def unpools(d):
    def expected(self, x, indices, kernel_size, stride=None, padding=0, output_size=None):
        kernel = each(kernel_size, d)
        stride, padding = kernel if stride is None else each(stride, d), each(padding, d)
        along = zip(x.shape[-d:], stride, padding, kernel)
        out = tuple((n - 1) * s - 2 * p + k for n, s, p, k in along)
        out = out if output_size is None else tuple(output_size)[-d:]
        y = np.zeros((*x.shape[:-d], *out))
        for at in np.ndindex(*x.shape):
            y[at[:-d]].reshape(-1)[indices[at]] = x[at]
        return y

    return expected


def indices_of(shape, d, *pool):
    x = np.random.default_rng(1).standard_normal(shape)
    return getattr(nnf, f"max_pool{d}d")(tg.tensor(x), *pool, return_indices=True)[1].array


class TestMaxUnpool1d(OpTest):
    op = staticmethod(nnf.max_unpool1d)
    samples = [
        sample((2, 3, 4), indices_of((2, 3, 8), 1, 2), 2),
        sample((3, 4), indices_of((3, 9), 1, 2), 2, output_size=[9]),
    ]
    expected = unpools(1)


class TestMaxUnpool2d(OpTest):
    op = staticmethod(nnf.max_unpool2d)
    samples = [
        sample((2, 3, 3, 4), indices_of((2, 3, 6, 8), 2, 2), 2),
        sample((2, 3, 3, 3), indices_of((2, 3, 7, 7), 2, 2), 2, output_size=[2, 3, 7, 7]),
        sample((0, 3, 3, 3), indices_of((0, 3, 6, 6), 2, 2), 2),
    ]
    errors = [
        (
            lambda: nnf.max_unpool2d(zeros(1, 3, 3), zeros(1, 3, 2, dtype=int), 2),
            ValueError,
            "max_unpool2d: indices have shape (1, 3, 2), the input (1, 3, 3)",
        ),
        (given(nnf.max_unpool2d, (1, 3, 3), (1, 3, 3), 2), TypeError, "indices must be int64"),
        (
            lambda: nnf.max_unpool2d(zeros(1, 3, 3), tg.tensor(np.full((1, 3, 3), 36)), 2),
            IndexError,
            "index 36 is outside the output of size (6, 6); indices must be 0 to 35",
        ),
        (
            lambda: nnf.max_unpool2d(zeros(1, 3, 3), zeros(1, 3, 3, dtype=int), 2, output_size=(9, 7)),
            ValueError,
            "output_size (9, 7) must be within a stride ((2, 2)) of (6, 6)",
        ),
    ]
    expected = unpools(2)


class TestMaxUnpool3d(OpTest):
    op = staticmethod(nnf.max_unpool3d)
    samples = [sample((2, 2, 2, 2), indices_of((2, 4, 4, 4), 3, 2), 2)]
    expected = unpools(3)


def fractional(d):
    def expected(self, x, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        size, kernel = x.shape[-d:], each(kernel_size, d)
        out = each(output_size, d) if output_size else tuple(int(n * output_ratio) for n in size)
        planes, u = x.reshape(-1, *size), _random_samples.reshape(-1, d)
        u = u[:, ::-1] if d == 2 else u
        y, indices = np.empty((len(planes), *out)), np.empty((len(planes), *out), np.int64)
        flat = np.arange(np.prod(size)).reshape(size)
        for i, plane in enumerate(planes):
            starts = []
            for n, o, k, v in zip(size, out, kernel, u[i]):
                alpha = (n - k) / (o - 1) if o > 1 else 0
                starts.append([int((j + v) * alpha) - int(v * alpha) for j in range(o - 1)] + [n - k])
            for o in np.ndindex(*out):
                box = tuple(slice(s[j], s[j] + k) for s, j, k in zip(starts, o, kernel))
                y[(i, *o)] = plane[box].max()
                indices[(i, *o)] = flat[box].reshape(-1)[plane[box].argmax()]
        y, indices = y.reshape(*x.shape[:-d], *out), indices.reshape(*x.shape[:-d], *out)
        return (y, indices) if return_indices else y

    return expected


def uniform(*shape):
    """Random numbers that float32 holds exactly: the windows must not depend on rounding."""
    return np.random.default_rng(2).integers(0, 1024, shape) / 1024


def pytorchs(name):
    """PyTorch's function, which wants the samples without gradient and a ratio for each axis."""

    def call(x, *args, _random_samples, output_ratio=None, **kwargs):
        import torch

        ratio = output_ratio and (output_ratio,) * (_random_samples.shape[-1])
        samples = _random_samples.detach().to(x.dtype)
        return getattr(torch.nn.functional, name)(x, *args, output_ratio=ratio, _random_samples=samples, **kwargs)

    return call


class TestFractionalMaxPool2d(OpTest):
    op = staticmethod(nnf.fractional_max_pool2d)
    torch = staticmethod(pytorchs("fractional_max_pool2d"))
    differentiable = True
    samples = [
        sample((2, 3, 7, 8), 2, output_size=(3, 4), _random_samples=uniform(2, 3, 2).astype("float32")),
        sample(
            (3, 9, 9), [2, 3], output_ratio=0.5, return_indices=True, _random_samples=uniform(1, 3, 2).astype("float32")
        ),
        sample((1, 2, 5, 5), 3, output_size=1, _random_samples=uniform(1, 2, 2).astype("float32")),
    ]
    errors = [
        (given(nnf.fractional_max_pool2d, (1, 4, 4), 2), ValueError, "give output_size, or output_ratio"),
        (
            given(nnf.fractional_max_pool2d, (1, 4, 4), 2, output_size=4),
            ValueError,
            "needs an input of at least (5, 5)",
        ),
        (given(nnf.fractional_max_pool2d, (1, 4, 4), 2, output_ratio=1.5), ValueError, "must lie between 0 and 1"),
        (
            lambda: nnf.fractional_max_pool2d(zeros(1, 4, 4), 2, output_size=2, _random_samples=zeros(2, 1, 2)),
            ValueError,
            "_random_samples has shape (2, 1, 2), needs (1, 1, 2)",
        ),
    ]
    expected = fractional(2)


class TestFractionalMaxPool3d(OpTest):
    op = staticmethod(nnf.fractional_max_pool3d)
    torch = staticmethod(pytorchs("fractional_max_pool3d"))
    samples = [sample((2, 5, 6, 7), 2, output_size=(2, 3, 4), _random_samples=uniform(1, 2, 3).astype("float32"))]
    expected = fractional(3)


def test_pooling_to_nothing():
    """PyTorch cannot differentiate this."""
    x = tg.tensor(np.ones((1, 3, 5, 7)), requires_grad=True)
    for pool in (nnf.adaptive_avg_pool2d, nnf.adaptive_max_pool2d):
        y = pool(x, 0)
        assert y.shape == (1, 3, 0, 0)
        (g,) = grad(y.sum(), x)
        assert g.shape == x.shape and not g.array.any()


def test_fractional_windows_are_drawn_anew_each_time():
    x = tg.tensor(np.random.default_rng(0).standard_normal((1, 8, 16, 16)))
    first, second = (nnf.fractional_max_pool2d(x, 2, output_size=9).array for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("op", [nnf.avg_pool2d, nnf.adaptive_avg_pool2d])
def test_half_precision_is_added_up_in_single(op):
    x = np.full((1, 64, 64), 100.0, "float16")
    y = op(tg.tensor(x), 64 if op is nnf.avg_pool2d else 1)
    assert y.array.dtype == np.float16 and y.item() == 100


def test_pools_that_always_give_indices() -> None:
    x = tg.randn(1, 2, 6, 6)
    pairs = [
        (nnf.max_pool2d_with_indices(x, 2), nnf.max_pool2d(x, 2, return_indices=True)),
        (nnf.max_pool2d_with_indices(x, 3, 2, 1, 1, True, False), nnf.max_pool2d(x, 3, 2, 1, 1, True, True)),
        (nnf.adaptive_max_pool2d_with_indices(x, (2, 3)), nnf.adaptive_max_pool2d(x, (2, 3), True)),
        (nnf.max_pool1d_with_indices(x[0], 2, stride=1), nnf.max_pool1d(x[0], 2, 1, return_indices=True)),
    ]
    for (a, i), (b, j) in pairs:
        assert a.tolist() == b.tolist() and i.tolist() == j.tolist()
    assert nnf.max_pool3d_with_indices.__name__ == "max_pool3d_with_indices"
