"""Digits that come with scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...tensor import Tensor
from .base import VisionDataset
from .mnist import MNIST


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


__all__ = ["Digits"]
