"""Saving: whole files or none, the same numbers back, and nothing unpickled."""

from __future__ import annotations

import errno
import hashlib
import io
import math
import os
import pickle
import random
import stat
import threading
import tracemalloc
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn, serialization
from tensorgrad.serialization import SaveError, files, load, save
from tests.serialization.forge import entry, forged, same

STATE = {
    "weight": tg.tensor(np.arange(6.0, dtype=np.float32).reshape(2, 3)),
    "flags": tg.tensor([True, False]),
    "count": tg.tensor(3),
    "empty": tg.tensor(np.zeros((0, 4), np.float16)),
}


def round_trip(obj: Any) -> Any:
    return serialization.loads(serialization.dumps(obj))


# ---- what comes back ------------------------------------------------------------------------------------------------


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


THINGS = {
    "checkpoint": {
        "model": OrderedDict(STATE),
        "optimizer": {"state": {0: {"step": tg.tensor(1.0), "none": None}, 1: {}}, "groups": [{"betas": (0.9, 0.999)}]},
        "epoch": 3,
        "loss": 0.1,
    },
    "numbers": [0.1, -0.0, math.nan, math.inf, -math.inf, 2**80, -1, True, False, None, 1 - 2j],
    "keys": {1: "a", (1, (2, None)): "b", None: "c", 1.5: "d", b"x": "e", frozenset([1]): "f", "1": "g", "": "h"},
    "text": ["ünï", "", "a\0b", "\ud800", "\U0001f600", "'\"\\\n", {"\udfff\n": tg.ones(1)}],
    "sequences": [(), [], {}, set(), (1, [2, (3,)]), {1, 2}, frozenset("ab"), tg.ones(2, 3).shape],
    "mappings": [Counter("abca"), OrderedDict(z=1, a=2), {"z": OrderedDict(a=Counter())}],
    "bytes, kinds and places": [b"\x00\xff", tg.float16, tg.device("cpu"), tg.device("cuda:1")],
    "NumPy": [
        np.float32(0.1),
        np.float64(0.1),
        np.int8(-3),
        np.bool_(True),
        np.uint64(2**63),
        np.arange(3, dtype=np.uint16),
    ],
    "names that meet": [{"a.b": tg.ones(1), "a": {"b": tg.zeros(1)}, 1: tg.ones(2), "1": tg.zeros(2)}],
    "the name of the format's own": {"__metadata__": tg.ones(1)},
    "names like paths": {"../../x": tg.ones(1), "/etc/passwd": tg.zeros(1), "": tg.ones(2)},
    "a tensor": tg.tensor([1.0]),
    "a number": 3,
    "nothing": {},
    "what learns": [tg.ones(2, requires_grad=True), nn.Parameter(tg.zeros(1)), nn.Parameter(tg.zeros(1), False)],
    "what learns, in a flat dict": {"w": nn.Parameter(tg.zeros(1)), "x": tg.ones(2, requires_grad=True)},
}


@pytest.mark.parametrize("name", THINGS)
def test_things_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    thing = THINGS[name]
    for f in (tmp_path / "a", str(tmp_path / "b")):
        save(thing, f)
        assert same(load(f), thing)
    buffer = io.BytesIO(b"before")
    buffer.seek(6)
    save(thing, buffer)
    buffer.seek(6)
    assert same(load(buffer), thing)


def test_kinds_of_tensors_and_arrays() -> None:
    for name in ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"):
        for shape in ((), (0,), (3, 0, 2), (2, 3)):
            x = tg.ones(shape).to(getattr(tg, name))
            assert same(round_trip({"x": x}), {"x": x}) and same(round_trip([x]), [x])
    big_endian = np.arange(3, dtype=">i4")
    assert round_trip([big_endian])[0].tolist() == [0, 1, 2]
    assert same(round_trip(np.asfortranarray(np.arange(6).reshape(2, 3))), np.arange(6).reshape(2, 3))


def test_order_of_names() -> None:
    names = ["z", "a", "m.weight", "b"]
    state = {name: tg.ones(1).to(kind) for name, kind in zip(names, (tg.bool, tg.float64, tg.int8, tg.float32))}
    assert list(round_trip(state)) == names


