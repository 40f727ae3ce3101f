"""Sizes, axes and broadcasting: integers only, no arrays. The words of every shape error are made here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Shape = tuple[int, ...]


def axis(op: str, dim: Any, ndim: int, extra: int = 0) -> int:
    """A dimension counted from either end as one counted from the front. `extra`: dims that the op adds (unsqueeze)."""
    n = max(ndim + extra, 1)  # a 0-d tensor may be asked for dim 0 or -1
    try:
        d = dim.__index__()
    except AttributeError:
        raise TypeError(f"{op}: dim must be an int, got {type(dim).__name__} {dim!r}.") from None
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
            raise RuntimeError(f"{op}: dim {tuple(dim)} names a dimension twice.")
    return found if ndim else ()


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
                raise ValueError(mismatch(op, "these shapes do not broadcast", **shapes))
    return tuple(result)


def mismatch(op: str, what: str, cure: str = "", **shapes: Sequence[int]) -> str:
    """An error's text: what is wrong, the shapes under their names, what to do."""
    width = max(len(name) for name in shapes)
    lines = [f"{op}: {what}."] + [f"    {name.ljust(width)}  {tuple(shape)}" for name, shape in shapes.items()]
    if not cure:
        cure = "Counted from the right, sizes must be equal or 1; use reshape or unsqueeze to line them up."
    return "\n".join([*lines, cure])
