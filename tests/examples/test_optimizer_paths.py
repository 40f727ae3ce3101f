"""examples/optimizer_paths.py: the ways are the optimizers' own, and the table says how long they are."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from examples import optimizer_paths
from examples.optimizer_paths import GOAL, OPTIMIZERS, START, Way, descend, rosenbrock, table, tune
from tensorgrad import optim


def test_the_valley() -> None:
    assert rosenbrock(*GOAL) == 0.0 and rosenbrock(*START) == pytest.approx(24.2)


def test_sgd_goes_down_the_gradient() -> None:
    first, second = descend(optim.SGD, {"lr": 1e-3}, 1).points
    x, y = START
    slope = [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]
    assert first == list(START) and second == pytest.approx([x - 1e-3 * slope[0], y - 1e-3 * slope[1]])


def test_when_a_way_has_arrived() -> None:
    away, there = [0.0, 0.0], [1.0, 1.001]
    assert Way([away, there, away, there, there]).arrived == 3
    assert Way([away, there, away]).arrived is None and Way([there]).arrived == 0
    lost = Way([away, [math.nan, 0.0]])
    assert lost.distances == [math.sqrt(2), math.inf] and lost.arrived is None


def test_a_way_that_leaves_the_numbers_ends() -> None:
    assert len(descend(optim.SGD, {"lr": 10.0}, 100).points) < 10


def test_every_optimizer_comes_closer() -> None:
    start = Way([list(START)])
    for name, (make, options) in OPTIMIZERS.items():
        way = descend(make, options, 60)
        assert rosenbrock(*way.points[-1]) < 0.5 * rosenbrock(*START), name
        assert min(way.distances) < start.distances[0], name
    assert descend(*OPTIMIZERS["LBFGS"], 60).arrived == 54


def test_tuning() -> None:
    found = tune(optim.SGD, {"momentum": 0.5}, 15)
    assert found.keys() == {"lr", "momentum"} and 1e-4 < found["lr"] < 1e-2
    best = descend(optim.SGD, found, 15).distances[-1]
    assert all(descend(optim.SGD, {"momentum": 0.5, "lr": lr}, 15).distances[-1] >= best for lr in (2e-4, 1e-3, 5e-3))


def test_the_table_begins_with_the_fastest() -> None:
    ways = {"slow": Way([[0.0, 0.0]]), "fast": Way([[0.0, 0.0], [1.0, 1.0]]), "close": Way([[0.9, 1.0]])}
    lines = table(ways, {name: {"lr": 0.5} for name in ways}).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["fast", "0.5", "1", "0", "0"],
        ["close", "0.5", "-", "0.1", "3.62"],
        ["slow", "0.5", "-", "1.41", "1"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_from_the_command_line(tmp_path: Path, capsys: Any) -> None:
    (picture,) = optimizer_paths.main(["--steps", "60", "--out", str(tmp_path)])
    assert picture == tmp_path / "optimizer_paths.png" and picture.read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("LBFGS")).split()[1:3] == ["0.5", "54"]
    with pytest.raises(SystemExit):
        optimizer_paths.main(["--steps", "0"])
    assert "--steps must be at least 1, got 0" in capsys.readouterr().err


def test_help(capsys: Any) -> None:
    with pytest.raises(SystemExit) as end:
        optimizer_paths.main(["--help"])
    assert end.value.code == 0 and "--tune" in capsys.readouterr().out
