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
from .workspace import is_half, workspace

BLOCK = 1 << 20  # bytes of columns laid out at a time: about what a core's second cache holds
FEWEST = 256  # places laid out at a time, however long the columns: products of matrices thinner than that are slow


def conv(
    x: Any, w: Any, bias: Any, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    """y[n, k, o] = bias[k] + Σ x[n, c, stride·o + dilation·r − padding] · w[k, c, r] over c and r."""
    # x (N, C, *size), w (K, C/G, *kernel), bias (K,) or None → (N, K, *out)
    if is_half(x):
        return _wide(conv, x, w, bias, out, stride, padding, dilation, groups)
    n, k, kernel = x.shape[0], w.shape[0], w.shape[2:]
    y = np.empty((n, k, *out), x.dtype)
    matrix = w.reshape(groups, k // groups, w.shape[1] * prod(kernel))
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
    if is_half(x):
        return _wide(conv_transpose, x, w, bias, out, stride, padding, dilation, groups)
    n, k, size = x.shape[0], x.shape[1], x.shape[2:]
    per, kernel = w.shape[1], w.shape[2:]
    y = np.zeros((n, groups, per, *out), x.dtype)
    d = per * prod(kernel)
    matrix = w.reshape(groups, k // groups, d).swapaxes(1, 2)
    into = np.moveaxis(y, 0, 2)  # (G, C/G, N, *out)
    multiply: Any = np.multiply if k == groups else np.matmul  # depthwise, the inner dimension is 1
    for images, rows, steps in _blocks(n, groups * d * x.itemsize, out, kernel, size, stride, padding, dilation):
        part = x[images, :, rows]
        b, length = part.shape[0], prod(part.shape[2:])
        part = part.reshape(b, groups, k // groups, length)
        columns, flat = _buffer(b, (groups, per), kernel, (rows.stop - rows.start, *size[1:]), x.dtype)
        if length >= d:
            multiply(matrix, part, out=flat.transpose(2, 0, 1, 3))
        else:
            part = part.transpose(1, 2, 0, 3).reshape(groups, k // groups, b * length)
            multiply(matrix, part, out=flat.reshape(groups, d, b * length))
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
    if is_half(x):
        return _wide(conv_weight, x, grad, kernel, stride, padding, dilation, groups)
    k, out = grad.shape[1], grad.shape[2:]
    gw = np.zeros((groups, k // groups, x.shape[1] // groups * prod(kernel)), x.dtype)
    for images, rows, columns in _columns(x, kernel, out, stride, padding, dilation, groups):
        g, d, b, length = columns.shape
        part = grad[images, :, rows].reshape(b, g, k // g, length)
        if length >= d:
            gw += np.matmul(part, columns.transpose(2, 0, 3, 1)).sum(0)
        else:
            flat = part.transpose(1, 2, 0, 3).reshape(g, k // g, b * length)
            gw += np.matmul(flat, columns.reshape(g, d, b * length).swapaxes(1, 2))
    return gw.reshape(k, x.shape[1] // groups, *kernel)


def _wide(kernel: Any, x: Any, *rest: Any) -> Any:
    """Half precision, computed in single and rounded once."""
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
    large, some of its rows (the first axis of the output); and the taps of those rows."""
    per_row = max(per_place * prod(out[1:]), 1)
    block = max(BLOCK, FEWEST * per_place)
    rows = min(max(block // per_row, 1), out[0])
    images = max(block // (per_row * out[0]), 1)
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
    columns: Any = None
    flat: Any = None
    before: Any = None
    for images, rows, steps in _blocks(n, c * prod(kernel) * x.itemsize, size, kernel, out, stride, padding, dilation):
        part = x[:, :, images]
        b, height = part.shape[2], rows.stop - rows.start
        if as_it_is:
            part = part[:, :, :, rows]
            yield images, rows, part.reshape(groups, c // groups, b, height * prod(out[1:]))
            continue
        # What the taps leave out is padding; it stays zero for as long as they leave out the same.
        same = [b, height, [(at, window) for at, window, _ in steps]]
        if same != before:
            columns, flat = _buffer(b, (groups, c // groups), kernel, (height, *out[1:]), x.dtype)
            flat.fill(0)
            before = same
        for at, window, pixel in steps:
            columns[:, :, *at, :, *window] = part[:, :, :, *pixel]
        yield images, rows, flat


def _buffer(b: int, channels: Shape, kernel: Shape, out: Shape, dtype: Any) -> tuple[Any, Any]:
    """Room for columns, as (G, C/G, *kernel, B, *out) and as (G, D, B, L). In memory the images come first if they will
    be multiplied one by one, which they are when they have many places."""
    g, d, length = channels[0], channels[1] * prod(kernel), prod(out)
    if length >= d:
        columns = workspace((b, *channels, *kernel, *out), dtype)
        return np.moveaxis(columns, 0, 2 + len(kernel)), columns.reshape(b, g, d, length).transpose(1, 2, 0, 3)
    columns = workspace((*channels, *kernel, b, *out), dtype)
    return columns, columns.reshape(g, d, b, length)


__all__ = ["conv", "conv_transpose", "conv_weight"]
