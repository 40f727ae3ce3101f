"""XOR and parity with tensors: learnt from any seed, as their docstrings say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from examples import parity_tensor, xor_tensor
from tensorgrad.data import parity


@pytest.mark.parametrize("seed", range(10))
def test_xor_is_learnt(seed: int) -> None:
    trainer = xor_tensor.fit(seed)
    assert trainer.predict(xor_tensor.INPUTS).flatten().round().tolist() == [0, 1, 1, 0]
    assert trainer.history.losses[-1] < 0.001 < trainer.history.losses[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bits", [3, 5])
def test_parity_is_learnt(bits: int, seed: int) -> None:
    trainer = parity_tensor.fit(bits, seed)
    inputs, classes = parity(bits)
    assert ((trainer.predict(inputs).flatten() > 0).long() == classes).all()
    assert parity_tensor.learnt(trainer.history) and trainer.history.stopped.startswith("a callback")


def test_the_program_xor(run: Any) -> None:
    out, _, written = run(xor_tensor, "--seed", "3")
    assert out.count("right") == 4 and "wrong" not in out
    assert [path.name for path in written] == ["xor_tensor_loss.png", "xor_tensor_boundary.png"]


def test_the_program_parity(run: Any) -> None:
    out, _, written = run(parity_tensor, "--bits", "4", "--seed", "2")
    assert "16 of 16 rows right" in out and "     2    0     6      6" in out
    assert [path.name for path in written] == ["parity_tensor_loss.png", "parity_tensor_answers.png"]


def test_each_row_of_the_parity_picture_is_seen(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sigmoids of 256 scores were twenty dots at 0 and 1; no two may lie on each other."""
    import viz

    charts = []
    plot = viz.plot_points
    monkeypatch.setattr(viz, "plot_points", lambda *a, **k: charts.append(plot(*a, **k)) or charts[-1])
    run(parity_tensor, "--bits", "6", "--epochs", "20")
    points = np.concatenate([c.get_offsets() for c in charts[0].axes[0].collections])
    assert len(points) == len(np.unique(points.round(4), axis=0)) == 64
    assert (np.sort(np.rint(points[:, 0])) == np.sort(parity(6)[0].sum(1).numpy())).all()  # each near its number


def test_few_epochs_are_too_few(run: Any) -> None:
    assert "wrong" in run(xor_tensor, "--epochs", "1")[0]
    assert "1 epochs in" in run(parity_tensor, "--bits", "4", "--epochs", "1")[0]
