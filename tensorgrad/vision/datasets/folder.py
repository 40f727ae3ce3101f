"""Pictures of one's own: a folder for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...data.files import DataError
from ...serialization.files import naming
from .._pillow import pillow
from .base import VisionDataset

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


class DatasetFolder(VisionDataset):
    """Examples in folders, of which each stands for a class:

        root/cat/one.png
        root/cat/more/two.png
        root/dog/three.png

    Args:
        root: the folder.
        loader: from a path to an example.
        extensions: what the names of examples end with; or
        is_valid_file: a function of the path that says whether this is one.
        allow_empty: folders without any are no error.

    Attributes:
        classes: the names of the folders, in the order of the alphabet. class_to_idx: name → number.
        samples: [(path, number of its class)], in the order of classes, folders and names. targets: the numbers alone.

    Raises:
        FileNotFoundError: there are no folders, or one of them has no examples.
    """

    def __init__(
        self,
        root: Any,
        loader: Callable[[str], Any],
        extensions: Sequence[str] | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.classes, self._class_to_idx = self.find_classes(self.root)
        self.samples = self.make_dataset(self.root, self._class_to_idx, extensions, is_valid_file, allow_empty)
        self.loader, self.extensions = loader, extensions
        self.targets = [number for _, number in self.samples]

    @property
    def class_to_idx(self) -> dict[str, int]:
        return self._class_to_idx

    def find_classes(self, directory: Any) -> tuple[list[str], dict[str, int]]:
        """The names of the classes, and their numbers; a subclass may choose others."""
        if not Path(directory).is_dir():
            raise FileNotFoundError(f"{type(self).__name__}: there is no folder {directory}.")
        names = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
        if not names:
            raise FileNotFoundError(
                f"{type(self).__name__}: {directory} has no folders; each class has one of its name."
            )
        return names, {name: i for i, name in enumerate(names)}

    @staticmethod
    def make_dataset(
        directory: Any,
        class_to_idx: dict[str, int] | None,
        extensions: Sequence[str] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> list[tuple[str, int]]:
        """(path, number of its class) of the examples."""
        if (extensions is None) == (is_valid_file is None):
            raise ValueError("DatasetFolder: give either extensions or is_valid_file.")
        if not class_to_idx:
            raise ValueError("DatasetFolder: class_to_idx must name at least one class.")
        given = (extensions,) if isinstance(extensions, str) else extensions or ()
        endings = tuple(e.lower() for e in given)
        valid = is_valid_file or (lambda path: path.lower().endswith(endings))
        found, empty = [], []
        for name, number in sorted(class_to_idx.items()):
            folders = sorted(_walk(os.path.join(os.path.expanduser(directory), name)))
            paths = [os.path.join(folder, file) for folder, files in folders for file in sorted(files)]
            samples = [(path, number) for path in paths if valid(path)]
            found += samples
            if not samples:
                empty.append(name)
        if empty and not allow_empty:
            what = f"ending in {', '.join(endings)}" if endings else "that is_valid_file takes"
            raise FileNotFoundError(
                f"DatasetFolder: {os.path.join(directory, empty[0])} holds no file {what}. Leave such folders out, or give "
                "allow_empty=True."
            )
        return found

    def __len__(self) -> int:
        return len(self.samples)

    def picture(self, index: int) -> Any:
        """The i-th example as the loader gives it."""
        return self.loader(self.samples[index][0])


def _walk(folder: str, above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[tuple[str, list[str]]]:
    """(folder, names of its files) of this one and those in it, through links, but not through one that leads back up: two
    such links would be 2⁴⁰ paths."""
    try:
        found = os.stat(folder)
        with os.scandir(folder) as listing:
            entries = list(listing)
    except OSError:
        return
    here = found.st_dev, found.st_ino
    if here in above:
        return
    yield folder, [entry.name for entry in entries if not entry.is_dir()]
    for entry in entries:
        if entry.is_dir():
            yield from _walk(entry.path, above | {here})


class ImageFolder(DatasetFolder):
    """Pictures in folders, of which each stands for a class: root/cat/one.png, root/dog/two.jpg. Each is opened when it is
    asked for, in RGB. Arguments, attributes and errors as for `DatasetFolder`."""

    def __init__(
        self,
        root: Any,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        loader: Callable[[str], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        extensions = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(
            root, loader or default_loader, extensions, transform, target_transform, is_valid_file, allow_empty
        )
        self.imgs = self.samples


def default_loader(path: str) -> Any:
    """The picture in a file, in RGB.

    Raises:
        DataError: it is no picture, damaged, or a bomb: larger than `PIL.Image.MAX_IMAGE_PIXELS` lets through.
        OSError: the file cannot be read.
    """
    image = pillow("ImageFolder")
    with naming(path), open(path, "rb") as file:
        try:
            return image.open(file).convert("RGB")
        except Exception as error:  # a decoder of a stranger's bytes may stumble in any way: SyntaxError, struct.error …
            if isinstance(error, OSError) and error.errno is not None:  # of the disk
                raise
            words = "not a picture of a known kind" if isinstance(error, image.UnidentifiedImageError) else str(error)
            raise DataError(f"{path}: cannot be read as a picture: {words or repr(error)}.") from error


__all__ = ["IMG_EXTENSIONS", "DatasetFolder", "ImageFolder", "default_loader"]
