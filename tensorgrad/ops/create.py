"""New tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..device import on_cpu
from ..tensor import Tensor


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new tensor with a copy of `data`: numbers, nested lists, arrays, tensors.

    Floating Python numbers become the default dtype, whole ones int64; arrays keep their dtype.
    """
    on_cpu(device, "tensor")
    out = Tensor._of(_array(data, dtype))
    return out.requires_grad_() if requires_grad else out


def _array(data: Any, dtype: Any) -> Any:
    to = None if dtype is None else dtypes.as_dtype(dtype).numpy
    if isinstance(data, Tensor):
        data = data.array
    array = np.array(data, dtype=to)
    if to is None and not isinstance(data, (np.ndarray, np.generic)) and array.dtype == np.float64:
        array = array.astype(dtypes.get_default_dtype().numpy)
    return array


def legacy_array(data: Any, dtype: Any, device: Any) -> Any:
    """What `Tensor(data)` holds."""
    on_cpu(device, "Tensor")
    return _array(data, dtype or dtypes.get_default_dtype())


__all__ = ["tensor"]
