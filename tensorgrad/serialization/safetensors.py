"""The safetensors format: how long the header is (8 bytes), the header (JSON: name → dtype, shape, place), the numbers.

    60 00 00 00 00 00 00 00  {"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}  00 00 80 3f …

A file is a stranger's: all that its header says is checked against the file before memory is taken for it.

Why not the package of this name: into NumPy it reads no bfloat16, takes a name that is given twice, writes arrays that do
not lie in order as they lie, and holds a file in memory a second time. The tests read and write beside it.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from .. import dtypes
from .files import naming

_DTYPES = {
    "F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1",
    "U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}
_MOST_HEADER = 100_000_000  # bytes, as the format says
_MOST_DIMENSIONS, _MOST_NUMBERS = 64, 2**63 - 1  # of an array, and along one of them: NumPy's
METADATA = "__metadata__"  # the one name that no tensor may have


class SaveError(ValueError):
    """A file that cannot be read, or something that cannot be written."""


def can_hold(dtype: np.dtype[Any]) -> bool:
    """Whether the format has a name for this kind of number."""
    return dtype.newbyteorder("=") in _NAMES or dtype.name == "bfloat16"


# ---- writing ----------------------------------------------------------------------------------------------------------


def write(file: Any, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """Write arrays of any layout, and text beside them.

    The names stand in the header as they come; the numbers, wide ones first, so that each lies where it may be mapped.
    """
    places, end = {}, 0
    for name in sorted(arrays, key=lambda name: -arrays[name].itemsize):
        places[name] = [end, end + arrays[name].nbytes]
        end += arrays[name].nbytes
    header: dict[str, Any] = {METADATA: dict(metadata)}
    for name, a in arrays.items():
        kind = "BF16" if a.dtype.name == "bfloat16" else _NAMES[a.dtype.newbyteorder("=")]
        header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": places[name]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with naming(getattr(file, "name", None)):
        file.write(len(text).to_bytes(8, "little") + text)
        for name in places:
            file.write(bytes_of(arrays[name]))


def bytes_of(a: np.ndarray) -> memoryview:
    """The numbers of an array one after the other, low bytes first; its own memory where they lie so."""
    return np.ascontiguousarray(a, a.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data


# ---- reading ----------------------------------------------------------------------------------------------------------


def read(file: Any, where: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the text of a file, from where it stands to its end.

    Raises:
        SaveError: what is there is no such file, is cut short, contradicts itself, or holds more than the memory does.
        OSError: it cannot be read; the error names it.
    """
    with naming(where):
        file, left = _measured(file)
        header, metadata, left = _header(file, left, where)
        found = {}
        for name, (dtype, shape) in _places(header, left, where):
            try:
                array = np.empty(shape, dtype)
            except ValueError as error:  # more dimensions than NumPy has, or empty and too long
                raise SaveError(
                    f"load: {where} is damaged: {_brief(name)} has an impossible shape ({error})."
                ) from error
            except MemoryError as error:
                size = prod(shape) * dtype.itemsize
                raise SaveError(
                    f"load: {where}: {_brief(name)} has {size} bytes, more than there is memory."
                ) from error
            _fill(bytes_of(array), file, where)
            found[name] = array.astype(dtype.newbyteorder("="), copy=False)
        return {name: found[name] for name in header}, metadata


def _measured(file: Any) -> tuple[Any, int]:
    """The file, or its contents where it can only be read, and how many bytes are left in it."""
    try:
        here = file.tell()
        end = file.seek(0, io.SEEK_END)
        file.seek(here)
        file.readinto  # noqa: B018
    except (AttributeError, OSError, ValueError):
        data = file.read()
        if not isinstance(data, bytes):
            raise TypeError(
                f"load: needs a file opened in binary mode ('rb'), got one of {type(data).__name__}."
            ) from None
        return io.BytesIO(data), len(data)
    return file, end - here


