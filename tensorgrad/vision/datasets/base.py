"""What datasets of pictures have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...tensor import Tensor
from ...utils.data import Dataset, TensorDataset
from .._pillow import pillow


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


__all__ = ["File", "VisionDataset"]
