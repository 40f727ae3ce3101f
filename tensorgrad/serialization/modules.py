"""Whole models as trees: a class by its name, and the attributes of the object.

    Net()   ↔   {"object": [number, "program:Net", [["training", True], …]]}

Loading makes an empty object of the class and fills in its attributes: no code of that class runs. Only modules, and
dataclasses (their settings), are taken. Which class a file may name is decided in `trust.py`; here it is checked that the
attributes are such as an object of that class has: under no name by which the class answers itself (its methods and
properties, all of Python's own), and the parts of a module of their kinds. A file can fill a model with other numbers; it
cannot give it another `forward`.
"""

from __future__ import annotations

from functools import cache
from types import FunctionType, MemberDescriptorType
from typing import Any

from ..nn import Module
from ..nn.parameter import Parameter
from ..tensor import Tensor
from .trust import Refused, Trust, can_be_named, name_of, operations, shown

_HELD: dict[str, type] = {"_parameters": Parameter, "_buffers": Tensor, "_modules": Module}  # name → kind


def can_hold(x: Any) -> bool:
    """Whether x is such an object, or an operation that one may hold."""
    if isinstance(x, FunctionType):
        return name_of(x) in operations()
    return can_be_named(type(x))


def attributes(x: Any) -> list[tuple[str, str, Any]]:
    """The attributes of an object: name, name in a path, value. What a module holds stands under the names it has in the
    state dict. Hooks are no part of a file: what runs is for the program to say."""
    own = vars(x) if hasattr(x, "__dict__") else {k: getattr(x, k) for k in x.__dataclass_fields__ if hasattr(x, k)}
    for name, value in own.items():
        if isinstance(x, Module) and name in _hooks() and value:
            raise TypeError(
                f"save: this {type(x).__name__} has hooks ({name}), and hooks are not saved. Remove them first, "
                "handle.remove(), or save its state_dict()."
            )
        if why := _hides(type(x), name):
            raise TypeError(f"save: this {type(x).__name__} has an attribute {name!r} of its own, {why}. Rename it.")
    return [(k, "" if k in _HELD else k, v) for k, v in own.items()]


def made(name: str, state: dict[str, Any], trust: Trust) -> Any:
    """An object of a class with these attributes.

    Raises:
        Refused: the caller did not allow the class, or no object of it has such attributes.
    """
    cls = trust.cls(name)
    for attribute, value in state.items():
        why = _hides(cls, attribute)
        if why:
            raise Refused(f"gives a {shown(name)} an attribute {attribute!r}, {why}.")
        if issubclass(cls, Module) and (kind := _misfit(attribute, value)):
            raise Refused(f"gives a {shown(name)} an attribute {attribute!r}, which must be {kind}.")
    new: Any = object.__new__(cls)
    if issubclass(cls, Module):
        state = vars(Module()) | state  # also what modules have got since the file was written
    if hasattr(new, "__dict__"):
        vars(new).update(state)
    else:
        for attribute, value in state.items():
            object.__setattr__(new, attribute, value)  # into a slot: `_hides` let nothing else through
    return new


def _hides(cls: type, name: Any) -> str:
    """Why no object of the class has an attribute of this name; "" if it may."""
    if not isinstance(name, str) or not name or name.startswith("__"):
        return "a name of Python's own"
    for c in cls.__mro__:
        if name in vars(c).get("__dataclass_fields__", ()):
            return ""  # also one whose default is a function
        if name in vars(c):
            there = vars(c)[name]
            if isinstance(there, MemberDescriptorType) or not (
                isinstance(there, type) or hasattr(type(there), "__get__")
            ):
                return ""
            return f"which would hide {c.__name__}.{name}"
    return ""


def _misfit(name: str, value: Any) -> str:
    """What an attribute that every module has must be; "" if it is that."""
    if name in _HELD:
        kind = _HELD[name]
        fits = isinstance(value, dict) and all(
            isinstance(k, str) and (v is None or isinstance(v, kind)) for k, v in value.items()
        )
        return "" if fits else f"a dict of names and {kind.__name__}s"
    if name == "_non_persistent_buffers_set":
        return "" if isinstance(value, set) and all(isinstance(k, str) for k in value) else "a set of names"
    if name in ("training", "_hooked"):
        return "" if isinstance(value, bool) and not (name == "_hooked" and value) else "a bool, and hooks none"
    if name in _hooks():
        return "" if isinstance(value, dict) and not value else "an empty dict: a file brings no hooks"
    return ""


@cache
def _hooks() -> set[str]:
    """The attributes in which a module keeps its hooks."""
    return {name for name, value in vars(Module()).items() if isinstance(value, dict)} - set(_HELD)
