"""Activations: functions of single numbers with a kink or a saturation, and of the numbers along one axis."""

from __future__ import annotations

import math
import warnings
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import before_write, check_writable, write
from ..kernels import on
from ..kernels.shapes import axis, mismatch
from ..tensor import Tensor
from .choose import Where
from .compare import ge, gt, le, logical_and, logical_not, logical_or, lt, ne
from .elementwise import Exp, Mul, Sigmoid, Unary, abs, exp, log, masked
from .keywords import in_own_name, numpy_words
from .promote import as_operand, cast, floating, needs_floating, not_bool, number, same_dtype
from .trigonometry import Tanh, tanh

_BOOL = dtypes.bool.numpy

# ---- straight lines with kinks: operations -------------------------------------------------------------------------


class Relu(Function):
    """max(x, 0); at 0 the gradient is 0."""

    never_warns = True

    def forward(self, x: Any) -> Any:
        return on(x).relu(x)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return masked(grad, ne(out, 0))

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).relu_backward(grad, out)


class LeakyRelu(Function):
    """x above 0, slope·x elsewhere."""

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def forward(self, x: Any) -> Any:
        return on(x).leaky_relu(x, self.slope)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return Where(gt(x, 0).array)(grad, grad * self.slope)

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).leaky_relu_backward(grad, x, self.slope)


class Prelu(Function):
    """x above 0, weight·x elsewhere."""

    broadcasts = True

    def forward(self, x: Any, weight: Any) -> Any:
        return on(x).prelu(x, weight)

    def backward(self, grad: Tensor, x: Tensor, weight: Tensor) -> Any:
        above = gt(x, 0)
        gx = Where(above.array)(grad, grad * weight) if self.needs[0] else None
        return gx, masked(grad * x, logical_not(above)) if self.needs[1] else None


class Hardtanh(Function):
    """x between low and high, the nearer of them outside; the gradient is 0 from the ends on."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def forward(self, x: Any) -> Any:
        return on(x).clamp(x, self.low, self.high)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad, logical_not(logical_or(le(x, self.low), ge(x, self.high))))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).hardtanh_backward(grad, x, self.low, self.high)


class Threshold(Function):
    """x above the threshold, a constant elsewhere."""

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold, self.value = threshold, value

    def forward(self, x: Any) -> Any:
        return on(x).threshold(x, self.threshold, self.value)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad, logical_not(le(x, self.threshold)))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).threshold_backward(grad, x, self.threshold)


class Hardshrink(Function):
    """x, but 0 where |x| ≤ size."""

    def __init__(self, size: float) -> None:
        self.size = size

    def forward(self, x: Any) -> Any:
        return on(x).hardshrink(x, self.size)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad, logical_not(logical_and(ge(x, -self.size), le(x, self.size))))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).hardshrink_backward(grad, x, self.size)


class Softshrink(Hardshrink):
    """x moved by size towards 0, at most to it."""

    def forward(self, x: Any) -> Any:
        return on(x).softshrink(x, self.size)


class Hardsigmoid(Function):
    """(x + 3)/6, between 0 and 1."""

    def forward(self, x: Any) -> Any:
        return on(x).hardsigmoid(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return masked(grad / 6, logical_and(gt(x, -3), lt(x, 3)))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).hardsigmoid_backward(grad, x)


class Hardswish(Function):
    """x · hardsigmoid(x)."""

    def forward(self, x: Any) -> Any:
        return on(x).hardswish(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        sloping = Where(ge(x, 3).array)(grad, grad * (x / 3 + 0.5))
        return masked(sloping, logical_not(le(x, -3)))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).hardswish_backward(grad, x)


# ---- smooth ones: operations ---------------------------------------------------------------------------------------


class Elu(Function):
    """scale · (x above 0, alpha·(e^(rate·x) − 1) elsewhere): elu, selu and celu."""

    def __init__(self, alpha: float, scale: float = 1.0, rate: float = 1.0) -> None:
        self.alpha, self.scale, self.rate = alpha, scale, rate

    def forward(self, x: Any) -> Any:
        return on(x).elu(x, self.alpha, self.scale, self.rate)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        above = gt(x, 0)
        below = exp(masked(x, logical_not(above)) * self.rate) * (self.alpha * self.scale * self.rate)
        return grad * Where(above.array)(self.scale, below)

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).elu_backward(grad, x, self.alpha, self.scale, self.rate)


class Silu(Unary):
    """x·σ(x) (Elfwing et al., arXiv:1702.03118; "swish", arXiv:1710.05941)."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        s = Sigmoid()(x)
        return grad * (s * (x * (1 - s) + 1))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).silu_backward(grad, x)


