"""Pooling over windows of the last axes, in any number of dimensions.

A maximum remembers which position of its window it came from, one byte per result (`choice`, counted in row-major
order over the window); PyTorch's flat indices take eight, and are made only when asked for. Means are sums along one
axis after another, for windows are boxes.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..shapes import Shape, taps
from .half import is_half, rounded, single

BLOCK = 1 << 18  # bytes of the input worked on at a time, so that it is still in the cache when the next tap reads it


# ---- maxima ---------------------------------------------------------------------------------------------------------


def max_pool(x: Any, out: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, remember: bool) -> Any:
    """The largest in each window, and with `remember` which it was: the first of equals, the last of several nans."""
    # x (…, *size) → (…, *out), choice of the same shape or None
    d = len(out)
    size = x.shape[-d:]
    steps = taps(size, out, kernel, stride, padding, dilation)
    planes = x.reshape(math.prod(x.shape[:-d]), *size)
    y = np.empty((len(planes), *out), x.dtype)
    choice = np.empty(y.shape, _smallest(math.prod(kernel))) if remember else None
    floating = x.dtype.kind not in "iu"
    lowest = -np.inf if floating else np.iinfo(x.dtype).min
    first = _first(size, out, kernel, stride, padding, dilation)
    for part in _slices(planes):
        image, best = planes[part], y[part]
        best.fill(lowest)
        if choice is None:
            for _, window, pixel in steps:
                top = best[:, *window]
                np.maximum(top, image[:, *pixel], out=top)
            continue
        chosen = choice[part]
        chosen[...] = first
        for at, window, pixel in steps:
            value = np.ascontiguousarray(image[:, *pixel])
            top, which = best[:, *window], chosen[:, *window]
            # Positions are numbered in the order they are met, so the one met last is the largest number.
            here = np.multiply(value > top, _number(at, kernel), dtype=choice.dtype, casting="unsafe")
            np.maximum(which, here, out=which)
            np.maximum(top, value, out=top)
        if floating and np.isnan(best).any():
            for at, window, pixel in steps:
                np.copyto(chosen[:, *window], _number(at, kernel), where=np.isnan(image[:, *pixel]))
    shape = (*x.shape[:-d], *out)
    return y.reshape(shape), None if choice is None else choice.reshape(shape)


@functools.lru_cache(maxsize=256)
def _first(size: Shape, out: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Any:
    """The first position of each window that is not padding: what is chosen where all are −∞."""
    first = np.zeros(out, _smallest(math.prod(kernel)))
    for at, window, _ in reversed(taps(size, out, kernel, stride, padding, dilation)):
        first[window] = _number(at, kernel)
    return first


def max_pool_choice(
    x: Any, choice: Any, out: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape
) -> Any:
    """From each window of x the position that was chosen."""
    # x (…, *size), choice (…, *out) → (…, *out)
    d = len(out)
    y: Any = np.zeros(choice.shape, x.dtype)
    for at, window, pixel in taps(x.shape[-d:], out, kernel, stride, padding, dilation):
        np.copyto(y[..., *window], x[..., *pixel], where=choice[..., *window] == _number(at, kernel))
    return y


def max_pool_choice_backward(
    grad: Any, shape: Shape, choice: Any, out: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape
) -> Any:
    """Each number added to zeros of a shape, at the position that was chosen."""
    # grad, choice (…, *out) → shape (…, *size)
    if is_half(grad):
        wide = single(grad)
        return max_pool_choice_backward(wide, shape, choice, out, kernel, stride, padding, dilation).astype(grad.dtype)
    d = len(out)
    planes = math.prod(shape[:-d])
    gx = np.zeros((planes, *shape[-d:]), grad.dtype)
    grad, choice = np.ascontiguousarray(grad).reshape(planes, *out), choice.reshape(planes, *out)
    apart = all(s >= e * (k - 1) + 1 for s, e, k in zip(stride, dilation, kernel))
    bits = grad.view(f"i{grad.itemsize}")  # a number's bits times 0 or 1: a product of floats would make nan of inf
    steps = taps(shape[-d:], out, kernel, stride, padding, dilation)
    for part in _slices(gx):
        into, number, chosen = gx[part], bits[part], choice[part]
        for at, window, pixel in steps:
            here = (number[:, *window] * (chosen[:, *window] == _number(at, kernel))).view(grad.dtype)
            if apart:
                into[:, *pixel] = here
            else:
                into[:, *pixel] += here
    return gx.reshape(shape)


def max_pool_indices(choice: Any, size: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Any:
    """The choices as indices into the flattened image."""
    # choice (…, *out) → int64
    indices = np.zeros(choice.shape, np.int64)
    d = len(size)
    for axis, position in enumerate(np.unravel_index(choice, kernel)):
        start = np.arange(choice.shape[axis - d]) * stride[axis] - padding[axis]
        indices *= size[axis]
        indices += start.reshape(-1, *[1] * (d - 1 - axis)) + position * dilation[axis]
    return indices


def adaptive_max_indices(x: Any, out: Shape) -> Any:
    """The flat index of the largest in each of `out` boxes that cover the image evenly."""
    # x (…, *size) → (…, *out) int64
    d = len(out)
    size = x.shape[-d:]
    windows = [adaptive_windows(n, o) for n, o in zip(size, out)]
    places = np.arange(math.prod(size)).reshape(size)
    indices = np.empty((*x.shape[:-d], *out), np.int64)
    for o in np.ndindex(*out):
        box = tuple([slice(*w[i]) for w, i in zip(windows, o)])
        inside = x[..., *box].reshape(*x.shape[:-d], places[box].size)
        indices[..., *o] = places[box].reshape(-1)[largest(inside)]
    return indices


def fractional_max_indices(x: Any, out: Shape, kernel: Shape, samples: Any) -> Any:
    """The flat index of the largest in each window of a fractional pool, one sequence of windows per plane."""
    # x (N, C, *size), samples (N, C, d) in [0, 1) → (N, C, *out) int64
    d = len(out)
    lead, size = x.shape[:-d], x.shape[-d:]
    places = np.zeros((1,) * (2 + 2 * d), np.int64)
    for axis in range(d):
        start = fractional_starts(samples[..., axis], size[axis], out[axis], kernel[axis])  # (N, C, out)
        along = start[..., None] + np.arange(kernel[axis])  # (N, C, out, kernel)
        shape = [1] * (2 * d)
        shape[axis], shape[d + axis] = out[axis], kernel[axis]
        places = places * size[axis] + along.reshape(*lead, *shape)
    places = places.reshape(*lead, math.prod(out), math.prod(kernel))
    values = np.take_along_axis(x.reshape(*lead, 1, math.prod(size)), places, -1)
    best = largest(values)
    return np.take_along_axis(places, best[..., None], -1).reshape(*lead, *out)


def fractional_starts(sample: Any, n: int, out: int, kernel: int) -> Any:
    """Where the windows of a fractional pool begin: ⌊(i + u)·α⌋ − ⌊u·α⌋, the last one at the end of the image."""
    u = sample[..., None]
    alpha = u.dtype.type(n - kernel) / u.dtype.type(max(out - 1, 1))
    start = ((np.arange(out, dtype=u.dtype) + u) * alpha).astype(np.int64) - (u * alpha).astype(np.int64)
    start[..., -1] = n - kernel
    return start


def largest(x: Any) -> Any:
    """argmax along the last axis: the first of equals, but the last of several nans."""
    index = x.argmax(-1)
    if x.dtype.kind not in "iu":
        nan = np.isnan(x)
        if nan.any():
            index = np.where(nan.any(-1), x.shape[-1] - 1 - nan[..., ::-1].argmax(-1), index)
    return index


def pick(x: Any, indices: Any, d: int) -> Any:
    """From each image, d axes flattened, the elements at these indices; (N, 1, *out): the same for all channels."""
    # x (N, C, *size) or (C, *size), indices (N, C, *out), (C, *out) or (N, 1, *out) → (N, C, *out) or (C, *out)
    lead, out = x.shape[: x.ndim - d], indices.shape[indices.ndim - d :]
    if indices.shape[: indices.ndim - d] == lead:
        return np.take_along_axis(_flat(x, d), _flat(indices, d), -1).reshape(indices.shape)
    y = np.empty((*lead, math.prod(out)), x.dtype)
    for image, place, picked in zip(x.reshape(*lead, math.prod(x.shape[x.ndim - d :])), _flat(indices, d), y):
        np.take(image, place, 1, out=picked, mode="clip")
    return y.reshape(*lead, *out)


def pick_backward(grad: Any, shape: Shape, indices: Any, d: int) -> Any:
    """Each number added to zeros of a shape, at its index."""
    # grad (…, *out), indices broadcast to it → shape (…, *size)
    indices = np.broadcast_to(indices, grad.shape)
    length = math.prod(shape[len(shape) - d :])
    places = _flat(indices, d)
    places = places + (np.arange(len(places)) * length)[:, None]
    # bincount adds up in double precision, and several times faster than add.at
    total = np.bincount(places.reshape(-1), grad.reshape(-1).astype(np.float64), math.prod(shape))
    return total.reshape(shape).astype(grad.dtype)


def place(x: Any, indices: Any, size: Shape) -> Any:
    """Each number put on zeros of a size, at its index; of several at one place, the last."""
    # x, indices (…, *in) → (…, *size)
    planes = _flat(x, len(size))
    y = np.zeros((len(planes), math.prod(size)), x.dtype)
    np.put_along_axis(y, _flat(indices, len(size)), planes, -1)
    return y.reshape(*x.shape[: x.ndim - len(size)], *size)


def place_backward(grad: Any, shape: Shape, indices: Any, size: Shape) -> Any:
    """The elements at these indices."""
    return pick(grad, indices, len(size))


# ---- means ----------------------------------------------------------------------------------------------------------


def avg_pool(
    x: Any, out: Shape, kernel: Shape, stride: Shape, padding: Shape, count_padding: bool, divisor: int | None
) -> Any:
    """The mean of each window: its sum divided by how many it covers, with padding or without, or by a given number."""
    # x (…, *size) → (…, *out)
    if is_half(x):
        return rounded(avg_pool(single(x), out, kernel, stride, padding, count_padding, divisor), x.dtype)
    d = len(out)
    size = x.shape[-d:]
    counts = _counts(size, out, kernel, stride, padding, count_padding, divisor, x.dtype)
    planes = x.reshape(math.prod(x.shape[:-d]), *size)
    y = np.empty((len(planes), *out), x.dtype)
    for part in _slices(planes):
        total = planes[part]
        for axis in reversed(range(d)):
            total = _window_sums(total, axis + 1, out[axis], kernel[axis], stride[axis], padding[axis])
        if x.dtype.kind in "iu":
            # towards zero, as C divides
            y[part] = np.sign(total) * np.sign(counts) * (np.abs(total) // np.abs(counts))
        else:
            np.divide(total, counts, out=y[part])
    return y.reshape(*x.shape[:-d], *out)


def avg_pool_backward(
    grad: Any,
    shape: Shape,
    out: Shape,
    kernel: Shape,
    stride: Shape,
    padding: Shape,
    count_padding: bool,
    divisor: int | None,
) -> Any:
    """Each number divided as in `avg_pool` and added to everything in its window."""
    # grad (…, *out) → shape (…, *size)
    if is_half(grad):
        wide = single(grad)
        return avg_pool_backward(wide, shape, out, kernel, stride, padding, count_padding, divisor).astype(grad.dtype)
    d = len(out)
    size = shape[-d:]
    counts = _counts(size, out, kernel, stride, padding, count_padding, divisor, grad.dtype)
    planes = grad.reshape(math.prod(shape[:-d]), *out)
    gx = np.empty((len(planes), *size), grad.dtype)
    for part in _slices(gx):
        g = planes[part] / counts
        for axis in range(d):
            g = _window_spread(g, axis + 1, size[axis], kernel[axis], stride[axis], padding[axis])
        gx[part] = g
    return gx.reshape(shape)


def _window_sums(x: Any, axis: int, out: int, kernel: int, stride: int, padding: int) -> Any:
    """Sums of windows along one axis."""
    before = (slice(None),) * axis
    shape = list(x.shape)
    shape[axis] = out
    total: Any = np.zeros(shape, x.dtype)
    for _, window, pixel in taps((x.shape[axis],), (out,), (kernel,), (stride,), (padding,), (1,)):
        total[*before, *window] += x[*before, *pixel]
    return total


def _window_spread(g: Any, axis: int, n: int, kernel: int, stride: int, padding: int) -> Any:
    """The transpose of `_window_sums`."""
    before = (slice(None),) * axis
    shape = list(g.shape)
    shape[axis] = n
    gx: Any = np.zeros(shape, g.dtype)
    for _, window, pixel in taps((n,), (g.shape[axis],), (kernel,), (stride,), (padding,), (1,)):
        gx[*before, *pixel] += g[*before, *window]
    return gx


@functools.lru_cache(maxsize=256)
def _counts(
    size: Shape,
    out: Shape,
    kernel: Shape,
    stride: Shape,
    padding: Shape,
    count_padding: bool,
    divisor: int | None,
    dtype: Any,
) -> Any:
    """What each window's sum is divided by: a number, or an array over the windows."""
    if divisor is not None:
        return divisor
    counts: Any = np.ones((1,) * len(size), np.int64)
    for axis, (n, o, k, s, p) in enumerate(zip(size, out, kernel, stride, padding)):
        start = np.arange(o) * s - p
        stop = np.minimum(start + k, n + p)
        along = stop - start if count_padding else np.minimum(stop, n) - np.maximum(start, 0)
        counts = counts * along.reshape(-1, *[1] * (len(size) - 1 - axis))
    if (counts == counts.flat[0]).all():
        return int(counts.flat[0])
    return counts if dtype.kind in "iu" else counts.astype(dtype)


