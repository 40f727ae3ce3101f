"""The operations on tensors (…, C, H, W): floats from 0 to 1, or whole numbers from 0 to the largest of their dtype.
`pictures.py` has the same names for pictures of Pillow; `functional.py` checks and chooses.

Written in operations of the library: what is differentiable stays so.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ... import dtypes
from ...nn import functional as F
from ...ops.choose import where
from ...ops.create import tensor
from ...ops.join import cat, stack
from ...tensor import Tensor
from . import matrices
from .common import InterpolationMode

# ---- measures --------------------------------------------------------------------------------------------------------


def size(img: Tensor) -> tuple[int, int]:
    """(height, width)."""
    return img.shape[-2], img.shape[-1]


def channels(img: Tensor) -> int:
    return img.shape[-3] if img.ndim > 2 else 1


def _most(img: Tensor) -> Any:
    """The number of white."""
    if img.is_floating_point():
        return 1.0
    return 1 if img.dtype is dtypes.bool else dtypes.iinfo(img.dtype).max


# ---- size and place --------------------------------------------------------------------------------------------------


def crop(img: Tensor, top: int, left: int, h: int, w: int) -> Tensor:
    right, bottom = left + w - img.shape[-1], top + h - img.shape[-2]
    inside = img[..., max(top, 0) : top + h, max(left, 0) : left + w]
    if min(left, top) < 0 or max(right, bottom) > 0:  # around it there is black
        return pad(inside, max(-left, 0), max(-top, 0), max(right, 0), max(bottom, 0), 0, "constant")
    return inside


def resize(img: Tensor, h: int, w: int, mode: InterpolationMode, antialias: Any) -> Tensor:
    if size(img) == (h, w):
        return img
    smooth = mode in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC)
    if not smooth and mode not in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        raise ValueError(
            f"resize: a tensor is resized by nearest, nearest-exact, bilinear or bicubic, not {mode.value}."
        )

    def interpolate(x: Tensor) -> Tensor:
        return F.interpolate(x, size=(h, w), mode=mode.value, antialias=bool(antialias) and smooth)

    return _in_floats(img, interpolate)


def pad(img: Tensor, left: int, top: int, right: int, bottom: int, fill: Any, mode: str) -> Tensor:
    if mode != "constant":
        h, w = size(img)
        rows, columns = _numbered("Pad", h, top, bottom, mode), _numbered("Pad", w, left, right, mode)
        return img[..., rows, :][..., columns]
    if not np.ndim(fill) or len(fill) == 1:
        return F.pad(img, (left, right, top, bottom), value=float(np.reshape(fill, ())))
    if len(fill) != channels(img):
        raise ValueError(f"Pad: fill has {len(fill)} numbers, and the picture {channels(img)} channels. Give one each.")
    inside = F.pad(tensor(np.ones(size(img), bool)), (left, right, top, bottom))
    colours = tensor(np.reshape(fill, (-1, 1, 1))).to(img.dtype)
    return where(inside, F.pad(img, (left, right, top, bottom)), colours)


def _numbered(name: str, n: int, before: int, after: int, mode: str) -> Tensor:
    """Which of n rows stands in each row of the padded picture."""
    if mode == "reflect" and max(before, after) >= n:
        raise ValueError(f"{name}: reflect needs padding below the picture's size, got {max(before, after)} for {n}.")
    found = np.pad(np.arange(n), (max(before, 0), max(after, 0)), mode=mode)  # type: ignore[call-overload]
    return tensor(found[max(-before, 0) : len(found) - max(-after, 0)])


def hflip(img: Tensor) -> Tensor:
    return img.flip(-1)


def vflip(img: Tensor) -> Tensor:
    return img.flip(-2)


def rotate(img: Tensor, angle: float, mode: InterpolationMode, expand: bool, center: Any, fill: Any) -> Tensor:
    if expand and center is None and angle % 90 == 0:
        return img.rot90(int(angle // 90), (-2, -1))
    back = matrices.affine(_from_middle(img, center), -angle, (0, 0), 1.0, (0, 0))
    out = matrices.room_for(back, *size(img)) if expand else size(img)
    return _sampled(img, lambda x, y: _moved(back, x, y), out, mode, fill)


def affine(
    img: Tensor, angle: float, translate: Any, scale: float, shear: Any, mode: InterpolationMode, fill: Any, center: Any
) -> Tensor:
    back = matrices.affine(_from_middle(img, center), angle, translate, scale, shear)
    return _sampled(img, lambda x, y: _moved(back, x, y), size(img), mode, fill)


def perspective(img: Tensor, startpoints: Any, endpoints: Any, mode: InterpolationMode, fill: Any) -> Tensor:
    back, (h, w) = matrices.perspective(startpoints, endpoints), size(img)

    def place(x: Any, y: Any) -> tuple[Any, Any]:  # from the corner, as the points are given
        u, v, s = (r[0] * (x + w / 2) + r[1] * (y + h / 2) + r[2] for r in back)
        return u / s - w / 2, v / s - h / 2

    return _sampled(img, place, (h, w), mode, fill)


def elastic(img: Tensor, displacement: Tensor, mode: InterpolationMode, fill: Any) -> Tensor:
    (h, w), moved = size(img), displacement.array[0]
    return _sampled(img, lambda x, y: (x + moved[..., 0] * (w / 2), y + moved[..., 1] * (h / 2)), (h, w), mode, fill)


def _from_middle(img: Tensor, center: Any) -> tuple[float, float]:
    h, w = size(img)
    return (0.0, 0.0) if center is None else (center[0] - w / 2, center[1] - h / 2)


def _moved(back: Any, x: Any, y: Any) -> tuple[Any, Any]:
    return back[0, 0] * x + back[0, 1] * y + back[0, 2], back[1, 0] * x + back[1, 1] * y + back[1, 2]


def _sampled(img: Tensor, place: Callable[[Any, Any], Any], out: tuple[int, int], mode: Any, fill: Any) -> Tensor:
    """Each pixel of the output from where `place` says, both measured from the middle of their picture."""
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        raise ValueError(f"rotate: a tensor is turned and moved by nearest or bilinear, not {mode.value}.")
    (h, w), (oh, ow) = size(img), out
    x, y = place(np.arange(ow) + 0.5 - ow / 2, (np.arange(oh) + 0.5 - oh / 2)[:, None])
    grid = np.stack(np.broadcast_arrays(2 * x / w, 2 * y / h), -1)
    if np.ndim(fill) and len(fill) not in (1, channels(img)):
        raise ValueError(f"fill has {len(fill)} numbers, and the picture {channels(img)} channels. Give one each.")

    def sample(x: Tensor) -> Tensor:
        g = tensor(grid).to(x.dtype).expand(len(x), oh, ow, 2)
        ones = tensor(np.ones((1, 1, h, w))).to(x.dtype).expand(len(x), 1, h, w)
        both = F.grid_sample(cat([x, ones], 1), g, mode=mode.value, padding_mode="zeros", align_corners=False)
        found, inside = both[:, :-1], both[:, -1:]  # how much of a pixel lies inside the input
        if fill is None:
            return found
        colour = tensor(np.reshape(np.asarray(fill, float), (-1, 1, 1))).to(x.dtype)
        if mode is InterpolationMode.NEAREST:
            return where(inside < 0.5, colour, found)
        return found * inside + (1.0 - inside) * colour

    return _in_floats(img, sample)


def _in_floats(img: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """A function of floats (N, C, H, W), applied to a tensor of any dtype and (…, H, W)."""
    x = img.reshape(prod(img.shape[:-3]), *(img.shape[-3:] if img.ndim > 2 else (1, *img.shape)))
    if img.is_floating_point():
        found = function(x)
    else:
        found = function(x.to(dtypes.float32)).round().clamp(0, _most(img)).to(img.dtype)
    return found.reshape(*img.shape[:-2], *found.shape[-2:])


# ---- colours ---------------------------------------------------------------------------------------------------------


def grayscale(img: Tensor, channels: int) -> Tensor:
    if img.ndim < 3 or img.shape[-3] not in (1, 3):
        raise ValueError(f"Grayscale: needs one or three channels, got shape {tuple(img.shape)}.")
    if img.shape[-3] == 3:
        r, g, b = img.unbind(-3)
        img = (0.2989 * r + 0.587 * g + 0.114 * b).to(img.dtype).unsqueeze(-3)
    return img if channels == 1 else img.expand(*img.shape[:-3], channels, *img.shape[-2:])


def _mixed(img: Tensor, other: Any, share: float) -> Tensor:
    """share · img + (1 − share) · other, which may go beyond both, held between black and white."""
    return (share * img + (1.0 - share) * other).clamp(0, _most(img)).to(img.dtype)


def brightness(img: Tensor, factor: float) -> Tensor:
    return _mixed(img, 0.0, factor)


def contrast(img: Tensor, factor: float) -> Tensor:
    grey = grayscale(img, 1)
    grey = grey if grey.is_floating_point() else grey.to(dtypes.float32)
    return _mixed(img, grey.mean((-3, -2, -1), keepdim=True), factor)


def saturation(img: Tensor, factor: float) -> Tensor:
    return _mixed(img, grayscale(img, 1), factor) if channels(img) == 3 else img


def sharpness(img: Tensor, factor: float) -> Tensor:
    if min(size(img)) <= 2:
        return img
    weights = np.ones((3, 3)) / 13
    weights[1, 1] = 5 / 13
    inner = _in_floats(img, lambda x: _filtered(x, weights))
    blurred = img.clone()
    blurred[..., 1:-1, 1:-1] = inner
    return _mixed(img, blurred, factor)


def hue(img: Tensor, turn: float) -> Tensor:
    if channels(img) != 3:
        return img
    x = img if img.is_floating_point() else img.to(dtypes.float32) / _most(img)
    h, s, v = _hsv(x)
    found = _rgb((h + turn) % 1.0, s, v)
    return found if img.is_floating_point() else (found * (_most(img) + 1 - 1e-3)).floor().to(img.dtype)


def _hsv(img: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue from 0 to 1, saturation and value of (…, 3, H, W), each (…, H, W)."""
    r, g, b = img.unbind(-3)
    most, least = img.amax(-3), img.amin(-3)
    span = most - least
    grey = span == 0
    s = span / where(grey, most * 0 + 1, most)
    over = where(grey, span * 0 + 1, span)
    red, green = most == r, (most == g) & (most != r)
    sixths = where(red, (g - b) / over, where(green, 2 + (b - r) / over, 4 + (r - g) / over))
    return (sixths / 6) % 1.0, s, most


