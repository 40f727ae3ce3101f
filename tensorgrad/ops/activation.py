"""Activations, functions of single numbers with a kink or a saturation. Those of the form x times a gate are in `gated`,
those of the numbers along one axis in `softmax`.
"""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import check_writable, saved_operand, store_checked
from ..kernels import on
from ..kernels.shapes import mismatch
from ..random import Generator, stream
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .choose import Where, masked
from .compare import ge, gt, le, logical_and, logical_not, logical_or, lt, ne
from .elementwise import Sigmoid, abs, exp
from .pointwise import Unary
from .promote import floating, needs_floating, not_bool, number, same_dtype, truth
from .trigonometry import tanh

_BOOL = dtypes.bool.numpy


def _applied(op: str, operation: Function, x: Tensor, inplace: bool) -> Tensor:
    """operation(x), written into x's memory if `inplace`."""
    if inplace is False or not truth(op, "inplace", inplace):
        return operation(x)
    check_writable(x, op)
    return store_checked(x, operation(saved_operand(x)), op)


# ---- piecewise linear -----------------------------------------------------------------------------------------------


class Relu(Function):
    """max(x, 0); at 0 the gradient is 0."""

    never_warns = True

    def formula(self, x: Tensor) -> Tensor:
        return x.masked_fill(x <= 0, 0)

    def forward(self, x: Any) -> Any:
        return on(x).relu(x)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return masked(grad, ne(out, 0))

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).relu_backward(grad, out)


def relu(input: TensorLike, inplace: bool = False) -> Tensor:
    """max(x, 0)."""
    if inplace is not False or type(input) is not Tensor or input.array.dtype is _BOOL:
        return _applied("relu", Relu(), not_bool("relu", input), inplace)
    return Relu()(input)


@in_own_name
def relu_(input: Tensor) -> Tensor:
    """relu in place."""
    return relu(input, inplace=True)


class LeakyRelu(Function):
    """x above 0, slope·x elsewhere."""

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def formula(self, x: Tensor) -> Tensor:
        return x.where(x > 0, self.slope * x)

    def forward(self, x: Any) -> Any:
        return on(x).leaky_relu(x, self.slope)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return Where(gt(x, 0).array)(grad, grad * self.slope)

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).leaky_relu_backward(grad, x, self.slope)


def leaky_relu(input: TensorLike, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x above 0, negative_slope·x elsewhere."""
    operation = LeakyRelu(number("leaky_relu", "negative_slope", negative_slope))
    return _applied("leaky_relu", operation, needs_floating("leaky_relu", input), inplace)


@in_own_name
def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """leaky_relu in place."""
    return leaky_relu(input, negative_slope, inplace=True)


class Prelu(Function):
    """x above 0, weight·x elsewhere."""

    broadcasts = True

    def formula(self, x: Tensor, weight: Tensor) -> Tensor:
        return x.where(x > 0, weight * x)

    def forward(self, x: Any, weight: Any) -> Any:
        return on(x).prelu(x, weight)

    def backward(self, grad: Tensor, x: Tensor, weight: Tensor) -> Any:
        above = gt(x, 0)
        gx = Where(above.array)(grad, grad * weight) if self.needs[0] else None
        return gx, masked(grad * x, logical_not(above)) if self.needs[1] else None


def prelu(input: TensorLike, weight: TensorLike) -> Tensor:
    """x above 0, weight·x elsewhere.

    Shape: input (N, C, …) or any; weight (C,), one slope per channel, or (1,) or ().
    """
    x, w = needs_floating("prelu", input), needs_floating("prelu", weight, "weight")
    same_dtype("prelu", "weight", input=x, weight=w)
    if w.array.ndim > 1:
        raise ValueError(mismatch("prelu", "weight has more than one dimension", "Flatten it.", weight=w.array.shape))
    if w.array.size != 1:
        channels = x.array.shape[1] if x.array.ndim > 1 else 1
        if w.array.size != channels:
            what = f"weight has {w.array.size} slopes, input {channels} channels"
            cure = "Give one slope per channel (dim 1), or a single one."
            raise ValueError(mismatch("prelu", what, cure, input=x.array.shape, weight=w.array.shape))
        w = w.reshape((1, -1) + (1,) * (x.array.ndim - 2))
    elif w.array.ndim > x.array.ndim:
        w = w.reshape(())
    return Prelu()(x, w)


class Slopes(Function):
    """x above 0, x times a constant of its own elsewhere."""

    name = "rrelu"

    def __init__(self, slopes: Any) -> None:
        self.slopes = slopes

    def formula(self, x: Tensor) -> Tensor:
        return x.where(x > 0, Tensor._of(self.slopes) * x)

    def forward(self, x: Any) -> Any:
        return on(x).where(on(x).as_array(x > 0), x, x * self.slopes)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return Where(gt(x, 0).array)(grad, grad * Tensor._of(self.slopes))


@in_own_name
def rrelu(
    input: TensorLike,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """x above 0, slope·x elsewhere; in training each slope is drawn from [lower, upper], otherwise it is their mean.

    (Xu et al., arXiv:1505.00853.)
    """
    x = needs_floating("rrelu", input)
    lower, upper = number("rrelu", "lower", lower), number("rrelu", "upper", upper)
    if not lower <= upper:
        raise ValueError(f"rrelu: lower must not be above upper, got {lower} and {upper}.")
    if not training:
        return _applied("rrelu", LeakyRelu((lower + upper) / 2), x, inplace)
    kernels = on(x.array)
    slopes = kernels.uniform(stream("rrelu", generator), x.array.shape, x.array.dtype, lower, upper)
    return _applied("rrelu", Slopes(slopes), x, inplace)


@in_own_name
def rrelu_(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """rrelu in place."""
    return rrelu(input, lower, upper, training, True, generator)


class Hardtanh(Function):
    """x between low and high, the nearer of them outside; the gradient is 0 from the ends on."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def formula(self, x: Tensor) -> Tensor:
        return x.clamp(self.low, self.high)  # whose gradient goes on at the ends themselves

    def forward(self, x: Any) -> Any:
        return on(x).clamp(x, self.low, self.high)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad, logical_not(logical_or(le(x, self.low), ge(x, self.high))))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).hardtanh_backward(grad, x, self.low, self.high)


