"""Transforms of size and place. Each takes a picture or a tensor (…, H, W), and gives back the same kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ops.join import stack
from ...tensor import Tensor
from . import functional as TF
from .base import Transform, drawn, draws, shown
from .common import (
    InterpolationMode,
    angles_of,
    interpolation_of,
    padding_mode_of,
    padding_of,
    pair_of,
    probability_of,
    span_of,
)

Size = int | Sequence[int]


class Resize(Transform):
    """Bring a picture to a size: (h, w), or a number for its shorter side.

    Args:
        max_size: the longer side is made no longer than this.
        antialias: average over what would be left out; Pillow always does.
    """

    shown = ("size", "interpolation", "max_size", "antialias")

    def __init__(
        self,
        size: Size,
        interpolation: Any = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = size if isinstance(size, int) or len(size) == 1 else pair_of("Resize", size)
        one = self.size if isinstance(self.size, int) else self.size[0] if len(self.size) == 1 else None
        if one is not None and one < 1:
            raise ValueError(f"Resize: size must be above 0, got {size}.")
        if max_size is not None and (one is None or one >= max_size):
            raise ValueError(f"Resize: max_size={max_size} must be above a size that is one number, got size={size}.")
        self.interpolation = interpolation_of("Resize", interpolation)
        self.max_size, self.antialias = max_size, antialias

    def forward(self, img: Any) -> Any:
        return TF.resize(img, self.size, self.interpolation, self.max_size, self.antialias)


class Pad(Transform):
    """More pixels around.

    Args:
        padding: on all sides; (left and right, top and bottom); or (left, top, right, bottom).
        fill: their value, or one per channel.
        padding_mode: "constant", "edge" (the last pixel again), "reflect" or "symmetric" (a mirror, without or with the
            last pixel).
    """

    shown = ("padding", "fill", "padding_mode")

    def __init__(self, padding: Size, fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        padding_of("Pad", padding)
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode_of("Pad", padding_mode)

    def forward(self, img: Any) -> Any:
        return TF.pad(img, self.padding, self.fill, self.padding_mode)


class CenterCrop(Transform):
    """The middle of a picture, (h, w) or a square; a smaller one gets black borders."""

    shown = ("size",)

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = pair_of("CenterCrop", size)

    def forward(self, img: Any) -> Any:
        return TF.center_crop(img, self.size)


class FiveCrop(Transform):
    """The four corners and the middle of a picture, a tuple of five."""

    shown = ("size",)

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = pair_of("FiveCrop", size)

    def forward(self, img: Any) -> tuple[Any, ...]:
        return TF.five_crop(img, self.size)


class TenCrop(Transform):
    """The five crops of a picture and those of its mirror image, a tuple of ten."""

    shown = ("size", "vertical_flip")

    def __init__(self, size: Size, vertical_flip: bool = False) -> None:
        super().__init__()
        self.size, self.vertical_flip = pair_of("TenCrop", size), vertical_flip

    def forward(self, img: Any) -> tuple[Any, ...]:
        return TF.ten_crop(img, self.size, self.vertical_flip)


class RandomCrop(Transform):
    """A piece of a picture, (h, w) or a square, from anywhere.

    Args:
        padding, fill, padding_mode: put more pixels around first, as `Pad` does.
        pad_if_needed: also around one that is too small.
    """

    shown = ("size", "padding")

    def __init__(
        self,
        size: Size,
        padding: Size | None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        if padding is not None:
            padding_of("RandomCrop", padding)
        self.size, self.padding, self.pad_if_needed = pair_of("RandomCrop", size), padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode_of("RandomCrop", padding_mode)

    @staticmethod
    def get_params(img: Any, output_size: Sequence[int]) -> tuple[int, int, int, int]:
        """top, left, height, width."""
        _, h, w = TF.get_dimensions(img)
        th, tw = output_size
        if h < th or w < tw:
            raise ValueError(
                f"RandomCrop: cannot cut {th} × {tw} out of {h} × {w}. Use padding=, or pad_if_needed=True."
            )
        rng = draws("RandomCrop")
        return int(rng.integers(h - th + 1)), int(rng.integers(w - tw + 1)), th, tw

    def forward(self, img: Any) -> Any:
        if self.padding is not None:
            img = TF.pad(img, self.padding, self.fill, self.padding_mode)
        _, h, w = TF.get_dimensions(img)
        if self.pad_if_needed and w < self.size[1]:
            img = TF.pad(img, (self.size[1] - w, 0), self.fill, self.padding_mode)
        if self.pad_if_needed and h < self.size[0]:
            img = TF.pad(img, (0, self.size[0] - h), self.fill, self.padding_mode)
        return TF.crop(img, *self.get_params(img, self.size))


class RandomResizedCrop(Transform):
    """A piece of random size and shape, brought to one size (Szegedy et al., arXiv:1409.4842).

    Args:
        size: (h, w) or a square.
        scale: area of the piece, as a share of the picture's.
        ratio: width over height of the piece.
    """

    def __init__(
        self,
        size: Size,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = pair_of("RandomResizedCrop", size)
        self.scale, self.ratio = (
            span_of("RandomResizedCrop", "scale", scale),
            span_of("RandomResizedCrop", "ratio", ratio),
        )
        self.interpolation, self.antialias = interpolation_of("RandomResizedCrop", interpolation), antialias

    @staticmethod
    def get_params(img: Any, scale: Sequence[float], ratio: Sequence[float]) -> tuple[int, int, int, int]:
        """top, left, height, width."""
        _, h, w = TF.get_dimensions(img)
        rng = draws("RandomResizedCrop")
        low, high = math.log(ratio[0]), math.log(ratio[1])
        for _ in range(10):
            area, shape = h * w * drawn(rng, scale), math.exp(drawn(rng, (low, high)))
            pw, ph = int(round(math.sqrt(area * shape))), int(round(math.sqrt(area / shape)))
            if 0 < pw <= w and 0 < ph <= h:
                return int(rng.integers(h - ph + 1)), int(rng.integers(w - pw + 1)), ph, pw
        # none fits: the largest from the middle whose ratio is allowed
        ph, pw = h, w
        if w / h < ratio[0]:
            ph = int(round(w / ratio[0]))
        elif w / h > ratio[1]:
            pw = int(round(h * ratio[1]))
        return (h - ph) // 2, (w - pw) // 2, ph, pw

    def forward(self, img: Any) -> Any:
        piece = self.get_params(img, self.scale, self.ratio)
        return TF.resized_crop(img, *piece, self.size, self.interpolation, self.antialias)

    def __repr__(self) -> str:
        scale, ratio = (tuple(round(x, 4) for x in span) for span in (self.scale, self.ratio))
        return (
            f"RandomResizedCrop(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomHorizontalFlip(Transform):
    """Left becomes right, with probability p."""

    shown = ("p",)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = probability_of("RandomHorizontalFlip", p)

    def forward(self, img: Any) -> Any:
        return TF.hflip(img) if draws("RandomHorizontalFlip").random() < self.p else img


class RandomVerticalFlip(Transform):
    """Top becomes bottom, with probability p."""

    shown = ("p",)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = probability_of("RandomVerticalFlip", p)

    def forward(self, img: Any) -> Any:
        return TF.vflip(img) if draws("RandomVerticalFlip").random() < self.p else img


class RandomRotation(Transform):
    """Turned by an angle in degrees, against the clock.

    Args:
        degrees: (from, to), or d for (−d, d).
        expand: make the picture larger, so that all of it stays inside.
        center: (x, y) around which it is turned; the middle by default.
        fill: what comes in at the corners, or one number per channel.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: Any = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.degrees = angles_of("RandomRotation", "degrees", degrees)
        self.interpolation = interpolation_of("RandomRotation", interpolation)
        self.expand, self.center, self.fill = expand, center, 0 if fill is None else fill
        self.shown = ("degrees", "interpolation", "expand", *(("center",) if center is not None else ()), "fill")

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """An angle."""
        return drawn(draws("RandomRotation"), degrees)

    def forward(self, img: Any) -> Any:
        return TF.rotate(img, self.get_params(self.degrees), self.interpolation, self.expand, self.center, self.fill)


