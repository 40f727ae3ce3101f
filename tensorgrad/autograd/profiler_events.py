"""What a profiler has seen: events, their averages, and the table and the trace made of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

# What a table may be sorted by, as PyTorch calls it.
_KEYS = {
    "cpu_time": "cpu_time",
    "cpu_time_total": "cpu_time_total",
    "self_cpu_time_total": "self_cpu_time_total",
    "cpu_memory_usage": "cpu_memory_usage",
    "self_cpu_memory_usage": "self_cpu_memory_usage",
    "count": "count",
}
_TITLES = "Name|Self CPU %|Self CPU|CPU total %|CPU total|CPU time avg|CPU Mem|Self CPU Mem|# of Calls".split("|")
_UNITS = ((1e6, "s"), (1e3, "ms"), (1.0, "us"))


class Interval:
    """Start and end in microseconds since the profile began."""

    __slots__ = ("end", "start")

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end

    def elapsed_us(self) -> float:
        """How long it was."""
        return self.end - self.start


class FunctionEvent:
    """One operation, backward rule or `record_function` block.

    Attributes:
        name: of the operation; of a rule with " backward" behind it.
        time_range: start and end, microseconds.
        cpu_memory_usage: bytes of the results, with those of what has run inside; views have none.
        cpu_parent, cpu_children: around it and inside it, in the same thread.
        input_shapes: with record_shapes, the shapes of the arguments.
        thread: the number of the thread. id: of the event, in the order of starting.
    """

    count = 1

    def __init__(self, id: int, name: str, start: float, thread: int, kind: str, parent: FunctionEvent | None) -> None:
        self.id, self.name, self.thread, self.kind, self.cpu_parent = id, name, thread, kind, parent
        self.time_range = Interval(start, start)
        self.cpu_children: list[FunctionEvent] = []
        self.self_cpu_memory_usage = 0
        self.input_shapes: list[Any] = []
        if parent is not None:
            parent.cpu_children.append(self)

    @property
    def key(self) -> str:
        return self.name

    @property
    def cpu_time_total(self) -> float:
        """Microseconds, with what has run inside."""
        return self.time_range.elapsed_us()

    cpu_time = cpu_time_total

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds, without what has run inside."""
        return self.cpu_time_total - sum([c.cpu_time_total for c in self.cpu_children])

    @property
    def cpu_memory_usage(self) -> int:
        return self.self_cpu_memory_usage + sum([c.cpu_memory_usage for c in self.cpu_children])

    def __repr__(self) -> str:
        return f"<FunctionEvent {self.name}: {self.cpu_time_total:.1f} us>"


class FunctionEventAvg:
    """All events of one name (and, where asked for, of the same shapes) together.

    Attributes:
        count: how many. cpu_time_total, self_cpu_time_total: microseconds, all together. cpu_memory_usage,
        self_cpu_memory_usage: bytes.
    """

    def __init__(self, key: str, input_shapes: list[Any] | None = None) -> None:
        self.key = self.name = key
        self.input_shapes = input_shapes or []
        self.count, self.cpu_time_total, self.self_cpu_time_total = 0, 0.0, 0.0
        self.cpu_memory_usage = self.self_cpu_memory_usage = 0

    @property
    def cpu_time(self) -> float:
        """Microseconds a call."""
        return self.cpu_time_total / self.count if self.count else 0.0

    def add(self, e: Any) -> None:
        """Add an event. One inside another of its name is counted, its time is in the other's already."""
        above = e.cpu_parent if isinstance(e, FunctionEvent) else None
        while above is not None and above.key != e.key:
            above = above.cpu_parent
        self.count += e.count
        self.self_cpu_time_total += e.self_cpu_time_total
        self.self_cpu_memory_usage += e.self_cpu_memory_usage
        if above is None:
            self.cpu_time_total += e.cpu_time_total
            self.cpu_memory_usage += e.cpu_memory_usage

    def __repr__(self) -> str:
        return f"<FunctionEventAvg {self.key}: {self.count} calls, {self.cpu_time_total:.1f} us>"


