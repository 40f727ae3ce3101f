"""`tensorgrad.compiler`: switches around `tensorgrad.compile`, which gives back its argument. They change nothing."""

from __future__ import annotations

from typing import Any

from .questions import compile


def is_compiling() -> bool:
    """Whether this runs inside compiled code: never."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def disable(fn: Any = None, recursive: bool = True, **options: Any) -> Any:
    """The function as it is. Also a decorator, with or without arguments."""
    return (lambda function: function) if fn is None else fn


def allow_in_graph(fn: Any) -> Any:
    """The function as it is. Also a decorator."""
    return fn


def reset() -> None:
    """Accepted: nothing is kept between calls."""


cudagraph_mark_step_begin = reset

__all__ = [
    "allow_in_graph", "compile", "cudagraph_mark_step_begin", "disable", "is_compiling", "is_dynamo_compiling",
    "is_exporting", "reset",
]  # fmt: skip
