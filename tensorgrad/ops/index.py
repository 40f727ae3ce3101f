"""Picking elements, and writing to them.

`x[key]` has two halves. Ints, slices, None and Ellipsis make a view. What remains, integer arrays and masks, picks elements
of that view into a copy: the arrays are broadcast together, and the axes of the result that they span stand where the first
of them stood, or in front if slices part them. Ints never move axes: that is PyTorch's rule, and where NumPy differs.
"""

from __future__ import annotations

import warnings
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import apply_to, before_write, check_writable, joins, write, written
from ..autograd.inplace import put as overwrite
from ..autograd.modes import quiet
from ..kernels import on
from ..kernels.shapes import Shape, axis, broadcast, mismatch
from ..tensor import Tensor
from .promote import as_operand, cast
from .shape import Expand, PutBack, Reshape, Slice, alias, clone, place, place_range, reshape, select, sizes_of

# ---- operations -----------------------------------------------------------------------------------------------------
# `into`: write to the first input's own memory (the in-place form) instead of a copy.


class Index(Function):
    """x[key] by integer arrays or a mask."""

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).index(x, self.key)

    def backward(self, grad: Tensor) -> Tensor:
        return PutAt(self.key, self.before)(grad)


class PutAt(Function):
    """Zeros of a shape, with x added at [key]."""

    def __init__(self, key: Any, shape: Shape) -> None:
        self.key, self.to = key, shape

    def forward(self, x: Any) -> Any:
        return on(x).put_at(x, self.key, self.to)

    def backward(self, grad: Tensor) -> Tensor:
        return Index(self.key)(grad)


class IndexPut(Function):
    """x with value at [key]."""

    broadcasts = True
    into = False

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any, value: Any) -> Any:
        return on(x).index_put(x if self.into else x.copy(), self.key, value)

    def backward(self, grad: Tensor) -> Any:
        gx = IndexPut(self.key)(grad, 0) if self.needs[0] else None
        return gx, Index(self.key)(grad) if self.needs[1] else None


class IndexAddAt(Function):
    """x with value added at [key]."""

    broadcasts = True
    into = False

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any, value: Any) -> Any:
        return on(x).index_add_at(x if self.into else x.copy(), self.key, value)

    def backward(self, grad: Tensor) -> Any:
        return grad, Index(self.key)(grad) if self.needs[1] else None


class IndexSelect(Function):
    """The slices of x at some places of an axis."""

    def __init__(self, dim: int, index: Any) -> None:
        self.dim, self.index = dim, index

    def forward(self, x: Any) -> Any:
        self.before = x.shape[self.dim]
        return on(x).index_select(x, self.index, self.dim)

    def backward(self, grad: Tensor) -> Tensor:
        return IndexSum(self.dim, self.index, self.before)(grad)


class IndexSum(Function):
    """Zeros of size n along an axis, to which the slices of x are added."""

    def __init__(self, dim: int, index: Any, n: int) -> None:
        self.dim, self.index, self.n = dim, index, n

    def forward(self, x: Any) -> Any:
        return on(x).index_sum(x, self.index, self.dim, self.n)

    def backward(self, grad: Tensor) -> Tensor:
        return IndexSelect(self.dim, self.index)(grad)


class IndexAdd(Function):
    """x with alpha · the slices of source added at some places of an axis."""

    into = False

    def __init__(self, dim: int, index: Any, alpha: Any) -> None:
        self.dim, self.index, self.alpha = dim, index, alpha

    def forward(self, x: Any, source: Any) -> Any:
        return on(x).index_add(x if self.into else x.copy(), self.index, source, self.dim, self.alpha)

    def backward(self, grad: Tensor) -> Any:
        if not self.needs[1]:
            return grad, None
        gz = IndexSelect(self.dim, self.index)(grad)
        return grad, gz if self.alpha == 1 else gz * self.alpha


class IndexCopy(Function):
    """x with the slices of source, or one number, at some places of an axis."""

    into = False

    def __init__(self, dim: int, index: Any) -> None:
        self.dim, self.index = dim, index

    def forward(self, x: Any, source: Any) -> Any:
        return on(x).index_copy(x if self.into else x.copy(), self.index, source, self.dim)

    def backward(self, grad: Tensor) -> Any:
        gx = IndexCopy(self.dim, self.index)(grad, 0) if self.needs[0] else None
        gz = None
        if self.needs[1]:
            gz = IndexSelect(self.dim, self.index)(grad)
        return gx, gz


