"""Datasets of pictures: read from original files, of which these tests write small ones; what is malformed is refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.data import DataError, DownloadError
from tensorgrad.utils.data import DataLoader
from tensorgrad.vision import transforms
from tensorgrad.vision.datasets import (
    CIFAR10,
    MNIST,
    DatasetFolder,
    Digits,
    FakeData,
    FashionMNIST,
    ImageFolder,
)
from tensorgrad.vision.datasets.base import File
from tensorgrad.vision.datasets.folder import default_loader
from tensorgrad.vision.utils import make_grid, save_image

RNG = np.random.default_rng(0)


def idx(array: Any) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


IMAGES = RNG.integers(0, 256, (7, 28, 28), np.uint8)
LABELS = np.array([3, 1, 4, 1, 5, 9, 2], np.uint8)


def mnist_files(
    folder: Path, packed: bool = True, images: Any = IMAGES, labels: Any = LABELS, dotted: bool = False
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("train", "t10k"):
        for kind, array in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels)):
            name = f"{part}-{kind}".replace("-idx", ".idx" if dotted else "-idx") + (".gz" if packed else "")
            (folder / name).write_bytes(gzip.compress(idx(array)) if packed else idx(array))


# ---- MNIST ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["", "MNIST/raw", "MNIST", "raw"])
@pytest.mark.parametrize("packed", [True, False])
def test_mnist_finds_its_files(tmp_path: Path, below: str, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist_files(tmp_path / below, packed, dotted=below == "raw")
    for train in (True, False):
        d = MNIST(tmp_path, train=train)
        assert len(d) == 7 and d.data.shape == (7, 28, 28) and d.data.dtype is tg.uint8 and d.targets.dtype is tg.int64
        picture, digit = d[2]
        assert digit == 4 and isinstance(digit, int) and picture.mode == "L" and picture.size == (28, 28)
        np.testing.assert_array_equal(np.asarray(picture), IMAGES[2])
        assert len(d.classes) == 10 and d.class_to_idx["4 - four"] == 4
    monkeypatch.chdir(tmp_path)
    assert len(MNIST(".")) == 7 and len(MNIST(str(tmp_path))) == 7


def test_transforms_of_a_dataset(tmp_path: Path) -> None:
    mnist_files(tmp_path)
    t = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    d = MNIST(tmp_path, transform=t, target_transform=lambda y: -y)
    x, y = d[0]
    assert x.shape == (1, 28, 28) and y == -3
    np.testing.assert_allclose(x.numpy()[0], (IMAGES[0] / 255 - 0.5) / 0.5, rtol=1e-5, atol=1e-6)
    (x, y), *_ = DataLoader(d, 4)
    assert x.shape == (4, 1, 28, 28) and y.tolist() == [-3, -1, -4, -1]
    assert repr(MNIST(tmp_path, train=False, transform=t)) == (
        f"Dataset MNIST\n    Number of datapoints: 7\n    Root location: {tmp_path}\n    Split: Test\n"
        "    transform: Compose(\n        ToTensor()\n        Normalize(mean=(0.5,), std=(0.5,))\n    )"
    )
    d.transforms = lambda picture, digit: (picture.size, digit + 1)
    assert d[0] == ((28, 28), 4)


def test_all_of_it_as_tensors(tmp_path: Path) -> None:
    mnist_files(tmp_path)
    d = MNIST(tmp_path)
    x, y = d.as_tensors().tensors
    assert x.shape == (7, 1, 28, 28) and x.dtype is tg.float32 and y.tolist() == LABELS.tolist()
    np.testing.assert_allclose(x.numpy()[:, 0], IMAGES / 255, rtol=1e-6)
    assert tg.allclose(x[3], transforms.ToTensor()(d[3][0])) and x.array.flags.c_contiguous
    y[0] = 8
    assert d.targets[0] == 3


def test_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"MNIST: train-images-idx3-ubyte.gz is neither in .* download=True"):
        MNIST(tmp_path)
    mnist_files(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    assert len(MNIST(tmp_path)) == 7
    with pytest.raises(FileNotFoundError, match="MNIST: t10k-labels-idx1-ubyte.gz is neither in"):
        MNIST(tmp_path, train=False)
    with pytest.raises(FileNotFoundError, match=r"FashionMNIST: train-images.* nor in .*FashionMNIST.raw"):
        FashionMNIST(tmp_path / "none")
    assert len(FashionMNIST(tmp_path)) == 7 and FashionMNIST(tmp_path).classes[9] == "Ankle boot"


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (IMAGES, LABELS[:5], "MNIST: .* has 7 pictures, .* 5 labels"),
        (IMAGES, np.full(7, 10, np.uint8), "holds the label 10; there are 10 classes"),
        (IMAGES[:, :8, :8], LABELS, r"holds an array of shape \(7, 8, 8\), expected \(any, 28, 28\)"),
        (IMAGES, IMAGES, r"expected \(any\)"),
        (np.zeros((60_001, 28, 28), np.uint8), LABELS, "at most 47040000 are expected"),
    ],
)
def test_malformed(tmp_path: Path, images: Any, labels: Any, words: str) -> None:
    mnist_files(tmp_path, images=images, labels=labels)
    with pytest.raises(DataError, match=words):
        MNIST(tmp_path)


def test_download_of_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be fetched: each missing file, from every mirror, with its hash and size; here from nowhere."""
    asked: list[Any] = []

    def fetched(urls: list[str], path: Path, sha256: str, size: int) -> Path:
        asked.append((urls, sha256, size))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(idx(IMAGES if "images" in path.name else LABELS)))
        return path

    monkeypatch.setattr("tensorgrad.vision.datasets.mnist.download", fetched)
    assert len(MNIST(tmp_path, download=True)) == 7 and len(asked) == 2
    assert [[u.rpartition("/")[2] for u in urls] for urls, _, _ in asked] == [
        ["train-images-idx3-ubyte.gz"] * 2, ["train-labels-idx1-ubyte.gz"] * 2,
    ]  # fmt: skip
    assert len(MNIST(tmp_path, download=True)) == 7 and len(asked) == 2  # there now
    assert (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte.gz").is_file()
    for cls in (MNIST, FashionMNIST):
        assert len({f.sha256 for f in cls.resources}) == 4 and all(len(f.sha256) == 64 for f in cls.resources)
        assert all(m.startswith("http") and m.endswith("/") for m in cls.mirrors)


def test_offline(tmp_path: Path) -> None:
    class Nowhere(MNIST):
        mirrors = ("http://127.0.0.1:9/", "http://127.0.0.1:9/other/")

    with pytest.raises(
        DownloadError, match=r"(?s)could not get train-images.* from any of 2 places.*put the file into"
    ):
        Nowhere(tmp_path, download=True)


# ---- CIFAR-10 -------------------------------------------------------------------------------------------------------

RECORDS = RNG.integers(0, 256, (6, 4, 3073)).astype(np.uint8)
RECORDS[:, :, 0] %= 10
NAMES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


MEMBERS = {f"cifar-10-batches-bin/{name}": r.tobytes() for name, r in zip(NAMES, RECORDS)}


@pytest.mark.parametrize("below", ["", "cifar-10-batches-bin"])
def test_cifar(tmp_path: Path, below: str) -> None:
    folder = tmp_path / below
    folder.mkdir(exist_ok=True)
    for name, records in zip(NAMES, RECORDS):
        (folder / name).write_bytes(records.tobytes())
    d = CIFAR10(tmp_path)
    assert len(d) == 20 and d.data.shape == (20, 32, 32, 3) and d.targets == RECORDS[:5, :, 0].reshape(-1).tolist()
    picture, kind = d[5]
    assert picture.mode == "RGB" and kind == RECORDS[1, 1, 0]
    np.testing.assert_array_equal(np.asarray(picture)[3, 4], RECORDS[1, 1, 1:].reshape(3, 32, 32)[:, 3, 4])
    assert len(CIFAR10(tmp_path, train=False)) == 4 and "Split: Test" in repr(CIFAR10(tmp_path, train=False))
    x, y = d.as_tensors().tensors
    assert x.shape == (20, 3, 32, 32) and y.tolist() == d.targets and d.class_to_idx["frog"] == 6
    assert tg.allclose(x[5], transforms.ToTensor()(picture))


def put_archive(folder: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data under the name of the archive, and taken for the right ones."""
    path = folder / "cifar-10-binary.tar.gz"
    path.write_bytes(data)
    monkeypatch.setattr(CIFAR10, "archive", CIFAR10.archive._replace(sha256=hashlib.sha256(data).hexdigest()))
    return path


def test_cifar_out_of_its_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"cifar-10-batches-bin/readme.html": b"hello", "../../evil.txt": b"no", "/etc/evil": b"no"}
    put_archive(tmp_path, archive({**extra, **MEMBERS}), monkeypatch)
    assert len(CIFAR10(tmp_path)) == 20 and len(CIFAR10(tmp_path, train=False)) == 4
    assert sorted(os.listdir(tmp_path / "cifar-10-batches-bin")) == sorted(NAMES)  # those files, and no others
    assert sorted(os.listdir(tmp_path)) == ["cifar-10-batches-bin", "cifar-10-binary.tar.gz"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"rubbish", "the archive is damaged or was cut short"),
        (archive(MEMBERS)[:-4000], "the archive is damaged or was cut short"),
        (archive(dict(list(MEMBERS.items())[1:])), "the archive does not hold data_batch_1.bin"),
        (archive({**MEMBERS, "big": bytes(31_000_000)}), "big has 31000000 bytes, no file in it more than 30730000"),
        (
            archive({"x/data_batch_2.bin": b"123", **MEMBERS}),
            "has 3 bytes; a file has up to 10000 records of 3073 bytes",
        ),
        (archive({k: b"\xff" * 3073 for k in MEMBERS}), "holds the label 255; there are 10 classes"),
    ],
    ids=["rubbish", "cut", "missing", "large", "odd", "label"],
)
def test_malformed_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, words: str) -> None:
    put_archive(tmp_path, data, monkeypatch)
    with pytest.raises(DataError, match=words):
        CIFAR10(tmp_path)
    assert not [p for p in tmp_path.rglob("*.*") if p.name != "cifar-10-binary.tar.gz"], "nothing of it is unpacked"


def test_an_archive_that_is_not_the_original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One flipped byte, in a picture: noticed by the hash, and without that by the checksum of gzip."""
    data = archive(MEMBERS)
    path = put_archive(tmp_path, data, monkeypatch)
    unpacked = bytearray(gzip.decompress(data))
    unpacked[2000] ^= 64
    stored = gzip.compress(bytes(unpacked), 0)
    right = gzip.compress(gzip.decompress(data), 0)
    wrong_sum = stored[:-8] + right[-8:]
    path.write_bytes(wrong_sum)
    with pytest.raises(DataError, match=r"cifar-10-binary.tar.gz: this is not the archive, or it is damaged: its SHA-256 is"):
        CIFAR10(tmp_path)
    put_archive(tmp_path, wrong_sum, monkeypatch)
    with pytest.raises(DataError, match="cifar-10-binary.tar.gz: the archive is damaged or was cut short .*CRC"):
        CIFAR10(tmp_path)
    assert os.listdir(tmp_path) == ["cifar-10-binary.tar.gz"] or not os.listdir(tmp_path / "cifar-10-batches-bin")


@pytest.mark.parametrize(
    "field",
    [b"\xff" * 12, b"zzzzzzzzzzz\0", b"\x80" + b"\xff" * 11, b"-1\0" + bytes(9)],
    ids=["binary", "letters", "huge", "negative"],
)
def test_a_header_of_tar_that_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: bytes) -> None:
    block = bytearray(tarfile.TarInfo("cifar-10-batches-bin/data_batch_1.bin").tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = field  # the size
    block[148:156] = b"%06o\0 " % (sum(block[:148]) + 8 * 32 + sum(block[156:]))
    put_archive(tmp_path, gzip.compress(bytes(block) + bytes(20_000)), monkeypatch)
    with pytest.raises(DataError, match="cifar-10-binary.tar.gz"):
        CIFAR10(tmp_path)


def test_an_archive_is_not_unpacked_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_archive(tmp_path, archive(MEMBERS), monkeypatch)
    home, victim = tmp_path / "cifar-10-batches-bin", tmp_path / "victim"
    home.mkdir()
    victim.write_text("mine")
    (home / "data_batch_1.bin").symlink_to(victim)
    (home / "data_batch_2.bin").symlink_to(tmp_path / "new")
    assert len(CIFAR10(tmp_path)) == 20
    assert victim.read_text() == "mine" and not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_link_in_an_archive_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: bytes) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in NAMES:
            link = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            link.type, link.linkname = kind, "/etc/passwd"
            tar.addfile(link)
    put_archive(tmp_path, buffer.getvalue(), monkeypatch)
    with pytest.raises(DataError, match="the archive does not hold"):
        CIFAR10(tmp_path)


def test_cifar_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"CIFAR10: data_batch_1.bin is neither in .* Put the binary version there"
    ):
        CIFAR10(tmp_path)
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(FileNotFoundError, match="What is there is the pickled version"):
        CIFAR10(tmp_path)
    data = archive(MEMBERS)

    def fetched(urls: list[str], path: Path, sha256: str, size: int) -> Path:
        assert urls == ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"] and size == 170052171
        path.write_bytes(data)
        return path

    monkeypatch.setattr("tensorgrad.vision.datasets.cifar.download", fetched)
    assert len(CIFAR10(tmp_path, download=True)) == 20
    assert File("a", hashlib.sha256(b"").hexdigest(), 0).name == "a"


