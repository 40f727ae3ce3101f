"""`track`, the bar for loops that are written out."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tensorgrad import nn, optim
from tensorgrad.training import Trainer, track
from tensorgrad.training.progress import fitting


def test_items_pass_through(capsys: Any) -> None:
    bar = track(["a", "b"])
    assert list(bar) == ["a", "b"] and len(bar) == 2
    assert list(track(iter("ab"), shown=True)) == ["a", "b"]
    assert "progress: 2step" in capsys.readouterr().err


def test_a_bar(capsys: Any) -> None:
    for i in (bar := track(range(4), "walk", shown=True)):
        bar.tell(height=i / 3, last_word="up")
    out, err = capsys.readouterr()
    assert out == "" and "walk: 100%" in err and "4/4" in err and "height 1, last word up" in err


def test_off_unless_in_a_terminal(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(track(range(2))) == [0, 1] and capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(track(range(2))) == [0, 1] and "2/2" in capsys.readouterr().err


def test_printed_above_the_bar(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", sys.stdout)
    for i in (bar := track(range(2), "walk", shown=True)):
        with bar.aside():
            print(f"<{i}>")
    before, after = capsys.readouterr().out.split("<1>\n")
    assert before.endswith(" \r") and after.startswith("\rwalk:")


def test_a_loop_that_is_left(capsys: Any) -> None:
    for i in track(range(9), "walk", shown=True):
        if i == 3:
            break
    assert "3/9" in capsys.readouterr().err


def test_plain_lines_without_tqdm(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    for i in (bar := track(range(25), "walk", shown=True)):
        with bar.aside():
            bar.tell(at=i)
    first, *lines = capsys.readouterr().err.splitlines()
    assert first == 'walk: no bar, as tqdm is not installed. Run: pip install "tensorgrad-learn[train]"'
    assert lines[0] == "walk: 3 of 25, at 2" and lines[-1] == "walk: 25 of 25, at 24" and len(lines) == 9


def test_no_more_than_ten_lines_and_the_last(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    model = nn.Linear(1, 1)
    trainer = Trainer(model, optim.SGD(model.parameters(), lr=0.1), nn.MSELoss())
    trainer.train([[1.0]], [[2.0]], 101, progress="XOR")
    told = [int(line.split()[2]) for line in capsys.readouterr().err.splitlines() if "epoch" in line]
    assert told == [11, 22, 33, 44, 55, 66, 77, 88, 99, 101]


@pytest.mark.parametrize("total", [4000, None])
def test_the_bar_is_never_longer_than_the_line(total: int | None) -> None:
    """But for its first word, which stays."""
    words = ["epoch 51/100", "loss 0.07957", "accuracy 97.3%", "validation loss 0.06008", "lr 0.01", "12.5k examples/s"]
    before = 0
    for width in range(10, 200):
        form, line = fitting(words, width, "training", total)
        known = dict(n_fmt=str(total or 99999), total_fmt=str(total or 99999), elapsed="00:00", remaining="00:00")
        whole = form.format(desc="training", percentage=100, bar="█" * 5, **known, postfix=", " + line)
        assert len(whole) <= width or ", " not in line
        assert line.count(",") >= before, "more room, no fewer words"
        before = line.count(",")
    assert before == 5
