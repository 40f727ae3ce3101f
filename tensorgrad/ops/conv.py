"""Convolution: three operations, in any number of dimensions, that are each other's gradients.

        y = conv(x, w)            ∂/∂x: conv_transpose(grad, w)      ∂/∂w: conv_weight(x, grad)
        x = conv_transpose(y, w)  ∂/∂y: conv(grad, w)                ∂/∂w: conv_weight(grad, y)
        w = conv_weight(x, y)     ∂/∂x: conv_transpose(y, grad)      ∂/∂y: conv(x, grad)

All three are linear in both operands and come from one trilinear form, Σ x[n, c, stride·o + dilation·r − padding] ·
w[k, c, r] · y[n, k, o]; leaving out one of its three arguments gives the three operations, and the family is closed.

Letters: N images, C channels, K filters; the window is called R × S."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ..autograd.function import Function
from ..autograd.node import Name
from ..kernels import on
from ..kernels.shapes import Shape, per_axis, windows
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .promote import as_operand, mixed_dtypes
from .shape import reshape
from .taps import padded_size, tap_slices, taps


class _Convolution(Function):
    """What the three share: their geometry. `out` are the spatial sizes of the result, `padding` what lies before the
    image; what lies after it follows from the sizes."""

    def __init__(self, out: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int) -> None:
        self.out, self.stride, self.padding, self.dilation, self.groups = out, stride, padding, dilation, groups
        self.geometry = (stride, padding, dilation, groups)
        self.name = Name(f"{type(self).name}{len(out)}d")  # type: ignore[misc]

    def grouped(self, x: Tensor) -> Tensor:
        """(N, C, …) → (N, groups, C/groups, places): a matrix per image and group."""
        n, c = x.array.shape[:2]
        return x.reshape(n, self.groups, c // self.groups, prod(x.array.shape[2:]))


def _sum_of_channels(grad: Tensor) -> Tensor:
    return grad.sum((0, *range(2, grad.array.ndim)))


# ---- many places to few ---------------------------------------------------------------------------------------------


class Conv(_Convolution):
    """y[n, k, o] = bias[k] + Σ x[n, c, stride·o + dilation·r − padding] · w[k, c, r] over c and r."""

    serves = {"x": "w", "w": "x"}

    def formula(self, x: Tensor, w: Tensor, bias: Any) -> Tensor:
        k, c, *kernel = w.array.shape
        filters = w.reshape(self.groups, k // self.groups, c, prod(kernel)).unbind(-1)
        seen = taps(x, self.out, kernel, self.stride, self.padding, self.dilation)
        y = Tensor._stack([f @ self.grouped(part) for f, part in zip(filters, seen)]).sum(0)  # over the taps
        y = y.reshape(len(x), k, *self.out)
        return y if bias is None else y + bias.reshape(k, *[1] * len(self.out))

    def forward(self, x: Any, w: Any, bias: Any) -> Any:
        self.size, self.kernel = x.shape[2:], w.shape[2:]
        return on(x).conv(x, w, bias, self.out, *self.geometry)

    def backward(self, grad: Tensor, x: Any, w: Any) -> Any:
        gx = ConvTranspose(self.size, *self.geometry)(grad, w, None) if self.needs[0] else None
        gw = ConvWeight(self.kernel, *self.geometry)(x, grad) if self.needs[1] else None
        return gx, gw, _sum_of_channels(grad) if self.needs[2] else None


@in_own_name
def conv1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of a sequence with a set of filters; see `conv2d`.

    Shape: input (N, C, L) or (C, L), weight (K, C/groups, S), bias (K,) → (N, K, L′) or (K, L′).
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@in_own_name
def conv2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of images with a set of filters (LeCun et al., 1989).

    y[n, k, i, j] = bias[k] + Σ x[n, c, stride·i + dilation·r − padding, stride·j + dilation·s − padding]·w[k, c, r, s]

    Shape: input (N, C, H, W) or (C, H, W), weight (K, C/groups, R, S), bias (K,) → (N, K, H′, W′) or (K, H′, W′) with
    H′ = ⌊(H + 2·padding − dilation·(R − 1) − 1) / stride⌋ + 1.

    Args:
        stride, dilation: steps between windows, and within one; an int or one per axis.
        padding: zeros on each side; an int, one per axis, 'valid' (none) or 'same' (the output has the input's size;
            stride 1 only; an odd zero goes to the end).
        groups: channels and filters come in so many separate groups; groups = C is a depthwise convolution.
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@in_own_name
def conv3d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of volumes with a set of filters; see `conv2d`.

    Shape: input (N, C, D, H, W) or without N, weight (K, C/groups, Q, R, S), bias (K,) → (N, K, D′, H′, W′).
    """
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