class Gelu(Unary):
    """x·Φ(x), Φ the normal distribution (Hendrycks & Gimpel, arXiv:1606.08415)."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        from .special import ndtr

        return grad * (ndtr(x) + x * exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi)))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).gelu_backward(grad, x)


class GeluTanh(Unary):
    """½x·(1 + tanh(√(2/π)·(x + 0.044715x³))), close to x·Φ(x)."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        c = math.sqrt(2 / math.pi)
        square = x * x
        t = Tanh()(x * (square * (0.044715 * c) + c))
        slope = square * (3 * 0.044715 * c) + c
        return grad * ((t + 1 + x * slope * (1 - t * t)) * 0.5)

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).gelu_tanh_backward(grad, x)


class Mish(Unary):
    """x·tanh(ln(1 + eˣ)) (Misra, arXiv:1908.08681)."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        t = Tanh()(Softplus(1.0, math.inf)(x))
        return grad * (t + x * (1 - t * t) * Sigmoid()(x))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).mish_backward(grad, x)


class Softplus(Function):
    """ln(1 + e^(βx))/β, the smooth relu; x itself where βx is above the threshold."""

    def __init__(self, beta: float, threshold: float) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Any) -> Any:
        return on(x).softplus(x, self.beta, self.threshold)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        scaled = x * self.beta
        return Where(gt(scaled, self.threshold).array)(grad, grad * Sigmoid()(scaled))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).softplus_backward(grad, x, self.beta, self.threshold)


class Logsigmoid(Unary):
    """ln σ(x) = −ln(1 + e⁻ˣ)."""

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * Sigmoid()(-x)

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).logsigmoid_backward(grad, x)


# ---- along one axis: operations ------------------------------------------------------------------------------------


class Softmax(Function):
    """eˣ / Σeˣ along an axis."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return on(x).softmax(x, self.axis)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        t = grad * out
        return t - out * t.sum(self.axis, keepdim=True)

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).softmax_backward(grad, out, self.axis)


class LogSoftmax(Function):
    """x − ln Σeˣ along an axis."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return on(x).log_softmax(x, self.axis)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad - Exp()(out) * grad.sum(self.axis, keepdim=True)

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).log_softmax_backward(grad, out, self.axis)


# ---- functions -----------------------------------------------------------------------------------------------------


def _applied(op: str, operation: Function, x: Tensor, inplace: bool) -> Tensor:
    """operation(x), written into x's memory if `inplace`."""
    if not inplace:
        return operation(x)
    check_writable(x, op)
    return write(x, operation(before_write(x)), op)


def relu(input: Any, inplace: bool = False) -> Tensor:
    """max(x, 0)."""
    if inplace or type(input) is not Tensor or input.array.dtype is _BOOL:
        return _applied("relu", Relu(), not_bool("relu", input), inplace)
    return Relu()(input)


