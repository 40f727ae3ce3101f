"""What transforms share: ways of interpolating, and checks of their arguments."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any

from .._pillow import pillow


class InterpolationMode(enum.Enum):
    """How pixels between pixels are made up."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"

    @property
    def pillow(self) -> Any:
        """Pillow's number for it."""
        return pillow("InterpolationMode").Resampling[self.name.partition("_")[0]]


_PILLOWS = ("NEAREST", "LANCZOS", "BILINEAR", "BICUBIC", "BOX", "HAMMING")  # by Pillow's numbers


def interpolation_of(name: str, mode: Any) -> InterpolationMode:
    """An InterpolationMode, also from Pillow's number: Image.BICUBIC."""
    if isinstance(mode, InterpolationMode):
        return mode
    if isinstance(mode, int) and 0 <= mode < len(_PILLOWS):
        return InterpolationMode[_PILLOWS[mode]]
    raise TypeError(f"{name}: interpolation must be an InterpolationMode, got {type(mode).__name__} {mode!r}.")


def kind_of(x: Any) -> str:
    """The type of something, and its shape, for an error."""
    shape = getattr(x, "shape", None)
    return type(x).__name__ if shape is None else f"{type(x).__name__} of shape {tuple(shape)}"


def pair_of(name: str, size: Any) -> tuple[int, int]:
    """(height, width)."""
    sizes = (size, size) if isinstance(size, int) else tuple(size)
    if len(sizes) == 1:
        sizes = sizes * 2
    if len(sizes) != 2 or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise ValueError(f"{name}: size must be one or two whole numbers above 0, got {size}.")
    return sizes


def probability_of(name: str, p: float) -> float:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is a probability, from 0 to 1, got {p}.")
    return p


def span_of(name: str, what: str, span: Sequence[float]) -> tuple[float, float]:
    """Two numbers, 0 < low ≤ high."""
    if len(span) != 2 or not 0 < span[0] <= span[1]:
        raise ValueError(f"{name}: {what} must be two numbers, 0 < low ≤ high, got {span}.")
    return span[0], span[1]


def angles_of(name: str, what: str, angles: Any) -> list[float]:
    """[from, to] in degrees; d stands for [−d, d]."""
    if isinstance(angles, (int, float)):
        if angles < 0:
            raise ValueError(f"{name}: one number of {what} stands for (−d, d); it must not be {angles}.")
        return [-float(angles), float(angles)]
    if len(angles) not in ((2,) if what == "degrees" else (2, 4)):
        raise ValueError(f"{name}: {what} is one number or two, got {angles}.")
    return [float(a) for a in angles]


def padding_of(name: str, padding: Any) -> tuple[int, int, int, int]:
    """(left, top, right, bottom)."""
    p = [padding] if isinstance(padding, int) else list(padding)
    if len(p) not in (1, 2, 4) or not all(isinstance(n, int) for n in p):
        raise ValueError(f"{name}: padding is one whole number, two or four, got {padding}.")
    left, top, right, bottom = (p * 4)[:4]
    return left, top, right, bottom


def padding_mode_of(name: str, mode: str) -> str:
    if mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError(f"{name}: padding_mode must be constant, edge, reflect or symmetric, got {mode!r}.")
    return mode


def transforms_of(name: str, transforms: Any) -> list[Callable[[Any], Any]]:
    found = list(transforms)
    for t in found:
        if not callable(t):
            raise TypeError(f"{name}: needs transforms, got {type(t).__name__} {t!r}.")
    return found


def resized(size: Any, max_size: int | None, h: int, w: int) -> tuple[int, int]:
    """(height, width) of an (h, w) picture that is brought to a size: two numbers, or one for its shorter side."""
    if not isinstance(size, int):
        return size
    short, long = (w, h) if w <= h else (h, w)
    new_short, new_long = size, int(size * long / short)
    if max_size is not None and new_long > max_size:
        new_short, new_long = int(max_size * new_short / new_long), max_size
    return (new_long, new_short) if w <= h else (new_short, new_long)


__all__ = ["InterpolationMode"]
