"""Nested things flattened into a tree, plain JSON, and arrays under the paths where they stood; and built again from both.

    {"step": 3, "w": tensor}   ↔   {"dict": [["step", 3], ["w", {"tensor": "w"}]]}   and   {"w": array}

What is neither a number nor text stands in the tree as {kind: contents}.
"""

from __future__ import annotations

import base64
import json
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
from .sharing import Arrays, Place, Views, any_shared, stored
from .trust import Trust, name_of

_SCALARS = {t.__name__: t for t in (np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8,
                                    np.uint64, np.uint32, np.uint16, np.uint8)} | {"bool": np.bool_}  # fmt: skip


def is_plain(obj: Any) -> bool:
    """Whether this is a dict of constant tensors under ordinary names, each with memory of its own: a state dict, which
    needs no tree."""
    return (
        type(obj) in (dict, OrderedDict)
        and all(
            isinstance(k, str) and k != METADATA and k.isprintable() and type(v) is Tensor and not v.requires_grad
            for k, v in obj.items()
        )
        and not any_shared([v.array for v in obj.values()])
    )


# ---- flatten ----------------------------------------------------------------------------------------------------------


class Flattened:
    """The tree and the arrays of an object.

    Tensors and arrays that share memory share it when they are loaded: what lies at one place is stored once, and views of
    one memory are stored as that memory, and where in it each lies.

    Raises:
        TypeError: something in it is neither a tensor nor plain data; the message gives its path.
    """

    def __init__(self, obj: Any) -> None:
        self._found: list[Place] = []
        self._objects: dict[int, int] = {}  # their numbers: one that occurs twice is stored once
        try:
            self.tree = self._of(obj, "")
        except RecursionError:
            raise SaveError("save: this is nested too deeply to be saved, or holds itself.") from None
        self.arrays: Arrays = stored(self._found)

    def _of(self, x: Any, path: str) -> Any:
        if isinstance(x, Tensor):
            return self._named(_kind_of(x), x.array, path)
        if x is None or type(x) in (bool, int, float, str):
            return x

        def below(name: Any) -> str:
            return f"{path}.{name}" if path else str(name)

        if isinstance(x, Mapping):
            items = [[self._key(k, below("key")), self._of(v, below(k))] for k, v in x.items()]
            return {next(k for k, t in _MAPPINGS.items() if isinstance(x, t)): items}
        if isinstance(x, (list, tuple, set, frozenset)):
            kind = next(k for k, t in _SEQUENCES.items() if isinstance(x, t))
            of = self._key if kind in _HASHED else self._of
            return {kind: [of(v, below(i)) for i, v in enumerate(x)]}
        if isinstance(x, np.ndarray) and can_hold(x.dtype):
            return self._named("array", x, path)
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

    def _key(self, x: Any, path: str) -> Any:
        """What is hashed when it is loaded: of plain data, since the hash of an object is code of its class."""
        if not isinstance(x, FunctionType) and modules.can_hold(x):
            raise TypeError(
                f"save: {path} is a {type(x).__name__}, an object as a key or in a set; only plain data can stand there. "
                "Use a name or a number for it."
            )
        return self._of(x, path)

    def _object(self, x: Any, path: str) -> Any:
        if isinstance(x, FunctionType):
            return {"operation": name_of(x)}
        if id(x) in self._objects:
            return {"again": self._objects[id(x)]}
        self._objects[id(x)] = number = len(self._objects)
        state = [
            [name, self._of(value, ".".join(filter(None, (path, shown))))]
            for name, shown, value in modules.attributes(x)
        ]
        return {"object": [number, name_of(type(x)), state]}

    def _named(self, kind: str, a: np.ndarray, path: str) -> dict[str, Any]:
        node: dict[str, Any] = {}  # its contents follow when it is known who shares memory with whom
        self._found.append(Place(a, path.encode("utf-8", "backslashreplace").decode() or "tensor", node, kind))
        return node


def _kind_of(t: Tensor) -> str:
    if isinstance(t, Parameter):
        return "parameter" if t.requires_grad else "frozen"
    return "leaf" if t.requires_grad else "tensor"


# ---- unflatten --------------------------------------------------------------------------------------------------------


