"""What happened in a training run, one entry per epoch: as lists, as a table, as CSV and JSON lines."""

from __future__ import annotations

import csv
import io
import json
import reprlib
from os import PathLike
from typing import Any, NamedTuple

from ..serialization.files import replacing

_ALWAYS = ("losses", "accuracies", "validation_losses", "validation_accuracies", "learning_rates", "seconds")


class History:
    """Columns of numbers, one entry per epoch, as attributes: `history.losses[-1]`.

    Attributes:
        losses: mean loss of the training examples, each counted before the step it took part in.
        validation_losses: at the end of the epoch, on the validation data.
        accuracies, validation_accuracies: shares of right answers, in [0, 1].
        learning_rates: of the first parameter group, at the epoch's first step.
        seconds: how long the epoch took.
        stopped: why training ended.

    Other metrics have columns of their own names, with `validation_` in front. One that nobody asked for is empty.
    """

    def __init__(self) -> None:
        self.columns: dict[str, list[float]] = {}
        self.stopped = ""

    def __getattr__(self, name: str) -> list[float]:
        if name == "columns":  # not yet made, while being copied
            raise AttributeError(name)
        if name in self.columns or name in _ALWAYS:
            return self.columns.get(name, [])
        raise AttributeError(f"History has no column {name!r}; it has {', '.join(self.columns) or 'none yet'}.")

    def append(self, **entries: float) -> None:
        """The entries of an epoch."""
        for name, x in entries.items():
            self.columns.setdefault(name, []).append(x)

    def as_dict(self) -> dict[str, list[float]]:
        """The columns by name."""
        return {name: list(column) for name, column in self.columns.items()}

    def rows(self) -> list[dict[str, Any]]:
        """One dict per epoch."""
        return [
            {"epoch": i + 1, **{name: column[i] for name, column in self.columns.items() if i < len(column)}}
            for i in range(len(self))
        ]

    def to_csv(self, path: str | PathLike[str]) -> None:
        """A table with one line per epoch. The file that was there stays until the new one is safely on the disk."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, ["epoch", *self.columns], lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows())
        _write(path, text.getvalue())

    def to_jsonl(self, path: str | PathLike[str]) -> None:
        """One JSON object per line and epoch, written as `to_csv` does."""
        _write(path, "".join(json.dumps(row) + "\n" for row in self.rows()))

    def table(self) -> str:
        """The columns side by side, for people."""
        names = {name: _heading(name) for name in self.columns}
        lines = ["  ".join(["epoch", *names.values()])]
        for row in self.rows():
            cells = [f"{row['epoch']:>5}"]
            cells += [f"{_figure(name, row[name]):>{len(heading)}}" for name, heading in names.items() if name in row]
            lines.append("  ".join(cells))
        return "\n".join(lines)

    def summary(self, start: str = "") -> str:
        """The latest epoch in a few words; of the columns whose names start so."""
        words = [
            f"{_words(name)} {_figure(name, column[-1])}"
            for name, column in self.columns.items()
            if column and name.startswith(start) and name not in ("learning_rates", "seconds")
        ]
        return ", ".join(words)

    def state_dict(self) -> dict[str, Any]:
        return {"columns": self.as_dict(), "stopped": self.stopped}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned.

        Raises:
            ValueError: it is no such state; nothing has changed.
        """
        columns = state.get("columns") if isinstance(state, dict) else None
        right = isinstance(columns, dict) and all(isinstance(k, str) and isinstance(v, list) for k, v in columns.items())
        if not right or not isinstance(state.get("stopped"), str):
            raise ValueError(
                "History.load_state_dict: needs a dict with 'columns', lists by their names, and 'stopped', a text, got "
                f"{reprlib.repr(state)}."
            )
        self.columns, self.stopped = {k: list(v) for k, v in state["columns"].items()}, state["stopped"]

    def __len__(self) -> int:
        return len(self.losses)

    def __repr__(self) -> str:
        return f"History({len(self)} epochs{', ' + self.summary() if len(self) else ''})"


def _write(path: str | PathLike[str], text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode("utf-8"))


class Evaluation(NamedTuple):
    """The mean loss over examples, and the metrics by name."""

    loss: float
    metrics: dict[str, Any]

    @property
    def accuracy(self) -> float | None:
        """The share of right answers, if that is among the metrics."""
        return self.metrics.get("accuracy")


def column(name: str) -> str:
    """The column of a metric in a history."""
    return {"loss": "losses", "accuracy": "accuracies"}.get(name, name)


def _words(name: str) -> str:
    rest = name.removeprefix("validation_")
    word = {"losses": "loss", "accuracies": "accuracy", "learning_rates": "rate"}.get(rest, rest.replace("_", " "))
    return f"validation {word}" if rest != name else word


def _heading(name: str) -> str:
    return f"{_words(name):>9}"


def _figure(name: str, x: Any) -> str:
    if not isinstance(x, (int, float)):
        return "…"
    return f"{x:.1%}" if name.endswith("accuracies") else f"{x:.1f}" if name == "seconds" else f"{x:.4g}"


__all__ = ["Evaluation", "History"]
