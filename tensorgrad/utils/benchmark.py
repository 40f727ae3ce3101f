"""How long a statement takes: run often enough to see, several times, and told with its spread.

    Timer("x @ x", globals={"x": tensorgrad.rand(100, 100)}).blocked_autorange()

The time of a run is only ever made longer by what else a machine does, so the median of several measurements is told, with
the distance between their quartiles (IQR).
"""

from __future__ import annotations

import timeit
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import floor, log10
from statistics import fmean, quantiles
from statistics import median as median_of
from typing import Any

from .. import get_num_threads, set_num_threads

timer = timeit.default_timer
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


@dataclass(frozen=True)
class TaskSpec:
    """What was measured, and what it is called in a table."""

    stmt: str
    setup: str = ""
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """label: sub_label, or the statement."""
        if self.label is not None:
            return f"{self.label}: {self.sub_label}" if self.sub_label else self.label
        return f"stmt: ({self.stmt})" if "\n" not in self.stmt else "stmt:\n" + self.stmt


@dataclass
class Measurement:
    """Times of one statement.

    Attributes:
        number_per_run: how often it ran in each measurement.
        raw_times: seconds of each measurement.
        task_spec: what was measured.
    """

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = field(default=None)

    @property
    def times(self) -> list[float]:
        """Seconds of one run, by measurement."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def median(self) -> float:
        """Seconds of one run, the median of the measurements."""
        return median_of(self.times)

    @property
    def mean(self) -> float:
        """Seconds of one run, the mean of the measurements."""
        return fmean(self.times)

    @property
    def iqr(self) -> float:
        """The distance between the quartiles of `times`, in seconds; 0 of a single one."""
        if len(self.times) < 2:
            return 0.0
        low, _, high = quantiles(self.times, n=4, method="inclusive")
        return high - low

    @property
    def significant_figures(self) -> int:
        """How many digits of the median mean anything: those above the uncertainty of the estimate, IQR / √n."""
        n = len(self.times)
        if n < 2 or self.median <= 0:
            return 1
        relative = max(self.iqr / n**0.5 / self.median, 1e-4)
        return max(1, min(4, floor(-log10(relative)) + 1))

    @property
    def title(self) -> str:
        return self.task_spec.title

    @property
    def as_row_name(self) -> str:
        """The name of its row in a table."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    @property
    def env(self) -> str:
        return "" if self.task_spec.env is None else self.task_spec.env

    @property
    def has_warnings(self) -> bool:
        """Whether the measurements differ so much that the median means little: IQR above a tenth of it."""
        return self.iqr > 0.1 * self.median

    def meets_confidence(self, threshold: float = 0.1) -> bool:
        """Whether IQR / median is below a threshold."""
        return len(self.times) > 1 and self.iqr < threshold * self.median

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """Measurements of the same task put together, in the order in which the tasks come."""
        groups: dict[TaskSpec, list[Measurement]] = {}
        for m in measurements:
            groups.setdefault(m.task_spec, []).append(m)
        return [Measurement(1, [t for m in group for t in m.times], spec) for spec, group in groups.items()]

    def __repr__(self) -> str:
        scale, unit = unit_of(self.median)
        lines = [f"{type(self).__name__} {self.title}"]
        if self.task_spec.description:
            lines.append(self.task_spec.description)
        threads = f"{self.task_spec.num_threads} thread" + "s" * (self.task_spec.num_threads != 1)
        if len(self.times) == 1:
            lines += [f"  {self.median / scale:.2f} {unit}", f"  1 measurement, {self.number_per_run} runs, {threads}"]
        else:
            low, _, high = (q / scale for q in quantiles(self.times, n=4, method="inclusive"))
            lines += [
                f"  Median: {self.median / scale:.2f} {unit}",
                f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})",
                f"  {len(self.times)} measurements, {self.number_per_run} runs per measurement, {threads}",
            ]
        if len(self.times) > 1 and self.has_warnings:
            lines.append("  WARNING: the quartiles lie far apart; something else may have kept the machine busy.")
        return "\n".join(lines)