def hardtanh(input: TensorLike, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x held between min_val and max_val. Unlike clamp's, the gradient is 0 at the ends."""
    x = not_bool("hardtanh", input)
    min_val, max_val = number("hardtanh", "min_val", min_val), number("hardtanh", "max_val", max_val)
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val must not be above max_val, got {min_val} and {max_val}.")
    if x.array.dtype.kind in "iu":
        if x.array.dtype.kind == "u" and min_val < 0:
            raise ValueError(f"hardtanh: min_val {min_val} is negative, and {x.dtype} is not signed.")
        min_val, max_val = int(min_val), int(max_val)
    return _applied("hardtanh", Hardtanh(min_val, max_val), x, inplace)


@in_own_name
def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """hardtanh in place."""
    return hardtanh(input, min_val, max_val, inplace=True)


def relu6(input: TensorLike, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    return _applied("relu6", Hardtanh(0, 6), not_bool("relu6", input), inplace)


class Threshold(Function):
    """x above the threshold, a constant elsewhere."""

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold, self.value = threshold, value

    def formula(self, x: Tensor) -> Tensor:
        return x.masked_fill(x <= self.threshold, self.value)

    def forward(self, x: Any) -> Any:
        return on(x).threshold(x, self.threshold, self.value)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad, logical_not(le(x, self.threshold)))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).threshold_backward(grad, x, self.threshold)


