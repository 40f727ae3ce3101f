"""Padding, resizing, sampling, and the laying out of windows.

Resizing along one axis is a sparse matrix: each output is a weighted sum of a few inputs. `index` and `weight`, both
(taps, outputs), name them; their construction follows PyTorch's to the rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..shapes import Shape, taps
from .compiled import plain, worth
from .compiled import vision as _compiled
from .half import is_half, rounded, single
from .ranges import linspace

# ---- padding --------------------------------------------------------------------------------------------------------


def pad_constant(x: Any, pads: tuple[Shape, ...], value: Any) -> Any:
    """x with `value` before and after along each axis; negative numbers take away."""
    # pads: (before, after) for each axis
    shape = [n + before + after for n, (before, after) in zip(x.shape, pads)]
    y = np.full(shape, value, x.dtype) if any(max(p) > 0 for p in pads) else np.empty(shape, x.dtype)
    kept = [max(n + min(before, 0) + min(after, 0), 0) for n, (before, after) in zip(x.shape, pads)]
    into = tuple([slice(max(before, 0), max(before, 0) + k) for k, (before, _) in zip(kept, pads)])
    from_ = tuple([slice(max(-before, 0), max(-before, 0) + k) for k, (before, _) in zip(kept, pads)])
    y[into] = x[from_]
    return y


def pad_edges(x: Any, pads: tuple[Shape, ...], mode: str) -> Any:
    """x with its own elements before and after along the last axes, as `mode` says; negative numbers take away."""
    # pads: (before, after) for each of the last axes
    inside, outside, grown = _cropped(x.ndim, pads, mode)
    x = x[inside]
    y = np.empty([n + b + a for n, (b, a) in zip(x.shape, grown)], x.dtype)
    y[tuple([slice(b, b + n) for n, (b, _) in zip(x.shape, grown)])] = x
    for axis, edge, source in _edges(x.shape, grown, mode):
        # The axes before this one are not filled yet: what is copied of them is copied over later.
        lead = (slice(None),) * axis
        y[(*lead, edge)] = y[(*lead, source)]
    return np.ascontiguousarray(y[outside])


def pad_edges_backward(grad: Any, shape: Shape, pads: tuple[Shape, ...], mode: str) -> Any:
    """The transpose: the gradient of every copy goes to what was copied."""
    if is_half(grad):
        return rounded(pad_edges_backward(single(grad), shape, pads, mode), grad.dtype)
    inside, outside, grown = _cropped(len(shape), pads, mode)
    gx = np.zeros(shape, grad.dtype)
    kept = gx[inside].shape
    y = np.zeros([n + b + a for n, (b, a) in zip(kept, grown)], grad.dtype)
    y[outside] = grad
    for axis, edge, source in reversed(list(_edges(kept, grown, mode))):
        lead = (slice(None),) * axis
        copies = y[(*lead, edge)]
        y[(*lead, source)] += copies.sum(axis, keepdims=True) if mode == "replicate" else copies
    gx[inside] = y[tuple([slice(b, b + n) for n, (b, _) in zip(kept, grown)])]
    return gx


def _cropped(ndim: int, pads: tuple[Shape, ...], mode: str) -> Any:
    """Negative pads apart: what to take of the input before and what of the result after, and pads of all axes that are
    not negative. A circle is cut before it is closed; otherwise what is cut may be copied to the other end first."""
    every = ((0, 0),) * (ndim - len(pads)) + tuple(pads)
    cut = tuple([slice(max(-b, 0), -max(-a, 0) or None) for b, a in every])
    whole = (slice(None),) * ndim
    grown = [(max(b, 0), max(a, 0)) for b, a in every]
    return (cut, whole, grown) if mode == "circular" else (whole, cut, grown)


def _edges(shape: Shape, pads: Any, mode: str) -> Iterator[tuple[int, slice, slice]]:
    """(axis, edge, source) for every edge, the last axis first: result[edge] = result[source] along the axis."""
    for axis in reversed(range(len(shape))):
        n, (before, after) = shape[axis], pads[axis]
        end = before + n
        if mode == "reflect":
            sources = slice(2 * before, before, -1), slice(end - 2, end - 2 - after if end - 2 >= after else None, -1)
        elif mode == "replicate":
            sources = slice(before, before + 1), slice(end - 1, end)
        else:
            sources = slice(n, n + before), slice(before, before + after)
        if before:
            yield axis, slice(0, before), sources[0]
        if after:
            yield axis, slice(end, end + after), sources[1]


# ---- resizing -------------------------------------------------------------------------------------------------------


def resample(x: Any, maps: tuple[tuple[int, Any, Any], ...]) -> Any:
    """For each (axis, index, weight): y[o] = Σ x[index[t, o]] · weight[t, o] along the axis; no weight means 1."""
    if is_half(x) and any(weight is not None for _, _, weight in maps):
        return rounded(resample(single(x), maps), x.dtype)
    for axis, index, weight in maps:
        if weight is None:
            x = np.take(x, index[0], axis, mode="clip")
        else:
            x = _multiply(_matrix(index, weight, x.shape[axis], x.dtype), x, axis)
    return np.ascontiguousarray(x)


def resample_bytes(x: Any, maps: tuple[tuple[int, Any, Any], ...]) -> Any:
    """`resample` of uint8 as Pillow and PyTorch do it: weights as whole multiples of 2⁻ᵖ, p such that the largest fits 16
    bits; after each axis the sum is rounded, a half upwards, and what is below 0 or above 255 is brought back."""
    for axis, index, weight in maps:
        if weight is None:
            x = np.take(x, index[0], axis, mode="clip")
            continue
        matrix = _matrix(index, weight, x.shape[axis], np.float64)
        matrix.sum_duplicates()  # an element at the end stands for those beyond it
        largest = matrix.data.max()
        p = next((p for p in range(22) if int(0.5 + largest * (1 << p + 1)) >= 1 << 15), 22)
        matrix.data = np.trunc(matrix.data * (1 << p) + np.copysign(0.5, matrix.data)).astype(np.int32)
        total = _multiply(matrix, x.astype(np.int32), axis)
        x = np.clip((total + (1 << p - 1)) >> p, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(x)


def resample_backward(grad: Any, shape: Shape, maps: tuple[tuple[int, Any, Any], ...]) -> Any:
    """The transpose: each number goes back, times its weights, to the elements it was made of."""
    if is_half(grad):
        return rounded(resample_backward(single(grad), shape, maps), grad.dtype)
    for axis, index, weight in reversed(maps):
        weight = np.ones(index.shape) if weight is None else weight
        grad = _multiply(_matrix(index, weight, shape[axis], grad.dtype).T, grad, axis)
    return np.ascontiguousarray(grad)


def _matrix(index: Any, weight: Any, n: int, dtype: Any) -> Any:
    from scipy.sparse import csr_array

    count, out = index.shape
    rows = np.arange(0, count * out + 1, count)
    return csr_array((weight.T.reshape(-1).astype(dtype), index.T.reshape(-1), rows), shape=(out, n))


def _multiply(matrix: Any, x: Any, axis: int) -> Any:
    """A sparse matrix times x along one axis."""
    x = np.moveaxis(x, axis, 0)
    y = matrix @ x.reshape(x.shape[0], math.prod(x.shape[1:]))
    return np.moveaxis(y.reshape(matrix.shape[0], *x.shape[1:]), 0, axis)


def resize_taps(
    n: int, out: int, mode: str, scale: float | None, align_corners: bool, antialias: bool, dtype: Any
) -> tuple[Any, Any]:
    """index and weight, (taps, out), of resizing n elements to out. `scale` is the factor the user gave, if any."""
    exact = np.dtype(np.float32) if np.dtype(dtype).itemsize < 8 else np.dtype(dtype)
    if align_corners and mode not in ("nearest", "nearest-exact"):
        step = exact.type((n - 1) / (out - 1) if out > 1 else 0)
    else:
        step = exact.type(1.0 / scale if scale else n / out)
    places = np.arange(out, dtype=exact)
    if mode in ("nearest", "nearest-exact"):
        half = exact.type(0.5 if mode == "nearest-exact" else 0)
        index = np.floor(((places + half) * step).astype(np.float32)).astype(np.int64)
        return np.clip(index, 0, n - 1)[None], None
    if n == out and (antialias or mode == "linear"):
        return np.arange(n)[None], None
    if antialias:
        return _smoothing_taps(n, out, mode, float(step))
    real = places * step if align_corners else (places + exact.type(0.5)) * step - exact.type(0.5)
    if mode == "linear":
        real = np.maximum(real, 0)
        low = np.minimum(real.astype(np.int64), n - 1)
        t = np.clip(real - low, 0, 1)
        return np.stack([low, np.minimum(low + 1, n - 1)]), np.stack([1 - t, t])
    low = np.minimum(np.floor(real).astype(np.int64), n - 1)
    weight = cubic_weights(np.clip(real - low, 0, 1))
    return np.clip(low + np.arange(-1, 3)[:, None], 0, n - 1), np.stack(weight)


def _smoothing_taps(n: int, out: int, mode: str, step: float) -> tuple[Any, Any]:
    """Taps of a filter as wide as the step, so that shrinking averages over what it leaves out."""
    size = {"linear": 2, "cubic": 4, "lanczos": 6}[mode]
    widen = max(step, 1.0)
    support = size * 0.5 * widen
    centre = step * (np.arange(out) + 0.5)
    first = np.maximum((centre - support + 0.5).astype(np.int64), 0)
    stop = np.minimum((centre + support + 0.5).astype(np.int64), n)
    offsets = np.arange(int((stop - first).max()))[:, None]
    index = first + offsets
    x = np.abs((index - centre + 0.5) / widen)
    if mode == "linear":
        weight = np.maximum(1 - x, 0)
    elif mode == "cubic":
        a = -0.5
        near, far = ((a + 2) * x - (a + 3)) * x * x + 1, (((x - 5) * x + 8) * x - 4) * a
        weight = np.where(x < 1, near, np.where(x < 2, far, 0))
    else:
        weight = np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0)
    weight = np.where(index < stop, weight, 0)
    # A tap beyond the end has no weight; it names an element of its own window, whose nan is there anyway.
    return np.minimum(index, stop - 1), weight / weight.sum(0)


def cubic_weights(t: Any) -> list[Any]:
    """The four weights of cubic convolution with a = −0.75 (Keys, 1981), t in [0, 1) beyond the second element.

    Arithmetic only, so that t may be a Tensor as well."""
    a = -0.75

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


# ---- sampling at given places ---------------------------------------------------------------------------------------


def fold_coordinates(x: Any, n: int, padding: str, align_corners: bool) -> tuple[Any, Any]:
    """Coordinates brought into [0, n − 1] by clipping ('border') or reflection, and the slope of that: 1, 0 or −1."""
    slope = np.ones_like(x)
    if padding == "reflection":
        low, span = (0.0, n - 1.0) if align_corners else (-0.5, float(n))
        if span == 0:
            return np.zeros_like(x), np.zeros_like(x)
        slope = np.where(x < low, -slope, slope)
        x = np.abs(x - low)
        rest = np.fmod(x, span)
        odd = np.floor(x / span) % 2 == 1
        slope = np.where(odd, -slope, slope)
        x = (np.where(odd, span - rest, rest) + low).astype(x.dtype)
    slope = np.where((x > 0) & (x < n - 1), slope, 0).astype(x.dtype)
    return np.minimum(np.fmax(x, 0), n - 1), slope  # nan becomes 0


def grid_corner(places: list[Any], sizes: Shape, padding: str, align_corners: bool) -> tuple[Any, Any]:
    """Flat indices of the pixels at whole coordinates, and which of them are inside the image (None: all)."""
    flat: Any = 0
    inside: Any = None
    for place, n in zip(places, sizes):
        if padding == "zeros":
            here = (place >= 0) & (place <= n - 1)
            inside = here if inside is None else inside & here
        else:
            place, _ = fold_coordinates(place, n, padding, align_corners)
        flat = flat * n + np.fmin(np.fmax(place, 0), n - 1).astype(np.int64)
    return flat, inside


_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def samples_at_once(x: Any, grid: Any, mode: str) -> bool:
    """Whether there are compiled loops for this: the two functions that follow."""
    taps = (2, 1, 4)[_MODES.index(mode)] ** grid.shape[-1]
    return x.dtype.char in "fd" and worth(grid[..., 0].size * x.shape[1] * taps)


def grid_sample(x: Any, grid: Any, mode: str, padding: str, align_corners: bool) -> Any:
    """The image's values at the places of the grid."""
    # x (N, C, *size), grid (N, *out, d) → (N, C, *out)
    out = grid.shape[1:-1]
    y = np.zeros((*x.shape[:2], math.prod(out)), x.dtype)
    _compiled.sample(*_for_sampling(x, grid, mode, padding, align_corners), y)
    return y.reshape(*x.shape[:2], *out)


