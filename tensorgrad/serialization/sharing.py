"""Who shares memory with whom, and how that is kept in a file.

    a = ones(4); {"a": a, "b": a, "head": a[:2]}

`a` and `b` lie at the same place and are stored once. `head` shares memory with them, but is another part of it: the memory
is stored, under the name of the one that is all of it or else flat under the first name, and each of the three is a view of
it: [name, first byte, dtype, shape, strides].
What shares memory with nothing else is stored by itself, its numbers only: a small view of a large tensor stays small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import dtypes
from .safetensors import METADATA, can_hold

Arrays = dict[str, np.ndarray]


@dataclass
class Place:
    """An array, the name that it would like, and the node of the tree that tells where it is stored: {kind: where}."""

    array: np.ndarray
    name: str
    node: dict[str, Any]
    kind: str


def stored(found: Sequence[Place]) -> Arrays:
    """The arrays of a file, by name; each place's node is filled in."""
    arrays: Arrays = {}
    for group in sorted(_groups([p.array for p in found])):  # in the order in which their first ones were found
        together = [found[i].array for i in group]
        alike = len({_layout(a) for a in together}) == 1
        start = min(_bounds(a)[0] for a in together)
        end = max(_bounds(a)[1] for a in together)
        # One that is the whole memory, row by row, is stored as it is: other libraries read it by its name.
        whole = next((i for i in group if _is_all(found[i].array, start, end)), None)
        name = _free(found[group[0] if whole is None else whole].name, arrays)
        if whole is not None:
            arrays[name] = found[whole].array
        else:
            arrays[name] = together[0] if alike else _memory(together, start)
        for i, a in zip(group, together):
            view = [name, _address(a) - start, a.dtype.name, list(a.shape), list(a.strides)]
            found[i].node[found[i].kind] = name if alike else view
    return arrays


class Views:
    """The arrays of a file, and views of them, by what a node says: a name, or a list as above."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._views: dict[str, np.ndarray] = {}

    def __getitem__(self, where: Any) -> np.ndarray:
        if isinstance(where, str):
            return self._arrays[where]
        if str(where) not in self._views:
            name, offset, kind, shape, strides = where
            memory = self._arrays[name]
            lists = isinstance(shape, list) and isinstance(strides, list)
            if not lists or not all(type(n) is int for n in (offset, *shape, *strides)):
                raise ValueError(f"no view: {where}")
            self._views[str(where)] = _view(memory.reshape(-1), offset, _dtype(kind), shape, strides)
        return self._views[str(where)]


def any_shared(arrays: Sequence[np.ndarray]) -> bool:
    """Whether any two of these share memory."""
    return any(len(group) > 1 for group in _groups(arrays))


def _groups(arrays: Sequence[np.ndarray]) -> list[list[int]]:
    """Numbers of arrays whose memory overlaps, or might: from the first byte to the last, gaps included."""
    order = sorted((i for i, a in enumerate(arrays) if a.size), key=lambda i: _bounds(arrays[i]))
    groups: list[list[int]] = [[i] for i, a in enumerate(arrays) if not a.size]
    end = -1
    for i in order:
        first, last = _bounds(arrays[i])
        if first < end:
            groups[-1].append(i)
        else:
            groups.append([i])
        end = max(end, last)
    return [sorted(group) for group in groups]


def _bounds(a: np.ndarray) -> tuple[int, int]:
    """The addresses of the first byte, and of that after the last."""
    return np.lib.array_utils.byte_bounds(a)


def _is_all(a: np.ndarray, start: int, end: int) -> bool:
    return bool(a.flags.c_contiguous and a.dtype.isnative and _bounds(a) == (start, end))


def _layout(a: np.ndarray) -> tuple[Any, ...]:
    return _address(a), a.dtype.str, a.shape, a.strides


def _dtype(name: Any) -> np.dtype[Any]:
    dtype = dtypes.as_dtype(name).numpy if name == "bfloat16" else np.dtype(name if isinstance(name, str) else "O")
    if not can_hold(dtype):
        raise ValueError(f"no kind of number: {name!r}")
    return dtype


def _memory(arrays: Sequence[np.ndarray], start: int) -> np.ndarray:
    """The memory in which several arrays lie, from its first byte on, flat, of the first one's dtype where that divides it.
    What none of them shows stays behind: 0."""
    memory = np.zeros(max(_bounds(a)[1] for a in arrays) - start, np.uint8)
    for a in arrays:
        _view(memory, _address(a) - start, a.dtype.newbyteorder("="), a.shape, a.strides)[...] = a
    kind = arrays[0].dtype.newbyteorder("=")
    return memory.view(kind) if memory.size % kind.itemsize == 0 else memory


def _view(memory: np.ndarray, offset: int, dtype: Any, shape: Any, strides: Any) -> np.ndarray:
    """A part of a flat memory; NumPy itself refuses what would lie outside."""
    return np.ndarray(shape, dtype, memory.view(np.uint8).data, offset, strides)


def _address(a: np.ndarray) -> int:
    return int(a.__array_interface__["data"][0])


def _free(name: str, taken: Arrays) -> str:
    """This name, or with a number if it is taken."""
    wanted, n = name, 1
    while name in taken or name == METADATA:
        n += 1
        name = f"{wanted}#{n}"
    return name


__all__ = ["Arrays", "Place", "Views", "any_shared", "stored"]
