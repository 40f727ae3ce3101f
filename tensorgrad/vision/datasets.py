"""Datasets of pictures, under torchvision's names, from their original files.

    train = MNIST("data", train=True, transform=transforms.ToTensor())
    picture, digit = train[0]

The files are looked for in the folder one names and its usual subfolders, and downloaded only when asked for: each checked
by its SHA-256, gone on with after an interruption, and there whole or not at all. `Digits` comes with scikit-learn and
needs neither.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..data.archives import files_in_tar
from ..data.fetch import download
from ..data.files import DataError, read_idx
from ..serialization.files import replacing
from ..tensor import Tensor
from ..utils.data import Dataset, TensorDataset
from ._pillow import pillow


class VisionDataset(Dataset[Any]):
    """Pictures with a number for what is on them: dataset[i] is (picture, target), a PIL image unless transformed.

    Args:
        root: the folder.
        transform: a function of the picture; target_transform: of the number.
        transforms: a function of both, instead.

    Attributes:
        data: all pictures, uint8.
        targets: all numbers.
        classes: what they mean.
    """

    data: Any
    targets: Any
    classes: list[str]

    def __init__(
        self,
        root: Any = None,
        transforms: Callable[[Any, Any], Any] | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        if transforms is not None and (transform is not None or target_transform is not None):
            raise ValueError(f"{type(self).__name__}: give transforms, or transform and target_transform, not both.")
        self.root = None if root is None else Path(root).expanduser()
        self.transforms, self.transform, self.target_transform = transforms, transform, target_transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        picture, target = self.picture(index), int(self.targets[index])
        if self.transforms is not None:
            return self.transforms(picture, target)
        if self.transform is not None:
            picture = self.transform(picture)
        return picture, target if self.target_transform is None else self.target_transform(target)

    def picture(self, index: int) -> Any:
        """The i-th picture as it is, a PIL image."""
        pixels = self.data[index]
        return pillow(type(self).__name__).fromarray(pixels.numpy() if isinstance(pixels, Tensor) else pixels)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: i for i, name in enumerate(self.classes)}

    def as_tensors(self) -> TensorDataset:
        """All of it in memory, without transforms, for speed: pictures (N, C, H, W) from 0 to 1 in float32, numbers int64."""
        x = self.data.numpy() if isinstance(self.data, Tensor) else self.data
        x = x[:, None] if x.ndim == 3 else x.transpose(0, 3, 1, 2)
        pictures = np.multiply(x, np.float32(1 / 255), dtype=np.float32, order="C")
        return TensorDataset(Tensor._of(pictures), Tensor._of(np.array(self.targets, np.int64)))

    def extra_repr(self) -> str:
        """More lines of the description."""
        return ""

    def __repr__(self) -> str:
        lines = [f"Dataset {type(self).__name__}", f"    Number of datapoints: {len(self)}"]
        if self.root is not None:
            lines.append(f"    Root location: {self.root}")
        lines += [f"    {line}" for line in self.extra_repr().splitlines()]
        for name in ("transforms", "transform", "target_transform"):
            if getattr(self, name) is not None:
                lines.append(f"    {name}: {getattr(self, name)!r}".replace("\n", "\n    "))
        return "\n".join(lines)


class File(NamedTuple):
    """An original file: its name, SHA-256 and bytes."""

    name: str
    sha256: str
    size: int


# ---- MNIST and what has its format -----------------------------------------------------------------------------------


class MNIST(VisionDataset):
    """Handwritten digits, 28 × 28: 60 000 to train, 10 000 to test (LeCun, Cortes & Burges, 1998).

    Args:
        root: where the four files are, `train-images-idx3-ubyte` and so on, packed with gzip or not: there, or in MNIST/raw
            below it, where they are also downloaded to.
        train: the training pictures, or those to test with.
        download: fetch the files that are missing (11 MB).

    Attributes:
        data (N, 28, 28) uint8, targets (N,) int64.

    Raises:
        FileNotFoundError: a file is not there, and should not be downloaded.
        DataError: a file is not what it should be.
        DownloadError: it could not be fetched.
    """

    classes = ["0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven", "8 - eight",
               "9 - nine"]  # fmt: skip
    mirrors = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
    resources = (
        File("train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9912422),
        File("train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28881),
        File("t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1648877),
        File("t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4542),
    )

    def __init__(
        self,
        root: Any,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        images, labels = (self._file(f, download) for f in (self.resources[:2] if train else self.resources[2:]))
        data = read_idx(images, shape=(None, 28, 28), most=60_000 * 28 * 28)
        targets = read_idx(labels, shape=(None,), most=60_000)
        if len(data) != len(targets):
            raise DataError(
                f"{type(self).__name__}: {images} has {len(data)} pictures, {labels} {len(targets)} labels."
            )
        if targets.size and targets.max() >= len(self.classes):
            raise DataError(f"{labels}: holds the label {targets.max()}; there are {len(self.classes)} classes.")
        self.data, self.targets = Tensor._of(data), Tensor._of(targets.astype(np.int64))

    @property
    def raw_folder(self) -> Path:
        """Where downloaded files go."""
        assert self.root is not None
        return self.root / type(self).__name__ / "raw"

    def _file(self, file: File, fetch: bool) -> Path:
        """Where this file is; the local ones first."""
        assert self.root is not None
        plain = file.name.removesuffix(".gz")
        names = (plain, file.name, plain.replace("-idx", ".idx"), file.name.replace("-idx", ".idx"))
        folders = (self.root, self.raw_folder, self.root / type(self).__name__, self.root / "raw")
        for folder in folders:
            for name in names:
                if (folder / name).is_file():
                    return folder / name
        if not fetch:
            raise FileNotFoundError(
                f"{type(self).__name__}: {file.name} is neither in {self.root} nor in {self.raw_folder}. Put the original "
                "files there, packed or not, or fetch them with download=True."
            )
        return download([m + file.name for m in self.mirrors], self.raw_folder / file.name, file.sha256, size=file.size)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class FashionMNIST(MNIST):
    """Pieces of clothing in the format of MNIST: 28 × 28, 60 000 to train, 10 000 to test (Xiao et al.,
    arXiv:1708.07747). Downloads take 31 MB. Arguments, attributes and errors as for `MNIST`."""

    classes = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    mirrors = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    )
    resources = (
        File(
            "train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26421880
        ),
        File("train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29515),
        File("t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4422102),
        File("t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5148),
    )


# ---- CIFAR-10 --------------------------------------------------------------------------------------------------------


class CIFAR10(VisionDataset):
    """Small photographs of ten kinds of things, 32 × 32 in colour: 50 000 to train, 10 000 to test (Krizhevsky, 2009).

    The binary version: the other one is a pickle, which could run any program when it is opened.

    Args:
        root: where `cifar-10-batches-bin` is, or its files, or `cifar-10-binary.tar.gz`, which is unpacked then.
        train: the training pictures, or those to test with.
        download: fetch the archive if it is missing (170 MB).

    Attributes:
        data (N, 32, 32, 3) uint8, a NumPy array; targets a list of ints.

    Raises:
        FileNotFoundError, DataError, DownloadError: as for `MNIST`.
    """

    classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    base_folder = "cifar-10-batches-bin"
    mirrors = ("https://www.cs.toronto.edu/~kriz/",)
    archive = File(
        "cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", 170052171
    )
    train_list = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
    test_list = ("test_batch.bin",)
    _record = 1 + 3 * 32 * 32  # the label, then red, green, blue
    _records = 10_000  # in a file

    def __init__(
        self,
        root: Any,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        names = self.train_list if train else self.test_list
        folder = self._folder(names, download)
        records = [self._read(folder / name) for name in names]
        both = np.concatenate(records)
        self.data = np.ascontiguousarray(both[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
        self.targets = both[:, 0].tolist()

    def _folder(self, names: tuple[str, ...], fetch: bool) -> Path:
        """Where these files are; unpacked or fetched if need be."""
        assert self.root is not None
        home = self.root / self.base_folder
        for folder in (home, self.root):
            if all((folder / name).is_file() for name in names):
                return folder
        packed = self.root / self.archive.name
        if not packed.is_file():
            if not fetch:
                pickled = (
                    " (What is there is the pickled version.)" if (self.root / "cifar-10-batches-py").exists() else ""
                )
                raise FileNotFoundError(
                    f"CIFAR10: {names[0]} is neither in {home} nor in {self.root}, nor is {self.archive.name}.{pickled} "
                    "Put the binary version there, or fetch it with download=True."
                )
            urls = [m + self.archive.name for m in self.mirrors]
            download(urls, packed, self.archive.sha256, size=self.archive.size)
        self._unpack(packed, home)
        return home

    def _unpack(self, packed: Path, home: Path) -> None:
        """The files of this dataset out of the archive, and nothing else, each whole or not at all."""
        wanted = {*self.train_list, *self.test_list}
        size = self._record * self._records
        home.mkdir(parents=True, exist_ok=True)
        for name, contents in files_in_tar(packed, wanted, largest=size, total=len(wanted) * size + (10 << 20)):
            with replacing(home / name) as file:
                file.write(contents)

    def _read(self, path: Path) -> Any:
        size = path.stat().st_size
        if size % self._record or not 0 < size <= self._record * self._records:
            raise DataError(
                f"{path}: has {size} bytes; a file has up to {self._records} records of {self._record} bytes each."
            )
        records = np.fromfile(path, np.uint8).reshape(-1, self._record)
        if records[:, 0].max() >= len(self.classes):
            raise DataError(f"{path}: holds the label {records[:, 0].max()}; there are {len(self.classes)} classes.")
        return records

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


# ---- folders of pictures ---------------------------------------------------------------------------------------------

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def default_loader(path: Any) -> Any:
    """The picture in a file, in RGB."""
    with open(path, "rb") as file:
        return pillow("default_loader").open(file).convert("RGB")


class DatasetFolder(VisionDataset):
    """Files in a folder per class: `root/dog/1.png`, `root/dog/more/2.png`, `root/cat/1.png`.

    Args:
        root: the folder of folders. Their names, sorted, are the classes.
        loader: makes a sample of a path.
        extensions: which files are samples, by their endings.
        transform, target_transform: functions of the sample and of its number.
        is_valid_file: which files are samples, by a function of the path, instead of `extensions`.
        allow_empty: whether a class may have no file.

    Attributes:
        classes, class_to_idx: the names, and the number of each. samples: (path, number) of every file, in order.

    Raises:
        FileNotFoundError: there are no folders, or one of them holds no sample.
    """

    def __init__(
        self,
        root: Any,
        loader: Callable[[Any], Any],
        extensions: tuple[str, ...] | str | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        if (extensions is None) == (is_valid_file is None):
            raise ValueError(f"{type(self).__name__}: give either extensions or is_valid_file.")
        endings = (extensions,) if isinstance(extensions, str) else extensions
        self.loader, self.extensions = loader, extensions
        assert self.root is not None
        self.classes = sorted(p.name for p in self.root.iterdir() if p.is_dir())
        if not self.classes:
            raise FileNotFoundError(
                f"{type(self).__name__}: {self.root} has no folders; each class has one of its name."
            )
        self.samples: list[tuple[str, int]] = []
        for number, name in enumerate(self.classes):
            paths = sorted(str(p) for p in (self.root / name).rglob("*") if p.is_file())
            if endings is None:
                assert is_valid_file is not None
                found = [p for p in paths if is_valid_file(p)]
            else:
                found = [p for p in paths if p.lower().endswith(endings)]
            if not found and not allow_empty:
                what = f"ending in {', '.join(endings)}" if endings else "that is_valid_file takes"
                raise FileNotFoundError(f"{type(self).__name__}: {self.root / name} holds no file {what}.")
            self.samples += [(path, number) for path in found]
        self.targets = [number for _, number in self.samples]

    def __len__(self) -> int:
        return len(self.samples)

    def picture(self, index: int) -> Any:
        return self.loader(self.samples[index][0])


class ImageFolder(DatasetFolder):
    """Pictures in a folder per class; see `DatasetFolder`.

    Attributes:
        imgs: (path, number) of every picture; the same as `samples`.
    """

    def __init__(
        self,
        root: Any,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        loader: Callable[[Any], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        endings = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, endings, transform, target_transform, is_valid_file, allow_empty)
        self.imgs = self.samples


class FakeData(VisionDataset):
    """Pictures of noise, for trying out a program: each is always the same, drawn from a seed of its own.

    Args:
        size: how many. image_size: channels, height, width. num_classes: how many classes.
        random_offset: added to the seed of each.
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size, self.image_size, self.num_classes = size, tuple(image_size), num_classes
        self.random_offset = random_offset
        self.classes = [str(i) for i in range(num_classes)]
        self.targets = [int(self._draw(i).integers(num_classes)) for i in range(size)]

    def _draw(self, index: int) -> np.random.Generator:
        return np.random.default_rng([index, self.random_offset])

    def __len__(self) -> int:
        return self.size

    def picture(self, index: int) -> Any:
        if not 0 <= index < self.size:
            raise IndexError(f"FakeData: index {index} is out of range for {self.size} pictures.")
        c, h, w = self.image_size
        pixels = self._draw(index).integers(0, 256, (h, w, c), dtype=np.uint8)
        return pillow("FakeData").fromarray(pixels[:, :, 0] if c == 1 else pixels)


