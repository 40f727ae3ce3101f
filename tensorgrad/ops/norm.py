"""Normalisation. Batch, layer, group, instance and root-mean-square norms are one operation over different axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import bump_version
from ..autograd.node import Name
from ..kernels import on
from ..kernels.shapes import Shape, integer
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .arithmetic import pow, square
from .elementwise import rsqrt
from .linear_map import LinearMap
from .promote import as_operand, cast, mixed_dtypes, needs_floating, number
from .reduce import mean as mean_of
from .shape import reshape


class Normalize(Function):
    """(x − mean) / √(variance + ε) · weight + bias, mean and variance over `axes` of x seen in the shape `view`.

    Args:
        view: the shape x is taken in.
        affine: the shape weight and bias are taken in; it broadcasts to `view`.
        axes: of `view`, to be averaged over.
        centre: False for x / √(mean(x²) + ε) · weight + bias.
    """

    def __init__(self, name: str, view: Shape, affine: Shape, axes: Shape, eps: float, centre: bool = True) -> None:
        self.name = Name(name)  # type: ignore[misc]
        self.view, self.affine, self.axes, self.eps, self.centre = view, affine, axes, eps, centre

    def formula(self, x: Tensor, weight: Any, bias: Any) -> Tensor:
        shape, dtype = x.array.shape, x.dtype
        x = reshape(_wide(x), self.view)
        if self.centre:
            x = x - mean_of(x, self.axes, True)
        y = x * rsqrt(mean_of(square(x), self.axes, True) + self.eps)
        if weight is not None:
            y = y * reshape(weight, self.affine)
        if bias is not None:
            y = y + reshape(bias, self.affine)
        return cast(reshape(y, shape), dtype)

    def forward(self, x: Any, weight: Any, bias: Any) -> Any:
        weight, bias = self._affine(weight), self._affine(bias)
        y, self.mean, self.var = on(x).normalize(x.reshape(self.view), weight, bias, self.axes, self.eps, self.centre)
        return y.reshape(x.shape)

    def fused_backward(self, grad: Any, x: Any, weight: Any, bias: Any) -> Any:
        affine = self.affine if self.needs[1] or self.needs[2] else None
        seen = (grad.reshape(self.view), x.reshape(self.view), self._affine(weight), self.mean, self.var)
        gx, gw, gb = on(x).normalize_backward(*seen, self.axes, self.eps, affine, self.needs[0])
        return None if gx is None else gx.reshape(x.shape), _like(gw, weight), _like(gb, bias)

    def _affine(self, weight: Any) -> Any:
        return None if weight is None else weight.reshape(self.affine)


@in_own_name
def batch_norm(
    input: TensorLike,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel over the batch: (x − mean)/√(variance + ε)·weight + bias (Ioffe & Szegedy,
    arXiv:1502.03167).

    In training mean and variance are those of the batch, and the running ones, if given, move towards them in place:
    running ← (1 − momentum)·running + momentum·now, the variance with n − 1. Otherwise the running ones are used.

    Shape: input (N, C, …), the others (C,) → like input. Errors: a single value per channel cannot be normalised.
    """
    op = "batch_norm"
    x = needs_floating(op, input)
    shape = x.array.shape
    if len(shape) < 2:
        raise ValueError(f"{op}: input has shape {tuple(shape)}; it needs a batch and a channel axis, (N, C, …).")
    c = shape[1]
    mean, var = _statistics(op, running_mean, running_var, c)
    weight, bias = _of_shape(op, input, x, weight, "weight", (c,)), _of_shape(op, input, x, bias, "bias", (c,))
    _check_eps(op, eps)
    if not training:
        if mean is None or var is None:
            raise ValueError(f"{op}: running_mean and running_var are needed when training=False.")
        return _fixed(x, mean, var, weight, bias, eps)
    n = x.array.size // max(c, 1)
    if n == 1:
        raise ValueError(
            f"{op}: input {tuple(shape)} has one value per channel, whose deviation is 0: nothing to normalise in "
            "training.\nUse a larger batch, or call eval() on the module."
        )
    if len(shape) == 2:
        norm = Normalize(op, shape, (1, c), (0,), eps)
    else:
        norm = Normalize(op, (shape[0], c, prod(shape[2:])), (1, c, 1), (0, 2), eps)
    y = norm(x, weight, bias)
    if mean is not None and var is not None and n:
        _move(op, mean, norm.mean.reshape(c), momentum)
        _move(op, var, norm.var.reshape(c) * (n / (n - 1)), momentum)
    return y


