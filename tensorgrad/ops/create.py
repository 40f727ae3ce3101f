"""New tensors: from data, from memory of others, or from nothing. (Evenly spaced numbers: `ranges.py`; random: `sampling.py`.)

Everything here takes PyTorch's keywords: `dtype` (the default dtype when not given), `device` (there is only the
CPU), `requires_grad`; `layout`, `pin_memory` and `memory_format` are accepted and mean nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeAlias

from .. import dtypes
from ..autograd.modes import quiet
from ..device import chosen, device
from ..kernels import at, on
from ..kernels.shapes import Shape, fits, integer
from ..refusals import in_own_name
from ..tensor import Size, Tensor
from .promote import cast, number
from .shape import Clone, sizes_of

DeviceLike: TypeAlias = "device | str | int | None"

_NUMBERS = (bool, int, float)
_KINDS = set(_NUMBERS)


# ---- from data -------------------------------------------------------------------------------------------------------


@in_own_name
def tensor(
    data: Any, *, dtype: dtypes.dtype | None = None, device: DeviceLike = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A new tensor with a copy of `data`: a number, nested lists of numbers, an array, a tensor.

    Floating Python numbers become the default dtype, whole ones int64; arrays and tensors keep their dtype.
    """
    return leaf(array_of("tensor", data, dtype, device), requires_grad)


@in_own_name
def as_tensor(data: Any, dtype: dtypes.dtype | None = None, device: DeviceLike = None) -> Tensor:
    """`data` as a tensor: a tensor of that dtype as it is, an array in its own memory, anything else copied."""
    at("as_tensor", device)
    if isinstance(data, Tensor):
        return data if dtype is None else cast(data, dtypes.as_dtype(dtype))
    return _around(array_of("as_tensor", data, dtype, device, copy=None))


