"""Transforms of colours and shades. Each takes a picture or a tensor (…, C, H, W), and gives back the same kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from . import functional as TF
from .base import Transform, drawn, draws
from .common import probability_of


class Grayscale(Transform):
    """Without colour: 0.2989·R + 0.587·G + 0.114·B.

    Args:
        num_output_channels: 1, or 3 equal ones.
    """

    shown = ("num_output_channels",)

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        if num_output_channels not in (1, 3):
            raise ValueError(f"Grayscale: num_output_channels must be 1 or 3, got {num_output_channels}.")
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        return TF.rgb_to_grayscale(img, self.num_output_channels)


class RandomGrayscale(Transform):
    """Without colour, with probability p; it keeps its number of channels."""

    shown = ("p",)

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = probability_of("RandomGrayscale", p)

    def forward(self, img: Any) -> Any:
        channels = TF.get_image_num_channels(img)
        return TF.rgb_to_grayscale(img, channels) if draws("RandomGrayscale").random() < self.p else img


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue, each changed at random, in random order.

    Args:
        brightness, contrast, saturation: a factor from this span, or x for (max(0, 1 − x), 1 + x).
        hue: a turn of the colour circle from this span, within [−0.5, 0.5], or x for (−x, x).
    """

    shown = ("brightness", "contrast", "saturation", "hue")

    def __init__(self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0) -> None:
        super().__init__()
        self.brightness = _factors("brightness", brightness)
        self.contrast = _factors("contrast", contrast)
        self.saturation = _factors("saturation", saturation)
        self.hue = _factors("hue", hue, 0.0, 0.5)

    @staticmethod
    def get_params(
        brightness: Sequence[float] | None,
        contrast: Sequence[float] | None,
        saturation: Sequence[float] | None,
        hue: Sequence[float] | None,
    ) -> tuple[Any, float | None, float | None, float | None, float | None]:
        """The order of the four, and the factor of each, None for one that is left as it is."""
        rng = draws("ColorJitter")
        order = rng.permutation(4)
        factors = [None if s is None else drawn(rng, s) for s in (brightness, contrast, saturation, hue)]
        return order, *factors  # type: ignore[return-value]

    def forward(self, img: Any) -> Any:
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        steps = (TF.adjust_brightness, TF.adjust_contrast, TF.adjust_saturation, TF.adjust_hue)
        TF.on("ColorJitter", img)  # checks, also if there is nothing to do
        for i in order:
            if factors[i] is not None:
                img = steps[i](img, factors[i])
        return img


def _factors(name: str, value: Any, middle: float = 1.0, most: float = math.inf) -> tuple[float, float] | None:
    least = 0.0 if middle else -most
    if isinstance(value, (int, float)):
        if value < 0:
            raise ValueError(f"ColorJitter: {name} must be at least 0 if it is one number, got {value}.")
        value = (max(middle - value, 0.0) if middle else -value, middle + value)
    low, high = (float(x) for x in value)
    if not least <= low <= high <= most:
        raise ValueError(f"ColorJitter: {name} must lie within [{least}, {most}], got {tuple(value)}.")
    return None if low == high == middle else (low, high)


class GaussianBlur(Transform):
    """Averaged with the neighbours, by normal weights.

    Args:
        kernel_size: odd, one number or (of x, of y).
        sigma: their deviation in pixels: one number, or (from, to).
    """

    shown = ("kernel_size", "sigma")

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = (kernel_size,) * 2 if isinstance(kernel_size, int) else tuple(kernel_size)
        if len(self.kernel_size) != 2 or any(n % 2 == 0 or n < 1 for n in self.kernel_size):
            raise ValueError(f"GaussianBlur: kernel_size must be one or two odd numbers above 0, got {kernel_size}.")
        self.sigma = (float(sigma),) * 2 if isinstance(sigma, (int, float)) else tuple(sigma)
        if len(self.sigma) != 2 or not 0 < self.sigma[0] <= self.sigma[1]:
            raise ValueError(f"GaussianBlur: sigma must be a number above 0, or (from, to), got {sigma}.")

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """A deviation."""
        return drawn(draws("GaussianBlur"), (sigma_min, sigma_max))

    def forward(self, img: Any) -> Any:
        return TF.gaussian_blur(img, self.kernel_size, self.get_params(*self.sigma))


class _Sometimes(Transform):
    """Something done with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = probability_of(type(self).__name__, p)

    def forward(self, img: Any) -> Any:
        return self.change(img) if draws(type(self).__name__).random() < self.p else img

    def change(self, img: Any) -> Any:
        """The picture changed, whatever the probability."""
        raise TypeError(f"{type(self).__name__}: define change(img).")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({','.join(f'{name}={getattr(self, name)}' for name in (*self.shown, 'p'))})"


class RandomInvert(_Sometimes):
    """White becomes black, with probability p."""

    def change(self, img: Any) -> Any:
        return TF.invert(img)


class RandomPosterize(_Sometimes):
    """Only so many bits of each channel, with probability p."""

    shown = ("bits",)

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits

    def change(self, img: Any) -> Any:
        return TF.posterize(img, self.bits)


class RandomSolarize(_Sometimes):
    """Inverted from a threshold on, with probability p."""

    shown = ("threshold",)

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold

    def change(self, img: Any) -> Any:
        return TF.solarize(img, self.threshold)


class RandomAdjustSharpness(_Sometimes):
    """Sharper (factor above 1) or blurred (below), with probability p."""

    shown = ("sharpness_factor",)

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def change(self, img: Any) -> Any:
        return TF.adjust_sharpness(img, self.sharpness_factor)


class RandomAutocontrast(_Sometimes):
    """Each channel stretched from black to white, with probability p."""

    def change(self, img: Any) -> Any:
        return TF.autocontrast(img)


class RandomEqualize(_Sometimes):
    """The shades of each channel spread evenly, with probability p."""

    def change(self, img: Any) -> Any:
        return TF.equalize(img)


__all__ = [
    "ColorJitter", "GaussianBlur", "Grayscale", "RandomAdjustSharpness", "RandomAutocontrast", "RandomEqualize",
    "RandomGrayscale", "RandomInvert", "RandomPosterize", "RandomSolarize",
]  # fmt: skip
