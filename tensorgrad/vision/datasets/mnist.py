"""MNIST, and what has its format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...data.fetch import download
from ...data.files import DataError, read_idx
from ...tensor import Tensor
from .base import File, VisionDataset


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


__all__ = ["MNIST", "FashionMNIST"]