class IndexFill(IndexCopy):
    """x with one value at some places of an axis."""

    def backward(self, grad: Tensor) -> Any:
        gx = IndexCopy(self.dim, self.index)(grad, 0) if self.needs[0] else None
        gz = None
        if self.needs[1]:  # a place named twice has been filled once
            there = on(self.index).distinct(self.index, grad.array.shape[self.dim])
            gz = IndexSelect(self.dim, there)(grad).sum()
        return gx, gz


class MaskedFill(Function):
    """value where mask, else x."""

    into = False

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def forward(self, x: Any, value: Any) -> Any:
        return on(x).masked_fill(x if self.into else x.copy(), self.mask, value)

    def backward(self, grad: Tensor) -> Any:
        gx = MaskedFill(self.mask)(grad, 0) if self.needs[0] else None
        return gx, MaskedFill(~self.mask)(grad, 0).sum() if self.needs[1] else None


class MaskedScatter(Function):
    """x with the first elements of source, in their order, where mask."""

    into = False

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def forward(self, x: Any, source: Any) -> Any:
        self.before = source.shape
        return on(x).masked_scatter(x if self.into else x.copy(), self.mask, source)

    def backward(self, grad: Tensor) -> Any:
        gx = MaskedFill(self.mask)(grad, 0) if self.needs[0] else None
        gz = None
        if self.needs[1]:
            taken = Index((self.mask,))(grad)
            n = 1
            for size in self.before:
                n *= size
            gz = reshape(PutBack((slice(0, taken.array.size), ...), (n,))(taken), self.before)
        return gx, gz


# ---- x[key] ---------------------------------------------------------------------------------------------------------


def getitem(x: Tensor, key: Any) -> Tensor:
    """x[key]: a view for ints, slices, None and Ellipsis; a copy once an integer array or a mask is among them."""
    kind = type(key)
    if kind is int:
        plain: Any = (key, ...)
    else:
        plain = key if kind is tuple else (key,)
        for k in plain:
            kind = type(k)
            if kind is slice:
                step = k.step
                if step is not None and not (type(step) is int and step > 0):
                    break
            elif kind is not int and k is not None and k is not Ellipsis:
                break
        else:
            plain = plain if Ellipsis in plain else (*plain, ...)
            kind = int
        if kind is not int:
            return _pick("getitem", x, plain)
    try:
        return Slice(plain)(x)
    except (IndexError, TypeError):
        _parse("getitem", x, plain)  # says what is wrong in more words
        raise


def _pick(op: str, x: Tensor, key: tuple[Any, ...]) -> Tensor:
    basic, picks, dims = _parse(op, x, key)
    if basic is not None or not picks:
        x = Slice(basic or (...,))(x)
    if not picks:
        return x
    try:
        return Index(picks)(x)
    except (IndexError, ValueError):
        raise _wrong_index(op, x.array.shape, picks, dims) from None


def _parse(op: str, x: Tensor, key: tuple[Any, ...]) -> tuple[Any, Any, list[int]]:
    """A key as two: the ints, slices and Nones (None where they change nothing), then the arrays with full slices between
    them (None if there are none); and which axis of x each axis between the two was."""
    items = [_item(op, x, k) for k in key]
    ndim = x.array.ndim
    used = sum([_spans(k) for k in items])
    if used > ndim:
        raise IndexError(f"{op}: {used} indices are too many for a tensor of {ndim} dimensions, {_shape(x)}.")
    if sum([k is Ellipsis for k in items]) > 1:
        raise IndexError(f"{op}: an index can have one Ellipsis (...) only.")
    basic: list[Any] = []
    picks: list[Any] = []
    dims: list[int] = []
    at = 0  # the axis of x
    plain = True

    def full(n: int) -> None:
        basic.extend([slice(None)] * n)
        dims.extend(range(at, at + n))

    for k in items:
        if type(k) is int:
            place(op, k, x.array.shape[at], at)
            basic.append(k)
            plain = False
        elif k is None:
            basic.append(None)
            dims.append(-1)
            plain = False
        elif k is Ellipsis:
            full(ndim - used)
        elif type(k) is slice:
            basic.append(k)
            dims.append(at)
            plain = plain and k == slice(None)
        elif k.dtype.kind == "b" and not k.ndim:  # True and False add an axis of size 1 or 0
            basic.append(None)
            plain = False
            picks += [slice(None)] * (len(dims) - len(picks)) + [k.reshape(1)]
            dims.append(-1)
        else:
            if k.dtype.kind == "b":
                _fits(op, x, k, at)
            picks += [slice(None)] * (len(dims) - len(picks)) + [k]
            if k.dtype.kind == "b" and k.ndim > 1:
                picks += [_SPANNED] * (k.ndim - 1)
            full(max(1, k.ndim) if k.dtype.kind == "b" else 1)
        at += ndim - used if k is Ellipsis else _spans(k)
    return None if plain else (*basic, ...), _met(picks), dims


