"""The profiler sees every operation, adds up, and leaves nothing behind."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad.autograd import profiler
from tensorgrad.autograd.profiler_events import EventList, FunctionEvent


def counts(seen: Any) -> dict[str, int]:
    return {e.key: e.count for e in seen.key_averages()}


def attributes() -> dict[Any, Any]:
    """What the profiler replaces while it runs."""
    found, waiting = {}, [tg.autograd.Function]
    while waiting:
        cls = waiting.pop()
        found.update({(cls, name): vars(cls).get(name) for name in ("__call__", "pull", "__init_subclass__")})
        waiting.extend(cls.__subclasses__())
    return found | {(tg.Tensor, name): value for name, value in vars(tg.Tensor).items()}


class Cube(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 3 * ctx.saved_tensors[0] ** 2


def test_calls_forward_and_backward() -> None:
    x = tg.ones(4, requires_grad=True)
    with profiler.profile() as seen:
        y = (x * 2).exp() + x.exp()
        y.sum().backward()
    found = counts(seen)
    assert found["exp"] == 2 and found["exp backward"] == 2 and found["sum backward"] == 1 and found["add"] >= 1
    assert found["mul"] >= 3, "also those that rules are made of"
    inside = next(e for e in seen.function_events if e.name == "exp backward")
    assert [c.name for c in inside.cpu_children] == ["mul"] and inside.cpu_children[0].cpu_parent is inside


def test_everything_that_runs_is_seen() -> None:
    class Later(tg.autograd.Function):
        def forward(self, x: Any) -> Any:
            return x * 1

        def backward(self, grad: Any) -> Any:
            return grad

    x = tg.ones(2, 3, requires_grad=True)
    with profiler.profile() as seen:

        class Inside(Later):
            def forward(self, x: Any) -> Any:
                return x * 2

        Cube.apply(Later()(Inside()(x))).sum().backward()
        with tg.no_grad():
            z = x.reshape(6).clone()
            z.add_(1).zero_()
            z += 1
            z[0] = 3.0
            x.sort()
        x.split(1)
    found = counts(seen)
    expected = "Cube Later Inside sort reshape clone add_ zero_ setitem split sum".lower().split()
    assert set(expected) <= {name.lower() for name in found} and "Cube backward" in found and found["add_"] == 2


def test_time_and_bytes_add_up() -> None:
    x = tg.ones(64, 64, requires_grad=True)
    with profiler.profile(record_shapes=True) as seen:
        with profiler.record_function("block"):
            y = x @ x
            v = y.view(-1)
            y.add_(1)
        (v * 2).sum().backward()
    events = seen.function_events
    assert all(e.cpu_time_total >= sum(c.cpu_time_total for c in e.cpu_children) for e in events)
    assert all(e.self_cpu_time_total >= 0 for e in events)
    tops = sum(e.cpu_time_total for e in events if e.cpu_parent is None)
    assert abs(seen.self_cpu_time_total - tops) < 1e-3
    average = {e.key: e for e in seen.key_averages()}
    assert average["block"].cpu_memory_usage >= 64 * 64 * 4 and average["block"].self_cpu_memory_usage == 0
    assert average["reshape"].cpu_memory_usage == 0, "a view has no memory of its own"
    matmul = next(e for e in events if e.name == "matmul")
    assert matmul.self_cpu_memory_usage == 64 * 64 * 4 and matmul.input_shapes[-2:] == [[64, 64], [64, 64]]
    total = seen.total_average()
    assert total.count == len(events) and abs(total.cpu_time_total - seen.self_cpu_time_total) < 1
    by_shape = seen.key_averages(group_by_input_shape=True)
    assert len(by_shape) >= len(average)


def event(id: int, name: str, start: float, end: float, parent: Any = None, memory: int = 0) -> FunctionEvent:
    e = FunctionEvent(id, name, start, 1, "cpu_op", parent)
    e.time_range.end, e.self_cpu_memory_usage = end, memory
    return e


def test_a_table_of_known_numbers() -> None:
    outer = event(0, "outer", 0, 1_500)
    inner = event(1, "inner", 100, 600, outer, 2048)
    again = event(2, "inner", 200, 300, inner, 10)  # inside itself: counted, its time is in the other's
    alone = event(3, "a name that is longer than a column may be", 2_000, 2_500)
    events = EventList([outer, inner, again, alone])
    average = {e.key: e for e in events.key_averages()}
    assert average["inner"].count == 2 and average["inner"].cpu_time_total == 500 and average["inner"].cpu_time == 250
    assert average["inner"].self_cpu_time_total == 500 and average["inner"].cpu_memory_usage == 2058
    assert average["outer"].self_cpu_time_total == 1000 and average["outer"].cpu_memory_usage == 2058
    text = events.key_averages().table(sort_by="self_cpu_time_total", max_name_column_width=10, header="Of three")
    lines = text.split("\n")
    assert lines[0] == "Of three" and lines[2].split()[:3] == ["Name", "Self", "CPU"]
    assert lines[4].split() == ["outer", "50.00%", "1.000ms", "75.00%", "1.500ms", "1.500ms", "2.01", "Kb", "0", "b", "1"]
    inner_row = ["inner", "25.00%", "500.000us", "25.00%", "500.000us", "250.000us", "2.01", "Kb", "2.01", "Kb", "2"]
    assert lines[5].split() == inner_row
    assert lines[6].split()[:2] == ["a", "name"] and "..." in lines[6] and lines[8] == "Self CPU time total: 2.000ms"
    assert events.key_averages().table(row_limit=1).count("\n") == 6 and "inner" not in events.table(top_level_events_only=True)
    for key in ("cpu_time", "cpu_time_total", "cpu_memory_usage", "self_cpu_memory_usage", "count"):
        rows = [getattr(e, key) for e in sorted(events.key_averages(), key=lambda e: -getattr(e, key))]
        first = events.key_averages().table(sort_by=key).split("\n")[3].split()[0]
        assert getattr(average[first if first != "a" else alone.name], key) == rows[0]
    with pytest.raises(ValueError, match="table: sort_by must be one of cpu_time, .*, got 'speed'"):
        events.table(sort_by="speed")


def test_a_trace(tmp_path: Path) -> None:
    with profiler.profile() as seen, profiler.record_function("mine"):
        tg.ones(3).exp()
    seen.export_chrome_trace(tmp_path / "trace.json")
    trace = json.loads((tmp_path / "trace.json").read_text())
    events = {e["name"]: e for e in trace["traceEvents"]}
    mine, exp = events["mine"], events["exp"]
    assert mine["cat"] == "user_annotation" and exp["cat"] == "cpu_op" and exp["ph"] == "X" and exp["args"]["bytes"] == 12
    assert mine["ts"] <= exp["ts"] and exp["ts"] + exp["dur"] <= mine["ts"] + mine["dur"]


def test_nothing_is_left_behind_and_nothing_changed() -> None:
    before = attributes()
    x = tg.ones(4, requires_grad=True)
    with profiler.profile(enabled=False) as seen:
        assert attributes() == before
        x.exp()
    assert seen.function_events == [] and seen.table() and seen.key_averages() == []
    with pytest.raises(KeyboardInterrupt), profiler.profile() as seen:
        assert attributes() != before
        with pytest.raises(RuntimeError, match="profile: another profile is running"), profiler.profile():
            pass
        with pytest.raises(ValueError):
            x.reshape(3)
        (x * 2).sum().backward()
        raise KeyboardInterrupt
    assert attributes() == before and x.grad.tolist() == [2] * 4
    assert not any(e.time_range.end < e.time_range.start for e in seen.function_events)
    with pytest.raises(RuntimeError, match="profile: a profile is used once"), seen:
        pass
    with profiler.record_function("nobody looks"):
        x.exp()

    @profiler.record_function("named")
    def f() -> Any:
        return x.exp()

    f()
    with profiler.profile() as seen:
        f()
    assert counts(seen) == {"named": 1, "exp": 1}


def test_threads_have_their_own_places() -> None:
    with profiler.profile() as seen, profiler.record_function("here"):
        thread = threading.Thread(target=lambda: tg.ones(3).exp())
        thread.start()
        thread.join()
        tg.ones(3).sin()
    events = {e.name: e for e in seen.function_events}
    assert events["exp"].cpu_parent is None and events["sin"].cpu_parent is events["here"]
    assert events["exp"].thread != events["sin"].thread
