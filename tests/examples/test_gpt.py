"""examples/gpt.py: it learns, sees no letter before its time, and a run that was stopped ends as one that was not."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tensorgrad as tg
from examples import gpt
from examples.gpt import GPT, Size
from tensorgrad.nn import functional as F
from tensorgrad.training import Checkpoint

SIZE = Size(layers=2, heads=2, width=16, context=8, batch=8, steps=100, lr=0.03, dropout=0.1)
TEXT = "to learn, you write. " * 40


def model(size: Size = SIZE, letters: int = 5) -> GPT:
    tg.manual_seed(0)
    return GPT(letters, size).eval()


def state(folder: Path) -> tuple[int, dict[str, Any]]:
    """The latest step in a folder, and what is saved there but for the seconds it took and other people's generators."""
    (step, path) = Checkpoint(folder).files()[-1]
    saved = tg.load(path)
    saved["parts"]["run"]["history"]["columns"].pop("seconds")
    return step, {"parts": saved["parts"], "random": saved["random"]["tensorgrad"]}


def same(x: Any, y: Any) -> bool:
    if isinstance(x, tg.Tensor):
        return x.dtype is y.dtype and x.equal(y)
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(same(x[k], y[k]) for k in x)
    if isinstance(x, (list, tuple)):
        return len(x) == len(y) and all(map(same, x, y))
    return bool((x == y) if not hasattr(x, "shape") else (x == y).all())


def test_it_learns_a_text_by_heart() -> None:
    trainer, letters = gpt.fit(TEXT, SIZE, steps=200, every=50)
    assert trainer.history.validation_losses[-1] < 0.4 < 1.0 < trainer.history.losses[0]
    assert gpt.write(trainer.model, letters, "to learn", 13, top_k=1) == TEXT[:21]


def test_no_letter_is_seen_before_its_time() -> None:
    net, x = model(), tg.tensor([[0, 1, 2, 3, 4, 0]])
    other = x.clone()
    other[0, 4:] = tg.tensor([2, 1])
    before, after = net(x), net(other)
    assert before[0, :4].equal(after[0, :4]) and not before[0, 4].allclose(after[0, 4])


def test_one_matrix_reads_and_scores() -> None:
    net = model()
    assert net.score.weight is net.letter.weight and len(list(net.parameters())) == len(set(net.parameters()))


def test_what_adamw_draws_towards_zero() -> None:
    net = model()
    decay, none = gpt.make_optimizer(net, 0.1).param_groups
    assert (decay["weight_decay"], none["weight_decay"]) == (0.1, 0.0)
    assert all(p.dim() == 2 for p in decay["params"]) and all(p.dim() == 1 for p in none["params"])
    assert len(decay["params"]) + len(none["params"]) == len(list(net.parameters()))


def test_the_rate_rises_and_falls() -> None:
    rates = [gpt.rate(step, 100) for step in range(101)]
    assert (
        rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0]) and rates[5] == 1.0 and rates[100] == pytest.approx(0.1)
    )
    assert rates[5:] == sorted(rates[5:], reverse=True)


