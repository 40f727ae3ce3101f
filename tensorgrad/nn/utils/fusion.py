"""A batch norm in evaluation mode is an affine map, and can be merged into the layer before it."""

from __future__ import annotations

import copy
from typing import Any

from ...autograd.modes import no_grad
from ...ops import create
from ...refusals import in_own_name
from ...tensor import Tensor
from ..parameter import Parameter


def _fused(weight: Any, bias: Any, mean: Any, var: Any, eps: float, scale: Any, shift: Any, axis: int) -> Any:
    """weight and bias of a layer followed by a batch norm; `axis` is that of the output channels in the weight."""
    with no_grad():
        bias = create.zeros_like(mean) if bias is None else bias
        scale = create.ones_like(mean) if scale is None else scale
        shift = create.zeros_like(mean) if shift is None else shift
        factor = scale * (var + eps).rsqrt()
        shape = [1] * weight.ndim
        shape[axis] = -1
        return Parameter(weight * factor.reshape(shape)), Parameter((bias - mean) * factor + shift)


@in_own_name
def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a convolution that does what this one and the batch norm behind it do."""
    return _fused(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 1 if transpose else 0)


@in_own_name
def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a Linear that does what this one and the batch norm behind it do."""
    return _fused(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 0)


def _evaluated(op: str, *modules: Any) -> None:
    for module in modules:
        if module.training:
            kind = type(module).__name__
            raise RuntimeError(f"{op}: {kind} is in training mode; call eval() on both modules first.")


@in_own_name
def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that does what `conv` and then `bn` do; both must be in evaluation mode."""
    _evaluated("fuse_conv_bn_eval", conv, bn)
    fused = copy.deepcopy(conv)
    statistics = (bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    fused.weight, fused.bias = fuse_conv_bn_weights(conv.weight, conv.bias, *statistics, transpose)
    return fused


@in_own_name
def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A Linear that does what `linear` and then `bn` do; both must be in evaluation mode."""
    _evaluated("fuse_linear_bn_eval", linear, bn)
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise ValueError(
            f"fuse_linear_bn_eval: the Linear has {linear.out_features} features, the batch norm {bn.num_features}."
        )
    fused = copy.deepcopy(linear)
    statistics = (bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    fused.weight, fused.bias = fuse_linear_bn_weights(linear.weight, linear.bias, *statistics)
    return fused
