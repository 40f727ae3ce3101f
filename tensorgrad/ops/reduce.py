"""Many numbers to fewer: sums, extremes, statistics, scans, sorting."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axes
from ..tensor import Tensor
from .promote import as_operand, cast


class Sum(Function):
    """Σx over some axes."""

    def __init__(self, axes: Shape, keepdim: bool) -> None:
        self.axes, self.keepdim = axes, keepdim

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).sum(x, self.axes, self.keepdim)

    def backward(self, grad: Tensor) -> Tensor:
        return spread(grad, self.before, self.axes, self.keepdim)


def spread(grad: Tensor, shape: Shape, axes: Shape, keepdim: bool) -> Tensor:
    """A reduced tensor back over the axes it was reduced along."""
    from .shape import expand, reshape

    if not keepdim and axes and grad.array.ndim:
        grad = reshape(grad, tuple([1 if i in axes else s for i, s in enumerate(shape)]))
    return expand(grad, shape)


def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Σ over `dim` (an int, several, or all).  Integers and bools add up in int64."""
    x = as_operand("sum", input)
    if dtype is not None:
        x = cast(x, dtypes.as_dtype(dtype))
    elif x.array.dtype.kind in "iub":
        x = cast(x, dtypes.int64)
    return Sum(axes("sum", dim, x.array.ndim), keepdim)(x)


def sum_to(x: Tensor, shape: Shape) -> Tensor:
    """Sum over what broadcasting `shape` to x's shape has spread: the gradient of broadcasting."""
    extra = x.array.ndim - len(shape)
    spread_over = tuple(range(extra)) + tuple(
        [i for i, s in enumerate(shape, extra) if s == 1 and x.array.shape[i] != 1]
    )
    x = Sum(spread_over, True)(x) if spread_over else x
    if extra:
        from .shape import reshape

        x = reshape(x, shape)
    return x


__all__ = ["sum", "sum_to"]
