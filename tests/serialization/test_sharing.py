"""Tensors that share memory go on sharing it."""

from __future__ import annotations

import gc
import io
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn, serialization
from tensorgrad.serialization import SaveError, load, safetensors, save
from tests.serialization.forge import with_tree


def round_trip(obj: Any) -> Any:
    return serialization.loads(serialization.dumps(obj), weights_only=False)


def names(obj: Any) -> list[str]:
    return list(safetensors.read(io.BytesIO(serialization.dumps(obj)), "file")[0])


def test_what_was_one_tensor_is_one_again_and_stored_once() -> None:
    w = tg.rand(1000)
    data = serialization.dumps({"model": {"embedding": w, "head": w}, "of its own": w + 0})
    assert 8000 < len(data) < 9000
    back = serialization.loads(data)
    assert back["model"]["embedding"] is back["model"]["head"] is not back["of its own"]


def test_a_state_dict_of_tied_weights() -> None:
    """state_dict() gives two tensors of one memory; a plain file could not say so."""
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5))
    model[1].weight = model[0].weight
    state = model.state_dict()
    assert names(state) == ["0.weight", "1.bias"]
    back = round_trip(state)
    back["0.weight"][0, 0] = 7.0
    assert list(back) == list(state) and back["1.weight"][0, 0].item() == 7.0


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_view_and_its_base(size: int, tmp_path: Path) -> None:
    x = tg.arange(float(size))
    save({"a": x, "head": x[: size // 2 + 1], "b": x}, tmp_path / "f")
    back = load(tmp_path / "f")
    assert [t.tolist() for t in back.values()] == [x.tolist(), x[: size // 2 + 1].tolist(), x.tolist()]
    back["a"][0] = -1.0
    assert back["b"][0].item() == back["head"][0].item() == -1.0
    back["head"].fill_(2.0)
    assert back["a"][: size // 2 + 1].tolist() == [2.0] * (size // 2 + 1)


VIEWS = {
    "rows": lambda x: (x[0], x[1:], x),
    "transposed": lambda x: (x, x.mT),
    "every second, backwards": lambda x: (x.flip(0), x[:, ::2], x),
    "reversed": lambda x: (tg.Tensor._of(x.array[::-1, ::-1]), x),
    "of an element": lambda x: (x[1, 2], x),
    "expanded": lambda x: (x[:, :1].expand(4, 7), x),
    "overlapping windows": lambda x: (x.unfold(1, 3, 1), x[:, 1:]),
    "bytes": lambda x: (x.view(tg.uint8), x),
    "another dtype first": lambda x: (x.view(tg.int32)[:, 1:], x),
    "empty": lambda x: (x[:0], x[:, :0], x),
    "interleaved": lambda x: (x[:, ::2], x[:, 1::2]),
    "array": lambda x: (x.numpy(), x),
    "parameter and its data": lambda x: ((p := nn.Parameter(x)), p.detach()[1:]),
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("dtype", [tg.float64, tg.float32])
def test_views_of_every_layout(name: str, dtype: Any) -> None:
    views = VIEWS[name](tg.arange(20.0).to(dtype).reshape(4, 5))
    back = round_trip(list(views))
    as_array = [np.asarray(v if isinstance(v, np.ndarray) else v.detach().numpy()) for v in views]
    found = [np.asarray(v if isinstance(v, np.ndarray) else v.detach().numpy()) for v in back]
    for a, b in zip(as_array, found):
        assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    for i in range(len(found)):
        for j in range(len(found)):
            assert np.shares_memory(found[i], found[j]) == np.shares_memory(as_array[i], as_array[j])


def test_buffers_of_a_module_that_share_memory() -> None:
    class_ = nn.Module()
    class_.register_buffer("whole", tg.zeros(4))
    class_.register_buffer("head", class_.whole[:2])
    back = round_trip(class_)
    back.whole[0] = 5.0
    assert back.head[0].item() == 5.0


def test_the_whole_is_read_by_others_under_its_name() -> None:
    whole = tg.arange(6.0).reshape(2, 3)
    arrays, _ = safetensors.read(io.BytesIO(serialization.dumps({"head": whole[:1], "whole": whole})), "file")
    assert {k: a.shape for k, a in arrays.items()} == {"whole": (2, 3)}


def test_a_small_view_of_a_large_tensor_is_a_small_file() -> None:
    large = tg.zeros(100_000)
    assert len(serialization.dumps({"x": large[:3]})) < 1000
    two = serialization.dumps({"x": large[:3], "y": large[-3:]})
    assert len(two) < 1000 and not safetensors.read(io.BytesIO(two), "f")[1].get("tensorgrad.skeleton")


def test_what_lies_between_two_views_is_not_written() -> None:
    secret = tg.full((3, 1000), 0.125)
    a = secret[:, :1]
    data = serialization.dumps([a, a[1:]])
    assert data.count(np.float32(0.125).tobytes()) == 3


@pytest.mark.parametrize(
    "where",
    [
        ["w", 0, "float32", [3], [4]], ["w", 8, "float32", [1], [4]], ["w", -4, "float32", [1], [4]],
        ["w", 0, "float32", [2], [-4]],
        ["w", 0, "float32", [-1], [4]], ["w", 0, "float32", [2], [4, 4]], ["w", 0, "object", [1], [8]], ["w", 0, "O", [1], [8]],
        ["w", 0, 3, [1], [4]], ["w", 0, None, [1], [4]], ["v", 0, "float32", [1], [4]], ["w", 0, "float32", "1", [4]],
        ["w", 0, "float32", [2**62], [4]], ["w", 2**70, "float32", [1], [4]], ["w", 0.0, "float32", [1], [4]], ["w"], [], {},
        ["w", True, "float32", [1], [4]], ["w", 0, "float32", [1.0], [4]], ["w", 0, "V8", [1], [4]], ["w", 0, "f4,f4", [1], [4]],
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("kind", ["tensor", "array"])
def test_views_that_lie_outside_or_are_none(kind: str, where: Any) -> None:
    with pytest.raises(SaveError, match="what stands around its tensors cannot be read"):
        serialization.loads(with_tree({kind: where}, {"w": ("float32", (2,))}, bytes(8)))


def test_what_is_loaded_goes_when_nobody_holds_it() -> None:
    data = serialization.dumps({"a": [tg.ones(2)], "b": nn.Linear(2, 2)})
    gc.collect()
    gc.disable()
    try:
        found = serialization.loads(data, weights_only=False)
        seen = [weakref.ref(found["a"][0]), weakref.ref(found["b"].weight)]
        del found
        assert [r() for r in seen] == [None, None]
    finally:
        gc.enable()