@in_own_name
def asarray(
    obj: Any, *, dtype: dtypes.dtype | None = None, device: DeviceLike = None, copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`obj` as a leaf: shares memory where it can; `copy=True` never does, and `copy=False` refuses to copy."""
    home = at("asarray", device)
    shared = None
    if isinstance(obj, Tensor):
        shared = obj.detach()
    elif home.is_array(obj):
        shared = _around(array_of("asarray", obj, None, device, copy=None))
    elif hasattr(obj, "__dlpack__"):
        shared = from_dlpack(obj)
    to = dtypes.as_dtype(dtype) if dtype is not None else shared.dtype if shared is not None else None
    if copy is False and (shared is None or to is not shared.dtype):
        raise ValueError(f"asarray: {type(obj).__name__} as {to or 'a tensor'} takes a copy; copy=False forbids.")
    if shared is None:
        return tensor(obj, dtype=to, requires_grad=requires_grad)
    assert to is not None
    out = Clone()(shared) if copy and to is shared.dtype else cast(shared, to)
    return out.requires_grad_() if requires_grad else out


@in_own_name
def from_numpy(ndarray: Any) -> Tensor:
    """A tensor in the memory of a NumPy array: a change of one is a change of both."""
    home = at("from_numpy", None)
    if not home.is_array(ndarray) or not hasattr(ndarray, "__array_interface__"):
        raise TypeError(f"from_numpy: needs a NumPy array, got {type(ndarray).__name__}. For lists use tensor().")
    return _around(_checked("from_numpy", home.array(ndarray, copy=False)))


def _around(array: Any) -> Tensor:
    """A tensor in the memory of a user's array, which may forbid writing."""
    t = Tensor._of(array)
    if not array.flags.writeable:
        t._storage().read_only = True
    return t


@in_own_name
def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor in the memory of an array of another library that speaks DLPack, or of the capsule it has given."""
    if isinstance(ext_tensor, Tensor):
        return ext_tensor
    if type(ext_tensor).__name__ == "PyCapsule":
        ext_tensor = _Capsule(ext_tensor)
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(f"from_dlpack: needs an object with __dlpack__, got {type(ext_tensor).__name__}.")
    return _around(_checked("from_dlpack", at("from_dlpack", None).from_dlpack(ext_tensor)))


class _Capsule:
    """A DLPack capsule in the computer's own memory, as the object it came from."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


@in_own_name
def frombuffer(
    buffer: Any, *, dtype: dtypes.dtype, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A 1-d tensor in the memory of a bytes-like object: `count` elements (−1: all) from byte `offset` on."""
    d, count, offset = (
        dtypes.as_dtype(dtype),
        integer("frombuffer", "count", count),
        integer("frombuffer", "offset", offset),
    )
    try:
        size = memoryview(buffer).nbytes
    except TypeError:
        raise TypeError(f"frombuffer: buffer must be bytes or the like, got {type(buffer).__name__}.") from None
    rest = size - offset
    if count == 0 or size == 0:
        raise ValueError(f"frombuffer: nothing to look at: the buffer has {size} bytes, count is {count}.")
    if not 0 <= offset < size:
        raise ValueError(f"frombuffer: offset {offset} is outside of the buffer's {size} bytes.")
    if count < 0 and rest % d.itemsize:
        raise ValueError(f"frombuffer: {rest} bytes are no whole number of {d}, {d.itemsize} bytes each. Give count.")
    if count > 0 and count * d.itemsize > rest:
        raise ValueError(f"frombuffer: {count} of {d} from byte {offset} on need more than the buffer's {size} bytes.")
    return leaf(at("frombuffer", None).from_buffer(buffer, d.numpy, count, offset), requires_grad)


@in_own_name
def scalar_tensor(
    s: float, *, dtype: dtypes.dtype | None = None, layout: Any = None, device: DeviceLike = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A 0-d tensor of the default dtype (whole numbers too)."""
    value = number("scalar_tensor", "s", s)
    return leaf(array_of("scalar_tensor", value, dtype or dtypes.get_default_dtype(), device), requires_grad)


def legacy_array(data: tuple[Any, ...], dtype: Any, device: Any) -> Any:
    """What PyTorch's old constructor holds: `Tensor([1, 2])` copies data into the default dtype, `Tensor(2, 3)` and
    `Tensor(shape)` are unset memory."""
    home, to = at("Tensor", device), dtypes.as_dtype(dtype or dtypes.get_default_dtype())
    first = data[0] if len(data) == 1 else 0
    if isinstance(first, float):
        raise TypeError("Tensor: data must be a sequence, got a float. Use tensorgrad.tensor(…) for a number.")
    if isinstance(first, (int, Size)):
        shape = shape_of("Tensor", data or (0,))
        fits("Tensor", shape, to.itemsize)
        return home.empty(shape, to.numpy)
    return array_of("Tensor", first, to, device)


def array_of(op: str, data: Any, dtype: Any, device: Any, copy: bool | None = True) -> Any:
    """An array of an element type that tensors have."""
    home = at(op, device)
    to = None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(data, Tensor):
        data = data.array
    if home.is_array(data) or hasattr(data, "__array__"):
        array = _checked(op, home.array(data, None, copy))
        return array if to is None else cast(Tensor._of(array), to).array
    if not hasattr(data, "__len__") and not isinstance(data, _NUMBERS) or isinstance(data, (str, bytes, dict, set)):
        raise TypeError(f"{op}: data must be numbers, nested lists of them or an array, got {type(data).__name__}.")
    found: set[dtypes.dtype] = set()
    data = _unwrapped(op, data, home, found)
    try:
        array = _checked(op, home.array(data, None, copy))
    except ValueError as error:
        if "inhomogeneous" in str(error):
            raise ValueError(f"{op}: the nested lists are ragged: {_ragged(data, 0)}.") from None
        raise
    if to is None:
        to = reduce(dtypes.promote_types, found) if found else dtypes.get_default_dtype()
    elif array.size:
        _holds(op, to, array.min(), array.max())
    return cast(Tensor._of(array), to).array


def _unwrapped(op: str, data: Any, home: Any, found: set[dtypes.dtype]) -> Any:
    """Nested lists with their tensors as arrays; the dtypes that come together are noted in `found`."""
    if isinstance(data, Tensor):
        data = data.array
    if home.is_array(data):
        found.add(dtypes.of_array(_checked(op, data)))
    elif isinstance(data, _NUMBERS):
        found.add(dtypes.of_number(data))
    elif hasattr(data, "__len__") and not isinstance(data, str):
        kinds = set(map(type, data))
        if not kinds <= _KINDS:
            return [_unwrapped(op, x, home, found) for x in data]
        found.update([dtypes.of_number(kind()) for kind in kinds])  # numbers only, the usual case: all at once
        return data if isinstance(data, (list, tuple)) else list(data)
    return data


def _holds(op: str, d: dtypes.dtype, least: Any, most: Any) -> None:
    """Refuse numbers that an integer dtype cannot hold. An unsigned one takes negative numbers, modulo 2ⁿ."""
    if d.category == dtypes.INTEGER:
        high = dtypes.iinfo(d).max
        if not (least >= -high - 1 and most <= high):  # nan neither
            odd = most if least >= -high - 1 else least
            raise ValueError(f"{op}: {odd} does not fit into {d}, which goes from {dtypes.iinfo(d).min} to {high}.")


def _ragged(data: Any, depth: int) -> str:
    """Where nested lists stop being a box."""
    lengths = [len(x) if hasattr(x, "__len__") else None for x in data]
    if len(set(lengths)) > 1:
        i = next(i for i, n in enumerate(lengths) if n != lengths[0])
        words = ["a number" if n is None else f"a sequence of {n}" for n in (lengths[0], lengths[i])]
        return f"at depth {depth + 1}, entry 0 is {words[0]} and entry {i} is {words[1]}"
    return next((found for x in data if hasattr(x, "__len__") and (found := _ragged(x, depth + 1))), "")


def _checked(op: str, array: Any) -> Any:
    """Refuse what no tensor can hold; bring a foreign byte order into this machine's."""
    if not array.dtype.isnative:
        if op in ("from_numpy", "from_dlpack"):
            raise ValueError(f"{op}: the bytes are in foreign order; use a.astype(a.dtype.newbyteorder('=')).")
        array = array.astype(array.dtype.newbyteorder("="))
    try:
        dtypes.as_dtype(array.dtype)
    except TypeError:
        if array.dtype.kind in "Ou" and array.size:
            odd = _first_odd(array)
            if isinstance(odd, int):
                raise ValueError(f"{op}: {odd} does not fit into int64, whose largest number is 2**63 - 1.") from None
            if array.dtype.kind == "O":
                raise TypeError(f"{op}: {odd!r} of type {type(odd).__name__} is not a number.") from None
        raise TypeError(f"{op}: {array.dtype} is not an element type here. Convert it first: a.astype(…).") from None
    return array


def _first_odd(array: Any) -> Any:
    """The first element that is neither a float nor a whole number of 64 bits."""
    for x in array.flat:
        x = x.item() if hasattr(x, "item") else x
        if not isinstance(x, float) and not (isinstance(x, int) and -(2**63) <= x < 2**63):
            return x
    return None


def leaf(array: Any, requires_grad: bool) -> Tensor:
    """A new tensor around an array, which may require a gradient."""
    out = Tensor._of(array)
    return out.requires_grad_() if requires_grad else out


# ---- from nothing ----------------------------------------------------------------------------------------------------


def shape_of(op: str, sizes: Any, size: Any = None) -> Shape:
    """The shape from `f(2, 3)`, `f((2, 3))` or `f(size=(2, 3))`."""
    if (size is None) == (not sizes):
        raise TypeError(f"{op}: needs one size, as in {op}(2, 3) or {op}((2, 3)); that of a 0-d tensor is ().")
    shape = sizes_of(op, sizes or (size,))
    if shape and min(shape) < 0:
        raise ValueError(f"{op}: sizes must be 0 or more, got {shape}.")
    return shape


def numpy_dtype(dtype: Any) -> Any:
    """The dtype asked for, or else the default one, as NumPy's."""
    return (dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)).numpy


def zeros(
    *sizes: int | Sequence[int], size: int | Sequence[int] | None = None, dtype: dtypes.dtype | None = None,
    layout: Any = None, device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """0 everywhere: `zeros(2, 3)`, `zeros((2, 3))`."""
    shape = shape_of("zeros", sizes, size)
    return leaf(at("zeros", device).zeros(shape, numpy_dtype(dtype)), requires_grad)


def ones(
    *sizes: int | Sequence[int], size: int | Sequence[int] | None = None, dtype: dtypes.dtype | None = None,
    layout: Any = None, device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """1 everywhere: `ones(2, 3)`, `ones((2, 3))`."""
    shape = shape_of("ones", sizes, size)
    return leaf(at("ones", device).ones(shape, numpy_dtype(dtype)), requires_grad)


def empty(
    *sizes: int | Sequence[int], size: int | Sequence[int] | None = None, dtype: dtypes.dtype | None = None,
    layout: Any = None, device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Memory that is not set: whatever was there before."""
    shape = shape_of("empty", sizes, size)
    return leaf(at("empty", device).empty(shape, numpy_dtype(dtype)), requires_grad)


def full(
    size: Sequence[int], fill_value: float, *, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """`fill_value` everywhere; without dtype, bools give bool, ints int64, floats the default dtype."""
    if not isinstance(size, (Sequence, Tensor)):
        raise TypeError(f"full: size must be a tuple of ints, got {size!r}. Write full((n,), value).")
    shape, value = shape_of("full", (size,)), number("full", "fill_value", fill_value)
    d = dtypes.of_number(value) if dtype is None else dtypes.as_dtype(dtype)
    _holds("full", d, value, value)
    with quiet():
        return leaf(at("full", device).full(shape, value, d.numpy), requires_grad)


@in_own_name
def empty_strided(
    size: Sequence[int], stride: Sequence[int], *, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Memory that is not set, with these strides (in elements)."""
    shape, steps = shape_of("empty_strided", (size,)), shape_of("empty_strided", (stride,))
    if len(shape) != len(steps):
        raise ValueError(f"empty_strided: {len(shape)} sizes {shape} but {len(steps)} strides {steps}.")
    return leaf(at("empty_strided", device).empty_strided(shape, steps, numpy_dtype(dtype)), requires_grad)


@in_own_name
def empty_permuted(
    size: Sequence[int], physical_layout: Sequence[int], *, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Memory that is not set, its axes in the order `physical_layout`, slowest first."""
    shape, order = shape_of("empty_permuted", (size,)), sizes_of("empty_permuted", (physical_layout,))
    if sorted(order) != list(range(len(shape))):
        raise ValueError(f"empty_permuted: physical_layout {order} must name each axis of {shape} once.")
    steps, step = [0] * len(shape), 1
    for axis in reversed(order):
        steps[axis] = step
        step *= max(shape[axis], 1)
    return empty_strided(shape, steps, dtype=dtype, device=device, requires_grad=requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: dtypes.dtype | None = None, layout: Any = None, device: DeviceLike = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """1 on the main diagonal, 0 elsewhere.  Shape: (n, m); m = n when not given."""
    rows = integer("eye", "n", n, 0)
    columns = rows if m is None else integer("eye", "m", m, 0)
    return leaf(at("eye", device).eye(rows, columns, numpy_dtype(dtype)), requires_grad)


@in_own_name
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: dtypes.dtype = dtypes.int64, device: DeviceLike = None,
    layout: Any = None,
) -> Tensor:  # fmt: skip
    """Where the lower triangle of a row × col matrix is: rows and columns, (2, count).  `offset` moves the diagonal."""
    return _triangle("tril_indices", row, col, offset, dtype, device)


@in_own_name
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: dtypes.dtype = dtypes.int64, device: DeviceLike = None,
    layout: Any = None,
) -> Tensor:  # fmt: skip
    """Where the upper triangle of a row × col matrix is: rows and columns, (2, count).  `offset` moves the diagonal."""
    return _triangle("triu_indices", row, col, offset, dtype, device)


def _triangle(op: str, row: Any, col: Any, offset: int, dtype: Any, device: Any) -> Tensor:
    kernel = getattr(at(op, device), op)
    rows, columns, offset = integer(op, "row", row, 0), integer(op, "col", col, 0), integer(op, "offset", offset)
    return Tensor._of(kernel(rows, columns, offset, numpy_dtype(dtype)))


# ---- like another ----------------------------------------------------------------------------------------------------


def beside(x: Tensor, device: Any) -> Any:
    """The device that is given, else that of x."""
    return x.device if device is None else device


def _like(op: str, input: Any, dtype: Any, device: Any, requires_grad: bool, fill: Any = None) -> Tensor:
    """A tensor of the input's shape, dtype and order of axes."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{op}: input must be a Tensor, got {type(input).__name__}.")
    d = input.dtype if dtype is None else dtypes.as_dtype(dtype)
    home, moves = at(op, beside(input, device)), device is not None and chosen(device, op) != input.device
    array = home.empty(input.array.shape, d.numpy) if moves else home.empty_alike(input.array, d.numpy)
    if fill is not None:
        _holds(op, d, fill, fill)
        with quiet():
            array[...] = on(array).full((), fill, d.numpy)
    return leaf(array, requires_grad)


@in_own_name
def zeros_like(
    input: Tensor, *, dtype: dtypes.dtype | None = None, layout: Any = None, device: DeviceLike = None,
    requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """0 everywhere, in the shape and dtype of `input`."""
    return _like("zeros_like", input, dtype, device, requires_grad, 0)


@in_own_name
def ones_like(
    input: Tensor, *, dtype: dtypes.dtype | None = None, layout: Any = None, device: DeviceLike = None,
    requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """1 everywhere, in the shape and dtype of `input`."""
    return _like("ones_like", input, dtype, device, requires_grad, 1)


@in_own_name
def empty_like(
    input: Tensor, *, dtype: dtypes.dtype | None = None, layout: Any = None, device: DeviceLike = None,
    requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Memory that is not set, in the shape and dtype of `input`."""
    return _like("empty_like", input, dtype, device, requires_grad)


@in_own_name
def full_like(
    input: Tensor, fill_value: float, *, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """`fill_value` everywhere, in the shape and dtype of `input`."""
    return _like("full_like", input, dtype, device, requires_grad, number("full_like", "fill_value", fill_value))


__all__ = [
    "as_tensor", "asarray", "empty", "empty_like", "empty_permuted", "empty_strided", "eye", "from_dlpack",
    "from_numpy", "frombuffer", "full", "full_like", "ones", "ones_like", "scalar_tensor", "tensor", "tril_indices",
    "triu_indices", "zeros", "zeros_like",
]  # fmt: skip
