"""`tensorgrad.jit`: there is no compiler of models here; what a program asks to be compiled runs as it is.

`jit.save` and `jit.load` of compiled programs are left out: `tensorgrad.save(model.state_dict(), path)` keeps the
weights.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from ...nn import Module

T = TypeVar("T")


class ScriptModule(Module):
    """A base for modules whose methods are marked with `script_method`; a Module as any other."""


def script(obj: T, optimize: Any = None, _frames_up: int = 0, _rcb: Any = None, example_inputs: Any = None) -> T:
    """The function, class or module as it is. Also a decorator."""
    return obj


def trace(func: T, example_inputs: Any = None, **options: Any) -> T:
    """The function or module as it is."""
    return func


def unused(fn: T) -> T:
    """A decorator without effect."""
    return fn


script_method = export = interface = unused


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """A decorator without effect, with or without arguments."""
    return drop if callable(drop) else lambda function: function


def is_scripting() -> bool:
    """Whether this runs inside compiled code: never."""
    return False


def is_tracing() -> bool:
    """Whether a model is being recorded for compiling: never."""
    return False


def annotate(the_type: Any, the_value: T) -> T:
    """The value as it is."""
    return the_value


__all__ = [
    "Final", "ScriptModule", "annotate", "export", "ignore", "interface", "is_scripting", "is_tracing", "script",
    "script_method", "trace", "unused",
]  # fmt: skip
