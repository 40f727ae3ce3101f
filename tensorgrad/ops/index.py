"""Picking elements, and writing to them.

`x[key]` has two halves. Ints, slices, None and Ellipsis make a view. What remains, integer arrays and masks, picks
elements of that view into a copy: the arrays are broadcast together, and the axes that they span in the result stand
where the first of them stood, or in front if slices part them. Ints never move axes: that is PyTorch's rule, and where
NumPy differs."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autograd.frames import warn
from ..autograd.function import Function
from ..autograd.inplace import check_not_a_leaf, check_writable, saved_operand, store_checked, store_result_of
from ..kernels import on
from ..kernels.shapes import Shape, broadcast, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor
from .assign import copy_into, number_in, same_dtype, without_leading_ones
from .promote import as_operand, cast
from .shape import Reshape, reshape, sizes_of
from .slice import Slice, place, place_range

# ---- x[key] ---------------------------------------------------------------------------------------------------------


class Index(Function):
    """x[key] by integer arrays or a mask."""

    borrowed = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).index(x, self.key)

    def backward(self, grad: Tensor) -> Tensor:
        return PutAt(self.key, self.before)(grad)


class PutAt(Function):
    """Zeros of a shape, with x added at [key]."""

    borrowed = ("key",)

    def __init__(self, key: Any, shape: Shape) -> None:
        self.key, self.to = key, shape

    def forward(self, x: Any) -> Any:
        return on(x).put_at(x, self.key, self.to)

    def backward(self, grad: Tensor) -> Tensor:
        return Index(self.key)(grad)


def getitem(x: Tensor, key: Any) -> Tensor:
    """x[key]: a view for ints, slices, None and Ellipsis; a copy once an integer array or a mask is among them."""
    plain = _plain(key)
    if plain is None:
        return _pick("getitem", x, key)
    try:
        return Slice(plain)(x)
    except IndexError:
        return _pick("getitem", x, plain)  # says what is wrong, in more words


def _plain(key: Any) -> tuple[Any, ...] | None:
    """A key of ints, slices, None and Ellipsis, ready for NumPy; None for any other. An Ellipsis keeps the result an
    array where NumPy would give a number."""
    if type(key) is int:
        return (key, ...)
    if type(key) is not tuple:
        key = (key,)
    dots = False
    for k in key:
        kind = type(k)
        if kind is slice:
            a, b, step = k.start, k.stop, k.step
            if not ((a is None or type(a) is int) and (b is None or type(b) is int)):
                return None
            if step is not None and not (type(step) is int and step > 0):
                return None
        elif k is ...:
            dots = True
        elif kind is not int and k is not None:
            return None
    return key if dots else (*key, ...)


def _arrays_only(key: Any) -> tuple[Any, ...] | None:
    """A key of integer tensors with axes, or of one mask, as arrays: the usual cases, recognised fast."""
    if type(key) is Tensor:
        array = key.array
        return (array,) if array.ndim and array.dtype.kind in "ib" else None
    if type(key) is tuple and key and all([type(k) is Tensor and k.array.ndim and k.array.dtype.kind == "i" for k in key]):
        return tuple([k.array for k in key])
    return None


def _pick(op: str, x: Tensor, key: Any) -> Tensor:
    picks = _arrays_only(key)
    if picks is not None:
        try:
            return Index(picks)(x)
        except IndexError:
            pass
    basic, picks, dims = _parse(op, x, _per_axis(key))
    if basic is not None or not picks:
        x = Slice(basic or (...,))(x)
    if not picks:
        return x
    try:
        return Index(picks)(x)
    except (IndexError, ValueError):
        raise _wrong_index(op, x.array.shape, picks, dims) from None


def _per_axis(key: Any) -> tuple[Any, ...]:
    """A key as a tuple of entries. A short list that holds more than numbers is one as well, as PyTorch has it."""
    if type(key) is tuple:
        return key
    if not isinstance(key, list) or len(key) >= 32:
        return (key,)
    if not any([k is None or k is ... or type(k) is slice or hasattr(k, "__len__") for k in key]):
        return (key,)
    warn(
        "a list of lists, tensors or slices is taken for one index per axis, as in PyTorch; say x[tuple(key)], or "
        "x[tensor(key)] for places along the first axis."
    )
    return tuple(key)


# ---- x[key] = value -------------------------------------------------------------------------------------------------


class IndexPut(Function):
    """x with value at [key]."""

    broadcasts = True
    into = False
    borrowed = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any, value: Any) -> Any:
        return on(x).index_put(x if self.into else x.copy(), self.key, value)

    def backward(self, grad: Tensor) -> Any:
        gx = IndexPut(self.key)(grad, 0) if self.needs[0] else None
        return gx, Index(self.key)(grad) if self.needs[1] else None


def setitem(x: Tensor, key: Any, value: Any) -> None:
    """x[key] = value: value is broadcast to x[key] and takes x's dtype. Recorded in both."""
    if isinstance(value, Tensor) and value._base is x and _just_read(x, key, value):
        return  # the second half of x[key] += y: Python writes back what is there already
    check_not_a_leaf(x, "setitem")
    z = value if type(value) in (int, float, bool) else as_operand("setitem", value, "value")
    plain = _plain(key)
    if plain is not None:
        try:
            region = Slice(plain)(x)
        except IndexError:
            pass
        else:
            check_writable(region, "setitem")
            copy_into(region, z, "setitem")
            return
    basic, picks, dims = _parse("setitem", x, _per_axis(key))
    region = Slice(basic)(x) if basic is not None else x
    fills = bool(picks) and _is_one_number(z)
    check_writable(region, "setitem", fills)
    if not picks:
        copy_into(region, z, "setitem")
        return
    if not isinstance(z, Tensor):
        z = number_in("setitem", x, z)
    else:
        z = cast(z, x.dtype)
        if z.array.shape[:1] == (1,):
            z = without_leading_ones(z, len(on(x.array).key_shape(region.array.shape, picks) or ()))
    try:
        store_result_of(region, IndexPut(picks), z, "setitem", fills)
    except (IndexError, ValueError):
        target = on(x.array).key_shape(region.array.shape, picks)
        if target is None:
            raise _wrong_index("setitem", region.array.shape, picks, dims) from None
        shapes = {"value": z.array.shape, "x[key]": target}
        what = "the value does not broadcast to what it is written to"
        raise ValueError(mismatch("setitem", what, **shapes)) from None


