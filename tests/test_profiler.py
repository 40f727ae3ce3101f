"""torch.profiler's page: which steps are recorded, and what is done with them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad.profiler import (
    ProfilerAction,
    ProfilerActivity,
    profile,
    record_function,
    schedule,
    supported_activities,
    tensorboard_trace_handler,
)

NONE, WARMUP, RECORD, SAVE = ProfilerAction


def test_schedules() -> None:
    plan = schedule(wait=1, warmup=1, active=2, repeat=2, skip_first=1)
    assert [plan(i) for i in range(11)] == [NONE, NONE, WARMUP, RECORD, SAVE, NONE, WARMUP, RECORD, SAVE, NONE, NONE]
    plan = schedule(wait=0, warmup=0, active=1)
    assert [plan(i) for i in range(3)] == [SAVE] * 3
    plan = schedule(wait=2, warmup=0, active=1, skip_first=1, skip_first_wait=1)
    assert [plan(i) for i in range(5)] == [NONE, SAVE, NONE, NONE, SAVE]
    with pytest.raises(ValueError, match="schedule: active must be at least 1, got 0"):
        schedule(wait=0, warmup=0, active=0)
    with pytest.raises(ValueError, match="schedule: wait must be 0 or more, got -1"):
        schedule(wait=-1, warmup=0, active=1)


def test_steps_by_a_schedule() -> None:
    pieces: list[dict[str, int]] = []

    def ready(seen: Any) -> None:
        pieces.append({e.key: e.count for e in seen.key_averages()})

    x = tg.ones(2)
    with profile(schedule=schedule(wait=1, warmup=1, active=2, repeat=2), on_trace_ready=ready) as seen:
        for i in range(10):
            (x.exp, x.sin)[i % 2]()
            with record_function("mine"):
                pass
            seen.step()
    assert seen.step_num == 10
    assert pieces[0] == {"ProfilerStep#2": 1, "exp": 1, "mine": 2, "ProfilerStep#3": 1, "sin": 1}
    assert pieces[1] == {"ProfilerStep#6": 1, "exp": 1, "mine": 2, "ProfilerStep#7": 1, "sin": 1}
    assert len(pieces) == 2 and {e.key for e in seen.events()} == set(pieces[1])


def test_without_one_everything() -> None:
    done: list[Any] = []
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True, on_trace_ready=done.append) as seen:
        tg.ones(2, 3).exp()
        assert [e.name for e in seen.events()] == ["exp"]
    assert done == [seen] and seen.key_averages(group_by_input_shape=True)[0].count == 1
    seen = profile(acc_events=True)
    for _ in range(2):
        seen.start()
        tg.ones(2).sin()
        seen.stop()
    seen.stop()
    assert [e.name for e in seen.events()] == ["sin", "sin"]


def test_what_is_broken_is_not_handed_over() -> None:
    done: list[Any] = []
    with pytest.raises(KeyboardInterrupt), profile(on_trace_ready=done.append) as seen:
        tg.ones(2).exp()
        raise KeyboardInterrupt
    assert done == [] and [e.name for e in seen.events()] == ["exp"]
    with profile():
        pass
    with pytest.raises(RuntimeError, match="profile: step.. is for inside of the block"):
        seen.step()
    with pytest.raises(ValueError, match="profile: activities must contain ProfilerActivity.CPU"):
        profile(activities=[ProfilerActivity.CUDA])
    assert supported_activities() == {ProfilerActivity.CPU}


@pytest.mark.parametrize("zipped", [False, True])
def test_files(tmp_path: Path, zipped: bool) -> None:
    handler = tensorboard_trace_handler(tmp_path / "traces", "me", use_gzip=zipped)
    with profile(on_trace_ready=handler) as seen:
        seen.add_metadata("who", "me")
        seen.add_metadata_json("run", "[1, 2]")
        tg.ones(2).exp()
    (path,) = (tmp_path / "traces").iterdir()
    assert path.name.startswith("me.") and path.name.endswith(".pt.trace.json" + ".gz" * zipped)
    data = path.read_bytes()
    trace = json.loads(gzip.decompress(data) if zipped else data)
    assert trace["who"] == "me" and trace["run"] == [1, 2] and trace["traceEvents"][0]["name"] == "exp"


def test_by_its_public_name() -> None:
    assert tg.profiler.profile is profile and tg.autograd.profiler.record_function is record_function