def relu6(input: Any, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    return _applied("relu6", Hardtanh(0, 6), not_bool("relu6", input), inplace)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x above 0, negative_slope·x elsewhere."""
    operation = LeakyRelu(number("leaky_relu", "negative_slope", negative_slope))
    return _applied("leaky_relu", operation, needs_floating("leaky_relu", input), inplace)


def prelu(input: Any, weight: Any) -> Tensor:
    """x above 0, weight·x elsewhere.

    Shape: input (N, C, …) or any; weight (C,), one slope per channel, or (1,) or ().
    """
    x, w = needs_floating("prelu", input), needs_floating("prelu", weight, "weight")
    same_dtype("prelu", input=x, weight=w)
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


def rrelu(
    input: Any,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
    generator: Any = None,
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
    from ..random import stream

    kernels = on(x.array)
    slopes = kernels.uniform(stream("rrelu", generator), x.array.shape, x.array.dtype, lower, upper)
    return _applied("rrelu", Slopes(slopes), x, inplace)


class Slopes(Function):
    """x above 0, x times a constant of its own elsewhere."""

    name = "rrelu"

    def __init__(self, slopes: Any) -> None:
        self.slopes = slopes

    def forward(self, x: Any) -> Any:
        return on(x).where(on(x).as_array(x > 0), x, x * self.slopes)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return Where(gt(x, 0).array)(grad, grad * Tensor._of(self.slopes))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
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


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x above the threshold, `value` elsewhere."""
    return _thresholded("threshold", input, threshold, value, inplace)


def _thresholded(op: str, input: Any, threshold: Any, value: Any, inplace: bool) -> Tensor:
    operation = Threshold(number(op, "threshold", threshold), number(op, "value", value))
    return _applied(op, operation, not_bool(op, input), inplace)


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """x, but 0 where |x| ≤ lambd."""
    return Hardshrink(number("hardshrink", "lambd", lambd))(needs_floating("hardshrink", input))


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """x − lambd above lambd, x + lambd below −lambd, 0 between."""
    x, lambd = needs_floating("softshrink", input), number("softshrink", "lambd", lambd)
    if not lambd >= 0:
        raise ValueError(f"softshrink: lambd must not be negative, got {lambd}.")
    return Softshrink(lambd)(x)


def tanhshrink(input: Any) -> Tensor:
    """x − tanh x."""
    x = floating("tanhshrink", not_bool("tanhshrink", input))
    return x - tanh(x)


def softsign(input: Any) -> Tensor:
    """x/(1 + |x|)."""
    x = floating("softsign", not_bool("softsign", input))
    return x / (abs(x) + 1)


def hardsigmoid(input: Any, inplace: bool = False) -> Tensor:
    """(x + 3)/6, between 0 and 1."""
    return _applied("hardsigmoid", Hardsigmoid(), needs_floating("hardsigmoid", input), inplace)


def hardswish(input: Any, inplace: bool = False) -> Tensor:
    """x·hardsigmoid(x) (Howard et al., arXiv:1905.02244)."""
    return _applied("hardswish", Hardswish(), needs_floating("hardswish", input), inplace)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha·(eˣ − 1) elsewhere (Clevert et al., arXiv:1511.07289)."""
    return _applied("elu", Elu(number("elu", "alpha", alpha)), needs_floating("elu", input), inplace)


def selu(input: Any, inplace: bool = False) -> Tensor:
    """scale·elu(x, alpha), with the constants that keep mean 0 and variance 1 (arXiv:1706.02515)."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return _applied("selu", Elu(alpha, scale), needs_floating("selu", input), inplace)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha·(e^(x/alpha) − 1) elsewhere (Barron, arXiv:1704.07483)."""
    x, alpha = needs_floating("celu", input), number("celu", "alpha", alpha)
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0; it divides x.")
    return _applied("celu", Elu(alpha, 1.0, 1 / alpha), x, inplace)


def silu(input: Any, inplace: bool = False) -> Tensor:
    """x·σ(x)."""
    return _applied("silu", Silu(), needs_floating("silu", input), inplace)


def gelu(input: Any, *, approximate: str = "none") -> Tensor:
    """x·Φ(x), Φ the normal distribution; with approximate="tanh" ½x·(1 + tanh(√(2/π)·(x + 0.044715x³)))."""
    x = needs_floating("gelu", input)
    if approximate not in ("none", "tanh"):
        raise ValueError(f'gelu: approximate must be "none" or "tanh", got {approximate!r}.')
    return Gelu()(x) if approximate == "none" else GeluTanh()(x)


def mish(input: Any, inplace: bool = False) -> Tensor:
    """x·tanh(softplus(x))."""
    return _applied("mish", Mish(), needs_floating("mish", input), inplace)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(beta·x))/beta; x itself where beta·x is above the threshold."""
    beta, threshold = number("softplus", "beta", beta), number("softplus", "threshold", threshold)
    return Softplus(beta, threshold)(needs_floating("softplus", input))


def logsigmoid(input: Any) -> Tensor:
    """ln σ(x), without overflow."""
    return Logsigmoid()(needs_floating("logsigmoid", input))


def glu(input: Any, dim: int = -1) -> Tensor:
    """a·σ(b) for the halves a, b of the input along `dim` (Dauphin et al., arXiv:1612.08083).

    Shape: (…, 2n, …) → (…, n, …).
    """
    x = needs_floating("glu", input)
    d = axis("glu", dim, x.array.ndim)
    n = x.array.shape[d] if x.array.ndim else 1
    if n % 2:
        what = f"dim {dim} has the odd size {n}, which has no halves"
        raise ValueError(mismatch("glu", what, "Give it an even size.", input=x.array.shape))
    from .slice import narrow

    return Mul()(narrow(x, d, 0, n // 2), Sigmoid()(narrow(x, d, n // 2, n // 2)))


@numpy_words
def softmax(input: Any, dim: int | None = None, _stacklevel: Any = 3, dtype: Any = None) -> Tensor:
    """eˣ / Σeˣ along `dim`; the largest is taken off first, so that nothing overflows.

    Args:
        dim: give it; PyTorch's choice when it is missing (0 for 0, 1 and 3 dimensions, else 1) comes with a warning.
        dtype: convert the input first; `tensorgrad.softmax(x, 0, tensorgrad.float64)` is understood as well.
    """
    x, d = _along("softmax", input, dim, _stacklevel, dtype)
    return Softmax(d)(x)


@numpy_words
def log_softmax(input: Any, dim: int | None = None, _stacklevel: Any = 3, dtype: Any = None) -> Tensor:
    """x − ln Σeˣ along `dim`: the logarithm of softmax, exact where that is tiny.  Arguments as of softmax."""
    x, d = _along("log_softmax", input, dim, _stacklevel, dtype)
    return LogSoftmax(d)(x)


def softmin(input: Any, dim: int | None = None, _stacklevel: Any = 3, dtype: Any = None) -> Tensor:
    """softmax(−x).  Arguments as of softmax."""
    x, d = _along("softmin", input, dim, _stacklevel, dtype)
    return Softmax(d)(-x)


def _along(op: str, input: Any, dim: int | None, stacklevel: Any, dtype: Any) -> tuple[Tensor, int]:
    """Input and axis of a softmax. The functions of `nn.functional` have a `_stacklevel` between dim and dtype, those
    of the top level do not; what stands there is told apart by its type."""
    if dtype is None and not isinstance(stacklevel, int):
        stacklevel, dtype = 3, stacklevel
    x = needs_floating(op, input) if dtype is None else cast(as_operand(op, input), dtypes.as_dtype(dtype))
    needs_floating(op, x)
    if dim is None:
        dim = 0 if x.array.ndim in (0, 1, 3) else 1
        warnings.warn(f"{op}: dim was left out; {dim} is taken. Say which one: dim={dim}.", stacklevel=stacklevel)
    return x, axis(op, dim, x.array.ndim)


@in_own_name
def gumbel_softmax(
    logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1, generator: Any = None
) -> Tensor:
    """softmax((logits + g)/tau) with Gumbel noise g: a differentiable draw of one of the categories along `dim`.

    Args:
        tau: the temperature; towards 0 the result comes close to a one-hot.
        hard: give the one-hot itself, with the gradient of the soft one (straight-through).
        eps: not used, as in PyTorch.

    (Jang et al., arXiv:1611.01144.)
    """
    from ..random import stream

    x = needs_floating("gumbel_softmax", logits)
    kernels = on(x.array)
    waits = kernels.exponential(stream("gumbel_softmax", generator), x.array.shape, x.array.dtype, 1.0)
    soft = softmax((x - log(Tensor._of(waits))) / tau, dim)
    if not hard:
        return soft
    largest = soft.detach().argmax(dim, keepdim=True)
    one_hot = Tensor._of(kernels.zeros(x.array.shape, x.array.dtype)).scatter_(dim, largest, 1.0)
    return one_hot - soft.detach() + soft


# ---- in place: PyTorch has a second name for some ---------------------------------------------------------------------


def relu_(input: Tensor) -> Tensor:
    """relu in place."""
    return relu(input, inplace=True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """leaky_relu in place."""
    return leaky_relu(input, negative_slope, inplace=True)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """elu in place."""
    return elu(input, alpha, inplace=True)


def selu_(input: Tensor) -> Tensor:
    """selu in place."""
    return selu(input, inplace=True)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """celu in place."""
    return celu(input, alpha, inplace=True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """hardtanh in place."""
    return hardtanh(input, min_val, max_val, inplace=True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """threshold in place."""
    return _thresholded("threshold_", input, threshold, value, True)


def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, generator: Any = None
) -> Tensor:
    """rrelu in place."""
    return rrelu(input, lower, upper, training, True, generator)


__all__ = [
    "celu", "celu_", "hardshrink", "log_softmax", "prelu", "relu", "relu_", "rrelu", "rrelu_", "selu", "selu_", "softmax",
    "threshold", "threshold_",
]  # fmt: skip
