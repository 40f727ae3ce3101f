"""Progress: a tqdm bar, or plain lines where tqdm is not installed."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
from typing import Any, Generic, TypeVar

T = TypeVar("T")

NO_BAR = 'no bar, as tqdm is not installed. Run: pip install "tensorgrad-learn[train]"'


class track(Generic[T]):
    """The items, with a bar that moves on after each; for loops that are written out.

        for step in (bar := track(range(1000), "two players")):
            ...
            bar.tell(critic=loss.item(), generator=other.item())

    Args:
        items: with a length, if the end is to be foreseen.
        title: stands in front.
        shown: None: only in a terminal.
    """

    def __init__(self, items: Iterable[T], title: str = "progress", shown: bool | None = None) -> None:
        self.items, self.title = items, title
        self.shown = sys.stderr.isatty() if shown is None else shown
        self.words = ""
        self.bar: Any = None

    def __len__(self) -> int:
        return len(self.items)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[T]:
        try:
            total = len(self)
        except TypeError:
            total = None
        if self.shown:
            self.bar = _tqdm(self.title, total=total, unit="step")
        try:
            for i, item in enumerate(self.items, 1):
                yield item
                if self.bar is not None:
                    self.bar.set_postfix_str(self.words, refresh=False)
                    self.bar.update()
                elif self.shown and total and (i % math.ceil(total / 10) == 0 or i == total):
                    print(f"{self.title}: {i} of {total}, {self.words}".rstrip(", "), file=sys.stderr, flush=True)
        finally:
            if self.bar is not None:
                self.bar.close()

    def tell(self, **figures: Any) -> None:
        """Show these beside the bar: numbers with four digits, words as they are."""
        shown = {name: f"{x:.4g}" if isinstance(x, float) else str(x) for name, x in figures.items()}
        self.words = ", ".join(f"{name.replace('_', ' ')} {x}" for name, x in shown.items())

    def aside(self) -> Any:
        """`with bar.aside(): print(…)` prints above the bar."""
        return _aside(self.bar)


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
        self.started, self.examples = time.perf_counter(), 0
        self.latest: list[str] = []
        self.bar: Any = None
        if self.shown:
            self.bar = _tqdm(self.title, total=epochs * batches if batches else None, initial=done, unit="batch")

    def step(self, epoch: int, loss: float, rate: float, examples: int) -> None:
        """A batch is done; `loss` is the mean of the epoch so far."""
        self.examples += examples
        if self.bar is None:
            return
        speed = self.examples / max(time.perf_counter() - self.started, 1e-9)
        words = [f"epoch {epoch}/{self.epochs}", f"loss {loss:.4g}", *self.latest]
        self._show([*words, f"lr {rate:.3g}", f"{_short(speed)} examples/s"])
        self.bar.update()

    def epoch(self, number: int, words: str) -> None:
        """An epoch is done; what was measured, but for its loss, stays there while the next one runs."""
        figures = words.split(", ")
        self.latest = figures[1:]
        if self.bar is not None:
            self._show([f"epoch {number}/{self.epochs}", *figures])
        elif self.shown and (number % math.ceil(self.epochs / 10) == 0 or number == self.epochs):
            print(f"{self.title}: epoch {number} of {self.epochs}, {words}", file=sys.stderr, flush=True)

    def _show(self, words: list[str]) -> None:
        """Beside the bar, from the most important to the least, as many as there is room for."""
        width = self.bar.ncols or get_terminal_size().columns
        self.bar.bar_format, line = fitting(words, width, self.title, self.bar.total)
        self.bar.set_postfix_str(line, refresh=False)

    def aside(self) -> Any:
        """Inside, the bar is not there, and what is printed stands above it."""
        return _aside(self.bar)

    def close(self) -> None:
        """Stopped early is done as well."""
        if self.bar is not None:
            self.bar.total = self.bar.n
            self.bar.refresh()
            self.bar.close()


def _tqdm(title: str, **options: Any) -> Any:
    """A bar; None where tqdm is missing, which is said."""
    try:
        from tqdm import tqdm
    except ImportError:
        print(f"{title}: {NO_BAR}", file=sys.stderr, flush=True)
        return None
    return tqdm(desc=title, dynamic_ncols=True, **options)


@contextmanager
def _aside(bar: Any) -> Iterator[None]:
    if bar is None:
        yield
        return
    bar.clear()
    try:
        yield
    finally:
        sys.stdout.flush()
        bar.refresh()


def fitting(words: list[str], width: int, title: str, total: int | None) -> tuple[str, str]:
    """The bar's form and the words beside it, in a line of so many characters: in full, else shortened, else without
    counts and title, else without the last words. tqdm itself would cut the end off."""
    line = full = ", ".join(words)
    for long, short in _SHORTER:
        line = line.replace(long, short)
    shortest = line.replace("val loss", "val").replace(", val acc ", ", ")
    forms = _FORMS if total else _FORMS_WITHOUT_END
    tries = [(forms[0], full), (forms[0], line), (forms[1], line), (forms[1], shortest), (forms[2], shortest)]
    for form, text in tries:
        n, bar, time = str(total or 99999), "█" * 5, "00:00"
        known = dict(desc=title, percentage=100, n_fmt=n, total_fmt=n, bar=bar, elapsed=time, remaining=time)
        filled = form.format(**known, postfix=", " + text)
        if len(filled) <= width:
            return form, text
    excess = len(filled) - width
    while excess > 0 and ", " in shortest:
        shortest, _, last = shortest.rpartition(", ")
        excess -= len(last) + 2
    return forms[2], shortest


_SHORTER = (("epoch ", ""), ("validation ", "val "), ("accuracy", "acc"), (" examples/s", "/s"))
_FORMS = (
    "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]",
    "{desc} |{bar}| {elapsed}<{remaining}{postfix}",
    "|{bar}| {elapsed}<{remaining}{postfix}",
)
_FORMS_WITHOUT_END = ("{desc}: {n_fmt} batches [{elapsed}{postfix}]", "{desc} {elapsed}{postfix}", "{elapsed}{postfix}")


def _short(x: float) -> str:
    for unit in ("", "k"):
        if x < 1000:
            return f"{x:.3g}{unit}"
        x /= 1000
    return f"{x:.3g}M"


__all__ = ["track"]
