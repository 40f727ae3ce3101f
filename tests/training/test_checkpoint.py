"""Checkpoints: a resumed run is the uninterrupted one, bit for bit, and no way of dying leaves half a file."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn, optim, serialization
from tensorgrad.serialization import SaveError
from tensorgrad.training import Checkpoint
from tensorgrad.utils.data import DataLoader, TensorDataset


class Numbers:
    """The smallest part: one tensor."""

    def __init__(self, *x: float) -> None:
        self.x = tg.tensor(x)

    def state_dict(self) -> dict[str, Any]:
        return {"x": self.x}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["x"].shape != self.x.shape:
            raise ValueError(f"shape {tuple(state['x'].shape)}")
        self.x = state["x"]


class Run:
    """A training with everything that has a state: momenta, a schedule, dropout, batch norm, shuffling, and random
    numbers of every kind."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        tg.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        x = tg.randn(23, 4, generator=tg.Generator().manual_seed(9))
        self.loader = DataLoader(TensorDataset(x, x.sum(1)), 5, shuffle=True)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1))
        self.optimizer = optim.AdamW(self.model.parameters(), lr=0.01, amsgrad=True)
        self.schedule = optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=12)
        self.checkpoint = Checkpoint(
            folder, model=self.model, optimizer=self.optimizer, schedule=self.schedule, loader=self.loader
        )
        self.losses: list[float] = []

    def go(self, epochs: int = 3, die_at: int = -1, save_every: int = 3) -> None:
        step = self.checkpoint.resume()
        for epoch in range(self.checkpoint.extra.get("epoch", 0), epochs):
            for x, y in self.loader:
                noise = random.random() + np.random.rand() + tg.rand(())
                loss = (self.model(x)[:, 0] + 0.01 * noise - y).square().mean()
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                self.schedule.step()
                self.losses.append(loss.item())
                step += 1
                if step % save_every == 0:
                    self.checkpoint.save(step, epoch=epoch)
                if step == die_at:
                    return

    def state(self) -> list[Any]:
        model = {k: v.tolist() for k, v in self.model.state_dict().items()}
        drawn = tg.rand(3).tolist(), np.random.rand(3).tolist(), random.random()
        return [model, repr(self.optimizer.state_dict()), self.schedule.state_dict(), drawn]


@pytest.mark.parametrize("die_at", [1, 3, 4, 5, 8, 10, 14])
def test_a_resumed_run_ends_bit_for_bit_where_an_uninterrupted_one_does(tmp_path: Path, die_at: int) -> None:
    whole = Run(tmp_path / "whole")
    whole.go()
    expected = whole.state()
    first = Run(tmp_path / "cut")
    first.go(die_at=die_at)
    second = Run(tmp_path / "cut", seed=1 if die_at >= 3 else 0)  # whatever the second one starts with
    second.go()
    saved = die_at // 3 * 3
    assert first.losses == whole.losses[:die_at] and second.losses == whole.losses[saved:]
    assert second.state() == expected


def test_the_last_k_stay(tmp_path: Path) -> None:
    for keep in (1, 3):
        checkpoint = Checkpoint(tmp_path / str(keep), keep=keep, part=Numbers(1.0))
        for step in (1, 2, 5, 10):
            path = checkpoint.save(step)
        assert path.name == "checkpoint-000000010.safetensors"
        assert [step for step, _ in checkpoint.files()] == [1, 2, 5, 10][-keep:]
    assert sorted(os.listdir(tmp_path / "1")) == ["checkpoint-000000010.safetensors"]


def test_extra_and_nothing_yet(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "new" / "folder", part=Numbers(1.0))
    assert checkpoint.resume() == 0 and checkpoint.extra == {} and checkpoint.files() == []
    checkpoint.save(3, epoch=1, best=0.25, note="ünï", curve=[1.0, 2.0])
    other = Checkpoint(tmp_path / "new" / "folder", part=Numbers(2.0))
    assert other.resume() == 3 and other.parts["part"].x.tolist() == [1.0]
    assert other.extra == {"epoch": 1, "best": 0.25, "note": "ünï", "curve": [1.0, 2.0]}


