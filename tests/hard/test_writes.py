"""Whatever writes a file, in all three packages: the old one or the new one is there, whole, with the mode of the old one;
and an error names the file."""

from __future__ import annotations

import errno
import os
import random
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import micrograd_value
import tensorgrad as tg
import viz
from micrograd_value.train import History as ScalarHistory
from tensorgrad.data import read_idx
from tensorgrad.data.archives import files_in_tar
from tensorgrad.data.fetch import sha256_of
from tensorgrad.text import corpus
from tensorgrad.training import Checkpoint, History
from tensorgrad.vision.datasets.folder import default_loader
from tensorgrad.vision.utils import save_image

resource = pytest.importorskip("resource", reason="limits of processes are Unix's")


def save(path: Path, n: int) -> None:
    tg.save({"w": tg.full((5000,), n), "step": n}, path)


def state_dict(path: Path, n: int) -> None:
    tg.save({"w": tg.full((5000,), n)}, path)


def history(path: Path, n: int) -> None:
    History.to_csv(_filled(History(), n), path)


def history_lines(path: Path, n: int) -> None:
    History.to_jsonl(_filled(History(), n), path)


def scalar_history(path: Path, n: int) -> None:
    h = ScalarHistory()
    h.losses.extend(float(n + i) for i in range(2000))
    h.to_csv(path)


def weights(path: Path, n: int) -> None:
    micrograd_value.save_weights(micrograd_value.MLP(16, [16, 16, 1], seed=n), path)


def drawing(path: Path, n: int) -> None:
    x = micrograd_value.Value(float(n), label="x")
    for _ in range(20):
        x = x * 2.0 + 1.0
    viz.render(x, path, engine="builtin")


def pictures(path: Path, n: int) -> None:
    save_image(tg.rand(3, 60, 60, generator=tg.Generator().manual_seed(n)), path)


def _filled(h: Any, n: int) -> Any:
    for i in range(2000):
        h.append(losses=float(n + i))
    return h


WRITERS = {
    save: "a.safetensors", state_dict: "b.safetensors", history: "h.csv", history_lines: "h.jsonl",
    scalar_history: "s.csv", weights: "w.json", drawing: "g.svg", pictures: "p.png",
}  # fmt: skip
every_writer = pytest.mark.parametrize(("write", "name"), WRITERS.items(), ids=lambda x: getattr(x, "__name__", ""))


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """As on a disk with no more room."""
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


@every_writer
@pytest.mark.rounds(2)
def test_a_disk_that_is_full(tmp_path: Path, write: Callable[..., None], name: str, seed: int) -> None:
    path = tmp_path / name
    write(path, 1)
    before = path.read_bytes()
    room = random.Random(seed).randrange(min(len(before), 4000))
    with no_file_longer_than(room), pytest.raises(OSError, match="File too large") as caught:
        write(path, 2)
    assert caught.value.errno == errno.EFBIG and name in str(caught.value), f"seed {seed}: {caught.value}"
    assert path.read_bytes() == before and os.listdir(tmp_path) == [name], f"seed {seed}"
    write(path, 2)
    assert path.read_bytes() != before


@every_writer
@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_calls_that_fail(tmp_path: Path, monkeypatch: Any, write: Callable[..., None], name: str, call: str) -> None:
    path = tmp_path / name
    write(path, 1)
    before = path.read_bytes()
    real = getattr(os, call)

    def fail(*args: Any, **kwargs: Any) -> Any:
        if call == "open" and not str(args[0]).endswith((".tmp", name)) and f".{name}." not in str(args[0]):
            return real(*args, **kwargs)  # of somebody else's
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as m:
        m.setattr(os, call, fail)
        with pytest.raises(OSError, match="Input/output error") as caught:
            write(path, 2)
    assert caught.value.filename == str(path), caught.value
    assert path.read_bytes() == before and os.listdir(tmp_path) == [name]


@every_writer
def test_modes(tmp_path: Path, write: Callable[..., None], name: str) -> None:
    """What was private stays so, at every moment; what is new follows the umask."""
    path = tmp_path / name
    umask = os.umask(0o027)
    try:
        write(path, 1)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        for mode in (0o600, 0o644, 0o660):
            path.chmod(mode)
            write(path, 2)
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        os.umask(umask)
    assert os.listdir(tmp_path) == [name]


@every_writer
def test_a_link_is_kept(tmp_path: Path, write: Callable[..., None], name: str) -> None:
    real, link = tmp_path / f"real-{name}", tmp_path / name
    write(real, 1)
    before = real.read_bytes()
    link.symlink_to(real.name)
    write(link, 2)
    assert link.is_symlink() and real.read_bytes() != before


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (lambda path: tg.save({"w": tg.ones(2)}, path), "a.safetensors"),
        (lambda path: History().to_csv(path), "h.csv"),
        (lambda path: ScalarHistory().to_csv(path), "s.csv"),
        (lambda path: viz.render(micrograd_value.Value(1.0), path), "g.dot"),
        (lambda path: save_image(tg.rand(3, 2, 2), path), "p.png"),
    ],
    ids=["save", "history", "scalar history", "render", "save_image"],
)
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path, write: Callable[..., None], name: str) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(pipe)
        assert os.read(reader, 1 << 16)
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_checkpoint_on_a_full_disk(tmp_path: Path) -> None:
    run = Checkpoint(tmp_path, model=tg.nn.Linear(60, 60))
    run.save(1)
    with no_file_longer_than(1000), pytest.raises(OSError, match="File too large.*checkpoint-000000002.safetensors"):
        run.save(2)
    assert os.listdir(tmp_path) == ["checkpoint-000000001.safetensors"] and run.resume() == 1


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (tg.load, "a.safetensors"),
        (read_idx, "a.idx"),
        (corpus, "a.txt"),
        (sha256_of, "a.bin"),
        (micrograd_value.load_model, "a.json"),
        (default_loader, "a.png"),
        (lambda path: list(files_in_tar(path, ["x"], largest=1, total=1 << 20)), "a.tar.gz"),
    ],
)
def test_a_disk_that_cannot_be_read(tmp_path: Path, read: Callable[..., Any], name: str) -> None:
    """A file that opens and then fails: /proc/self/mem does, at its beginning."""
    path = tmp_path / name
    if not os.path.exists("/proc/self/mem"):
        pytest.skip("needs Linux")
    path.symlink_to("/proc/self/mem")
    with pytest.raises(OSError, match="Input/output error") as caught:
        read(path)
    assert name in str(caught.value)
