"""DenseNet: every layer sees all before it (Huang et al., arXiv:1608.06993). Names and parameters are torchvision's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ... import nn
from ...nn import functional as F
from ...ops.join import cat
from ...tensor import Tensor
from ._weights import with_weights


class _DenseLayer(nn.Module):
    def __init__(self, channels: int, growth_rate: int, bn_size: int, drop_rate: float) -> None:
        super().__init__()
        self.norm1, self.relu1 = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(channels, bn_size * growth_rate, 1, bias=False)
        self.norm2, self.relu2 = nn.BatchNorm2d(bn_size * growth_rate), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(bn_size * growth_rate, growth_rate, 3, padding=1, bias=False)
        self.drop_rate = drop_rate

    def forward(self, before: list[Tensor]) -> Tensor:
        x = self.conv1(self.relu1(self.norm1(cat(before, 1))))
        x = self.conv2(self.relu2(self.norm2(x)))
        return F.dropout(x, self.drop_rate, self.training) if self.drop_rate else x


class _DenseBlock(nn.ModuleDict):
    def __init__(self, layers: int, channels: int, bn_size: int, growth_rate: int, drop_rate: float) -> None:
        super().__init__()
        for i in range(layers):
            self[f"denselayer{i + 1}"] = _DenseLayer(channels + i * growth_rate, growth_rate, bn_size, drop_rate)

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for layer in self.values():
            seen.append(layer(seen))
        return cat(seen, 1)


def _transition(channels: int) -> nn.Sequential:
    """Half the channels, half the picture."""
    return nn.Sequential(
        OrderedDict(
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(inplace=True),
            conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
            pool=nn.AvgPool2d(2, 2),
        )
    )


class DenseNet(nn.Module):
    """A stem, dense blocks with transitions between, the mean over the picture, a linear map.
    (N, 3, H, W) → (N, num_classes).

    Args:
        growth_rate: channels that each layer adds. block_config: how many layers in each block.
        num_init_features: channels of the stem. bn_size: how many times growth_rate between a layer's convolutions.
        drop_rate: dropout after each layer.
    """

    def __init__(
        self,
        growth_rate: int = 32,
        block_config: tuple[int, ...] = (6, 12, 24, 16),
        num_init_features: int = 64,
        bn_size: int = 4,
        drop_rate: float = 0,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        features: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(3, num_init_features, 7, 2, 3, bias=False),
            norm0=nn.BatchNorm2d(num_init_features),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(3, 2, 1),
        )
        channels = num_init_features
        for i, layers in enumerate(block_config, 1):
            features[f"denseblock{i}"] = _DenseBlock(layers, channels, bn_size, growth_rate, drop_rate)
            channels += layers * growth_rate
            if i < len(block_config):
                features[f"transition{i}"] = _transition(channels)
                channels //= 2
        features["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(features)
        self.classifier = nn.Linear(channels, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)
        if self.classifier.bias is not None:
            nn.init.zeros_(self.classifier.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.features(x), inplace=True)
        return self.classifier(F.adaptive_avg_pool2d(x, (1, 1)).flatten(1))


def _builder(name: str, growth_rate: int, block_config: tuple[int, ...], init: int) -> Callable[..., DenseNet]:
    def build(*, weights: Any = None, pretrained: bool = False, progress: bool = True, **kwargs: Any) -> DenseNet:
        return with_weights(name, DenseNet(growth_rate, block_config, init, **kwargs), weights, pretrained)

    build.__name__ = build.__qualname__ = name
    build.__doc__ = f"""A DenseNet of {sum(block_config)} dense layers, each adding {growth_rate} channels.

    Args:
        weights: not None (or `pretrained`): load {name}.safetensors from the folder of weights, see `tensorgrad.hub`.
        kwargs: for `DenseNet`.
    """
    return build


densenet121 = _builder("densenet121", 32, (6, 12, 24, 16), 64)
densenet161 = _builder("densenet161", 48, (6, 12, 36, 24), 96)
densenet169 = _builder("densenet169", 32, (6, 12, 32, 32), 64)
densenet201 = _builder("densenet201", 32, (6, 12, 48, 32), 64)

__all__ = ["DenseNet", "densenet121", "densenet161", "densenet169", "densenet201"]
