"""Padding, resizing, sampling, fold and shuffles against their definitions."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.autograd.engine import grad
from tensorgrad.nn import functional as nnf
from tests.ops.optest import OpTest, sample


def zeros(*shape, dtype="float32"):
    return tg.tensor(np.zeros(shape, dtype))


def given(op, *shapes, **kwargs):
    """A call of op on zeros of these shapes, to be made later."""
    return lambda: op(*[zeros(*s) if isinstance(s, tuple) else s for s in shapes], **kwargs)


class TestPad(OpTest):
    op = staticmethod(nnf.pad)
    samples = [
        sample((2, 3, 4), [1, 2]),
        sample((2, 3, 4), [1, 0, 0, 2, 3, 1], value=1.5),
        sample((2, 3, 4), [-1, 2, 1, -2]),
        sample((3, 4), [-2, -1]),
        sample((), []),
        sample((0, 3), [1, 1], "constant", 2.0),
        sample((2, 3, 4, 5), [2, 1, 3, 0], "reflect"),
        sample((3, 4), [-1, 3], mode="reflect"),
        sample((2, 3, 2, 4, 3), [2, 1, 0, 3, 1, -1], "replicate"),
        sample((2, 3, 4), [2, 4], "circular"),
        sample((2, 3, 4, 5), [-2, 2, 3, -1], "circular"),
        sample(np.arange(6).reshape(2, 3), [1, 2]),
        sample(np.arange(6).reshape(2, 3) > 2, [1, 2], value=1),
    ]
    errors = [
        (
            given(nnf.pad, (2, 3), [1]),
            ValueError,
            "pad: (1,) has 1 numbers; give two for each of the last axes, at most 4",
        ),
        (given(nnf.pad, (2, 3), [1, 1, 1, 1, 1, 1]), ValueError, "has 6 numbers"),
        (given(nnf.pad, (2, 3), [-2, -2]), ValueError, "pad: (-2, -2) takes more from input (2, 3) than there is"),
        (given(nnf.pad, (2, 3), [1, 1], mode="mirror"), ValueError, "'replicate' or 'circular', got 'mirror'"),
        (given(nnf.pad, (2, 3), [1, 1], mode="reflect", value=1), ValueError, "takes its values from the input"),
        (
            given(nnf.pad, (2, 3, 4, 4), [1, 1], mode="reflect"),
            ValueError,
            "pads all spatial axes of (N, C, …) or (C, …)",
        ),
        (
            given(nnf.pad, (2, 3, 4), [4, 0], mode="reflect"),
            ValueError,
            "pad: (4, 0) is too much for axis 2 of input (2, 3, 4) in mode 'reflect'; at most 3",
        ),
        (given(nnf.pad, (2, 3, 4), [5, 0], mode="circular"), ValueError, "in mode 'circular'; at most 4"),
        (given(nnf.pad, (2, 3, 4), [2, -3], mode="circular"), ValueError, "in mode 'circular'; at most 1"),
        (
            lambda: nnf.pad(zeros(2, 3, dtype=int), [1, 1], value=np.inf),
            ValueError,
            "value inf is not among the numbers of tensorgrad.int64",
        ),
    ]

    def expected(self, x, pad, mode="constant", value=None):
        for i, (before, after) in enumerate(zip(pad[::2], pad[1::2])):
            axis = x.ndim - 1 - i
            widths = [(0, 0)] * x.ndim
            if mode == "constant" or mode == "circular":  # first the taking away, then the adding
                if mode == "constant":
                    widths[axis] = (max(before, 0), max(after, 0))
                    x = np.pad(x, widths, constant_values=0 if value is None else value)
                n = x.shape[axis]
                x = np.take(x, range(max(-before, 0), n - max(-after, 0)), axis)
                if mode == "circular":
                    widths[axis] = (max(before, 0), max(after, 0))
                    x = np.pad(x, widths, mode="wrap")
                continue
            n = x.shape[axis]
            widths[axis] = (max(before, 0), max(after, 0))
            x = np.pad(x, widths, mode={"reflect": "reflect", "replicate": "edge"}[mode])
            x = np.take(x, range(max(-before, 0), x.shape[axis] - max(-after, 0)), axis)
        return x


def test_taking_away_what_was_just_added():
    x = tg.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    y = nnf.pad(x, [2, -4], value=7)
    assert y.tolist() == [[7], [7]]
    (g,) = grad(y.sum(), x)
    assert not g.array.any()


def test_shuffling_no_images():
    x = tg.tensor(np.ones((0, 4, 2, 2)), requires_grad=True)
    y = nnf.pixel_shuffle(x, 2)
    (g,) = grad(y.sum(), x)
    assert y.shape == (0, 1, 4, 4) and g.shape == (0, 4, 2, 2)


def linear_place(o, n, out, factor, align_corners):
    if align_corners:
        return o * (n - 1) / (out - 1) if out > 1 else 0.0
    return (o + 0.5) * (1 / factor if factor else n / out) - 0.5


def keys(x, a):
    x = abs(x)
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


FILTERS = {
    "linear": (1, lambda x: max(1 - abs(x), 0)),
    "cubic": (2, lambda x: keys(x, -0.5)),
    "lanczos": (3, lambda x: np.sinc(x) * np.sinc(x / 3) if abs(x) < 3 else 0.0),
}


def resize_matrix(n, out, kind, factor, align_corners, antialias):
    """(out, n): what each output is made of."""
    matrix = np.zeros((out, n))
    for o in range(out):
        if kind in ("nearest", "nearest-exact"):
            at = (o + (0.5 if kind == "nearest-exact" else 0)) * (1 / factor if factor else n / out)
            matrix[o, min(int(at), n - 1)] = 1
        elif kind == "area":
            start, stop = o * n // out, -(-(o + 1) * n // out)
            matrix[o, start:stop] = 1 / (stop - start)
        elif antialias and n != out:
            step = (n - 1) / max(out - 1, 1) if align_corners else (1 / factor if factor else n / out)
            radius, f = FILTERS[kind]
            wide = max(step, 1)
            weights = [f((i - (o + 0.5) * step + 0.5) / wide) for i in range(n)]
            first = max(int((o + 0.5) * step - radius * wide + 0.5), 0)
            last = min(int((o + 0.5) * step + radius * wide + 0.5), n)
            matrix[o, first:last] = weights[first:last]
            matrix[o] /= matrix[o].sum()
        elif kind == "linear":
            at = o if n == out else max(linear_place(o, n, out, factor, align_corners), 0)
            low = min(int(at), n - 1)
            t = min(at - low, 1)
            matrix[o, low] += 1 - t
            matrix[o, min(low + 1, n - 1)] += t
        else:
            at = linear_place(o, n, out, factor, align_corners)
            low = int(np.floor(at))
            for i in range(low - 1, low + 3):
                matrix[o, min(max(i, 0), n - 1)] += keys(at - i, -0.75)
    return matrix


KINDS = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}


class TestInterpolate(OpTest):
    op = staticmethod(nnf.interpolate)
    rtol = {"float32": 1e-4}
    samples = [
        sample((2, 3, 5), 8),
        sample((2, 3, 5, 4), size=[3, 7], mode="nearest"),
        sample((2, 3, 5, 4), scale_factor=2, mode="nearest-exact"),
        sample((2, 2, 5), size=3, mode="nearest-exact"),
        sample((2, 3, 5), size=9, mode="linear"),
        sample((2, 3, 5), scale_factor=1.5, mode="linear", align_corners=True),
        sample((2, 3, 4, 6), size=[7, 4], mode="bilinear"),
        sample((2, 3, 4, 6), scale_factor=[1.3, 0.7], mode="bilinear"),
        sample((2, 3, 4, 6), scale_factor=[1.3, 0.7], mode="bilinear", recompute_scale_factor=True),
        sample((2, 3, 4, 6), size=[1, 11], mode="bilinear", align_corners=True),
        sample((1, 2, 4, 6), size=[7, 4], mode="bicubic"),
        sample((1, 2, 4, 6), scale_factor=2.5, mode="bicubic", align_corners=True),
        sample((1, 2, 3, 2, 4), size=[4, 5, 3], mode="trilinear"),
        sample((2, 3, 7, 5), size=[3, 2], mode="area"),
        sample((2, 3, 7, 5), scale_factor=0.5, mode="area"),
        sample((1, 2, 9, 8), size=[4, 3], mode="bilinear", antialias=True),
        sample((1, 2, 9, 8), size=[4, 11], mode="bicubic", antialias=True, align_corners=True),
        sample((1, 2, 9, 8), scale_factor=[0.4, 1], mode="lanczos", antialias=True),
        sample((0, 2, 4, 6), size=3, mode="bilinear"),
        sample(np.arange(12, dtype="uint8").reshape(1, 1, 3, 4), size=[5, 2]),
    ]
    errors = [
        (given(nnf.interpolate, (2, 3), 4), ValueError, "interpolate: input has shape (2, 3); it needs (N, C, …)"),
        (given(nnf.interpolate, (1, 1, 4), 4, mode="quadratic"), ValueError, "got 'quadratic'"),
        (given(nnf.interpolate, (1, 1, 4), 4, mode="bilinear"), ValueError, "mode 'bilinear' needs an input of 4 axes"),
        (given(nnf.interpolate, (1, 1, 4)), ValueError, "interpolate: give either size or scale_factor"),
        (given(nnf.interpolate, (1, 1, 4), 4, 2.0), ValueError, "interpolate: give either size or scale_factor"),
        (given(nnf.interpolate, (1, 1, 4, 4), [4]), ValueError, "size (4,) has 1 entries for 2 spatial axes (4, 4)"),
        (given(nnf.interpolate, (1, 1, 4), scale_factor=(1, 2)), ValueError, "has 2 entries for 1 spatial axes"),
        (
            given(nnf.interpolate, (1, 1, 4), 4, align_corners=True),
            ValueError,
            "align_corners is only for the modes between",
        ),
        (given(nnf.interpolate, (1, 1, 4), 4, antialias=True), ValueError, "antialias is for 'bilinear', 'bicubic'"),
        (given(nnf.interpolate, (1, 1, 4, 4), 4, mode="lanczos"), ValueError, "'lanczos' works with antialias=True"),
        (
            given(nnf.interpolate, (1, 1, 4), scale_factor=0.1),
            ValueError,
            "would become (1, 1, 0); only the batch may be empty",
        ),
        (
            lambda: nnf.interpolate(zeros(1, 1, 4, dtype=int), 2, mode="linear"),
            TypeError,
            "interpolate: input needs a floating dtype, got tensorgrad.int64",
        ),
        (
            given(nnf.interpolate, (1, 1, 4), size=4, recompute_scale_factor=True),
            ValueError,
            "recompute_scale_factor is about scale_factor; with a size leave it out",
        ),
    ]

    def expected(
        self,
        x,
        size=None,
        scale_factor=None,
        mode="nearest",
        align_corners=False,
        recompute_scale_factor=False,
        antialias=False,
    ):
        d = x.ndim - 2
        factors = [None] * d
        if size is None:
            factors = scale_factor if isinstance(scale_factor, list) else [scale_factor] * d
            size = [int(n * f) for n, f in zip(x.shape[2:], factors)]
            factors = [None] * d if recompute_scale_factor or mode == "area" else factors
        size = size if isinstance(size, list) else [size] * d
        for i in range(d):
            m = resize_matrix(x.shape[i + 2], size[i], KINDS.get(mode, mode), factors[i], align_corners, antialias)
            x = np.moveaxis(np.tensordot(m, x, (1, i + 2)), 0, i + 2).astype(x.dtype)
        return x


class TestUpsample(OpTest):
    op = staticmethod(nnf.upsample)
    samples = [sample((1, 2, 3), 5), sample((1, 2, 3, 3), scale_factor=2, mode="bilinear", align_corners=True)]
    pytestmark = pytest.mark.filterwarnings("ignore:upsample is the old name")
    expected = TestInterpolate.expected


class TestUpsampleNearest(OpTest):
    op = staticmethod(nnf.upsample_nearest)
    samples = [sample((1, 2, 3), 5), sample((1, 2, 3, 3), scale_factor=2)]
    pytestmark = pytest.mark.filterwarnings("ignore:upsample_nearest is the old name")
    expected = TestInterpolate.expected


class TestUpsampleBilinear(OpTest):
    op = staticmethod(nnf.upsample_bilinear)
    samples = [sample((1, 2, 3, 4), 5)]
    pytestmark = pytest.mark.filterwarnings("ignore:upsample_bilinear is the old name")

    def expected(self, x, size):
        return TestInterpolate.expected(self, x, size, mode="bilinear", align_corners=True)


def test_old_names_say_so():
    with pytest.warns(UserWarning, match="upsample is the old name"):
        nnf.upsample(zeros(1, 1, 2), 3)
    with pytest.warns(UserWarning, match="upsample_nearest is the old name"):
        nnf.upsample_nearest(zeros(1, 1, 2), 3)
    with pytest.warns(UserWarning, match="upsample_bilinear is the old name"):
        nnf.upsample_bilinear(zeros(1, 1, 2, 2), 3)


def fold_place(c, n, padding, align_corners):
    if padding == "reflection":
        low, high = (0.0, n - 1.0) if align_corners else (-0.5, n - 0.5)
        if low == high:
            return 0.0
        while not low <= c <= high:
            c = 2 * low - c if c < low else 2 * high - c
    return min(max(c, 0.0), n - 1.0) if padding != "zeros" else c


def pixel(plane, at, padding, align_corners):
    places = [fold_place(a, n, padding, align_corners) for a, n in zip(at, plane.shape)]
    inside = all(0 <= a <= n - 1 for a, n in zip(places, plane.shape))
    return plane[tuple(int(a) for a in places)] if inside else 0.0


class TestGridSample(OpTest):
    op = staticmethod(nnf.grid_sample)
    low, high = -1.4, 1.4
    rtol = {"float32": 2e-4}
    atol = {"float32": 2e-4}
    samples = [
        sample((2, 3, 4, 5), (2, 3, 2, 2), align_corners=False),
        sample((2, 3, 4, 5), (2, 3, 2, 2), "bilinear", "zeros", True),
        sample((2, 3, 4, 5), (2, 3, 2, 2), "bilinear", "border", False),
        sample((2, 3, 4, 5), (2, 3, 2, 2), "bilinear", "reflection", True),
        sample((2, 3, 4, 5), (2, 3, 2, 2), "bilinear", "reflection", False),
        sample((2, 3, 4, 5), (2, 3, 2, 2), "nearest", "zeros", False),
        sample((2, 3, 4, 5), (2, 3, 2, 2), "nearest", "reflection", True),
        sample((2, 2, 4, 5), (2, 3, 2, 2), "bicubic", "zeros", False),
        sample((2, 2, 4, 5), (2, 3, 2, 2), "bicubic", "border", True),
        sample((2, 2, 4, 5), (2, 3, 2, 2), "bicubic", "reflection", False),
        sample((2, 2, 3, 4, 3), (2, 2, 2, 3, 3), "bilinear", "zeros", False),
        sample((1, 2, 3, 4, 3), (1, 2, 2, 3, 3), "bilinear", "reflection", True),
        sample((1, 2, 3, 4, 3), (1, 2, 2, 3, 3), "nearest", "border", True),
        sample((1, 1, 1, 3), (1, 2, 2, 2), "bilinear", "reflection", True),
        sample((0, 2, 3, 3), (0, 2, 2, 2), align_corners=False),
        sample((1, 2, 3, 3), (1, 0, 2, 2), align_corners=False),
        sample((2, 3, 9, 7), (2, 19, 21, 2), align_corners=False),
        sample((2, 3, 9, 7), (2, 39, 21, 2), "nearest", "border", False),
        sample((1, 64, 4, 5), (1, 2, 2, 2), "bicubic", "reflection", True),
        sample((1, 3, 4, 1, 3), (1, 5, 13, 5, 3), "bilinear", "reflection", False),
    ]
    errors = [
        (
            given(nnf.grid_sample, (2, 1, 3, 3), (1, 2, 2, 2)),
            ValueError,
            "grid_sample: input and grid do not belong together.\n    input  (2, 1, 3, 3)\n    grid   (1, 2, 2, 2)\n",
        ),
        (given(nnf.grid_sample, (1, 1, 3, 3), (1, 2, 2, 3)), ValueError, "input and grid do not belong together"),
        (given(nnf.grid_sample, (1, 3, 3), (1, 2, 2)), ValueError, "input and grid do not belong together"),
        (
            given(nnf.grid_sample, (1, 1, 3, 3), (1, 2, 2, 2), "linear"),
            ValueError,
            "'nearest' or 'bicubic', got 'linear'",
        ),
        (
            given(nnf.grid_sample, (1, 1, 3, 3), (1, 2, 2, 2), "nearest", "edge"),
            ValueError,
            "'border' or 'reflection', got 'edge'",
        ),
        (given(nnf.grid_sample, (1, 1, 3, 3, 3), (1, 2, 2, 2, 3), "bicubic"), ValueError, "'bicubic' is for images"),
        (given(nnf.grid_sample, (1, 1, 0, 3), (1, 2, 2, 2)), ValueError, "has no pixels"),
        (
            lambda: nnf.grid_sample(zeros(1, 1, 3, 3), zeros(1, 2, 2, 2, dtype=float)),
            TypeError,
            "Convert: grid.float() (NumPy",
        ),
    ]

    def expected(self, x, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
        size = x.shape[2:]
        y = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
        for n, c, *o in np.ndindex(*y.shape):
            at = []
            for g, s in zip(grid[(n, *o)][::-1], size):
                a = (g + 1) / 2 * (s - 1) if align_corners else ((g + 1) * s - 1) / 2
                at.append(a if mode == "bicubic" else fold_place(a, s, padding_mode, align_corners))
            if mode == "nearest":
                y[(n, c, *o)] = pixel(x[n, c], np.round(at), padding_mode, align_corners)
                continue
            reach = range(-1, 3) if mode == "bicubic" else range(2)
            for step in product(reach, repeat=len(size)):
                corner = np.floor(at) + step
                weigh = [keys(a - b, -0.75) if mode == "bicubic" else 1 - abs(a - b) for a, b in zip(at, corner)]
                y[(n, c, *o)] += np.prod(weigh) * pixel(x[n, c], corner, padding_mode, align_corners)
        return y


def test_places_that_are_no_numbers():
    x = tg.tensor(np.arange(16.0).reshape(1, 1, 4, 4))
    places = tg.tensor(np.array([[[[np.nan, 0], [np.inf, 0], [-np.inf, 0], [1e30, 0]]]]))
    border = nnf.grid_sample(x, places, "bilinear", "border", True)
    assert border.tolist() == [[[[6, 9, 6, 9]]]]
    assert nnf.grid_sample(x, places, "nearest", "zeros", True).tolist() == [[[[0, 0, 0, 0]]]]
    assert np.isnan(nnf.grid_sample(x, places, "bilinear", "zeros", True).array[..., :3]).all()


class TestAffineGrid(OpTest):
    op = staticmethod(nnf.affine_grid)
    samples = [
        sample((2, 2, 3), [2, 1, 3, 4]),
        sample((2, 2, 3), [2, 1, 3, 4], True),
        sample((1, 2, 3), [1, 5, 1, 3], True),
        sample((1, 3, 4), [1, 1, 2, 3, 2], False),
    ]
    errors = [
        (
            given(nnf.affine_grid, (2, 2, 3), [1, 1, 3, 3]),
            ValueError,
            "affine_grid: theta and size do not belong together.\n    theta  (2, 2, 3)\n    size   (1, 1, 3, 3)\n",
        ),
        (given(nnf.affine_grid, (1, 2, 3), [1, 1, 0, 3]), ValueError, "size (1, 1, 0, 3) must be positive"),
        (lambda: nnf.affine_grid(zeros(1, 2, 3, dtype=int), [1, 1, 2, 2]), TypeError, "theta needs a floating dtype"),
    ]

    def expected(self, theta, size, align_corners=False):
        y = np.empty((size[0], *size[2:], len(size) - 2))
        for n, *o in np.ndindex(*y.shape[:-1]):
            place = []
            for i, s in zip(o[::-1], size[:1:-1]):
                place.append((2 * i / max(s - 1, 1) - (s > 1)) if align_corners else (2 * i + 1) / s - 1)
            y[(n, *o)] = theta[n] @ [*place, 1]
        return y


def test_the_identity_samples_the_image_itself():
    x = np.random.default_rng(0).standard_normal((1, 2, 4, 5))
    theta = tg.tensor(np.eye(2, 3)[None])
    for align in (True, False):
        y = nnf.grid_sample(tg.tensor(x), nnf.affine_grid(theta, x.shape, align), align_corners=align)
        np.testing.assert_allclose(y.array, x, atol=1e-12)


def pairs(value):
    return (value, value) if isinstance(value, int) else tuple(value)


class TestUnfold(OpTest):
    op = staticmethod(nnf.unfold)
    samples = [
        sample((2, 3, 4, 5), 2),
        sample((3, 6, 5), [3, 2], dilation=(1, 2), padding=(2, 0), stride=2),
        sample((0, 3, 4, 5), 2),
        sample(np.arange(9).reshape(1, 3, 3), 2),
    ]
    errors = [
        (
            given(nnf.unfold, (3, 4), 2),
            ValueError,
            "unfold: input has shape (3, 4); it needs (N, C, H, W) or (C, H, W)",
        ),
        (given(nnf.unfold, (1, 4, 4), 5), ValueError, "unfold: no window fits; there would be (0, 0) of them"),
        (given(nnf.unfold, (1, 4, 4), 2, stride=0), ValueError, "unfold: stride must be at least 1, got 0"),
    ]

    def expected(self, x, kernel_size, dilation=1, padding=0, stride=1):
        if x.ndim == 3:
            return self.expected(x[None], kernel_size, dilation, padding, stride)[0]
        (r, s), (e, f), (p, q), (t, u) = map(pairs, (kernel_size, dilation, padding, stride))
        x = np.pad(x, [(0, 0), (0, 0), (p, p), (q, q)])
        columns = [
            x[:, :, i : i + e * (r - 1) + 1 : e, j : j + f * (s - 1) + 1 : f].reshape(x.shape[0], x.shape[1] * r * s)
            for i in range(0, x.shape[2] - e * (r - 1), t)
            for j in range(0, x.shape[3] - f * (s - 1), u)
        ]
        return np.stack(columns, -1)


class TestFold(OpTest):
    op = staticmethod(nnf.fold)
    samples = [
        sample((2, 12, 12), [4, 5], 2),
        sample((6, 16), [6, 10], [3, 2], dilation=(1, 2), padding=(2, 0), stride=2),
        sample((0, 12, 12), [4, 5], 2),
    ]
    errors = [
        (
            given(nnf.fold, (1, 4, 8), 4, 2),
            ValueError,
            "fold: an image of (4, 4) has 3 × 3 windows, not 8.\n    input  (1, 4, 8)\n",
        ),
        (
            given(nnf.fold, (1, 5, 9), 4, 2),
            ValueError,
            "fold: input has shape (1, 5, 9); it needs (N, C·4, L) or (C·4, L)",
        ),
        (given(nnf.fold, (1, 4, 4), 1, 2), ValueError, "fold: an image of (1, 1) has 0 × 0 windows"),
    ]

    def expected(self, x, output_size, kernel_size, dilation=1, padding=0, stride=1):
        if x.ndim == 2:
            return self.expected(x[None], output_size, kernel_size, dilation, padding, stride)[0]
        (r, s), (e, f), (p, q), (t, u) = map(pairs, (kernel_size, dilation, padding, stride))
        h, w = output_size
        y = np.zeros((x.shape[0], x.shape[1] // (r * s), h + 2 * p, w + 2 * q))
        places = product(range(0, h + 2 * p - e * (r - 1), t), range(0, w + 2 * q - f * (s - 1), u))
        for k, (i, j) in enumerate(places):
            window = y[:, :, i : i + e * (r - 1) + 1 : e, j : j + f * (s - 1) + 1 : f]
            window += x[:, :, k].reshape(window.shape)
        return y[:, :, p : p + h, q : q + w]


class TestPixelShuffle(OpTest):
    op = staticmethod(nnf.pixel_shuffle)
    samples = [sample((2, 8, 3, 2), 2), sample((9, 1, 2), 3), sample((2, 2, 4, 2, 2), 2)]
    errors = [
        (
            given(nnf.pixel_shuffle, (7, 3, 3), 2),
            ValueError,
            "7 channels of input (7, 3, 3) are no multiple of upscale_factor²",
        ),
        (given(nnf.pixel_shuffle, (3, 3), 2), ValueError, "it needs at least the axes (C, H, W)"),
        (given(nnf.pixel_shuffle, (4, 3, 3), 0), ValueError, "upscale_factor must be at least 1, got 0"),
    ]

    def expected(self, x, r):
        *lead, c, h, w = x.shape
        y = np.empty((*lead, c // r**2, h * r, w * r))
        for i, j in product(range(r), range(r)):
            y[..., i::r, j::r] = x[..., i * r + j :: r * r, :, :]
        return y


class TestPixelUnshuffle(OpTest):
    op = staticmethod(nnf.pixel_unshuffle)
    samples = [sample((2, 2, 6, 4), 2), sample((1, 3, 6), 3)]
    errors = [
        (given(nnf.pixel_unshuffle, (1, 3, 4), 2), ValueError, "3 × 4 pixels are no multiple of downscale_factor 2"),
    ]

    def expected(self, x, r):
        *lead, c, h, w = x.shape
        y = np.empty((*lead, c * r * r, h // r, w // r))
        for i, j in product(range(r), range(r)):
            y[..., i * r + j :: r * r, :, :] = x[..., i::r, j::r]
        return y


class TestChannelShuffle(OpTest):
    op = staticmethod(nnf.channel_shuffle)
    samples = [sample((2, 6, 3, 2), 3), sample((1, 4, 5), 2), sample((0, 4, 5), 2)]
    errors = [
        (
            given(nnf.channel_shuffle, (1, 6, 3), 4),
            ValueError,
            "6 channels of input (1, 6, 3) do not divide into 4 groups",
        ),
        (given(nnf.channel_shuffle, (1, 6, 3), 0), ValueError, "do not divide into 0 groups"),
        (
            given(nnf.channel_shuffle, (1, 6), 2),
            ValueError,
            "channel_shuffle: input has shape (1, 6); it needs (N, C, …)",
        ),
    ]

    def expected(self, x, groups):
        per = x.shape[1] // groups
        return x[:, [i * per + j for j in range(per) for i in range(groups)]]


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "nearest-exact"])
def test_half_precision(mode):
    x = np.random.default_rng(0).standard_normal((1, 2, 4, 4)).astype("float16")
    a = tg.tensor(x, requires_grad=True)
    y = nnf.interpolate(a, size=(7, 3), mode=mode)
    (g,) = grad(y.sum(), a)
    assert y.array.dtype == g.array.dtype == np.float16
    exact = nnf.interpolate(tg.tensor(x.astype("float64")), size=(7, 3), mode=mode)
    np.testing.assert_allclose(y.array, exact.array, rtol=2e-3, atol=2e-3)


def test_nodes_carry_the_names_of_the_functions():
    x = tg.tensor(np.ones((1, 4, 4, 4)), requires_grad=True)
    assert nnf.pad(x, [1, 1]).grad_fn.name == "pad_constant"
    assert nnf.pad(x, [1, 1, 1, 1], "reflect").grad_fn.name == "pad_reflect"
    assert nnf.interpolate(x, 2, mode="bilinear").grad_fn.name == "interpolate_bilinear"
    columns = nnf.unfold(x, 2)
    assert columns.grad_fn.name == "unfold"
    assert nnf.fold(columns, 4, 2).grad_fn.name == "fold"


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("d", [2, 3])
def test_the_nearest_pixels_stay_where_a_place_moves(padding: str, d: int) -> None:
    """The gradient to the grid is 0, also where the image needs none, and there is a second one."""
    x = tg.arange(1, 1 + 2**d).double().reshape(1, 1, *[2] * d)
    grid = tg.linspace(-1.5, 1.5, 2 * d).double().reshape(1, *[1] * (d - 1), 2, d).requires_grad_()
    y = nnf.grid_sample(x, grid, mode="nearest", padding_mode=padding, align_corners=True)
    (g,) = tg.autograd.grad(y.square().sum(), grid, create_graph=True)
    assert g.shape == grid.shape and not g.any()
    x.requires_grad_()
    y = nnf.grid_sample(x, grid, mode="nearest", padding_mode=padding, align_corners=True)
    gx, g = tg.autograd.grad(y.square().sum(), (x, grid), create_graph=True)
    assert gx.any() and not g.any() and tg.autograd.grad(gx.sum(), x)[0].any()


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("size", [(5, 9), (14, 3), (7, 6), (1, 1)])
def test_pictures_of_bytes(mode: str, antialias: bool, size: tuple[int, int]) -> None:
    """As the floats are, rounded after the rows and after the columns: at most 1 apart, and 2 where overshoot is amplified."""
    if mode == "lanczos" and not antialias:
        return
    x = tg.tensor(np.random.default_rng(0).integers(60, 180, (2, 3, 7, 6)).astype(np.uint8))
    y = nnf.interpolate(x, size, mode=mode, antialias=antialias)
    assert y.dtype is tg.uint8 and y.shape == (2, 3, *size)
    want = nnf.interpolate(x.double(), size, mode=mode, antialias=antialias)
    assert (y.double() - want).abs().max() <= (1.05 if mode == "bilinear" else 1.6)
    assert tg.equal(nnf.interpolate(x, (7, 6), mode=mode, antialias=antialias), x)


def test_bytes_are_rounded_and_kept_in_range() -> None:
    x = tg.tensor([[[[0, 100], [200, 50]]]], dtype=tg.uint8)
    assert nnf.interpolate(x, scale_factor=2, mode="bilinear")[0, 0].tolist() == [
        [0, 25, 75, 100], [50, 60, 78, 88], [150, 129, 85, 63], [200, 163, 88, 50],
    ]  # fmt: skip
    step = tg.tensor([0, 0, 255, 255], dtype=tg.uint8).expand(1, 1, 4, 4)
    y = nnf.interpolate(step, (4, 8), mode="bicubic")
    assert y[0, 0, 0].tolist() == [0, 0, 0, 58, 197, 255, 255, 255]
    with pytest.raises(TypeError, match="interpolate: input needs a floating dtype, got tensorgrad.uint8"):
        nnf.interpolate(x[0], scale_factor=2, mode="linear")
