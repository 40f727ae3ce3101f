"""How long each operation takes, forward and backward, how often it is called and how many bytes it makes.

    with profile() as seen:
        loss(model(x)).backward()
    print(seen.key_averages().table(sort_by="self_cpu_time_total"))

While a profile runs, the calls of operations, their rules and the methods that write in place are replaced by ones that
look at the clock; when it ends they are put back, so that without one nothing is paid.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import wraps
from itertools import count
from time import perf_counter_ns
from typing import Any

from ..tensor import Tensor
from . import custom
from .function import Function
from .outputs import Output
from .profiler_events import EventList, FunctionEvent, FunctionEventAvg, bytes_of

_OPERATORS = "add sub mul truediv floordiv mod pow and or xor lshift rshift".split()
_WRITES = {"__setitem__": "setitem", **{f"__i{op}__": f"{op}_" for op in _OPERATORS}}
_NO_WRITES = ("requires_grad_", "share_memory_", "rename_")
_current: Collector | None = None  # of the profile that runs; there is one at a time


class Collector:
    """Takes the time of everything that runs between `start` and `stop`."""

    def __init__(self, record_shapes: bool = False) -> None:
        self.events, self.record_shapes = EventList(), record_shapes
        self._ids, self._zero, self._here = count(), perf_counter_ns(), threading.local()
        self._undo: list[tuple[Any, str, Any]] = []

    # ---- events ------------------------------------------------------------------------------------------------------

    def begin(self, name: str, kind: str = "cpu_op", args: Any = ()) -> FunctionEvent:
        """Something starts in this thread."""
        stack = self._here.__dict__.setdefault("stack", [])
        now = (perf_counter_ns() - self._zero) / 1e3
        event = FunctionEvent(next(self._ids), name, now, threading.get_ident(), kind, stack[-1] if stack else None)
        if self.record_shapes:
            event.input_shapes = [list(a.array.shape) if isinstance(a, Tensor) else [] for a in args]
        stack.append(event)
        self.events.append(event)
        return event

    def end(self, event: FunctionEvent, results: Any = ()) -> None:
        """It has ended, with these results."""
        event.time_range.end = (perf_counter_ns() - self._zero) / 1e3
        stack = self._here.__dict__.get("stack", [])
        while stack and stack.pop() is not event:
            pass
        if not event.cpu_children:  # else those have counted
            found = results if isinstance(results, (tuple, list)) else (results,)
            event.self_cpu_memory_usage = bytes_of([getattr(y, "array", None) for y in found])

    def timed(self, call: Any, name: Callable[..., str], made: Callable[[Any], Any] = lambda out: out) -> Any:
        """A function that does the same and is seen; `made` gives the results with memory of their own."""

        @wraps(call)
        def seen(*args: Any, **kwargs: Any) -> Any:
            event, results = self.begin(name(*args), "cpu_op", args), ()
            try:
                out = call(*args, **kwargs)
                results = made(out)
                return out
            finally:
                self.end(event, results)

        return seen

    # ---- what is watched ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look."""
        global _current
        if _current is not None:
            raise RuntimeError("profile: another profile is running; there can be one at a time. Leave that one first.")
        _current = self
        try:
            made = Function.__dict__["__init_subclass__"].__func__

            def init_subclass(cls: Any, **kwargs: Any) -> None:
                made(cls, **kwargs)
                self._watch(cls)

            self._replace(Function, "__init_subclass__", classmethod(init_subclass))
            waiting: list[Any] = [Function]
            while waiting:
                cls = waiting.pop()
                self._watch(cls)
                waiting.extend(cls.__subclasses__())
            self._replace(custom, "apply", self.timed(custom.apply, lambda cls, *args: cls.__name__))
            for name, method in list(vars(Tensor).items()):
                writes = name.endswith("_") and not name.startswith("_") and name not in _NO_WRITES
                if callable(method) and (writes or name in _WRITES):
                    label = _WRITES.get(name, name)
                    self._replace(Tensor, name, self.timed(method, lambda *args, label=label: label, lambda out: ()))
        except BaseException:
            self.stop()
            raise

    def _watch(self, cls: Any) -> None:
        if "__call__" in vars(cls) and cls is not custom.Custom:
            self._replace(cls, "__call__", self.timed(vars(cls)["__call__"], lambda node, *args: str(node.name)))
        if "pull" in vars(cls) and not issubclass(cls, Output):
            seen = self.timed(vars(cls)["pull"], lambda node, *args: f"{node.name} backward", lambda pairs: [g for _, g in pairs])
            self._replace(cls, "pull", seen)

    def _replace(self, where: Any, name: str, by: Any) -> None:
        self._undo.append((where, name, vars(where)[name]))
        setattr(where, name, by)

    def stop(self) -> None:
        """Put everything back."""
        global _current
        if _current is not self:
            return
        while self._undo:
            where, name, before = self._undo[-1]
            setattr(where, name, before)
            self._undo.pop()
        _current = None


class profile:
    """Inside, every operation is seen: `key_averages()`, `table()`, `export_chrome_trace(path)` afterwards.

    Args:
        enabled: False sees nothing.
        record_shapes: note the shapes of the arguments.
        use_cuda, use_device, with_flops, profile_memory, with_stack, with_modules, use_kineto, use_cpu: accepted; bytes are
            always counted, and there is the CPU only.
    """

    def __init__(
        self, enabled: bool = True, *, use_cuda: bool = False, use_device: str | None = None, record_shapes: bool = False,
        with_flops: bool = False, profile_memory: bool = False, with_stack: bool = False, with_modules: bool = False,
        use_kineto: bool = False, use_cpu: bool = True, **accepted: Any,
    ) -> None:  # fmt: skip
        self.enabled, self.record_shapes = enabled, record_shapes
        self.collector: Collector | None = None

    def __enter__(self) -> profile:
        if self.enabled:
            if self.collector is not None:
                raise RuntimeError("profile: a profile is used once; make a new one.")
            self.collector = Collector(self.record_shapes)
            self.collector.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.collector is not None:
            self.collector.stop()

    @property
    def function_events(self) -> EventList:
        """All events, in the order of their start."""
        return self.collector.events if self.collector is not None else EventList()

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """An entry for each operation: calls, time, bytes."""
        return self.function_events.key_averages(group_by_input_shape)

    def total_average(self) -> FunctionEventAvg:
        """Everything together."""
        return self.function_events.total_average()

    def table(self, *args: Any, **kwargs: Any) -> str:
        """Every event as a line; see `EventList.table`."""
        return self.function_events.table(*args, **kwargs)

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write a trace that chrome://tracing and Perfetto show."""
        self.function_events.export_chrome_trace(path)

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds in all operations."""
        return self.function_events.self_cpu_time_total

    def __str__(self) -> str:
        return str(self.function_events) if self.collector is not None else "<unfinished profile>"


class record_function:
    """Inside, what a profile sees stands below this name. A context manager and a decorator; without a profile, nothing."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args
        self._open: list[tuple[Collector, FunctionEvent] | None] = []

    def __enter__(self) -> record_function:
        seen = _current
        self._open.append(None if seen is None else (seen, seen.begin(self.name, "user_annotation")))
        return self

    def __exit__(self, *error: object) -> None:
        opened = self._open.pop()
        if opened is not None:
            opened[0].end(opened[1])

    def __call__(self, function: Any) -> Any:
        @wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name, self.args):
                return function(*args, **kwargs)

        return within


__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "profile", "record_function"]
