"""CIFAR-10, from its binary version."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from ...data.archives import files_in_tar
from ...data.fetch import download, sha256_of
from ...data.files import DataError
from ...serialization.files import naming, replacing
from .base import File, VisionDataset


class CIFAR10(VisionDataset):
    """Small photographs of ten kinds of things, 32 × 32 in colour: 50 000 to train, 10 000 to test (Krizhevsky, 2009).

    The binary version: the other one is a pickle, which could run any program when it is opened.

    Args:
        root: where `cifar-10-batches-bin` is, or its files, or `cifar-10-binary.tar.gz`, which is checked and unpacked then.
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
        if not packed.is_file() and not fetch:
            pickled = (
                " (What is there is the pickled version.)" if (self.root / "cifar-10-batches-py").exists() else ""
            )
            raise FileNotFoundError(
                f"CIFAR10: {names[0]} is neither in {home} nor in {self.root}, nor is {self.archive.name}.{pickled} "
                "Put the binary version there, or fetch it with download=True."
            )
        if fetch:  # one that is there and is not right is fetched anew
            urls = [m + self.archive.name for m in self.mirrors]
            download(urls, packed, self.archive.sha256, size=self.archive.size)
        elif (found := sha256_of(packed)) != self.archive.sha256:
            raise DataError(
                f"{packed}: this is not the archive, or it is damaged: its SHA-256 is {found}, expected "
                f"{self.archive.sha256}. Fetch it again with download=True."
            )
        self._unpack(packed, home)
        return home

    def _unpack(self, packed: Path, home: Path) -> None:
        """The files of this dataset out of the archive, and nothing else: all of them, or none if anything in it is
        damaged."""
        wanted = {*self.train_list, *self.test_list}
        size = self._record * self._records
        home.mkdir(parents=True, exist_ok=True)
        with ExitStack() as whole:
            for name, contents in files_in_tar(packed, wanted, largest=size, total=len(wanted) * size + (10 << 20)):
                self._check(contents, packed / name)
                whole.enter_context(replacing(home / name, follow=False)).write(contents)

    def _check(self, contents: Any, path: Path) -> Any:
        """The records in a file's contents."""
        size = len(contents)
        if size % self._record or not 0 < size <= self._record * self._records:
            raise DataError(
                f"{path}: has {size} bytes; a file has up to {self._records} records of {self._record} bytes each."
            )
        records = np.frombuffer(contents, np.uint8).reshape(-1, self._record)
        if records[:, 0].max() >= len(self.classes):
            raise DataError(f"{path}: holds the label {records[:, 0].max()}; there are {len(self.classes)} classes.")
        return records

    def _read(self, path: Path) -> Any:
        with naming(path):
            if path.stat().st_size > self._record * self._records:  # before it is read
                self._check(range(path.stat().st_size), path)
            return self._check(path.read_bytes(), path)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


__all__ = ["CIFAR10"]