@in_own_name
def instance_norm(
    input: TensorLike,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of each image by itself (Ulyanov et al., arXiv:1607.08022).

    Running statistics, if given, move towards the mean over the batch of each image's; with `use_input_stats=False`
    they are used instead.  Shape: input (N, C, …) with at least one spatial axis, the others (C,) → like input.
    """
    op = "instance_norm"
    x = needs_floating(op, input)
    shape = x.array.shape
    if len(shape) < 3:
        raise ValueError(f"{op}: input has shape {tuple(shape)}; it needs (N, C, …) and at least one spatial axis.")
    n, c = shape[:2]
    mean, var = _statistics(op, running_mean, running_var, c)
    weight, bias = _of_shape(op, input, x, weight, "weight", (c,)), _of_shape(op, input, x, bias, "bias", (c,))
    _check_eps(op, eps)
    if not use_input_stats:
        if mean is None or var is None:
            raise ValueError(f"{op}: running_mean and running_var are needed when use_input_stats=False.")
        return _fixed(x, mean, var, weight, bias, eps)
    length = prod(shape[2:])
    if length == 1:
        raise ValueError(
            f"{op}: input {tuple(shape)} has one value per channel and image, whose deviation is 0. Use larger images."
        )
    norm = Normalize(op, (n, c, length), (1, c, 1), (2,), eps)
    y = norm(x, weight, bias)
    if mean is not None and var is not None and x.array.size:
        _move(op, mean, norm.mean.mean(0).reshape(c), momentum)
        _move(op, var, norm.var.mean(0).reshape(c) * (length / (length - 1)), momentum)
    return y


@in_own_name
def group_norm(
    input: TensorLike,
    num_groups: int,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise groups of channels of each image (Wu & He, arXiv:1803.08494); one group is a layer norm without its
    weights' shape, C groups an instance norm.

    Shape: input (N, C, …) with C a multiple of num_groups, weight and bias (C,) → like input.
    """
    op = "group_norm"
    x = needs_floating(op, input)
    shape = x.array.shape
    if len(shape) < 2:
        raise ValueError(f"{op}: input has shape {tuple(shape)}; it needs a batch and a channel axis, (N, C, …).")
    n, c = shape[:2]
    num_groups, eps = integer(op, "num_groups", num_groups), number(op, "eps", eps)
    if num_groups < 1 or c % num_groups:
        raise ValueError(
            f"{op}: {c} channels do not divide into {num_groups} groups.\n    input (N, C, …)  {tuple(shape)}\n"
            "Choose num_groups among the divisors of C."
        )
    weight, bias = _of_shape(op, input, x, weight, "weight", (c,)), _of_shape(op, input, x, bias, "bias", (c,))
    length, per = prod(shape[2:]), c // num_groups
    if n * per * length == 1:
        raise ValueError(f"{op}: input {tuple(shape)} has one value per group, with deviation 0. Use fewer groups.")
    return Normalize(op, (n, num_groups, per, length), (1, num_groups, per, 1), (2, 3), eps)(x, weight, bias)


@in_own_name
def layer_norm(
    input: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise over the last axes (Ba et al., arXiv:1607.06450): (x − mean)/√(variance + ε)·weight + bias.

    Shape: input (…, *normalized_shape), weight and bias normalized_shape → like input.
    """
    x, rows, weight, bias = _last_axes("layer_norm", input, normalized_shape, weight, bias)
    eps = number("layer_norm", "eps", eps)
    return Normalize("layer_norm", rows, (1, rows[1]), (1,), eps)(x, weight, bias)


@in_own_name
def rms_norm(
    input: TensorLike, normalized_shape: int | Sequence[int], weight: TensorLike | None = None, eps: float | None = None
) -> Tensor:
    """Divide by the root mean square over the last axes: x/√(mean(x²) + ε)·weight (Zhang & Sennrich, arXiv:1910.07467).

    `eps` None is the machine epsilon of the dtype computed in (float32's for half precision).

    Shape: input (…, *normalized_shape), weight normalized_shape → like input.
    """
    x, rows, weight, _ = _last_axes("rms_norm", input, normalized_shape, weight, None)
    eps = dtypes.finfo(_wide_dtype(x)).eps if eps is None else number("rms_norm", "eps", eps)
    return Normalize("rms_norm", rows, (1, rows[1]), (1,), eps, centre=False)(x, weight, None)


@in_own_name
def local_response_norm(
    input: TensorLike, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide by the energy of the neighbouring channels: x / (k + α·mean of x² over `size` of them)^β (Krizhevsky et
    al., 2012).

    The mean counts channels before the first and after the last as zeros.

    Shape: (N, C, …), at least one spatial axis → the same.
    """
    op = "local_response_norm"
    x = as_operand(op, input)
    shape = x.array.shape
    if len(shape) < 3:
        raise ValueError(f"{op}: input has shape {tuple(shape)}; it needs (N, C, …) and at least one spatial axis.")
    size = integer(op, "size", size)
    if size < 1:
        raise ValueError(f"{op}: size must be at least 1, got {size}.")
    if 0 in shape:
        return x
    planes = (shape[1], prod(shape[2:]))
    energy = reshape(square(x), (shape[0], *planes))
    mean = LinearMap("avg_pool", planes, (size, 1), (1, 1), (size // 2, 0), True, size)(energy)
    return x / pow(reshape(mean, shape) * alpha + k, beta)


# ---- helpers --------------------------------------------------------------------------------------------------------


def _like(grad: Any, array: Any) -> Any:
    """A gradient in the shape and dtype of its array, if there are both."""
    return None if array is None or grad is None else grad.reshape(array.shape).astype(array.dtype, copy=False)


def _fixed(x: Tensor, mean: Tensor, var: Tensor, weight: Any, bias: Any, eps: float) -> Tensor:
    """Normalise by given statistics, which are constants: x·scale + shift."""
    dtype = _wide_dtype(x)
    rstd = rsqrt(cast(var.detach(), dtype) + eps)
    scale = rstd if weight is None else cast(weight, dtype) * rstd
    shift = -cast(mean.detach(), dtype) * scale
    if bias is not None:
        shift = shift + cast(bias, dtype)
    per = (1, -1, *[1] * (x.array.ndim - 2))
    return cast(cast(x, dtype) * reshape(scale, per) + reshape(shift, per), x.dtype)


def _move(op: str, running: Tensor, now: Any, momentum: float) -> None:
    """running ← (1 − momentum)·running + momentum·now, in place."""
    running.array[...] = (1 - momentum) * running.array + momentum * now
    bump_version(running, op)


def _wide_dtype(x: Tensor) -> dtypes.dtype:
    """The dtype to compute in: half precision in single."""
    return dtypes.float32 if x.array.itemsize == 2 else x.dtype


def _wide(x: Tensor) -> Tensor:
    return cast(x, _wide_dtype(x))


def _check_eps(op: str, eps: float) -> None:
    if not number(op, "eps", eps) >= 0:
        raise ValueError(f"{op}: eps must not be negative, got {eps}.")


def _of_shape(op: str, input: Any, x: Tensor, value: Any, what: str, shape: Shape) -> Tensor | None:
    """weight or bias, as a Tensor of this shape, in the input's dtype or the one that is computed in."""
    if value is None:
        return None
    value = as_operand(op, value, what)
    if value.array.shape != shape:
        raise ValueError(f"{op}: {what} has shape {tuple(value.array.shape)}, needs {shape}.")
    if value.dtype not in (x.dtype, _wide_dtype(x)):
        raise mixed_dtypes(op, what, **{"input": input, what: value})
    return value


def _statistics(op: str, mean: Any, var: Any, c: int) -> tuple[Tensor | None, Tensor | None]:
    if (mean is None) != (var is None):
        raise ValueError(f"{op}: give both running_mean and running_var, or neither.")
    for what, value in (("running_mean", mean), ("running_var", var)):
        if value is not None and (not isinstance(value, Tensor) or value.array.shape != (c,)):
            shape = tuple(value.array.shape) if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(f"{op}: {what} has shape {shape}, needs ({c},).")
    return mean, var


def _last_axes(op: str, input: Any, normalized_shape: Any, weight: Any, bias: Any) -> tuple[Tensor, Shape, Any, Any]:
    """The operands of a norm over the last axes, and the input's shape with those and the others made one each."""
    x = needs_floating(op, input)
    shape = x.array.shape
    inner = tuple(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    if not inner or shape[-len(inner) :] != inner:
        raise ValueError(
            f"{op}: the input's last axes are not normalized_shape.\n    input             {tuple(shape)}\n"
            f"    normalized_shape  {inner}\nGive the sizes of the last axes, all of them that are averaged over."
        )
    weight, bias = _of_shape(op, input, x, weight, "weight", inner), _of_shape(op, input, x, bias, "bias", inner)
    return x, (prod(shape[: len(shape) - len(inner)]), prod(inner)), weight, bias


__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"]