def grid_sample_backward(grad: Any, x: Any, grid: Any, mode: str, padding: str, align_corners: bool) -> tuple[Any, Any]:
    """The gradients towards the image and the grid."""
    gx = np.zeros((*x.shape[:2], math.prod(x.shape[2:])), x.dtype)
    gg = np.zeros((3, len(grid), math.prod(grid.shape[1:-1])), grid.dtype)
    grad = plain(grad).reshape(*x.shape[:2], gg.shape[2])
    _compiled.sample_backward(grad, *_for_sampling(x, grid, mode, padding, align_corners), gx, gg)
    if mode == "nearest":
        gg[:] = 0  # a place may move without changing its pixel
    return gx.reshape(x.shape), np.moveaxis(gg[::-1][: grid.shape[-1]], 0, -1).reshape(grid.shape)


def _for_sampling(x: Any, grid: Any, mode: str, padding: str, align_corners: bool) -> tuple[Any, ...]:
    """Arguments of the loops: the image with three axes, how many pixels count along each, and for every place these
    pixels, their weights and slopes; scratch."""
    d, n, count = grid.shape[-1], len(grid), math.prod(grid.shape[1:-1])
    volume = plain(x).reshape(*x.shape[:2], *(1,) * (3 - d), *x.shape[2:])
    places = plain(grid.reshape(n * count, d)[:, ::-1].T)  # from the image's first axis to its last
    shape = (3, (2, 1, 4)[_MODES.index(mode)], n * count)
    index, weight, slope = np.empty(shape, np.int32), np.empty(shape, x.dtype), np.empty(shape, x.dtype)
    if d == 2:  # one pixel along the axis that is not there
        index[0, 0], weight[0, 0], slope[0, 0] = 0, 1, 0
    numbers, taps = np.array([0, 1, 0.5, 2, 3, 5], x.dtype), [1, 1, 1]
    how = _MODES.index(mode), _PADDINGS.index(padding), align_corners, numbers
    for i, g in zip(range(3 - d, 3), places):
        taps[i] = _compiled.along(g, numbers.dtype.type(volume.shape[2 + i]), *how, index[i], weight[i], slope[i])
    tables = [table.reshape(3, shape[1], n, count) for table in (index, weight, slope)]
    return volume, *taps, *tables, np.empty(count, np.int32), np.empty(count, x.dtype)


