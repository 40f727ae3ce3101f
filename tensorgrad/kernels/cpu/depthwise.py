"""Depthwise convolution, each channel with filters of its own, by compiled loops: products of matrices would have rows of
length one. The three functions are those of `conv.py`, and give None where it is to do the work."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..shapes import Shape
from .compiled import conv as _compiled
from .compiled import plain, worth


def depthwise_conv(x: Any, w: Any, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int) -> Any:
    # x (N, C, *size), w (K, 1, *kernel) → (N, K, *out)
    geometry = _geometry(x, w.shape, out, stride, padding, dilation, groups, x.shape[2:])
    if geometry is None:
        return None
    y = np.empty((len(x), len(w), *_three(out, 1)), x.dtype)
    _compiled.depthwise(_planes(x), _filters(w), *geometry, y)
    return _finite(y.reshape(len(x), len(w), *out))


def depthwise_conv_transpose(
    g: Any, w: Any, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    # g (N, K, *size), w (K, 1, *kernel) → (N, C, *out)
    geometry = _geometry(g, w.shape, g.shape[2:], stride, padding, dilation, groups, out)
    if geometry is None:
        return None
    y = np.empty((len(g), groups, *_three(out, 1)), g.dtype)
    _compiled.depthwise_transpose(_planes(g), _filters(w), *geometry, y)
    return _finite(y.reshape(len(g), groups, *out))


def depthwise_conv_weight(
    x: Any, g: Any, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    # x (N, C, *size), g (N, K, *out) → (K, 1, *kernel)
    shape = (g.shape[1], x.shape[1] // groups, *kernel)
    geometry = _geometry(x, shape, g.shape[2:], stride, padding, dilation, groups, x.shape[2:])
    if geometry is None:
        return None
    gw = np.zeros((g.shape[1], math.prod(kernel)), x.dtype)
    _compiled.depthwise_weight(_planes(x), _planes(g), *geometry, gw)
    return _finite(gw.reshape(shape))


def _geometry(
    x: Any, w: Shape, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int, size: Shape
) -> Any:
    """The taps' distances, the padded plane's size, where the plane begins in it, strides, and the two lines of scratch;
    None where this is not for `compiled`. `size` is that of the plane that is convolved, `out` that of the result."""
    steps = len(x) * w[0] * math.prod(out) * math.prod(w[2:])
    if w[1] != 1 or groups == 1 or len(out) > 3 or x.dtype.char not in "fd" or not worth(steps):
        return None
    kernel, apart, dilation = _three(w[2:], 1), _three(stride, 1), _three(dilation, 1)
    inside, size, out = _three(padding, 0), _three(size, 1), _three(out, 1)
    reach = [d * (k - 1) for d, k in zip(dilation, kernel)]
    whole = [(o - 1) * s + 1 for o, s in zip(out, apart)]  # the results at stride 1
    padded = [max(p + n, r + m) for p, n, r, m in zip(inside, size, reach, whole)]
    taps = np.meshgrid(*[np.arange(k) * d for k, d in zip(kernel, dilation)], indexing="ij")
    row, sheet = padded[2], padded[1] * padded[2]
    far = (taps[0] * sheet + taps[1] * row + taps[2]).reshape(-1)
    length = (whole[0] - 1) * sheet + (whole[1] - 1) * row + whole[2]
    line = np.zeros(max(padded[0] * sheet, int(far[-1]) + length), x.dtype)
    return far, np.array(padded), np.array(inside), np.array(apart), line, np.zeros(length, x.dtype)


def _three(sizes: Shape, missing: int) -> Shape:
    return (missing,) * (3 - len(sizes)) + tuple(sizes)


def _planes(x: Any) -> Any:
    return plain(x).reshape(x.shape[:2] + _three(x.shape[2:], 1))


def _filters(w: Any) -> Any:
    return plain(w).reshape(len(w), -1)


def _finite(y: Any) -> Any:
    """The result, unless an infinity times the zeros between rows may have made nan."""
    return y if np.isfinite(y.sum()) else None


__all__: list[str] = []
