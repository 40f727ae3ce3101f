"""Convolution in any number of dimensions, as products of matrices.

The windows of a block of images are laid out as columns (im2col) in a buffer that is small enough to stay in the cache
and is used again for the next block; laying out the whole batch at once would move it through main memory, which takes
longer than the arithmetic. Windows of 3 × 3 over many channels go another way, see `winograd.py`.

Letters: N images, C channels, K filters, G groups, D = C/G · (the window's size), L = places of the window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..shapes import Shape, taps
from . import winograd
from .depthwise import depthwise_conv, depthwise_conv_transpose, depthwise_conv_weight
from .half import in_single, is_half, rounded
from .workspace import workspace

BLOCK = 1 << 20  # bytes of columns laid out at a time: about what a core's second cache holds
FEWEST = 256  # places laid out at a time, however long the columns: products of matrices thinner than that are slow


def conv(x: Any, w: Any, bias: Any, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int) -> Any:
    """y[n, k, o] = bias[k] + Σ x[n, c, stride·o + dilation·r − padding] · w[k, c, r] over c and r."""
    # x (N, C, *size), w (K, C/G, *kernel), bias (K,) or None → (N, K, *out)
    if is_half(x):
        return _wide(conv, x, w, bias, out, stride, padding, dilation, groups)
    if winograd.suits(x.dtype, w.shape, out, stride, dilation, groups):
        y = winograd.tiled_conv(x, w, bias, out, padding)
        if _finite(y):
            return y
    n, k, kernel = x.shape[0], w.shape[0], w.shape[2:]
    alone = depthwise_conv(x, w, out, stride, padding, dilation, groups) if groups > 1 else None
    if alone is not None:
        return alone if bias is None else np.add(alone, bias.reshape(-1, *[1] * len(out)), out=alone)
    y = np.empty((n, k, *out), x.dtype)
    matrix = w.reshape(groups, k // groups, w.shape[1] * math.prod(kernel))
    for images, rows, columns in _columns(x, kernel, out, stride, padding, dilation, groups):
        part = _grouped(y[images, :, rows], groups)  # a view
        if columns.ndim == 4:
            np.matmul(matrix, columns, out=part)
        else:
            _last_to_first(np.matmul(matrix, columns), part)
        if bias is not None:
            part += bias.reshape(groups, k // groups, 1)
    return y


def conv_transpose(
    x: Any, w: Any, bias: Any, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    """The transpose of `conv` as a linear map: y[n, c, stride·o + dilation·r − padding] += x[n, k, o] · w[k, c, r]."""
    # x (N, K, *size), w (K, C/G, *kernel), bias (C,) or None → (N, C, *out)
    if is_half(x):
        return _wide(conv_transpose, x, w, bias, out, stride, padding, dilation, groups)
    if winograd.suits(x.dtype, w.shape, out, stride, dilation, groups) and max(padding) <= 2:
        turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)  # at stride 1 it is a convolution again
        y = winograd.tiled_conv(x, turned, bias, out, (2 - padding[0], 2 - padding[1]))
        if _finite(y):
            return y
    alone = depthwise_conv_transpose(x, w, out, stride, padding, dilation, groups) if groups > 1 else None
    if alone is not None:
        return alone if bias is None else np.add(alone, bias.reshape(-1, *[1] * len(out)), out=alone)
    n, k, size = x.shape[0], x.shape[1], x.shape[2:]
    per, kernel = w.shape[1], w.shape[2:]
    left = tuple([d * (r - 1) - p for d, r, p in zip(dilation, kernel, padding)])
    if groups == 1 == max(stride) and min(left) >= 0 and _is_small(x, kernel, out):
        turned = w[:, :, *(slice(None, None, -1),) * len(out)].swapaxes(0, 1)
        return conv(x, turned, bias, out, stride, left, dilation, 1)
    y = np.zeros((n, groups * per, *out), x.dtype)
    d = per * math.prod(kernel)
    matrix = w.reshape(groups, k // groups, d).swapaxes(1, 2)
    multiply: Any = np.multiply if k == groups else np.matmul  # depthwise, the inner dimension is 1
    for images, rows, steps in _blocks(n, groups * d * x.itemsize, out, kernel, size, stride, padding, dilation):
        part = _grouped(x[images, :, rows], groups)
        b, length = len(part), part.shape[-1]
        height = rows.stop - rows.start
        if length >= d:
            columns = workspace((b, groups * per, *kernel, height, *size[1:]), x.dtype)
            multiply(matrix, part, out=columns.reshape(b, groups, d, length))
            block = y[images]
            for at, window, pixel in steps:
                block[:, :, *pixel] += columns[:, :, *at, *window]
        else:
            columns = workspace((groups * per, *kernel, height, *size[1:], b), x.dtype)
            multiply(matrix, _first_to_last(part), out=columns.reshape(groups, d, length * b))
            block = np.zeros((groups * per, *out, b), x.dtype)
            for at, window, pixel in steps:
                block[:, *pixel] += columns[:, *at, *window]
            y[images] += np.moveaxis(block, -1, 0)
    if bias is not None:
        y += bias.reshape(-1, *[1] * len(out))
    return y


def conv_weight(x: Any, grad: Any, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int) -> Any:
    """The gradient of `conv` towards w: gw[k, c, r] = Σ grad[n, k, o] · x[n, c, stride·o + dilation·r − padding]."""
    # x (N, C, *size), grad (N, K, *out) → (K, C/G, *kernel)
    if is_half(x):
        return _wide(conv_weight, x, grad, kernel, stride, padding, dilation, groups)
    if winograd.suits(x.dtype, (grad.shape[1], x.shape[1], *kernel), grad.shape[2:], stride, dilation, groups):
        gw = winograd.tiled_conv_weight(x, grad, padding)
        if _finite(gw):
            return gw
    alone = depthwise_conv_weight(x, grad, kernel, stride, padding, dilation, groups) if groups > 1 else None
    if alone is not None:
        return alone
    k, per, out = grad.shape[1], x.shape[1] // groups, grad.shape[2:]
    gw = np.zeros((groups, k // groups, per * math.prod(kernel)), x.dtype)
    for images, rows, columns in _columns(x, kernel, out, stride, padding, dilation, groups):
        part = _grouped(grad[images, :, rows], groups)
        if columns.ndim == 4:
            gw += np.matmul(part, columns.swapaxes(2, 3)).sum(0)
        else:
            gw += np.matmul(_first_to_last(part), columns.swapaxes(1, 2))
    return gw.reshape(k, per, *kernel)


def _finite(y: Any) -> bool:
    """Whether a result by `winograd` can be used: where the input has an infinity, tiles around it are inf − inf."""
    return bool(np.isfinite(y.sum()))


def _wide(kernel: Any, x: Any, *rest: Any) -> Any:
    """Half precision, computed in single and rounded once."""
    return rounded(kernel(*in_single((x, *rest))), x.dtype)


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
    per_row = max(per_place * math.prod(out[1:]), 1)
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
    """For each block the images, the rows of the output, and the columns; they are valid until the next block.

    Columns are (B, G, D, L), to be multiplied image by image, where an image has at least as many places as a column
    has numbers. Else they are (G, D, L·B), for one product over several images.
    """
    n, c, size = x.shape[0], x.shape[1], x.shape[2:]
    d = c // groups * math.prod(kernel)
    as_it_is = (
        out == size and math.prod(kernel) == 1 and not any(padding) and max(stride) == 1
    )  # 1 × 1: nothing to lay out
    if not as_it_is and _is_small(x, kernel, out):
        view, length = _windows(x, kernel, out, stride, padding, dilation), math.prod(out)
        if length >= d:
            yield slice(0, n), slice(0, out[0]), view.reshape(n, groups, d, length)
        else:
            yield slice(0, n), slice(0, out[0]), np.moveaxis(view, 0, -1).reshape(groups, d, length * n)
        return
    columns: Any = None
    before: Any = None
    for images, rows, steps in _blocks(n, groups * d * x.itemsize, size, kernel, out, stride, padding, dilation):
        part = x[images]
        b, height = len(part), rows.stop - rows.start
        length = height * math.prod(out[1:])
        if as_it_is:
            flat = _grouped(part[:, :, rows], groups)
            yield images, rows, flat if length >= min(d, 64) else _first_to_last(flat)
            continue
        # What the taps leave out is padding; it stays zero for as long as they leave out the same.
        same = [b, height, [(at, window) for at, window, _ in steps]]
        whole = sum(math.prod([w.stop - w.start for w in window]) for _, window, _ in steps) == length * math.prod(
            kernel
        )
        if length >= d:
            if same != before:
                columns = workspace((b, c, *kernel, height, *out[1:]), x.dtype)
                if not whole:
                    columns.fill(0)
            for at, window, pixel in steps:
                columns[:, :, *at, *window] = part[:, :, *pixel]
            yield images, rows, columns.reshape(b, groups, d, length)
        else:  # with the images last, what is copied lies together even where the rows are short
            part = np.ascontiguousarray(np.moveaxis(part, 0, -1))
            if same != before:
                columns = workspace((c, *kernel, height, *out[1:], b), x.dtype)
                if not whole:
                    columns.fill(0)
            for at, window, pixel in steps:
                columns[:, *at, *window] = part[:, *pixel]
            yield images, rows, columns.reshape(groups, d, length * b)
        before = same


def _is_small(x: Any, kernel: Shape, out: Shape) -> bool:
    """Whether all columns are so few that the calls for each tap would take longer than copying them."""
    return 0 < x.shape[0] * x.shape[1] * math.prod(kernel) * math.prod(out) <= 1 << 14


def _windows(x: Any, kernel: Shape, out: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Any:
    """(N, C, *kernel, *out): every window, a view of x with its padding."""
    size = x.shape[2:]
    reach = [(o - 1) * s + d * (k - 1) + 1 for o, s, d, k in zip(out, stride, dilation, kernel)]
    padded = np.zeros((*x.shape[:2], *[max(p + n, r) for p, n, r in zip(padding, size, reach)]), x.dtype)
    padded[:, :, *[slice(p, p + n) for p, n in zip(padding, size)]] = x
    strides = padded.strides[2:]
    strides = (*padded.strides[:2], *[t * d for t, d in zip(strides, dilation)], *[t * s for t, s in zip(strides, stride)])
    return np.ndarray((*x.shape[:2], *kernel, *out), x.dtype, padded, 0, strides)


def _grouped(part: Any, groups: int) -> Any:
    """(B, C, …) → (B, G, C/G, L), a view."""
    b, c = part.shape[:2]
    return part.reshape(b, groups, c // groups, math.prod(part.shape[2:]))


def _first_to_last(part: Any) -> Any:
    """(B, G, C, L) → (G, C, L·B)."""
    b, g, c, length = part.shape
    return part.transpose(1, 2, 3, 0).reshape(g, c, length * b)


def _last_to_first(product: Any, part: Any) -> None:
    """(G, C, L·B) into (B, G, C, L)."""
    b, g, c, length = part.shape
    part[...] = product.reshape(g, c, length, b).transpose(3, 0, 1, 2)


__all__ = ["conv", "conv_transpose", "conv_weight"]
