"""Checks of arguments: a sentence that says which one, what it is and what it has to be."""

from __future__ import annotations

import math
import sys
import warnings
from numbers import Integral, Real
from types import FrameType
from typing import Any


def whole(who: str, name: str, n: Any, least: int = 1) -> int:
    """n as an int of at least `least`; TypeError or ValueError."""
    if not isinstance(n, Integral) or isinstance(n, bool):
        raise TypeError(f"{who}: {name} must be a whole number, got {type(n).__name__} {n!r}.")
    if n < least:
        raise ValueError(f"{who}: {name} must be at least {least}, got {n}.")
    return int(n)


MOST = 10**8  # Values take some 200 bytes each


def few_enough(who: str, n: int) -> None:
    """Refuse more parameters than any memory holds, before the first of them is made; ValueError."""
    if n > MOST:
        raise ValueError(f"{who}: {n} parameters are more than the {MOST} that fit into memory as Values. Choose smaller sizes.")


def real(who: str, name: str, x: Any, *, above: float | None = None, below: float = math.inf) -> float:
    """x as a finite float, above `above` (or 0 and more if that is None) and below `below`; TypeError or ValueError."""
    if not isinstance(x, Real) or isinstance(x, bool):
        raise TypeError(f"{who}: {name} must be a number, got {type(x).__name__} {x!r}.")
    x = float(x)
    if not (x >= 0.0 if above is None else x > above) or not x < below:
        least = "0 or more" if above is None else f"more than {above:g}"
        most = "finite" if below == math.inf else f"less than {below:g}"
        raise ValueError(f"{who}: {name} must be {least} and {most}, got {x}.")
    return x


def warn(message: str) -> None:
    """A warning that points to the user's line, however deep in the package it is raised."""
    package = __name__.partition(".")[0] + "."
    frame: FrameType = sys._getframe(1)
    level = 2  # 1 would be this line
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(package):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
