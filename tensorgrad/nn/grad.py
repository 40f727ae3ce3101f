"""The gradients of convolutions as functions, differentiable themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..kernels.shapes import mismatch, per_axis, windows
from ..ops.conv import ConvTranspose, ConvWeight
from ..refusals import in_own_name
from ..tensor import Tensor


@in_own_name
def conv1d_input(
    input_size: Sequence[int],
    weight: Tensor,
    grad_output: Tensor,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv1d towards its input, of shape input_size (N, C, L); see `conv2d_input`."""
    return _input("conv1d_input", 1, input_size, weight, grad_output, stride, padding, dilation, groups)


@in_own_name
def conv1d_weight(
    input: Tensor,
    weight_size: Sequence[int],
    grad_output: Tensor,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv1d towards its weight, of shape weight_size (K, C/groups, S)."""
    return _weight("conv1d_weight", 1, input, weight_size, grad_output, stride, padding, dilation, groups)


@in_own_name
def conv2d_input(
    input_size: Sequence[int],
    weight: Tensor,
    grad_output: Tensor,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv2d towards its input: what `conv_transpose2d` does, with the size given, since a stride maps
    several to one.

    Shape: weight (K, C/groups, R, S), grad_output (N, K, H′, W′) → input_size, (N, C, H, W).
    """
    return _input("conv2d_input", 2, input_size, weight, grad_output, stride, padding, dilation, groups)


@in_own_name
def conv2d_weight(
    input: Tensor,
    weight_size: Sequence[int],
    grad_output: Tensor,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv2d towards its weight.

    Shape: input (N, C, H, W), grad_output (N, K, H′, W′) → weight_size, (K, C/groups, R, S).
    """
    return _weight("conv2d_weight", 2, input, weight_size, grad_output, stride, padding, dilation, groups)


@in_own_name
def conv3d_input(
    input_size: Sequence[int],
    weight: Tensor,
    grad_output: Tensor,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv3d towards its input, of shape input_size (N, C, D, H, W); see `conv2d_input`."""
    return _input("conv3d_input", 3, input_size, weight, grad_output, stride, padding, dilation, groups)


@in_own_name
def conv3d_weight(
    input: Tensor,
    weight_size: Sequence[int],
    grad_output: Tensor,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv3d towards its weight, of shape weight_size (K, C/groups, Q, R, S)."""
    return _weight("conv3d_weight", 3, input, weight_size, grad_output, stride, padding, dilation, groups)


def _input(op: str, d: int, size: Any, w: Tensor, grad: Tensor, *geometry: Any) -> Tensor:
    stride, padding, dilation, groups = _checked(op, d, tuple(size), tuple(w.shape), tuple(grad.shape), *geometry)
    return ConvTranspose(tuple(size[2:]), stride, padding, dilation, groups)(grad, w, None)


def _weight(op: str, d: int, x: Tensor, size: Any, grad: Tensor, *geometry: Any) -> Tensor:
    stride, padding, dilation, groups = _checked(op, d, tuple(x.shape), tuple(size), tuple(grad.shape), *geometry)
    return ConvWeight(tuple(size[2:]), stride, padding, dilation, groups)(x, grad)


def _checked(op: str, d: int, x: Any, w: Any, grad: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """The geometry, one number per axis, if it leads from the shapes of input and weight to that of the gradient."""
    stride, dilation = per_axis(op, "stride", stride, d, 1), per_axis(op, "dilation", dilation, d, 1)
    padding = per_axis(op, "padding", padding, d, 0)
    fits = len(x) == len(w) == len(grad) == d + 2 and x[1] == w[1] * groups and w[0] % groups == 0
    if not fits or grad != (x[0], w[0], *windows(x[2:], w[2:], stride, padding, dilation)):
        what = f"no convolution with stride={stride}, padding={padding}, dilation={dilation}, groups={groups} has these"
        cure = "grad_output has the shape of the convolution’s result."
        raise ValueError(mismatch(op, what, cure, input=x, weight=w, grad_output=grad))
    return stride, padding, dilation, groups


__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]
