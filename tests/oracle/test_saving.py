"""Weights travel: files that PyTorch's own safetensors writes are read here, ours there, and the models agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch as st
import torch

import tensorgrad as tg

MODELS: dict[str, Callable[[Any], Any]] = {
    "cnn": lambda nn: nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.PReLU(), nn.ConvTranspose2d(4, 2, 2), nn.Flatten(), nn.Linear(98, 5)
    ),
    "lstm": lambda nn: nn.LSTM(3, 5, num_layers=2, bidirectional=True, batch_first=True),
    "transformer": lambda nn: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2),
}
SHAPES = {"cnn": (2, 3, 8, 8), "lstm": (2, 4, 3), "transformer": (2, 4, 8)}


@pytest.mark.parametrize("name", MODELS)
def test_there_and_back(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    theirs, ours = MODELS[name](torch.nn).eval(), MODELS[name](tg.nn).eval()
    x = np.random.default_rng(0).normal(size=SHAPES[name]).astype(np.float32)

    st.save_file(theirs.state_dict(), tmp_path / "theirs")
    assert str(ours.load_state_dict(tg.load(tmp_path / "theirs"))) == "<All keys matched successfully>"
    with torch.no_grad(), tg.no_grad():
        expected, found = theirs(torch.from_numpy(x)), ours(tg.from_numpy(x))
    if name == "lstm":
        expected, found = expected[0], found[0]
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-4, atol=1e-5)

    tg.save(ours.state_dict(), tmp_path / "ours")
    back = st.load_file(tmp_path / "ours")
    assert {k: v.shape for k, v in back.items()} == {k: v.shape for k, v in theirs.state_dict().items()}
    assert all(torch.equal(back[k], v) for k, v in theirs.state_dict().items())
    theirs.load_state_dict(back)


def test_kinds_and_layouts(tmp_path: Path) -> None:
    x = torch.arange(12.0).reshape(3, 4)
    state = {f"x.{kind}": x.to(getattr(torch, kind)) for kind in
             ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")}  # fmt: skip
    state |= {"empty": torch.zeros(0, 3), "scalar": torch.tensor(1.5), "": x.t().contiguous(), "a.b/../c": x + 1}
    st.save_file(state, tmp_path / "theirs")
    found = tg.load(tmp_path / "theirs")
    assert found.keys() == state.keys()
    for name, t in state.items():
        assert str(found[name].dtype).rpartition(".")[2] == str(t.dtype).rpartition(".")[2]
        assert found[name].tolist() == t.tolist()

    columns = tg.arange(12.0).reshape(3, 4).T
    tg.save(
        {"t": columns, "s": columns.clone()[::2], "r": columns.flip(0), "e": columns.clone()[:, :1].expand(4, 5)},
        tmp_path / "ours",
    )
    back = st.load_file(tmp_path / "ours")
    assert back["t"].tolist() == columns.tolist() and back["s"].tolist() == columns[::2].tolist()
    assert back["r"].tolist() == columns.flip(0).tolist() and back["e"].tolist() == columns[:, :1].expand(4, 5).tolist()


def test_a_checkpoint_of_ours_is_a_file_that_they_open(tmp_path: Path) -> None:
    model = tg.nn.Linear(2, 3)
    tg.save({"model": model.state_dict(), "epoch": 3, "names": ["a"], "best": {"\ud800": tg.ones(1)}}, tmp_path / "c")
    found = st.load_file(tmp_path / "c")
    assert torch.equal(found["model.weight"], torch.from_numpy(model.weight.detach().numpy())) and len(found) == 3


def test_what_torch_save_writes_is_refused_with_the_cure(tmp_path: Path) -> None:
    for new in (True, False):
        torch.save({"w": torch.ones(2)}, tmp_path / "p", _use_new_zipfile_serialization=new)
        with pytest.raises(
            tg.serialization.SaveError, match="is a pickle, as torch.save writes it.*safetensors.torch.save_"
        ):
            tg.load(tmp_path / "p")
    st.save_file({"c": torch.ones(2, dtype=torch.complex64)}, tmp_path / "c")
    with pytest.raises(tg.serialization.SaveError, match="'c' is of C64, which is unknown here"):
        tg.load(tmp_path / "c")
