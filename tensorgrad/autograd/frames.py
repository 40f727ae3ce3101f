"""The line of the user's program that an operation stands in, for errors and pictures."""

from __future__ import annotations

import linecache
import sys
from typing import Any

_PACKAGE = __name__.partition(".")[0] + "."


def user_frame() -> tuple[str, int, str]:
    """File, line and function of the innermost caller outside the package."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return ("", 0, "")
    return (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def describe_frame(where: tuple[str, int, str]) -> str:
    """A noted source line in words: file, line, function and the line itself."""
    file, line, function = where
    text = linecache.getline(file, line).strip()
    return f"{file}:{line} in {function}" + (f": {text}" if text else "")