class EventList(list[Any]):
    """Events or averages; prints as a table."""

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """One entry a name (and shapes), in the order of their first appearance."""
        found: dict[Any, FunctionEventAvg] = {}
        for e in self:
            key = (e.key, str(e.input_shapes)) if group_by_input_shape else e.key
            if key not in found:
                found[key] = FunctionEventAvg(e.key, e.input_shapes if group_by_input_shape else None)
            found[key].add(e)
        return EventList(found.values())

    def total_average(self) -> FunctionEventAvg:
        """Everything together."""
        total = FunctionEventAvg("Total")
        for e in self:
            total.add(e)
        total.cpu_time_total, total.cpu_memory_usage = total.self_cpu_time_total, total.self_cpu_memory_usage
        return total

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds in all operations."""
        return sum([e.self_cpu_time_total for e in self])

    def table(
        self, sort_by: str | None = None, row_limit: int = 100, max_name_column_width: int = 55, header: str | None = None,
        top_level_events_only: bool = False, **accepted: Any,
    ) -> str:  # fmt: skip
        """A line a entry: its share of the time, time and bytes with and without what has run inside, calls.

        Args:
            sort_by: 'cpu_time', 'cpu_time_total', 'self_cpu_time_total', 'cpu_memory_usage', 'self_cpu_memory_usage' or
                'count', largest first.
            row_limit: −1 for all.
            top_level_events_only: only events that are not inside others.
        """
        if sort_by is not None and sort_by not in _KEYS:
            raise ValueError(f"table: sort_by must be one of {', '.join(_KEYS)}, got {sort_by!r}.")
        rows = [e for e in self if not (top_level_events_only and getattr(e, "cpu_parent", None) is not None)]
        if sort_by is not None:
            rows.sort(key=lambda e: -getattr(e, sort_by))
        total = self.self_cpu_time_total or 1.0
        shapes = any(e.input_shapes for e in rows)
        lines = [_TITLES + ["Input Shapes"] * shapes]
        for e in rows[: None if row_limit < 0 else row_limit]:
            name = e.key if len(e.key) <= max_name_column_width else e.key[: max_name_column_width - 3] + "..."
            lines.append([
                name, f"{100 * e.self_cpu_time_total / total:.2f}%", _time(e.self_cpu_time_total),
                f"{100 * e.cpu_time_total / total:.2f}%", _time(e.cpu_time_total), _time(e.cpu_time),
                _bytes(e.cpu_memory_usage), _bytes(e.self_cpu_memory_usage), str(e.count), *[str(e.input_shapes)] * shapes,
            ])  # fmt: skip
        widths = [max(map(len, column)) for column in zip(*lines)]
        rule = "  ".join(["-" * w for w in widths])
        text = ["  ".join([cell.rjust(w) for cell, w in zip(line, widths)]).rstrip() for line in lines]
        above = [header] if header else []
        return "\n".join([*above, rule, text[0], rule, *text[1:], rule, f"Self CPU time total: {_time(total)}", ""])

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write the events as JSON that chrome://tracing and Perfetto show."""
        events = [
            {
                "ph": "X", "cat": e.kind, "name": e.name, "pid": os.getpid(), "tid": e.thread, "ts": e.time_range.start,
                "dur": e.cpu_time_total, "args": {"Ev Idx": e.id, "bytes": e.self_cpu_memory_usage, "Input Dims": e.input_shapes},
            }
            for e in self
        ]  # fmt: skip
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"schemaVersion": 1, "displayTimeUnit": "ms", "traceEvents": events}, f)

    def __str__(self) -> str:
        return self.table()


def _time(us: float) -> str:
    for size, unit in _UNITS:
        if us >= size:
            return f"{us / size:.3f}{unit}"
    return f"{us:.3f}us"


def _bytes(n: int) -> str:
    for size, unit in ((2**30, "Gb"), (2**20, "Mb"), (2**10, "Kb")):
        if n >= size:
            return f"{n / size:.2f} {unit}"
    return f"{n} b"


def bytes_of(results: Iterable[Any]) -> int:
    """The memory of results that have their own."""
    return sum([a.nbytes for a in results if getattr(a, "base", 0) is None])


__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "Interval"]