# ---- digits ----------------------------------------------------------------------------------------------------------


class Digits(VisionDataset):
    """Handwritten digits, 8 × 8: 1797 of them, which come with scikit-learn, so that no file is needed (Alpaydin &
    Kaynak, 1998). Four of five are for training, chosen once and for all; the grey levels 0 to 16 become 0 to 255.

    Attributes:
        data (N, 8, 8) uint8, targets (N,) int64.
    """

    classes = MNIST.classes

    def __init__(
        self,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        try:
            from sklearn.datasets import load_digits
        except ImportError as error:
            raise ImportError(
                "Digits: needs the package scikit-learn: pip install 'tensorgrad-learn[data]'."
            ) from error
        found = load_digits()
        order = np.random.default_rng(0).permutation(len(found.target))
        cut = len(order) * 4 // 5
        chosen = np.sort(order[:cut] if train else order[cut:])
        self.train = train
        self.data = Tensor._of(np.round(found.images[chosen] * (255 / 16)).astype(np.uint8))
        self.targets = Tensor._of(found.target[chosen].astype(np.int64))

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


__all__ = [
    "CIFAR10", "MNIST", "DataError", "DatasetFolder", "Digits", "FakeData", "FashionMNIST", "ImageFolder", "VisionDataset",
    "default_loader",
]  # fmt: skip
