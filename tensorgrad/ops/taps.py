"""A window read tap by tap: what the definitions of convolution and pooling are sums and maxima over."""

from __future__ import annotations

from itertools import product
from typing import Any

from ..kernels.shapes import Shape
from ..tensor import Tensor


def tap_slices(out: Shape, kernel: Any, stride: Shape, dilation: Shape) -> list[tuple[slice, ...]]:
    """For every tap r of the window, row by row, the places stride·o + dilation·r that it sees, one slice per axis."""
    return [
        tuple([slice(e * r, e * r + s * (o - 1) + 1, s) for r, o, s, e in zip(tap, out, stride, dilation)])
        for tap in product(*map(range, kernel))
    ]


def padded_size(out: Shape, kernel: Any, stride: Shape, dilation: Shape) -> Shape:
    """How much of each axis, padding included, the windows of all places reach."""
    return tuple([s * (o - 1) + e * (r - 1) + 1 for o, r, s, e in zip(out, kernel, stride, dilation)])


def taps(
    x: Tensor, out: Shape, kernel: Any, stride: Shape, padding: Shape, dilation: Shape, fill: float = 0
) -> list[Tensor]:
    """What each tap of the window sees at every place of the result: slices of x, padded with `fill`.

    Shape: x (…, *size) → prod(kernel) tensors (…, *out).
    """
    lead, size = x.array.shape[: -len(out)], x.array.shape[-len(out) :]
    whole = tuple([max(n, p + m) for n, p, m in zip(padded_size(out, kernel, stride, dilation), padding, size)])
    canvas = x.new_full((*lead, *whole), fill)
    canvas[(..., *[slice(p, p + m) for p, m in zip(padding, size)])] = x
    return [canvas[(..., *places)] for places in tap_slices(out, kernel, stride, dilation)]