def test_other_peoples_files_are_left_alone(tmp_path: Path) -> None:
    others = ["checkpoint-1.txt", "model.safetensors", ".checkpoint-000000001.safetensors.zz.tmp", "notes"]
    for name in others:
        (tmp_path / name).write_text("mine")
    checkpoint = Checkpoint(tmp_path, keep=1, part=Numbers(1.0))
    checkpoint.save(1)
    checkpoint.save(2)
    assert checkpoint.resume() == 2 and set(others) < set(os.listdir(tmp_path)) and len(os.listdir(tmp_path)) == 5


def test_what_a_killed_save_left_is_removed(tmp_path: Path) -> None:
    remains = tmp_path / ".checkpoint-000000007.safetensors.0123456789ab.tmp"
    remains.write_bytes(b"half")
    checkpoint = Checkpoint(tmp_path, part=Numbers(1.0))
    assert checkpoint.resume() == 0 and remains.exists()  # it may be that of a run that is saving just now
    checkpoint.save(1)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint-000000001.safetensors"]


def test_looking_on_while_a_run_is_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was the latest file a moment ago is gone, and there is a newer one."""
    run = Checkpoint(tmp_path, keep=1, part=Numbers(1.0))
    run.save(1)
    onlooker = Checkpoint(tmp_path, part=Numbers(0.0))

    def load(path: Path) -> Any:
        if path.name == "checkpoint-000000001.safetensors":
            run.save(2)
        return serialization.load(path)

    monkeypatch.setattr("tensorgrad.training.checkpoint.load", load)
    assert onlooker.resume() == 2


def test_later_steps_of_another_run(tmp_path: Path) -> None:
    Checkpoint(tmp_path, part=Numbers(1.0)).save(600)
    with pytest.raises(ValueError, match=r"holds step 600 already, and this is step 10. Call resume\(\) first"):
        Checkpoint(tmp_path, part=Numbers(1.0)).save(10)
    assert [step for step, _ in Checkpoint(tmp_path).files()] == [600]


# ---- damage ---------------------------------------------------------------------------------------------------------


def two_files(folder: Path) -> tuple[Path, Path]:
    part = Numbers(1.0, 10.0)
    checkpoint = Checkpoint(folder, part=part)
    paths = []
    for step in (1, 2):
        part.x = tg.tensor([float(step), 10.0 * step])
        paths.append(checkpoint.save(step))
    return paths[0], paths[1]


def resumed(folder: Path) -> tuple[int, list[float]]:
    part = Numbers(0.0, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        step = Checkpoint(folder, part=part).resume()
    return step, part.x.tolist()


def test_a_damaged_latest_falls_back_with_a_warning(tmp_path: Path) -> None:
    _, latest = two_files(tmp_path)
    latest.write_bytes(latest.read_bytes()[:-3])
    part = Numbers(0.0, 0.0)
    checkpoint = Checkpoint(tmp_path, part=part)
    with pytest.warns(UserWarning, match=r"Checkpoint: load: .*checkpoint-000000002.*Trying the one before it"):
        assert checkpoint.resume() == 1
    assert part.x.tolist() == [1.0, 10.0]
    checkpoint.save(2)  # and the run goes on over it
    assert resumed(tmp_path) == (2, [1.0, 10.0])


def test_a_damaged_later_one_goes_with_the_next_save(tmp_path: Path) -> None:
    _, latest = two_files(tmp_path)
    latest.rename(tmp_path / "checkpoint-000000009.safetensors")
    checkpoint = Checkpoint(tmp_path, part=Numbers(0.0, 0.0))
    with pytest.warns(UserWarning, match="is not the checkpoint of step 9"):
        assert checkpoint.resume() == 1
    checkpoint.save(4)
    assert [step for step, _ in checkpoint.files()] == [1, 4]


def test_truncated_anywhere(tmp_path: Path) -> None:
    _, latest = two_files(tmp_path)
    data = latest.read_bytes()
    for n in {*range(0, len(data), 61), *range(60), *range(len(data) - 60, len(data))}:
        latest.write_bytes(data[:n])
        assert resumed(tmp_path) == (1, [1.0, 10.0]), n


def test_a_flipped_bit_anywhere(tmp_path: Path) -> None:
    _, latest = two_files(tmp_path)
    data = latest.read_bytes()
    rng = random.Random(0)
    passed_over = 0
    for n in {*range(0, len(data), 61), *range(60), *range(len(data) - 60, len(data))}:
        broken = bytearray(data)
        broken[n] ^= 1 << rng.randrange(8)
        latest.write_bytes(broken)
        found = resumed(tmp_path)
        assert found in ((1, [1.0, 10.0]), (2, [2.0, 20.0])), n  # the old state, or a bit that does not matter
        passed_over += found[0] == 1
    assert passed_over > 100


def test_none_is_whole(tmp_path: Path) -> None:
    for path in two_files(tmp_path):
        path.write_bytes(b"rubbish")
    with pytest.warns(UserWarning), pytest.raises(SaveError, match="none of the 2 files in .* is whole. Remove them"):
        Checkpoint(tmp_path, part=Numbers(0.0, 0.0)).resume()


def test_another_file_under_the_name(tmp_path: Path) -> None:
    _, latest = two_files(tmp_path)
    serialization.save({"w": tg.tensor([1.0])}, latest)
    assert resumed(tmp_path) == (1, [1.0, 10.0])


# ---- a disk that fails ----------------------------------------------------------------------------------------------


class FailingDisk:
    """Counts what is asked of the system, and refuses the n-th of it."""

    def __init__(self, n: int) -> None:
        self.n, self.calls = n, 0

    def check(self) -> None:
        self.calls += 1
        if self.calls == self.n:
            raise OSError(errno.EIO, "Input/output error")

    def wrap(self, call: Any) -> Any:
        def checked(*args: Any, **kwargs: Any) -> Any:
            self.check()
            return call(*args, **kwargs)

        return checked

    def fdopen(self, fd: int, mode: str) -> Any:
        disk, file = self, os.fdopen(fd, mode)

        class File:
            """Passes bytes on a few thousand at a time, each of which can fail."""

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *error: object) -> None:
                file.close()

            def write(self, data: bytes) -> None:
                for first in range(0, len(data), 4000):
                    disk.check()
                    file.write(data[first : first + 4000])

            def flush(self) -> None:
                disk.check()
                file.flush()

            def fileno(self) -> int:
                return file.fileno()

        return File()


class System:
    """`os` with some of its functions behind a failing disk."""

    def __init__(self, disk: FailingDisk) -> None:
        self.fdopen = disk.fdopen
        for name in ("open", "fsync", "replace"):
            setattr(self, name, disk.wrap(getattr(os, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def test_failing_at_every_nth_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n, outcomes = 0, set()
    while True:
        n += 1
        folder = tmp_path / str(n)
        two_files(folder)
        part = Numbers(3.0, 30.0)
        disk = FailingDisk(n)
        with monkeypatch.context() as patched:
            patched.setattr(serialization.files, "os", System(disk))
            for name in ("unlink", "iterdir", "mkdir"):
                patched.setattr(Path, name, disk.wrap(getattr(Path, name)))
            failed = False
            try:
                with warnings.catch_warnings(record=True) as heard:
                    warnings.simplefilter("always")
                    Checkpoint(folder, part=part).save(3)
            except OSError:
                failed = True
        found = resumed(folder)
        assert found in ((2, [2.0, 20.0]), (3, [3.0, 30.0])) and not [p for p in folder.iterdir() if p.suffix == ".tmp"]
        assert failed or found[0] == 3
        outcomes.add((failed, found[0], bool(heard)))
        if disk.calls < n:  # nothing failed any more
            break
    # refused before the rename; after it (the folder's fsync); an old file that could not be removed; and all well
    assert outcomes == {(True, 2, False), (True, 3, False), (False, 3, True), (False, 3, False)} and n > 8


KILLED = """
import sys
import tensorgrad as tg
from tensorgrad.training import Checkpoint

