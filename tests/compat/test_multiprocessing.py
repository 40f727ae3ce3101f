"""spawn: several processes that run one function."""

from __future__ import annotations

from pathlib import Path

import pytest

import tensorgrad as tg
from tensorgrad import multiprocessing as mp


def write(i: int, folder: Path, x: tg.Tensor) -> None:
    (folder / str(i)).write_text(str((x * i).tolist()))


def fail(i: int) -> None:
    raise SystemExit(3 * i)


def test_spawn(tmp_path: Path) -> None:
    assert mp.spawn(write, args=(tmp_path, tg.ones(2)), nprocs=2) is None
    assert [(tmp_path / str(i)).read_text() for i in range(2)] == ["[0.0, 0.0]", "[1.0, 1.0]"]
    with pytest.raises(RuntimeError, match="spawn: process 1 of 2 ended with exit code 3"):
        mp.spawn(fail, nprocs=2)
    (process,) = mp.spawn(fail, nprocs=1, join=False)
    process.join()
    assert process.exitcode == 0
