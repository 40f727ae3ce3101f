"""Pictures of noise, for trying out a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._pillow import pillow
from .base import VisionDataset


class FakeData(VisionDataset):
    """Pictures of noise: each is always the same, drawn from a seed of its own.

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


__all__ = ["FakeData"]
