"""Ctrl-C as a wish: the step that is under way is finished, and then the training ends with its history."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interruption:
    """Whether Ctrl-C was pressed; pressed again it stops the program, as ever."""

    asked = False

    def ask(self, *_: Any) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def interruption() -> Iterator[Interruption]:
    """Inside, Ctrl-C asks for an end; not in another thread, nor where the program handles it already."""
    wish = Interruption()
    ours = threading.current_thread() is threading.main_thread()
    ours = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, wish.ask)
    try:
        yield wish
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
