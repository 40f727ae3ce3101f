"""Progress of a training: a tqdm bar, or plain lines where tqdm is not installed."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
from typing import Any

_SHORTER = (("validation ", "val "), ("accuracy", "acc"), ("val loss", "val"), (", val acc", ","))
_FULL = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
_NARROW = "|{bar}| {n_fmt}/{total_fmt} {elapsed}<{remaining}{postfix}"


def title_of(progress: bool | str | None) -> str:
    """What stands in front; nothing if no progress is to be seen. None: only in a terminal."""
    if progress is None:
        progress = sys.stderr.isatty()
    return progress if isinstance(progress, str) else "training" if progress else ""


@contextmanager
def progress_bar(title: str, epochs: int) -> Iterator[Callable[[Any], None]]:
    """A function to call with the history after each epoch: it moves a bar, prints a line now and then, or does nothing."""
    if not title:
        yield lambda history: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        every = math.ceil(epochs / 10)

        def print_line(history: Any) -> None:
            if len(history) % every == 0 or len(history) == epochs:
                print(f"{title}: epoch {len(history)} of {epochs}, {history.summary()}", file=sys.stderr, flush=True)

        yield print_line
        return
    with tqdm(total=epochs, desc=title, unit="epoch", dynamic_ncols=True) as bar:

        def move_bar(history: Any) -> None:
            width = bar.ncols or get_terminal_size().columns
            bar.bar_format, words = _fitting(history.summary(), width, title, epochs)
            bar.set_postfix_str(words, refresh=False)
            bar.update()

        yield move_bar
        bar.total = bar.n  # stopped early is done as well
        bar.refresh()


def _fitting(words: str, width: int, title: str, epochs: int) -> tuple[str, str]:
    """A form for the bar and the words beside it that fit into so many characters; tqdm would cut off their end."""
    taken = len(title) + 2 * len(str(epochs)) + len(": 100%|<bar>| / [00:00<00:00, ]")
    if len(words) + taken <= width:
        return _FULL, words
    for long, short in _SHORTER[:2]:
        words = words.replace(long, short)
    if len(words) + taken <= width:
        return _FULL, words
    for long, short in _SHORTER[2:]:
        words = words.replace(long, short)
    return _NARROW, words
