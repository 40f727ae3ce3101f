"""Transforms as functions of a picture, under torchvision's names (`torchvision.transforms.functional`).

Each takes a picture of Pillow or a tensor (…, C, H, W) and gives back the same kind, a new one; the operations themselves
are in `pictures.py` and `tensors.py`.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from ...refusals import in_own_name
from ...tensor import Tensor
from .._pillow import is_picture, pillow
from . import pictures, tensors
from .common import (
    InterpolationMode,
    interpolation_of,
    kind_of,
    padding_mode_of,
    padding_of,
    pair_of,
    resized,
)
from .convert import convert_image_dtype, normalize, pil_to_tensor, to_pil_image, to_tensor


def on(name: str, img: Any) -> ModuleType:
    """The operations for this kind of picture."""
    if isinstance(img, Tensor):
        if img.ndim < 2:
            raise TypeError(f"{name}: needs a picture or a tensor (…, H, W), got {kind_of(img)}.")
        return tensors
    if is_picture(img):
        return pictures
    pillow(name)  # if that is what is missing, say so
    raise TypeError(f"{name}: needs a picture or a tensor (…, H, W), got {kind_of(img)}.")


# ---- measures --------------------------------------------------------------------------------------------------------


@in_own_name
def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]."""
    kind = on("get_dimensions", img)
    return [kind.channels(img), *kind.size(img)]


@in_own_name
def get_image_size(img: Any) -> list[int]:
    """[width, height]."""
    h, w = on("get_image_size", img).size(img)
    return [w, h]


@in_own_name
def get_image_num_channels(img: Any) -> int:
    """How many channels there are."""
    return on("get_image_num_channels", img).channels(img)


# ---- size and place --------------------------------------------------------------------------------------------------


@in_own_name
def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A piece; what lies outside is black."""
    return on("crop", img).crop(img, top, left, height, width)


@in_own_name
def center_crop(img: Any, output_size: Any) -> Any:
    """The middle, (height, width) or a square; a smaller picture gets black borders."""
    kind, (th, tw) = on("CenterCrop", img), pair_of("CenterCrop", output_size)
    h, w = kind.size(img)
    if tw > w or th > h:
        left, top = max(tw - w, 0) // 2, max(th - h, 0) // 2
        img = kind.pad(img, left, top, max(tw - w, 0) - left, max(th - h, 0) - top, 0, "constant")
        h, w = max(h, th), max(w, tw)
    return kind.crop(img, int(round((h - th) / 2.0)), int(round((w - tw) / 2.0)), th, tw)


@in_own_name
def resize(
    img: Any,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """Bring to a size: (height, width), or one number for the shorter side, with the longer one at most `max_size`.

    Args:
        antialias: average over what would be left out; Pillow always does.
    """
    kind, mode = on("Resize", img), interpolation_of("Resize", interpolation)
    if not isinstance(size, int):
        size = size[0] if len(size) == 1 else pair_of("Resize", size)
    if isinstance(size, int) and size < 1:
        raise ValueError(f"Resize: size must be above 0, got {size}.")
    if max_size is not None and not (isinstance(size, int) and size < max_size):
        raise ValueError(f"Resize: max_size={max_size} must be above a size that is one number, got size={size}.")
    h, w = resized(size, max_size, *kind.size(img))
    return kind.resize(img, h, w, mode, antialias)


@in_own_name
def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A piece, brought to a size."""
    return resize(crop(img, top, left, height, width), size, interpolation, None, antialias)


@in_own_name
def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """More pixels around, or fewer: on all sides; (left and right, top and bottom); or (left, top, right, bottom).

    Args:
        fill: their value, or one per channel.
        padding_mode: "constant", "edge" (the last pixel again), "reflect" or "symmetric" (a mirror, without or with the
            last pixel).
    """
    sides, mode = padding_of("Pad", padding), padding_mode_of("Pad", padding_mode)
    return on("Pad", img).pad(img, *sides, fill, mode)


@in_own_name
def hflip(img: Any) -> Any:
    """Left becomes right."""
    return on("hflip", img).hflip(img)


@in_own_name
def vflip(img: Any) -> Any:
    """Top becomes bottom."""
    return on("vflip", img).vflip(img)