def test_a_graph_is_not_saved() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = round_trip({"y": x * 2})["y"]
    assert y.is_leaf and y.requires_grad and y.grad is None and y.tolist() == [2.0, 4.0]
    state = round_trip(nn.Linear(2, 2).state_dict())
    assert not any(t.requires_grad for t in state.values())


def test_bfloat16(tmp_path: Path) -> None:
    header = b'{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    data = len(header).to_bytes(8, "little") + header + b"\x80\x3f\x00\xc0"  # 1, -2
    try:
        import ml_dtypes  # noqa: F401
    except ImportError:
        with pytest.raises(SaveError, match="'w' is bfloat16, for which the package ml_dtypes is needed: pip install"):
            serialization.loads(data)
    else:
        w = serialization.loads(data)["w"]
        assert w.dtype.name == "bfloat16" and w.tolist() == [1.0, -2.0] and same(round_trip({"w": w}), {"w": w})


def test_where_it_goes(tmp_path: Path) -> None:
    assert load.__kwdefaults__["weights_only"] is True
    save(STATE, tmp_path / "a")
    for arguments in (
        dict(map_location="cpu"), dict(map_location=tg.device("cpu")), dict(map_location=lambda storage, place: storage),
        dict(map_location={"cuda:0": "cpu"}), dict(weights_only=False), dict(mmap=True), dict(pickle_module=pickle),
    ):  # fmt: skip
        assert same(load(tmp_path / "a", **arguments), STATE)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="load: no CUDA device can be used"):
        load(tmp_path / "a", "cuda:0")
    with open(tmp_path / "a", "rb") as file:
        assert same(load(file), STATE)
    with pytest.raises(TypeError, match=r"load: needs a file opened in binary mode \('rb'\), got one of str"):
        load(io.StringIO("text"))

    class Pipe:
        """Can only be read."""

        def __init__(self, data: bytes) -> None:
            self.read = io.BytesIO(data).read

    assert same(load(Pipe((tmp_path / "a").read_bytes())), STATE)


# ---- what does not go in --------------------------------------------------------------------------------------------


