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
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

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
    for tag, size in (("grey", (2, 3)), ("colour", (4, 5)), ("row", (2, 6)), ("tiles", (3, 6)), ("figure", (50, 100))):
        (event,) = events.Images(tag)
        assert (event.height, event.width) == size
    (file,) = tmp_path.glob("events*")
    values = [v for event in LegacyEventFileLoader(str(file)).Load() for v in event.summary.value]
    assert {v.tag: v.image.colorspace for v in values} == {"grey": 1, "colour": 3, "row": 1, "tiles": 1, "figure": 4}
    np.testing.assert_array_equal(pixels(events, "colour"), (colour.numpy().transpose(1, 2, 0) * 255).astype(np.uint8))
    np.testing.assert_array_equal(pixels(events, "row"), np.concatenate([grey, grey], 1))
    assert pixels(events, "tiles").shape == (3, 6) and pixels(events, "figure").shape == (50, 100, 4)


def test_histograms_that_are_counted_already(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram_raw("raw", 0.0, 3.0, 4, 6.0, 14.0, [1.0, 2.0, 3.0], [1, 1, 2], 5)
        writer.add_histogram("few", np.arange(100.0), bins=50, max_bins=8)
        writer.add_tensor("t", tg.tensor([[1.0, 2.0]]), 3)
    events = read(tmp_path)
    value = events.Histograms("raw")[0].histogram_value
    assert list(value.bucket) == [1, 1, 2] and list(value.bucket_limit) == [1, 2, 3] and value.sum_squares == 14.0
    few = events.Histograms("few")[0].histogram_value
    assert len(few.bucket) == 8 and sum(few.bucket) == 100 and few.bucket_limit[-1] == 99.0
    (tensor,) = events.Tensors("t")
    assert tensor.step == 3 and list(tensor.tensor_proto.float_val) == [1.0, 2.0]


def test_precision_over_recall(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels, p = rng.integers(0, 2, 200), rng.random(200)
    with SummaryWriter(tmp_path) as writer:
        writer.add_pr_curve("pr", tg.tensor(labels), tg.tensor(p), 1, num_thresholds=11)
    (event,) = read(tmp_path).Tensors("pr")
    table = np.array(event.tensor_proto.float_val).reshape(6, 11)
    for i, threshold in enumerate(np.linspace(0, 1, 11)):
        taken = np.floor(p * 10) >= i
        tp, fp = (taken & (labels == 1)).sum(), (taken & (labels == 0)).sum()
        assert table[0, i] == tp and table[1, i] == fp and table[3, i] == labels.sum() - tp, threshold
        assert table[4, i] == pytest.approx(tp / max(tp + fp, 1e-7)) and table[5, i] == pytest.approx(tp / labels.sum())


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6))

    def forward(self, x: Any) -> Any:
        a, b = self.body(x).chunk(2, -1)
        return a * b + tg.ones(3), b


def test_graphs(tmp_path: Path, capsys: Any) -> None:
    model = Branching()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(model, tg.rand(5, 4), verbose=True)
    nodes = {n.name: n for n in read(tmp_path).Graph().node}
    box = "Branching/Sequential[body]"
    linear, norm = nodes[f"{box}/Linear[0]/linear"], nodes[f"{box}/BatchNorm1d[1]/batch_norm"]
    assert (
        list(linear.input) == ["input/0", f"{box}/Linear[0]/weight", f"{box}/Linear[0]/bias"] and linear.op == "linear"
    )
    assert [d.size for d in linear.attr["_output_shapes"].list.shape[0].dim] == [5, 6]
    assert norm.input[0] == linear.name and list(nodes["Branching/split"].input) == [norm.name]
    assert list(nodes["Branching/mul"].input) == ["Branching/split"] * 2
    assert list(nodes["Branching/add"].input) == ["Branching/mul", "constant"]
    assert list(nodes["output/0"].input) == ["Branching/add"] and list(nodes["output/1"].input) == ["Branching/split"]
    assert all(tg.equal(v, before[k]) for k, v in model.state_dict().items()) and model.training
    assert "Branching/mul (5, 3) ← Branching/split, Branching/split" in capsys.readouterr().out


def test_settings_of_runs(tmp_path: Path) -> None:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    settings = {"lr": 0.1, "layers": 3, "optimizer": "adam", "shuffle": True, "seed": tg.tensor(7)}
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams(settings, {"accuracy": 0.9}, {"optimizer": ["adam", "sgd"]}, run_name="first", global_step=2)
        with pytest.raises(TypeError, match="add_hparams: layers is a list; settings are numbers, bools and text"):
            writer.add_hparams({"layers": [1, 2]}, {})
    events = read(tmp_path / "first")
    assert [(e.step, e.value) for e in events.Scalars("accuracy")] == [(2, pytest.approx(0.9))]
    found = {tag: m.plugin_data.content for tag, m in events.summary_metadata.items() if tag.startswith("_hparams_")}
    started = HParamsPluginData.FromString(found["_hparams_/session_start_info"]).session_start_info.hparams
    assert started["lr"].number_value == 0.1 and started["optimizer"].string_value == "adam"
    assert started["shuffle"].bool_value is True and started["seed"].number_value == 7
    experiment = HParamsPluginData.FromString(found["_hparams_/experiment"]).experiment
    assert [h.name for h in experiment.hparam_infos] == list(settings)
    assert [v.string_value for v in experiment.hparam_infos[2].domain_discrete.values] == ["adam", "sgd"]
    assert set(found) == {"_hparams_/experiment", "_hparams_/session_start_info", "_hparams_/session_end_info"}


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
        (lambda w: w.add_histogram_raw("x", 0, 1, 1, 1, 1, [1, 2], [1]), "add_histogram_raw: 2 limits for 1 buckets"),
        (
            lambda w: w.add_pr_curve("x", [0, 1], [0.5]),
            "add_pr_curve: needs as many probabilities as labels, .* 1 for 2",
        ),
        (lambda w: w.add_pr_curve("x", [0, 1], [0.5, 1.5]), "add_pr_curve: needs .* from 0 to 1"),
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