def _is_one_number(z: Any) -> bool:
    return not isinstance(z, Tensor) or (z.array.size == 1 and not z.requires_grad)


def _just_read(x: Tensor, key: Any, value: Tensor) -> bool:
    """Whether value is x[key] itself, in its place in the graph."""
    if value.requires_grad != x.requires_grad or value.is_leaf != x.is_leaf:  # which may give it another `_view`
        return False
    return type(value._view) is Slice and value._view.key == _plain(key)


@in_own_name
def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
    """input with x[indices] replaced by values, broadcast; with `accumulate` added, repeated places adding up."""
    x = as_operand("index_put", input)
    region, operation, z = _putting("index_put", x, indices, values, accumulate)
    return operation(region, z)


@in_own_name
def index_put_(x: Tensor, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
    """`index_put` in place."""
    region, operation, z = _putting("index_put_", x, indices, values, accumulate)
    store_result_of(region, operation, z, "index_put_", fills=not accumulate and _is_one_number(z))
    return x


def _putting(op: str, x: Tensor, indices: Any, values: Any, accumulate: bool) -> tuple[Tensor, Function, Tensor]:
    if not isinstance(indices, (tuple, list)) or not indices:
        raise TypeError(f"{op}: indices must be a tuple of tensors, one per dim, got {indices!r}.")
    picks: list[Any] = []
    for i in indices:
        k = _array(op, x, i)
        if k.dtype.kind == "b":
            _fits(op, x, k, len(picks))
            picks += [k] + [_SPANNED] * (k.ndim - 1)
        else:
            picks.append(k)
    if len(picks) > x.array.ndim:
        n = x.array.ndim
        raise IndexError(f"{op}: {len(picks)} indices are too many for a tensor of {n} dimensions, {_shape(x)}.")
    key = _met(picks)
    z = same_dtype(op, x, values, "values")
    target = on(x.array).key_shape(x.array.shape, key)
    if target is None:
        raise _wrong_index(op, x.array.shape, key, list(range(x.array.ndim)))
    try:
        fits = broadcast(op, values=z.array.shape, target=target) == target
    except ValueError:
        fits = False
    if not fits:
        shapes = {"values": z.array.shape, "x[indices]": target}
        raise ValueError(mismatch(op, "values do not broadcast to what they are written to", **shapes))
    return x, (IndexAddAt if accumulate else IndexPut)(key), z


class IndexAddAt(Function):
    """x with value added at [key]."""

    broadcasts = True
    into = False
    borrowed = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any, value: Any) -> Any:
        return on(x).index_add_at(x if self.into else x.copy(), self.key, value)

    def backward(self, grad: Tensor) -> Any:
        return grad, Index(self.key)(grad) if self.needs[1] else None


