"""Writing whole tensors, and parts of them."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.inplace import bump_version, check_not_a_leaf, check_writable, is_recorded, put, store
from ..autograd.lifted import meet_level
from ..autograd.modes import quiet
from ..autograd.regions import alias
from ..kernels import on
from ..kernels.layered import active
from ..kernels.shapes import Shape, axis, integer, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .expand import Expand
from .keywords import numpy_words
from .promote import NUMBERS, as_operand, cast, mixed_dtypes, python_number, truth
from .shape import Reshape, clone, sizes_of
from .slice import Slice, as_strided, select

# ---- whole tensors --------------------------------------------------------------------------------------------------


def copy_into(x: Tensor, value: Any, op: str) -> Tensor:
    """x[...] = value, broadcast and cast to x, in memory and in the graph."""
    if active:
        meet_level(x, value)
    array = value.array if isinstance(value, Tensor) else number_in(op, x, value)
    if not is_recorded(x, value, op):
        try:
            with quiet():  # nan to an integer, and the like
                put(x, value if isinstance(value, Tensor) else array)
        except ValueError:
            raise _does_not_fit(op, array.shape, x) from None
        bump_version(x, op)
        return x
    z = value if isinstance(value, Tensor) else _constant(value, x)
    z = without_leading_ones(cast(z, x.dtype), x.array.ndim)
    try:
        new = Expand(x.array.shape)(z) if z.array.shape != x.array.shape else alias(z)
    except ValueError:
        raise _does_not_fit(op, z.array.shape, x) from None
    return store(x, new, op, overwrites=True)


def _constant(value: Any, x: Tensor) -> Tensor:
    """A number in x's dtype."""
    array = on(x.array).zeros((), x.array.dtype)
    array[...] = value
    return Tensor._of(array)


def without_leading_ones(z: Tensor, ndim: int) -> Tensor:
    """Axes of size 1 in front, beyond `ndim`, dropped: assignment ignores them."""
    shape = z.array.shape
    extra = 0
    while len(shape) - extra > ndim and shape[extra] == 1:
        extra += 1
    return Reshape(shape[extra:])(z) if extra else z


def _does_not_fit(op: str, shape: Shape, x: Tensor) -> ValueError:
    shapes = {"value": shape, "to": x.array.shape}
    return ValueError(mismatch(op, "the value does not broadcast to what it is written to", **shapes))


def copy_(x: Tensor, src: TensorLike, non_blocking: bool = False) -> Tensor:
    """Write src, broadcast and cast, into x's memory; gradients go to src."""
    check_writable(x, "copy_")
    z = as_operand("copy_", src, "src")
    if z.array.ndim > x.array.ndim:
        raise _does_not_fit("copy_", z.array.shape, x)
    return copy_into(x, z, "copy_")


def fill_(x: Tensor, value: TensorLike) -> Tensor:
    """Write one number, or a 0-d tensor (which receives the gradient), everywhere."""
    check_writable(x, "fill_", fills=not isinstance(value, Tensor))
    return copy_into(x, one_number("fill_", value), "fill_")


def fill(input: TensorLike, value: TensorLike) -> Tensor:
    """A tensor like input, with one number (or 0-d tensor) everywhere."""
    return copy_into(clone(as_operand("fill", input)), one_number("fill", value), "fill")


def zero_(x: Tensor) -> Tensor:
    """Write zeros everywhere."""
    check_writable(x, "zero_", fills=True)
    if is_recorded(x, 0, "zero_"):
        return copy_into(x, 0, "zero_")
    on(x.array).writable(x.array).fill(0)
    bump_version(x, "zero_")
    return x