def _header(file: Any, left: int, where: str) -> tuple[dict[str, Any], dict[str, str], int]:
    """The entries of the header, its text, and how many bytes stand behind it."""
    start = file.read(9)
    # The first eight bytes are the header's length, which may look like anything; the ninth is its opening brace.
    if start[8:] != b"{" and (start[:2] == b"PK" or start[:1] == b"\x80"):
        raise SaveError(
            f"load: {where} is a pickle, as torch.save writes it, or another zip archive. A pickle can run any program, "
            "so it is never opened here. Save it from PyTorch with "
            "safetensors.torch.save_file(model.state_dict(), path)."
        )
    size = int.from_bytes(start[:8], "little")
    if start[8:] != b"{" or not 2 <= size <= left - 8:
        raise SaveError(f"load: {where} is not a safetensors file, or was cut short ({left} bytes).")
    if size > _MOST_HEADER:
        raise SaveError(f"load: {where} is damaged: its header has {size} bytes, more than {_MOST_HEADER}.")
    try:
        header = json.loads((b"{" + file.read(size - 1)).decode("utf-8"), object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise SaveError(f"load: {where} is damaged: its header cannot be read ({error}).") from error
    metadata = header.pop(METADATA, None)
    metadata = {} if metadata is None else metadata
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise SaveError(f"load: {where} is damaged: its metadata is not text.")
    for text in (*header, *metadata, *metadata.values()):
        try:
            text.encode()
        except UnicodeEncodeError:  # JSON can spell half of a letter
            raise SaveError(f"load: {where} is damaged: {_brief(text)} in its header is not Unicode.") from None
    return header, metadata, left - 8 - size


def _brief(x: Any) -> str:
    """What a stranger's header says, short enough for a sentence."""
    text = repr(x)
    return text if len(text) <= 100 else f"{text[:60]}…{text[-20:]}"


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(k for k, _ in pairs).most_common(1)
        raise ValueError(f"a name is given twice: {_brief(twice)}")
    return found


def _places(header: dict[str, Any], left: int, where: str) -> list[tuple[str, tuple[Any, tuple[int, ...]]]]:
    """(name, (dtype, shape)) in the order in which the numbers lie; they fill the file, without a gap or an overlap."""
    found = []
    for name, entry in header.items():
        wrong = _wrong_field(entry)
        if wrong:
            raise SaveError(f"load: {where} is damaged: its entry for {_brief(name)} cannot be read: {wrong}.")
        kind, shape, (first, last) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        dtype = _dtype(kind, name, where)
        if len(shape) > _MOST_DIMENSIONS or max(shape, default=0) > _MOST_NUMBERS:  # before they are multiplied
            raise SaveError(f"load: {where} is damaged: {_brief(name)} has an impossible shape, {_brief(shape)}.")
        if last - first != prod(shape) * dtype.itemsize:
            raise SaveError(
                f"load: {where} is damaged: {_brief(name)} has shape {shape} of {kind}, {prod(shape) * dtype.itemsize} bytes, "
                f"in a place of {last - first}."
            )
        found.append((first, last, name, dtype, shape))
    end = 0
    for first, last, name, *_ in sorted(found, key=lambda entry: entry[:2]):
        if first != end:
            raise SaveError(f"load: {where} is damaged: {_brief(name)} starts at byte {first}, expected {end}.")
        end = last
    if end != left:
        what = "was cut short" if left < end else "is longer than its header says"
        raise SaveError(f"load: {where} {what}: {left} bytes of numbers, expected {end}.")
    return [(name, (dtype, shape)) for _, _, name, dtype, shape in sorted(found, key=lambda entry: entry[:2])]


def _wrong_field(entry: Any) -> str:
    """What is wrong with the fields of a header's entry, in words; nothing if they are of the right kinds."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        return f"it needs dtype, shape and data_offsets, and is {_brief(entry)}"
    if not isinstance(entry["dtype"], str):
        return f"its dtype is {_brief(entry['dtype'])}, expected text"
    for field, wanted in (("shape", None), ("data_offsets", 2)):
        found = entry[field]
        if (
            not isinstance(found, list)
            or wanted not in (None, len(found))
            or not all(type(n) is int and n >= 0 for n in found)
        ):
            return f"its {field} is {_brief(found)}, expected a list of {wanted or ''} whole numbers from 0 on".replace(
                "  ", " "
            )
    return ""


def _dtype(kind: str, name: str, where: str) -> np.dtype[Any]:
    if kind in _DTYPES:
        return np.dtype("<" + _DTYPES[kind])
    if kind == "BF16":
        try:
            return dtypes.as_dtype("bfloat16").numpy
        except TypeError:
            raise SaveError(
                f"load: {where}: {_brief(name)} is bfloat16, for which the package ml_dtypes is needed: pip install ml_dtypes."
            ) from None
    raise SaveError(
        f"load: {where}: {_brief(name)} is of {_brief(kind).strip(chr(39))}, which is unknown here; known are "
        f"{', '.join(_DTYPES)}, BF16."
    )


def _fill(memory: memoryview, file: Any, where: str) -> None:
    done = 0
    while done < len(memory):
        n = file.readinto(memory[done:])
        if not n:
            raise SaveError(f"load: {where} was cut short while it was read.")
        done += n


__all__ = ["METADATA", "SaveError", "bytes_of", "can_hold", "read", "write"]
