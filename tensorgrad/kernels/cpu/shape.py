"""The same numbers in another arrangement: views where memory allows, copies where not."""

from __future__ import annotations

from typing import Any

import numpy as np

from .workspace import row_major

Shape = tuple[int, ...]


def expand(x: Any, shape: Shape) -> Any:
    """x with axes of size 1 repeated to `shape`, without a copy; not writable where it repeats anything."""
    before = x.shape
    if before == shape:
        return x.view()
    if not x.flags.c_contiguous or x.size == 0:
        out = np.broadcast_to(x, shape)
        if out.size == x.size and x.flags.writeable:
            out.flags.writeable = True
        return out
    extra = len(shape) - len(before)  # the same in a third of the time
    strides = [0] * extra
    for n, old, stride in zip(shape[extra:], before, x.strides):
        if n != old and old != 1:
            raise ValueError("expand")
        strides.append(stride if n == old else 0)
    if extra < 0:
        raise ValueError("expand")
    out = np.ndarray(shape, x.dtype, x, 0, strides)
    if out.size != x.size:
        out.flags.writeable = False
    return out


def flip(x: Any, axes: Shape) -> Any:
    """x with the order along some axes reversed."""
    return x[tuple([slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim)])].copy()


def roll(x: Any, shifts: Shape, axes: Shape) -> Any:
    """x moved along some axes, what leaves at the end coming in again in front."""
    out = x
    for shift, axis in zip(shifts, axes):
        at = -shift % out.shape[axis] if out.shape[axis] else 0
        before = (slice(None),) * axis
        out = np.concatenate((out[(*before, slice(at, None))], out[(*before, slice(0, at))]), axis)
    return out.copy() if out is x else row_major(out)


def unfold(x: Any, axis: int, size: int, step: int) -> Any:
    """All windows of `size` along an axis, `step` apart, the position inside the window as a last axis; a view."""
    if not x.ndim:
        return x.reshape(1)[:size]
    stride, n = x.strides[axis], (x.shape[axis] - size) // step + 1
    shape = (*x.shape[:axis], n, *x.shape[axis + 1 :], size)
    out = _over(x, shape, (*x.strides[:axis], stride * step, *x.strides[axis + 1 :], stride), 0)
    if step < size and out.flags.writeable:
        out.flags.writeable = False  # elements of neighbouring windows are the same
    return out


def unfold_backward(grad: Any, shape: Shape, axis: int, step: int) -> Any:
    """The sum of the windows where they came from."""
    out = np.zeros(shape, grad.dtype)
    n = grad.shape[axis] if shape else 1
    before = (slice(None),) * axis
    for k in range(grad.shape[-1]):
        place = (*before, slice(k, k + (n - 1) * step + 1, step)) if shape else ()
        out[place] += grad[..., k]
    return out


def slice_backward(x: Any, key: Any, shape: Shape) -> Any:
    """Zeros of a shape, with x at [key]."""
    out = np.zeros(shape, x.dtype)
    out[key] = x
    return out


def repeated(n: int, times: Any) -> Any:
    """0 … n − 1, i coming times[i] times."""
    return np.repeat(np.arange(n), times)


# ---- any geometry over a piece of memory ----------------------------------------------------------------------------


def _over(x: Any, shape: Shape, strides: Shape, offset: int) -> Any:
    """An array over the memory of x: strides and the offset from x's first element in bytes. Checked by the caller."""
    owner = memory_of(x)
    flat = owner if owner.flags.c_contiguous else owner.ravel(order="K")
    start = _address(x) - _address(flat)
    out = np.ndarray(shape, x.dtype, flat, start + offset, strides)
    if not x.flags.writeable:
        out.flags.writeable = False
    return out


