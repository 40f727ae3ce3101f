"""The line of the user's program that an operation stands in, for errors, warnings and pictures."""

from __future__ import annotations

import linecache
import sys
import warnings
from typing import Any

_PACKAGE = __name__.partition(".")[0]
_BETWEEN = ("contextlib", "functools")  # modules of Python's that call us for the user


def user_frame() -> tuple[str, int, str]:
    """File, line and function of the innermost caller outside the package."""
    frame: Any = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    if frame is None:
        return ("", 0, "")
    return (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """A warning that points to the user's line, however deep in the package it is raised."""
    frame, level = sys._getframe(1), 2  # 1 would be this line
    while frame.f_back is not None and _is_ours(frame):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_ours(frame: Any) -> bool:
    name = frame.f_globals.get("__name__", "")
    return name == _PACKAGE or name.startswith(_PACKAGE + ".") or name in _BETWEEN


def describe_frame(where: tuple[str, int, str]) -> str:
    """A noted source line in words: file, line, function and the line itself."""
    file, line, function = where
    text = linecache.getline(file, line).strip()
    return f"{file}:{line} in {function}" + (f": {text}" if text else "")
