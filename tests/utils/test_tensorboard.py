"""SummaryWriter: what tensorboard itself reads back."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tensorgrad as tg
from tensorgrad import nn, optim
from tensorgrad.training import Trainer
from tensorgrad.utils.tensorboard import SummaryWriter


def read(folder: Any) -> Any:
    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def pixels(events: Any, tag: str) -> Any:
    return np.asarray(Image.open(io.BytesIO(events.Images(tag)[0].encoded_image_string)))


def test_scalars(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("loss", tg.tensor(0.5 * step), step, walltime=100.0 + step)
        writer.add_scalar("once", 7)
        writer.add_scalars("both/sides", {"a": 1.0, "b": np.float32(2.0)}, 4)
        writer.flush()
        assert writer.get_logdir() == str(tmp_path)
    found = read(tmp_path).Scalars("loss")
    assert [(e.step, e.value, e.wall_time) for e in found] == [(0, 0.0, 100.0), (1, 0.5, 101.0), (2, 1.0, 102.0)]
    assert read(tmp_path).Scalars("once")[0].value == 7.0
    assert read(tmp_path / "both_sides_b").Scalars("both/sides")[0].value == 2.0


def test_histograms_and_text(tmp_path: Path) -> None:
    x = tg.randn(1000, generator=tg.Generator().manual_seed(0))
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("weight", x, 3)
        writer.add_histogram("few", [1, 2, 2, 4], bins=3)
        writer.add_text("note", "**bold**", 1)
    events = read(tmp_path)
    h = events.Histograms("weight")[0]
    value = h.histogram_value
    assert h.step == 3 and value.num == 1000 and sum(value.bucket) == 1000 and len(value.bucket) == 64
    assert value.min == x.min().item() and value.sum == pytest.approx(x.double().sum().item())
    assert list(events.Histograms("few")[0].histogram_value.bucket) == [1.0, 2.0, 1.0]
    (text,) = events.Tensors("note/text_summary")
    assert list(text.tensor_proto.string_val) == [b"**bold**"]


def test_pictures(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    grey = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    colour = tg.rand(3, 4, 5, generator=tg.Generator().manual_seed(0))
    figure = Figure(figsize=(1, 0.5), dpi=100)
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("grey", grey, dataformats="HW")
        writer.add_image("colour", colour)
        writer.add_images("row", np.stack([grey, grey]), dataformats="NHW")
        writer.add_images("tiles", tg.ones(2, 1, 3, 3))
        writer.add_figure("figure", figure)
    events = read(tmp_path)
    np.testing.assert_array_equal(pixels(events, "grey"), grey)
    np.testing.assert_array_equal(pixels(events, "colour"), (colour.numpy().transpose(1, 2, 0) * 255).astype(np.uint8))
    np.testing.assert_array_equal(pixels(events, "row"), np.concatenate([grey, grey], 1))
    assert pixels(events, "tiles").shape == (3, 6) and pixels(events, "figure").shape == (50, 100, 4)


def test_the_trainer_writes(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    with SummaryWriter(tmp_path) as writer:
        trainer = Trainer(model, optim.SGD(model.parameters(), lr=0.1), nn.MSELoss(), writer=writer)
        history = trainer.train(tg.ones(4, 2), tg.ones(4, 1), 3, batch_size=2)
    events = read(tmp_path)
    assert [e.value for e in events.Scalars("loss/training")] == pytest.approx(history.losses)
    assert [e.step for e in events.Scalars("loss/step")] == [1, 2, 3, 4, 5, 6]


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="-first", purge_step=3, filename_suffix=".mine") as writer:
        assert writer.log_dir.startswith("runs") and writer.log_dir.endswith("-first")
    (file,) = (tmp_path / writer.log_dir).iterdir()
    assert file.name.endswith(".mine")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda w: w.add_scalar("x", [1, 2]), r"add_scalar: needs one number, got shape \(2,\)"),
        (lambda w: w.add_histogram("x", []), "add_histogram: x has 0 values, and needs some"),
        (
            lambda w: w.add_histogram("x", [float("nan")]),
            "add_histogram: x has 1 values, and needs some, all of them finite",
        ),
        (lambda w: w.add_image("x", tg.ones(2, 3)), r"add_image: shape \(2, 3\) does not fit dataformats='CHW'"),
        (lambda w: w.add_image("x", tg.ones(2, 3, 3)), "add_image: a picture has 1, 3 or 4 channels, got 2"),
        (
            lambda w: w.add_images("x", tg.ones(2, 3, 3)),
            r"add_images: shape \(2, 3, 3\) does not fit dataformats='NCHW'",
        ),
    ],
)
def test_errors(call: Any, words: str, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match=words):
        call(writer)


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = SummaryWriter(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"needs the package Pillow: pip install 'tensorgrad-learn\[data\]'"):
        writer.add_image("x", tg.ones(1, 2, 2))
    writer.close()
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.event_file_writer", None)
    with pytest.raises(
        ImportError, match=r"needs the package tensorboard: pip install 'tensorgrad-learn\[tensorboard\]'"
    ):
        SummaryWriter(tmp_path)
