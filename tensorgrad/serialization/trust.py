"""What a file may name, and how a name is looked up.

Tensors and plain data name nothing. A whole model names classes, and operations of this package that it holds as its
activations. A file is a stranger's: what it names is looked up only at the caller's word,

    with safe_globals([Net, nn.Linear]): load(f)     these classes
    load(f, weights_only=False)                      any module or dataclass of any module that can be imported

and never by following attributes. A class has to stand, under its own name, in the module that defines it: its entry in
that module's `__dict__` says so itself. An operation has to stand in a table of the public ones.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

from ..nn import Module

_PACKAGE = __name__.partition(".")[0]
_OPERATIONS, _MODULES = f"{_PACKAGE}.ops.", f"{_PACKAGE}.nn."
_PAGES = (f"{_PACKAGE}.nn.functional", _PACKAGE, f"{_PACKAGE}.special", f"{_PACKAGE}.linalg")

_safe: dict[str, Any] = {}  # name → class or function, as the caller named them


class Refused(Exception):
    """A file names something that it may not name."""


# ---- the caller's word ------------------------------------------------------------------------------------------------


def add_safe_globals(safe_globals: Sequence[Any]) -> None:
    """Let files name these classes from now on.

    Args:
        safe_globals: classes, or (class, "package.module.Name") where files know it under another name.
    """
    _safe.update(_named(safe_globals, "add_safe_globals"))


def get_safe_globals() -> list[Any]:
    """The classes that files may name."""
    return list(_safe.values())


def clear_safe_globals() -> None:
    """Take back what `add_safe_globals` allowed."""
    _safe.clear()


class safe_globals:
    """`with safe_globals([Net, nn.Linear]): model = load(f)`: inside, files may name these classes."""

    def __init__(self, safe_globals: Sequence[Any]) -> None:
        self._named = _named(safe_globals, "safe_globals")

    def __enter__(self) -> safe_globals:
        self._before = dict(_safe)
        _safe.update(self._named)
        return self

    def __exit__(self, *error: object) -> None:
        _safe.clear()
        _safe.update(self._before)


def _named(entries: Sequence[Any], caller: str) -> dict[str, Any]:
    found = {}
    for entry in entries:
        x, name = entry if isinstance(entry, tuple) and len(entry) == 2 else (entry, None)
        if not isinstance(x, (type, FunctionType)) or not isinstance(name, (str, type(None))):
            raise TypeError(
                f"{caller}: expects a list of classes, or of (class, 'package.module.Name'), got a "
                f"{type(entry).__name__} in it."
            )
        found[name or shown(name_of(x))] = x
    return found


def unknown(classes: set[str]) -> set[str]:
    """Those of these names that the caller has not allowed."""
    return {name for name in classes if shown(name) not in _safe}


# ---- names ------------------------------------------------------------------------------------------------------------


def name_of(x: Any) -> str:
    """Where a class or an operation is to be found: module:path."""
    if isinstance(x, FunctionType):
        return next((name for name, f in operations().items() if f is x), f"{x.__module__}:{x.__qualname__}")
    return f"{x.__module__}:{x.__qualname__}"


def shown(name: str) -> str:
    """A name as programs write it."""
    return name.replace(":", ".")


@cache
def operations() -> dict[str, Callable[..., Any]]:
    """The operations that a file may name, by public page and name: every public function that is defined in this package's
    `ops`. They compute with tensors; none opens a file or calls what it is given."""
    found = {}
    for page in _PAGES:
        for name, f in vars(import_module(page)).items():
            public = isinstance(f, FunctionType) and not name.startswith("_") and name not in _NO_OPERATIONS
            if public and inspect.unwrap(f).__module__.startswith(_OPERATIONS):
                found[f"{page}:{name}"] = f
    return found


_NO_OPERATIONS = {"from_file", "vmap"}


class Trust:
    """What one call of `load` allows.

    Args:
        everything: any module or dataclass may be named, and imported; else those that the caller named.
    """

    def __init__(self, everything: bool) -> None:
        self.everything = everything

    def check(self, classes: set[str]) -> None:
        """Refuse a file that names a class which the caller did not name."""
        strange = sorted(map(shown, unknown(classes)))
        if strange and not self.everything:
            names = ", ".join(name.rpartition(".")[2] for name in strange)
            raise Refused(
                f"holds more than tensors and plain data: objects of {', '.join(strange)}. By default no file may name a "
                f"class. If you trust these: with tensorgrad.serialization.safe_globals([{names}]): load(f); if you trust "
                "the whole file: load(f, weights_only=False). Safest is to save model.state_dict() and to load that."
            )

    def cls(self, name: str) -> type:
        """The class of this name."""
        if shown(name) in _safe:
            found = _safe[shown(name)]
        elif self.everything:
            found = _defined(name)
        else:
            found = None
        if not isinstance(found, type) or not is_taken(found):
            raise Refused(f"asks for {shown(name)}, which is neither a module nor a dataclass.")
        return found

    def operation(self, name: str) -> Callable[..., Any]:
        """The operation of this name. Files written before it moved name the file below `ops` where it once was."""
        if not self.everything and not _safe:
            raise Refused(
                f"holds the operation {shown(name)}, no plain data. If you trust it: load(f, weights_only=False)."
            )
        module, _, path = name.partition(":")
        names = [f"{page}:{path}" for page in _PAGES] if module.startswith(_OPERATIONS) else [name]
        for name_now in names:
            if name_now in operations():
                return operations()[name_now]
        raise Refused(f"asks for {shown(name)}, which is no operation.")


def is_taken(cls: type) -> bool:
    """Whether objects of a class can be saved: modules, and dataclasses."""
    return Module in cls.__mro__ or any("__dataclass_fields__" in vars(c) for c in cls.__mro__)


def can_be_named(cls: type) -> bool:
    """Whether a class is found again under its name."""
    return is_taken(cls) and _defined(name_of(cls), importing=False) is cls


def _defined(name: str, importing: bool = True) -> type | None:
    """The class that is defined under this name: `module:Outer.Inner`. Modules of this package may have moved since the
    file was written, and are looked for on the public page."""
    module, _, path = name.partition(":")
    found = _entry(module, path.split("."), importing)
    if found is None and module.startswith(_MODULES):
        found = _entry(f"{_PACKAGE}.nn", [path], importing=False, moved=True)
    return found


def _entry(module: str, path: list[str], importing: bool, moved: bool = False) -> type | None:
    if not all(part.isidentifier() for part in (*module.split("."), *path)):
        return None
    if importing and module not in sys.modules:
        try:
            import_module(module)
        except ImportError as error:
            raise Refused(f"holds a {'.'.join((module, *path))}, which cannot be imported here ({error}).") from None
    home = sys.modules.get(module)
    if not isinstance(home, ModuleType):
        return None
    found: Any = home
    for part in path:
        found = vars(found).get(part)
        if not isinstance(found, type):
            return None
    defined_in = type.__dict__["__module__"].__get__(found)
    if moved:
        return found if defined_in.startswith(_MODULES) else None
    return found if (defined_in, found.__qualname__) == (module, ".".join(path)) else None
