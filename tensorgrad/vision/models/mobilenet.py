"""MobileNetV2: depthwise convolutions between narrow layers (Sandler et al., arXiv:1801.04381). Names and parameters are
torchvision's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import nn
from ...tensor import Tensor
from ._weights import with_weights

# How much wider inside, channels, blocks, stride of the first.
_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def _conv(channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU6(inplace=True),
    )


def _make_divisible(v: float, divisor: int = 8) -> int:
    """The multiple of 8 nearest to v, but not less than 90 % of it."""
    new = max(divisor, int(v + divisor / 2) // divisor * divisor)
    return new if new >= 0.9 * v else new + divisor


class InvertedResidual(nn.Module):
    """1 × 1 to more channels, 3 × 3 in each of them, 1 × 1 to few; x is added where the shapes agree."""

    def __init__(self, inp: int, oup: int, stride: int, expand_ratio: float) -> None:
        super().__init__()
        hidden = round(inp * expand_ratio)
        self.use_res_connect = stride == 1 and inp == oup
        wider = [_conv(inp, hidden, 1)] if expand_ratio != 1 else []
        narrower = [nn.Conv2d(hidden, oup, 1, bias=False), nn.BatchNorm2d(oup)]
        self.conv = nn.Sequential(*wider, _conv(hidden, hidden, 3, stride, hidden), *narrower)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    """Inverted residuals, the mean over the picture, a linear map.  (N, 3, H, W) → (N, num_classes).

    Args:
        width_mult: more or fewer channels everywhere.
        inverted_residual_setting: for each stage how much wider inside, channels, blocks, stride.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        width_mult: float = 1.0,
        inverted_residual_setting: Sequence[Sequence[int]] | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        channels = _make_divisible(32 * width_mult)
        self.last_channel = _make_divisible(1280 * max(1.0, width_mult))
        features: list[nn.Module] = [_conv(3, channels, 3, 2)]
        for wider, c, n, s in inverted_residual_setting or _STAGES:
            out = _make_divisible(c * width_mult)
            for i in range(n):
                features.append(InvertedResidual(channels, out, s if i == 0 else 1, wider))
                channels = out
        self.features = nn.Sequential(*features, _conv(channels, self.last_channel, 1))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.last_channel, num_classes))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out")
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.01)
                if m.bias is not None:
                    nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean((2, 3)))


def mobilenet_v2(*, weights: Any = None, pretrained: bool = False, progress: bool = True, **kwargs: Any) -> MobileNetV2:
    """A MobileNetV2. `weights` not None (or `pretrained`): load mobilenet_v2.safetensors, see `tensorgrad.hub`."""
    return with_weights("mobilenet_v2", MobileNetV2(**kwargs), weights, pretrained)


__all__ = ["MobileNetV2", "mobilenet_v2"]
