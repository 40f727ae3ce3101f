"""Activations that are x times a gate, a number between 0 and 1 that depends on x or on the other half of the input."""

from __future__ import annotations

import math
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import axis, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .activation import Softplus, _applied
from .arithmetic import Mul
from .choose import Where, masked
from .compare import ge, le, logical_not
from .elementwise import Sigmoid, exp
from .pointwise import Unary
from .promote import needs_floating
from .special import ndtr
from .trigonometry import Tanh


class Silu(Unary):
    """x·σ(x) (Elfwing et al., arXiv:1702.03118; "swish", arXiv:1710.05941)."""

    def formula(self, x: Tensor) -> Tensor:
        return x * x.sigmoid()

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        s = Sigmoid()(x)
        return grad * (s * (x * (1 - s) + 1))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).silu_backward(grad, x)


def silu(input: TensorLike, inplace: bool = False) -> Tensor:
    """x·σ(x)."""
    return _applied("silu", Silu(), needs_floating("silu", input), inplace)


class Gelu(Unary):
    """x·Φ(x), Φ the normal distribution (Hendrycks & Gimpel, arXiv:1606.08415)."""

    def formula(self, x: Tensor) -> Tensor:
        return x * 0.5 * (1 + (x / math.sqrt(2)).erf())

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad * (ndtr(x) + x * exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi)))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).gelu_backward(grad, x)


class GeluTanh(Unary):
    """½x·(1 + tanh(√(2/π)·(x + 0.044715x³))), close to x·Φ(x)."""

    def formula(self, x: Tensor) -> Tensor:
        return 0.5 * x * (1 + (math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)).tanh())

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        c = math.sqrt(2 / math.pi)
        square = x * x
        t = Tanh()(x * (square * (0.044715 * c) + c))
        slope = square * (3 * 0.044715 * c) + c
        return grad * ((t + 1 + x * slope * (1 - t * t)) * 0.5)

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).gelu_tanh_backward(grad, x)


@in_own_name
def gelu(input: TensorLike, *, approximate: str = "none") -> Tensor:
    """x·Φ(x), Φ the normal distribution; with approximate="tanh" ½x·(1 + tanh(√(2/π)·(x + 0.044715x³)))."""
    x = needs_floating("gelu", input)
    if approximate not in ("none", "tanh"):
        raise ValueError(f'gelu: approximate must be "none" or "tanh", got {approximate!r}.')
    return Gelu()(x) if approximate == "none" else GeluTanh()(x)


class Mish(Unary):
    """x·tanh(ln(1 + eˣ)) (Misra, arXiv:1908.08681)."""

    def formula(self, x: Tensor) -> Tensor:
        return x * x.logaddexp(x.new_zeros(())).tanh()

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        t = Tanh()(Softplus(1.0, math.inf)(x))
        return grad * (t + x * (1 - t * t) * Sigmoid()(x))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).mish_backward(grad, x)


def mish(input: TensorLike, inplace: bool = False) -> Tensor:
    """x·tanh(softplus(x))."""
    return _applied("mish", Mish(), needs_floating("mish", input), inplace)


class Hardswish(Function):
    """x · hardsigmoid(x)."""

    def formula(self, x: Tensor) -> Tensor:
        return x * ((x + 3) / 6).clamp(0, 1)

    def forward(self, x: Any) -> Any:
        return on(x).hardswish(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        sloping = Where(ge(x, 3).array)(grad, grad * (x / 3 + 0.5))
        return masked(sloping, logical_not(le(x, -3)))

    def fused_backward(self, grad: Any, x: Any) -> Any:
        return on(grad).hardswish_backward(grad, x)


def hardswish(input: TensorLike, inplace: bool = False) -> Tensor:
    """x·hardsigmoid(x) (Howard et al., arXiv:1905.02244)."""
    return _applied("hardswish", Hardswish(), needs_floating("hardswish", input), inplace)


def glu(input: TensorLike, dim: int = -1) -> Tensor:
    """a·σ(b) for the halves a, b of the input along `dim` (Dauphin et al., arXiv:1612.08083).

    Shape: (…, 2n, …) → (…, n, …).
    """
    x = needs_floating("glu", input)
    d = axis("glu", dim, x.array.ndim)
    n = x.array.shape[d] if x.array.ndim else 1
    if n % 2:
        what = f"dim {dim} has the odd size {n}, which has no halves"
        raise ValueError(mismatch("glu", what, "Give it an even size.", input=x.array.shape))
    return Mul()(x.narrow(d, 0, n // 2), Sigmoid()(x.narrow(d, n // 2, n // 2)))


__all__: list[str] = []
