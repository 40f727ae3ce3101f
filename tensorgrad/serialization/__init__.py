"""save and load: tensors in safetensors files, whatever else is around them as JSON beside. Nothing is ever unpickled.

A flat dict of tensors becomes an ordinary safetensors file, which PyTorch and others read, and theirs are read here.
Anything nested, an optimizer's state say, is flattened: its tensors go into the file under their paths, its tree
(dicts, lists, tuples, numbers, text) into the file's metadata, and `load` puts both together again. A whole model is
flattened into its attributes, and built again if the caller allows its class (`trust.py`).

A file is whole or not there, at any moment. A hash of everything is kept in the metadata and checked.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from os import fspath
from typing import Any

import numpy as np

from ..device import chosen
from . import files, safetensors, trust
from .files import sync_folder
from .safetensors import SaveError
from .tree import Flattened, classes_in, is_plain, tensor_of, unflatten
from .trust import Refused, Trust, add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals

_FORMAT, _TREE, _HASH = _OURS = "tensorgrad", "tensorgrad.skeleton", "tensorgrad.sha256"  # in a file's metadata
_NONSENSE = (
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    AttributeError,
)  # of a tree that is none


def save(obj: Any, f: Any, pickle_module: Any = None, pickle_protocol: Any = None, **kwargs: Any) -> None:
    """Write a state dict, or nested dicts, lists and tuples of tensors, arrays, numbers and text; also whole modules.

    Args:
        obj: what to save. Tensors keep `requires_grad`, and lose graph and grad.
        f: a path, or a binary file.
        pickle_module, pickle_protocol: accepted from PyTorch programs, unused.

    Raises:
        TypeError: something in `obj` is neither a tensor nor plain data; the message gives its path.
    """
    if hasattr(f, "write"):
        _write(obj, f)
    else:
        with files.replacing(fspath(f)) as file:
            _write(obj, file)


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool = True,
    mmap: Any = None,
    **kwargs: Any,
) -> Any:
    """Read what `save` wrote, or any safetensors file (a dict of tensors).

    Args:
        f: a path, or a binary file.
        map_location: only the CPU; functions and dicts of places are accepted.
        weights_only: True: tensors and plain data, and whole models only of classes named with `safe_globals`. False: you
            trust the file; whole models in it may be of any module or dataclass, and have it imported. Nothing is ever
            unpickled. SECURITY.md says what is promised.
        pickle_module, mmap: accepted.

    Raises:
        SaveError: not a safetensors file (a pickle, say), cut short, or damaged; or it names a class that it may not name.
    """
    if isinstance(map_location, str) or hasattr(map_location, "type"):
        where = chosen(map_location, "load")
        if where.type != "cpu":
            raise RuntimeError(f"load: tensors are read into the computer's memory; map_location={str(where)!r} has none.")
    if hasattr(f, "read"):
        return _read(f, str(getattr(f, "name", "file")), not weights_only)
    with open(f, "rb") as file:
        return _read(file, str(f), not weights_only)


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The classes that a file names and that `add_safe_globals` has not allowed: what `load` would refuse it for."""
    with open(f, "rb") as file:
        _, tree = _contents(file, str(f))
    return sorted(trust.shown(name) for name in trust.unknown(classes_in(tree)))


def dumps(obj: Any) -> bytes:
    """What `save` writes."""
    file = io.BytesIO()
    _write(obj, file)
    return file.getvalue()


def loads(data: bytes, where: str = "file", weights_only: bool = True) -> Any:
    """What `load` returns."""
    return _read(io.BytesIO(data), where, not weights_only)


def _write(obj: Any, file: Any) -> None:
    metadata = {"format": "pt", _FORMAT: "1"}
    if is_plain(obj) and obj:
        arrays = {key: t.array for key, t in obj.items()}
    else:
        flat = Flattened(obj)
        arrays, metadata[_TREE] = flat.arrays, json.dumps(flat.tree, separators=(",", ":"))
    metadata[_HASH] = _digest(arrays, metadata.get(_TREE, ""))
    safetensors.write(file, arrays, metadata)


def _read(file: Any, where: str, everything: bool) -> Any:
    arrays, tree = _contents(file, where)
    if tree is None:
        return {key: tensor_of(a, f"load: {where}: {key!r}") for key, a in arrays.items()}
    try:
        return unflatten(tree, arrays, Trust(everything))
    except Refused as error:
        raise SaveError(f"load: {where} {error}") from None
    except _NONSENSE as error:
        raise _damaged(where, error) from error


def _contents(file: Any, where: str) -> tuple[dict[str, np.ndarray], Any]:
    """The arrays of a file, and its tree if it has one."""
    arrays, metadata = safetensors.read(file, where)
    ours = any(name in metadata for name in _OURS)  # one of the names may be damaged
    if ours and metadata.get(_HASH) != _digest(arrays, metadata.get(_TREE, "")):
        raise SaveError(f"load: {where} is damaged: its contents do not match the hash saved with them.")
    if metadata.get(_FORMAT, "1") != "1":
        raise SaveError(f"load: {where} is of format {metadata[_FORMAT]!r}; this version of tensorgrad reads '1'. Update it.")
    try:
        return arrays, json.loads(metadata[_TREE]) if _TREE in metadata else None
    except _NONSENSE as error:
        raise _damaged(where, error) from error


def _damaged(where: str, error: Exception) -> SaveError:
    return SaveError(f"load: {where} is damaged: what stands around its tensors cannot be read ({error!r}).")


def _digest(arrays: Mapping[str, np.ndarray], tree: str) -> str:
    """One hash over names, dtypes, shapes, contents and tree."""
    h = hashlib.sha256(tree.encode())
    for key in sorted(arrays):
        a = arrays[key]
        h.update(f"\0{key}\0{a.dtype.newbyteorder('=')}\0{a.shape}\0".encode())
        h.update(safetensors.bytes_of(a))
    return h.hexdigest()


__all__ = [
    "SaveError",
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
    "sync_folder",
]
