"""Deep stacks of 3 × 3 convolutions (Simonyan & Zisserman, arXiv:1409.1556). Names and parameters are torchvision's:
weights travel both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import nn
from ...tensor import Tensor
from ._weights import with_weights

# Filters of each convolution; M halves the picture.
_PLANS = {
    11: "64 M 128 M 256 256 M 512 512 M 512 512 M",
    13: "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    16: "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    19: "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


def make_layers(plan: str, batch_norm: bool = False) -> nn.Sequential:
    """The convolutions of a plan."""
    layers: list[nn.Module] = []
    channels = 3
    for step in plan.split():
        if step == "M":
            layers.append(nn.MaxPool2d(2, 2))
            continue
        layers.append(nn.Conv2d(channels, int(step), 3, padding=1))
        channels = int(step)
        if batch_norm:
            layers.append(nn.BatchNorm2d(channels))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class VGG(nn.Module):
    """Convolutions, the mean over 7 × 7 parts of the picture, three linear maps.  (N, 3, H, W) → (N, num_classes)."""

    def __init__(
        self, features: nn.Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096), nn.ReLU(True), nn.Dropout(dropout),
            nn.Linear(4096, 4096), nn.ReLU(True), nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )  # fmt: skip
        for m in self.modules() if init_weights else ():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.01)
            if isinstance(m, (nn.Conv2d, nn.Linear)) and m.bias is not None:
                nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def _builder(depth: int, batch_norm: bool = False) -> Callable[..., VGG]:
    name = f"vgg{depth}" + ("_bn" if batch_norm else "")

    def build(*, weights: Any = None, pretrained: bool = False, progress: bool = True, **kwargs: Any) -> VGG:
        kwargs.setdefault("init_weights", weights is None and not pretrained)
        return with_weights(name, VGG(make_layers(_PLANS[depth], batch_norm), **kwargs), weights, pretrained)

    build.__name__ = build.__qualname__ = name
    build.__doc__ = f"""A VGG of {depth} layers{", with batch normalisation" if batch_norm else ""}.

    Args:
        weights: not None (or `pretrained`): load {name}.safetensors from the folder of weights, see `tensorgrad.hub`.
        kwargs: for `VGG`.
    """
    return build


vgg11, vgg11_bn = _builder(11), _builder(11, batch_norm=True)
vgg13, vgg13_bn = _builder(13), _builder(13, batch_norm=True)
vgg16, vgg16_bn = _builder(16), _builder(16, batch_norm=True)
vgg19, vgg19_bn = _builder(19), _builder(19, batch_norm=True)

__all__ = ["VGG", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"]
