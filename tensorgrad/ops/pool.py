"""Pooling: the largest, or the mean, of the numbers in each window. Any number of leading axes, as PyTorch has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from math import inf
from typing import Any

from ..autograd.function import Function
from ..autograd.modes import is_grad_enabled
from ..autograd.node import Name
from ..dtypes import iinfo
from ..kernels import on
from ..kernels.shapes import Shape, fits, integer, per_axis, windows
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .activation import relu
from .arithmetic import pow
from .elementwise import abs, sign
from .linear_map import LinearMap
from .promote import as_operand, needs_floating, number
from .taps import taps

# ---- maxima ---------------------------------------------------------------------------------------------------------


class MaxPool(Function):
    """The largest number in each window; its gradient goes to the position it came from.

    That position, `choice`, is a whole number, so to whoever differentiates it is a constant indeed. Nothing else is
    kept: the result may be changed in place.
    """

    def __init__(self, remember: bool, *how: Any) -> None:
        self.remember, self.how = remember, how
        self.name = Name(f"max_pool{len(how[0])}d")  # type: ignore[misc]

    def formula(self, x: Tensor) -> Tensor:
        lowest = -inf if x.is_floating_point() else iinfo(x.dtype).min
        out, kernel, stride, padding, dilation = self.how
        return Tensor._stack(taps(x, out, kernel, stride, padding, dilation, lowest)).max(0).values  # of equals the first

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        y, self.choice = on(x).max_pool(x, *self.how, self.remember)
        return y

    def backward(self, grad: Tensor) -> Tensor:
        return LinearMap("max_pool_choice", self.choice, *self.how, shape=self.before)(grad)


@in_own_name
def max_pool1d(
    input: TensorLike,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest in each window of a sequence; see `max_pool2d`.  Shape: (N, C, L) or (C, L)."""
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@in_own_name
def max_pool2d(
    input: TensorLike,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest in each window of an image. Of equals the first (row by row) receives the gradient; nan wins.

    Shape: (N, C, H, W) or (C, H, W) → (…, H′, W′), H′ = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    Args:
        kernel_size, stride, padding, dilation: an int or one per axis; stride None is kernel_size; padding is −∞, at
            most half a kernel.
        ceil_mode: round the size up: the last window may reach beyond the image, but begins inside it or its padding.
        return_indices: also where each came from, as an index into the flattened image (int64), for `max_unpool2d`.
    """
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@in_own_name
def max_pool3d(
    input: TensorLike,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest in each window of a volume; see `max_pool2d`.  Shape: (N, C, D, H, W) or (C, D, H, W)."""
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _max_pool(
    op: str,
    d: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    x = as_image(op, d, as_operand(op, input))
    kernel, stride, padding = window_geometry(op, d, kernel_size, stride, padding)
    dilation = per_axis(op, "dilation", dilation, d, 1)
    size = x.array.shape[-d:]
    out = _out(op, x, windows(size, kernel, stride, padding, dilation, ceil_mode), kernel, padding)
    remember = return_indices or (x.requires_grad and is_grad_enabled())
    pool = MaxPool(remember, out, kernel, stride, padding, dilation)
    y = pool(x)
    if not return_indices:
        return y
    return y, Tensor._of(on(x.array).max_pool_indices(pool.choice, size, kernel, stride, padding, dilation))


@in_own_name
def adaptive_max_pool1d(input: TensorLike, output_size: int | Sequence[int], return_indices: bool = False) -> Any:
    """The largest in each of `output_size` boxes; see `adaptive_max_pool2d`.  Shape: (N, C, L) or (C, L)."""
    return _adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, return_indices)


@in_own_name
def adaptive_max_pool2d(input: TensorLike, output_size: int | Sequence[int], return_indices: bool = False) -> Any:
    """The largest in each of `output_size` boxes that cover the image evenly: box i is [⌊i·H/H′⌋, ⌈(i + 1)·H/H′⌉).

    Shape: (N, C, H, W) or (C, H, W) → (…, H′, W′); an entry None of `output_size` keeps the input's size.
    """
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


@in_own_name
def adaptive_max_pool3d(input: TensorLike, output_size: int | Sequence[int], return_indices: bool = False) -> Any:
    """The largest in each of `output_size` boxes; see `adaptive_max_pool2d`.  Shape: (N, C, D, H, W) or without N."""
    return _adaptive_max_pool("adaptive_max_pool3d", 3, input, output_size, return_indices)


def _adaptive_max_pool(op: str, d: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    x = as_image(op, d, as_operand(op, input))
    size = x.array.shape[-d:]
    out = _output_size(op, x, output_size, size)
    fits(op, (max(out, default=0),), 150, "windows")
    fits(op, (*x.array.shape[:-d], *out), x.array.itemsize)
    if 0 not in out and all(n % o == 0 for n, o in zip(size, out)):
        kernel = tuple([n // o for n, o in zip(size, out)])
        return _max_pool(op, d, x, kernel, kernel, 0, 1, False, return_indices)
    indices = on(x.array).adaptive_max_indices(x.array, out)
    return picked(x, indices, d, return_indices)


def picked(x: Tensor, indices: Any, d: int, return_indices: bool) -> Any:
    y = LinearMap("pick", indices, d)(x)
    return (y, Tensor._of(indices)) if return_indices else y


def with_indices(pool: Callable[..., Any]) -> Callable[..., Any]:
    """A pool that always returns the indices as well, as PyTorch names it too."""

    @wraps(pool)
    def both(*args: Any, **kwargs: Any) -> Any:
        given = signature(pool).bind(*args, **kwargs).arguments
        return pool(**{**given, "return_indices": True})

    both.__name__ = both.__qualname__ = f"{pool.__name__}_with_indices"
    return both


max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices = map(
    with_indices, (max_pool1d, max_pool2d, max_pool3d)
)
adaptive_max_pool1d_with_indices, adaptive_max_pool2d_with_indices, adaptive_max_pool3d_with_indices = map(
    with_indices, (adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d)
)


# ---- means ----------------------------------------------------------------------------------------------------------


class AvgPool(LinearMap):
    """The mean of the numbers in each window, what lies in the padding counted or not, or their sum by a divisor."""

    def __init__(self, out: Shape, kernel: Shape, stride: Shape, padding: Shape, count_pad: bool, divisor: Any) -> None:
        super().__init__("avg_pool", out, kernel, stride, padding, count_pad, divisor)

    def formula(self, x: Tensor) -> Tensor:
        out, kernel, stride, padding, count_pad, divisor = self.how
        once = (1,) * len(out)
        total = Tensor._stack(taps(x, out, kernel, stride, padding, once)).sum(0)
        if divisor is not None:
            return total / divisor
        size = x.array.shape[-len(out) :]
        ones = x.new_ones([n + 2 * p for n, p in zip(size, padding)] if count_pad else size)
        counted = taps(ones, out, kernel, stride, (0,) * len(out) if count_pad else padding, once)
        return total / Tensor._stack(counted).sum(0)


@in_own_name
def avg_pool1d(
    input: TensorLike,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of a sequence; see `avg_pool2d`.  Shape: (N, C, L) or (C, L)."""
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


@in_own_name
def avg_pool2d(
    input: TensorLike,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of an image.

    Shape: (N, C, H, W) or (C, H, W) → (…, H′, W′), H′ = ⌊(H + 2·padding − kernel) / stride⌋ + 1.

    Args:
        kernel_size, stride, padding: an int or one per axis; stride None is kernel_size; padding is zeros, at most half
            a kernel.
        ceil_mode: round the size up; what reaches beyond the padding is not counted.
        count_include_pad: whether padding counts in the mean.
        divisor_override: divide the sum by this instead.
    """
    divisor = divisor_override
    return _avg_pool("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor)


@in_own_name
def avg_pool3d(
    input: TensorLike,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of a volume; see `avg_pool2d`.  Shape: (N, C, D, H, W) or (C, D, H, W)."""
    divisor = divisor_override
    return _avg_pool("avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor)


def _avg_pool(
    op: str,
    d: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    x = as_image(op, d, as_operand(op, input))
    kernel, stride, padding = window_geometry(op, d, kernel_size, stride, padding)
    divisor = None if divisor is None else integer(op, "divisor_override", divisor)
    if divisor == 0:
        raise ValueError(f"{op}: divisor_override must not be 0.")
    found = windows(x.array.shape[-d:], kernel, stride, padding, (1,) * d, ceil_mode)
    out = _out(op, x, found, kernel, padding)
    return AvgPool(out, kernel, stride, padding, count_include_pad, divisor)(x)


@in_own_name
def adaptive_avg_pool1d(input: TensorLike, output_size: int | Sequence[int]) -> Tensor:
    """The means of `output_size` boxes; see `adaptive_avg_pool2d`.  Shape: (N, C, L) or (C, L)."""
    return _adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


@in_own_name
def adaptive_avg_pool2d(input: TensorLike, output_size: int | Sequence[int]) -> Tensor:
    """The means of `output_size` boxes that cover the image evenly: box i is [⌊i·H/H′⌋, ⌈(i + 1)·H/H′⌉).

    Shape: (N, C, H, W) or (C, H, W) → (…, H′, W′); an entry None of `output_size` keeps the input's size.
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


@in_own_name
def adaptive_avg_pool3d(input: TensorLike, output_size: int | Sequence[int]) -> Tensor:
    """The means of `output_size` boxes; see `adaptive_avg_pool2d`.  Shape: (N, C, D, H, W) or (C, D, H, W)."""
    return _adaptive_avg_pool("adaptive_avg_pool3d", 3, input, output_size)


def _adaptive_avg_pool(op: str, d: int, input: Any, output_size: Any) -> Tensor:
    x = as_image(op, d, needs_floating(op, input))
    size = x.array.shape[-d:]
    out = _output_size(op, x, output_size, size)
    fits(op, (max(out, default=0),), 150, "windows")
    fits(op, (*x.array.shape[:-d], *out), x.array.itemsize)
    if max(out) > 1 and 0 not in out and all(n % o == 0 for n, o in zip(size, out)):
        kernel = tuple([n // o for n, o in zip(size, out)])
        return AvgPool(out, kernel, kernel, (0,) * d, True, None)(x)
    return LinearMap("adaptive_avg_pool", out)(x)


@in_own_name
def lp_pool1d(
    input: TensorLike,
    norm_type: float,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The norm (Σ xᵖ)^(1/p) of each window of a sequence; see `lp_pool2d`.  Shape: (N, C, L) or (C, L)."""
    return _lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


@in_own_name
def lp_pool2d(
    input: TensorLike,
    norm_type: float,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The norm (Σ xᵖ)^(1/p) of each window, p = norm_type; 1 is a sum, ∞ would be the largest.

    For odd p signs are kept, so a sum below zero gives nan unless p is 1, as in PyTorch. Where all of a window is zero
    the gradient is nan for p > 1.  Shape: as `avg_pool2d`.
    """
    return _lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


@in_own_name
def lp_pool3d(
    input: TensorLike,
    norm_type: float,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The norm (Σ xᵖ)^(1/p) of each window of a volume; see `lp_pool2d`.  Shape: (N, C, D, H, W) or (C, D, H, W)."""
    return _lp_pool("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(op: str, d: int, input: Any, p: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Tensor:
    x = needs_floating(op, input)
    kernel = per_axis(op, "kernel_size", kernel_size, d, 1)
    if number(op, "norm_type", p) == 0:
        raise ValueError(f"{op}: norm_type must not be 0.")
    count = 1
    for k in kernel:
        count *= k
    mean = _avg_pool(op, d, pow(x, p), kernel, stride, 0, ceil_mode, True, None)
    return pow(sign(mean) * relu(abs(mean)) * count, 1.0 / p)


# ---- checks ---------------------------------------------------------------------------------------------------------

_AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


def as_image(op: str, d: int, x: Tensor) -> Tensor:
    """The input, of the right number of axes; only the batch may be empty."""
    shape = x.array.shape
    if len(shape) not in (d + 1, d + 2) or 0 in shape[-d - 1 :]:
        raise ValueError(
            f"{op}: input has shape {tuple(shape)}; it needs the {d + 2} axes (N, C, {_AXES[d]}), or {d + 1} without "
            "N, none but the batch empty."
        )
    if x.array.dtype.kind == "b":
        raise TypeError(f"{op}: input must be floating or integer, got {x.dtype}. Convert it first: x.float().")
    return x


def window_geometry(op: str, d: int, kernel_size: Any, stride: Any, padding: Any) -> tuple[Shape, Shape, Shape]:
    kernel = per_axis(op, "kernel_size", kernel_size, d, 1)
    stride = kernel if stride is None or stride == [] or stride == () else per_axis(op, "stride", stride, d, 1)
    padding = per_axis(op, "padding", padding, d, 0)
    if any(2 * p > k for p, k in zip(padding, kernel)):
        raise ValueError(
            f"{op}: padding={padding} must be at most half of kernel_size={kernel}, or windows would see nothing else. "
            "Use nn.functional.pad for more."
        )
    return kernel, stride, padding


def _out(op: str, x: Tensor, out: Shape, kernel: Shape, padding: Shape) -> Shape:
    if min(out) < 1:
        raise ValueError(
            f"{op}: the output would have size {out}: kernel_size={kernel} does not fit into the input.\n"
            f"    input  {tuple(x.array.shape)}    padding={padding}\nUse a smaller kernel, or pad more."
        )
    return out


def _output_size(op: str, x: Tensor, output_size: Any, size: Shape) -> Shape:
    """`output_size` of an adaptive pool: an int or one per axis, None for the input's."""
    given = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * len(size)
    if len(given) == 1:
        given *= len(size)
    if len(given) == len(size):
        given = tuple([n if o is None else o for o, n in zip(given, size)])
    return per_axis(op, "output_size", given, len(size), 0)


__all__ = [
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "avg_pool1d", "max_pool1d", "max_pool2d", "max_pool3d",
]  # fmt: skip
