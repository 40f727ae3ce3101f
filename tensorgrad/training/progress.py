"""Progress of a training: a tqdm bar, or plain lines where tqdm is not installed."""

from __future__ import annotations

import math
import sys
import time
from typing import Any


class Progress:
    """A bar over all batches of all epochs, with the loss, the learning rate, and examples per second.

    Args:
        shown: True, False, a text that stands in front, or None: only in a terminal.
        batches: per epoch, if that is known.
        done: batches of earlier runs.
    """

    def __init__(self, shown: bool | str | None, epochs: int, batches: int | None, done: int = 0) -> None:
        if shown is None:
            shown = sys.stderr.isatty()
        self.title = shown if isinstance(shown, str) else "training"
        self.epochs, self.shown = epochs, shown is not False
        self.started, self.examples, self.latest = time.perf_counter(), 0, ""
        self.bar: Any = None
        if not self.shown:
            return
        try:
            from tqdm import tqdm
        except ImportError:
            return
        total = epochs * batches if batches else None
        self.bar = tqdm(total=total, initial=done, desc=self.title, unit="batch", dynamic_ncols=True)

    def step(self, epoch: int, loss: float, rate: float, examples: int) -> None:
        """A batch is done; `loss` is the mean of the epoch so far."""
        self.examples += examples
        if self.bar is None:
            return
        speed = self.examples / max(time.perf_counter() - self.started, 1e-9)
        text = f"epoch {epoch}/{self.epochs}, loss {loss:.4g}, lr {rate:.3g}, {_short(speed)} examples/s"
        self.bar.set_postfix_str(text + self.latest, refresh=False)
        self.bar.update()

    def epoch(self, number: int, words: str, latest: str = "") -> None:
        """An epoch is done; `latest` stays there while the next one runs."""
        self.latest = latest and f"; {latest}"
        if self.bar is not None:
            self.bar.set_postfix_str(f"epoch {number}/{self.epochs}, {words}", refresh=False)
        elif self.shown and (number % math.ceil(self.epochs / 10) == 0 or number == self.epochs):
            print(f"{self.title}: epoch {number} of {self.epochs}, {words}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Stopped early is done as well."""
        if self.bar is not None:
            self.bar.total = self.bar.n
            self.bar.refresh()
            self.bar.close()


def _short(x: float) -> str:
    for unit in ("", "k"):
        if x < 1000:
            return f"{x:.3g}{unit}"
        x /= 1000
    return f"{x:.3g}M"
