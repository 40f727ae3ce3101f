"""Pictures: datasets, transforms, and many of them in one file, under torchvision's names."""

from . import datasets, transforms, utils

__all__ = ["datasets", "transforms", "utils"]
