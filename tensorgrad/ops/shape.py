"""The same numbers in another arrangement. Most of these are views: they share memory with their input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import reshape_in_place
from ..kernels import on
from ..kernels.shapes import Shape, axes, axis, broadcast, integer
from ..tensor import UNRECORDED, Size, Tensor
from .keywords import also, in_own_name, numpy_words
from .promote import as_operand

# ---- operations -----------------------------------------------------------------------------------------------------


class Alias(Function):
    """x itself, at a place of its own in the graph."""

    is_view = True

    def forward(self, x: Any) -> Any:
        return x.view()

    def backward(self, grad: Tensor) -> Tensor:
        return grad


class Clone(Function):
    """x in memory of its own."""

    def forward(self, x: Any) -> Any:
        return x.copy()

    def backward(self, grad: Tensor) -> Tensor:
        return grad


class Reshape(Function):
    """x in another shape of as many elements."""

    is_view = True

    def __init__(self, shape: Any) -> None:
        self.to = shape

    def forward(self, x: Any) -> Any:
        return x.reshape(self.to)

    def backward(self, grad: Tensor) -> Tensor:
        return Reshape(tuple(self.inputs[0].shape))(grad)  # type: ignore[union-attr]  # the source has the shape of x


class Squeeze(Reshape):
    """x without some axes of size 1."""


class Unsqueeze(Reshape):
    """x with one more axis of size 1."""


class Permute(Function):
    """Axes in another order."""

    is_view = True

    def __init__(self, order: Shape) -> None:
        self.order = order

    def forward(self, x: Any) -> Any:
        return x.transpose(self.order)

    def backward(self, grad: Tensor) -> Tensor:
        back = [0] * len(self.order)
        for i, a in enumerate(self.order):
            back[a] = i  # from the end, where a is negative
        return Permute(tuple(back))(grad)


class Transpose(Function):
    """Two axes exchanged."""

    is_view = True

    def __init__(self, a: int, b: int) -> None:
        self.a, self.b = a, b

    def forward(self, x: Any) -> Any:
        return x.swapaxes(self.a, self.b)

    def backward(self, grad: Tensor) -> Tensor:
        return Transpose(self.a, self.b)(grad)


class Expand(Function):
    """x repeated along axes of size 1, without a copy."""

    is_view = True

    def __init__(self, shape: Shape) -> None:
        self.to = shape

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).expand(x, self.to)

    def backward(self, grad: Tensor) -> Tensor:
        from .reduce import sum_to

        return sum_to(grad, self.before)


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


class Select(Slice):
    """x at one place of an axis."""

    name = "select"


class Narrow(Slice):
    """x within a part of an axis."""

    name = "narrow"


class SliceBackward(Function):
    """Zeros of a shape, with x at [key]: the gradient of a slice."""

    def __init__(self, key: Any, shape: Shape) -> None:
        self.key, self.to = key, shape

    def forward(self, x: Any) -> Any:
        return on(x).put_back(x, self.key, self.to)

    def backward(self, grad: Tensor) -> Tensor:
        return Slice(self.key)(grad)


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


class AsStrided(Function):
    """Any geometry over the memory of x: sizes, strides, and the offset from x's first element. An array of another
    arrangement than x had (its shape and strides `before`) is brought into that first, so that the same elements meet."""

    is_view = True

    def __init__(self, before: tuple[Shape, Shape], shape: Shape, strides: Shape, offset: int) -> None:
        self.before, self.to, self.strides, self.offset = before, shape, strides, offset

    @classmethod
    def between(cls, view: Any, base: Any) -> AsStrided:
        """The operation that gives one array over the memory of the other."""
        offset = (view.__array_interface__["data"][0] - base.__array_interface__["data"][0]) // base.itemsize
        return cls((base.shape, _steps(base)), view.shape, _steps(view), offset)

    def forward(self, x: Any) -> Any:
        return on(x).as_strided(x, self.before[1], self.to, self.strides, self.offset)

    def backward(self, grad: Tensor) -> Tensor:
        return AsStridedBackward(self.before, self.to, self.strides, self.offset)(grad)


class AsStridedBackward(Function):
    """What each element of the memory has received; elements of x in one place share it."""

    def __init__(self, before: tuple[Shape, Shape], shape: Shape, strides: Shape, offset: int) -> None:
        self.before, self.to, self.strides, self.offset = before, shape, strides, offset

    def forward(self, x: Any) -> Any:
        return on(x).as_strided_backward(x, *self.before, self.strides, self.offset)

    def backward(self, grad: Tensor) -> Tensor:
        return AsStrided(self.before, self.to, self.strides, self.offset)(grad)


class Flip(Function):
    """The order along some axes reversed."""

    def __init__(self, axes: Shape) -> None:
        self.axes = axes

    def forward(self, x: Any) -> Any:
        return on(x).flip(x, self.axes)

    def backward(self, grad: Tensor) -> Tensor:
        return Flip(self.axes)(grad)


class Roll(Function):
    """x moved along some axes, what leaves at the end coming in again in front."""

    def __init__(self, shifts: Shape, axes: Shape) -> None:
        self.shifts, self.axes = shifts, axes

    def forward(self, x: Any) -> Any:
        return on(x).roll(x, self.shifts, self.axes)

    def backward(self, grad: Tensor) -> Tensor:
        return Roll(tuple([-s for s in self.shifts]), self.axes)(grad)


def _steps(array: Any) -> Shape:
    """Strides in elements."""
    return tuple([s // array.itemsize for s in array.strides])


def alias(x: Tensor) -> Tensor:
    """x with a node of its own above it."""
    return Alias()(x)


# ---- another shape --------------------------------------------------------------------------------------------------


def reshape(input: Any, *sizes: Any, shape: Any = None) -> Tensor:
    """The same elements, in row-major order, in another shape; one entry may be −1.  A view where memory allows it."""
    if shape is None:
        shape = sizes
        if len(sizes) == 1 and type(sizes[0]) is not int and isinstance(sizes[0], Sequence):
            shape = sizes[0]
    return _reshaped("reshape", input if isinstance(input, Tensor) else as_operand("reshape", input), shape)


def _reshaped(op: str, x: Tensor, shape: Any) -> Tensor:
    try:
        y = Reshape(shape)(x)
    except (ValueError, TypeError):
        raise _no_shape(op, x, shape) from None
    if y.array.shape != shape and min(shape, default=0) < -1:  # NumPy takes any negative number for a −1
        raise _no_shape(op, x, shape)
    return y


def _no_shape(op: str, x: Tensor, shape: Any) -> Exception:
    to = sizes_of(op, (shape,))
    if any(s < -1 for s in to) or sum([s == -1 for s in to]) > 1:
        return ValueError(f"{op}: {to} is no shape; sizes are 0 or more, and at most one of them is -1 (work it out).")
    if -1 in to and 0 in to:
        return ValueError(f"{op}: the -1 in {to} could be any number, as the tensor has no elements. Give all sizes.")
    return ValueError(
        f"{op}: {x.array.size} elements of shape {tuple(x.array.shape)} cannot take the shape {to}.\n"
        "The product of the sizes must stay the same; at most one of them may be -1."
    )


def sizes_of(op: str, shape: Any) -> Shape:
    """`f(2, 3)`, `f((2, 3))` and `f([2, 3])` alike, as a tuple of ints."""
    try:
        if len(shape) == 1 and isinstance(shape[0], Sequence):
            shape = shape[0]
        return tuple([s.__index__() for s in shape])
    except (AttributeError, TypeError, RuntimeError):
        raise TypeError(f"{op}: sizes and dims are ints, got {shape!r}.") from None


def view(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """The same memory in another shape; an error where that would take a copy.

    `x.view(dtype)` reads the same bytes as another dtype (the last axis shrinks or grows accordingly); the result is a
    constant.
    """
    input = as_operand("view", input)
    if dtype is None and len(sizes) == 1 and isinstance(sizes[0], dtypes.dtype):
        dtype = sizes[0]
    if dtype is not None:
        return _view_dtype(input, dtypes.as_dtype(dtype))
    if size is None:
        one = len(sizes) == 1 and type(sizes[0]) is not int and isinstance(sizes[0], Sequence)
        size = sizes[0] if one else sizes
    y = _reshaped("view", input, size)
    if y._view is None and y.array.size:  # the reshape has copied
        raise ValueError(
            f"view: a tensor of shape {tuple(input.array.shape)} and strides {input.stride()} cannot be seen as "
            f"{tuple(y.array.shape)} without a copy. Use reshape(…), or contiguous().view(…)."
        )
    return y


def _view_dtype(x: Tensor, to: dtypes.dtype) -> Tensor:
    if to.numpy == x.array.dtype:
        return alias(x)
    if x.array.ndim == 0 and to.itemsize != x.array.itemsize:
        raise ValueError(f"view: a 0-d tensor of {x.dtype} cannot be read as {to}: the element sizes differ.")
    try:
        array = x.array.view(to.numpy)
    except ValueError:
        raise ValueError(
            f"view: a tensor of {x.dtype}, shape {tuple(x.array.shape)}, strides {x.stride()}, cannot be read as {to}: "
            "the last axis must be contiguous and its bytes a multiple of the new element size."
        ) from None
    y = Tensor._of(array)
    y.storage, y._view = x._storage(), UNRECORDED
    return y


@in_own_name
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """`view` with the shape of `other`."""
    return view(input, as_operand("view_as", other, "other").array.shape)


@in_own_name
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """`reshape` with the shape of `other`."""
    return reshape(input, as_operand("reshape_as", other, "other").array.shape)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The axes from `start_dim` to `end_dim` as one.  (…, a, b, c, …) → (…, a·b·c, …); 0-d → (1,)."""
    x = input if isinstance(input, Tensor) else as_operand("flatten", input)
    shape = x.array.shape
    if type(start_dim) is type(end_dim) is int and start_dim == 0 and end_dim == -1 and len(shape) > 1:
        return Reshape((x.array.size,))(x)
    first, last = axis("flatten", start_dim, len(shape)), axis("flatten", end_dim, len(shape))
    if first > last:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} in shape {tuple(shape)}.")
    if first == last and shape:
        return x
    n = 1
    for s in shape[first : last + 1]:
        n *= s
    return Reshape((*shape[:first], n, *shape[last + 1 :]))(x)


