"""Ctrl-C as a wish: the step that is under way is finished, what there is is saved, and then the training ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interruption:
    """Whether Ctrl-C was pressed."""

    asked = False

    def ask(self, *_: Any) -> None:
        if self.asked:  # the second time
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def interruption() -> Iterator[Interruption]:
    """Inside, Ctrl-C asks for an end rather than forcing it; not where somebody else handles it already."""
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


__all__ = ["Interruption", "interruption"]
