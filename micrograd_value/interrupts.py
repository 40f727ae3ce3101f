"""Ctrl-C where it must not strike: a step of an optimizer is whole or not begun."""

from __future__ import annotations

import _signal  # what is below `signal`, without its enumerations: 1 µs in place of 13, where a step may take 10
import threading
from typing import Any


class Held:
    """Inside the block Ctrl-C waits; at its end the handler that was there is called, Python's own raising
    KeyboardInterrupt. Only in the main thread: no other is ever interrupted."""

    __slots__ = ("_handler", "_noted")

    def __enter__(self) -> None:
        self._handler: Any = None
        self._noted: Any = None
        if threading.get_ident() == threading.main_thread().ident:
            handler = _signal.getsignal(_signal.SIGINT)
            if callable(handler):  # it is neither ignored nor left to the system
                self._handler = handler
                _signal.signal(_signal.SIGINT, self._note)

    def _note(self, *call: Any) -> None:
        self._noted = call

    def __exit__(self, *error: object) -> None:
        if self._handler is not None:
            _signal.signal(_signal.SIGINT, self._handler)
            if self._noted is not None:
                self._handler(*self._noted)