@in_own_name
def fill_diagonal_(x: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Write one number at x[i, i] (at x[i, i, …, i] of equal axes), and with `wrap` again below in a tall matrix."""
    op, shape, fill_value = "fill_diagonal_", x.array.shape, one_number("fill_diagonal_", fill_value)
    wrap = truth(op, "wrap", wrap)
    check_not_a_leaf(x, op)
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise ValueError(f"{op}: needs a matrix, or more axes that are equal, got shape {tuple(shape)}.")
    n, step = min(shape), sum(x.stride())
    diagonal = as_strided(x, (n,), (step,))
    check_writable(diagonal, op)
    copy_into(diagonal, fill_value, op)
    height, width = shape[:2]
    if wrap and len(shape) == 2 and height > width + 1:
        again = -(-x.array.size // (width + 1)) - n
        start = x.storage_offset() + x.stride(0) * (width + 1)
        copy_into(as_strided(x, (again,), (step,), start), fill_value, op)
    return x


@in_own_name
def set_(x: Tensor, source: Tensor | None = None) -> Tensor:
    """Let x be another name for source: the same memory and place in the graph. Without a source x becomes empty."""
    check_not_a_leaf(x, "set_")
    if source is not None and not isinstance(source, Tensor):
        raise TypeError(f"set_: source must be a Tensor, got {type(source).__name__}.")
    if source is None:
        source = Tensor._of(on(x.array).empty((0,), x.array.dtype))
    if source.array.dtype != x.array.dtype:
        raise mixed_dtypes("set_", "input", input=x, source=source)
    new = alias(source)
    if new._version == x._version:  # whoever saved x must see that it is not what it was
        new._storage().count += 1
    _become(x, new)
    return x


@in_own_name
def resize_(x: Tensor, *sizes: Any, size: Any = None, memory_format: Any = None) -> Tensor:
    """Another shape, of any number of elements: the first ones stay, new ones are not set. Only for constants."""
    to = sizes_of("resize_", sizes if size is None else (size,))
    if any(s < 0 for s in to):
        raise ValueError(f"resize_: sizes must be 0 or more, got {to}.")
    if x.requires_grad:
        raise RuntimeError("resize_: a tensor that requires grad cannot be resized; its gradient would not fit.")
    n = 1
    for s in to:
        n *= s
    flat = x.array.ravel()
    if n > flat.size:
        memory = on(x.array).empty((n,), x.array.dtype)
        memory[: flat.size] = flat
        flat = memory
    new = Tensor._of(flat[:n].reshape(to))
    new._storage().count = x._version + 1
    _become(x, new)
    return x


@in_own_name
def resize_as_(x: Tensor, the_template: Tensor, memory_format: Any = None) -> Tensor:
    """`resize_` to the shape of the_template."""
    return resize_(x, the_template.array.shape)


def _become(x: Tensor, new: Tensor) -> None:
    for name in ("array", "storage", "node", "_requires_grad", "_base", "_view", "_rebased"):
        setattr(x, name, getattr(new, name))

# ---- what may be written --------------------------------------------------------------------------------------------


def one_number(op: str, value: Any) -> Any:
    """A Python number, or a 0-d tensor."""
    z = value if isinstance(value, (int, float)) else as_operand(op, value, "value")
    if isinstance(z, Tensor) and z.array.ndim:
        raise ValueError(f"{op}: value must be a number or a 0-d tensor, got shape {tuple(z.array.shape)}.")
    return z


def same_dtype(op: str, x: Tensor, other: Any, what: str) -> Tensor:
    """The other operand, which must be of x's dtype."""
    z = as_operand(op, other, what)
    if z.array.dtype != x.array.dtype:
        raise mixed_dtypes(op, "input", **{"input": x, what: other})
    return z


def fitting(op: str, x: Tensor, value: Any) -> Any:
    """A number or 0-d tensor in x's dtype."""
    z = one_number(op, value)
    if isinstance(z, Tensor):
        return cast(z, x.dtype)
    return number_in(op, x, z)


def number_in(op: str, x: Tensor, value: Any) -> Any:
    """A Python number as one of x's dtype, if it is within its range; negative ones wrap around in unsigned dtypes."""
    kind = x.array.dtype.kind
    if kind == "b":
        return bool(value)
    if kind in "iu":
        info = dtypes.iinfo(x.dtype)
        if (info.min or -info.max) <= value <= info.max:
            return int(value) % (info.max + 1) if kind == "u" else int(value)
        raise ValueError(f"{op}: {value} is outside of the range of {x.dtype}, {info.min} to {info.max}.")
    if -65504 <= value <= 65504 or value - value != 0:  # within every floating dtype, or inf or nan
        return value
    largest = dtypes.finfo(x.dtype).max
    if abs(value) > largest:
        raise ValueError(f"{op}: {value} is outside of the range of {x.dtype}, whose largest number is {largest:g}.")
    return value


def within_range(op: str, x: Any, given: Any) -> None:
    """Refuse a number that has become the integer tensor x by wrapping around. (In sums and products it may.)"""
    if isinstance(x, Tensor) and x.array.dtype.kind in "iu" and isinstance(given, NUMBERS):
        number_in(op, x, python_number(given))


# ---- parts of a tensor replaced -------------------------------------------------------------------------------------


@numpy_words
@in_own_name
def select_scatter(input: TensorLike, src: TensorLike, dim: int, index: int) -> Tensor:
    """input with the slice at `index` along `dim` replaced by src, of that slice's shape."""
    x = as_operand("select_scatter", input)
    out = clone(x)
    return _replaced("select_scatter", out, select(out, dim, index), src)


@numpy_words
def slice_scatter(
    input: TensorLike, src: TensorLike, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """input with the places start:end:step along `dim` replaced by src, of that part's shape."""
    out = clone(as_operand("slice_scatter", input))
    return _replaced("slice_scatter", out, sliced("slice_scatter", out, dim, start, end, step), src)


def sliced(op: str, x: Tensor, dim: int, start: int | None, end: int | None, step: int) -> Tensor:
    """The places start:end:step along `dim`.  A view."""
    d = axis(op, dim, x.array.ndim)
    start, end = (None if n is None else integer(op, what, n) for what, n in (("start", start), ("end", end)))
    step = integer(op, "step", step)
    if step < 1:
        raise ValueError(f"{op}: step must be at least 1, got {step}.")
    if not x.array.ndim:
        raise IndexError(f"{op}: a 0-d tensor has no axis to slice.")
    return Slice((*(slice(None),) * d, slice(start, end, step), ...))(x)


@in_own_name
def diagonal_scatter(input: TensorLike, src: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """input with a diagonal of the axes dim1 and dim2 replaced by src, of that diagonal's shape."""

    x = as_operand("diagonal_scatter", input)
    out = clone(x)
    return _replaced("diagonal_scatter", out, out.diagonal(offset, dim1, dim2), src)


@in_own_name
def as_strided_scatter(input: TensorLike, src: TensorLike, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """input with what `as_strided` of it would show replaced by src, of that shape."""
    out = clone(as_operand("as_strided_scatter", input))
    return _replaced("as_strided_scatter", out, as_strided(out, size, stride, storage_offset), src)


def _replaced(op: str, out: Tensor, part: Tensor, src: Any) -> Tensor:
    z = as_operand(op, src, "src")
    if z.array.shape != part.array.shape:
        shapes = {"src": z.array.shape, "part": part.array.shape}
        what = "src must have the shape of what it replaces"
        raise ValueError(mismatch(op, what, "Nothing is broadcast here; expand src first.", **shapes))
    copy_into(part, z, op)
    return out


__all__ = ["as_strided_scatter", "diagonal_scatter", "fill", "select_scatter", "slice_scatter"]
