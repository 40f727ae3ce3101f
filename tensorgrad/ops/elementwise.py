"""Arithmetic and functions of single numbers, applied everywhere."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import broadcast
from ..tensor import Tensor
from .promote import cast, floating, paired

# ---- arithmetic -----------------------------------------------------------------------------------------------------


class Add(Function):
    """x + z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return x + z

    def backward(self, grad: Tensor) -> Any:
        return grad, grad


class Sub(Function):
    """x − z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return x - z

    def backward(self, grad: Tensor) -> Any:
        return grad, -grad if self.needs[1] else None


class Mul(Function):
    """x · z."""

    broadcasts = crosswise = True

    def forward(self, x: Any, z: Any) -> Any:
        return x * z

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return None if z is None else Mul()(grad, z), None if x is None else Mul()(grad, x)


class Div(Function):
    """x / z."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return x / z

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        gx = grad / z
        return gx, -gx * x / z if self.needs[1] else None


class Neg(Function):
    """−x."""

    def forward(self, x: Any) -> Any:
        return -x

    def backward(self, grad: Tensor) -> Tensor:
        return -grad


class Pow(Function):
    """xᶻ; towards z the gradient is xᶻ·ln x, and 0 where x = 0 and z ≥ 0."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).pow(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any, out: Tensor) -> Any:
        gx = gz = None
        if self.needs[0]:
            if isinstance(z, Tensor):
                gx = grad * (z * pow(x, z - 1)).masked_fill(z == 0, 0)
            else:
                gx = grad * (z * pow(x, z - 1)) if z != 0 else zeros_of(grad)
        if self.needs[1]:
            gz = grad * (out * log(x)).masked_fill((x == 0) & (z >= 0), 0)
        return gx, gz


class Exp(Function):
    """eˣ."""

    def forward(self, x: Any) -> Any:
        return on(x).exp(x)

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * out


class Log(Function):
    """ln x."""

    def forward(self, x: Any) -> Any:
        return on(x).log(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad / x


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """input + alpha · other.  Shape: broadcast."""
    if alpha != 1:
        other = other * alpha
    return _binary("add", Add, input, other)


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """input − alpha · other.  Shape: broadcast."""
    if alpha != 1:
        other = other * alpha
    return _binary("sub", Sub, input, other)


def mul(input: Any, other: Any) -> Tensor:
    """input · other.  Shape: broadcast."""
    return _binary("mul", Mul, input, other)


def _binary(name: str, op: type[Function], input: Any, other: Any) -> Tensor:
    x, z = paired(name, input, other)
    try:
        return op()(x, z)
    except ValueError:
        # NumPy has found that the shapes do not broadcast; say it with names. Checking first would cost every call.
        broadcast(name, input=x.array.shape, other=z.array.shape)
        raise


def neg(input: Any) -> Tensor:
    """−input."""
    return Neg()(input)


def exp(input: Any) -> Tensor:
    """eˣ.  Integers give the default dtype."""
    return Exp()(floating("exp", input))


def log(input: Any) -> Tensor:
    """ln x; −inf at 0, nan below."""
    return Log()(floating("log", input))


def div(input: Any, other: Any) -> Tensor:
    """input / other."""
    x, z = paired("div", input, other)
    return Div()(x, z)


def pow(input: Any, exponent: Any) -> Tensor:
    """inputᵉ."""
    return _binary("pow", Pow, input, exponent)


def zeros_of(x: Tensor) -> Tensor:
    """Zeros of x's shape and dtype."""
    return Tensor._of(x.array * 0)


__all__ = ["add", "cast", "div", "exp", "log", "mul", "neg", "pow", "sub"]
