"""Sizes, axes and broadcasting: integers only, no arrays. The words of every shape error are made here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Any

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

Shape = tuple[int, ...]


def integer(op: str, what: str, value: Any, least: int | None = None) -> int:
    """A whole number that the user gives: an int, or what stands for one (a NumPy integer, a tensor of one integer)."""
    try:
        n = value.__index__()
    except (AttributeError, TypeError, RuntimeError):
        said = f"shape {tuple(value.shape)}" if hasattr(value, "shape") else repr(value)
        raise TypeError(f"{op}: {what} must be an int, got {type(value).__name__} {said}.") from None
    if least is not None and n < least:
        raise ValueError(f"{op}: {what} must be {least} or more, got {n}.")
    return n


def axis(op: str, dim: Any, ndim: int, extra: int = 0) -> int:
    """A dimension counted from either end as one counted from the front. `extra`: dims that the op adds (unsqueeze)."""
    n = max(ndim + extra, 1)  # a 0-d tensor may be asked for dim 0 or -1
    try:
        d = dim.__index__()
    except (AttributeError, TypeError, RuntimeError):
        d = integer(op, "dim", dim)
    if not -n <= d < n:
        raise IndexError(f"{op}: dim {d} is out of range for a tensor of {ndim} dimensions; use {-n} to {n - 1}.")
    return d % n


def axes(op: str, dim: Any, ndim: int) -> Shape:
    """`dim` of a reduction as a tuple of axes: None means all of them, an int one; a repeated one is refused."""
    if dim is None:
        return tuple(range(ndim))
    if not isinstance(dim, (tuple, list)):
        found: Shape = (axis(op, dim, ndim),)
    elif len(dim) == 0:
        return tuple(range(ndim))
    else:
        found = tuple(axis(op, d, ndim) for d in dim)
        if len(set(found)) != len(found):
            raise ValueError(f"{op}: dim {tuple(dim)} names a dimension twice.")
    return found if ndim else ()


def memory() -> int:
    """How many bytes this process can have: what the machine has, or less where a limit is set."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not on Windows
        found = 2**40
    if resource is not None:
        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            found = min(found, limit)
    return found


def fits(op: str, shape: Sequence[int], itemsize: int, what: str = "") -> None:
    """Refuse a result that no memory holds before anything is computed; in a loop it would take for ever to find out."""
    size = itemsize
    for n in shape:
        size *= n
    if size > 2**28 and size > memory():  # below it is not worth asking
        named = f"{shape[0]} {what}" if what else f"shape {tuple(shape)}"
        raise RuntimeError(
            f"{op}: a result of {named} takes {size / 2**30:.3g} GiB, and there are {memory() / 2**30:.3g} GiB of memory. "
            "Choose smaller sizes."
        )


def elements_along(shape: Shape, axes: Shape | None) -> int:
    """How many elements a reduction over these axes (None: all) takes together."""
    n = 1
    for i in range(len(shape)) if axes is None else axes:
        n *= shape[i]
    return n


def broadcast(op: str, **shapes: Sequence[int]) -> Shape:
    """The common shape, or the names and shapes of those that have none."""
    result: list[int] = []
    for shape in shapes.values():
        for i in range(1, len(shape) + 1):
            if i > len(result):
                result.insert(0, shape[-i])
            elif result[-i] == 1:
                result[-i] = shape[-i]
            elif shape[-i] not in (1, result[-i]):
                raise ValueError(mismatch(op, "these shapes do not broadcast", "", **shapes))
    return tuple(result)


def mismatch(op: str, what: str, cure: str = "", **shapes: Sequence[int]) -> str:
    """An error's text: what is wrong, the shapes under their names, what to do."""
    width = max(len(name) for name in shapes)
    lines = [f"{op}: {what}."] + [f"    {name.ljust(width)}  {tuple(shape)}" for name, shape in shapes.items()]
    if not cure:
        cure = "Counted from the right, sizes must be equal or 1; use reshape or unsqueeze to line them up."
    return "\n".join([*lines, cure])


# ---- windows: convolution, pooling, unfold --------------------------------------------------------------------------

Tap = tuple[Shape, tuple[slice, ...], tuple[slice, ...]]


def windows(
    size: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, ceil: bool = False
) -> Shape:
    """How many windows fit along each axis: ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    With `ceil` the last one may reach beyond the end, as long as it begins within the image or the padding before it.
    """
    out = []
    for n, k, s, p, d in zip(size, kernel, stride, padding, dilation):
        room = n + 2 * p - d * (k - 1) - 1
        count = room // s + 1
        if ceil and room % s and count * s < n + p:
            count += 1
        out.append(count)
    return tuple(out)


@lru_cache(maxsize=512)  # for small images counting them would take longer than using them
def taps(size: Shape, out: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape) -> list[Tap]:
    """Sliding windows, seen from inside the window: for each of its positions, in row-major order, the position, the
    windows for which it falls inside the image, and the pixels it falls on there:

        for at, window, pixel in taps(…):  columns[at][window] = x[pixel]

    is im2col, and its transpose (`x[pixel] += columns[at][window]`) is col2im; neither needs a padded copy of x.
    Positions that fall outside for every window are left out. `padding` is what lies before the image; `out` decides
    what comes after it.
    """
    along = []
    for n, o, k, s, p, d in zip(size, out, kernel, stride, padding, dilation):
        places = []
        # for the others no window puts them inside: the last one puts position r at (o - 1)·s + r·d - p, the first at r·d - p
        for r in range(max(0, -((o * s - s - p) // d)), min(k, (n - 1 + p) // d + 1)):
            start = r * d - p
            low, high = max(0, -(start // s)), min(o, (n - 1 - start) // s + 1)
            if low < high:
                first = low * s + start
                places.append((r, slice(low, high), slice(first, first + (high - low - 1) * s + 1, s)))
        along.append(places)
    return [tuple(zip(*place)) for place in product(*along)]


def per_axis(op: str, name: str, value: Any, n: int, least: int | None = None) -> Shape:
    """An int, or one int per spatial axis, as a tuple of `n`; each at least `least`."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    try:
        found = tuple([v.__index__() for v in given])
    except (AttributeError, TypeError, RuntimeError):
        raise TypeError(f"{op}: {name} must be an int or a tuple of ints, got {value!r}.") from None
    if len(found) == 1:
        found *= n
    if len(found) != n:
        raise ValueError(f"{op}: {name} {found} has {len(found)} entries; give one int, or {n}, one per spatial axis.")
    if least is not None and min(found) < least:
        raise ValueError(f"{op}: {name} must be at least {least}, got {value!r}.")
    return found
