"""AlexNet in its version for one GPU (Krizhevsky, arXiv:1404.5997). Names and parameters are torchvision's."""

from __future__ import annotations

from typing import Any

from ... import nn
from ...tensor import Tensor
from ._weights import with_weights


class AlexNet(nn.Module):
    """Five convolutions and three linear maps.  (N, 3, H, W) → (N, num_classes), H and W at least 63."""

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(inplace=True),
            nn.Dropout(dropout), nn.Linear(4096, 4096), nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def alexnet(*, weights: Any = None, pretrained: bool = False, progress: bool = True, **kwargs: Any) -> AlexNet:
    """An AlexNet.

    Args:
        weights: not None (or `pretrained`): load alexnet.safetensors from the folder of weights, see `tensorgrad.hub`.
        kwargs: for `AlexNet`.
    """
    return with_weights("alexnet", AlexNet(**kwargs), weights, pretrained)


__all__ = ["AlexNet", "alexnet"]