def test_surprise_is_minus_log_p_after_at_least_half_a_context() -> None:
    net, tokens = model(), tg.tensor([0, 1, 2, 3, 4] * 5)
    found = gpt.surprise(net, tokens)
    assert math.isnan(found[0]) and found.shape == tokens.shape
    for i in range(1, len(tokens)):
        first = max(0, (i - 1) // 4 * 4 - 4)
        scores = net(tokens[first:i].unsqueeze(0))[0, -1]
        assert found[i].item() == pytest.approx(-F.log_softmax(scores, 0)[tokens[i]].item() / math.log(2), rel=1e-4)


def test_samples() -> None:
    net = model()
    x = tg.tensor([[1, 2], [3, 4]])
    written = net.train().generate(x, 20, top_k=1)
    assert net.training and written.shape == (2, 22) and written[:, :2].equal(x)
    for i in range(2, 22):  # the likeliest letter after the context
        net.eval()
        assert written[:, i].equal(net(written[:, max(0, i - SIZE.context) : i])[:, -1].argmax(1))
    draws = [net.generate(x, 20, generator=tg.Generator().manual_seed(seed)).tolist() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def run(folder: Path, **options: Any) -> Any:
    return gpt.fit(TEXT, SIZE, steps=12, every=3, folder=folder, **options)[0]


def test_interrupted_and_resumed_is_not_interrupted(tmp_path: Path) -> None:
    """Bit for bit: parameters, optimizer, schedule, data, history and random numbers, with dropout."""

    def stop(model: Any, letters: Any, history: Any) -> None:
        if len(history) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    run(tmp_path / "whole")
    assert run(tmp_path / "stopped", show=stop).history.stopped == "interrupted after epoch 2"
    assert run(tmp_path / "stopped").history.stopped == "all epochs are done"
    (step, whole), (other, resumed) = state(tmp_path / "whole"), state(tmp_path / "stopped")
    assert step == other == 12 and same(whole, resumed)


def test_killed_and_resumed_is_not_killed(tmp_path: Path) -> None:
    """Also where the last checkpoint was written in the middle of a round."""
    code = """
import os, signal, sys
from pathlib import Path
from examples import gpt
from tests.examples.test_gpt import run
gpt.SAVE_EVERY = 4
run(Path(sys.argv[1]), show=lambda model, letters, history: len(history) == 3 and os.kill(os.getpid(), signal.SIGKILL))
"""
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / "killed")], capture_output=True)
    assert killed.returncode == -signal.SIGKILL and Checkpoint(tmp_path / "killed").files()[-1][0] == 8
    run(tmp_path / "killed")
    run(tmp_path / "whole")
    (step, whole), (other, resumed) = state(tmp_path / "whole"), state(tmp_path / "killed")
    assert step == other == 12 and same(whole, resumed)


def test_from_the_command_line(tmp_path: Path, capsys: Any) -> None:
    text = tmp_path / "text.txt"
    text.write_text(TEXT)
    command = [
        "--text",
        str(text),
        "--size",
        "tiny",
        "--steps",
        "4",
        "--every",
        "2",
        "--letters",
        "9",
        "--prompt",
        "to ",
    ]
    command += ["--out", str(tmp_path)]
    pictures = gpt.main(command)
    out = capsys.readouterr().out
    assert [path.name for path in pictures] == ["gpt_loss.png", "gpt_surprise.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    assert "after 2 of 4 steps: loss " in out and "after 4 of 4 steps: loss " in out and "\n    to " in out

    gpt.main([*command, "--resume"])  # nothing is left to learn, and it writes
    assert "after 4 of 4 steps" in (out := capsys.readouterr().out) and "after 2 of 4" not in out
    for more, words in [
        ([], "gpt holds a run. Go on with it (--resume), or save into another folder (--checkpoint FOLDER)."),
        (["--resume", "--seed", "2"], "was begun with another seed: go on with the same."),
        (["--steps", "0"], "--steps must be above 0, got 0"),
        (["--prompt", "?"], "'?', letter 0 of the text, is not among the"),
        (["--size", "small"], "the text has 840 letters; size small needs 1280 or more"),
        (["--text", str(tmp_path / "none")], "No such file"),
    ]:
        with pytest.raises(SystemExit):
            gpt.main([*command, *more])
        assert words in capsys.readouterr().err


def test_help(capsys: Any) -> None:
    with pytest.raises(SystemExit) as end:
        gpt.main(["--help"])
    assert end.value.code == 0 and "--resume" in capsys.readouterr().out


def test_without_matplotlib(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before anything is computed."""
    import viz

    monkeypatch.delattr(viz, "plot_history", raising=False)
    monkeypatch.delattr(viz, "plots", raising=False)
    monkeypatch.setitem(sys.modules, "viz.plots", None)
    with pytest.raises(SystemExit):
        gpt.main(["--out", str(tmp_path)])
    assert (
        "needs matplotlib, which is not installed. Run: pip install matplotlib" in capsys.readouterr().err
    )
    assert not list(tmp_path.iterdir())
