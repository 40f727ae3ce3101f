"""save and load: tensors in safetensors files, whatever else is around them as JSON beside. Nothing is ever unpickled.

A flat dict of tensors becomes an ordinary safetensors file, which PyTorch and others read, and theirs are read here.
Anything nested, an optimizer's state say, is taken apart: its tensors go into the file under their paths, its skeleton
(dicts, lists, tuples, numbers, text) into the file's metadata, and `load` puts both together again.

A file is written under a temporary name in the same folder, flushed to the disk and renamed: whoever looks, at any
moment, finds the old file whole or the new one whole. A hash of everything is kept in the metadata and checked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import dtypes
from .device import on_cpu
from .tensor import Tensor

FORMAT = "tensorgrad 1"
_PLAIN = (bool, int, float, str)


class SaveError(ValueError):
    """Something that cannot be saved, or a file that cannot be read."""


# ---- the two functions ----------------------------------------------------------------------------------------------


def save(obj: Any, f: Any, pickle_module: Any = None, pickle_protocol: Any = None, **kwargs: Any) -> None:
    """Write a state dict, or nested dicts, lists and tuples of tensors, numbers and text.

    Args:
        obj: what to save. Tensors are saved as constants, without graph or grad.
        f: a path, or a binary file.
        pickle_module, pickle_protocol: accepted from PyTorch programs, unused.

    Raises:
        TypeError: something in `obj` is neither a tensor nor plain data; the message gives its path.
    """
    data = dumps(obj)
    if hasattr(f, "write"):
        f.write(data)
    else:
        write_atomically(Path(f), data)


def load(f: Any, map_location: Any = None, *, weights_only: bool = True, mmap: Any = None, **kwargs: Any) -> Any:
    """Read what `save` wrote, or any safetensors file (a dict of tensors).

    Args:
        f: a path, or a binary file.
        map_location: only the CPU.
        weights_only, mmap: accepted; nothing is ever unpickled.

    Raises:
        SaveError: not a safetensors file (a pickle, say), cut short, or damaged.
    """
    if isinstance(map_location, (str,)) or hasattr(map_location, "type"):
        on_cpu(map_location, "load")
    where = getattr(f, "name", "file") if hasattr(f, "read") else str(f)
    data = f.read() if hasattr(f, "read") else Path(f).read_bytes()
    return loads(data, where)


# ---- bytes ------------------------------------------------------------------------------------------------------------


def dumps(obj: Any) -> bytes:
    """What `save` writes."""
    from safetensors import numpy as st

    tensors: dict[str, np.ndarray] = {}
    if isinstance(obj, Mapping) and obj and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in obj.items()):
        for key, t in obj.items():
            _add(tensors, key, t)
        skeleton = None
    else:
        skeleton = _taken_apart(obj, "", tensors)
    metadata = {"format": "pt", "tensorgrad": FORMAT}
    if skeleton is not None:
        metadata["skeleton"] = json.dumps(skeleton, separators=(",", ":"))
    metadata["sha256"] = _digest(tensors, metadata.get("skeleton", ""))
    return st.save(tensors, metadata)


def loads(data: bytes, where: str = "file") -> Any:
    """What `load` returns."""
    from safetensors import SafetensorError
    from safetensors import numpy as st

    metadata = _checked_header(data, where)
    try:
        arrays = st.load(data)
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise SaveError(f"load: {where} is damaged or holds a dtype that is unknown here: {error}.") from error
    if "sha256" in metadata and metadata["sha256"] != _digest(arrays, metadata.get("skeleton", "")):
        raise SaveError(f"load: {where} is damaged: its contents do not match the hash saved with them.")
    # The arrays look at read-only memory; a tensor is there to be written to.
    tensors = {key: Tensor._of(np.array(a)) for key, a in arrays.items()}
    if "skeleton" not in metadata:
        return tensors
    try:
        return _put_together(json.loads(metadata["skeleton"]), tensors)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SaveError(f"load: {where} is damaged: its skeleton cannot be read ({error!r}).") from error


def _checked_header(data: bytes, where: str) -> dict[str, str]:
    """The metadata, after what safetensors itself does not look at: other formats, and keys given twice."""
    # The first eight bytes are the header's length, which may look like anything; the ninth is its opening brace.
    if data[8:9] != b"{" and (data[:2] == b"PK" or data[:1] == b"\x80"):
        raise SaveError(
            f"load: {where} is a pickle, as torch.save writes it; a pickle can run any program, so it is never opened here. "
            "Save it from PyTorch with safetensors.torch.save_file(model.state_dict(), path)."
        )
    size = int.from_bytes(data[:8], "little") if len(data) >= 8 else -1
    if not 2 <= size <= len(data) - 8:
        raise SaveError(f"load: {where} is not a safetensors file, or was cut short ({len(data)} bytes).")

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [k for k, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"a name is given twice: {max(keys, key=keys.count)!r}")
        return dict(pairs)

    try:
        header = json.loads(data[8 : 8 + size].decode("utf-8"), object_pairs_hook=no_duplicates)
    except ValueError as error:
        raise SaveError(f"load: {where} is damaged: its header cannot be read ({error}).") from error
    return header.get("__metadata__", {}) if isinstance(header, dict) else {}


def _digest(tensors: Mapping[str, Any], skeleton: str) -> str:
    """One hash over names, dtypes, shapes, contents and skeleton."""
    h = hashlib.sha256(skeleton.encode())
    for key in sorted(tensors):
        a = tensors[key]
        h.update(f"\0{key}\0{a.dtype}\0{a.shape}\0".encode())
        h.update(np.ascontiguousarray(a).reshape(-1).view(np.uint8).data)
    return h.hexdigest()


def _add(tensors: dict[str, np.ndarray], key: str, t: Tensor) -> None:
    # safetensors writes a strided array's memory as it lies, which is not the array: it must be contiguous first
    tensors[key] = np.ascontiguousarray(t.array).reshape(t.array.shape)


def _taken_apart(x: Any, path: str, tensors: dict[str, np.ndarray]) -> Any:
    """The skeleton of x, plain JSON; its tensors go into `tensors` under their paths."""
    if isinstance(x, Tensor):
        key, n = path or "tensor", 1
        while key in tensors:
            n += 1
            key = f"{path}#{n}"
        _add(tensors, key, x)
        return {"tensor": key}
    if x is None or isinstance(x, _PLAIN) and type(x) in (*_PLAIN, bool):
        return x

    def below(name: Any) -> str:
        return f"{path}.{name}" if path else str(name)

    if isinstance(x, Mapping):
        return {
            "dict": [[_taken_apart(k, below("key"), tensors), _taken_apart(v, below(k), tensors)] for k, v in x.items()]
        }
    if isinstance(x, (list, tuple, set, frozenset)):
        kind = "list" if isinstance(x, list) else "tuple" if isinstance(x, tuple) else "set"
        return {kind: [_taken_apart(v, below(i), tensors) for i, v in enumerate(x)]}
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        return {"array": _taken_apart(Tensor._of(x), path, tensors)["tensor"]}
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, (bytes, bytearray)):
        return {"bytes": base64.b64encode(bytes(x)).decode()}
    if isinstance(x, dtypes.dtype):
        return {"dtype": x.name}
    if isinstance(x, _PLAIN):
        return x
    raise TypeError(
        f"save: {path or 'the object'} is a {type(x).__name__}; only tensors, numbers, text, and dicts, lists and tuples of "
        "them can be saved. Save its state_dict() instead."
    )


def _put_together(x: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(x, dict):
        return x
    ((kind, value),) = x.items()
    if kind == "tensor":
        return tensors[value]
    if kind == "array":
        return tensors[value].array
    if kind == "dict":
        return {_put_together(k, tensors): _put_together(v, tensors) for k, v in value}
    if kind in ("list", "tuple", "set"):
        items = [_put_together(v, tensors) for v in value]
        return items if kind == "list" else tuple(items) if kind == "tuple" else set(items)
    if kind == "bytes":
        return base64.b64decode(value)
    if kind == "dtype":
        return dtypes.as_dtype(value)
    raise ValueError(f"unknown kind {kind!r}")


# ---- files ------------------------------------------------------------------------------------------------------------


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that at no moment, not even if the power fails, it is there in part."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder last: the folder itself is written to the disk (where the system can do that)."""
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


__all__ = ["SaveError", "load", "save"]
