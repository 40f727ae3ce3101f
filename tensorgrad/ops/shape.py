"""The same numbers in another shape, or with the axes in another order. Most of these are views: they share memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import reshape_in_place
from ..autograd.regions import Alias, alias
from ..kernels.shapes import Shape, axes, axis
from ..refusals import in_own_name
from ..tensor import UNRECORDED, Tensor, TensorLike
from .keywords import also, numpy_words
from .promote import as_operand

# ---- another shape --------------------------------------------------------------------------------------------------


class Reshape(Function):
    """x in another shape of as many elements."""

    is_view = True

    def __init__(self, shape: Any) -> None:
        self.to = shape

    def forward(self, x: Any) -> Any:
        return x.reshape(self.to)

    def backward(self, grad: Tensor) -> Tensor:
        return Reshape(tuple(self.inputs[0].shape))(grad)  # type: ignore[union-attr]  # the source has the shape of x


def reshape(input: TensorLike, *sizes: Any, shape: Any = None) -> Tensor:
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
    if y.array.shape != shape:
        if type(shape) is int:
            shape = (shape,)
        if min(shape, default=0) < -1:  # NumPy takes any negative number for a −1
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


def flatten(input: TensorLike, start_dim: int = 0, end_dim: int = -1) -> Tensor:
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
def unflatten(input: TensorLike, dim: int, sizes: Any) -> Tensor:
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
def ravel(input: TensorLike) -> Tensor:
    """All elements in one row: `reshape(-1)`."""
    return reshape(input, -1)


class Squeeze(Reshape):
    """x without some axes of size 1."""


@numpy_words
def squeeze(input: TensorLike, dim: Any = None) -> Tensor:
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


class Unsqueeze(Reshape):
    """x with one more axis of size 1."""


@numpy_words
def unsqueeze(input: TensorLike, dim: int) -> Tensor:
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


def permute(input: TensorLike, *axes: Any, dims: Any = None) -> Tensor:
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


class Transpose(Function):
    """Two axes exchanged."""

    is_view = True

    def __init__(self, a: int, b: int) -> None:
        self.a, self.b = a, b

    def forward(self, x: Any) -> Any:
        return x.swapaxes(self.a, self.b)

    def backward(self, grad: Tensor) -> Tensor:
        return Transpose(self.a, self.b)(grad)


def transpose(input: TensorLike, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged.  A view."""
    return _exchange("transpose", input, dim0, dim1)


def swapaxes(input: TensorLike, axis0: int, axis1: int) -> Tensor:
    """Two axes exchanged, by NumPy's name.  A view."""
    return _exchange("swapaxes", input, axis0, axis1)


def swapdims(input: TensorLike, dim0: int, dim1: int) -> Tensor:
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


def movedim(input: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """The axes `source` (an int or several) at the places `destination`, the others in their order.  A view."""
    return _move("movedim", input, source, destination)


def moveaxis(input: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
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


def t(input: TensorLike) -> Tensor:
    """The transpose of a matrix; vectors and 0-d tensors as they are.  A view."""
    x = as_operand("t", input)
    if x.array.ndim > 2:
        raise ValueError(f"t: needs at most 2 dimensions, got {tuple(x.array.shape)}. Use x.mT or transpose(a, b).")
    return Transpose(0, 1)(x) if x.array.ndim == 2 else alias(x)


def adjoint(input: TensorLike) -> Tensor:
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


# ---- copies ---------------------------------------------------------------------------------------------------------


class Clone(Function):
    """x in memory of its own."""

    def forward(self, x: Any) -> Any:
        return x.copy()

    def backward(self, grad: Tensor) -> Tensor:
        return grad


def clone(input: TensorLike, *, memory_format: Any = None) -> Tensor:
    """The same values in memory of their own (row-major); gradients pass."""
    return Clone()(as_operand("clone", input))


def detach(input: Tensor) -> Tensor:
    """A constant that looks at the same memory: gradients stop here."""
    return as_operand("detach", input).detach()


def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself when its memory is row-major, else a copy that is."""
    x = as_operand("contiguous", input)
    return x if x.array.flags.c_contiguous else Clone()(x)


# ---- in place -------------------------------------------------------------------------------------------------------


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


__all__ = [
    "adjoint", "atleast_1d", "atleast_2d", "atleast_3d", "clone", "detach", "flatten", "moveaxis", "movedim",
    "permute", "ravel", "reshape", "squeeze", "swapaxes", "swapdims", "t", "transpose", "unflatten", "unsqueeze",
]  # fmt: skip