class Numbers:
    def state_dict(self): return self.state
    def load_state_dict(self, state): self.state = state

part = Numbers()
part.state = {f"x{i}": tg.zeros(50_000) for i in range(4)}
checkpoint = Checkpoint(sys.argv[1], keep=2, part=part)
step = checkpoint.resume()
assert all(x.min() == x.max() == step for x in part.state.values()), step
print(step, flush=True)
while True:
    step += 1
    part.state = {name: tg.full((50_000,), float(step)) for name in part.state}
    checkpoint.save(step)
"""


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Whenever SIGKILL comes, the next process resumes from a whole checkpoint, at most one save back."""
    rng = random.Random(0)
    last = -1
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        step = int(process.stdout.readline() or -1)
        assert step >= last, "the process did not find what the one before had saved"
        time.sleep(rng.uniform(0.0, 0.15))
        process.kill()
        process.communicate()
        last = max([n for n, _ in Checkpoint(tmp_path).files()], default=0)
        assert last >= step
    assert last > 0


# ---- arguments ------------------------------------------------------------------------------------------------------


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keep must be at least 1, got 0; the last file must stay"):
        Checkpoint(tmp_path, keep=0)
    with pytest.raises(TypeError, match=r"step is a int without state_dict\(\) and load_state_dict\(\)"):
        Checkpoint(tmp_path, step=3)
    two_files(tmp_path)
    with pytest.raises(ValueError, match="000000002.safetensors holds part; this Checkpoint was made with model"):
        Checkpoint(tmp_path, model=Numbers(1.0)).resume()
    with pytest.raises(TypeError, match="save: extra.hook is a builtin_function"):
        Checkpoint(tmp_path, part=Numbers(1.0)).save(3, hook=print)
    assert resumed(tmp_path) == (2, [2.0, 20.0])


