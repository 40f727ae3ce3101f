"""Files that are damaged: bits flipped, bytes changed, cut short, lengthened, of every format that is read here. What comes
out is what was written, or an error that is documented and names the file; never other numbers, never another error."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import micrograd_value
import tensorgrad as tg
from tensorgrad import serialization
from tensorgrad.data import DataError, read_idx
from tensorgrad.data.archives import files_in_tar
from tensorgrad.serialization import SaveError, safetensors
from tensorgrad.training import Checkpoint
from tensorgrad.vision.datasets import CIFAR10, MNIST, ImageFolder


class Format:
    """How a file is written, and what reading it shows. `sealed`: nothing that was changed may come out."""

    def __init__(self, write: Callable[[Path], Any], read: Callable[[Path], Any], error: Any, sealed: bool = True) -> None:
        self.write, self.read, self.error, self.sealed = write, read, error, sealed


def _saved(path: Path) -> None:
    tg.save({"w": tg.arange(12.0).reshape(3, 4), "step": 3, "names": ["a", ("b", None)], "best": 0.25}, path)


def _theirs(path: Path) -> None:
    with open(path, "wb") as file:
        safetensors.write(file, {"w": np.arange(6.0), "n": np.arange(3)}, {})


def _shown(x: Any) -> str:
    if isinstance(x, dict):
        return repr({k: _shown(v) for k, v in x.items()})
    return repr(x.tolist()) if isinstance(x, tg.Tensor) else repr(x)


def _optimizer() -> Any:
    torso = tg.nn.Linear(2, 2)
    tg.nn.init.constant_(torso.weight, 1.0)
    optimizer = tg.optim.Adam(torso.parameters())
    torso(tg.ones(1, 2)).sum().backward()
    optimizer.step()
    return torso, optimizer


def _checkpoint(path: Path) -> None:
    tg.manual_seed(0), np.random.seed(0)
    torso, optimizer = _optimizer()
    Checkpoint(path.parent, torso=torso, optimizer=optimizer).save(1).rename(path.parent / "checkpoint-000000001.safetensors")


def _resumed(path: Path) -> str:
    torso, optimizer = _optimizer()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Checkpoint(path.parent, torso=torso, optimizer=optimizer).resume()
    return repr(torso.weight.tolist()) + repr(optimizer.state_dict())


IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)


def _idx(array: Any) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def _mnist(path: Path) -> None:
    (path.parent / "train-labels-idx1-ubyte").write_bytes(_idx(np.arange(3, dtype=np.uint8)))
    path.write_bytes(gzip.compress(_idx(IMAGES), mtime=0))


def _tar(folder: str = "x") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name in (*CIFAR10.train_list, *CIFAR10.test_list):
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size, info.pax_headers = 3073, {"comment": "ü"}
            tar.addfile(info, io.BytesIO(bytes([3]) + random.Random(name).randbytes(3072)))
    return out.getvalue()


def _cifar(path: Path) -> None:
    path.write_bytes(_tar("cifar-10-batches-bin"))


def _picture(path: Path) -> None:
    from PIL import Image

    path.parent.mkdir(exist_ok=True)
    Image.fromarray(IMAGES[0]).save(path)


def _weights(path: Path) -> None:
    micrograd_value.save_weights(micrograd_value.MLP(2, [3, 1], seed=0), path)


def _read_tar(path: Path) -> Any:
    found = files_in_tar(path, CIFAR10.test_list, largest=4000, total=1 << 20)
    return [(name, hashlib.sha256(data).hexdigest()) for name, data in found]


FORMATS = {
    "w.safetensors": Format(_saved, lambda p: _shown(tg.load(p)), SaveError),
    "theirs.safetensors": Format(_theirs, lambda p: _shown(tg.load(p)), SaveError, sealed=False),
    "checkpoint-000000001.safetensors": Format(_checkpoint, _resumed, (SaveError, ValueError, RuntimeError)),
    "array.idx": Format(lambda p: p.write_bytes(_idx(IMAGES)), lambda p: read_idx(p).tolist(), DataError, sealed=False),
    "array.idx.gz": Format(
        lambda p: p.write_bytes(gzip.compress(_idx(IMAGES), mtime=0)), lambda p: read_idx(p, most=10_000).tolist(), DataError
    ),
    "train-images-idx3-ubyte.gz": Format(_mnist, lambda p: MNIST(p.parent).data.tolist(), DataError),
    "cifar-10-binary.tar.gz": Format(_cifar, lambda p: CIFAR10(p.parent).data.tolist(), DataError),
    "some.tar.gz": Format(lambda p: p.write_bytes(_tar()), _read_tar, DataError),
    "class/one.png": Format(_picture, lambda p: np.asarray(ImageFolder(p.parents[1])[0][0]).tolist(), DataError, sealed=False),
    "class/one.bmp": Format(_picture, lambda p: ImageFolder(p.parents[1])[0][0].size, DataError, sealed=False),
    "class/one.webp": Format(_picture, lambda p: ImageFolder(p.parents[1])[0][0].size, DataError, sealed=False),
    "class/one.tiff": Format(_picture, lambda p: ImageFolder(p.parents[1])[0][0].size, DataError, sealed=False),
    "w.json": Format(_weights, lambda p: micrograd_value.load_model(p).parameters()[0].data, ValueError, sealed=False),
}


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Something is not as it was."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        at = rng.randrange(len(changed)) if rng.random() < 0.5 else rng.randrange(min(len(changed), 200))
        kind = rng.randrange(6)
        if kind < 2:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            changed[at] = rng.choice([0, 0xFF, 0x7F, 0x80, rng.randrange(256)])
        elif kind == 3:
            del changed[at:]
        elif kind == 4:
            changed[at:at] = rng.randbytes(rng.randrange(1, 20))
        else:
            del changed[at : at + rng.randrange(1, 20)]
        changed = changed or bytearray(b"\0")
    return bytes(changed)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.rounds(1)
def test_a_damaged_file(tmp_path: Path, monkeypatch: Any, name: str, seed: int) -> None:
    form, path, rng = FORMATS[name], tmp_path / name, random.Random(f"{name}{seed}")
    form.write(path)
    data = path.read_bytes()
    if name.startswith("cifar"):
        digest = hashlib.sha256(data).hexdigest()
        monkeypatch.setattr(CIFAR10, "archive", CIFAR10.archive._replace(sha256=digest))
    whole = None if name.startswith("cifar") else form.read(path)
    for round_ in range(25):
        broken = damaged(data, rng)
        path.write_bytes(broken)
        where = f"seed {seed}, round {round_}"
        try:
            found = form.read(path)
        except form.error as error:
            assert path.name in str(error) or path.parent.name in str(error), f"{where}: {error!r}"
        except Exception as error:
            raise AssertionError(f"{where}: {error!r}") from error
        else:
            if form.sealed and broken != data:
                assert found == whole, f"{where}: other numbers, without a word"
    path.write_bytes(data)
    assert form.read(path) == (whole or form.read(path)), "and the whole one is read"


NONSENSE: list[Any] = [
    None, True, -1, 0, 3, 2.5, 1e400, 10**30, "", "x", "\ud800", [], {}, [[]], {"": None}, ["dict"], b"", (), tg.ones(2),
    tg.ones(0),
]  # fmt: skip


def nonsense(state: Any, rng: random.Random) -> Any:
    """A tree with something else in one of its places: a walk down to it."""
    if isinstance(state, dict) and state and rng.random() < 0.9:
        state = dict(state)
        key = rng.choice(list(state))
        kind = rng.random()
        if kind < 0.08:
            del state[key]
        elif kind < 0.12:
            state[rng.choice(["optimizer", "step", "x", 7])] = rng.choice(NONSENSE)
        else:
            state[key] = nonsense(state[key], rng)
        return state
    if isinstance(state, (list, tuple)) and state and rng.random() < 0.8:
        items = list(state)
        at = rng.randrange(len(items))
        items[at] = nonsense(items[at], rng)
        return type(state)(items)
    return rng.choice(NONSENSE)


@pytest.mark.rounds(1)
def test_nonsense_under_a_right_hash(tmp_path: Path, seed: int) -> None:
    """A checkpoint that somebody has written himself: it is refused in words, and nothing has changed; or it is taken, and
    what it was taken by goes on."""
    rng = random.Random(f"nonsense{seed}")
    model, optimizer = _optimizer()
    schedule = tg.optim.lr_scheduler.StepLR(optimizer, 2)
    loader = tg.utils.data.DataLoader(range(9), 2, shuffle=True, generator=tg.Generator().manual_seed(1))
    run = Checkpoint(tmp_path, model=model, optimizer=optimizer, schedule=schedule, loader=loader)
    path = run.save(1)
    good, whole = serialization.load(path), path.read_bytes()
    for round_ in range(30):
        where = f"seed {seed}, round {round_}"
        try:
            serialization.save(nonsense(good, rng), path)
        except (ValueError, TypeError):  # what cannot be written
            path.write_bytes(whole)
            continue
        before = _everything(run)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                Checkpoint(tmp_path, **run.parts).resume()
            except (ValueError, RuntimeError) as error:
                assert path.name in str(error) or str(tmp_path) in str(error), f"{where}: {error!r}"
                assert _everything(run) == before, f"{where}: {error!r}, and something has changed"
            except Exception as error:
                raise AssertionError(f"{where}: {error!r}") from error
        optimizer.step(), schedule.step(), next(iter(loader)), schedule.get_last_lr()
        path.write_bytes(whole)
        Checkpoint(tmp_path, **run.parts).resume()


def _everything(run: Checkpoint) -> str:
    states = {k: part.state_dict() for k, part in run.parts.items()}
    return repr(states) + json.dumps(tg.get_rng_state().tolist()) + repr(random.getstate()) + repr(np.random.get_state())
