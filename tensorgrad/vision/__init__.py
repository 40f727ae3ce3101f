"""Pictures: datasets, transforms, known networks, and many pictures in one file, under torchvision's names."""

from . import datasets, models, transforms, utils

__all__ = ["datasets", "models", "transforms", "utils"]
