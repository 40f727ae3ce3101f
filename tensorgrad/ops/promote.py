"""Operands and element types: whatever the user wrote beside a tensor, as tensors of one dtype or one Python number;
and the conversions `x.to(…)`, `x.float()` …

PyTorch's promotion: tensors with dimensions lead, 0-d tensors and then Python numbers count only where they bring a
higher category (a float among ints). A NumPy scalar is a Python number here.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.function import Function
from ..autograd.modes import quiet
from ..device import chosen, device
from ..kernels import at, on
from ..refusals import in_own_name, shown
from ..tensor import Tensor, TensorLike

NUMBERS = (bool, int, float, np.number, np.bool_)
_INT64 = dtypes.int64.numpy


class To(Function):
    """x in another dtype."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def forward(self, x: Any) -> Any:
        self.before = x.dtype
        return on(x).cast(x, self.dtype)

    def backward(self, grad: Tensor) -> Tensor:
        return To(self.before)(grad)


def cast(x: Tensor, to: dtypes.dtype) -> Tensor:
    """x in a dtype; x itself where it has it already. From or to an integer dtype nothing is recorded."""
    if x.array.dtype == to.numpy:
        return x
    if not to.is_floating_point or x.array.dtype.kind in "iub":
        return Tensor._of(_astype(x.array, to.numpy))
    return To(to.numpy)(x)


def _astype(array: Any, to: Any) -> Any:
    with quiet():
        return array.astype(to)


# ---- one operand ---------------------------------------------------------------------------------------------------


def as_operand(op: str, x: Any, what: str = "input") -> Tensor:
    """A Tensor as it is, an array or a number as a Tensor, anything else a TypeError."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, np.ndarray):
        return Tensor._of(np.asarray(x, _element_type(op, x)))
    if isinstance(x, NUMBERS):
        return Tensor._of(_array_of_number(op, what, python_number(x)))
    raise not_a_tensor(op, what, x)


def not_a_tensor(op: str, what: str, x: Any) -> TypeError:
    """The error for an operand that is no Tensor; another library's array is told how it becomes one."""
    kind, library = type(x).__name__, type(x).__module__.partition(".")[0]
    cure = "Make one with tensorgrad.tensor(…)."
    if library == "torch":
        kind, cure = f"torch.{kind}", "Convert it: tensorgrad.from_numpy(t.detach().numpy())."
    elif hasattr(x, "__array__"):
        kind, cure = f"{library}'s {kind}", "Convert it: tensorgrad.tensor(numpy.asarray(x))."
    elif hasattr(x, "named_modules"):
        kind, cure = f"the module {kind}", "Call it first: module(x) is a Tensor."
    return TypeError(f"{op}: {what} must be a Tensor, got {kind}. {cure}")


def _element_type(op: str, x: Any) -> Any:
    try:
        return dtypes.as_dtype(x.dtype).numpy
    except TypeError as error:
        raise TypeError(f"{op}: {error}") from None


def _array_of_number(op: str, what: str, x: Any) -> Any:
    try:
        return np.asarray(x, dtypes.of_number(x).numpy)
    except OverflowError:
        raise ValueError(f"{op}: {what} {shown(x)} does not fit into int64. Give a float: float(…).") from None


def python_number(x: Any) -> Any:
    """A NumPy scalar as a Python number, a Python number as it is."""
    return x.item() if isinstance(x, np.generic) else x


def number(op: str, what: str, x: Any) -> Any:
    """A Python number that the user gives, also as a 0-d tensor or array."""
    if isinstance(x, (bool, int, float)):
        return x
    if getattr(x, "ndim", 1) == 0 and hasattr(x, "item"):
        return x.item()
    shape = f" of shape {tuple(x.shape)}" if hasattr(x, "shape") else ""
    raise TypeError(f"{op}: {what} must be a number, got {type(x).__name__}{shape}.")


def truth(op: str, what: str, x: Any) -> bool:
    """A flag that the user gives: True or False, or what stands for one."""
    try:
        return bool(x)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{op}: {what} must be True or False, got {shown(x)}.") from None


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


def not_bool(op: str, x: Any, cure: str = "Convert it first: x.int().") -> Tensor:
    """The operand of arithmetic that means nothing for truth values."""
    x = as_operand(op, x)
    if x.array.dtype.kind == "b":
        raise TypeError(f"{op}: not for bool tensors. {cure}")
    return x


# ---- two operands and more -----------------------------------------------------------------------------------------