def memory_of(x: Any) -> Any:
    """The array whose memory x looks at."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


def in_copy(x: Any, owner: Any, copied: Any) -> Any:
    """What x is of its owner, of a copy of the owner."""
    if x is owner:
        return copied
    if copied.strides != owner.strides or not owner.flags.forc:
        return x.copy("K")  # the copy is arranged in another way
    flat = copied.ravel(order="K").view(np.uint8)
    out = np.ndarray(x.shape, x.dtype, flat, _address(x) - _address(owner), x.strides)
    out.flags.writeable = x.flags.writeable or not repeats(x)
    return out


def writable(x: Any) -> Any:
    """x in an array that can be written to, if its memory can be; else x itself, read-only as it is."""
    if x.flags.writeable:
        return x
    owner = memory_of(x)
    flat = owner if owner.flags.c_contiguous else owner.ravel(order="K")
    if not flat.flags.writeable or not owner.flags.forc:
        return x
    return np.ndarray(x.shape, x.dtype, flat, _address(x) - _address(flat), x.strides)


def repeats(x: Any) -> bool:
    """Whether several elements of x may stand for the same place in memory."""
    return _overlaps(x.shape, _steps(x))


def _address(x: Any) -> int:
    return x.__array_interface__["data"][0]


def _extent(shape: Shape, strides: Shape) -> tuple[int, int]:
    """First and last element that a geometry reaches, from its origin."""
    if 0 in shape:
        return 0, -1
    steps = [(n - 1) * s for n, s in zip(shape, strides)]
    return sum([s for s in steps if s < 0]), sum([s for s in steps if s > 0])


def fits(x: Any, shape: Shape, strides: Shape, offset: int) -> bool:
    """Whether a geometry (in elements, from x's first) stays within the memory that x looks at."""
    owner = memory_of(x)
    low, high = _extent(shape, strides)
    start = (_address(x) - _address(owner)) // x.itemsize + offset
    return low > high or (start + low >= 0 and start + high < owner.size)


def within(x: Any, shape: Shape, strides: Shape, offset: int) -> bool:
    """Whether every element of a geometry is one of x's."""
    (low, high), (first, last) = _extent(x.shape, _steps(x)), _extent(shape, strides)
    if first > last:
        return True
    if first + offset < low or last + offset > high:
        return False
    return bool(x.flags.c_contiguous or np.isin(_places(shape, strides, offset), _places(x.shape, _steps(x), 0)).all())


def _steps(x: Any) -> Shape:
    return tuple([s // x.itemsize for s in x.strides])


def _places(shape: Shape, strides: Shape, offset: int) -> Any:
    """Where in memory each element is: the indices into it, of the geometry's shape."""
    out = np.full(shape, offset, np.intp)
    for i, (n, s) in enumerate(zip(shape, strides)):
        out += (np.arange(n) * s).reshape((n,) + (1,) * (len(shape) - i - 1))
    return out


def _overlaps(shape: Shape, strides: Shape) -> bool:
    """Whether two elements of a geometry may be the same place."""
    reach = 0
    for s, n in sorted([(abs(s), n) for n, s in zip(shape, strides) if n > 1]):
        if s <= reach:
            return True
        reach += (n - 1) * s
    return False


def _sum_at(places: Any, values: Any, n: int) -> Any:
    return np.bincount(places.ravel(), values.ravel(), n).astype(values.dtype)


def laid_out(x: Any, strides: Shape) -> Any:
    """A copy of x whose strides (in bytes) are these."""
    out = x.copy()
    if out.strides == strides or out.size == 0:
        return out
    low, high = _extent(x.shape, strides)
    memory = np.zeros((high - low) // x.itemsize + 1, x.dtype)
    out = np.ndarray(x.shape, x.dtype, memory, -low, strides)
    out[...] = x
    return out


def as_strided(x: Any, before: Shape, shape: Shape, strides: Shape, offset: int) -> Any:
    """The elements at `offset + Σ iₖ·stridesₖ` of the memory that x looks at, from x's first element: a view. An array
    of x's shape arranged in another way than with the strides `before` is copied into that arrangement first."""
    if _steps(x) == before and fits(x, shape, strides, offset):
        return _over(x, shape, tuple([s * x.itemsize for s in strides]), offset * x.itemsize)
    low, n = _common(x.shape, before, shape, strides, offset)
    if _overlaps(x.shape, before):
        places = _places(x.shape, before, -low)
        memory = _sum_at(places, x, n) / np.maximum(np.bincount(places.ravel(), minlength=n), 1)
    else:
        memory = np.zeros(n, x.dtype)
        memory[_places(x.shape, before, -low)] = x
    return memory.astype(x.dtype)[_places(shape, strides, offset - low)]


def as_strided_backward(grad: Any, to: Shape, before: Shape, strides: Shape, offset: int) -> Any:
    """What each element of x, of shape `to` and strides `before`, has received; shared by the elements in one place."""
    low, n = _common(to, before, grad.shape, strides, offset)
    memory = _sum_at(_places(grad.shape, strides, offset - low), grad, n)
    places = _places(to, before, -low)
    if _overlaps(to, before):
        memory = memory / np.maximum(np.bincount(places.ravel(), minlength=n), 1)
    return memory.astype(grad.dtype)[places]


def _common(a: Shape, a_strides: Shape, b: Shape, b_strides: Shape, offset: int) -> tuple[int, int]:
    """The memory that two geometries reach together: its first element and its size."""
    (a_low, a_high), (b_low, b_high) = _extent(a, a_strides), _extent(b, b_strides)
    low, high = min(a_low, b_low + offset), max(a_high, b_high + offset)
    return low, high - low + 1


# ---- several arrays -------------------------------------------------------------------------------------------------


def cat(arrays: tuple[Any, ...], axis: int) -> Any:
    """Arrays one after the other along an axis."""
    return row_major(np.concatenate(arrays, axis))


def stack(arrays: tuple[Any, ...], axis: int) -> Any:
    """Arrays side by side along a new axis."""
    key = (slice(None),) * axis + (None,)
    return row_major(np.concatenate([a[key] for a in arrays], axis))
