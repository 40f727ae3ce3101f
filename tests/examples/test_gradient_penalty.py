"""examples/gradient_penalty.py: a loss of gradients has the right gradient, and what it is for."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import tensorgrad as tg
from examples import gradient_penalty
from examples.gradient_penalty import DATA, clouds, distance, fit, in_clouds, make, slopes_between
from tensorgrad import nn


def test_the_gradient_of_a_slope() -> None:
    """Of a critic w·x the slope is ‖w‖ everywhere; of (‖w‖ − 1)² the gradient is 2(‖w‖ − 1)·w/‖w‖."""
    critic = nn.Linear(2, 1, bias=False, dtype=tg.float64)
    with tg.no_grad():
        critic.weight.copy_(tg.tensor([[3.0, 4.0]]))
    slopes = slopes_between(critic, tg.randn(5, 2, dtype=tg.float64), tg.randn(5, 2, dtype=tg.float64))
    assert slopes.tolist() == pytest.approx([5.0] * 5)
    (slopes - 1).square().mean().backward()
    assert critic.weight.grad.tolist()[0] == pytest.approx([2 * 4 * 0.6, 2 * 4 * 0.8])


def test_slopes_are_taken_between_real_and_made() -> None:
    """A critic x₀², whose slope 2|x₀| says where it was asked."""
    real, made = tg.zeros(200, 2), tg.tensor([[3.0, 1.0]]).expand(200, 2)
    slopes = slopes_between(lambda x: x[:, :1].square(), real, made)  # type: ignore[arg-type]
    assert 0 <= slopes.min().item() < 0.3 and 5.7 < slopes.max().item() <= 6


def test_distance() -> None:
    x = tg.tensor([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    assert distance(x, x.flip(0)) == 0.0
    assert distance(x, x + tg.tensor([3.0, 4.0])) == pytest.approx(5.0)


def test_data() -> None:
    tg.manual_seed(0)
    share, found = in_clouds(clouds(2000))
    assert share == pytest.approx(1 - math.exp(-4.5), abs=0.01) and found == 8
    assert in_clouds(tg.zeros(3, 2)) == (0.0, 0)
    for draw in DATA.values():
        assert draw(100).shape == (100, 2) and draw(1000).abs().max().item() < 3.5


def test_it_learns_where_the_clouds_are() -> None:
    generator, _, seen = fit(steps=150, seed=1)
    far, slope = seen["distance, says the critic"], seen["slope of the critic"]
    assert max(far) > 2.0 and far[-1] < 1.0 and slope[-1] == pytest.approx(1.0, abs=0.25)
    assert distance(make(generator, 300), clouds(300)) < 1.0
    untrained, _, _ = fit(steps=1, seed=1)
    assert distance(make(untrained, 300), clouds(300)) > 1.6


def test_without_the_penalty_the_critic_knows_no_bounds() -> None:
    _, _, seen = fit(steps=40, penalty=0.0)
    assert seen["slope of the critic"][-1] > 5


def test_from_the_command_line(tmp_path: Path, capsys: Any) -> None:
    for data in DATA:
        pictures = gradient_penalty.main(["--data", data, "--steps", "3", "--out", str(tmp_path)])
        out = capsys.readouterr().out
        assert "3 steps in " in out and ("of 8 clouds" in out) == (data == "clouds")
        names = ["gradient_penalty_landscape.png", "gradient_penalty_curves.png"]
        assert [path.name for path in pictures] == names
        assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    for more, words in [(["--steps", "0"], "--steps must be at least 1"), (["--penalty", "-1"], "must be at least 0")]:
        with pytest.raises(SystemExit):
            gradient_penalty.main(more)
        assert words in capsys.readouterr().err


def test_help(capsys: Any) -> None:
    with pytest.raises(SystemExit) as end:
        gradient_penalty.main(["--help"])
    assert end.value.code == 0 and "--penalty" in capsys.readouterr().out