# ---- digits ---------------------------------------------------------------------------------------------------------


def test_digits() -> None:
    train, test = Digits(), Digits(train=False, transform=transforms.ToTensor())
    assert len(train) == 1437 and len(test) == 360 and train.data.shape == (1437, 8, 8) and train.data.max() == 255
    everything = np.concatenate([train.data.numpy(), test.data.numpy()])
    assert len(np.unique(everything.reshape(1797, -1), axis=0)) >= 1790  # no picture in both
    assert set(train.targets.tolist()) == set(test.targets.tolist()) == set(range(10))
    assert test[0][0].shape == (1, 8, 8) and tg.equal(Digits().data, train.data) and "Split: Train" in repr(train)


def test_without_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist_files(tmp_path)
    d = MNIST(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert d.as_tensors()[0][0].shape == (1, 28, 28)
    with pytest.raises(ImportError, match=r"MNIST: needs the package Pillow: pip install 'tensorgrad-learn\[data\]'"):
        d[0]
    with pytest.raises(
        ImportError, match=r"Digits: needs the package scikit-learn: pip install 'tensorgrad-learn\[data"
    ):
        Digits()


def test_transforms_twice() -> None:
    from tensorgrad.vision.datasets import VisionDataset

    with pytest.raises(ValueError, match="VisionDataset: give transforms, or transform and target_transform, not both"):
        VisionDataset(transforms=lambda x, y: (x, y), transform=lambda x: x)


# ---- many pictures in one -------------------------------------------------------------------------------------------


def test_grids(tmp_path: Path) -> None:
    x = tg.arange(5 * 3 * 2 * 4).reshape(5, 3, 2, 4).float() / 120
    grid = make_grid(x, nrow=3, padding=1, pad_value=0.5)
    assert grid.shape == (3, 2 * 3 + 1, 3 * 5 + 1)
    assert tg.equal(grid[:, 1:3, 1:5], x[0]) and tg.equal(grid[:, 4:6, 6:10], x[4])
    assert (grid[:, 0] == 0.5).all() and (grid[:, 4:, 11:] == 0.5).all()
    assert make_grid(x[:, :1]).shape[0] == 3 and make_grid([x[0], x[1]]).shape == make_grid(x[:2]).shape
    assert tg.equal(make_grid(x[0]), x[0]) and make_grid(x[0, 0]).shape == (3, 2, 4)
    stretched = make_grid(x * 4 - 1, normalize=True, padding=0)
    assert stretched.min() == 0 and stretched.max() == 1
    each = make_grid(x, normalize=True, scale_each=True, padding=0)
    assert all(each[:, :, 4 * i : 4 * i + 4].max() == 1 for i in range(5))
    clipped = make_grid(x, normalize=True, value_range=(0.25, 0.75), padding=0)
    assert (clipped == 0).sum() > 20 and (clipped == 1).sum() > 20
    assert make_grid(tg.ones(2, 4, 5, 5), padding=0).shape == (4, 5, 10)
    assert make_grid(x.double(), normalize=True).dtype is tg.float64
    for bad in (tg.ones(2, 4, 5, 5, 5), tg.ones(5), tg.ones(0, 3, 2, 2)):
        with pytest.raises(ValueError, match="make_grid: (needs pictures|there are no pictures)"):
            make_grid(bad)

    from PIL import Image

    save_image(x, tmp_path / "grid.png", nrow=2)
    pixels = np.asarray(Image.open(tmp_path / "grid.png"))
    np.testing.assert_array_equal(
        pixels, (make_grid(x, nrow=2).numpy().transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
    )
    buffer = io.BytesIO()
    save_image((x * 255).to(tg.uint8), buffer, format="png")
    assert buffer.getvalue()[:4] == b"\x89PNG"


def test_programs_that_import_torchvision() -> None:
    program = (
        "import sys, tensorgrad, tensorgrad.vision\n"
        "sys.modules['torch'], sys.modules['torchvision'] = tensorgrad, tensorgrad.vision\n"
        "import torchvision, torch\n"
        "import torchvision.transforms as T\n"
        "import torchvision.utils as vutils\n"
        "from torchvision import datasets, transforms\n"
        "from torchvision.datasets import MNIST\n"
        "from torch.utils.data import DataLoader\n"
        "assert T is tensorgrad.vision.transforms is transforms and MNIST is datasets.MNIST\n"
        "assert vutils is tensorgrad.vision.utils and DataLoader is tensorgrad.utils.data.DataLoader\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# ---- folders and noise -----------------------------------------------------------------------------------------------


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    from PIL import Image

    for name, grey in (("dog/b.png", 10), ("dog/more/a.PNG", 20), ("cat/c.jpg", 30), ("cat/notes.txt", 0)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no picture")
        else:
            Image.new("L", (4, 6), grey).save(path)
    d = ImageFolder(tmp_path, transform=transforms.ToTensor(), target_transform=lambda y: 10 * y)
    assert d.classes == ["cat", "dog"] and d.class_to_idx == {"cat": 0, "dog": 1} and d.targets == [0, 1, 1]
    assert [Path(p).name for p, _ in d.samples] == ["c.jpg", "b.png", "a.PNG"] and d.imgs is d.samples
    picture, target = d[1]
    assert picture.shape == (3, 6, 4) and target == 10 and len(d) == 3
    assert picture[0, 0, 0].item() == pytest.approx(10 / 255)
    texts = DatasetFolder(
        tmp_path, lambda p: Path(p).read_text(), is_valid_file=lambda p: p.endswith("txt"), allow_empty=True
    )
    assert list(texts) == [("no picture", 0)] and len(list(DataLoader(d, batch_size=2))) == 2
    with pytest.raises(ValueError, match="give either extensions or is_valid_file"):
        DatasetFolder(tmp_path, open)
    with pytest.raises(FileNotFoundError, match="dog holds no file ending in .txt"):
        DatasetFolder(tmp_path, open, (".txt",))
    with pytest.raises(FileNotFoundError, match="more has no folders; each class has one of its name"):
        ImageFolder(tmp_path / "dog" / "more")


def _gif(width: int, height: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02L\x01\x00;"


def _png(width: int, height: int, pixels: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a picture of a known kind"),
        (b"no picture", "not a picture of a known kind"),
        (_gif(65535, 65535), "decompression bomb"),
        (_png(60_000, 60_000, b""), "decompression bomb"),
        (_png(4, 4, bytes(20))[:-30], ""),
        (_png(4, 4, bytes(20)).replace(b"IDAT", b"IDAX"), ""),
        (_png(4, 4, bytes(20))[:20] + bytes(20), ""),
        (b"BM" + bytes(60), ""),
        (b"II*\0" + b"\xff" * 40, ""),
    ],
    ids=["empty", "text", "gif bomb", "png bomb", "cut", "checksum", "header", "bmp", "tiff"],
)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF:UserWarning")
def test_a_damaged_picture_says_which(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "one.png").write_bytes(data)
    with pytest.raises(DataError, match=rf"cat/one.png: cannot be read as a picture: .*{words}"):
        ImageFolder(tmp_path)[0]
    (tmp_path / "cat" / "one.png").unlink()
    with pytest.raises(FileNotFoundError, match="one.png"):
        default_loader(str(tmp_path / "cat" / "one.png"))


def test_links_between_folders(tmp_path: Path) -> None:
    """They are followed, but not round in circles."""
    (tmp_path / "a" / "more").mkdir(parents=True)
    (tmp_path / "a" / "more" / "x.txt").write_text("x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "y.txt").write_text("y")
    for name, target in (("up", ".."), ("self", "."), ("over", "../../elsewhere"), ("nowhere", "nothing")):
        (tmp_path / "a" / "more" / name).symlink_to(target)
    found = DatasetFolder.make_dataset(tmp_path, {"a": 0}, (".txt",))
    assert [Path(p).relative_to(tmp_path).as_posix() for p, _ in found] == ["a/more/x.txt", "a/more/over/y.txt"]


def test_classes_of_ones_own(tmp_path: Path) -> None:
    """A subclass chooses which folders are classes, as programs for torchvision do."""

    class OnlySome(DatasetFolder):
        def find_classes(self, directory: Any) -> tuple[list[str], dict[str, int]]:
            return ["b", "a"], {"b": 0, "a": 1}

    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text(name)
    d = OnlySome(tmp_path, lambda p: Path(p).read_text(), ".TXT")
    assert d.classes == ["b", "a"] and d.class_to_idx == {"b": 0, "a": 1} and list(d) == [("a", 1), ("b", 0)]
    assert DatasetFolder.make_dataset(tmp_path, {"c": 7}, (".txt",)) == [(str(tmp_path / "c" / "c.txt"), 7)]
    with pytest.raises(FileNotFoundError, match="ImageFolder: there is no folder .*nowhere"):
        ImageFolder(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="class_to_idx must name at least one class"):
        DatasetFolder.make_dataset(tmp_path, {}, (".txt",))


def test_noise() -> None:
    d = FakeData(5, (3, 8, 6), 4, transform=transforms.ToTensor())
    x, y = d[3]
    assert x.shape == (3, 8, 6) and 0 <= y < 4 and len(d) == 5 and tg.equal(d[3][0], x) and not tg.equal(d[2][0], x)
    assert FakeData(2, (1, 8, 8))[0][0].mode == "L"
    assert not np.array_equal(FakeData(2, random_offset=1)[0][0], FakeData(2)[0][0]) and len(list(d)) == 5
    with pytest.raises(IndexError, match="index 5 is out of range for 5 pictures"):
        d[5]