def test_all_parts_or_none(tmp_path: Path) -> None:
    Checkpoint(tmp_path, a=Numbers(1.0), b=Numbers(2.0)).save(1)
    a, b = Numbers(5.0), Numbers(6.0, 7.0)  # b has grown since
    state = tg.get_rng_state()
    with pytest.raises(ValueError, match=r"shape \(1,\)"):
        Checkpoint(tmp_path, a=a, b=b).resume()
    assert a.x.tolist() == [5.0] and b.x.tolist() == [6.0, 7.0] and tg.get_rng_state().tolist() == state.tolist()


def test_a_link_under_the_name_is_replaced(tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "run"
    victim.write_text("mine")
    folder.mkdir()
    (folder / "checkpoint-000000001.safetensors").symlink_to(victim)
    checkpoint = Checkpoint(folder, part=Numbers(1.0))
    path = checkpoint.save(1)
    assert victim.read_text() == "mine" and not path.is_symlink() and checkpoint.resume() == 1


# ---- nonsense under a right hash ------------------------------------------------------------------------------------


def everything(folder: Path, seed: int = 0) -> tuple[Run, Path]:
    """A run with a part of each kind, and its file."""
    run = Run(folder, seed)
    run.go(epochs=1)
    return run, run.checkpoint.files()[-1][1]


def put(state: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        state = state[key]
    state[path[-1]] = value


RANDOM = ("random", "numpy", "state")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("parts", "model"), 3, "what was saved of model cannot be loaded"),
        (("parts", "model", "0.weight"), "x", "of model .*0.weight"),
        (("parts", "model", "0.weight"), tg.ones(3), "of model .*0.weight"),
        (("parts", "optimizer"), None, "of optimizer .* needs a dict"),
        (("parts", "optimizer", "state"), (1, 2), "of optimizer .* the entry 'state' is a tuple"),
        (("parts", "optimizer", "state", 0, "exp_avg"), -1, "of optimizer .* 'exp_avg' of parameter 0"),
        (("parts", "optimizer", "param_groups", 0, "lr"), "fast", "of optimizer .* the setting 'lr' of group 0 is 'fast'"),
        (("parts", "schedule", "last_epoch"), "late", "of schedule .* the entry 'last_epoch' is 'late'"),
        (("parts", "schedule", "step"), 3, "of schedule .* a schedule has no entry 'step'"),
        (("parts", "loader", "seed"), -3, "of loader .* the entry 'seed' is -3"),
        (("random", "python"), "no state", "of the random numbers .* no state of python"),
        (("random", "python"), (3, (1, 2), None), "of the random numbers .* no state of python"),
        (("random", "numpy"), {}, "of the random numbers .* no state of numpy"),
        ((*RANDOM, "pos"), 10**6, "of the random numbers .* pos is 1000000, expected a whole number from 0 to 624"),
        ((*RANDOM, "pos"), -5, "pos is -5"),
        ((*RANDOM, "key"), np.ones(3, np.uint32), "no state of numpy"),
        (("random", "tensorgrad"), tg.ones(3), "of the random numbers .* no state of tensorgrad"),
        (("random",), {}, "the state of tensorgrad is missing"),
    ],
)
def test_a_resume_of_nonsense_changes_nothing(tmp_path: Path, path: tuple[Any, ...], value: Any, words: str) -> None:
    run, file = everything(tmp_path)
    state = serialization.load(file)
    put(state, path, value)
    serialization.save(state, file)
    other = Run(tmp_path, seed=5)
    other.optimizer.step(), other.schedule.step()
    numbers = repr([tg.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()])
    before = repr([{k: v.tolist() for k, v in other.model.state_dict().items()}, other.optimizer.state_dict(),
                   other.schedule.state_dict(), other.loader.state_dict()])  # fmt: skip
    with pytest.raises((ValueError, RuntimeError), match=f"(?s)Checkpoint: .*{file.name}: .*{words}"):
        other.checkpoint.resume()
    assert numbers == repr([tg.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()])
    assert before == repr([{k: v.tolist() for k, v in other.model.state_dict().items()}, other.optimizer.state_dict(),
                           other.schedule.state_dict(), other.loader.state_dict()])  # fmt: skip
    assert file.exists() and other.checkpoint.extra == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [(("parts",), 3), (("random",), None), (("extra",), 3), (("step",), tg.tensor([3, 3])), (("step",), True), (("more",), 1)],
)
def test_no_checkpoint_at_all(tmp_path: Path, path: tuple[Any, ...], value: Any) -> None:
    Checkpoint(tmp_path, part=Numbers(1.0)).save(3)
    file = tmp_path / "checkpoint-000000003.safetensors"
    state = serialization.load(file)
    put(state, path, value)
    serialization.save(state, file)
    with pytest.warns(UserWarning, match="is not the checkpoint of step 3"), pytest.raises(SaveError, match="none of the 1"):
        Checkpoint(tmp_path, part=Numbers(1.0)).resume()


