"""The operations on pictures of Pillow. `tensors.py` has the same names for tensors; `functional.py` checks and chooses."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._pillow import pillow
from . import matrices, tensors
from .common import InterpolationMode
from .convert import pil_to_tensor, to_pil_image

# ---- measures --------------------------------------------------------------------------------------------------------


def size(img: Any) -> tuple[int, int]:
    """(height, width)."""
    return img.height, img.width


def channels(img: Any) -> int:
    return len(img.getbands())


# ---- size and place --------------------------------------------------------------------------------------------------


def crop(img: Any, top: int, left: int, h: int, w: int) -> Any:
    return img.crop((left, top, left + w, top + h))


def resize(img: Any, h: int, w: int, mode: InterpolationMode, antialias: Any) -> Any:
    return img.resize((w, h), mode.pillow)  # which averages over what would be left out, whether one asks for it or not


def pad(img: Any, left: int, top: int, right: int, bottom: int, fill: Any, mode: str) -> Any:
    h, w = size(img)
    if min(left, top, right, bottom) < 0:
        cut = [max(-n, 0) for n in (left, top, right, bottom)]
        img = img.crop((cut[0], cut[1], w - cut[2], h - cut[3]))
        left, top, right, bottom = (max(n, 0) for n in (left, top, right, bottom))
        h, w = size(img)
    if mode == "constant":
        out = pillow("Pad").new(img.mode, (w + left + right, h + top + bottom), _colour("Pad", img, fill))
        if img.mode == "P":
            out.putpalette(img.getpalette())
        out.paste(img, (left, top))
        return out
    x = np.asarray(img)
    widths = [(top, bottom), (left, right)] + [(0, 0)] * (x.ndim - 2)
    return _picture(np.pad(x, widths, mode=mode), img)  # type: ignore[call-overload]


def hflip(img: Any) -> Any:
    return img.transpose(pillow("hflip").Transpose.FLIP_LEFT_RIGHT)


def vflip(img: Any) -> Any:
    return img.transpose(pillow("vflip").Transpose.FLIP_TOP_BOTTOM)


def rotate(img: Any, angle: float, mode: InterpolationMode, expand: bool, center: Any, fill: Any) -> Any:
    return img.rotate(angle, mode.pillow, expand, center, fillcolor=_colour("rotate", img, fill))


def affine(
    img: Any, angle: float, translate: Any, scale: float, shear: Any, mode: InterpolationMode, fill: Any, center: Any
) -> Any:
    back = matrices.affine(center or (img.width / 2, img.height / 2), angle, translate, scale, shear)
    how = pillow("affine").Transform.AFFINE
    return img.transform(img.size, how, back.reshape(-1).tolist(), mode.pillow, fillcolor=_colour("affine", img, fill))


def perspective(img: Any, startpoints: Any, endpoints: Any, mode: InterpolationMode, fill: Any) -> Any:
    back = matrices.perspective(startpoints, endpoints).reshape(-1)[:8].tolist()
    how = pillow("perspective").Transform.PERSPECTIVE
    return img.transform(img.size, how, back, mode.pillow, fillcolor=_colour("perspective", img, fill))


def elastic(img: Any, displacement: Any, mode: InterpolationMode, fill: Any) -> Any:
    return to_pil_image(tensors.elastic(pil_to_tensor(img), displacement, mode, fill), img.mode)


# ---- colours ---------------------------------------------------------------------------------------------------------


def grayscale(img: Any, channels: int) -> Any:
    grey = img.convert("L")
    return grey if channels == 1 else pillow("grayscale").merge("RGB", (grey, grey, grey))


def brightness(img: Any, factor: float) -> Any:
    from PIL import ImageEnhance

    return ImageEnhance.Brightness(img).enhance(factor)


def contrast(img: Any, factor: float) -> Any:
    from PIL import ImageEnhance

    return ImageEnhance.Contrast(img).enhance(factor)


def saturation(img: Any, factor: float) -> Any:
    from PIL import ImageEnhance

    return ImageEnhance.Color(img).enhance(factor)


def sharpness(img: Any, factor: float) -> Any:
    from PIL import ImageEnhance

    return ImageEnhance.Sharpness(img).enhance(factor)


def hue(img: Any, turn: float) -> Any:
    if img.mode in ("L", "1", "I", "F"):
        return img
    h, s, v = img.convert("HSV").split()
    turned = np.asarray(h) + np.uint8(int(turn * 255) % 256)  # around the circle: 255 + 1 is 0
    Image = pillow("hue")
    return Image.merge("HSV", (Image.fromarray(turned), s, v)).convert(img.mode)


def gamma(img: Any, gamma: float, gain: float) -> Any:
    table = [int((255 + 1 - 1e-3) * gain * pow(i / 255, gamma)) for i in range(256)]
    return img.convert("RGB").point(table * 3).convert(img.mode)


def invert(img: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.invert(img)


def posterize(img: Any, bits: int) -> Any:
    from PIL import ImageOps

    return ImageOps.posterize(img, bits)


def solarize(img: Any, threshold: float) -> Any:
    from PIL import ImageOps

    return ImageOps.solarize(img, threshold)  # type: ignore[arg-type]


def autocontrast(img: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.autocontrast(img)


def equalize(img: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.equalize(img)


def gaussian_blur(img: Any, kernel_size: Any, sigma: Any) -> Any:
    mode = "I;16" if img.mode.startswith("I;16") else img.mode
    return to_pil_image(tensors.gaussian_blur(pil_to_tensor(img), kernel_size, sigma), mode)


# ---- helpers ---------------------------------------------------------------------------------------------------------


def _colour(name: str, img: Any, fill: Any) -> Any:
    """A number as Pillow wants it for this kind of picture, or one for each channel."""
    n = channels(img)
    if fill is None:
        fill = 0
    if isinstance(fill, (int, float)) or len(fill) == 1:
        fill = [fill if isinstance(fill, (int, float)) else fill[0]] * n
    if len(fill) != n:
        raise ValueError(
            f"{name}: fill has {len(fill)} numbers, and the picture, {img.mode}, {n} channels. Give one each."
        )
    if img.mode == "F":
        return fill[0]
    return int(fill[0]) if n == 1 else tuple(int(c) for c in fill)


def _picture(array: Any, like: Any) -> Any:
    """A picture of these pixels, of the same mode as another."""
    Image = pillow("transforms")
    if like.mode.startswith("I;16"):
        return Image.fromarray(np.ascontiguousarray(array, np.uint16))  # whichever byte order the file had
    if like.mode in ("1", "L", "I", "F", "LA", "RGB", "RGBA"):
        return Image.fromarray(np.ascontiguousarray(array))
    out = Image.frombytes(like.mode, (array.shape[1], array.shape[0]), np.ascontiguousarray(array).tobytes())
    if like.mode == "P":
        out.putpalette(like.getpalette())
    return out