def adaptive_avg_pool(x: Any, out: Shape) -> Any:
    """The means of `out` boxes that cover the image evenly (and overlap where its size does not divide)."""
    # x (…, *size) → (…, *out)
    if is_half(x):
        return rounded(adaptive_avg_pool(single(x), out), x.dtype)
    first = x.ndim - len(out)
    if math.prod(out) == 1:
        n = math.prod(x.shape[first:])
        return (x.reshape(math.prod(x.shape[:first]), n) @ np.full(n, 1 / n, x.dtype)).reshape(*x.shape[:first], *out)
    for axis in reversed(range(first, x.ndim)):
        windows = adaptive_windows(x.shape[axis], out[axis - first])
        before = (slice(None),) * axis
        y: Any = np.empty((*x.shape[:axis], len(windows), *x.shape[axis + 1 :]), x.dtype)
        for i, (start, stop) in enumerate(windows):
            np.mean(x[*before, start:stop], axis, out=y[*before, i])
        x = y
    return x


def adaptive_avg_pool_backward(grad: Any, shape: Shape, out: Shape) -> Any:
    """Each number divided by its box's size and added to everything in the box."""
    # grad (…, *out) → shape (…, *size)
    if is_half(grad):
        return rounded(adaptive_avg_pool_backward(single(grad), shape, out), grad.dtype)
    first = len(shape) - len(out)
    for axis in range(first, len(shape)):
        before = (slice(None),) * axis
        gx: Any = np.zeros((*grad.shape[:axis], shape[axis], *grad.shape[axis + 1 :]), grad.dtype)
        for i, (start, stop) in enumerate(adaptive_windows(shape[axis], out[axis - first])):
            gx[*before, start:stop] += grad[*before, i : i + 1] / (stop - start)
        grad = gx
    return grad