def threshold(input: TensorLike, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x above the threshold, `value` elsewhere."""
    return _thresholded("threshold", input, threshold, value, inplace)


@in_own_name
def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """threshold in place."""
    return _thresholded("threshold_", input, threshold, value, True)


def _thresholded(op: str, input: Any, threshold: Any, value: Any, inplace: bool) -> Tensor:
    operation = Threshold(number(op, "threshold", threshold), number(op, "value", value))
    return _applied(op, operation, not_bool(op, input), inplace)


class Hardshrink(Function):
    """x, but 0 where |x| ≤ size."""

    def __init__(self, size: float) -> None:
        self.size = size

    def formula(self, x: Tensor) -> Tensor:
        return x.masked_fill(x.abs() <= self.size, 0)

    def forward(self, x: Any) -> Any:
        return on(x).hardshrink(x, self.size)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad, logical_not(logical_and(ge(x, -self.size), le(x, self.size))))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).hardshrink_backward(grad, x, self.size)


def hardshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """x, but 0 where |x| ≤ lambd."""
    return Hardshrink(number("hardshrink", "lambd", lambd))(needs_floating("hardshrink", input))


class Softshrink(Hardshrink):
    """x moved by size towards 0, at most to it."""

    def formula(self, x: Tensor) -> Tensor:
        return x.sign() * (x.abs() - self.size).clamp(min=0)

    def forward(self, x: Any) -> Any:
        return on(x).softshrink(x, self.size)


def softshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """x − lambd above lambd, x + lambd below −lambd, 0 between."""
    x, lambd = needs_floating("softshrink", input), number("softshrink", "lambd", lambd)
    if not lambd >= 0:
        raise ValueError(f"softshrink: lambd must not be negative, got {lambd}.")
    return Softshrink(lambd)(x)


class Hardsigmoid(Function):
    """(x + 3)/6, between 0 and 1."""

    def formula(self, x: Tensor) -> Tensor:
        return ((x + 3) / 6).clamp(0, 1)

    def forward(self, x: Any) -> Any:
        return on(x).hardsigmoid(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad / 6, logical_and(gt(x, -3), lt(x, 3)))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).hardsigmoid_backward(grad, x)


def hardsigmoid(input: TensorLike, inplace: bool = False) -> Tensor:
    """(x + 3)/6, between 0 and 1."""
    return _applied("hardsigmoid", Hardsigmoid(), needs_floating("hardsigmoid", input), inplace)


# ---- smooth ---------------------------------------------------------------------------------------------------------


class Elu(Function):
    """scale · (x above 0, alpha·(e^(rate·x) − 1) elsewhere): elu, selu and celu."""

    def __init__(self, alpha: float, scale: float = 1.0, rate: float = 1.0) -> None:
        self.alpha, self.scale, self.rate = alpha, scale, rate

    def formula(self, x: Tensor) -> Tensor:
        below = x.masked_fill(x > 0, 0)  # where it would overflow, it is not looked at
        return self.scale * x.where(x > 0, self.alpha * ((self.rate * below).exp() - 1))

    def forward(self, x: Any) -> Any:
        return on(x).elu(x, self.alpha, self.scale, self.rate)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        above = gt(x, 0)
        below = exp(masked(x, logical_not(above)) * self.rate) * (self.alpha * self.scale * self.rate)
        return grad * Where(above.array)(self.scale, below)

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).elu_backward(grad, x, self.alpha, self.scale, self.rate)


def elu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha·(eˣ − 1) elsewhere (Clevert et al., arXiv:1511.07289)."""
    return _applied("elu", Elu(number("elu", "alpha", alpha)), needs_floating("elu", input), inplace)


@in_own_name
def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """elu in place."""
    return elu(input, alpha, inplace=True)


def selu(input: TensorLike, inplace: bool = False) -> Tensor:
    """scale·elu(x, alpha), with the constants that keep mean 0 and variance 1 (arXiv:1706.02515)."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return _applied("selu", Elu(alpha, scale), needs_floating("selu", input), inplace)


@in_own_name
def selu_(input: Tensor) -> Tensor:
    """selu in place."""
    return selu(input, inplace=True)


def celu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha·(e^(x/alpha) − 1) elsewhere (Barron, arXiv:1704.07483)."""
    x, alpha = needs_floating("celu", input), number("celu", "alpha", alpha)
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0; it divides x.")
    return _applied("celu", Elu(alpha, 1.0, 1 / alpha), x, inplace)


@in_own_name
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """celu in place."""
    return celu(input, alpha, inplace=True)


class Softplus(Function):
    """ln(1 + e^(βx))/β, the smooth relu; x itself where βx is above the threshold."""

    def __init__(self, beta: float, threshold: float) -> None:
        self.beta, self.threshold = beta, threshold

    def formula(self, x: Tensor) -> Tensor:
        scaled = self.beta * x
        return x.where(scaled > self.threshold, scaled.logaddexp(x.new_zeros(())) / self.beta)

    def forward(self, x: Any) -> Any:
        return on(x).softplus(x, self.beta, self.threshold)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        scaled = x * self.beta
        return Where(gt(scaled, self.threshold).array)(grad, grad * Sigmoid()(scaled))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).softplus_backward(grad, x, self.beta, self.threshold)


def softplus(input: TensorLike, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(beta·x))/beta; x itself where beta·x is above the threshold."""
    beta, threshold = number("softplus", "beta", beta), number("softplus", "threshold", threshold)
    return Softplus(beta, threshold)(needs_floating("softplus", input))


class Logsigmoid(Unary):
    """ln σ(x) = −ln(1 + e⁻ˣ)."""

    def formula(self, x: Tensor) -> Tensor:
        return -(-x).logaddexp(x.new_zeros(()))

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Sigmoid()(-x)

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).logsigmoid_backward(grad, x)


def logsigmoid(input: TensorLike) -> Tensor:
    """ln σ(x), without overflow."""
    return Logsigmoid()(needs_floating("logsigmoid", input))


def tanhshrink(input: TensorLike) -> Tensor:
    """x − tanh x."""
    x = floating("tanhshrink", not_bool("tanhshrink", input))
    return x - tanh(x)


def softsign(input: TensorLike) -> Tensor:
    """x/(1 + |x|)."""
    x = floating("softsign", not_bool("softsign", input))
    return x / (abs(x) + 1)


__all__ = [
    "celu", "celu_", "hardshrink", "prelu", "relu", "relu_", "rrelu", "rrelu_", "selu", "selu_", "threshold", "threshold_",
]  # fmt: skip
