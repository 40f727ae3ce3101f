"""Softmax and its kin: the numbers along one axis, made into probabilities."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.frames import warn
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import axis
from ..random import Generator, stream
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .elementwise import Exp, log
from .keywords import numpy_words
from .promote import as_operand, cast, needs_floating


class Softmax(Function):
    """eˣ / Σeˣ along an axis."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def formula(self, x: Tensor) -> Tensor:
        z = (x - x.detach().logsumexp(self.axis, keepdim=True)).exp()  # the same for all: it cancels, and nothing overflows
        return z / z.sum(self.axis, keepdim=True)

    def forward(self, x: Any) -> Any:
        return on(x).softmax(x, self.axis)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        t = grad * out
        return t - out * t.sum(self.axis, keepdim=True)

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).softmax_backward(grad, out, self.axis)


@numpy_words
def softmax(
    input: TensorLike, dim: int | None = None, _stacklevel: Any = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """eˣ / Σeˣ along `dim`; the largest is taken off first, so that nothing overflows.

    Args:
        dim: give it; PyTorch's choice when it is missing (0 for 0, 1 and 3 dimensions, else 1) comes with a warning.
        dtype: convert the input first; `tensorgrad.softmax(x, 0, tensorgrad.float64)` is understood as well.
    """
    x, d = _along("softmax", input, dim, _stacklevel, dtype)
    return Softmax(d)(x)


@in_own_name
def softmin(
    input: TensorLike, dim: int | None = None, _stacklevel: Any = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """softmax(−x).  Arguments as of softmax."""
    x, d = _along("softmin", input, dim, _stacklevel, dtype)
    return Softmax(d)(-x)


class LogSoftmax(Function):
    """x − ln Σeˣ along an axis."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def formula(self, x: Tensor) -> Tensor:
        z = x - x.detach().logsumexp(self.axis, keepdim=True)  # the same for all: it cancels, and nothing overflows
        return z - z.logsumexp(self.axis, keepdim=True)

    def forward(self, x: Any) -> Any:
        return on(x).log_softmax(x, self.axis)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad - Exp()(out) * grad.sum(self.axis, keepdim=True)

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return on(grad).log_softmax_backward(grad, out, self.axis)


@numpy_words
def log_softmax(
    input: TensorLike, dim: int | None = None, _stacklevel: Any = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """x − ln Σeˣ along `dim`: the logarithm of softmax, exact where that is tiny.  Arguments as of softmax."""
    x, d = _along("log_softmax", input, dim, _stacklevel, dtype)
    return LogSoftmax(d)(x)


@in_own_name
def gumbel_softmax(
    logits: TensorLike,
    tau: float = 1,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
    generator: Generator | None = None,
) -> Tensor:
    """softmax((logits + g)/tau) with Gumbel noise g: a differentiable draw of one of the categories along `dim`.

    Args:
        tau: the temperature; towards 0 the result comes close to a one-hot.
        hard: give the one-hot itself, with the gradient of the soft one (straight-through).
        eps: not used, as in PyTorch.

    (Jang et al., arXiv:1611.01144.)
    """
    x = needs_floating("gumbel_softmax", logits)
    kernels = on(x.array)
    waits = kernels.exponential(stream("gumbel_softmax", generator), x.array.shape, x.array.dtype, 1.0)
    soft = softmax((x - log(Tensor._of(waits))) / tau, dim)
    if not hard:
        return soft
    largest = soft.detach().argmax(dim, keepdim=True)
    one_hot = Tensor._of(kernels.zeros(x.array.shape, x.array.dtype)).scatter_(dim, largest, 1.0)
    return one_hot - soft.detach() + soft


def _along(op: str, input: Any, dim: int | None, stacklevel: Any, dtype: Any) -> tuple[Tensor, int]:
    """Input and axis of a softmax. The functions of `nn.functional` have a `_stacklevel` between dim and dtype, those
    of the top level do not; what stands there is told apart by its type."""
    if dtype is None and not isinstance(stacklevel, int):
        stacklevel, dtype = 3, stacklevel
    x = needs_floating(op, input) if dtype is None else cast(as_operand(op, input), dtypes.as_dtype(dtype))
    needs_floating(op, x)
    if dim is None:
        dim = 0 if x.array.ndim in (0, 1, 3) else 1
        warn(f"{op}: dim was left out; {dim} is taken. Say which one: dim={dim}.")
    return x, axis(op, dim, x.array.ndim)


__all__ = ["log_softmax", "softmax"]