def paired(op: str, x: Any, z: Any) -> tuple[Any, Any]:
    """Two operands of one dtype. A Python number that does not raise the dtype stays a number: NumPy then computes in
    the array's dtype."""
    if isinstance(x, Tensor):
        dtype = x.array.dtype
        if isinstance(z, Tensor):
            if dtype is z.array.dtype:
                return x, z
        elif (type(z) is float or type(z) is int) and dtype.kind == "f" or type(z) is int and dtype is _INT64:
            return x, z
    elif isinstance(z, Tensor):
        dtype = z.array.dtype
        if (type(x) is float or type(x) is int) and dtype.kind == "f" or type(x) is int and dtype is _INT64:
            return x, z
    dtype = result_dtype(op, x, z)
    return in_dtype(op, x, dtype), in_dtype(op, z, dtype)


def paired_floating(op: str, x: Any, z: Any) -> tuple[Any, Any]:
    """As `paired`, for a function whose result is not whole: integers and bools become the default dtype."""
    pair = paired(op, x, z)
    t = pair[0] if isinstance(pair[0], Tensor) else pair[1]
    if t.array.dtype.kind not in "iub":
        return pair
    dtype = dtypes.get_default_dtype()  # from what was given: −1 beside uint8 is 255 by now
    return in_dtype(op, x, dtype), in_dtype(op, z, dtype)


def together(op: str, *operands: Any) -> list[Tensor]:
    """Several operands as Tensors of one dtype."""
    dtype = result_dtype(op, *operands)
    return [in_dtype(op, x, dtype) for x in operands]


def in_dtype(op: str, x: Any, dtype: dtypes.dtype) -> Tensor:
    """An operand as a Tensor of a dtype."""
    if isinstance(x, Tensor):
        return cast(x, dtype)
    if isinstance(x, NUMBERS):
        # asarray of the number first: an integer too large for the dtype wraps around, as PyTorch's does
        x = python_number(x)
        if isinstance(x, int) and not -(2**63) <= x < 2**64:
            if not dtype.is_floating_point:
                raise ValueError(f"{op}: {shown(x)} does not fit into {dtype}.")
            try:
                x = float(x)
            except OverflowError:
                raise ValueError(f"{op}: {shown(x)} does not fit into {dtype}.") from None
        return Tensor._of(_astype(np.asarray(x), dtype.numpy))
    return cast(as_operand(op, x), dtype)


def result_dtype(op: str, *operands: Any) -> dtypes.dtype:
    """The dtype of an operation on tensors, arrays and numbers."""
    with_dims = without = numbers = None
    for x in operands:
        if isinstance(x, NUMBERS):
            d = dtypes.of_number(python_number(x))
            numbers = d if numbers is None else dtypes.promote_types(numbers, d)
            continue
        array = as_operand(op, x, "each operand").array
        d = dtypes.of_array(array)
        if array.ndim:
            with_dims = d if with_dims is None else dtypes.promote_types(with_dims, d)
        else:
            without = d if without is None else dtypes.promote_types(without, d)
    return dtypes.combined(with_dims, without, numbers)


@in_own_name
def result_type(tensor1: TensorLike, tensor2: TensorLike) -> dtypes.dtype:
    """The dtype an arithmetic operation on these two would have; tensors or Python numbers."""
    return result_dtype("result_type", tensor1, tensor2)


def same_dtype(op: str, keep: Any = None, **operands: Any) -> None:
    """Refuse operands of several dtypes, for functions where PyTorch does not promote."""
    if len({x.array.dtype if isinstance(x, Tensor) else _dtype_of(x).numpy for x in operands.values()}) > 1:
        raise mixed_dtypes(op, keep, **operands)


def mixed_dtypes(op: str, keep: Any = None, **operands: Any) -> TypeError:
    """The error for operands of several dtypes, whose cure leaves one as it is: a layer's weight, say, so that the data
    is converted. Without such a one the default dtype stays if an operand has it, otherwise the widest. An operand may
    be an array still: it has no `.float()`."""
    found = {name: _dtype_of(x) for name, x in operands.items()}
    wanted = found.get(keep or "", dtypes.get_default_dtype())
    if wanted not in found.values() or not wanted.is_floating_point and keep is None:
        wanted = dtypes.combined(None, reduce(dtypes.promote_types, found.values()), None)
    cures, width = [], max(map(len, found))
    for name, d in found.items():
        if d is not wanted:
            x = name if not isinstance(operands[name], np.ndarray) else f"tensorgrad.from_numpy({name})"
            cures.append(f"{x}.{_SHORT.get(wanted.name, wanted.name)}()")
    why = " (NumPy's numbers are float64)" if wanted is dtypes.float32 and dtypes.float64 in found.values() else ""
    listed = "\n".join(f"    {name.ljust(width)}  {d}" for name, d in found.items())
    return TypeError(f"{op}: needs operands of one dtype.\n{listed}\nConvert: {', '.join(cures)}{why}.")