def unflatten(tree: Any, arrays: Arrays, trust: Trust) -> Any:
    """What was flattened.

    Args:
        trust: which classes and operations the tree may name.

    Raises:
        Refused: it names others.
        ValueError, KeyError, TypeError, RecursionError …: this is no such tree.
    """
    trust.check(classes_in(tree))
    return _Builder(arrays, trust).of(tree)


class _Builder:
    """One reading of a tree. (A class: inner functions that call each other would keep all arrays until Python's collector
    comes by.)"""

    def __init__(self, arrays: Arrays, trust: Trust) -> None:
        self._at, self._trust = Views(arrays), trust
        self._tensors: dict[tuple[str, Any], Tensor] = {}  # one object for what was one
        self._made: dict[int, Any] = {}

    def of(self, x: Any) -> Any:
        if not isinstance(x, dict):
            if isinstance(x, list):
                raise ValueError("a list without its kind")
            return x
        ((kind, value),) = x.items()
        if kind in ("tensor", "leaf", "parameter", "frozen"):
            return self._tensor(kind, value)
        if kind == "array":
            return self._at[value]
        if kind in _MAPPINGS:
            pairs = {self._key(k): self.of(v) for k, v in value}
            return _MAKERS[kind](pairs) if kind in _MAKERS else pairs
        if kind == "object":
            number, name, state = value
            made = modules.made(_text(name), {_text(k): self.of(v) for k, v in state}, self._trust)
            self._made[_number(number)] = made
            return made
        if kind == "again":
            return self._made[_number(value)]
        if kind == "operation":
            return self._trust.operation(_text(value))
        if kind in _SEQUENCES:
            return _SEQUENCES[kind](map(self._key if kind in _HASHED else self.of, value))
        return _MAKERS[kind](value)

    def _key(self, x: Any) -> Any:
        if isinstance(x, dict) and ("object" in x or "again" in x):
            raise ValueError("an object as a key")
        return self.of(x)

    def _tensor(self, kind: str, place: Any) -> Tensor:
        key = kind, json.dumps(place)
        if key not in self._tensors:
            t = tensor_of(self._at[place], str(place))
            if kind == "leaf":
                t.requires_grad_()
            elif kind != "tensor":
                t = Parameter(t, requires_grad=kind == "parameter")
            self._tensors[key] = t
        return self._tensors[key]


def classes_in(tree: Any) -> set[str]:
    """The classes that a tree names."""
    found, left = set(), [tree]
    while left:
        x = left.pop()
        if isinstance(x, dict):
            if "object" in x:
                found.add(_text(x["object"][1]))
            left.extend(x.values())
        elif isinstance(x, list):
            left.extend(x)
    return found


def _text(x: Any) -> str:
    if not isinstance(x, str):
        raise ValueError(f"a name that is a {type(x).__name__}")
    return x


def _number(x: Any) -> int:
    if type(x) is not int:
        raise ValueError(f"a number that is a {type(x).__name__}")
    return x


def _float(x: Any) -> float:
    if type(x) not in (int, float):
        raise ValueError(f"a number that is a {type(x).__name__}")
    return float(x)


def _scalar(value: Any) -> np.generic:
    name, x = value
    if type(x) not in (bool, int, float):
        raise ValueError(f"a {name} that is a {type(x).__name__}")
    return _SCALARS[name](x)


def tensor_of(a: np.ndarray, name: str) -> Tensor:
    """A tensor on this array."""
    try:
        dtypes.of_array(a)
    except TypeError as error:
        raise SaveError(f"{name} holds numbers of {a.dtype}, of which there are no tensors here.") from error
    return Tensor._of(a)


_SEQUENCES: dict[str, Any] = {"list": list, "size": Size, "tuple": tuple, "set": set, "frozenset": frozenset}
_HASHED = ("set", "frozenset")
_MAPPINGS: dict[str, Any] = {"ordered": OrderedDict, "counter": Counter, "dict": Mapping}
_MAKERS: dict[str, Callable[[Any], Any]] = {
    "ordered": OrderedDict,
    "counter": Counter,
    "scalar": _scalar,
    "complex": lambda value: complex(*map(_float, value)),
    "bytes": lambda value: base64.b64decode(_text(value), validate=True),
    "dtype": lambda value: dtypes.as_dtype("tensorgrad." + _text(value)),
    "device": lambda value: device(_text(value)),
}


__all__ = ["Flattened", "classes_in", "is_plain", "tensor_of", "unflatten"]