_SPANNED: Any = "an axis that the mask before spans as well"


def _met(picks: list[Any]) -> tuple[Any, ...]:
    """A key of arrays and full slices: masks beside other arrays become the integers they stand for."""
    arrays = [k for k in picks if k is not _SPANNED and type(k) is not slice]
    if len(arrays) < 2:
        return tuple([k for k in picks if k is not _SPANNED])
    rows = iter([row for k in arrays for row in (on(k).nonzero(k) if k.dtype.kind == "b" else (k,))])
    return tuple([k if type(k) is slice else next(rows) for k in picks])


def _fits(op: str, x: Tensor, mask: Any, at: int) -> None:
    if mask.shape != x.array.shape[at : at + mask.ndim]:
        last = f" to {at + mask.ndim - 1}" if mask.ndim > 1 else ""
        raise IndexError(f"{op}: a mask of shape {tuple(mask.shape)} does not fit dim {at}{last} of {_shape(x)}.")


def _item(op: str, x: Tensor, k: Any) -> Any:
    """One entry of a key as int, slice, None, Ellipsis, or an array of integers or truth values."""
    if k is None or k is Ellipsis or type(k) is int:
        return k
    if type(k) is slice:
        return slice(*[_bound(op, b) for b in (k.start, k.stop)], _step(op, k.step))
    if isinstance(k, (list, tuple, range, bool, Tensor)) or hasattr(k, "dtype"):
        array = _array(op, x, k)
        return int(array) if array.dtype.kind != "b" and not array.ndim else array
    if hasattr(k, "__index__"):
        return k.__index__()
    raise TypeError(f"{op}: an index is an int, slice, None, Ellipsis, mask or integer array, got {type(k).__name__}.")


def _array(op: str, x: Tensor, k: Any) -> Any:
    """An array of integers or truth values."""
    if isinstance(k, Tensor):
        array = k.array
    elif isinstance(k, (list, tuple, range)):
        if any(e is None or e is Ellipsis or isinstance(e, slice) for e in k):
            raise TypeError(f"{op}: a {type(k).__name__} inside of [] picks elements; for one index per axis use x[tuple(key)].")
        array = on(x.array).index_array([e.array if isinstance(e, Tensor) else e for e in k])
    else:
        array = on(x.array).index_array(k)
    if array.dtype.kind not in "iub":
        raise TypeError(f"{op}: an index must have an integer or bool dtype, got {array.dtype}.")
    if array.dtype == "uint8":
        warnings.warn("indexing by uint8 means a mask, as in PyTorch; say x[mask.bool()] or x[index.long()].", stacklevel=4)
        return array != 0
    return array


def _bound(op: str, b: Any) -> Any:
    if b is None or type(b) is int:
        return b
    if not hasattr(b, "__index__"):
        raise TypeError(f"{op}: the ends and the step of a slice are ints, got {type(b).__name__}.")
    return b.__index__()


def _step(op: str, step: Any) -> Any:
    step = _bound(op, step)
    if step is not None and step <= 0:
        raise ValueError(f"{op}: a slice's step must be at least 1, got {step}. To reverse an axis use flip(dims).")
    return step


def _spans(k: Any) -> int:
    """How many axes of x an entry of a key takes."""
    if k is None or k is Ellipsis:
        return 0
    return k.ndim if not isinstance(k, (int, slice)) and k.dtype.kind == "b" else 1


def _shape(x: Tensor) -> str:
    return f"shape {tuple(x.array.shape)}"


def _wrong_index(op: str, shape: Shape, picks: Any, dims: list[int]) -> IndexError:
    """Why arrays cannot pick from this shape."""
    arrays = [(i, k) for i, k in enumerate(picks) if type(k) is not slice]
    for i, k in arrays:
        bad = on(k).out_of_range(k, -shape[i], shape[i]) if k.dtype.kind != "b" else None
        if bad is not None:
            return IndexError(f"{op}: index {bad} is out of range for dim {dims[i]} of size {shape[i]}" + place_range(shape[i]))
    shapes = ", ".join([str(tuple(k.shape)) for _, k in arrays])
    return IndexError(f"{op}: index arrays of shapes {shapes} do not broadcast together.")


