"""Data: made up (`xor`, `parity`, `moons`, `circles`, `spirals`, `blobs`, `regression`), fetched (`download`) and read
(`read_idx`). Pictures are in `tensorgrad.vision.datasets`, text in `tensorgrad.text`, loaders in `tensorgrad.utils.data`.
"""

from .fetch import DownloadError, download
from .files import DataError, read_idx
from .synthetic import blobs, circles, moons, parity, regression, spirals, xor

__all__ = [
    "DataError",
    "DownloadError",
    "blobs",
    "circles",
    "download",
    "moons",
    "parity",
    "read_idx",
    "regression",
    "spirals",
    "xor",
]