@numpy_words
def unflatten(input: Any, dim: int, sizes: Any) -> Tensor:
    """One axis as several, whose sizes multiply to its own; one of them may be −1."""
    x = as_operand("unflatten", input)
    d = axis("unflatten", dim, x.array.ndim)
    to = sizes_of("unflatten", (sizes,))
    shape = x.array.shape
    size = shape[d] if shape else 1
    known = 1
    for s in to:
        known *= s if s != -1 else 1
    if to.count(-1) == 1 and known > 0 and size % known == 0:
        to = tuple([size // known if s == -1 else s for s in to])
        known = size
    if not to or known != size or min(to) < 0:
        raise ValueError(
            f"unflatten: sizes {to} do not multiply to the size {size} of dim {dim}, shape {tuple(shape)}. "
            "At most one of them may be -1."
        )
    return Reshape((*shape[:d], *to, *shape[d + 1 :]))(x)


@in_own_name
def ravel(input: Any) -> Tensor:
    """All elements in one row: `reshape(-1)`."""
    return reshape(input, -1)


@numpy_words
def squeeze(input: Any, dim: Any = None) -> Tensor:
    """Without the axes of size 1: all of them, or those in `dim` (an int or several) that are.  A view."""
    x = input if isinstance(input, Tensor) else as_operand("squeeze", input)
    return Squeeze(_squeezed(x, dim))(x)


def _squeezed(x: Tensor, dim: Any) -> Shape:
    shape = x.array.shape
    if dim is None:
        return tuple([s for s in shape if s != 1])
    if isinstance(dim, (tuple, list)):
        dims = axes("squeeze", dim, len(shape)) if dim else ()
        return tuple([s for i, s in enumerate(shape) if s != 1 or i not in dims])
    d = axis("squeeze", dim, len(shape))
    return shape[:d] + shape[d + 1 :] if shape and shape[d] == 1 else shape


@numpy_words
def unsqueeze(input: Any, dim: int) -> Tensor:
    """A new axis of size 1 at `dim`.  A view."""
    x = input if isinstance(input, Tensor) else as_operand("unsqueeze", input)
    return Unsqueeze(_unsqueezed(x, dim))(x)


def _unsqueezed(x: Tensor, dim: int) -> Shape:
    shape = x.array.shape
    d = axis("unsqueeze", dim, len(shape), extra=1)
    return shape[:d] + (1,) + shape[d:]


def atleast_1d(*tensors: Any) -> Any:
    """Each with at least one axis: 0-d → (1,).  One tensor gives one, several or a list of them a tuple."""
    return _at_least("atleast_1d", tensors, lambda s: s or (1,))


def atleast_2d(*tensors: Any) -> Any:
    """Each with at least two axes: 0-d → (1, 1), (n,) → (1, n)."""
    return _at_least("atleast_2d", tensors, lambda s: (1,) * (2 - len(s)) + s)


def atleast_3d(*tensors: Any) -> Any:
    """Each with at least three axes: 0-d → (1, 1, 1), (n,) → (1, n, 1), (m, n) → (m, n, 1)."""

    def shape(s: Shape) -> Shape:
        return {0: (1, 1, 1), 1: (1, *s, 1), 2: (*s, 1)}.get(len(s), s)

    return _at_least("atleast_3d", tensors, shape)


def _at_least(op: str, tensors: Any, shape: Any) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        return tuple([_at_least(op, (t,), shape) for t in tensors[0]])
    if len(tensors) != 1:
        return tuple([_at_least(op, (t,), shape) for t in tensors])
    x = as_operand(op, tensors[0])
    to = shape(x.array.shape)
    return x if to == x.array.shape else Reshape(to)(x)


# ---- another order of axes ------------------------------------------------------------------------------------------


def permute(input: Any, *axes: Any, dims: Any = None) -> Tensor:
    """The axes in the order `dims`: axis i of the result is axis dims[i] of the input.  A view."""
    x = input if isinstance(input, Tensor) else as_operand("permute", input)
    if dims is None:
        dims = axes[0] if len(axes) == 1 and isinstance(axes[0], Sequence) else axes
    try:
        return Permute(tuple(dims))(x)
    except (ValueError, TypeError):
        pass
    order, n = sizes_of("permute", (dims,)), x.array.ndim
    if len(order) != n:
        raise ValueError(f"permute: dims {order} has {len(order)} entries for {n} dimensions; name each once.")
    order = tuple([axis("permute", d, n) for d in order])
    raise ValueError(f"permute: dims {order} names a dimension twice; each must come once.")


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged.  A view."""
    return _exchange("transpose", input, dim0, dim1)


def swapaxes(input: Any, axis0: int, axis1: int) -> Tensor:
    """Two axes exchanged, by NumPy's name.  A view."""
    return _exchange("swapaxes", input, axis0, axis1)


def swapdims(input: Any, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged.  A view."""
    return _exchange("swapdims", input, dim0, dim1)


def _exchange(op: str, input: Any, a: int, b: int) -> Tensor:
    x = input if isinstance(input, Tensor) else as_operand(op, input)
    try:
        return Transpose(a, b)(x)
    except (IndexError, TypeError):
        n = x.array.ndim
        a, b = axis(op, a, n), axis(op, b, n)
        return Transpose(a, b)(x) if n else alias(x)


def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """The axes `source` (an int or several) at the places `destination`, the others in their order.  A view."""
    return _move("movedim", input, source, destination)


def moveaxis(input: Any, source: Any, destination: Any) -> Tensor:
    """The axes `source` at the places `destination`, by NumPy's name.  A view."""
    return _move("moveaxis", input, source, destination)


def _move(op: str, input: Any, source: Any, destination: Any) -> Tensor:
    x = as_operand(op, input)
    n = x.array.ndim
    here = [axis(op, d, n) for d in (source if isinstance(source, (tuple, list)) else (source,))]
    there = [axis(op, d, n) for d in (destination if isinstance(destination, (tuple, list)) else (destination,))]
    if len(here) != len(there):
        where = f"source {source}, destination {destination}"
        raise ValueError(f"{op}: {len(here)} axes to move to {len(there)} places: {where}.")
    if len(set(here)) != len(here) or len(set(there)) != len(there):
        raise ValueError(f"{op}: an axis is named twice: source {source}, destination {destination}.")
    if not n:
        return alias(x)
    order = [d for d in range(n) if d not in here]
    for place, d in sorted(zip(there, here)):
        order.insert(place, d)
    return Permute(tuple(order))(x)


def t(input: Any) -> Tensor:
    """The transpose of a matrix; vectors and 0-d tensors as they are.  A view."""
    x = as_operand("t", input)
    if x.array.ndim > 2:
        raise ValueError(f"t: needs at most 2 dimensions, got {tuple(x.array.shape)}. Use x.mT or transpose(a, b).")
    return Transpose(0, 1)(x) if x.array.ndim == 2 else alias(x)


def adjoint(input: Any) -> Tensor:
    """The last two axes exchanged (of complex matrices also the conjugate, but there are none here).  A view."""
    return _last_two("adjoint", as_operand("adjoint", input))


def _last_two(op: str, x: Tensor) -> Tensor:
    if x.array.ndim < 2:
        raise ValueError(f"{op}: needs at least 2 dimensions, got shape {tuple(x.array.shape)}.")
    return Transpose(-2, -1)(x)


def _T(x: Tensor) -> Tensor:
    """All axes in reverse: the transpose of a matrix.  A view."""
    n = x.array.ndim
    return Transpose(0, 1)(x) if n == 2 else Permute(tuple(range(n))[::-1])(x)


def _mT(x: Tensor) -> Tensor:
    """The last two axes exchanged: the transpose of each matrix of a batch.  A view."""
    return _last_two("mT", x)


def _H(x: Tensor) -> Tensor:
    """The conjugate transpose of a matrix, which is the transpose: there are no complex numbers here.  A view."""
    if x.array.ndim not in (0, 2):
        raise ValueError(f"H: needs a matrix, got shape {tuple(x.array.shape)}. For batches of matrices use x.mH.")
    return Transpose(0, 1)(x) if x.array.ndim else alias(x)


def _mH(x: Tensor) -> Tensor:
    """The conjugate transpose of each matrix of a batch.  A view."""
    return _last_two("mH", x)


# ---- repeating ------------------------------------------------------------------------------------------------------


def expand(input: Any, *sizes: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """Repeat along axes of size 1 without copying; −1 keeps a size, new axes come in front.  A view that cannot be
    written to."""
    x = input if isinstance(input, Tensor) else as_operand("expand", input)
    return _expanded("expand", x, sizes_of("expand", sizes if size is None else (size,)))


def _expanded(op: str, x: Tensor, to: Shape) -> Tensor:
    shape, full = x.array.shape, to
    if -1 in to:
        extra = len(to) - len(shape)
        full = tuple([shape[i - extra] if s == -1 and i >= extra else s for i, s in enumerate(to)])
    try:
        return Expand(full)(x)
    except ValueError:
        raise ValueError(
            f"{op}: shape {tuple(shape)} cannot be expanded to {to}.\n"
            "Counted from the right, only axes of size 1 can grow; new axes come in front."
        ) from None


def expand_as(input: Any, other: Tensor) -> Tensor:
    """`expand` to the shape of `other`."""
    to = as_operand("expand_as", other, "other").array.shape
    return _expanded("expand_as", as_operand("expand_as", input), to)


def broadcast_to(input: Any, size: Any) -> Tensor:
    """`expand`, by NumPy's name."""
    return _expanded("broadcast_to", as_operand("broadcast_to", input), sizes_of("broadcast_to", (size,)))


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """All of them expanded to their common shape.  Views."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    xs = [as_operand("broadcast_tensors", x, f"tensor {i}") for i, x in enumerate(tensors)]
    shape = broadcast("broadcast_tensors", **{f"tensor {i}": x.array.shape for i, x in enumerate(xs)})
    return tuple([_expanded("broadcast_tensors", x, shape) for x in xs])


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of these shapes (tuples, or an int for one axis) broadcast to."""
    given = {f"shape {i}": sizes_of("broadcast_shapes", (s,)) for i, s in enumerate(shapes)}
    for s in given.values():
        if any(n < 0 for n in s):
            raise ValueError(f"broadcast_shapes: {s} is no shape; sizes are 0 or more.")
    return Size(broadcast("broadcast_shapes", **given))


def repeat(input: Any, *sizes: Any, repeats: Any = None) -> Tensor:
    """The whole tensor `repeats[i]` times along axis i; new axes come in front.  A copy.  See `tile`, NumPy's version.

    Shapes: (a, b) repeated (m, n) → (m·a, n·b).
    """
    x = as_operand("repeat", input)
    times = sizes_of("repeat", sizes if repeats is None else (repeats,))
    return _repeated("repeat", x, times)


def _repeated(op: str, x: Tensor, times: Shape) -> Tensor:
    if len(times) < x.array.ndim:
        raise ValueError(f"{op}: {len(times)} repeats for a tensor of {x.array.ndim} dimensions; give one for each.")
    if any(n < 0 for n in times):
        raise ValueError(f"{op}: repeats must be 0 or more, got {times}.")
    shape = (1,) * (len(times) - x.array.ndim) + x.array.shape
    between = [n for s in shape for n in (1, s)]
    full = [n for r, s in zip(times, shape) for n in (r, s)]
    y = Expand(tuple(full))(Reshape(tuple(between))(x))
    return _own(Reshape(tuple([r * s for r, s in zip(times, shape)]))(y))


def _own(y: Tensor) -> Tensor:
    """A reshape's result in memory of its own, where it has not been copied already."""
    return y if y.storage is None else clone(y)


def tile(input: Any, *sizes: Any, dims: Any = None) -> Tensor:
    """The whole tensor `dims[i]` times along axis i, where missing entries are 1.  A copy."""
    x = as_operand("tile", input)
    times = sizes_of("tile", sizes if dims is None else (dims,))
    return _repeated("tile", x, (1,) * (x.array.ndim - len(times)) + times)


@numpy_words
def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element `repeats` times in a row (an int, or one int per place) along `dim`; of all elements when None.

    With only one argument, a tensor of counts: the index i counts[i] times.
    """
    from .scatter import index_select

    op = "repeat_interleave"
    x = as_operand(op, input)
    if repeats is None:
        return Tensor._of(on(x.array).repeated(x.array.size, _counts(op, x)))
    if dim is None:
        x, dim = reshape(x, -1), 0
    d = axis(op, dim, x.array.ndim)
    n = x.array.shape[d] if x.array.ndim else 1
    times = repeats if isinstance(repeats, int) else _counts(op, repeats)
    if not isinstance(times, int):
        if times.size not in (1, n):
            raise ValueError(f"{op}: {times.size} repeats for {n} places of dim {dim}, shape {tuple(x.array.shape)}.")
        if times.size == 1:
            times = times.item()
    elif times < 0:
        raise ValueError(f"{op}: repeats must be 0 or more, got {times}.")
    total = times * n if isinstance(times, int) else int(times.sum())
    if output_size is not None and integer(op, "output_size", output_size) != total:
        raise ValueError(f"{op}: output_size is {output_size}, but the repeats add up to {total}.")
    if not isinstance(times, int):
        return index_select(x, d, Tensor._of(on(x.array).repeated(n, times)))
    if not x.array.ndim:
        x = Reshape((1,))(x)
    shape = x.array.shape
    y = Expand((*shape[: d + 1], times, *shape[d + 1 :]))(Unsqueeze((*shape[: d + 1], 1, *shape[d + 1 :]))(x))
    return _own(Reshape((*shape[:d], total, *shape[d + 1 :]))(y))


def _counts(op: str, repeats: Any) -> Any:
    """The repeats of `repeat_interleave` as an array."""
    times = as_operand(op, repeats, "repeats").array
    if times.dtype.kind not in "iu" or times.ndim > 1:
        raise TypeError(f"{op}: repeats must be an int or a one-dimensional integer tensor.")
    if times.size and times.min() < 0:
        raise ValueError(f"{op}: repeats must be 0 or more, the smallest is {times.min()}.")
    return times


# ---- reversing and moving -------------------------------------------------------------------------------------------


def flip(input: Any, *axes: Any, dims: Any = None) -> Tensor:
    """The order along the axes `dims` reversed.  A copy."""
    x = as_operand("flip", input)
    return Flip(_distinct("flip", sizes_of("flip", axes if dims is None else (dims,)), x.array.ndim))(x)


def _distinct(op: str, dims: Any, n: int) -> Shape:
    found = tuple([axis(op, d, n) for d in dims])
    if len(set(found)) != len(found):
        raise ValueError(f"{op}: dims {tuple(dims)} names a dimension twice.")
    return found


def fliplr(input: Any) -> Tensor:
    """Left and right exchanged: axis 1 reversed.  A copy."""
    x = as_operand("fliplr", input)
    if x.array.ndim < 2:
        raise ValueError(f"fliplr: needs at least 2 dimensions, got shape {tuple(x.array.shape)}.")
    return Flip((1,))(x)


def flipud(input: Any) -> Tensor:
    """Up and down exchanged: axis 0 reversed.  A copy."""
    x = as_operand("flipud", input)
    if x.array.ndim < 1:
        raise ValueError("flipud: needs at least 1 dimension, got a 0-d tensor.")
    return Flip((0,))(x)


def roll(input: Any, shifts: Any, dims: Any = None) -> Tensor:
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


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Tensor:
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


# ---- parts ----------------------------------------------------------------------------------------------------------


@numpy_words
def select(input: Any, dim: int, index: int) -> Tensor:
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


@numpy_words
def narrow(input: Any, dim: int, start: Any, length: int) -> Tensor:
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
def narrow_copy(input: Any, dim: int, start: Any, length: int) -> Tensor:
    """`narrow` in memory of its own."""
    return clone(narrow(input, dim, start, length))


def unfold(input: Any, dimension: int, size: int, step: int) -> Tensor:
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


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
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
    y = AsStrided((x.array.shape, _steps(x.array)), shape, steps, offset)(x)
    if any(n > 1 and s == 0 for n, s in zip(shape, steps)):
        y.array.flags.writeable = False
    if y._base is not None and not on(x.array).within(x.array, shape, steps, offset):
        y._base, y._view = None, UNRECORDED  # it sees more than x does, so x could not learn of writes through it
    return y


# ---- copies and in-place forms --------------------------------------------------------------------------------------


def clone(input: Any, *, memory_format: Any = None) -> Tensor:
    """The same values in memory of their own (row-major); gradients pass."""
    return Clone()(as_operand("clone", input))


def detach(input: Tensor) -> Tensor:
    """A constant that looks at the same memory: gradients stop here."""
    return as_operand("detach", input).detach()


def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself when its memory is row-major, else a copy that is."""
    x = as_operand("contiguous", input)
    return x if x.array.flags.c_contiguous else Clone()(x)


@numpy_words
def squeeze_(x: Tensor, dim: Any = None) -> Tensor:
    """`squeeze` in place: the tensor itself changes its shape."""
    return reshape_in_place(x, Squeeze(_squeezed(x, dim)), "squeeze_")


@numpy_words
def unsqueeze_(x: Tensor, dim: int) -> Tensor:
    """`unsqueeze` in place: the tensor itself changes its shape."""
    return reshape_in_place(x, Unsqueeze(_unsqueezed(x, dim)), "unsqueeze_")


@also(axis0="dim0", axis1="dim1")
def transpose_(x: Tensor, dim0: int, dim1: int) -> Tensor:
    """`transpose` in place: the tensor itself changes its shape."""
    n = x.array.ndim
    a, b = axis("transpose_", dim0, n), axis("transpose_", dim1, n)
    return reshape_in_place(x, Transpose(a, b) if n else Alias(), "transpose_")


def t_(x: Tensor) -> Tensor:
    """`t` in place: the tensor itself changes its shape."""
    if x.array.ndim > 2:
        raise ValueError(f"t_: needs at most 2 dimensions, got shape {tuple(x.array.shape)}. Use transpose_(a, b).")
    return reshape_in_place(x, Transpose(0, 1) if x.array.ndim == 2 else Alias(), "t_")


def as_strided_(x: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """`as_strided` in place: the tensor itself looks at its memory in another way."""
    y = as_strided(x.detach(), size, stride, storage_offset)
    if not on(x.array).within(x.array, y.array.shape, _steps(y.array), AsStrided.between(y.array, x.array).offset):
        raise ValueError("as_strided_: the geometry reaches elements that the tensor does not have. Use as_strided.")
    return reshape_in_place(x, AsStrided.between(y.array, x.array), "as_strided_")


__all__ = [
    "adjoint", "as_strided", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_shapes", "broadcast_tensors",
    "broadcast_to", "clone", "detach", "flatten", "flip", "fliplr", "flipud", "moveaxis", "movedim", "narrow",
    "narrow_copy", "permute", "ravel", "repeat_interleave", "reshape", "roll", "rot90", "select", "squeeze", "swapaxes",
    "swapdims", "t", "tile", "transpose", "unflatten", "unsqueeze",
]  # fmt: skip
