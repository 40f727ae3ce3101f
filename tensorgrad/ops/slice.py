"""Parts of a tensor along its axes, and the order along an axis reversed or moved on."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..autograd.inplace import reshape_in_place
from ..autograd.regions import AsStrided, steps_of
from ..kernels import on
from ..kernels.shapes import Shape, axis, integer
from ..refusals import in_own_name
from ..tensor import UNRECORDED, Tensor, TensorLike
from .keywords import numpy_words
from .promote import as_operand
from .shape import Reshape, Transpose, clone, sizes_of

# ---- parts ----------------------------------------------------------------------------------------------------------


class Slice(Function):
    """x[key] with ints, slices, None and an Ellipsis."""

    name = "getitem"
    is_view = True

    def __init__(self, key: Any, before: Shape = ()) -> None:
        self.key, self.before = key, before

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return x[self.key]

    def backward(self, grad: Tensor) -> Tensor:
        return SliceBackward(self.key, self.before)(grad)


class SliceBackward(Function):
    """Zeros of a shape, with x at [key]: the gradient of a slice."""

    def __init__(self, key: Any, shape: Shape) -> None:
        self.key, self.to = key, shape

    def forward(self, x: Any) -> Any:
        return on(x).slice_backward(x, self.key, self.to)

    def backward(self, grad: Tensor) -> Tensor:
        return Slice(self.key)(grad)


class Select(Slice):
    """x at one place of an axis."""

    name = "select"


@numpy_words
def select(input: TensorLike, dim: int, index: int) -> Tensor:
    """The slice at `index` along `dim`, without that axis.  A view."""
    x = as_operand("select", input)
    if not x.array.ndim:
        raise IndexError("select: a 0-d tensor has no axis to select from.")
    d = axis("select", dim, x.array.ndim)
    i = place("select", index, x.array.shape[d], dim)
    return Select((*(slice(None),) * d, i, ...))(x)


def place(op: str, index: Any, size: int, dim: int) -> int:
    """An index from either end as one from the front."""
    try:
        i = index.__index__()
    except (AttributeError, TypeError, RuntimeError):
        i = integer(op, "index", index)
    if not -size <= i < size:
        raise IndexError(f"{op}: index {i} is out of range for dim {dim} of size {size}" + place_range(size))
    return i % size


def place_range(size: int) -> str:
    return f"; use {-size} to {size - 1}." if size else ": there is nothing to pick."


class Narrow(Slice):
    """x within a part of an axis."""

    name = "narrow"


@numpy_words
def narrow(input: TensorLike, dim: int, start: Any, length: int) -> Tensor:
    """`length` places along `dim` from `start` on.  A view."""
    x = as_operand("narrow", input)
    if not x.array.ndim:
        raise IndexError("narrow: a 0-d tensor has no axis to narrow.")
    d = axis("narrow", dim, x.array.ndim)
    if isinstance(start, Tensor) and (start.array.ndim or start.array.dtype.kind not in "iu"):
        raise TypeError(f"narrow: start must be an int or 0-d integer tensor, got {start.dtype}, {tuple(start.shape)}.")
    size, first, length = x.array.shape[d], integer("narrow", "start", start), integer("narrow", "length", length, 0)
    if not -size <= first <= size:
        raise IndexError(f"narrow: start {first} is out of range for dim {dim} of size {size}; use {-size} to {size}.")
    first += size if first < 0 else 0
    if first + length > size:
        raise ValueError(f"narrow: {length} places from {first} on do not fit into dim {dim} of size {size}.")
    return Narrow((*(slice(None),) * d, slice(first, first + length), ...))(x)


@numpy_words
def narrow_copy(input: TensorLike, dim: int, start: Any, length: int) -> Tensor:
    """`narrow` in memory of its own."""
    return clone(narrow(input, dim, start, length))


class Unfold(Function):
    """Windows along an axis, as a last axis."""

    is_view = True

    def __init__(self, dim: int, size: int, step: int) -> None:
        self.dim, self.size, self.step = dim, size, step

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).unfold(x, self.dim, self.size, self.step)

    def backward(self, grad: Tensor) -> Tensor:
        return UnfoldBackward(self.dim, self.size, self.step, self.before)(grad)


class UnfoldBackward(Function):
    """Windows added up where they came from."""

    def __init__(self, dim: int, size: int, step: int, shape: Shape) -> None:
        self.dim, self.size, self.step, self.to = dim, size, step, shape

    def forward(self, x: Any) -> Any:
        return on(x).unfold_backward(x, self.to, self.dim, self.step)

    def backward(self, grad: Tensor) -> Tensor:
        return Unfold(self.dim, self.size, self.step)(grad)


@in_own_name
def unfold(input: TensorLike, dimension: int, size: int, step: int) -> Tensor:
    """All windows of `size` elements along `dimension`, `step` apart; the place in the window is a new last axis.  A
    view, which cannot be written to where windows overlap.

    Shapes: (…, n, …) → (…, (n − size) // step + 1, …, size).
    """
    x = as_operand("unfold", input)
    d = axis("unfold", dimension, x.array.ndim)
    n = x.array.shape[d] if x.array.ndim else 1
    size, step = integer("unfold", "size", size), integer("unfold", "step", step)
    if not 0 <= size <= n:
        raise ValueError(f"unfold: windows of {size} do not fit into dim {dimension} of size {n}.")
    if step <= 0:
        raise ValueError(f"unfold: step must be at least 1, got {step}.")
    return Unfold(d, size, step)(x)


@in_own_name
def as_strided(input: TensorLike, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """Any geometry over the same memory: element i of the result is at `storage_offset + Σ iₖ·strideₖ`.  A view.

    `storage_offset` counts elements from the beginning of the memory; None starts where the tensor does. Gradients go
    to the elements of `input` that were reached.
    """
    x = as_operand("as_strided", input)
    shape, steps = sizes_of("as_strided", (size,)), sizes_of("as_strided", (stride,))
    if len(shape) != len(steps):
        raise ValueError(f"as_strided: {len(shape)} sizes {shape} but {len(steps)} strides {steps}.")
    if any(s < 0 for s in shape) or any(s < 0 for s in steps):
        raise ValueError(f"as_strided: sizes and strides must be 0 or more, got {shape} and {steps}.")
    here = x.storage_offset()
    offset = 0 if storage_offset is None else integer("as_strided", "storage_offset", storage_offset) - here
    if not on(x.array).fits(x.array, shape, steps, offset):
        raise ValueError(
            f"as_strided: sizes {shape}, strides {steps} from element {here + offset} on reach outside of the memory."
        )
    y = AsStrided((x.array.shape, steps_of(x.array)), shape, steps, offset)(x)
    if any(n > 1 and s == 0 for n, s in zip(shape, steps)):
        y.array.flags.writeable = False
    if y._base is not None and not on(x.array).within(x.array, shape, steps, offset):
        y._base, y._view = None, UNRECORDED  # it sees more than x does, so x could not learn of writes through it
    return y


def as_strided_(x: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """`as_strided` in place: the tensor itself looks at its memory in another way."""
    y = as_strided(x.detach(), size, stride, storage_offset)
    if not on(x.array).within(x.array, y.array.shape, steps_of(y.array), AsStrided.between(y.array, x.array).offset):
        raise ValueError("as_strided_: the geometry reaches elements that the tensor does not have. Use as_strided.")
    return reshape_in_place(x, AsStrided.between(y.array, x.array), "as_strided_")


# ---- reversing and moving -------------------------------------------------------------------------------------------


class Flip(Function):
    """The order along some axes reversed."""

    def __init__(self, axes: Shape) -> None:
        self.axes = axes

    def forward(self, x: Any) -> Any:
        return on(x).flip(x, self.axes)

    def backward(self, grad: Tensor) -> Tensor:
        return Flip(self.axes)(grad)


def flip(input: TensorLike, *axes: Any, dims: Any = None) -> Tensor:
    """The order along the axes `dims` reversed.  A copy."""
    x = as_operand("flip", input)
    return Flip(_distinct("flip", sizes_of("flip", axes if dims is None else (dims,)), x.array.ndim))(x)


def _distinct(op: str, dims: Any, n: int) -> Shape:
    found = tuple([axis(op, d, n) for d in dims])
    if len(set(found)) != len(found):
        raise ValueError(f"{op}: dims {tuple(dims)} names a dimension twice.")
    return found


def fliplr(input: TensorLike) -> Tensor:
    """Left and right exchanged: axis 1 reversed.  A copy."""
    x = as_operand("fliplr", input)
    if x.array.ndim < 2:
        raise ValueError(f"fliplr: needs at least 2 dimensions, got shape {tuple(x.array.shape)}.")
    return Flip((1,))(x)


def flipud(input: TensorLike) -> Tensor:
    """Up and down exchanged: axis 0 reversed.  A copy."""
    x = as_operand("flipud", input)
    if x.array.ndim < 1:
        raise ValueError("flipud: needs at least 1 dimension, got a 0-d tensor.")
    return Flip((0,))(x)


class Roll(Function):
    """x moved along some axes, what leaves at the end coming in again in front."""

    def __init__(self, shifts: Shape, axes: Shape) -> None:
        self.shifts, self.axes = shifts, axes

    def forward(self, x: Any) -> Any:
        return on(x).roll(x, self.shifts, self.axes)

    def backward(self, grad: Tensor) -> Tensor:
        return Roll(tuple([-s for s in self.shifts]), self.axes)(grad)


@in_own_name
def roll(input: TensorLike, shifts: Any, dims: Any = None) -> Tensor:
    """Elements moved by `shifts` along `dims`, those beyond the end coming in again in front; without dims, along the
    flattened tensor."""
    x = as_operand("roll", input)
    by = sizes_of("roll", (shifts,)) if isinstance(shifts, (tuple, list)) else sizes_of("roll", (shifts,))
    if dims is None or (isinstance(dims, (tuple, list)) and not dims):
        if len(by) != 1:
            raise ValueError(f"roll: {len(by)} shifts without dims; give one dim per shift, or one shift alone.")
        return Reshape(x.array.shape)(Roll(by, (0,))(Reshape((-1,) if x.array.size else (0,))(x)))
    along = dims if isinstance(dims, (tuple, list)) else (dims,)
    if len(by) != len(along):
        raise ValueError(f"roll: {len(by)} shifts {by} for {len(along)} dims {tuple(along)}; give one of each.")
    if not x.array.ndim:
        raise IndexError(f"roll: a 0-d tensor has no dims to roll along, got {tuple(along)}.")
    over = tuple([axis("roll", d, x.array.ndim) for d in along])
    return Roll(by, over)(x)


@in_own_name
def rot90(input: TensorLike, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """Turned by 90° k times, from the first of `dims` towards the second.  A copy."""
    x = as_operand("rot90", input)
    n = x.array.ndim
    if n < 2 or not isinstance(dims, (tuple, list)) or len(dims) != 2:
        raise ValueError(f"rot90: needs at least 2 dimensions and 2 dims, got {tuple(x.array.shape)} and {dims}.")
    a, b = _distinct("rot90", dims, n)
    turns = integer("rot90", "k", k) % 4
    if turns == 0:
        return clone(x)
    if turns == 2:
        return Flip((a, b))(x)
    return Transpose(a, b)(Flip((b if turns == 1 else a,))(x))


__all__ = [
    "as_strided", "flip", "fliplr", "flipud", "narrow", "narrow_copy", "roll", "rot90", "select",
]  # fmt: skip
