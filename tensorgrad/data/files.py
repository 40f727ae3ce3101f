"""Files of data, read with the suspicion that strangers' files deserve: what a header says is checked before memory is
taken for it, and nothing is ever unpickled."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..serialization.files import naming

_CHUNK = 1 << 20
_DEFLATE = 1032  # no byte of a gzip file can stand for more than so many
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class DataError(ValueError):
    """A file that is not what it should be: damaged, cut short, or of another kind."""


# ---- IDX, the format of MNIST ----------------------------------------------------------------------------------------


def read_idx(path: Any, *, shape: Sequence[int | None] | None = None, most: int = 2**31) -> np.ndarray:
    """The array in an IDX file, packed with gzip or not.

        two zero bytes, the kind of number, how many dimensions; each of them as a 32-bit number; the numbers, high
        bytes first

    Args:
        shape: what the shape must be; None stands for any size.
        most: bytes of the array, at most.

    Raises:
        DataError: another format, another shape, larger than `most`, cut short, longer than its header says, or damaged.
        OSError: it cannot be read.
    """
    path = Path(path)
    with naming(path), open(path, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        on_disk = path.stat().st_size
        try:
            with gzip.GzipFile(fileobj=raw) if packed else raw as stream:
                return _read_idx(stream, path, on_disk * _DEFLATE if packed else on_disk, packed, shape, most)  # type: ignore[arg-type]
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path}: the gzip file is damaged or was cut short ({error}).") from error


def _read_idx(
    stream: BinaryIO, path: Path, limit: int, packed: bool, shape: Sequence[int | None] | None, most: int
) -> np.ndarray:
    start = stream.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES or not 1 <= start[3] <= 8:
        raise DataError(f"{path}: this is no IDX file; it starts with {start.hex(' ') or 'nothing'}.")
    dtype, ndim = np.dtype(_TYPES[start[2]]), start[3]
    header = stream.read(4 * ndim)
    if len(header) < 4 * ndim:
        raise DataError(f"{path}: cut short in its header.")
    sizes = tuple(int(n) for n in np.frombuffer(header, ">u4"))
    if shape is not None and (len(shape) != ndim or any(s not in (None, n) for s, n in zip(shape, sizes))):
        wanted = ", ".join("any" if s is None else str(s) for s in shape)
        raise DataError(f"{path}: holds an array of shape {sizes}, expected ({wanted}).")
    longest = prod(max(n, 1) for n in sizes) * dtype.itemsize  # an empty array, too, has strides
    if longest > np.iinfo(np.intp).max:
        raise DataError(f"{path}: its header says shape {sizes} of {dtype.itemsize} bytes each, more than any array has.")
    size = prod(sizes) * dtype.itemsize
    if size > most:
        raise DataError(f"{path}: its header says {size} bytes, of shape {sizes}; at most {most} are expected.")
    whole = 4 + 4 * ndim + size
    if whole > limit or not packed and whole != limit:
        what = f"has {limit} bytes" if not packed else f"cannot hold more than {limit} bytes"
        raise DataError(f"{path}: its header says {whole} bytes, of shape {sizes}, but the file {what}.")
    array = np.empty(size, np.uint8)
    done = 0
    while done < size:
        part = stream.read(min(_CHUNK, size - done))
        if not part:
            raise DataError(f"{path}: cut short, {done} of {size} bytes are there.")
        array[done : done + len(part)] = np.frombuffer(part, np.uint8)
        done += len(part)
    if stream.read(1):
        raise DataError(f"{path}: longer than its header says ({whole} bytes, of shape {sizes}).")
    return array.view(dtype).reshape(sizes).astype(dtype.newbyteorder("="), copy=False)


__all__ = ["DataError", "read_idx"]