def setitem(x: Tensor, key: Any, value: Any) -> None:
    """x[key] = value: value is broadcast to x[key] and takes x's dtype. Recorded in both."""
    if isinstance(value, Tensor) and value._base is x and _same_place(x, key, value):
        return  # the second half of x[key] += y: Python writes back what is there already
    check_writable(x, "setitem")
    plain = key if type(key) is tuple else (key,)
    basic, picks, dims = _parse("setitem", x, plain)
    z = value if type(value) in (int, float, bool) else as_operand("setitem", value, "value")
    region = Slice(basic)(x) if basic is not None else x
    if not picks:
        copy_into(region, z, "setitem")
        return
    if isinstance(z, Tensor):
        z = _without_leading_ones(cast(z, x.dtype), len(dims))
    try:
        apply_to(region, IndexPut(picks), z, "setitem")
    except (IndexError, ValueError):
        target = on(x.array).key_shape(region.array.shape, picks)
        if target is None:
            raise _wrong_index("setitem", region.array.shape, picks, dims) from None
        shapes = {"value": z.array.shape, "x[key]": target}
        raise ValueError(mismatch("setitem", "the value does not broadcast to what it is written to", **shapes)) from None


def _same_place(x: Tensor, key: Any, value: Tensor) -> bool:
    """Whether value is x[key] itself, up to date in the graph."""
    if value.requires_grad != x.requires_grad or (value.node is None and value._requires_grad):
        return False
    plain = key if type(key) is tuple else (key,)
    if any(isinstance(k, (Tensor, list, bool)) or hasattr(k, "dtype") for k in plain):
        return False
    here = x.array[(*plain, ...) if Ellipsis not in plain else plain]
    there = value.array
    return (
        here.shape == there.shape
        and here.strides == there.strides
        and here.__array_interface__["data"] == there.__array_interface__["data"]
    )


def _without_leading_ones(z: Tensor, ndim: int) -> Tensor:
    """Axes of size 1 in front, beyond `ndim`, dropped: assignment ignores them."""
    shape = z.array.shape
    extra = 0
    while len(shape) - extra > ndim and shape[extra] == 1:
        extra += 1
    return Reshape(shape[extra:])(z) if extra else z


# ---- whole tensors ----------------------------------------------------------------------------------------------------


def copy_into(x: Tensor, value: Any, op: str) -> Tensor:
    """x[...] = value, broadcast and cast to x, in memory and in the graph."""
    if not joins(x, value, op):
        array = value.array if isinstance(value, Tensor) else value
        try:
            with quiet():
                x.array[...] = array
        except ValueError:
            raise _does_not_fit(op, array.shape, x) from None
        written(x, op)
        return x
    z = as_operand(op, value) if not isinstance(value, Tensor) else value
    z = _without_leading_ones(cast(z, x.dtype), x.array.ndim)
    try:
        new = Expand(x.array.shape)(z) if z.array.shape != x.array.shape else alias(z)
    except ValueError:
        raise _does_not_fit(op, z.array.shape, x) from None
    return overwrite(x, new, op)


def _does_not_fit(op: str, shape: Shape, x: Tensor) -> ValueError:
    return ValueError(mismatch(op, "the value does not broadcast to what it is written to", value=shape, to=x.array.shape))


