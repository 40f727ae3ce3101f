"""detect_anomaly: stop at the first nan or inf of the backward pass, and say which line of the program made it."""

from __future__ import annotations

from collections import deque
from contextvars import ContextVar
from functools import partial
from io import IOBase
from operator import call
from typing import Any

import numpy as np

from .frames import describe_frame
from .modes import ON, TRACED, _Mode, packing, recording, tracing

detecting: ContextVar[bool] = ContextVar("tensorgrad.detecting", default=False)


class detect_anomaly(_Mode):
    """Inside, every operation notes the source line that called it, and a backward pass whose gradients turn nan or inf
    stops with the operation, its shapes and that line.

    Args:
        check_nan: False notes the lines (for other errors) without checking values.
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__()
        self.check_nan = check_nan

    def _settings(self) -> dict[ContextVar[Any], Any]:
        settings: dict[ContextVar[Any], Any] = {tracing: True, detecting: self.check_nan}
        if recording.get():
            settings[recording] = TRACED
        return settings

    def _again(self) -> _Mode:
        return detect_anomaly(self.check_nan)


class set_detect_anomaly(detect_anomaly):
    """`detect_anomaly` by a flag; acts at once when called as a function, and until the end of a `with`."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(check_nan)
        self.mode = bool(mode)
        on: dict[ContextVar[Any], Any] = {tracing: self.mode, detecting: self.mode and check_nan}
        if recording.get():
            on[recording] = TRACED if self.mode or packing.get() is not None else ON
        self.close = partial(deque, map(call, [partial(var.set, var.get()) for var in on]), 0)
        try:
            for var, value in on.items():
                var.set(value)
        except BaseException:
            self.close()
            raise

    __enter__ = object.__init__  # type: ignore[assignment]

    def __new__(cls, mode: bool, check_nan: bool = True) -> Any:
        return IOBase.__new__(cls)


def is_anomaly_enabled() -> bool:
    """Whether operations note their source lines here and now, for `detect_anomaly`."""
    return tracing.get()


def is_anomaly_check_nan_enabled() -> bool:
    """Whether gradients are looked at for nan and inf here and now."""
    return detecting.get()


def checked_pull(node: Any, grad: Any) -> list[Any]:
    """The node's rule, with its results looked at."""
    pairs = node.pull(grad)
    for i, (_, part) in enumerate(pairs):
        array = getattr(part, "array", None)
        if array is None or np.isfinite(array).all():
            continue
        kind = "nan" if np.isnan(array).any() else "inf"
        incoming = grad if isinstance(grad, tuple) else (grad,)
        came_in = any(g is not None and not np.isfinite(g.array).all() for g in incoming)
        where = getattr(node, "where", None)
        raise RuntimeError(
            f"detect_anomaly: the backward of {node.name} made the first {kind} of this pass"
            + (", out of a gradient that already was nan or inf" if came_in else "")
            + f".\n    gradient   {tuple(node.shape)} in, {tuple(array.shape)} out, towards input {i}"
            + (f"\n    forward    {describe_frame(where)}" if where else "\n    forward    outside detect_anomaly()")
            + "\nLook at the values that reach this operation: a zero divisor, log or sqrt of zero, an overflow."
        )
    return pairs