def affine_base(sizes: Shape, align_corners: bool, dtype: Any) -> Any:
    """The places of an image's pixels in [−1, 1], each with a 1 beside it."""
    # sizes (D,) H, W → (D·H·W, d + 1), the last axis x first
    along = []
    for n in sizes:
        line = linspace(-1, 1, n, dtype) if n > 1 else np.zeros(1, dtype)
        along.append(line if align_corners else line * (n - 1) / n)
    mesh = np.meshgrid(*along, indexing="ij")
    return np.stack([*mesh[::-1], np.ones(sizes, dtype)], -1).reshape(-1, len(sizes) + 1).astype(dtype)


# ---- windows as columns ---------------------------------------------------------------------------------------------


def im2col(x: Any, out: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Any:
    """Every window of every image as a column (im2col)."""
    # x (N, C, *size) → (N, C·prod(kernel), prod(out))
    n, c = x.shape[:2]
    columns: Any = np.zeros((n, c, *kernel, *out), x.dtype)
    for at, window, pixel in taps(x.shape[2:], out, kernel, stride, padding, dilation):
        columns[:, :, *at, *window] = x[:, :, *pixel]
    return columns.reshape(n, c * math.prod(kernel), math.prod(out))


def im2col_backward(
    grad: Any, shape: Shape, out: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape
) -> Any:
    """Columns put back where they came from, and added up where they overlap (col2im)."""
    # grad (N, C·prod(kernel), prod(out)) → shape (N, C, *size)
    if is_half(grad):
        wide = single(grad)
        return im2col_backward(wide, shape, out, kernel, stride, padding, dilation).astype(grad.dtype)
    columns = grad.reshape(shape[0], shape[1], *kernel, *out)
    x: Any = np.zeros(shape, grad.dtype)
    for at, window, pixel in taps(shape[2:], out, kernel, stride, padding, dilation):
        x[:, :, *pixel] += columns[:, :, *at, *window]
    return x


__all__ = [
    "affine_base",
    "cubic_weights",
    "fold_coordinates",
    "grid_corner",
    "grid_sample",
    "grid_sample_backward",
    "im2col",
    "im2col_backward",
    "pad_constant",
    "pad_edges",
    "pad_edges_backward",
    "resample",
    "resample_backward",
    "resample_bytes",
    "resize_taps",
    "samples_at_once",
]