def _rgb(h: Tensor, s: Tensor, v: Tensor) -> Tensor:
    sixth = (h * 6).floor()
    f = h * 6 - sixth
    p, q, t = (v * (1 - s)).clamp(0, 1), (v * (1 - s * f)).clamp(0, 1), (v * (1 - s * (1 - f))).clamp(0, 1)
    i = sixth % 6

    def by_sixth(*six: Tensor) -> Tensor:
        found = six[5]
        for k in range(5):
            found = where(i == k, six[k], found)
        return found

    return stack([by_sixth(v, q, p, p, t, v), by_sixth(t, v, v, q, p, p), by_sixth(p, p, t, v, v, q)], -3)


def gamma(img: Tensor, gamma: float, gain: float) -> Tensor:
    x = img if img.is_floating_point() else img.to(dtypes.float32) / _most(img)
    found = (gain * x**gamma).clamp(0, 1)
    return found if img.is_floating_point() else (found * (_most(img) + 1 - 1e-3)).floor().to(img.dtype)


def invert(img: Tensor) -> Tensor:
    return _most(img) - img


def posterize(img: Tensor, bits: int) -> Tensor:
    if img.dtype is not dtypes.uint8:
        raise TypeError(f"posterize: needs uint8, got {img.dtype}.")
    return img & (256 - 2 ** (8 - bits))


