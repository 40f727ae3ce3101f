"""Datasets of pictures, under torchvision's names, from their original files.

    train = MNIST("data", train=True, transform=transforms.ToTensor())
    picture, digit = train[0]

The files are looked for in the folder one names and its usual subfolders, and downloaded only when asked for: each checked
by its SHA-256, gone on with after an interruption, and there whole or not at all. `Digits` comes with scikit-learn,
`FakeData` is made up, and `ImageFolder` reads one's own pictures.
"""

from ...data.files import DataError
from .base import VisionDataset
from .cifar import CIFAR10
from .digits import Digits
from .fake import FakeData
from .folder import DatasetFolder, ImageFolder
from .mnist import MNIST, FashionMNIST

__all__ = [
    "CIFAR10", "MNIST", "DataError", "DatasetFolder", "Digits", "FakeData", "FashionMNIST", "ImageFolder", "VisionDataset",
]  # fmt: skip
