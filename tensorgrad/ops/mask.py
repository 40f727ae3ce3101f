"""Masks: where a tensor is filled, picked from, or filled from another."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..autograd.inplace import store_result_of
from ..kernels import on
from ..kernels.shapes import Shape, broadcast, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .assign import fitting, same_dtype
from .expand import Expand
from .index import Index
from .promote import as_operand
from .shape import reshape
from .slice import SliceBackward


class MaskedFill(Function):
    """value where mask, else x."""

    into = False
    borrowed = ("mask",)

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def forward(self, x: Any, value: Any) -> Any:
        return on(x).masked_fill(x if self.into else x.copy(), self.mask, value)

    def backward(self, grad: Tensor) -> Any:
        gx = MaskedFill(self.mask)(grad, 0) if self.needs[0] else None
        return gx, MaskedFill(~self.mask)(grad, 0).sum() if self.needs[1] else None


@in_own_name
def masked_fill(input: TensorLike, mask: Any, value: TensorLike) -> Tensor:
    """One number, or a 0-d tensor, where mask, else input.  Shapes: input and mask broadcast."""
    x, m = as_operand("masked_fill", input), _mask("masked_fill", mask)
    if m.shape != x.array.shape:
        x = _grown(x, broadcast("masked_fill", input=x.array.shape, mask=m.shape))
    return MaskedFill(m)(x, fitting("masked_fill", x, value))


@in_own_name
def masked_fill_(x: Tensor, mask: Any, value: TensorLike) -> Tensor:
    """`masked_fill` in place; mask broadcasts to x."""
    m = _mask_for("masked_fill_", x, mask)
    return store_result_of(x, MaskedFill(m), fitting("masked_fill_", x, value), "masked_fill_", fills=True)


def _mask(op: str, mask: Any) -> Any:
    array = as_operand(op, mask, "mask").array
    if array.dtype.kind != "b":
        raise TypeError(f"{op}: mask must be bool, got {array.dtype}. Use a comparison, or mask.bool().")
    return array


def _grown(x: Tensor, shape: Shape) -> Tensor:
    return x if x.array.shape == shape else Expand(shape)(x)


def _mask_for(op: str, x: Tensor, mask: Any) -> Any:
    """A mask that broadcasts to x."""
    m = _mask(op, mask)
    if broadcast(op, input=x.array.shape, mask=m.shape) != x.array.shape:
        shapes = {"input": x.array.shape, "mask": m.shape}
        raise ValueError(mismatch(op, "in place, the mask must broadcast to the tensor's shape", **shapes))
    return m


@in_own_name
def masked_select(input: TensorLike, mask: Any) -> Tensor:
    """The elements of input where mask, in row-major order, as one axis.  Shapes: input and mask broadcast."""
    x, m = as_operand("masked_select", input), _mask("masked_select", mask)
    shape = broadcast("masked_select", input=x.array.shape, mask=m.shape)
    return Index((on(m).expand(m, shape),))(_grown(x, shape))


class MaskedScatter(Function):
    """x with the first elements of source, in their order, where mask."""

    into = False
    borrowed = ("mask",)

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def forward(self, x: Any, source: Any) -> Any:
        self.before = source.shape
        return on(x).masked_scatter(x if self.into else x.copy(), self.mask, source)

    def backward(self, grad: Tensor) -> Any:
        gx = MaskedFill(self.mask)(grad, 0) if self.needs[0] else None
        gz = None
        if self.needs[1]:
            taken = Index((self.mask,))(grad)
            n = 1
            for size in self.before:
                n *= size
            gz = reshape(SliceBackward((slice(0, taken.array.size), ...), (n,))(taken), self.before)
        return gx, gz


@in_own_name
def masked_scatter(input: TensorLike, mask: Any, source: TensorLike) -> Tensor:
    """The elements of source, in their order, where mask, else input.  Shapes: input and mask broadcast."""
    x, m = as_operand("masked_scatter", input), _mask("masked_scatter", mask)
    shape = broadcast("masked_scatter", input=x.array.shape, mask=m.shape)
    m = on(m).expand(m, shape)
    return MaskedScatter(m)(_grown(x, shape), _enough("masked_scatter", x, m, source))


@in_own_name
def masked_scatter_(x: Tensor, mask: Any, source: TensorLike) -> Tensor:
    """`masked_scatter` in place; mask broadcasts to x."""
    m = _mask_for("masked_scatter_", x, mask)
    m = on(m).expand(m, x.array.shape)
    return store_result_of(x, MaskedScatter(m), _enough("masked_scatter_", x, m, source), "masked_scatter_")


def _enough(op: str, x: Tensor, mask: Any, source: Any) -> Tensor:
    z, n = same_dtype(op, x, source, "source"), on(mask).count_nonzero(mask)
    if z.array.size < n:
        raise ValueError(f"{op}: source has {z.array.size} elements, the mask asks for {n}.")
    return z


__all__ = [
    "masked_fill", "masked_scatter", "masked_select",
]  # fmt: skip