@in_own_name
def conv_tbc(input: TensorLike, weight: TensorLike, bias: TensorLike, pad: int = 0) -> Tensor:
    """`conv1d` of sequences laid out (T, B, C): time, batch, channels.

    Shape: input (T, B, C), weight (S, C, K), bias (K,) → (T + 2·pad − S + 1, B, K).
    """
    x, w = as_operand("conv_tbc", input), as_operand("conv_tbc", weight, "weight")
    if x.array.ndim != 3 or w.array.ndim != 3:
        raise ValueError(
            f"conv_tbc: input {tuple(x.array.shape)} must be (T, B, C), weight {tuple(w.array.shape)} (S, C, K)."
        )
    y = _conv("conv_tbc", 1, x.permute(1, 2, 0), w.permute(2, 1, 0), bias, 1, pad, 1, 1)
    return y.permute(2, 0, 1)


def _conv(
    op: str, d: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor:
    x, w, bias = _operands(op, d, input, weight, bias)
    stride, dilation = per_axis(op, "stride", stride, d, 1), per_axis(op, "dilation", dilation, d, 1)
    _check_groups(op, groups)
    batched = x.array.ndim == d + 2
    size, (k, per, *kernel) = x.array.shape[-d:], w.array.shape
    c = x.array.shape[-d - 1]
    if c != per * groups:
        raise ValueError(
            f"{op}: input has {c} channels, weight expects {per * groups}.\n{_shapes(d, x, w, groups)}\n"
            f"Build the weight with C = {c}, or choose groups so that C equals groups × {per}."
        )
    if k % groups:
        raise ValueError(
            f"{op}: the weight's {k} filters do not divide into {groups} groups.\n{_shapes(d, x, w, groups)}\n"
            "Choose K as a multiple of groups."
        )
    _check_bias(op, bias, k)
    if isinstance(padding, str):
        before, out = _named_padding(op, padding, size, kernel, stride, dilation)
    else:
        before = per_axis(op, "padding", padding, d, 0)
        out = windows(size, kernel, stride, before, dilation)
    if min(out) < 1:
        raise ValueError(
            f"{op}: the output would have size {out}: the window does not fit into the input.\n"
            f"{_shapes(d, x, w, groups)}\n"
            f"With padding={padding} the input measures {tuple(n + 2 * p for n, p in zip(size, before))}, and with "
            f"dilation={dilation} the window {tuple(e * (r - 1) + 1 for e, r in zip(dilation, kernel))}: "
            "pad more, or use a smaller window."
        )
    x = x if batched else reshape(x, (1, *x.array.shape))
    y = Conv(out, stride, before, dilation, groups)(x, w, bias)
    return y if batched else reshape(y, y.array.shape[1:])


# ---- few places to many ---------------------------------------------------------------------------------------------


class ConvTranspose(_Convolution):
    """y[n, c, stride·o + dilation·r − padding] += x[n, k, o] · w[k, c, r] over k, o and r; plus bias[c]."""

    serves = {"x": "w", "w": "x"}

    def formula(self, x: Tensor, w: Tensor, bias: Any) -> Tensor:
        (k, c, *kernel), size = w.array.shape, x.array.shape[2:]
        filters = w.reshape(self.groups, k // self.groups, c, prod(kernel)).unbind(-1)
        reach = padded_size(size, kernel, self.stride, self.dilation)
        whole = tuple([max(n, p + m) for n, p, m in zip(reach, self.padding, self.out)])
        places = tap_slices(size, kernel, self.stride, self.dilation)
        y = x.new_zeros((len(x), c * self.groups, *whole))
        for f, place in zip(filters, places):  # every tap adds its multiple of x
            y[(..., *place)] += (f.mT @ self.grouped(x)).reshape(len(x), c * self.groups, *size)
        y = y[(..., *[slice(p, p + m) for p, m in zip(self.padding, self.out)])]
        return y if bias is None else y + bias.reshape(c * self.groups, *[1] * len(size))

    def forward(self, x: Any, w: Any, bias: Any) -> Any:
        self.size, self.kernel = x.shape[2:], w.shape[2:]
        return on(x).conv_transpose(x, w, bias, self.out, *self.geometry)

    def backward(self, grad: Tensor, x: Any, w: Any) -> Any:
        gx = Conv(self.size, *self.geometry)(grad, w, None) if self.needs[0] else None
        gw = ConvWeight(self.kernel, *self.geometry)(grad, x) if self.needs[1] else None
        return gx, gw, _sum_of_channels(grad) if self.needs[2] else None


@in_own_name
def conv_transpose1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """The transpose of `conv1d`, from few places to many; see `conv_transpose2d`.

    Shape: input (N, C, L) or (C, L), weight (C, K/groups, S), bias (K,) → (N, K, L′) or (K, L′).
    """
    geometry = (stride, padding, output_padding, groups, dilation)
    return _conv_transpose("conv_transpose1d", 1, input, weight, bias, *geometry)


@in_own_name
def conv_transpose2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """The transpose of `conv2d` as a linear map (Zeiler et al., 2010): each input pixel adds its multiple of the
    filters to the output.

    Shape: input (N, C, H, W) or (C, H, W), weight (C, K/groups, R, S), bias (K,) → (N, K, H′, W′) or (K, H′, W′) with
    H′ = (H − 1)·stride − 2·padding + dilation·(R − 1) + output_padding + 1.

    Args:
        stride, padding, dilation, groups: those of the conv2d it transposes; here padding takes away from the output.
        output_padding: how much larger the output is at its end, for conv2d with a stride maps several sizes to one.
    """
    geometry = (stride, padding, output_padding, groups, dilation)
    return _conv_transpose("conv_transpose2d", 2, input, weight, bias, *geometry)


@in_own_name
def conv_transpose3d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """The transpose of `conv3d`, from few places to many; see `conv_transpose2d`.

    Shape: input (N, C, D, H, W) or without N, weight (C, K/groups, Q, R, S), bias (K,) → (N, K, D′, H′, W′).
    """
    geometry = (stride, padding, output_padding, groups, dilation)
    return _conv_transpose("conv_transpose3d", 3, input, weight, bias, *geometry)


def _conv_transpose(
    op: str,
    d: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    x, w, bias = _operands(op, d, input, weight, bias)
    stride, dilation = per_axis(op, "stride", stride, d, 1), per_axis(op, "dilation", dilation, d, 1)
    padding = per_axis(op, "padding", padding, d, 0)
    more = per_axis(op, "output_padding", output_padding, d, 0)
    _check_groups(op, groups)
    batched = x.array.ndim == d + 2
    size, (c, per, *kernel) = x.array.shape[-d:], w.array.shape
    if x.array.shape[-d - 1] != c:
        raise ValueError(
            f"{op}: input has {x.array.shape[-d - 1]} channels, weight expects {c}.\n{_shapes(d, x, w, groups, True)}\n"
            "The first axis of a transposed convolution's weight is the input's channels."
        )
    if c % groups:
        raise ValueError(
            f"{op}: {c} channels do not divide into {groups} groups.\n{_shapes(d, x, w, groups, True)}\n"
            "Choose groups so that C is a multiple of it."
        )
    _check_bias(op, bias, per * groups)
    for m, s, e in zip(more, stride, dilation):
        if m >= max(s, e):
            raise ValueError(
                f"{op}: output_padding={more} must be smaller than stride={stride} or dilation={dilation} on each "
                "axis; it only chooses among the sizes that the stride cannot tell apart."
            )
    along = zip(size, kernel, stride, padding, dilation, more)
    out = tuple([(n - 1) * s - 2 * p + e * (r - 1) + m + 1 for n, r, s, p, e, m in along])
    if min(out) < 1 or min(size) < 1:
        raise ValueError(
            f"{op}: the output would have size {out}.\n{_shapes(d, x, w, groups, True)}\n"
            f"padding={padding} takes away more than there is: use less padding, or a larger input."
        )
    x = x if batched else reshape(x, (1, *x.array.shape))
    y = ConvTranspose(out, stride, padding, dilation, groups)(x, w, bias)
    return y if batched else reshape(y, y.array.shape[1:])


# ---- images and images to filters -----------------------------------------------------------------------------------


class ConvWeight(_Convolution):
    """gw[k, c, r] = Σ x[n, c, stride·o + dilation·r − padding] · y[n, k, o] over n and o; `out` is the window."""

    serves = {"x": "y", "y": "x"}

    def formula(self, x: Tensor, y: Tensor) -> Tensor:
        seen = taps(x, y.array.shape[2:], self.out, self.stride, self.padding, self.dilation)
        parts = [(self.grouped(y) @ self.grouped(part).mT).sum(0) for part in seen]  # (groups, K/groups, C/groups) a tap
        return Tensor._stack(parts, -1).reshape(y.array.shape[1], x.array.shape[1] // self.groups, *self.out)

    def forward(self, x: Any, y: Any) -> Any:
        self.size, self.places = x.shape[2:], y.shape[2:]
        return on(x).conv_weight(x, y, self.out, *self.geometry)

    def backward(self, grad: Tensor, x: Any, y: Any) -> Any:
        gx = ConvTranspose(self.size, *self.geometry)(y, grad, None) if self.needs[0] else None
        gy = Conv(self.places, *self.geometry)(x, grad, None) if self.needs[1] else None
        return gx, gy


# ---- checks ---------------------------------------------------------------------------------------------------------

_AXES = {1: "L", 2: "H, W", 3: "D, H, W"}
_WINDOW = {1: "S", 2: "R, S", 3: "Q, R, S"}


def _operands(op: str, d: int, input: Any, weight: Any, bias: Any) -> tuple[Tensor, Tensor, Tensor | None]:
    """The tensors, of the right number of axes and one dtype."""
    x, w = as_operand(op, input), as_operand(op, weight, "weight")
    if x.array.ndim not in (d + 1, d + 2):
        raise ValueError(
            f"{op}: input has shape {tuple(x.array.shape)}; it needs the {d + 2} axes (N, C, {_AXES[d]}), or "
            f"{d + 1} without N."
        )
    if w.array.ndim != d + 2:
        raise ValueError(
            f"{op}: weight has shape {tuple(w.array.shape)}; it needs {d + 2} axes (filters, channels, {_WINDOW[d]})."
        )
    if bias is not None:
        bias = as_operand(op, bias, "bias")
    for name, t in (("weight", w), ("bias", bias)):
        if t is not None and t.array.dtype != x.array.dtype:
            raise mixed_dtypes(op, name, **{"input": input, name: t})
    if min(w.array.shape) < 1 and (w.array.shape[0] < 1 or prod(w.array.shape[2:]) < 1):
        raise ValueError(f"{op}: weight of shape {tuple(w.array.shape)} has no filters, or empty ones.")
    return x, w, bias


def _check_groups(op: str, groups: int) -> None:
    if not isinstance(groups, int) or groups < 1:
        raise ValueError(f"{op}: groups must be a positive int, got {groups!r}.")


def _check_bias(op: str, bias: Tensor | None, k: int) -> None:
    if bias is not None and bias.array.shape != (k,):
        raise ValueError(f"{op}: bias has shape {tuple(bias.array.shape)}, needs ({k},): a number per output channel.")


def _named_padding(
    op: str, padding: str, size: Shape, kernel: Any, stride: Shape, dilation: Shape
) -> tuple[Shape, Shape]:
    """'valid' and 'same' as zeros before the image and the output's sizes."""
    nothing = (0,) * len(size)
    if padding == "valid":
        return nothing, windows(size, kernel, stride, nothing, dilation)
    if padding != "same":
        raise ValueError(f"{op}: padding must be an int, a tuple of ints, 'valid' or 'same', got {padding!r}.")
    if max(stride) > 1:
        raise ValueError(f"{op}: padding='same' needs stride 1, got stride={stride}. Give the padding in numbers.")
    return tuple([e * (r - 1) // 2 for e, r in zip(dilation, kernel)]), size


def _shapes(d: int, x: Tensor, w: Tensor, groups: int, transposed: bool = False) -> str:
    """The lines of an error that show input and weight, axis by axis."""
    batch = "N, " if x.array.ndim == d + 2 else ""
    inside, filters = f"({batch}C, {_AXES[d]})", f"({'C, K' if transposed else 'K, C'}/groups, {_WINDOW[d]})"
    width = max(len(inside), len(filters))
    return (
        f"    input   {inside.ljust(width)} {tuple(x.array.shape)}\n"
        f"    weight  {filters.ljust(width)} {tuple(w.array.shape)}    groups={groups}"
    )


__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
]  # fmt: skip