def adaptive_windows(n: int, out: int) -> list[tuple[int, int]]:
    """Where each of `out` windows over n begins and ends: ⌊i·n/out⌋ and ⌈(i + 1)·n/out⌉."""
    return [(i * n // out, -(-(i + 1) * n // out)) for i in range(out)]


# ---- helpers --------------------------------------------------------------------------------------------------------


def _slices(planes: Any) -> list[slice]:
    """Groups of planes of about BLOCK bytes."""
    count = max(BLOCK // max(math.prod(planes.shape[1:]) * planes.itemsize, 1), 1)
    return [slice(i, i + count) for i in range(0, len(planes), count)]


def _flat(x: Any, d: int) -> Any:
    """(…, *size) → (planes, elements of one)."""
    split = x.ndim - d
    return x.reshape(math.prod(x.shape[:split]), math.prod(x.shape[split:]))


def _smallest(count: int) -> Any:
    """The dtype that can number so many positions."""
    return np.min_scalar_type(count - 1)


def _number(at: Shape, kernel: Shape) -> int:
    """A position of the window, counted in row-major order."""
    number = 0
    for r, k in zip(at, kernel):
        number = number * k + r
    return number


__all__ = [
    "adaptive_avg_pool",
    "adaptive_avg_pool_backward",
    "adaptive_max_indices",
    "avg_pool",
    "avg_pool_backward",
    "fractional_max_indices",
    "max_pool",
    "max_pool_choice",
    "max_pool_choice_backward",
    "max_pool_indices",
    "pick",
    "pick_backward",
    "place",
    "place_backward",
]