def test_what_cannot_be_saved_is_named_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    save({"x": tg.tensor(1.0)}, path)
    before = path.read_bytes()
    with pytest.raises(
        TypeError, match=r"save: model.hook is a builtin_function_or_method; only tensors, arrays, numbers"
    ):
        save({"model": {"hook": print}}, path)
    sgd = tg.optim.SGD([tg.ones(1)])
    for thing, words in ((sgd, "the object is a SGD"), ({"net": [sgd]}, "net.0 is a SGD")):
        with pytest.raises(
            TypeError, match=rf"save: {words}.* Save its state_dict\(\) instead, and give that to load_"
        ):
            save(thing, path)
    for strange in (np.array(["text"]), np.array([object()]), tmp_path, range(3), tg.Generator()):
        with pytest.raises(TypeError, match="save: 0 is a .*Save what it is made of instead"):
            save([strange], path)
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(SaveError, match="save: this is nested too deeply to be saved, or holds itself"):
        save(endless, path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a"]


# ---- places ---------------------------------------------------------------------------------------------------------


def test_folders_links_and_long_names(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder .*nowhere; make it first"):
        save(STATE, tmp_path / "nowhere" / "a")
    with pytest.raises(IsADirectoryError, match="this is a folder; give the path of a file"):
        save(STATE, tmp_path)
    with pytest.raises(FileNotFoundError, match="No such file"):
        load(tmp_path / "nothing")
    name = "x" * 250
    save(STATE, tmp_path / name)
    assert same(load(tmp_path / name), STATE)
    link = tmp_path / "latest"
    link.symlink_to(tmp_path / name)
    save({"x": tg.ones(1)}, link)  # through the link, into the file it stands for
    assert link.is_symlink() and list(load(tmp_path / name)) == ["x"]


def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    save(STATE, tmp_path / "a")
    before = (tmp_path / "a").read_bytes()
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        if os.access(tmp_path, os.W_OK):  # this user may write everywhere
            return
        with pytest.raises(PermissionError):
            save({"x": tg.ones(1)}, tmp_path / "a")
    finally:
        tmp_path.chmod(stat.S_IRWXU)
    assert (tmp_path / "a").read_bytes() == before and os.listdir(tmp_path) == ["a"]


def test_several_savers_at_once(tmp_path: Path) -> None:
    """Whoever reads meanwhile finds one of the files, whole."""
    path = tmp_path / "a"
    save({"x": tg.full((50_000,), -1.0)}, path)
    done = threading.Event()

    def write(value: float) -> None:
        while not done.is_set():
            save({"x": tg.full((50_000,), value)}, path)

    writers = [threading.Thread(target=write, args=(float(i),)) for i in range(3)]
    for thread in writers:
        thread.start()
    try:
        seen = [load(path)["x"] for _ in range(30)]
    finally:
        done.set()
        for thread in writers:
            thread.join()
    assert all(x.min() == x.max() for x in seen) and os.listdir(tmp_path) == ["a"]


# ---- pickles --------------------------------------------------------------------------------------------------------


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


# ---- damage and lies ------------------------------------------------------------------------------------------------


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


NESTED = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (forged(b'{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":0}'), "a name is given twice: 'a'"),
        (forged({"a": entry(), "b": entry()}, bytes(4)), "'b' starts at byte 0, expected 4"),
        (forged({"a": entry(), "b": entry(2, 6)}, bytes(6)), "'b' starts at byte 2, expected 4"),
        (forged({"a": entry(), "b": entry(8, 12)}, bytes(12)), "'b' starts at byte 8, expected 4"),
        (forged({"a": entry(-4, 0)}, bytes(4)), "its entry for 'a' cannot be read"),
        (forged({"a": entry(4, 0)}, bytes(4)), r"'a' has shape \(1,\) of F32, 4 bytes, in a place of -4"),
        (forged({"a": entry(shape=[-1])}, bytes(4)), "its entry for 'a' cannot be read"),
        (forged({"a": entry(shape=[1.0])}, bytes(4)), "its entry for 'a' cannot be read"),
        (forged({"a": entry(shape=[True])}, bytes(4)), "its entry for 'a' cannot be read"),
        (forged({"a": entry(shape="1")}, bytes(4)), "its entry for 'a' cannot be read"),
        (forged({"a": entry(shape={})}, bytes(4)), "its entry for 'a' cannot be read: its shape is {}, expected a list"),
        (forged({"a": entry(shape="")}, bytes(4)), "its shape is '', expected a list of whole numbers from 0 on"),
        (forged({"a": entry(dtype=["F32"])}, bytes(4)), r"its entry for 'a' cannot be read: its dtype is \['F32'\], expected"),
        (forged({"a": {**entry(), "data_offsets": [0, 2, 4]}}, bytes(4)), "its data_offsets is .*, expected a list of 2 whole"),
        (forged({"a": entry(0, 0, [0, 10**4000, 10**4000])}), "'a' has an impossible shape"),
        (forged({"a": entry(shape=[2**62] * 1_000_000)}, bytes(4)), "'a' has an impossible shape"),
        (forged(b"{" + b'"x":{},' * 5_000 + b'"y":{}}'), "a name is given twice: 'x'"),
        (forged(b'{"\\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)), "in its header is not Unicode"),
        (forged({"__metadata__": {"a": "\udfff"}}), "in its header is not Unicode"),
        (forged({"__metadata__": []}), "its metadata is not text"),
        (forged({"n" * 10_000: 1}), "its entry for 'nnnn.*…n.*' cannot be read"),
        (forged({"a": {**entry(), "more": 1}}, bytes(4)), "its entry for 'a' cannot be read"),
        (forged({"a": {"dtype": "F32", "shape": [1]}}, bytes(4)), "its entry for 'a' cannot be read"),
        (forged({"a": None}), "its entry for 'a' cannot be read"),
        (forged({"a": entry(0, 2**42, [2**40])}), "was cut short: 0 bytes of numbers, expected 4398046511104"),
        (forged({"a": entry(0, 2**64, [2**62])}), "was cut short"),
        (forged({"a": entry(0, 0, [0, 2**70])}), "'a' has an impossible shape"),
        (forged({"a": entry(shape=[1] * 100)}, bytes(4)), "'a' has an impossible shape"),
        (forged({"a": entry()}, bytes(3)), "was cut short: 3 bytes of numbers, expected 4"),
        (forged({"a": entry()}, bytes(5)), "is longer than its header says: 5 bytes of numbers, expected 4"),
        (forged({"a": entry(dtype="F8_E4M3")}, bytes(1)), "'a' is of F8_E4M3, which is unknown here; known are F64"),
        (forged({"a": entry(0, 2, dtype="U16")}, bytes(2)), "'a' holds numbers of uint16, of which there are no tensors"),
        (forged([1, 2]), "is not a safetensors file"),
        (forged(b'{"a":' + NESTED + b"}"), "its header cannot be read"),
        (forged(b'{"\xff":1}'), "its header cannot be read"),
        (forged(b'{"a":' + b"9" * 100_000 + b"}"), "its header cannot be read"),
        (forged({"__metadata__": 3}), "its metadata is not text"),
        (forged({"__metadata__": {"a": 1}}), "its metadata is not text"),
        ((2**60).to_bytes(8, "little") + b"{}", "was cut short"),
        ((200_000_000).to_bytes(8, "little") + b"{}", "was cut short"),
        (b"", r"was cut short \(0 bytes\)"),
    ],
)  # fmt: skip
def test_headers_that_lie(data: bytes, words: str) -> None:
    """Each is refused before memory is taken for what it announces."""
    tracemalloc.start()
    try:
        with pytest.raises(SaveError, match="load: file.*" + words):
            serialization.loads(data)
        assert tracemalloc.get_traced_memory()[1] < 10 * len(data) + 1_000_000
    finally:
        tracemalloc.stop()


def test_a_header_that_fills_the_memory(tmp_path: Path) -> None:
    with open(tmp_path / "a", "wb") as file:
        file.write((200_000_000).to_bytes(8, "little") + b"{")
        file.truncate(200_000_008)  # the rest takes no room on the disk
    with pytest.raises(SaveError, match="its header has 200000000 bytes, more than 100000000"):
        load(tmp_path / "a")


@pytest.mark.parametrize(
    "skeleton",
    [
        "{", "[1]", "{}", '{"list":[],"dict":[]}', '{"evil":1}', '{"dict":[[1]]}', '{"dict":[[{"list":[]},1]]}', '{"list":3}',
        '{"tensor":"x"}', '{"tensor":["x"]}', '{"tensor":"u"}', '{"bytes":"###"}', '{"dtype":"evil"}', '{"device":"x"}',
        '{"scalar":["object","x"]}', '{"scalar":["int8",1000]}', '{"complex":"x"}', '{"set":[{"list":[]}]}', NESTED.decode(),
        '{"list":[' * 5000 + "]}" * 5000,
    ],
)  # fmt: skip
def test_skeletons_that_are_none(skeleton: str) -> None:
    """Forged together with the hash."""
    h = hashlib.sha256(skeleton.encode())
    h.update(b"\0u\0uint16\0(1,)\0\0\0")
    metadata = {"tensorgrad": "1", "tensorgrad.skeleton": skeleton, "tensorgrad.sha256": h.hexdigest()}
    with pytest.raises(SaveError, match="what stands around its tensors cannot be read"):
        serialization.loads(forged({"__metadata__": metadata, "u": entry(0, 2, dtype="U16")}, bytes(2)))


def test_a_file_of_a_later_format() -> None:
    data = serialization.dumps({"w": tg.ones(2)}).replace(b'"tensorgrad":"1"', b'"tensorgrad":"2"')
    with pytest.raises(SaveError, match="load: file is of format '2'; this version of tensorgrad reads '1'. Update it."):
        serialization.loads(data)


def test_a_file_of_ours_without_its_hash() -> None:
    data = serialization.dumps({"w": tg.ones(2)}).replace(b"sha256", b"sha257")
    with pytest.raises(SaveError, match="do not match the hash saved with them"):
        serialization.loads(data)


# ---- disks that fail ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file_and_no_rubbish(tmp_path: Path, monkeypatch: Any, call: str) -> None:
    path = tmp_path / "a"
    save({"x": tg.tensor(1.0)}, path)
    before = path.read_bytes()

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as m:
        if call == "write":
            m.setattr(files.os, "fdopen", lambda fd, mode: _Full(fd))
        else:
            m.setattr(files.os, call, fail)
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


def test_a_folder_that_cannot_be_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems know no fsync of a folder: that is no reason not to save."""

    def fsync(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(files.os, "fsync", fsync)
    save(STATE, tmp_path / "a")
    assert same(load(tmp_path / "a"), STATE)
