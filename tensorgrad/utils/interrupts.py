"""Ctrl-C where it must not strike: what is begun is finished first."""

from __future__ import annotations

import _signal  # what is below `signal`, without its enumerations: 1 µs in place of 13 for a step of an optimizer
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_SIGINT: int = _signal.SIGINT


class Held:
    """Inside the block Ctrl-C waits; at its end the handler that was there is called, which raises KeyboardInterrupt if
    nobody has put another one in its place. Only in the main thread: no other is ever interrupted."""

    __slots__ = ("_handler", "_noted")

    def __enter__(self) -> Held:
        self._handler: Any = None
        self._noted: Any = None
        if threading.get_ident() == threading.main_thread().ident:
            handler = _signal.getsignal(_SIGINT)
            if callable(handler):  # it is neither ignored nor left to the system
                self._handler = handler
                _signal.signal(_SIGINT, self._note)
        return self

    def _note(self, *call: Any) -> None:
        self._noted = call

    def __exit__(self, *error: object) -> None:
        if self._handler is not None:
            _signal.signal(_SIGINT, self._handler)
            if self._noted is not None:
                noted, self._noted = self._noted, None
                self._handler(*noted)

    def open(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """A function that may be interrupted while it runs, inside the block: the user's, which may take long."""
        if self._handler is None:
            return f

        @wraps(f)
        def interruptible(*args: Any, **kwargs: Any) -> Any:
            try:
                _signal.signal(_SIGINT, self._handler)
                return f(*args, **kwargs)
            finally:
                _signal.signal(_SIGINT, self._note)

        return interruptible


def whole(f: F) -> F:
    """A function that Ctrl-C finds done or not begun."""

    @wraps(f)
    def held(*args: Any, **kwargs: Any) -> Any:
        with Held():
            return f(*args, **kwargs)

    return held  # type: ignore[return-value]


__all__ = ["Held", "whole"]
