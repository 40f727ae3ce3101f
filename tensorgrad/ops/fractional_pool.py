"""The largest in windows that lie at random (Graham, arXiv:1412.6071)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..kernels import on
from ..kernels.shapes import per_axis
from ..refusals import in_own_name
from ..tensor import TensorLike
from .pool import as_image, picked, with_indices
from .promote import needs_floating, number
from .sampling import rand


@in_own_name
def fractional_max_pool2d(
    input: TensorLike,
    kernel_size: int | Sequence[int],
    output_size: int | Sequence[int] | None = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest in windows that lie at random, evenly enough to reach any output size (Graham, arXiv:1412.6071).

    Shape: (N, C, H, W) or (C, H, W) → (…, H′, W′) with (H′, W′) = output_size, or ⌊output_ratio · (H, W)⌋. Each plane
    has windows of its own, from `_random_samples` (N, C, 2) in [0, 1): one number for the columns, one for the rows.
    """
    return _fractional("fractional_max_pool2d", 2, input, kernel_size, output_size, output_ratio, return_indices,
                       _random_samples)  # fmt: skip


@in_own_name
def fractional_max_pool3d(
    input: TensorLike,
    kernel_size: int | Sequence[int],
    output_size: int | Sequence[int] | None = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest in windows that lie at random; see `fractional_max_pool2d`.  Shape: (N, C, D, H, W) or without N."""
    return _fractional("fractional_max_pool3d", 3, input, kernel_size, output_size, output_ratio, return_indices,
                       _random_samples)  # fmt: skip


def _fractional(
    op: str, d: int, input: Any, kernel_size: Any, output_size: Any, ratio: Any, return_indices: bool, samples: Any
) -> Any:
    x = as_image(op, d, needs_floating(op, input))
    kernel = per_axis(op, "kernel_size", kernel_size, d, 1)
    shape, size = x.array.shape, x.array.shape[-d:]
    if output_size is None:
        if ratio is None:
            raise ValueError(f"{op}: give output_size, or output_ratio as fractions of the input's size.")
        ratios = tuple(ratio) if isinstance(ratio, Sequence) else (number(op, "output_ratio", ratio),) * d
        if len(ratios) != d or not all(0 < r < 1 for r in ratios):
            raise ValueError(f"{op}: output_ratio must lie between 0 and 1, one number or {d}, got {ratio!r}.")
        output_size = tuple([int(n * r) for n, r in zip(size, ratios)])
    out = per_axis(op, "output_size", output_size, d, 1)
    if any(o + k - 1 > n for o, k, n in zip(out, kernel, size)):
        raise ValueError(
            f"{op}: output_size={out} with kernel_size={kernel} needs an input of at least "
            f"{tuple(o + k - 1 for o, k in zip(out, kernel))}, got {tuple(size)}. Ask for less, or a smaller kernel."
        )
    planes = shape[:-d] if len(shape) == d + 2 else (1, *shape[:-d])
    if samples is None:
        samples = rand(*planes, d, dtype=x.dtype)
    samples = needs_floating(op, samples, "_random_samples")
    if samples.array.shape != (*planes, d):
        raise ValueError(f"{op}: _random_samples has shape {tuple(samples.array.shape)}, needs {(*planes, d)}.")
    array = x.array.reshape(*planes, *size)
    # PyTorch's samples name the columns first (the volumes, the depth)
    order = samples.array[..., ::-1] if d == 2 else samples.array
    indices = on(array).fractional_max_indices(array, out, kernel, order)
    return picked(x, indices.reshape(*shape[:-d], *out), d, return_indices)


fractional_max_pool2d_with_indices, fractional_max_pool3d_with_indices = map(
    with_indices, (fractional_max_pool2d, fractional_max_pool3d)
)
