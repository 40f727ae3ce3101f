"""save and load: tensors in safetensors files, whatever else is around them as JSON beside. Nothing is ever unpickled.

A flat dict of tensors becomes an ordinary safetensors file, which PyTorch and others read, and theirs are read here.
Anything nested, an optimizer's state say, is flattened: its tensors go into the file under their paths, its tree
(dicts, lists, tuples, numbers, text) into the file's metadata, and `load` puts both together again. A whole model is
flattened into its attributes, and built again where its class is known.

A file is whole or not there, at any moment. A hash of everything is kept in the metadata and checked.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import fspath
from typing import Any

import numpy as np

from ..device import on_cpu
from . import files, modules, safetensors
from .files import sync_folder
from .safetensors import SaveError
from .tree import Flattened, is_plain, tensor_of, unflatten

_FORMAT, _TREE, _HASH = _OURS = "tensorgrad", "tensorgrad.skeleton", "tensorgrad.sha256"  # in a file's metadata


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
        weights_only: False: whole models in the file may have their classes imported. Nothing is ever unpickled.
        pickle_module, mmap: accepted.

    Raises:
        SaveError: not a safetensors file (a pickle, say), cut short, or damaged; or it holds a model of a class that this
            program has not imported.
    """
    if isinstance(map_location, str) or hasattr(map_location, "type"):
        on_cpu(map_location, "load")
    if hasattr(f, "read"):
        return _read(f, str(getattr(f, "name", "file")), not weights_only)
    with open(f, "rb") as file:
        return _read(file, str(f), not weights_only)


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Accepted: which classes a file may name does not depend on a list here, see `load`."""


@contextmanager
def safe_globals(safe_globals: list[Any]) -> Iterator[None]:
    """Accepted: which classes a file may name does not depend on a list here, see `load`."""
    yield


def dumps(obj: Any) -> bytes:
    """What `save` writes."""
    file = io.BytesIO()
    _write(obj, file)
    return file.getvalue()


def loads(data: bytes, where: str = "file") -> Any:
    """What `load` returns."""
    return _read(io.BytesIO(data), where)


def _write(obj: Any, file: Any) -> None:
    metadata = {"format": "pt", _FORMAT: "1"}
    if is_plain(obj) and obj:
        arrays = {key: t.array for key, t in obj.items()}
    else:
        flat = Flattened(obj)
        arrays, metadata[_TREE] = flat.arrays, json.dumps(flat.tree, separators=(",", ":"))
    metadata[_HASH] = _digest(arrays, metadata.get(_TREE, ""))
    safetensors.write(file, arrays, metadata)


def _read(file: Any, where: str, importing: bool = False) -> Any:
    arrays, metadata = safetensors.read(file, where)
    ours = any(name in metadata for name in _OURS)  # one of the names may be damaged
    if ours and metadata.get(_HASH) != _digest(arrays, metadata.get(_TREE, "")):
        raise SaveError(f"load: {where} is damaged: its contents do not match the hash saved with them.")
    if _TREE not in metadata:
        return {key: tensor_of(a, f"load: {where}: {key!r}") for key, a in arrays.items()}
    try:
        return unflatten(json.loads(metadata[_TREE]), arrays, importing)
    except modules.Refused as error:
        raise SaveError(f"load: {where} {error}") from None
    except (ValueError, LookupError, TypeError, ArithmeticError, RuntimeError) as error:
        raise SaveError(
            f"load: {where} is damaged: what stands around its tensors cannot be read ({error!r})."
        ) from error


def _digest(arrays: Mapping[str, np.ndarray], tree: str) -> str:
    """One hash over names, dtypes, shapes, contents and tree."""
    h = hashlib.sha256(tree.encode())
    for key in sorted(arrays):
        a = arrays[key]
        h.update(f"\0{key}\0{a.dtype.newbyteorder('=')}\0{a.shape}\0".encode())
        h.update(safetensors.bytes_of(a))
    return h.hexdigest()


__all__ = ["SaveError", "add_safe_globals", "load", "safe_globals", "save", "sync_folder"]
