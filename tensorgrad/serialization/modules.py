"""Whole models as trees: a class by its name, and the attributes of the object.

    Net()   ↔   {"object": ["program:Net", {"training": True, …}]}

Loading makes an empty object of a class that this program has imported already, and fills in its attributes: no code of
that class runs. Nothing is imported, unless `load` is told that the file may (`weights_only=False`). Only modules, and
dataclasses (their settings), are taken; of functions only the operations of this package, which a module may hold as its
activation.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import is_dataclass
from importlib import import_module
from types import FunctionType
from typing import Any

from ..nn import Module

_PACKAGE = __name__.partition(".")[0]
_OPERATIONS, _MODULES = f"{_PACKAGE}.ops.", f"{_PACKAGE}.nn."
_PAGES = (f"{_PACKAGE}.nn", f"{_PACKAGE}.nn.functional", _PACKAGE)
_HELD = ("_parameters", "_buffers", "_modules")


class Refused(Exception):
    """A file names something that it may not name."""


def can_hold(x: Any) -> bool:
    """Whether x is such an object or function."""
    if isinstance(x, FunctionType):
        return x.__module__.startswith(_OPERATIONS) and _found(name_of(x)) is x
    return _is_taken(type(x)) and _found(name_of(type(x))) is type(x)


def name_of(x: Any) -> str:
    """Where a class or function is to be found: module:path."""
    return f"{x.__module__}:{x.__qualname__}"


def attributes(x: Any) -> list[tuple[str, str, Any]]:
    """The attributes of an object: name, name in a path, value. What a module holds stands under the names it has in the
    state dict."""
    return [(k, "" if k in _HELD else k, v) for k, v in vars(x).items()]


def made(name: str, state: dict[str, Any], importing: bool) -> Any:
    """An object of a class with these attributes."""
    if importing and name.partition(":")[0] not in sys.modules:
        import_module(name.partition(":")[0])
    cls = _found(name)
    if cls is None:
        raise Refused(
            f"holds a {name.replace(':', '.')}, which this program has not imported. Import it, or let the file do it if you "
            "trust it: load(f, weights_only=False)."
        )
    if not isinstance(cls, type) or not _is_taken(cls):
        raise Refused(f"asks for {name.replace(':', '.')}, which is neither a module nor a dataclass.")
    new: Any = object.__new__(cls)
    vars(new).update(state)
    return new


def operation(name: str) -> Any:
    """The operation of this name."""
    found = _found(name)
    if not name.startswith(_OPERATIONS) or not isinstance(found, FunctionType):
        raise Refused(f"asks for {name.replace(':', '.')}, which is no operation.")
    return found


def _is_taken(cls: type) -> bool:
    return issubclass(cls, Module) or is_dataclass(cls)


def _found(name: str) -> Any:
    """What a name in a file stands for, None if nothing. Files written before a class or operation of this package moved to
    another file of its own are read all the same: it is looked for on the public pages."""
    module, _, path = name.partition(":")
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    if found is None and module.startswith((_OPERATIONS, _MODULES)) and path.isidentifier():
        for page in _PAGES:
            found = getattr(sys.modules[page], path, None)
            if isinstance(found, FunctionType):
                found = inspect.unwrap(found, stop=_is_ours)
            if isinstance(found, (FunctionType, type)) and _is_ours(found):
                return found
        return None
    return found


def _is_ours(x: Any) -> bool:
    """Whether a class is defined below `nn`, or a function below `ops`."""
    return x.__module__.startswith(_MODULES if isinstance(x, type) else _OPERATIONS)
