"""Transforms of pictures, under torchvision's names: of Pillow's pictures, or of tensors (…, C, H, W).

    transform = Compose([
        RandomCrop(32, padding=4),
        RandomHorizontalFlip(),
        ToTensor(),                          # (C, H, W), from 0 to 1
        Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
    ])

Random numbers come from the default generator: seed it, or, in a DataLoader, the loader's. The same as functions, with
nothing random, are in `transforms.functional`.
"""

from . import functional
from .augment import *
from .augment import __all__ as _augment
from .base import Compose, Lambda, RandomApply, RandomChoice, RandomOrder
from .color import *
from .color import __all__ as _color
from .common import InterpolationMode
from .geometry import *
from .geometry import __all__ as _geometry
from .values import *
from .values import __all__ as _values

__all__ = ["Compose", "InterpolationMode", "Lambda", "RandomApply", "RandomChoice", "RandomOrder"]
__all__ += [*_augment, *_color, *_geometry, *_values]
