"""Weights from files that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

import tensorgrad as tg
from tensorgrad import hub
from tensorgrad.serialization import SaveError, weights

URL = "https://download.example.org/models/net-5c106cde.pth"


def test_weights_are_taken_from_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORGRAD_HOME", str(tmp_path))
    assert Path(hub.get_dir()) == tmp_path / "hub"
    monkeypatch.setattr(weights, "_chosen", None)
    hub.set_dir(tmp_path / "mine")
    folder = tmp_path / "mine" / "checkpoints"
    folder.mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="net-5c106cde.pth is not in .*, and weights are not fetched here"):
        hub.load_state_dict_from_url(URL)
    tg.save({"weight": tg.ones(2)}, folder / "net-5c106cde.safetensors")
    assert hub.load_state_dict_from_url(URL, map_location="cpu")["weight"].tolist() == [1.0, 1.0]
    tg.save({"weight": tg.zeros(2)}, tmp_path / "other.pth")
    found = tg.utils.model_zoo.load_url(URL, model_dir=tmp_path, file_name="other.pth")
    assert found["weight"].tolist() == [0.0, 0.0]
    (tmp_path / "net-5c106cde.pth").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(SaveError, match="is a pickle"):
        hub.load_state_dict_from_url(URL, tmp_path)