def copy_(x: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Write src, broadcast and cast, into x's memory; gradients go to src."""
    check_writable(x, "copy_")
    return copy_into(x, as_operand("copy_", src, "src"), "copy_")


def fill_(x: Tensor, value: Any) -> Tensor:
    """Write one number, or a 0-d tensor (which receives the gradient), everywhere."""
    check_writable(x, "fill_")
    return copy_into(x, one_number("fill_", value), "fill_")


def fill(input: Any, value: Any) -> Tensor:
    """A tensor like input, with one number (or 0-d tensor) everywhere."""
    return copy_into(clone(as_operand("fill", input)), one_number("fill", value), "fill")


def zero_(x: Tensor) -> Tensor:
    """Write zeros everywhere."""
    check_writable(x, "zero_")
    return copy_into(x, 0, "zero_")


def one_number(op: str, value: Any) -> Any:
    """A Python number, or a 0-d tensor."""
    z = value if isinstance(value, (int, float)) else as_operand(op, value, "value")
    if isinstance(z, Tensor) and z.array.ndim:
        raise ValueError(f"{op}: value must be a number or a 0-d tensor, got shape {tuple(z.array.shape)}.")
    return z


def set_(x: Tensor, source: Tensor | None = None) -> Tensor:
    """Let x be another name for source: the same memory, version and place in the graph. Without one, x becomes empty."""
    check_writable(x, "set_")
    if source is None:
        source = Tensor._of(on(x.array).empty((0,), x.array.dtype))
    if source.array.dtype != x.array.dtype:
        raise TypeError(f"set_: the source is {source.dtype}, the tensor {x.dtype}; they must be the same.")
    new = alias(source)
    if new._version == x._version:  # whoever saved x must see that it is not what it was
        new._storage().count += 1
    _become(x, new)
    return x


def resize_(x: Tensor, *sizes: Any, memory_format: Any = None) -> Tensor:
    """Another shape, of any number of elements: the first ones stay, new ones are not set. Only for constants."""
    to = sizes_of("resize_", sizes)
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


def _become(x: Tensor, new: Tensor) -> None:
    for name in ("array", "storage", "node", "_requires_grad", "_base", "_view", "_rebased"):
        setattr(x, name, getattr(new, name))


# ---- along one axis ---------------------------------------------------------------------------------------------------


def index_of(op: str, x: Tensor, dim: int, index: Any, negative: bool = False) -> tuple[Tensor, int, Any]:
    """x with at least one axis, the axis, and a one-dimensional index array, checked."""
    d = axis(op, dim, x.array.ndim)
    array = _whole_index(op, index)
    if array.ndim > 1:
        raise IndexError(f"{op}: index must have one dimension, got shape {tuple(array.shape)}.")
    x = x if x.array.ndim else Reshape((1,))(x)
    size = x.array.shape[d]
    in_range(op, array, size, dim, negative)
    return x, d, array if array.ndim else array.reshape(1)


def _whole_index(op: str, index: Any) -> Any:
    array = index.array if isinstance(index, Tensor) else on(index).index_array(index)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{op}: index must have an integer dtype, got {array.dtype}. Convert it first: index.long().")
    return array


def in_range(op: str, index: Any, size: int, dim: Any, negative: bool = False) -> None:
    """Refuse an index outside of [0, size), or [−size, size)."""
    bad = on(index).out_of_range(index, -size if negative else 0, size)
    if bad is not None:
        where = f"dim {dim} of size {size}"
        cure = place_range(size) if negative else f"; use 0 to {size - 1}." if size else ": there is nothing to pick."
        raise IndexError(f"{op}: index {bad} is out of range for {where}{cure}")


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """The slices at the places `index` along `dim`, a copy.  Shapes: (…, n, …), (k,) → (…, k, …)."""
    x = as_operand("index_select", input)
    y, d, array = index_of("index_select", x, dim, index)
    if not x.array.ndim and array.size != 1:
        raise IndexError(f"index_select: a 0-d tensor has one place, index has {array.size}.")
    out = IndexSelect(d, array)(y)
    return out if x.array.ndim else Reshape(())(out)


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
    """input with alpha · source added to the slices at the places `index` along `dim`; repeated places add up.

    Shapes: (…, n, …), (k,), source (…, k, …) → (…, n, …).
    """
    x, d, array, z = _with_source("index_add", input, dim, index, source)
    return _shaped_as(input, IndexAdd(d, array, alpha)(x, z))


def index_add_(x: Tensor, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
    """`index_add` in place."""
    y, d, array, z = _with_source("index_add_", x, dim, index, source)
    apply_to(y, IndexAdd(d, array, alpha), z, "index_add_")
    return x


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Tensor:
    """input with the slices at the places `index` along `dim` replaced by those of source.

    Shapes: (…, n, …), (k,), source (…, k, …) → (…, n, …). Which one stays of slices for one place is not defined.
    """
    x, d, array, z = _with_source("index_copy", input, dim, index, source)
    return _shaped_as(input, IndexCopy(d, array)(x, z))


def index_copy_(x: Tensor, dim: int, index: Any, source: Any) -> Tensor:
    """`index_copy` in place."""
    y, d, array, z = _with_source("index_copy_", x, dim, index, source)
    apply_to(y, IndexCopy(d, array), z, "index_copy_")
    return x


def _with_source(op: str, input: Any, dim: int, index: Any, source: Any) -> tuple[Tensor, int, Any, Tensor]:
    x = as_operand(op, input)
    if x.array.ndim and not _whole_index(op, index).ndim and as_operand(op, source, "source").array.ndim == 0:
        source = reshape(as_operand(op, source, "source"), 1) if x.array.ndim == 1 else source
    y, d, array = index_of(op, x, dim, index)
    z = same_dtype(op, x, source, "source")
    if not x.array.ndim and not z.array.ndim:
        z = Reshape((1,))(z)
    shape = (*y.array.shape[:d], array.size, *y.array.shape[d + 1 :])
    if z.array.shape != shape:
        what = f"source must have {array.size} slices, one per index, along dim {dim}, and else input's sizes"
        shapes = {"input": x.array.shape, "index": array.shape, "source": z.array.shape}
        raise ValueError(mismatch(op, what, "Nothing is broadcast here; expand the source first.", **shapes))
    return y, d, array, z


def same_dtype(op: str, x: Tensor, other: Any, what: str) -> Tensor:
    """The other operand, which must be of x's dtype."""
    z = as_operand(op, other, what)
    if z.array.dtype != x.array.dtype:
        raise TypeError(f"{op}: {what} is {z.dtype}, input {x.dtype}; they must be the same. Use {what}.to(input.dtype).")
    return z


def _shaped_as(input: Any, out: Tensor) -> Tensor:
    """A 0-d input was computed as (1,)."""
    shape = input.array.shape if isinstance(input, Tensor) else input.shape
    return out if out.array.shape == shape else Reshape(shape)(out)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Tensor:
    """input with one number, or a 0-d tensor, in the slices at the places `index` along `dim`."""
    x, d, array = index_of("index_fill", as_operand("index_fill", input), dim, index, negative=True)
    return _shaped_as(input, IndexFill(d, array)(x, fitting("index_fill", x, value)))


def index_fill_(x: Tensor, dim: int, index: Any, value: Any) -> Tensor:
    """`index_fill` in place."""
    y, d, array = index_of("index_fill_", x, dim, index, negative=True)
    apply_to(y, IndexFill(d, array), fitting("index_fill_", x, value), "index_fill_")
    return x


def fitting(op: str, x: Tensor, value: Any) -> Any:
    """A number or 0-d tensor in x's dtype."""
    z = one_number(op, value)
    if isinstance(z, Tensor):
        return cast(z, x.dtype)
    return number_in(op, x, z)


def number_in(op: str, x: Tensor, value: Any) -> Any:
    """A Python number as one of x's dtype, if it is within its range."""
    kind = x.array.dtype.kind
    if kind == "b":
        return bool(value)
    if kind in "iu":
        info = dtypes.iinfo(x.dtype)
        if not info.min <= value <= info.max:
            raise ValueError(f"{op}: {value} is outside of the range of {x.dtype}, {info.min} to {info.max}.")
        return int(value)
    return value


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
    """input with x[indices] replaced by values, broadcast; with `accumulate` added, repeated places adding up."""
    x = as_operand("index_put", input)
    region, operation, z = _putting("index_put", x, indices, values, accumulate)
    return operation(region, z)


def index_put_(x: Tensor, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
    """`index_put` in place."""
    region, operation, z = _putting("index_put_", x, indices, values, accumulate)
    apply_to(region, operation, z, "index_put_")
    return x


def _putting(op: str, x: Tensor, indices: Any, values: Any, accumulate: bool) -> tuple[Tensor, Function, Tensor]:
    if not isinstance(indices, (tuple, list)) or not indices:
        raise TypeError(f"{op}: indices must be a tuple of tensors, one per dim, got {indices!r}.")
    picks: list[Any] = []
    for i in indices:
        k = slice(None) if i is None else _array(op, x, i)
        if type(k) is not slice and k.dtype.kind == "b":
            _fits(op, x, k, len(picks))
            picks += [k] + [_SPANNED] * (k.ndim - 1)
        else:
            picks.append(k)
    if len(picks) > x.array.ndim:
        raise IndexError(f"{op}: {len(picks)} indices are too many for a tensor of {x.array.ndim} dimensions, {_shape(x)}.")
    while type(picks[-1]) is slice:
        picks.pop()
    key = _met(picks)
    z = same_dtype(op, x, values, "values")
    target = on(x.array).key_shape(x.array.shape, key)
    if target is None:
        raise _wrong_index(op, x.array.shape, key, list(range(x.array.ndim)))
    z = _without_leading_ones(z, len(target))
    try:
        fits = broadcast(op, values=z.array.shape, target=target) == target
    except ValueError:
        fits = False
    if not fits:
        shapes = {"values": z.array.shape, "x[indices]": target}
        raise ValueError(mismatch(op, "values do not broadcast to what they are written to", **shapes))
    return x, (IndexAddAt if accumulate else IndexPut)(key), z


def take(input: Any, index: Any) -> Tensor:
    """The elements at places of the flattened input, in index's shape."""
    x = as_operand("take", input)
    places = _whole_index("take", index)
    _in_flat("take", x, places)
    return Index((places,))(reshape(x, -1))


def _in_flat(op: str, x: Tensor, places: Any) -> None:
    n = x.array.size
    bad = on(places).out_of_range(places, -n, n)
    if bad is not None:
        raise IndexError(f"{op}: index {bad} is out of range for {n} elements" + place_range(n))


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Tensor:
    """input with the elements of source at places of the flattened tensor; with `accumulate` added to what is there."""
    x = as_operand("put", input)
    places, z = _for_put("put", x, index, source)
    return Reshape(x.array.shape)((IndexAddAt if accumulate else IndexPut)((places,))(reshape(x, -1), z))


def put_(x: Tensor, index: Any, source: Any, accumulate: bool = False) -> Tensor:
    """`put` in place."""
    places, z = _for_put("put_", x, index, source)
    check_writable(x, "put_")
    flat = reshape(x, -1)
    if flat._view is not None:
        apply_to(flat, (IndexAddAt if accumulate else IndexPut)((places,)), z, "put_")
        return x
    return write(x, put(before_write(x, z), index, z, accumulate), "put_")


def _for_put(op: str, x: Tensor, index: Any, source: Any) -> tuple[Any, Tensor]:
    places = _whole_index(op, index)
    z = same_dtype(op, x, source, "source")
    if z.array.size != places.size:
        raise ValueError(f"{op}: source has {z.array.size} elements, index {places.size}; they must be as many.")
    _in_flat(op, x, places)
    return places.reshape(-1), reshape(z, -1)


# ---- masks --------------------------------------------------------------------------------------------------------------


def _mask(op: str, mask: Any) -> Any:
    array = as_operand(op, mask, "mask").array
    if array.dtype.kind != "b":
        raise TypeError(f"{op}: mask must be bool, got {array.dtype}. Use a comparison, or mask.bool().")
    return array


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """One number, or a 0-d tensor, where mask, else input.  Shapes: input and mask broadcast."""
    x, m = as_operand("masked_fill", input), _mask("masked_fill", mask)
    if m.shape != x.array.shape:
        x = _grown(x, broadcast("masked_fill", input=x.array.shape, mask=m.shape))
    return MaskedFill(m)(x, fitting("masked_fill", x, value))


def _grown(x: Tensor, shape: Shape) -> Tensor:
    return x if x.array.shape == shape else Expand(shape)(x)


def masked_fill_(x: Tensor, mask: Any, value: Any) -> Tensor:
    """`masked_fill` in place; mask broadcasts to x."""
    m = _mask_for("masked_fill_", x, mask)
    return apply_to(x, MaskedFill(m), fitting("masked_fill_", x, value), "masked_fill_")


def _mask_for(op: str, x: Tensor, mask: Any) -> Any:
    """A mask that broadcasts to x."""
    m = _mask(op, mask)
    if broadcast(op, input=x.array.shape, mask=m.shape) != x.array.shape:
        shapes = {"input": x.array.shape, "mask": m.shape}
        raise ValueError(mismatch(op, "in place, the mask must broadcast to the tensor's shape", **shapes))
    return m


def masked_select(input: Any, mask: Any) -> Tensor:
    """The elements of input where mask, in row-major order, as one axis.  Shapes: input and mask broadcast."""
    x, m = as_operand("masked_select", input), _mask("masked_select", mask)
    shape = broadcast("masked_select", input=x.array.shape, mask=m.shape)
    return Index((on(m).expand(m, shape),))(_grown(x, shape))


def masked_scatter(input: Any, mask: Any, source: Any) -> Tensor:
    """The elements of source, in their order, where mask, else input.  Shapes: input and mask broadcast."""
    x, m = as_operand("masked_scatter", input), _mask("masked_scatter", mask)
    shape = broadcast("masked_scatter", input=x.array.shape, mask=m.shape)
    m = on(m).expand(m, shape)
    return MaskedScatter(m)(_grown(x, shape), _enough("masked_scatter", x, m, source))


def masked_scatter_(x: Tensor, mask: Any, source: Any) -> Tensor:
    """`masked_scatter` in place; mask broadcasts to x."""
    m = _mask_for("masked_scatter_", x, mask)
    m = on(m).expand(m, x.array.shape)
    return apply_to(x, MaskedScatter(m), _enough("masked_scatter_", x, m, source), "masked_scatter_")


def _enough(op: str, x: Tensor, mask: Any, source: Any) -> Tensor:
    z, n = same_dtype(op, x, source, "source"), on(mask).count_nonzero(mask)
    if z.array.size < n:
        raise ValueError(f"{op}: source has {z.array.size} elements, the mask asks for {n}.")
    return z


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """The places of what is not 0, in row-major order: rows (n, ndim), or with `as_tuple` one index tensor per axis."""
    array = as_operand("nonzero", input).array
    if not as_tuple:
        return Tensor._of(on(array).nonzero_rows(array))
    return tuple([Tensor._of(i) for i in on(array).nonzero(array if array.ndim else array.reshape(1))])


def argwhere(input: Any) -> Tensor:
    """The places of what is not 0, as rows (n, ndim)."""
    return nonzero(input)


# ---- parts of a tensor replaced -----------------------------------------------------------------------------------------


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Tensor:
    """input with the slice at `index` along `dim` replaced by src, of that slice's shape."""
    x = as_operand("select_scatter", input)
    out = clone(x)
    return _replaced("select_scatter", out, select(out, dim, index), src)


def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """input with the places start:end:step along `dim` replaced by src, of that part's shape."""
    x = as_operand("slice_scatter", input)
    d = axis("slice_scatter", dim, x.array.ndim)
    if step < 1:
        raise ValueError(f"slice_scatter: step must be at least 1, got {step}.")
    out = clone(x)
    return _replaced("slice_scatter", out, Slice((*(slice(None),) * d, slice(start, end, step), ...))(out), src)


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """input with a diagonal of the axes dim1 and dim2 replaced by src, of that diagonal's shape."""
    from .linalg import diagonal

    x = as_operand("diagonal_scatter", input)
    out = clone(x)
    return _replaced("diagonal_scatter", out, diagonal(out, offset, dim1, dim2), src)


def _replaced(op: str, out: Tensor, part: Tensor, src: Any) -> Tensor:
    z = as_operand(op, src, "src")
    if z.array.shape != part.array.shape:
        raise ValueError(mismatch(op, "src must have the shape of what it replaces", "", src=z.array.shape, part=part.array.shape))
    copy_into(part, z, op)
    return out


# ---- sorted sequences ---------------------------------------------------------------------------------------------------


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Tensor:
    """Where each value of input belongs in the sorted rows: i with row[i − 1] < value ≤ row[i]  (right: ≤ and <).

    Shapes: (…, n), (…, m) → (…, m); a sequence (n,) serves values of any shape.
    """
    return _searchsorted("searchsorted", sorted_sequence, input, out_int32, right, side, sorter)


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The number of the bucket between sorted boundaries that each value of input falls in: 0 below the first one."""
    edges = as_operand("bucketize", boundaries, "boundaries")
    if edges.array.ndim != 1:
        raise ValueError(f"bucketize: boundaries must have one dimension, got shape {tuple(edges.array.shape)}.")
    return _searchsorted("bucketize", edges, input, out_int32, right, None, None)


def _searchsorted(op: str, sequence: Any, input: Any, int32: bool, right: bool, side: str | None, sorter: Any) -> Tensor:
    rows, values = as_operand(op, sequence, "sorted_sequence").array, as_operand(op, input).array
    if side not in (None, "left", "right"):
        raise ValueError(f"{op}: side is 'left' or 'right', got {side!r}.")
    if side == "left" and right:
        raise ValueError(f"{op}: side='left' contradicts right=True.")
    if not rows.ndim:
        raise ValueError(f"{op}: the sorted sequence needs at least one dimension.")
    if rows.ndim > 1 and rows.shape[:-1] != values.shape[:-1]:
        shapes = {"sorted_sequence": rows.shape, "input": values.shape}
        raise ValueError(mismatch(op, "all sizes but the last must be equal", "Or give a sequence of one dimension.", **shapes))
    order = None
    if sorter is not None:
        order = _whole_index(op, sorter)
        if order.shape != rows.shape:
            raise ValueError(mismatch(op, "sorter must have the sequence's shape", sorter=order.shape, sequence=rows.shape))
        in_range(op, order, rows.shape[-1], -1)
    found = on(rows).searchsorted(rows, values, "right" if right or side == "right" else "left", order)
    return cast(Tensor._of(on(rows).whole(found)), dtypes.int32 if int32 else dtypes.int64)


__all__ = [
    "argwhere", "bucketize", "diagonal_scatter", "fill", "index_add", "index_copy", "index_fill", "index_put",
    "index_select", "masked_fill", "masked_scatter", "masked_select", "nonzero", "put", "searchsorted", "select_scatter",
    "slice_scatter", "take",
]  # fmt: skip
