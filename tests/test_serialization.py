"""Saving: whole files or none, the same numbers back, and nothing unpickled."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import serialization
from tensorgrad.serialization import SaveError, load, save

STATE = {
    "weight": tg.tensor(np.arange(6.0, dtype=np.float32).reshape(2, 3)),
    "flags": tg.tensor([True, False]),
    "count": tg.tensor(3),
    "empty": tg.tensor(np.zeros((0, 4), np.float16)),
}


def same(a: Any, b: Any) -> bool:
    if isinstance(a, tg.Tensor):
        return isinstance(b, tg.Tensor) and a.dtype is b.dtype and a.shape == b.shape and a.tolist() == b.tolist()
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def test_a_state_dict_is_an_ordinary_safetensors_file(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    save(OrderedDict(STATE), tmp_path / "a.safetensors")
    plain = load_file(tmp_path / "a.safetensors")
    assert {k: v.tolist() for k, v in plain.items()} == {k: t.tolist() for k, t in STATE.items()}
    back = load(tmp_path / "a.safetensors")
    assert all(same(back[k], STATE[k]) for k in STATE)
    back["weight"].array[0, 0] = 9  # its own memory, not the file's


def test_a_file_of_others_loads(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"w": np.ones((2, 2), np.float32)}, tmp_path / "theirs.safetensors")
    assert load(tmp_path / "theirs.safetensors")["w"].tolist() == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("layout", ["transposed", "strided", "reversed", "expanded"])
def test_whatever_the_layout_the_numbers_come_back(tmp_path: Path, layout: str) -> None:
    a = np.arange(12.0).reshape(3, 4)
    a = {"transposed": a.T, "strided": a[:, ::2], "reversed": a[::-1], "expanded": np.broadcast_to(a[:1], (3, 4))}[
        layout
    ]
    save({"x": tg.Tensor._of(a)}, tmp_path / "x")
    np.testing.assert_array_equal(load(tmp_path / "x")["x"].array, a)


def test_nested_things(tmp_path: Path) -> None:
    nested = {
        "model": STATE,
        "state": {0: {"step": tg.tensor(1.0), "none": None}, 1: {}},
        "groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0, 1], "nesterov": True}],
        "text": "ünï", "nan": float("inf"), "raw": b"\x00\xff", "dtype": tg.float16, "big": 2**80,
    }  # fmt: skip
    save(nested, tmp_path / "n")
    assert same(load(tmp_path / "n"), nested)
    buffer = io.BytesIO()
    save(nested, buffer)
    buffer.seek(0)
    assert same(load(buffer), nested)
    save(tg.tensor([1.0]), tmp_path / "one")
    assert load(tmp_path / "one").tolist() == [1.0]


def test_tensors_come_back_as_constants(tmp_path: Path) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    save({"x": x, "y": x * 2}, tmp_path / "x")
    back = load(tmp_path / "x")
    assert not back["x"].requires_grad and back["y"].tolist() == [2.0, 4.0]


def test_what_cannot_be_saved_is_named_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    save({"x": tg.tensor(1.0)}, path)
    before = path.read_bytes()
    with pytest.raises(TypeError, match=r"save: model.hook is a builtin_function_or_method; only tensors, numbers"):
        save({"model": {"hook": print}}, path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a"]


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "boom"),)

    (tmp_path / "p").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(SaveError, match="is a pickle, as torch.save writes it"):
        load(tmp_path / "p")
    (tmp_path / "z").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(SaveError, match="is a pickle"):
        load(tmp_path / "z")
    assert not (tmp_path / "boom").exists()


def test_a_file_whose_length_looks_like_a_pickle_is_none(tmp_path: Path) -> None:
    """A header of 128 or 0x4b50 bytes starts the file with the first byte of a pickle, or with PK as a zip."""
    starts = set()
    for n in (*range(1, 200, 4), *range(18950, 19250, 4)):
        state = {"x" * n: tg.tensor(1.0)}
        save(state, tmp_path / "a")
        starts.add((tmp_path / "a").read_bytes()[:2])
        assert list(load(tmp_path / "a")) == list(state)
    assert b"PK" in starts and any(start[:1] == b"\x80" for start in starts)


def test_cut_short_at_every_byte(tmp_path: Path) -> None:
    data = serialization.dumps({"model": {"w": tg.tensor([1.0, 2.0])}, "step": 3})
    for n in range(len(data)):
        with pytest.raises(SaveError):
            serialization.loads(data[:n])


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    data = serialization.dumps({"model": {"w": tg.tensor([1.0, 2.0])}, "step": 3})
    rng = random.Random(0)
    original = serialization.loads(data)
    for n in range(len(data)):
        broken = bytearray(data)
        broken[n] ^= 1 << rng.randrange(8)
        try:
            found = serialization.loads(bytes(broken))
        except SaveError:
            continue
        # What is not caught must not matter: a flip in the padding of the header, or in the name of the format.
        assert same(found, original)


def test_names_given_twice(tmp_path: Path) -> None:
    header = (
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    )
    data = len(header).to_bytes(8, "little") + header + b"\0\0\0\0"
    with pytest.raises(SaveError, match="a name is given twice: 'a'"):
        serialization.loads(data)


def test_a_lying_header_takes_no_memory() -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    with pytest.raises(SaveError, match="is damaged"):
        serialization.loads(len(header).to_bytes(8, "little") + header)
    with pytest.raises(SaveError, match="was cut short"):
        serialization.loads((2**60).to_bytes(8, "little") + b"{}")


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file_and_no_rubbish(tmp_path: Path, monkeypatch: Any, call: str) -> None:
    path = tmp_path / "a"
    save({"x": tg.tensor(1.0)}, path)
    before = path.read_bytes()

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as m:
        if call == "write":
            m.setattr(serialization.os, "fdopen", lambda fd, mode: _Full(fd))
        else:
            m.setattr(serialization.os, call, fail)
        with pytest.raises(OSError, match="No space left"):
            save({"x": tg.tensor(2.0)}, path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a"]


class _Full:
    """A file on a full disk."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self.fd)

    def write(self, data: bytes) -> int:
        os.write(self.fd, data[: len(data) // 2])
        raise OSError(28, "No space left on device")
