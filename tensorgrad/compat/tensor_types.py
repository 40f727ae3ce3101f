"""PyTorch's old names for "a tensor of this dtype": FloatTensor, LongTensor … They make tensors, and `isinstance` asks
for the dtype. There is one class of tensors, Tensor; these are questions about it.
"""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..ops.create import legacy_array
from ..refusals import CAUGHT, in_own_name, leave_as, worded
from ..tensor import Tensor


class _TensorType(type):
    """The type of FloatTensor and its kind."""

    dtype: dtypes.dtype

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __call__(cls, *args: Any) -> Tensor:
        try:
            return Tensor._of(legacy_array(args, cls.dtype, None))
        except CAUGHT as error:
            leave_as(worded(error, legacy_array, (args, cls.dtype, None), {}, cls.__name__), error)


def _of(name: str, dtype: dtypes.dtype) -> Any:
    doc = f"`{name}([…])` copies into {dtype.name}, `{name}(2, 3)` is unset memory; `isinstance` asks for {dtype.name}."
    return _TensorType(name, (), {"dtype": dtype, "__doc__": doc, "__module__": "tensorgrad"})


DoubleTensor, FloatTensor = _of("DoubleTensor", dtypes.float64), _of("FloatTensor", dtypes.float32)
HalfTensor, BFloat16Tensor = _of("HalfTensor", dtypes.float16), _of("BFloat16Tensor", dtypes.bfloat16)
LongTensor, IntTensor = _of("LongTensor", dtypes.int64), _of("IntTensor", dtypes.int32)
ShortTensor, CharTensor = _of("ShortTensor", dtypes.int16), _of("CharTensor", dtypes.int8)
ByteTensor, BoolTensor = _of("ByteTensor", dtypes.uint8), _of("BoolTensor", dtypes.bool)

ALL = [
    DoubleTensor, FloatTensor, HalfTensor, BFloat16Tensor, LongTensor, IntTensor, ShortTensor, CharTensor, ByteTensor,
    BoolTensor,
]  # fmt: skip


def dtype_of(kind: Any) -> dtypes.dtype:
    """The dtype a type of tensors stands for: of the class, or of its name, as in "torch.FloatTensor"."""
    if isinstance(kind, str):
        short = kind.rpartition(".")[2]
        kind = next((t for t in ALL if t.__name__ == short), kind)
    return kind.dtype if isinstance(kind, _TensorType) else dtypes.as_dtype(kind)


def name_of(dtype: dtypes.dtype) -> str:
    """FloatTensor for float32, and so on."""
    return next(t.__name__ for t in ALL if t.dtype is dtype)


@in_own_name
def set_default_tensor_type(t: Any) -> None:
    """`set_default_dtype`, by the name of a type of tensors: `set_default_tensor_type(tensorgrad.DoubleTensor)`."""
    dtypes.set_default_dtype(dtype_of(t))


__all__ = [*(t.__name__ for t in ALL), "set_default_tensor_type"]