@in_own_name
def five_crop(img: Any, size: Any) -> tuple[Any, ...]:
    """Its corners (top left, top right, bottom left, bottom right) and its middle."""
    (h, w), (th, tw) = on("FiveCrop", img).size(img), pair_of("FiveCrop", size)
    if th > h or tw > w:
        raise ValueError(f"FiveCrop: cannot cut {th} × {tw} out of {h} × {w}.")
    corners = [(0, 0), (0, w - tw), (h - th, 0), (h - th, w - tw)]
    return (*(crop(img, top, left, th, tw) for top, left in corners), center_crop(img, (th, tw)))


@in_own_name
def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple[Any, ...]:
    """Its five crops, and those of its mirror image."""
    return five_crop(img, size) + five_crop(vflip(img) if vertical_flip else hflip(img), size)


@in_own_name
def rotate(
    img: Any,
    angle: float,
    interpolation: Any = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Any = None,
    fill: Any = None,
) -> Any:
    """Turned by an angle in degrees, against the clock.

    Args:
        expand: make the picture larger, so that all of it stays inside.
        center: (x, y) around which it is turned; the middle by default.
        fill: what comes in at the corners, or one number per channel.
    """
    mode = interpolation_of("rotate", interpolation)
    return on("rotate", img).rotate(img, float(angle), mode, expand, center, fill)


@in_own_name
def affine(
    img: Any,
    angle: float,
    translate: Any,
    scale: float,
    shear: Any,
    interpolation: Any = InterpolationMode.NEAREST,
    fill: Any = None,
    center: Any = None,
) -> Any:
    """Turned (clockwise), moved by (x, y) pixels, scaled and sheared by (x, y) degrees, in its own frame.

    Args:
        shear: a number is for x alone, [a number] for both.
    """
    if not 0 < scale < math.inf:
        raise ValueError(f"affine: scale must be above 0, got {scale}.")
    if len(translate) != 2:
        raise ValueError(f"affine: translate is (x, y), got {translate}.")
    shear = (shear, 0.0) if isinstance(shear, (int, float)) else (*shear, *shear)[:2]
    mode = interpolation_of("affine", interpolation)
    return on("affine", img).affine(img, float(angle), translate, scale, shear, mode, fill, center)


@in_own_name
def perspective(
    img: Any, startpoints: Any, endpoints: Any, interpolation: Any = InterpolationMode.BILINEAR, fill: Any = None
) -> Any:
    """Seen from elsewhere: four points (x, y) move to four others."""
    mode = interpolation_of("perspective", interpolation)
    return on("perspective", img).perspective(img, startpoints, endpoints, mode, fill)


def elastic_transform(
    img: Any, displacement: Tensor, interpolation: Any = InterpolationMode.BILINEAR, fill: Any = None
) -> Any:
    """Each pixel from somewhere else.

    Args:
        displacement: how far from its own place, (1, H, W, 2), as (x, y) in halves of the width and the height.
    """
    mode = interpolation_of("elastic_transform", interpolation)
    kind = on("elastic_transform", img)
    wanted = (1, *kind.size(img), 2)
    if not isinstance(displacement, Tensor) or tuple(displacement.shape) != wanted:
        raise ValueError(f"elastic_transform: displacement must be a tensor {wanted}, got {kind_of(displacement)}.")
    return kind.elastic(img, displacement, mode, fill)


# ---- colours ---------------------------------------------------------------------------------------------------------