def solarize(img: Tensor, threshold: float) -> Tensor:
    if threshold > _most(img):
        raise ValueError(f"solarize: threshold must not be above {_most(img)}, the number of white, got {threshold}.")
    return where(img >= threshold, invert(img), img)


def autocontrast(img: Tensor) -> Tensor:
    x = img if img.is_floating_point() else img.to(dtypes.float32)
    least, most = x.amin((-2, -1), keepdim=True), x.amax((-2, -1), keepdim=True)
    flat = most == least
    scale = where(flat, most * 0 + 1, _most(img) / where(flat, most * 0 + 1, most - least))
    return ((x - where(flat, least * 0, least)) * scale).clamp(0, _most(img)).to(img.dtype)


def equalize(img: Tensor) -> Tensor:
    if img.dtype is not dtypes.uint8:
        raise TypeError(f"equalize: needs uint8, got {img.dtype}.")
    out = np.empty_like(img.array)
    for at in np.ndindex(*img.shape[:-2]):
        counts = np.bincount(img.array[at].reshape(-1), minlength=256)
        step = counts[counts > 0][:-1].sum() // 255
        if step:
            shades = np.append(0, (counts.cumsum() + step // 2) // step)[:256].clip(0, 255).astype(np.uint8)
            out[at] = shades[img.array[at]]
        else:
            out[at] = img.array[at]
    return Tensor._of(out)


def gaussian_blur(img: Tensor, kernel_size: Any, sigma: Any) -> Tensor:
    """kernel_size and sigma: (of x, of y)."""
    across, down = (
        np.exp(-0.5 * (np.linspace(-(n - 1) / 2, (n - 1) / 2, n) / s) ** 2) for n, s in zip(kernel_size, sigma)
    )
    weights = (down / down.sum())[:, None] * (across / across.sum())
    left, top = kernel_size[0] // 2, kernel_size[1] // 2
    around = pad(img, left, top, left, top, 0, "reflect")
    return _in_floats(around, lambda x: _filtered(x, weights))


def _filtered(x: Tensor, weights: Any) -> Tensor:
    """(N, C, H, W), each channel by itself; smaller by the size of the weights less one."""
    c = x.shape[1]
    kernel = tensor(weights).to(x.dtype).expand(c, 1, *weights.shape)
    return F.conv2d(x, kernel, groups=c)
