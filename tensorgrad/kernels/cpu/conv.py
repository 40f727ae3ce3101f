"""Convolution in any number of dimensions, as products of matrices.

The windows of a block of images are laid out as columns (im2col) in a buffer that is small enough to stay in the cache
and is used again for the next block; laying out the whole batch at once would move it through main memory, which takes
longer than the arithmetic.

Letters: N images, C channels, K filters, G groups, D = C/G · (the window's size), L = places of the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from ..shapes import Shape, taps

BLOCK = 1 << 20  # bytes of columns laid out at a time: about what a core's second cache holds


def conv(
    x: Any, w: Any, bias: Any, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    """y[n, k, o] = bias[k] + Σ x[n, c, stride·o + dilation·r − padding] · w[k, c, r] over c and r."""
    # x (N, C, *size), w (K, C/G, *kernel), bias (K,) or None → (N, K, *out)
    if x.dtype == np.float16:
        return _wide(conv, x, w, bias, out, stride, padding, dilation, groups)
    n, k, kernel = x.shape[0], w.shape[0], w.shape[2:]
    if w.shape[1] == 1 and groups > 1:
        y = _depthwise(x, w, out, stride, padding, dilation)
        if bias is not None:
            y += bias.reshape(k, *[1] * len(out))
        return y
    y = np.empty((n, k, *out), x.dtype)
    matrix = w.reshape(groups, k // groups, -1)
    for images, rows, columns in _columns(x, kernel, out, stride, padding, dilation, groups):
        g, d, b, length = columns.shape
        part = y[images, :, rows].reshape(b, g, k // g, length)  # a view
        if length >= d:
            np.matmul(matrix, columns.transpose(2, 0, 1, 3), out=part)
        else:  # few places in an image: one product over several images
            product = np.matmul(matrix, columns.reshape(g, d, b * length))
            part[...] = product.reshape(g, k // g, b, length).transpose(2, 0, 1, 3)
        if bias is not None:
            part += bias.reshape(g, k // g, 1)
    return y


def conv_transpose(
    x: Any, w: Any, bias: Any, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    """The transpose of `conv` as a linear map: y[n, c, stride·o + dilation·r − padding] += x[n, k, o] · w[k, c, r]."""
    # x (N, K, *size), w (K, C/G, *kernel), bias (C,) or None → (N, C, *out)
    if x.dtype == np.float16:
        return _wide(conv_transpose, x, w, bias, out, stride, padding, dilation, groups)
    n, k, size = x.shape[0], x.shape[1], x.shape[2:]
    per, kernel = w.shape[1], w.shape[2:]
    y = np.zeros((n, groups, per, *out), x.dtype)
    if per == 1 and groups > 1:
        _depthwise_transpose(x, w, y, stride, padding, dilation)
    else:
        matrix = w.reshape(groups, k // groups, -1).swapaxes(1, 2)
        into = y.swapaxes(0, 1).swapaxes(1, 2)  # (G, C/G, N, *out)
        d = matrix.shape[1]
        for images, rows, steps in _blocks(n, groups * d * x.itemsize, out, kernel, size, stride, padding, dilation):
            part = x[images, :, rows]
            b, length = part.shape[0], prod(part.shape[2:])
            part = part.reshape(b, groups, k // groups, length)
            if length >= d:
                columns = np.empty((groups, d, b, length), x.dtype)
                np.matmul(matrix, part, out=columns.transpose(2, 0, 1, 3))
            else:
                columns = np.matmul(matrix, part.transpose(1, 2, 0, 3).reshape(groups, k // groups, b * length))
            columns = columns.reshape(groups, per, *kernel, b, rows.stop - rows.start, *size[1:])
            block = into[:, :, images]
            for at, window, pixel in steps:
                block[:, :, :, *pixel] += columns[:, :, *at, :, *window]
    y = y.reshape(n, groups * per, *out)
    if bias is not None:
        y += bias.reshape(-1, *[1] * len(out))
    return y


def conv_weight(
    x: Any, grad: Any, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    """The gradient of `conv` towards w: gw[k, c, r] = Σ grad[n, k, o] · x[n, c, stride·o + dilation·r − padding]."""
    # x (N, C, *size), grad (N, K, *out) → (K, C/G, *kernel)
    if x.dtype == np.float16:
        return _wide(conv_weight, x, grad, kernel, stride, padding, dilation, groups)
    k, out = grad.shape[1], grad.shape[2:]
    if x.shape[1] == groups and groups > 1:
        return _depthwise_weight(x, grad, kernel, stride, padding, dilation)
    gw = np.zeros((groups, k // groups, x.shape[1] // groups * prod(kernel)), x.dtype)
    for images, rows, columns in _columns(x, kernel, out, stride, padding, dilation, groups):
        g, d, b, length = columns.shape
        part = grad[images, :, rows].reshape(b, g, k // g, length)
        if length >= d:
            gw += np.matmul(part, columns.transpose(2, 0, 3, 1)).sum(0)
        else:
            flat = part.transpose(1, 2, 0, 3).reshape(g, k // g, b * length)
            gw += np.matmul(flat, columns.reshape(g, d, b * length).swapaxes(1, 2))
    return gw.reshape(k, -1, *kernel)


def _wide(kernel: Any, x: Any, *rest: Any) -> Any:
    """Half precision is computed in single and rounded once."""
    return kernel(*[a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in (x, *rest)]).astype(x.dtype)


# ---- im2col, a block at a time --------------------------------------------------------------------------------------


def _blocks(
    n: int,
    per_place: int,
    size: Shape,
    kernel: Shape,
    out: Shape,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
) -> Iterator[tuple[slice, slice, Any]]:
    """Pieces of about BLOCK bytes (`per_place` for each place of the window): several whole images, or, when one is too
    large, some of its rows (the first axis of the output). With the taps of those rows."""
    per_row = max(per_place * prod(out[1:]), 1)
    rows = min(max(BLOCK // per_row, 1), out[0])
    images = max(BLOCK // (per_row * out[0]), 1)
    for a in range(0, out[0], rows):
        b = min(a + rows, out[0])
        before = (padding[0] - a * stride[0], *padding[1:])
        steps = taps(size, (b - a, *out[1:]), kernel, stride, before, dilation)
        for i in range(0, n, images):
            yield slice(i, min(i + images, n)), slice(a, b), steps


def _columns(
    x: Any, kernel: Shape, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Iterator[tuple[slice, slice, Any]]:
    """For each block the images, the rows of the output, and the columns (G, D, B, L); valid until the next block."""
    n, c, size = x.shape[0], x.shape[1], x.shape[2:]
    x = x.reshape(n, groups, c // groups, *size).transpose(1, 2, 0, *range(3, 3 + len(size)))
    as_it_is = out == size and prod(kernel) == 1 and not any(padding) and max(stride) == 1  # 1 × 1: nothing to lay out
    before: Any = None
    for images, rows, steps in _blocks(n, c * prod(kernel) * x.itemsize, size, kernel, out, stride, padding, dilation):
        part = x[:, :, images]
        b, height = part.shape[2], rows.stop - rows.start
        if as_it_is:
            part = part[:, :, :, rows]
            yield images, rows, part.reshape(groups, c // groups, b, -1)
            continue
        # What the taps leave out is padding; it stays zero for as long as they leave out the same.
        same = [b, height, [(at, window) for at, window, _ in steps]]
        if same != before:
            columns = np.zeros((groups, c // groups, *kernel, b, height, *out[1:]), x.dtype)
            before = same
        for at, window, pixel in steps:
            columns[:, :, *at, :, *window] = part[:, :, :, *pixel]
        yield images, rows, columns.reshape(groups, -1, b, height * prod(out[1:]))


# ---- one channel a group: a weighted sum of shifted images, no matrix ------------------------------------------------


def _depthwise(x: Any, w: Any, out: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Any:
    n, c, k = x.shape[0], x.shape[1], w.shape[0]
    y = np.zeros((n, c, k // c, *out), x.dtype)
    w = w.reshape(c, k // c, *w.shape[2:])
    one = (1,) * len(out)
    steps = taps(x.shape[2:], out, w.shape[2:], stride, padding, dilation)
    for image, result in zip(x[:, :, None], y):  # one at a time: the sum stays in the cache
        for at, window, pixel in steps:
            result[:, :, *window] += image[:, :, *pixel] * w[:, :, *at].reshape(c, -1, *one)
    return y.reshape(n, k, *out)


def _depthwise_transpose(x: Any, w: Any, y: Any, stride: Shape, padding: Shape, dilation: Shape) -> None:
    n, c, size = y.shape[0], y.shape[1], x.shape[2:]
    x = x.reshape(n, c, -1, *size)
    w = w.reshape(c, x.shape[2], *w.shape[2:])
    one = (1,) * len(size)
    steps = taps(y.shape[3:], size, w.shape[2:], stride, padding, dilation)
    for image, result in zip(x, y):
        for at, window, pixel in steps:
            part = image[:, :, *window] * w[:, :, *at].reshape(c, -1, *one)
            result[:, 0, *pixel] += part[:, 0] if part.shape[1] == 1 else part.sum(1)


def _depthwise_weight(x: Any, grad: Any, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Any:
    n, c, k, out = x.shape[0], x.shape[1], grad.shape[1], grad.shape[2:]
    grad = grad.reshape(n, c, k // c, *out)
    gw = np.zeros((c, k // c, *kernel), x.dtype)
    steps = taps(x.shape[2:], out, kernel, stride, padding, dilation)
    axes = tuple(range(2, 2 + len(out)))
    for image, g in zip(x[:, :, None], grad):
        for at, window, pixel in steps:
            gw[:, :, *at] += (image[:, :, *pixel] * g[:, :, *window]).sum(axes)
    return gw.reshape(k, 1, *kernel)


__all__ = ["conv", "conv_transpose", "conv_weight"]
