"""SqueezeNet: few parameters (Iandola et al., arXiv:1602.07360). Names and parameters are torchvision's."""

from __future__ import annotations

from typing import Any

from ... import nn
from ...ops.join import cat
from ...tensor import Tensor
from ._weights import with_weights


class Fire(nn.Module):
    """1 × 1 to few channels, then 1 × 1 and 3 × 3 side by side."""

    def __init__(self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int) -> None:
        super().__init__()
        self.inplanes = inplanes
        self.squeeze, self.squeeze_activation = nn.Conv2d(inplanes, squeeze_planes, 1), nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand1x1_planes, 1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand3x3_planes, 3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze_activation(self.squeeze(x))
        return cat([self.expand1x1_activation(self.expand1x1(x)), self.expand3x3_activation(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    """Fires, a 1 × 1 convolution to the classes, the mean over the picture.  (N, 3, H, W) → (N, num_classes).

    Args:
        version: "1_0", of the paper, or "1_1", with less to compute.
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        if version not in ("1_0", "1_1"):
            raise ValueError(f"SqueezeNet: version must be '1_0' or '1_1', got {version!r}.")
        self.num_classes = num_classes

        def pool() -> nn.Module:
            return nn.MaxPool2d(3, 2, ceil_mode=True)

        small = [Fire(128, 16, 64, 64)], [Fire(256, 32, 128, 128)]
        large = [Fire(256, 48, 192, 192), Fire(384, 48, 192, 192), Fire(384, 64, 256, 256)]
        if version == "1_0":
            stem = [nn.Conv2d(3, 96, 7, 2), nn.ReLU(inplace=True), pool(), Fire(96, 16, 64, 64)]
            body = [*small[0], Fire(128, 32, 128, 128), pool(), *small[1], *large, pool(), Fire(512, 64, 256, 256)]
        else:
            stem = [nn.Conv2d(3, 64, 3, 2), nn.ReLU(inplace=True), pool(), Fire(64, 16, 64, 64)]
            body = [*small[0], pool(), Fire(128, 32, 128, 128), *small[1], pool(), *large, Fire(512, 64, 256, 256)]
        self.features = nn.Sequential(*stem, *body)
        last = nn.Conv2d(512, num_classes, 1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), last, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1)))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                if m is last:
                    nn.init.normal_(m.weight, mean=0.0, std=0.01)
                else:
                    nn.init.kaiming_uniform_(m.weight)
                if m.bias is not None:
                    nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x)).flatten(1)


def squeezenet1_0(*, weights: Any = None, pretrained: bool = False, progress: bool = True, **kwargs: Any) -> SqueezeNet:
    """SqueezeNet 1.0. `weights` not None (or `pretrained`): load squeezenet1_0.safetensors, see `tensorgrad.hub`."""
    return with_weights("squeezenet1_0", SqueezeNet("1_0", **kwargs), weights, pretrained)


def squeezenet1_1(*, weights: Any = None, pretrained: bool = False, progress: bool = True, **kwargs: Any) -> SqueezeNet:
    """SqueezeNet 1.1. `weights` not None (or `pretrained`): load squeezenet1_1.safetensors, see `tensorgrad.hub`."""
    return with_weights("squeezenet1_1", SqueezeNet("1_1", **kwargs), weights, pretrained)


__all__ = ["SqueezeNet", "squeezenet1_0", "squeezenet1_1"]
