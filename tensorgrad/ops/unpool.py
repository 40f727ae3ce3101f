"""Maxima put back where they came from, zeros elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ..kernels.shapes import per_axis
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .linear_map import LinearMap
from .pool import as_image
from .promote import as_operand, needs_floating
from .shape import sizes_of


@in_own_name
def max_unpool1d(
    input: TensorLike,
    indices: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: int | Sequence[int] | None = None,
) -> Tensor:
    """The way back from `max_pool1d`; see `max_unpool2d`.  Shape: (N, C, L) or (C, L)."""
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


@in_own_name
def max_unpool2d(
    input: TensorLike,
    indices: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: int | Sequence[int] | None = None,
) -> Tensor:
    """Put the numbers back where `max_pool2d(…, return_indices=True)` found them, and zero elsewhere.

    Shape: (N, C, H, W) or (C, H, W) → (…, H′, W′), H′ = (H − 1)·stride − 2·padding + kernel unless `output_size` (with
    or without the leading axes) chooses another within one stride of that. Where two indices are equal the last wins.
    """
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


@in_own_name
def max_unpool3d(
    input: TensorLike,
    indices: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: int | Sequence[int] | None = None,
) -> Tensor:
    """The way back from `max_pool3d`; see `max_unpool2d`.  Shape: (N, C, D, H, W) or (C, D, H, W)."""
    return _max_unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(
    op: str, d: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    x = as_image(op, d, needs_floating(op, input))
    kernel = per_axis(op, "kernel_size", kernel_size, d, 1)
    stride = kernel if stride is None else per_axis(op, "stride", stride, d, 1)
    padding = per_axis(op, "padding", padding, d, 0)
    where = as_operand(op, indices, "indices").array
    if where.dtype.kind not in "iu":
        raise TypeError(f"{op}: indices must be int64, as return_indices=True gives them, got {where.dtype}.")
    if where.shape != x.array.shape:
        raise ValueError(
            f"{op}: indices have shape {tuple(where.shape)}, the input {tuple(x.array.shape)}; there is one per number."
        )
    size = x.array.shape[-d:]
    out = usual = tuple([(n - 1) * s - 2 * p + k for n, s, p, k in zip(size, stride, padding, kernel)])
    if min(usual) < 1 and x.array.size:
        raise ValueError(f"{op}: padding={padding} leaves nothing of the output, whose sizes would be {usual}.")
    if output_size is not None:
        out = sizes_of(op, (output_size,) if isinstance(output_size, (tuple, list)) else output_size)[-d:]
        if len(output_size) not in (d, d + 2, d + 1) or any(abs(o - u) >= s for o, u, s in zip(out, usual, stride)):
            raise ValueError(f"{op}: output_size {tuple(output_size)} must be within a stride ({stride}) of {usual}.")
    total = prod(out)
    if where.size and (where.min() < 0 or where.max() >= total):
        wrong = where.max() if where.max() >= total else where.min()
        raise IndexError(f"{op}: index {wrong} is outside the output of size {out}; indices must be 0 to {total - 1}.")
    return LinearMap("place", where, out)(x)
