"""Tensors beside another one: of its dtype, on its device, in shapes of their own. Methods of Tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes
from ..refusals import in_own_name
from ..tensor import Tensor
from .create import DeviceLike, array_of, beside, empty, empty_strided, full, leaf, legacy_array, ones, zeros


@in_own_name
def new(x: Tensor, *data: Any, device: DeviceLike = None) -> Tensor:
    """PyTorch's old constructor in the dtype of `x`: `x.new([1, 2])` copies data, `x.new(2, 3)` is unset memory."""
    return Tensor._of(legacy_array(data, x.dtype, beside(x, device)))


@in_own_name
def new_zeros(
    x: Tensor, *sizes: int | Sequence[int], size: int | Sequence[int] | None = None, dtype: dtypes.dtype | None = None,
    layout: Any = None, device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """0 everywhere, in a shape of its own and the dtype of `x`."""
    return zeros(*sizes, size=size, dtype=dtype or x.dtype, device=beside(x, device), requires_grad=requires_grad)


@in_own_name
def new_ones(
    x: Tensor, *sizes: int | Sequence[int], size: int | Sequence[int] | None = None, dtype: dtypes.dtype | None = None,
    layout: Any = None, device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """1 everywhere, in a shape of its own and the dtype of `x`."""
    return ones(*sizes, size=size, dtype=dtype or x.dtype, device=beside(x, device), requires_grad=requires_grad)


@in_own_name
def new_empty(
    x: Tensor, *sizes: int | Sequence[int], size: int | Sequence[int] | None = None, dtype: dtypes.dtype | None = None,
    layout: Any = None, device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Memory that is not set, in a shape of its own and the dtype of `x`."""
    return empty(*sizes, size=size, dtype=dtype or x.dtype, device=beside(x, device), requires_grad=requires_grad)


@in_own_name
def new_empty_strided(
    x: Tensor, size: Sequence[int], stride: Sequence[int], dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Memory that is not set, with these strides and the dtype of `x`."""
    return empty_strided(size, stride, dtype=dtype or x.dtype, device=beside(x, device), requires_grad=requires_grad)


@in_own_name
def new_full(
    x: Tensor, size: Sequence[int], fill_value: float, *, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """`fill_value` everywhere, in a shape of its own and the dtype of `x`."""
    return full(size, fill_value, dtype=dtype or x.dtype, device=beside(x, device), requires_grad=requires_grad)


@in_own_name
def new_tensor(
    x: Tensor, data: Any, *, dtype: dtypes.dtype | None = None, layout: Any = None, device: DeviceLike = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A copy of `data` in the dtype of `x`."""
    return leaf(array_of("new_tensor", data, dtype or x.dtype, beside(x, device)), requires_grad)


__all__: list[str] = []  # methods only
