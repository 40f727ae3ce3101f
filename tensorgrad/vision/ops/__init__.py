"""Layers of torchvision's `ops` that models are built of."""

from . import misc
from .misc import FrozenBatchNorm2d

__all__ = ["FrozenBatchNorm2d", "misc"]