class RandomAffine(Transform):
    """Turned, moved, scaled and sheared, around the middle.

    Args:
        degrees: of the turn, clockwise: (from, to), or d for (−d, d).
        translate: (across, down), at most these shares of the width and height.
        scale: (from, to).
        shear: degrees of it along x: (from, to), or d for (−d, d); four numbers are for x and y.
        fill: what comes in, or one number per channel. center: (x, y).
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: Any = None,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.degrees = angles_of("RandomAffine", "degrees", degrees)
        if translate is not None and (len(translate) != 2 or not all(0 <= t <= 1 for t in translate)):
            raise ValueError(f"RandomAffine: translate is two shares from 0 to 1, got {translate}.")
        self.translate = translate
        self.scale = None if scale is None else span_of("RandomAffine", "scale", scale)
        self.shear = None if shear is None else angles_of("RandomAffine", "shear", shear)
        self.interpolation = interpolation_of("RandomAffine", interpolation)
        self.fill, self.center = 0 if fill is None else fill, center

    @staticmethod
    def get_params(
        degrees: Sequence[float],
        translate: Sequence[float] | None,
        scale_ranges: Sequence[float] | None,
        shears: Sequence[float] | None,
        img_size: Sequence[int],
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        """angle, (across, down) in pixels, scale, shear along x and y.  img_size: (width, height)."""
        rng = draws("RandomAffine")
        angle = drawn(rng, degrees)
        moved = (0, 0)
        if translate is not None:
            most = [share * n for share, n in zip(translate, img_size)]
            moved = int(round(drawn(rng, (-most[0], most[0])))), int(round(drawn(rng, (-most[1], most[1]))))
        scale = 1.0 if scale_ranges is None else drawn(rng, scale_ranges)
        across = 0.0 if shears is None else drawn(rng, shears[:2])
        down = drawn(rng, shears[2:]) if shears is not None and len(shears) == 4 else 0.0
        return angle, moved, scale, (across, down)

    def forward(self, img: Any) -> Any:
        found = self.get_params(self.degrees, self.translate, self.scale, self.shear, TF.get_image_size(img))
        return TF.affine(img, *found, self.interpolation, self.fill, self.center)

    def __repr__(self) -> str:
        default = {"interpolation": InterpolationMode.NEAREST, "fill": 0}
        names = ("degrees", "translate", "scale", "shear", "interpolation", "fill", "center")
        settings = {name: getattr(self, name) for name in names}
        told = (f"{k}={shown(v)}" for k, v in settings.items() if v != default.get(k))
        return f"RandomAffine({', '.join(told)})"


class RandomPerspective(Transform):
    """Seen from elsewhere, with probability p.

    Args:
        distortion_scale: how far, from 0 to 1.
        fill: what comes in, or one number per channel.
    """

    shown = ("p",)

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: Any = InterpolationMode.BILINEAR,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.p = probability_of("RandomPerspective", p)
        if not 0 <= distortion_scale <= 1:
            raise ValueError(f"RandomPerspective: distortion_scale must be from 0 to 1, got {distortion_scale}.")
        self.distortion_scale, self.fill = distortion_scale, 0 if fill is None else fill
        self.interpolation = interpolation_of("RandomPerspective", interpolation)

    @staticmethod
    def get_params(width: int, height: int, distortion_scale: float) -> tuple[list[list[int]], list[list[int]]]:
        """The four corners, from the top left clockwise, and where they go: inwards, each by itself."""
        rng = draws("RandomPerspective")
        across, down = (int(distortion_scale * (n // 2)) for n in (width, height))
        start = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
        end = []
        for x, y in start:
            dx, dy = int(rng.integers(across + 1)), int(rng.integers(down + 1))
            end.append([x + dx if x == 0 else x - dx, y + dy if y == 0 else y - dy])
        return start, end

    def forward(self, img: Any) -> Any:
        if draws("RandomPerspective").random() >= self.p:
            return img
        _, h, w = TF.get_dimensions(img)
        start, end = self.get_params(w, h, self.distortion_scale)
        return TF.perspective(img, start, end, self.interpolation, self.fill)


class ElasticTransform(Transform):
    """Every pixel from somewhere near: random places, blurred until neighbours move alike (Simard, Steinkraus & Platt, "Best
    practices for convolutional neural networks", 2003).

    Args:
        alpha: how far, in pixels before the blur: one number or (of x, of y).
        sigma: deviation of the blur in pixels, likewise; 0 for none.
        fill: what comes in, or one number per channel.
    """

    shown = ("alpha", "sigma", "interpolation", "fill")

    def __init__(
        self, alpha: Any = 50.0, sigma: Any = 5.0, interpolation: Any = InterpolationMode.BILINEAR, fill: Any = 0
    ) -> None:
        super().__init__()
        self.alpha, self.sigma = _both("alpha", alpha), _both("sigma", sigma)
        self.interpolation = interpolation_of("ElasticTransform", interpolation)
        self.fill = fill

    @staticmethod
    def get_params(alpha: Sequence[float], sigma: Sequence[float], size: Sequence[int]) -> Tensor:
        """The displacement, (1, H, W, 2), for `functional.elastic_transform`.  size: (height, width)."""
        rng, moved = draws("ElasticTransform"), []
        for far, s, n in zip(alpha, sigma, size):
            x = Tensor._of(rng.uniform(-1, 1, (1, 1, *size)).astype(np.float32))
            if s > 0:
                k = int(8 * s + 1) | 1
                x = TF.gaussian_blur(x, [k, k], list(sigma) if min(sigma) > 0 else [s, s])
            moved.append(x[0, 0] * (far / n))
        return stack(moved, -1).unsqueeze(0)

    def forward(self, img: Any) -> Any:
        w, h = TF.get_image_size(img)
        displacement = self.get_params(self.alpha, self.sigma, (h, w))
        return TF.elastic_transform(img, displacement, self.interpolation, self.fill)


def _both(what: str, given: Any) -> list[float]:
    found = [given] * 2 if isinstance(given, (int, float)) else list(given)
    found = found * 2 if len(found) == 1 else found
    if len(found) != 2 or not all(isinstance(x, (int, float)) and x >= 0 for x in found):
        raise ValueError(f"ElasticTransform: {what} is one number or (of x, of y), at least 0, got {given}.")
    return [float(x) for x in found]


__all__ = [
    "CenterCrop", "ElasticTransform", "FiveCrop", "Pad", "RandomAffine", "RandomCrop", "RandomHorizontalFlip",
    "RandomPerspective", "RandomResizedCrop", "RandomRotation", "RandomVerticalFlip", "Resize", "TenCrop",
]  # fmt: skip
