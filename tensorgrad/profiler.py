"""PyTorch's `torch.profiler`: `autograd.profiler` with a schedule, for a few steps of a long training.

    with profile(schedule=schedule(wait=1, warmup=1, active=3), on_trace_ready=tensorboard_trace_handler("out")) as seen:
        for batch in loader:
            step(batch)
            seen.step()
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from .autograd.profiler import Collector, record_function
from .autograd.profiler_events import EventList


class ProfilerActivity(Enum):
    """What is looked at. Here that is the CPU."""

    CPU = 0
    CUDA = 1


class ProfilerAction(Enum):
    """What a step does: nothing, nothing yet, record, record and hand over at its end."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


_RECORDS = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Callable[[int], ProfilerAction]:
    """Which steps are recorded: `wait` are let pass, `warmup` too, `active` are recorded, and so on, `repeat` times (0: to
    the end), after `skip_first` steps at the beginning. With skip_first_wait the first cycle does not wait."""
    numbers = {"wait": wait, "warmup": warmup, "repeat": repeat, "skip_first": skip_first}
    for name, n in numbers.items():
        if n < 0:
            raise ValueError(f"schedule: {name} must be 0 or more, got {n}.")
    if active < 1:
        raise ValueError(f"schedule: active must be at least 1, got {active}.")

    def action(step: int) -> ProfilerAction:
        step -= skip_first
        if step < 0:
            return ProfilerAction.NONE
        if skip_first_wait:
            step += wait
        cycle = wait + warmup + active
        if repeat and step // cycle >= repeat:
            return ProfilerAction.NONE
        at = step % cycle
        if at < wait:
            return ProfilerAction.NONE
        if at < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if at < cycle - 1 else ProfilerAction.RECORD_AND_SAVE

    return action


def tensorboard_trace_handler(
    dir_name: str | os.PathLike[str], worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[profile], None]:
    """For on_trace_ready: writes each trace to a file of its own, `dir_name/worker.time.pt.trace.json`."""
    worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"

    def handler(seen: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        path = os.path.join(dir_name, f"{worker}.{time.time_ns()}.pt.trace.json")
        seen.export_chrome_trace(path + ".gz" if use_gzip else path)

    return handler


def supported_activities() -> set[ProfilerActivity]:
    """The CPU."""
    return {ProfilerActivity.CPU}


class profile:
    """Sees every operation of the steps that `schedule` records (without one, of all).

    Args:
        activities: must contain the CPU, if given.
        schedule: step number → ProfilerAction; `step()` goes to the next.
        on_trace_ready: called with the profile when a recorded piece ends.
        record_shapes: note the shapes of the arguments.
        profile_memory, with_stack, with_flops, with_modules, experimental_config, execution_trace_observer: accepted.
        acc_events: keep the events of all pieces; else a piece forgets the one before.
    """

    def __init__(
        self, *, activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None, on_trace_ready: Callable[[profile], Any] | None = None,
        record_shapes: bool = False, profile_memory: bool = False, with_stack: bool = False, with_flops: bool = False,
        with_modules: bool = False, experimental_config: Any = None, execution_trace_observer: Any = None,
        acc_events: bool = False, **accepted: Any,
    ) -> None:  # fmt: skip
        wanted = supported_activities() if activities is None else set(activities)
        if ProfilerActivity.CPU not in wanted:
            raise ValueError("profile: activities must contain ProfilerActivity.CPU: there is no other here.")
        self._schedule, self._ready = schedule, on_trace_ready
        self._record_shapes, self._accumulate = record_shapes, acc_events
        self._collector: Collector | None = None
        self._events = EventList()
        self._metadata: dict[str, Any] = {}
        self._step: record_function | None = None
        self._started = False
        self.step_num = 0

    def start(self) -> None:
        """Begin with step 0."""
        self._started = True
        self._go(self._action())

    def stop(self) -> None:
        """End; a piece that is being recorded is handed over."""
        if not self._started:
            return
        self._started = False
        if self._collector is not None:
            self._finish(ready=True)

    def step(self) -> None:
        """The next step begins."""
        if not self._started:
            raise RuntimeError("profile: step() is for inside of the block, or between start() and stop().")
        before = self._action()
        self.step_num += 1
        action = self._action()
        if self._collector is not None and (before is ProfilerAction.RECORD_AND_SAVE or action not in _RECORDS):
            self._finish(ready=before is ProfilerAction.RECORD_AND_SAVE)
        self._go(action)

    def _action(self) -> ProfilerAction:
        return ProfilerAction.RECORD if self._schedule is None else self._schedule(self.step_num)

    def _go(self, action: ProfilerAction) -> None:
        if self._step is not None:
            self._step.__exit__()
            self._step = None
        if action in _RECORDS:
            if self._collector is None:
                collector = Collector(self._record_shapes)
                collector.start()
                self._collector = collector
                self._events = EventList([*self._events] if self._accumulate else [])
            if self._schedule is not None or self.step_num:
                self._step = record_function(f"ProfilerStep#{self.step_num}")
                self._step.__enter__()

    def _finish(self, ready: bool) -> None:
        if self._step is not None:
            self._step.__exit__()
            self._step = None
        assert self._collector is not None
        self._collector.stop()
        self._events.extend(self._collector.events)
        self._collector = None
        if ready and self._ready is not None:
            self._ready(self)

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, kind: Any = None, *error: object) -> None:
        if kind is not None and self._collector is not None:  # what is broken is not handed over
            self._started = False
            self._finish(ready=False)
        self.stop()

    # ---- what has been seen --------------------------------------------------------------------------------------------

    def events(self) -> EventList:
        """Every event of the last piece, in the order of their start."""
        return self._events if self._collector is None else EventList([*self._events, *self._collector.events])

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """An entry for each operation: calls, time, bytes."""
        return self.events().key_averages(group_by_input_shape)

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write a trace that chrome://tracing and Perfetto show; compressed if the name ends in .gz."""
        name = os.fspath(path)
        plain = name.removesuffix(".gz")
        self.events().export_chrome_trace(plain)
        if self._metadata:
            with open(plain, encoding="utf-8") as f:
                trace = json.load(f)
            with open(plain, "w", encoding="utf-8") as f:
                json.dump(trace | self._metadata, f)
        if plain != name:
            import gzip

            with open(plain, "rb") as source, gzip.open(name, "wb") as target:
                target.write(source.read())
            os.remove(plain)

    def add_metadata(self, key: str, value: str) -> None:
        """A note for the trace."""
        self._metadata[key] = value

    def add_metadata_json(self, key: str, value: str) -> None:
        """A note for the trace, in JSON."""
        self._metadata[key] = json.loads(value)


__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]