@in_own_name
def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Without colour: 0.2989·R + 0.587·G + 0.114·B, in one channel or three equal ones."""
    if num_output_channels not in (1, 3):
        raise ValueError(f"Grayscale: num_output_channels must be 1 or 3, got {num_output_channels}.")
    return on("Grayscale", img).grayscale(img, num_output_channels)


to_grayscale = rgb_to_grayscale


@in_own_name
def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """0 is black, 1 leaves it, 2 doubles."""
    return on("adjust_brightness", img).brightness(img, _at_least_0("brightness_factor", brightness_factor))


@in_own_name
def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """0 is an even grey, 1 leaves it."""
    return on("adjust_contrast", img).contrast(img, _at_least_0("contrast_factor", contrast_factor))


@in_own_name
def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """0 is without colour, 1 leaves it."""
    return on("adjust_saturation", img).saturation(img, _at_least_0("saturation_factor", saturation_factor))


@in_own_name
def adjust_hue(img: Any, hue_factor: float) -> Any:
    """Turn the circle of colours by a share of it, within [−0.5, 0.5]."""
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"adjust_hue: hue_factor must lie within [-0.5, 0.5], got {hue_factor}.")
    return on("adjust_hue", img).hue(img, hue_factor)


@in_own_name
def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """gain · x^gamma, x from 0 to 1: dark parts become darker above 1, lighter below."""
    return on("adjust_gamma", img).gamma(img, _at_least_0("gamma", gamma), gain)


@in_own_name
def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """0 is blurred, 1 leaves it, 2 is sharper."""
    return on("adjust_sharpness", img).sharpness(img, _at_least_0("sharpness_factor", sharpness_factor))


@in_own_name
def invert(img: Any) -> Any:
    """White becomes black."""
    return on("invert", img).invert(img)


@in_own_name
def posterize(img: Any, bits: int) -> Any:
    """Only so many bits of each channel, 0 to 8."""
    if not 0 <= bits <= 8:
        raise ValueError(f"posterize: bits must be from 0 to 8, got {bits}.")
    return on("posterize", img).posterize(img, bits)


@in_own_name
def solarize(img: Any, threshold: float) -> Any:
    """Inverted from a threshold on."""
    return on("solarize", img).solarize(img, threshold)


@in_own_name
def autocontrast(img: Any) -> Any:
    """Each channel stretched from black to white."""
    return on("autocontrast", img).autocontrast(img)


@in_own_name
def equalize(img: Any) -> Any:
    """The shades of each channel spread evenly."""
    return on("equalize", img).equalize(img)


@in_own_name
def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Any:
    """Averaged with the neighbours, by normal weights.

    Args:
        kernel_size: odd, one number or (of x, of y).
        sigma: their deviation in pixels, one number or (of x, of y); by default 0.15 · kernel_size + 0.35.
    """
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    if len(sizes) == 1:
        sizes *= 2
    if len(sizes) != 2 or any(not isinstance(n, int) or n % 2 == 0 or n < 1 for n in sizes):
        raise ValueError(f"gaussian_blur: kernel_size must be one or two odd numbers above 0, got {kernel_size}.")
    if sigma is None:
        sigma = [0.15 * n + 0.35 for n in sizes]
    sigmas = [float(sigma)] * 2 if isinstance(sigma, (int, float)) else [float(s) for s in sigma]
    if len(sigmas) == 1:
        sigmas *= 2
    if len(sigmas) != 2 or not all(s > 0 for s in sigmas):
        raise ValueError(f"gaussian_blur: sigma must be one or two numbers above 0, got {sigma}.")
    return on("gaussian_blur", img).gaussian_blur(img, sizes, sigmas)


@in_own_name
def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Tensor, inplace: bool = False) -> Tensor:
    """A rectangle of a tensor (…, C, H, W), from row i and column j, replaced by v."""
    if not isinstance(img, Tensor) or img.ndim < 3:
        raise TypeError(f"erase: needs a tensor (…, C, H, W), got {kind_of(img)}. Put it behind ToTensor().")
    out = img if inplace else img.clone()
    out[..., i : i + h, j : j + w] = v
    return out


def _at_least_0(name: str, factor: float) -> float:
    if not factor >= 0:
        raise ValueError(f"{name} must be at least 0, got {factor}.")
    return factor


__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation", "adjust_sharpness", "affine",
    "autocontrast", "center_crop", "convert_image_dtype", "crop",
    "elastic_transform", "equalize", "erase", "five_crop", "gaussian_blur",
    "get_dimensions", "get_image_num_channels", "get_image_size", "hflip", "invert", "normalize", "pad", "perspective",
    "pil_to_tensor", "posterize", "resize", "resized_crop", "rgb_to_grayscale", "rotate", "solarize", "ten_crop",
    "to_grayscale", "to_pil_image", "to_tensor", "vflip",
]  # fmt: skip