def test_an_interrupted_resume_changes_nothing(tmp_path: Path) -> None:
    class Pressed(Numbers):
        def load_state_dict(self, state: dict[str, Any]) -> None:
            super().load_state_dict(state)
            if self.x.item() == 2.0:
                raise KeyboardInterrupt

    Checkpoint(tmp_path, a=Numbers(1.0), b=Numbers(2.0)).save(1)
    a, b = Numbers(5.0), Pressed(6.0)
    numbers = tg.get_rng_state().tolist(), random.getstate()
    with pytest.raises(KeyboardInterrupt):
        Checkpoint(tmp_path, a=a, b=b).resume()
    assert a.x.tolist() == [5.0] and b.x.tolist() == [6.0]
    assert (tg.get_rng_state().tolist(), random.getstate()) == numbers


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("epoch",), -1, "the entry 'epoch' of the state of a run is -1, expected a whole number from 0 on"),
        (("best",), "x", "the entry 'best' of the state of a run is 'x', expected a number"),
        (("history",), 3, "History.load_state_dict: needs a dict with 'columns'"),
        (("history", "columns"), {"losses": 3}, "History.load_state_dict: needs a dict with 'columns'"),
        (("metrics",), None, "metrics: their states are a dict, got NoneType"),
        (("metrics", "accuracy"), {}, "Accuracy.load_state_dict: needs a dict with the entries"),
        (("metrics", "accuracy", "seen"), "x", "Accuracy.load_state_dict: the entry 'seen' is 'x', here it is"),
        (("best_parameters",), {"w": tg.ones(1)}, "the entry 'best_parameters' of the state of a run is not of this model"),
    ],
)
def test_a_trainer_that_finds_nonsense(tmp_path: Path, path: tuple[Any, ...], value: Any, words: str) -> None:
    from tensorgrad.training import Trainer

    def trained(epochs: int) -> Any:
        tg.manual_seed(0)
        model = nn.Linear(3, 2)
        trainer = Trainer(model, optim.Adam(model.parameters()), nn.CrossEntropyLoss())
        trainer.train(tg.rand(8, 3), tg.tensor([0, 1] * 4), epochs, checkpoint=tmp_path, progress=False)

    trained(2)
    file = max(tmp_path.iterdir())
    state = serialization.load(file)
    put(state["parts"]["run"], path, value)
    serialization.save(state, file)
    with pytest.raises(ValueError, match=f"{file.name}: what was saved of run cannot be loaded; nothing has been. .*{words}"):
        trained(3)
