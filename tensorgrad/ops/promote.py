"""Operands: whatever the user wrote beside a tensor, as tensors of one dtype or one Python number."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.function import Function
from ..tensor import Tensor

_FLOATS = "f"
_NUMBERS = (bool, int, float)


class To(Function):
    """x in another dtype."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def forward(self, x: Any) -> Any:
        self.before = x.dtype
        return x.astype(self.dtype)

    def backward(self, grad: Tensor) -> Tensor:
        return To(self.before)(grad)


def cast(x: Tensor, to: dtypes.dtype) -> Tensor:
    """x in a dtype; x itself where it has it already. To an integer dtype nothing is recorded."""
    if x.array.dtype == to.numpy:
        return x
    if not to.is_floating_point or x.array.dtype.kind in "iub":
        return Tensor._of(_astype(x.array, to.numpy))
    return To(to.numpy)(x)


def _astype(array: Any, to: Any) -> Any:
    with np.errstate(all="ignore"):
        return array.astype(to)


def as_operand(op: str, x: Any, what: str = "input") -> Tensor:
    """A Tensor as it is, an array or a number as a Tensor, anything else a TypeError."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, np.ndarray):
        return Tensor._of(x)
    if isinstance(x, (*_NUMBERS, np.generic)):
        return Tensor._of(np.asarray(x, dtypes.of_number(_python(x)).numpy))
    raise TypeError(f"{op}: {what} must be a Tensor, got {type(x).__name__}. Make one with tensorgrad.tensor(…).")


def _python(x: Any) -> Any:
    return x.item() if isinstance(x, np.generic) else x


def floating(op: str, x: Any) -> Tensor:
    """The operand of a function whose result is not whole: integers and bools become the default dtype."""
    if not isinstance(x, Tensor):
        x = as_operand(op, x)
    return x if x.array.dtype.kind not in "iub" else cast(x, dtypes.get_default_dtype())


def needs_floating(op: str, x: Any, what: str = "input") -> Tensor:
    """The operand of a function that PyTorch refuses for integers."""
    x = as_operand(op, x, what)
    if x.array.dtype.kind in "iub":
        raise TypeError(f"{op}: {what} needs a floating dtype, got {x.dtype}. Convert it first: x.float().")
    return x


def paired(op: str, x: Any, z: Any) -> tuple[Any, Any]:
    """Two operands of one dtype (PyTorch's promotion). A Python number that does not raise the dtype stays a number:
    NumPy then computes in the array's dtype."""
    if isinstance(x, Tensor):
        if isinstance(z, Tensor):
            if x.array.dtype is z.array.dtype:
                return x, z
        elif (type(z) is float or type(z) is int) and x.array.dtype.kind == _FLOATS:
            return x, z
    elif isinstance(z, Tensor) and (type(x) is float or type(x) is int) and z.array.dtype.kind == _FLOATS:
        return x, z
    return _promoted(op, x, z)


def _promoted(op: str, x: Any, z: Any) -> tuple[Any, Any]:
    dtype = result_dtype(op, x, z)
    return _in_dtype(op, x, dtype), _in_dtype(op, z, dtype)


def _in_dtype(op: str, x: Any, dtype: dtypes.dtype) -> Tensor:
    if isinstance(x, Tensor):
        return cast(x, dtype)
    if isinstance(x, (*_NUMBERS, np.generic)):
        # asarray of the number first: an integer too large for the dtype wraps around, as PyTorch's does
        return Tensor._of(_astype(np.asarray(_python(x)), dtype.numpy))
    return cast(as_operand(op, x), dtype)


def result_dtype(op: str, *operands: Any) -> dtypes.dtype:
    """PyTorch's promotion: tensors with dimensions lead, 0-d tensors and then numbers only raise the category."""
    ranks: list[dtypes.dtype | None] = [None, None, None]
    for x in operands:
        if isinstance(x, (*_NUMBERS, np.generic)):
            rank, d = 2, dtypes.of_number(_python(x))
        else:
            array = as_operand(op, x).array
            rank, d = (0 if array.ndim else 1), dtypes.of_array(array)
        before = ranks[rank]
        ranks[rank] = d if before is None else dtypes.promote_types(before, d)
    return dtypes.combined(*ranks)


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype an arithmetic operation on these two would have; tensors or Python numbers."""
    return result_dtype("result_type", tensor1, tensor2)