@in_own_name
def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Tensor:
    """input with the elements of source at places of the flattened tensor; with `accumulate` added to what is there."""
    x = as_operand("put", input)
    places, z = _for_put("put", x, index, source)
    return Reshape(x.array.shape)((IndexAddAt if accumulate else IndexPut)((places,))(reshape(x, -1), z))


@in_own_name
def put_(x: Tensor, index: Any, source: Any, accumulate: bool = False) -> Tensor:
    """`put` in place."""
    places, z = _for_put("put_", x, index, source)
    check_writable(x, "put_")
    flat = reshape(x, -1)
    if flat._view is not None:
        store_result_of(flat, (IndexAddAt if accumulate else IndexPut)((places,)), z, "put_")
        return x
    return store_checked(x, put(saved_operand(x, z), index, z, accumulate), "put_")


def _for_put(op: str, x: Tensor, index: Any, source: Any) -> tuple[Any, Tensor]:
    places = whole_index(op, index)
    z = same_dtype(op, x, source, "source")
    if z.array.size != places.size:
        raise ValueError(f"{op}: source has {z.array.size} elements, index {places.size}; they must be as many.")
    _in_flat(op, x, places)
    return places.reshape(-1), reshape(z, -1)


@in_own_name
def take(input: Any, index: Any) -> Tensor:
    """The elements at places of the flattened input, in index's shape."""
    x = as_operand("take", input)
    places = whole_index("take", index)
    _in_flat("take", x, places)
    return Index((places,))(reshape(x, -1))


@in_own_name
def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """Numbers of elements, counted in row-major order, as indices: one tensor per axis of `shape`."""
    op = "unravel_index"
    sizes = sizes_of(op, (shape,) if isinstance(shape, (tuple, list)) else ([shape],))
    if any(s < 0 for s in sizes):
        raise ValueError(f"{op}: sizes must be 0 or more, got {sizes}.")
    rest = as_operand(op, indices, "indices").array
    if rest.dtype.kind not in "iu":
        raise TypeError(f"{op}: indices must be whole numbers, got {as_operand(op, indices).dtype}. Convert: .long().")
    n, rest = prod(sizes), on(rest).whole(rest)
    if rest.size and not 0 <= rest.min() <= rest.max() < n:
        raise ValueError(f"{op}: indices must be from 0 to {n - 1}, the elements of shape {sizes}.")
    found = []
    for size in reversed(sizes):
        found.append(Tensor._of(on(rest).asarray(rest % max(size, 1))))
        rest = rest // max(size, 1)
    return tuple(reversed(found))


def _in_flat(op: str, x: Tensor, places: Any) -> None:
    n = x.array.size
    bad = on(places).out_of_range(places, -n, n)
    if bad is not None:
        raise IndexError(f"{op}: index {bad} is out of range for {n} elements" + place_range(n))


# ---- keys -----------------------------------------------------------------------------------------------------------


def _parse(op: str, x: Tensor, key: tuple[Any, ...]) -> tuple[Any, Any, list[int]]:
    """A key as two: the ints, slices and Nones (None where they change nothing), then the arrays with full slices
    between them; and which axis of x each axis between the two was."""
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
        return slice(_bound(op, k.start), _bound(op, k.stop), _step(op, k.step))
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
            kind = type(k).__name__
            raise TypeError(f"{op}: a {kind} inside of [] picks elements; for one index per axis use x[tuple(key)].")
        try:
            array = on(x.array).index_array([e.array if isinstance(e, Tensor) else e for e in k])
        except ValueError:
            raise TypeError(f"{op}: a list inside of [] must be numbers or rows of equal length, got {k!r}.") from None
    else:
        array = on(x.array).index_array(k)
    if array.dtype.kind not in "iub":
        raise TypeError(f"{op}: an index must have an integer or bool dtype, got {array.dtype}.")
    if array.dtype == "uint8":
        warn("a uint8 index is a mask, as in PyTorch; say x[mask.bool()] or x[index.long()].")
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
            n = shape[i]
            return IndexError(f"{op}: index {bad} is out of range for dim {dims[i]} of size {n}{place_range(n)}")
    shapes = ", ".join([str(tuple(k.shape)) for _, k in arrays])
    return IndexError(f"{op}: index arrays of shapes {shapes} do not broadcast together.")


def whole_index(op: str, index: Any) -> Any:
    array = as_operand(op, index, "index").array
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


__all__ = [
    "index_put", "put", "take", "unravel_index",
]  # fmt: skip
