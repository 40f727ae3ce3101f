"""Padding: what stands outside an image."""

from __future__ import annotations

from typing import Any

from ..kernels.shapes import per_axis
from ..tensor import Tensor
from . import functional as F
from .module import Module


class _PadNd(Module):
    """What all paddings share: how much to add on each side, from the last axis to the first, as (left, right, top,
    bottom, front, back); one int for all sides. Negative numbers take away."""

    spatial: int
    mode = "constant"
    value: float = 0

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = per_axis(type(self).__name__, "padding", padding, 2 * self.spatial)

    def forward(self, input: Tensor) -> Tensor:
        if self.mode == "constant":
            return F.pad(input, self.padding, "constant", self.value)
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    """A given number outside."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """`value` outside.  Shape: (N, C, L) or (C, L) → the same, larger by the padding."""

    spatial = 1


class ConstantPad2d(_ConstantPadNd):
    """`value` outside.  Shape: (N, C, H, W) or (C, H, W) → the same, larger by the padding."""

    spatial = 2


class ConstantPad3d(_ConstantPadNd):
    """`value` outside.  Shape: (N, C, D, H, W) or (C, D, H, W) → the same, larger by the padding."""

    spatial = 3


class ZeroPad1d(ConstantPad1d):
    """Zeros outside.  Shape: (N, C, L) or (C, L) → the same, larger by the padding."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Zeros outside.  Shape: (N, C, H, W) or (C, H, W) → the same, larger by the padding."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Zeros outside.  Shape: (N, C, D, H, W) or (C, D, H, W) → the same, larger by the padding."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReflectionPad1d(_PadNd):
    """The image mirrored at its border, which is not repeated.

    Shape: (N, C, L) or (C, L) → the same, larger by the padding.
    """

    spatial = 1
    mode = "reflect"


class ReflectionPad2d(_PadNd):
    """The image mirrored at its border, which is not repeated.

    Shape: (N, C, H, W) or (C, H, W) → the same, larger by the padding.
    """

    spatial = 2
    mode = "reflect"


class ReflectionPad3d(_PadNd):
    """The image mirrored at its border, which is not repeated.

    Shape: (N, C, D, H, W) or (C, D, H, W) → the same, larger by the padding.
    """

    spatial = 3
    mode = "reflect"


class ReplicationPad1d(_PadNd):
    """The border repeated.  Shape: (N, C, L) or (C, L) → the same, larger by the padding."""

    spatial = 1
    mode = "replicate"


class ReplicationPad2d(_PadNd):
    """The border repeated.  Shape: (N, C, H, W) or (C, H, W) → the same, larger by the padding."""

    spatial = 2
    mode = "replicate"


class ReplicationPad3d(_PadNd):
    """The border repeated.  Shape: (N, C, D, H, W) or (C, D, H, W) → the same, larger by the padding."""

    spatial = 3
    mode = "replicate"


class CircularPad1d(_PadNd):
    """The image repeated, as on a ring.  Shape: (N, C, L) or (C, L) → the same, larger by the padding."""

    spatial = 1
    mode = "circular"


class CircularPad2d(_PadNd):
    """The image repeated, as on a ring.  Shape: (N, C, H, W) or (C, H, W) → the same, larger by the padding."""

    spatial = 2
    mode = "circular"


class CircularPad3d(_PadNd):
    """The image repeated, as on a ring.  Shape: (N, C, D, H, W) or (C, D, H, W) → the same, larger by the padding."""

    spatial = 3
    mode = "circular"
