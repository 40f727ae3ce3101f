"""What pointwise operations share: operands of one dtype, the error for shapes that do not broadcast, unary functions."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import broadcast
from ..tensor import Tensor
from .promote import in_dtype, paired, paired_floating


class Unary(Function):
    """A unary function; its kernel has its name."""

    def forward(self, x: Any) -> Any:
        return getattr(on(x), self.name)(x)


def of_two(op: str, cls: type[Function], x: Any, z: Any) -> Tensor:
    """A binary operation run; shapes that do not broadcast are named."""
    try:
        return cls()(x, z)
    except ValueError as error:
        raise broadcast_error(op, error, input=x, other=z) from None


def broadcast_error(op: str, error: Exception, **operands: Any) -> Exception:
    """The error for operands that NumPy could not combine. Shapes are looked at only now: checking first would cost
    every call."""
    try:
        broadcast(op, **{name: x.array.shape for name, x in operands.items() if isinstance(x, Tensor)})
    except ValueError as shapes:
        return shapes
    return error


def tensors(op: str, x: Any, z: Any) -> tuple[Tensor, Tensor]:
    """Two operands of one dtype, both as Tensors."""
    x, z = paired(op, x, z)
    if not isinstance(x, Tensor):
        return in_dtype(op, x, z.dtype), z
    return x, z if isinstance(z, Tensor) else in_dtype(op, z, x.dtype)


def floating_tensors(op: str, x: Any, z: Any) -> tuple[Tensor, Tensor]:
    """The same, of a floating dtype."""
    return tensors(op, *paired_floating(op, x, z))
