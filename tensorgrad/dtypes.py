"""Element types and how they combine: PyTorch's names and promotion rules on NumPy's types."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

BOOL, INTEGER, FLOATING = 0, 1, 2  # the categories of promotion, lower gives way to higher


class dtype:
    """An element type, one object per type: `tensorgrad.float32 is x.dtype`.

    Attributes:
        numpy: the NumPy dtype.
        itemsize: bytes per element.
        is_floating_point, is_signed: as in PyTorch.
    """

    __slots__ = ("name", "numpy", "category", "itemsize", "is_floating_point", "is_signed")
    numpy: Any
    is_complex = False

    def __init__(self, name: str, numpy_dtype: Any) -> None:
        self.name = name
        self.numpy = np.dtype(numpy_dtype)
        kind = self.numpy.kind
        self.category = {"b": BOOL, "i": INTEGER, "u": INTEGER}.get(kind, FLOATING)
        self.itemsize = self.numpy.itemsize
        self.is_floating_point = self.category == FLOATING
        self.is_signed = kind not in "bu"

    def __repr__(self) -> str:
        return f"tensorgrad.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


float64 = double = dtype("float64", np.float64)
float32 = float = dtype("float32", np.float32)
float16 = half = dtype("float16", np.float16)
int64 = long = dtype("int64", np.int64)
int32 = int = dtype("int32", np.int32)
int16 = short = dtype("int16", np.int16)
int8 = dtype("int8", np.int8)
uint8 = dtype("uint8", np.uint8)
bool = dtype("bool", np.bool_)

_ALL = (float64, float32, float16, int64, int32, int16, int8, uint8, bool)
_OF_NUMPY: dict[Any, dtype] = {d.numpy: d for d in _ALL}
_OF_NAME: dict[Any, dtype] = {d.name: d for d in _ALL} | {"double": float64, "float": float32, "half": float16}
_OF_NAME |= {"long": int64, "int": int32, "short": int16}
_OF_PYTHON: dict[Any, dtype] = {builtins.int: int64, builtins.bool: bool}


class _BFloat16(dtype):
    """The name is there for programs to compare with; NumPy's dtype comes from the package ml_dtypes, when one is made."""

    __slots__ = ()

    def __init__(self) -> None:
        self.name, self.category, self.itemsize = "bfloat16", FLOATING, 2
        self.is_floating_point = self.is_signed = True

    @property
    def numpy(self) -> Any:
        try:
            import ml_dtypes
        except ImportError:
            raise TypeError("bfloat16: needs the package ml_dtypes. Install it: pip install ml_dtypes") from None
        found = np.dtype(ml_dtypes.bfloat16)
        _OF_NUMPY[found] = self
        return found


bfloat16 = _OF_NAME["bfloat16"] = _BFloat16()


def of_array(array: Any) -> dtype:
    """The dtype of an array."""
    try:
        return _OF_NUMPY[array.dtype]
    except KeyError:
        return as_dtype(array.dtype)


def as_dtype(d: Any, op: str = "") -> dtype:
    """A dtype from a dtype, a NumPy dtype or type, a Python type (`float` is float64, as in NumPy) or a name."""
    if isinstance(d, dtype):
        return d
    if d is builtins.float:
        return float64
    try:
        if d in _OF_PYTHON:
            return _OF_PYTHON[d]
        if isinstance(d, str):
            name = d.removeprefix("tensorgrad.").removeprefix("torch.")
            if name in _OF_NAME:
                return _OF_NAME[name]
        if d is not None:  # which NumPy would take for float64
            found = np.dtype(d)
            return bfloat16 if found.name == "bfloat16" else _OF_NUMPY[found.newbyteorder("=")]
    except (TypeError, KeyError, ValueError):  # ValueError: an array, or a text that is none
        pass
    known = ", ".join(x.name for x in _ALL)
    raise TypeError(f"{op and op + ': '}dtype: {d!r} is not an element type here. Choose one of {known}.")


_default = float32


def get_default_dtype() -> dtype:
    """The dtype of new floating tensors, float32 unless changed."""
    return _default


def set_default_dtype(d: Any, /) -> None:
    """Choose the dtype of new floating tensors: float16, float32 or float64."""
    global _default
    chosen = as_dtype(d, "set_default_dtype")
    if not chosen.is_floating_point:
        raise TypeError(f"set_default_dtype: only floating dtypes can be the default, got {chosen}.")
    _default = chosen


def promote_types(type1: Any, type2: Any) -> dtype:
    """The smallest dtype both convert to, as PyTorch has it: int64 with float32 is float32."""
    a, b = as_dtype(type1, "promote_types"), as_dtype(type2, "promote_types")
    if a is b:
        return a
    if a.category != b.category:
        return a if a.category > b.category else b
    if bfloat16 in (a, b):  # NumPy knows no common type for it and float16
        other = b if a is bfloat16 else a
        return float32 if other is float16 else other
    return _OF_NUMPY[np.promote_types(a.numpy, b.numpy)]


def can_cast(from_: Any, to: Any) -> builtins.bool:
    """Whether a conversion keeps the category or raises it: float to int may not, int to float may."""
    return as_dtype(from_, "can_cast").category <= as_dtype(to, "can_cast").category


def combined(with_dims: dtype | None, without: dtype | None, numbers: dtype | None) -> dtype:
    """One dtype for tensors with dimensions, tensors without, and Python numbers: the first lead, and the others count
    only where they bring a higher category (a float among ints)."""
    result = with_dims
    for lower in (without, numbers):
        if lower is None:
            continue
        if result is None:
            result = lower
        elif lower.category > result.category:
            result = promote_types(result, lower)
    assert result is not None
    return result


def of_number(x: Any) -> dtype:
    """The dtype a Python number brings to an expression."""
    if isinstance(x, builtins.bool):
        return bool
    if isinstance(x, builtins.int):
        return int64
    return get_default_dtype()


class finfo:
    """Limits of a floating dtype: `eps max min tiny smallest_normal resolution bits dtype`."""

    def __init__(self, type: Any = None) -> None:
        d = get_default_dtype() if type is None else as_dtype(type, "finfo")
        if not d.is_floating_point:
            raise TypeError(f"finfo: needs a floating dtype, got {d}; for integers use iinfo.")
        numpy = d.numpy
        if d is bfloat16:
            import ml_dtypes

            info: Any = ml_dtypes.finfo(numpy)
        else:
            info = np.finfo(numpy)
        self.dtype = d.name
        self.bits = info.bits
        self.eps, self.max, self.min = builtins.float(info.eps), builtins.float(info.max), builtins.float(info.min)
        self.tiny = self.smallest_normal = builtins.float(info.tiny)
        self.resolution = builtins.float(info.resolution)

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer dtype: `max min bits dtype`."""

    def __init__(self, type: Any) -> None:
        d = as_dtype(type, "iinfo")
        if d.category != INTEGER:
            raise TypeError(f"iinfo: needs an integer dtype, got {d}; for floating dtypes use finfo.")
        info = np.iinfo(d.numpy)
        self.dtype, self.bits, self.max, self.min = d.name, info.bits, builtins.int(info.max), builtins.int(info.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