def _dtype_of(x: Any) -> dtypes.dtype:
    x = getattr(x, "array", x)
    return dtypes.of_number(python_number(x)) if isinstance(x, NUMBERS) else dtypes.of_array(x)


_SHORT = dict(float64="double", float32="float", float16="half", int64="long", int32="int", int16="short") | dict(
    int8="char", uint8="byte"
)


# ---- conversions: methods of Tensor --------------------------------------------------------------------------------


@in_own_name
def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """This tensor in another dtype, on another device, or as another tensor is: `x.to(dtype)`, `x.to(device)`,
    `x.to(device, dtype)`, `x.to(other)`. Itself where nothing changes, unless `copy=True`.

    Keyword arguments: dtype, device, other, non_blocking (there is nothing to wait for), copy, memory_format.
    """
    where, dtype, rest = _destination(*args, **kwargs)
    out = self if dtype is None else cast(self, dtype)
    if where is not None and chosen(where, "to") != self.device:
        return Move(chosen(where, "to"))(out)
    if out is self and rest:
        return self.clone()
    return out


class Move(Function):
    """A tensor on another device: from the CPU to "meta", where its numbers are forgotten."""

    def __init__(self, where: device) -> None:
        self.where = where

    def forward(self, x: Any) -> Any:
        if self.where.type != "meta":
            raise RuntimeError(
                f"to: this tensor is on the device 'meta' and has no numbers that could be moved to {self.where}. Make it there, "
                f"or give a module memory there with to_empty(device='{self.where}')."
            )
        return at("to", self.where).empty_alike(x, x.dtype)

    def backward(self, grad: Tensor) -> Any:
        raise RuntimeError("to: a gradient on the device 'meta' has no numbers for a tensor on the CPU.")


def _destination(*args: Any, **kwargs: Any) -> tuple[Any, dtypes.dtype | None, bool]:
    """Device, dtype and whether to copy, from the arguments of `to`."""
    where, dtype = kwargs.pop("device", None), kwargs.pop("dtype", None)
    other = kwargs.pop("other", None)
    copy = kwargs.pop("copy", False)
    kwargs.pop("non_blocking", None), kwargs.pop("memory_format", None)
    if kwargs:
        raise TypeError(f"to: unknown argument {next(iter(kwargs))!r}; use dtype, device, other, copy, non_blocking.")
    rest = list(args)
    if rest and isinstance(rest[0], Tensor):
        other = rest.pop(0)
    elif rest and _names_a_device(rest[0]):
        where = rest.pop(0)
        if rest and not isinstance(rest[0], bool):
            dtype = rest.pop(0)
    elif rest:
        dtype = rest.pop(0)
    if len(rest) > 2 or not all(isinstance(flag, bool) for flag in rest):
        raise TypeError(f"to: takes a dtype, a device (and a dtype) or a tensor, non_blocking, copy; got {args!r}.")
    if len(rest) == 2:
        copy = rest[1]
    if other is not None:
        where, dtype = other.device, other.dtype
    return where, None if dtype is None else dtypes.as_dtype(dtype), bool(copy)


def _names_a_device(x: Any) -> bool:
    if x is None or isinstance(x, device):
        return True
    if isinstance(x, str):
        return x.partition(":")[0].lower() in ("cpu", "cuda", "meta", "gpu", "mps", "xpu", "xla", "tpu")  # some refused, in words
    return isinstance(x, int) and not isinstance(x, bool)


@in_own_name
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """This tensor in the dtype of another."""
    return to(self, as_operand("type_as", other, "other"))


def _converts_to(name: str, short: str) -> Any:
    def convert(self: Tensor, memory_format: Any = None) -> Tensor:
        return cast(self, dtypes.as_dtype(name))

    convert.__name__ = convert.__qualname__ = short
    convert.__doc__ = f"This tensor as {name}; itself if it is already."
    return convert


double, half = _converts_to("float64", "double"), _converts_to("float16", "half")
long, short = _converts_to("int64", "long"), _converts_to("int16", "short")
char, byte = _converts_to("int8", "char"), _converts_to("uint8", "byte")
bfloat16 = _converts_to("bfloat16", "bfloat16")
float_, int_, bool_ = _converts_to("float32", "float"), _converts_to("int32", "int"), _converts_to("bool", "bool")


def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
    """This tensor in the computer's own memory, where it is already."""
    return self


def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """This tensor on a CUDA device."""
    return to(self, "cuda" if device is None else device)
