"""Nested things flattened into a tree, plain JSON, and arrays under the paths where they stood; and built again from both.

    {"step": 3, "w": tensor}   ↔   {"dict": [["step", 3], ["w", {"tensor": "w"}]]}   and   {"w": array}

What is neither a number nor text stands in the tree as {kind: contents}.
"""

from __future__ import annotations

import base64
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import numpy as np

from .. import dtypes
from ..device import device
from ..nn import Parameter
from ..tensor import Size, Tensor
from . import modules
from .safetensors import METADATA, SaveError, can_hold

Arrays = dict[str, np.ndarray]
_SCALARS = {t.__name__: t for t in (np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8,
                                    np.uint64, np.uint32, np.uint16, np.uint8)} | {"bool": np.bool_}  # fmt: skip


def is_plain(obj: Any) -> bool:
    """Whether this is a dict of constant tensors under ordinary names: a state dict, which needs no tree."""
    return type(obj) in (dict, OrderedDict) and all(
        isinstance(k, str) and k != METADATA and k.isprintable() and type(v) is Tensor and not v.requires_grad
        for k, v in obj.items()
    )


# ---- flatten ----------------------------------------------------------------------------------------------------------


class Flattened:
    """The tree and the arrays of an object.

    Raises:
        TypeError: something in it is neither a tensor nor plain data; the message gives its path.
    """

    def __init__(self, obj: Any) -> None:
        self.arrays: Arrays = {}
        self._seen: dict[int, tuple[str, Any]] = {}  # arrays that have a name: one that occurs twice is stored once
        self._objects: dict[int, int] = {}  # their numbers, likewise
        try:
            self.tree = self._of(obj, "")
        except RecursionError:
            raise SaveError("save: this is nested too deeply to be saved, or holds itself.") from None

    def _of(self, x: Any, path: str) -> Any:
        if isinstance(x, Tensor):
            return {_kind_of(x): self._named(x.array, path)}
        if x is None or type(x) in (bool, int, float, str):
            return x

        def below(name: Any) -> str:
            return f"{path}.{name}" if path else str(name)

        if isinstance(x, Mapping):
            items = [[self._of(k, below("key")), self._of(v, below(k))] for k, v in x.items()]
            return {next(k for k, t in _MAPPINGS.items() if isinstance(x, t)): items}
        if isinstance(x, (list, tuple, set, frozenset)):
            kind = next(k for k, t in _SEQUENCES.items() if isinstance(x, t))
            return {kind: [self._of(v, below(i)) for i, v in enumerate(x)]}
        if isinstance(x, np.ndarray) and can_hold(x.dtype):
            return {"array": self._named(x, path)}
        if isinstance(x, np.generic) and x.dtype.name in _SCALARS:
            return {"scalar": [x.dtype.name, x.item()]}
        if isinstance(x, complex):
            return {"complex": [x.real, x.imag]}
        if isinstance(x, (bytes, bytearray)):
            return {"bytes": base64.b64encode(bytes(x)).decode()}
        if isinstance(x, dtypes.dtype):
            return {"dtype": x.name}
        if isinstance(x, device):
            return {"device": str(x)}
        if modules.can_hold(x):
            return self._object(x, path)
        if isinstance(x, (bool, int, float, str)):  # of a subclass
            return next(t for t in (bool, int, float, str) if isinstance(x, t))(x)
        if isinstance(x, FunctionType):
            cure = "Give the module a method instead, or save its state_dict()."
        elif hasattr(x, "state_dict"):
            cure = "Save its state_dict() instead, and give that to load_state_dict() of a new one."
        else:
            cure = "Save what it is made of instead."
        raise TypeError(
            f"save: {path or 'the object'} is a {type(x).__name__}; only tensors, arrays, numbers, text, modules, and dicts, "
            f"lists and tuples of them can be saved. {cure}"
        )

    def _object(self, x: Any, path: str) -> Any:
        if isinstance(x, FunctionType):
            return {"operation": modules.name_of(x)}
        if id(x) in self._objects:
            return {"again": self._objects[id(x)]}
        self._objects[id(x)] = number = len(self._objects)
        state = [
            [name, self._of(value, ".".join(filter(None, (path, shown))))]
            for name, shown, value in modules.attributes(x)
        ]
        return {"object": [number, modules.name_of(type(x)), state]}

    def _named(self, a: np.ndarray, path: str) -> str:
        if id(a) not in self._seen:
            # JSON of other libraries knows no half of a surrogate pair
            wanted = key = path.encode("utf-8", "backslashreplace").decode() or "tensor"
            n = 1
            while key in self.arrays or key == METADATA:
                n += 1
                key = f"{wanted}#{n}"
            self.arrays[key] = a
            self._seen[id(a)] = key, a
        return self._seen[id(a)][0]


def _kind_of(t: Tensor) -> str:
    if isinstance(t, Parameter):
        return "parameter" if t.requires_grad else "frozen"
    return "leaf" if t.requires_grad else "tensor"


# ---- unflatten --------------------------------------------------------------------------------------------------------


def unflatten(tree: Any, arrays: Arrays, importing: bool = False) -> Any:
    """What was flattened. `importing`: the classes of models may be imported.

    Raises:
        ValueError, KeyError, TypeError, RecursionError …: this is no such tree.
    """
    tensors: dict[tuple[str, str], Tensor] = {}  # one object for what was one
    made: dict[int, Any] = {}

    def tensor(kind: str, key: str) -> Tensor:
        if (kind, key) not in tensors:
            t = tensor_of(arrays[key], key)
            tensors[kind, key] = {
                "tensor": lambda: t,
                "leaf": t.requires_grad_,
                "parameter": lambda: Parameter(t),
                "frozen": lambda: Parameter(t, requires_grad=False),
            }[kind]()
        return tensors[kind, key]

    def of(x: Any) -> Any:
        if not isinstance(x, dict):
            if isinstance(x, list):
                raise ValueError("a list without its kind")
            return x
        ((kind, value),) = x.items()
        if kind in ("tensor", "leaf", "parameter", "frozen"):
            return tensor(kind, value)
        if kind == "array":
            return arrays[value]
        if kind in _MAPPINGS:
            pairs = {of(k): of(v) for k, v in value}
            return _MAKERS[kind](pairs) if kind in _MAKERS else pairs
        if kind == "object":
            number, name, state = value
            made[number] = modules.made(name, {k: of(v) for k, v in state}, importing)
            return made[number]
        if kind == "again":
            return made[value]
        if kind in _SEQUENCES:
            return _SEQUENCES[kind](map(of, value))
        return _MAKERS[kind](value)

    return of(tree)


def tensor_of(a: np.ndarray, name: str) -> Tensor:
    """A tensor on this array."""
    try:
        dtypes.of_array(a)
    except TypeError as error:
        raise SaveError(f"{name} holds numbers of {a.dtype}, of which there are no tensors here.") from error
    return Tensor._of(a)


_SEQUENCES: dict[str, Any] = {"list": list, "size": Size, "tuple": tuple, "set": set, "frozenset": frozenset}
_MAPPINGS: dict[str, Any] = {"ordered": OrderedDict, "counter": Counter, "dict": Mapping}
_MAKERS: dict[str, Callable[[Any], Any]] = {
    "ordered": OrderedDict,
    "counter": Counter,
    "scalar": lambda value: _SCALARS[value[0]](value[1]),
    "complex": lambda value: complex(*value),
    "bytes": lambda value: base64.b64decode(value, validate=True),
    "dtype": dtypes.as_dtype,
    "device": device,
    "operation": modules.operation,
}


__all__ = ["Flattened", "is_plain", "unflatten", "tensor_of"]