class Timer:
    """Measures a statement.

    Args:
        stmt: the statement, as text; with a callable, `stmt()`.
        setup, global_setup: statements that run before it, untimed.
        timer: seconds, as a function.
        globals: names that the statement uses.
        label, sub_label, description, env: what `Compare` puts in title, rows and columns.
        num_threads: with how many threads of `tensorgrad.set_num_threads` it runs.
    """

    def __init__(
        self,
        stmt: str | Callable[[], Any] = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Any = "python",
    ) -> None:
        if str(getattr(language, "name", language)).lower() not in ("python", "py"):
            raise ValueError(f"Timer: language must be 'python', got {language!r}; nothing is compiled here.")
        if not isinstance(num_threads, int) or num_threads < 1:
            raise ValueError(f"Timer: num_threads must be a positive integer, got {num_threads!r}.")
        names = dict(globals or {})
        if callable(stmt):
            names["stmt"], stmt = stmt, "stmt()"
        if global_setup:
            exec(compile(_dedented(global_setup), "<global_setup>", "exec"), names)
        stmt, setup = _dedented(stmt), _dedented(setup)
        self._spec = TaskSpec(stmt, setup, global_setup, label, sub_label, description, env, num_threads)
        self._timer = timeit.Timer(stmt, setup, timer, names)
        self._clock = timeit.Timer("pass", timer=timer)

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """One measurement of `number` runs, after a short warm-up."""
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"Timer.timeit: number must be a positive integer, got {number!r}.")
        self._run(max(number // 100, 2))
        return self._measured(number, [self._run(number)])

    def repeat(self, repeat: int = -1, number: int = -1) -> Any:
        """Use `blocked_autorange`, which chooses both numbers.

        Raises:
            RuntimeError: always, as in PyTorch.
        """
        raise RuntimeError("Timer.repeat: use blocked_autorange() or adaptive_autorange(), which choose both numbers.")

    autorange = repeat

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Measurements of as many runs as keep the clock's own error below 0.1 %, for `min_run_time` seconds."""
        number = self._enough(min_run_time)
        times: list[float] = []
        while sum(times) < min_run_time:
            times.append(self._run(number))
            if callback is not None:
                callback(number, times[-1])
        return self._measured(number, times)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """Measurements until IQR / median is below `threshold`, for `max_run_time` seconds at most."""
        number = self._enough(min_run_time)
        times: list[float] = []
        while True:
            times.append(self._run(number))
            if callback is not None:
                callback(number, times[-1])
            found = self._measured(number, times)
            if sum(times) >= max_run_time or len(times) > 3 and sum(times) >= min_run_time and found.meets_confidence(threshold):
                return found

    def _enough(self, min_run_time: float) -> int:
        """How many runs take a thousand times as long as asking the clock, and not more than `min_run_time`."""
        self._run(2)  # whatever happens in the first ones only
        overhead = median_of([self._clock.timeit(1) for _ in range(5)])
        number = 1
        while True:
            taken = self._run(number)
            if overhead <= 1e-3 * taken and taken >= min_run_time / 1000 or taken > min_run_time:
                return number
            number *= 10

    def _run(self, number: int) -> float:
        before = get_num_threads()
        set_num_threads(self._spec.num_threads)
        try:
            return max(self._timer.timeit(number), 1e-9)
        finally:
            set_num_threads(before)

    def _measured(self, number: int, times: list[float]) -> Measurement:
        return Measurement(number, list(times), self._spec)


class Compare:
    """Measurements as a table: a row for each sub_label (and env), a column for each description, threads apart."""

    def __init__(self, results: Sequence[Measurement]) -> None:
        self._results = list(results)
        self._trim = False

    def extend_results(self, results: Sequence[Measurement]) -> None:
        """Add measurements."""
        if not all(isinstance(r, Measurement) for r in results):
            raise ValueError("Compare.extend_results: expects a list of Measurements.")
        self._results.extend(results)

    def trim_significant_figures(self) -> None:
        """Show only the digits that mean something."""
        self._trim = True

    def colorize(self, rowwise: bool = False) -> None:
        """Accepted: the table is plain text."""

    def highlight_warnings(self) -> None:
        """Accepted: the table is plain text."""

    def print(self) -> None:
        """Print the table."""
        print(self)

    def __str__(self) -> str:
        return "\n\n".join(self._table(label) for label in _in_order(m.task_spec.label for m in self._results))

    def _table(self, label: str | None) -> str:
        results = [m for m in Measurement.merge(self._results) if m.task_spec.label == label]
        columns = _in_order(m.task_spec.description or "" for m in results)
        scale, unit = unit_of(min(m.median for m in results))
        cells = {(m.task_spec.num_threads, _row(m), m.task_spec.description or ""): m for m in results}
        lines: list[list[str]] = [["", *columns]]
        for threads in _in_order(m.task_spec.num_threads for m in results):
            lines.append([f"{threads} threads:"])
            for row in _in_order(_row(m) for m in results if m.task_spec.num_threads == threads):
                lines.append(["  " + row, *(self._cell(cells.get((threads, row, c)), scale) for c in columns)])
        widths = [max(len(line[i]) for line in lines if i < len(line)) for i in range(len(columns) + 1)]
        texts = [
            "  |  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths)))
            for line in lines
        ]
        wide = max(map(len, texts))
        title = "[" + f" {label or 'measurements'} ".center(wide - 2, "-") + "]"
        name = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}[unit]
        return "\n".join([title, *texts, "", f"Times are in {name} ({unit})."])

    def _cell(self, m: Measurement | None, scale: float) -> str:
        if m is None:
            return ""
        value = m.median / scale
        if self._trim and value > 0:
            return f"{round(value, m.significant_figures - 1 - floor(log10(value))):g}"
        return f"{value:.1f}"


def unit_of(seconds: float) -> tuple[float, str]:
    """The unit in which a time is best told: its length in seconds, and its name."""
    return next(((scale, unit) for scale, unit in _UNITS if seconds >= scale), _UNITS[-1])


def _row(m: Measurement) -> str:
    return f"({m.env})  {m.as_row_name}" if m.env else m.as_row_name


def _in_order(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _dedented(text: str) -> str:
    """Code without the indentation that all its lines share, and without empty lines around it."""
    import textwrap

    return textwrap.dedent(text).strip("\n") or "pass"


__all__ = ["Compare", "Measurement", "TaskSpec", "Timer", "timer"]
