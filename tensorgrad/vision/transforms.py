"""Transforms of pictures, under torchvision's names: PIL images in, and out of `ToTensor` tensors.

    transform = Compose([
        RandomCrop(32, padding=4),
        RandomHorizontalFlip(),
        ToTensor(),                          # (C, H, W), from 0 to 1
        Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
    ])

Crops, flips, padding and greys take tensors (…, H, W) as well; resizing, turning and colours are Pillow's.
Random numbers come from the default generator: seed it, or, in a DataLoader, the loader's.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..random import stream
from ..tensor import Tensor
from ._pillow import is_picture, pillow


class InterpolationMode(enum.Enum):
    """How pixels between pixels are made up."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"

    @property
    def pillow(self) -> Any:
        """Pillow's number for it."""
        return pillow("InterpolationMode").Resampling[self.name]


Size = int | Sequence[int]


class _Transform:
    """Base: a call, and a repr that shows the settings."""

    def __call__(self, img: Any) -> Any:
        raise TypeError(f"{type(self).__name__}: a transform defines __call__(img).")

    def _settings(self) -> str:
        return ", ".join(f"{k}={_shown(v)}" for k, v in vars(self).items())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings()})"

    @property
    def _random(self) -> np.random.Generator:
        return stream(type(self).__name__, None)


# ---- several transforms ----------------------------------------------------------------------------------------------


class Compose:
    """One transform after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = _transforms("Compose", transforms)

    def __call__(self, img: Any) -> Any:
        for t in self.transforms:
            img = t(img)
        return img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    " + "\n    ".join(repr(t) for t in self.transforms) + "\n)"


class RandomApply(_Transform):
    """All of the transforms with probability p, or none."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5) -> None:
        self.transforms, self.p = _transforms("RandomApply", transforms), _probability("RandomApply", p)

    def __call__(self, img: Any) -> Any:
        if self._random.random() < self.p:
            for t in self.transforms:
                img = t(img)
        return img


class RandomChoice(_Transform):
    """One of the transforms, each as likely, or as `p` weighs them."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: Sequence[float] | None = None) -> None:
        self.transforms = _transforms("RandomChoice", transforms)
        if not self.transforms or p is not None and len(p) != len(self.transforms):
            raise ValueError(f"RandomChoice: {len(self.transforms)} transforms, {len(p or ())} weights; one each.")
        self.p = None if p is None else [x / sum(p) for x in p]

    def __call__(self, img: Any) -> Any:
        return self.transforms[int(self._random.choice(len(self.transforms), p=self.p))](img)


class Lambda(_Transform):
    """A function as a transform."""

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: needs a function, got {type(lambd).__name__}.")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return "Lambda()"


# ---- pictures and tensors --------------------------------------------------------------------------------------------


class ToTensor(_Transform):
    """A picture, or an array (H, W) or (H, W, C), as a tensor (C, H, W). uint8 becomes float from 0 to 1."""

    def __call__(self, pic: Any) -> Tensor:
        return to_tensor(pic)


class PILToTensor(_Transform):
    """A picture as a tensor (C, H, W), with its numbers as they are."""

    def __call__(self, pic: Any) -> Tensor:
        _needs_picture("PILToTensor", pic)
        return Tensor._of(_channels_first(np.array(pic)))


class ToPILImage(_Transform):
    """A tensor (C, H, W) or an array (H, W, C) as a picture; floats are taken to be from 0 to 1.

    Args:
        mode: of the picture; by default "L" for one channel, "LA" for two, "RGB" for three, "RGBA" for four.
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        return to_pil_image(pic, self.mode)


class Normalize(_Transform):
    """(x − mean) / std for each channel of a tensor (…, C, H, W)."""

    def __init__(self, mean: Sequence[float] | float, std: Sequence[float] | float, inplace: bool = False) -> None:
        self.mean, self.std, self.inplace = mean, std, inplace
        self._of: dict[Any, tuple[Any, Any]] = {}  # mean and std as arrays of a dtype
        if (np.asarray(std) == 0).any():
            raise ValueError(f"Normalize: std is {std}; division by zero.")

    def _settings(self) -> str:
        return f"mean={self.mean}, std={self.std}"

    def __call__(self, tensor: Tensor) -> Tensor:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"Normalize: needs a tensor, got {type(tensor).__name__}. Put it behind ToTensor().")
        if not tensor.is_floating_point() or tensor.ndim < 3:
            raise TypeError(
                f"Normalize: needs a floating tensor (…, C, H, W), got {tensor.dtype} of shape {tuple(tensor.shape)}."
            )
        x = tensor.array
        if x.dtype not in self._of:
            mean, std = (np.atleast_1d(np.asarray(a, x.dtype))[:, None, None] for a in (self.mean, self.std))
            self._of[x.dtype] = mean, std
        mean, std = self._of[x.dtype]
        if len(mean) not in (1, x.shape[-3]) or len(std) not in (1, x.shape[-3]):
            raise ValueError(f"Normalize: {len(mean)} means and {len(std)} deviations for {x.shape[-3]} channels.")
        if self.inplace:
            x -= mean
            x /= std
            return tensor
        return Tensor._of((x - mean) / std)


# ---- size and place --------------------------------------------------------------------------------------------------


class Resize(_Transform):
    """Bring a picture to a size: (h, w), or a number for its shorter side.

    Args:
        max_size: the longer side is made no longer than this.
        antialias: accepted; Pillow always takes care of it.
    """

    def __init__(
        self,
        size: Size,
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        if isinstance(size, Sequence) and len(size) == 1:
            size = size[0]
        self.size, self.interpolation = size if isinstance(size, int) else _pair("Resize", size), interpolation
        self.max_size, self.antialias = max_size, antialias
        if isinstance(size, int) and size < 1:
            raise ValueError(f"Resize: size must be above 0, got {size}.")
        if max_size is not None and not (isinstance(size, int) and size < max_size):
            raise ValueError(f"Resize: max_size={max_size} must be above a size that is one number, got size={size}.")

    def __call__(self, img: Any) -> Any:
        _needs_picture("Resize", img)
        return img.resize(self._of(*img.size), self.interpolation.pillow)

    def _of(self, w: int, h: int) -> tuple[int, int]:
        if not isinstance(self.size, int):
            return self.size[1], self.size[0]
        short, long = (w, h) if w <= h else (h, w)
        new_short, new_long = self.size, int(self.size * long / short)
        if self.max_size is not None and new_long > self.max_size:
            new_short, new_long = int(self.max_size * new_short / new_long), self.max_size
        return (new_short, new_long) if w <= h else (new_long, new_short)


class Pad(_Transform):
    """More pixels around.

    Args:
        padding: on all sides; (left and right, top and bottom); or (left, top, right, bottom).
        fill: their value, or one per channel.
        padding_mode: "constant", "edge" (the last pixel again), "reflect" or "symmetric" (a mirror, without or with the
            last pixel).
    """

    def __init__(self, padding: Size, fill: Any = 0, padding_mode: str = "constant") -> None:
        if not isinstance(padding, int) and len(padding) not in (1, 2, 4):
            raise ValueError(f"Pad: padding is one number, two or four, got {padding}.")
        if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
            raise ValueError(f"Pad: padding_mode must be constant, edge, reflect or symmetric, got {padding_mode!r}.")
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def __call__(self, img: Any) -> Any:
        p = [self.padding] if isinstance(self.padding, int) else list(self.padding)
        left, top, right, bottom = (p * 4)[:4] if len(p) < 4 else p
        return _padded(img, left, top, right, bottom, self.fill, self.padding_mode)


class CenterCrop(_Transform):
    """The middle of a picture, (h, w) or a square; a smaller one gets black borders."""

    def __init__(self, size: Size) -> None:
        self.size = _pair("CenterCrop", size)

    def __call__(self, img: Any) -> Any:
        (h, w), (th, tw) = _height_width("CenterCrop", img), self.size
        if tw > w or th > h:
            left, top = max(tw - w, 0) // 2, max(th - h, 0) // 2
            img = _padded(img, left, top, max(tw - w, 0) - left, max(th - h, 0) - top, 0, "constant")
            h, w = max(h, th), max(w, tw)
        return _cropped(img, int(round((h - th) / 2.0)), int(round((w - tw) / 2.0)), th, tw)


class RandomCrop(_Transform):
    """A piece of a picture, (h, w) or a square, from anywhere.

    Args:
        padding, fill, padding_mode: put more pixels around first, as `Pad` does.
        pad_if_needed: also around one that is too small.
    """

    def __init__(
        self,
        size: Size,
        padding: Size | None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        self.size, self.padding, self.pad_if_needed = _pair("RandomCrop", size), padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode
        Pad(padding or 0, fill, padding_mode)  # for its checks

    def __call__(self, img: Any) -> Any:
        if self.padding is not None:
            img = Pad(self.padding, self.fill, self.padding_mode)(img)
        (h, w), (th, tw) = _height_width("RandomCrop", img), self.size
        if self.pad_if_needed and (h < th or w < tw):
            img = Pad((max(tw - w, 0), max(th - h, 0)), self.fill, self.padding_mode)(img)
            h, w = _height_width("RandomCrop", img)
        if h < th or w < tw:
            raise ValueError(
                f"RandomCrop: cannot cut {th} × {tw} out of {h} × {w}. Use padding=, or pad_if_needed=True."
            )
        rng = self._random
        return _cropped(img, int(rng.integers(h - th + 1)), int(rng.integers(w - tw + 1)), th, tw)


class RandomResizedCrop(_Transform):
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
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        self.size = _pair("RandomResizedCrop", size)
        self.scale, self.ratio = _span("RandomResizedCrop", "scale", scale), _span("RandomResizedCrop", "ratio", ratio)
        self.interpolation, self.antialias = interpolation, antialias

    def _piece(self, h: int, w: int) -> tuple[int, int, int, int]:
        """top, left, height, width."""
        rng = self._random
        low, high = math.log(self.ratio[0]), math.log(self.ratio[1])
        for _ in range(10):
            area, ratio = h * w * rng.uniform(*self.scale), math.exp(rng.uniform(low, high))
            pw, ph = int(round(math.sqrt(area * ratio))), int(round(math.sqrt(area / ratio)))
            if 0 < pw <= w and 0 < ph <= h:
                return int(rng.integers(h - ph + 1)), int(rng.integers(w - pw + 1)), ph, pw
        # none fits: the largest from the middle whose ratio is allowed
        ph, pw = h, w
        if w / h < self.ratio[0]:
            ph = int(round(w / self.ratio[0]))
        elif w / h > self.ratio[1]:
            pw = int(round(h * self.ratio[1]))
        return (h - ph) // 2, (w - pw) // 2, ph, pw

    def __call__(self, img: Any) -> Any:
        _needs_picture("RandomResizedCrop", img)
        top, left, h, w = self._piece(img.height, img.width)
        return img.resize(self.size[::-1], self.interpolation.pillow, box=(left, top, left + w, top + h))


class RandomHorizontalFlip(_Transform):
    """Left becomes right, with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = _probability("RandomHorizontalFlip", p)

    def __call__(self, img: Any) -> Any:
        return _flipped("RandomHorizontalFlip", img, -1) if self._random.random() < self.p else img


class RandomVerticalFlip(_Transform):
    """Top becomes bottom, with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = _probability("RandomVerticalFlip", p)

    def __call__(self, img: Any) -> Any:
        return _flipped("RandomVerticalFlip", img, -2) if self._random.random() < self.p else img


class RandomRotation(_Transform):
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
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ) -> None:
        if isinstance(degrees, (int, float)):
            if degrees < 0:
                raise ValueError(f"RandomRotation: one number of degrees stands for (−d, d); it must not be {degrees}.")
            degrees = (-float(degrees), float(degrees))
        if len(degrees) != 2:
            raise ValueError(f"RandomRotation: degrees is one number or two, got {degrees}.")
        self.degrees, self.interpolation, self.expand = (degrees[0], degrees[1]), interpolation, expand
        self.center, self.fill = center, fill

    def __call__(self, img: Any) -> Any:
        _needs_picture("RandomRotation", img)
        angle, fill = float(self._random.uniform(*self.degrees)), self.fill
        if isinstance(fill, (int, float)) and len(img.getbands()) > 1:
            fill = (int(fill),) * len(img.getbands())
        elif not isinstance(fill, (int, float)):
            fill = tuple(fill)
        return img.rotate(angle, self.interpolation.pillow, self.expand, self.center, fillcolor=fill)


# ---- colours ---------------------------------------------------------------------------------------------------------


class Grayscale(_Transform):
    """Without colour: 0.299·R + 0.587·G + 0.114·B.

    Args:
        num_output_channels: 1, or 3 equal ones.
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        if num_output_channels not in (1, 3):
            raise ValueError(f"Grayscale: num_output_channels must be 1 or 3, got {num_output_channels}.")
        self.num_output_channels = num_output_channels

    def __call__(self, img: Any) -> Any:
        return _grey("Grayscale", img, self.num_output_channels)


class RandomGrayscale(_Transform):
    """Without colour, with probability p; it keeps its number of channels."""

    def __init__(self, p: float = 0.1) -> None:
        self.p = _probability("RandomGrayscale", p)

    def __call__(self, img: Any) -> Any:
        channels = img.shape[-3] if isinstance(img, Tensor) else len(img.getbands())
        return _grey("RandomGrayscale", img, channels) if self._random.random() < self.p else img


class ColorJitter(_Transform):
    """Brightness, contrast, saturation and hue, each changed at random, in random order.

    Args:
        brightness, contrast, saturation: a factor from this span, or x for (max(0, 1 − x), 1 + x).
        hue: a turn of the colour circle from this span, within [−0.5, 0.5], or x for (−x, x).
    """

    def __init__(self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0) -> None:
        self.brightness = self._factors("brightness", brightness)
        self.contrast = self._factors("contrast", contrast)
        self.saturation = self._factors("saturation", saturation)
        self.hue = self._factors("hue", hue, 0.0, 0.5)

    @staticmethod
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

    def __call__(self, img: Any) -> Any:
        _needs_picture("ColorJitter", img)
        rng = self._random
        for i in rng.permutation(4):
            span = (self.brightness, self.contrast, self.saturation, self.hue)[i]
            if span is not None:
                img = (_brightness, _contrast, _saturation, _hue)[i](img, float(rng.uniform(*span)))
        return img


class RandomErasing(_Transform):
    """A rectangle of a tensor (…, C, H, W) painted over, with probability p (Zhong et al., arXiv:1708.04896).

    Args:
        scale: its area, as a share of the picture's. ratio: its height over its width.
        value: what with: a number, one per channel, or "random" for normal numbers.
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        self.p = _probability("RandomErasing", p)
        self.scale, self.ratio = _span("RandomErasing", "scale", scale), _span("RandomErasing", "ratio", ratio)
        if self.scale[1] > 1:
            raise ValueError(f"RandomErasing: scale is a share, at most 1, got {self.scale}.")
        if isinstance(value, str) and value != "random":
            raise ValueError(f"RandomErasing: value must be a number, one per channel, or 'random', got {value!r}.")
        self.value, self.inplace = value, inplace

    def __call__(self, img: Tensor) -> Tensor:
        if not isinstance(img, Tensor) or img.ndim < 3:
            raise TypeError(f"RandomErasing: needs a tensor (…, C, H, W), got {_kind(img)}. Put it behind ToTensor().")
        rng = self._random
        if rng.random() >= self.p:
            return img
        *_, c, h, w = img.shape
        value = np.asarray(0.0 if self.value == "random" else self.value)
        if value.size not in (1, c):
            raise ValueError(f"RandomErasing: {value.size} values for {c} channels.")
        for _ in range(10):
            area = h * w * rng.uniform(*self.scale)
            ratio = math.exp(rng.uniform(math.log(self.ratio[0]), math.log(self.ratio[1])))
            ph, pw = int(round(math.sqrt(area * ratio))), int(round(math.sqrt(area / ratio)))
            if ph < h and pw < w:
                top, left = int(rng.integers(h - ph + 1)), int(rng.integers(w - pw + 1))
                x = img.array if self.inplace else img.array.copy()
                hole = x[..., top : top + ph, left : left + pw]
                hole[...] = rng.standard_normal(hole.shape) if self.value == "random" else value.reshape(-1, 1, 1)
                return img if self.inplace else Tensor._of(x)
        return img


# ---- functions -------------------------------------------------------------------------------------------------------


def to_tensor(pic: Any) -> Tensor:
    """What `ToTensor` does."""
    if is_picture(pic):
        x = np.array(pic)
        if pic.mode == "1":
            x = x.astype(np.uint8) * 255
    elif isinstance(pic, np.ndarray) and pic.ndim in (2, 3):
        x = pic
    else:
        raise TypeError(f"ToTensor: needs a picture or an array (H, W) or (H, W, C), got {_kind(pic)}.")
    x = _channels_first(x)
    if x.dtype == np.uint8:
        from ..dtypes import get_default_dtype

        return Tensor._of(np.divide(x, np.float32(255), dtype=get_default_dtype().numpy))
    return Tensor._of(x)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """What `ToPILImage` does."""
    if isinstance(pic, Tensor):
        x = pic.detach().numpy()
        if x.ndim == 3:
            x = x.transpose(1, 2, 0)
    elif isinstance(pic, np.ndarray):
        x = pic
    else:
        raise TypeError(f"ToPILImage: needs a tensor or an array, got {_kind(pic)}.")
    if x.ndim not in (2, 3) or x.ndim == 3 and not 1 <= x.shape[2] <= 4:
        raise ValueError(f"ToPILImage: needs (C, H, W) or (H, W) with up to four channels, got {tuple(pic.shape)}.")
    if isinstance(pic, Tensor) and x.dtype.kind == "f" and mode != "F":
        x = (x * 255).astype(np.uint8)
    x = x[:, :, 0] if x.ndim == 3 and x.shape[2] == 1 else x
    picture = pillow("ToPILImage").fromarray(np.ascontiguousarray(x))
    return picture if mode is None or picture.mode == mode else picture.convert(mode)


def _channels_first(x: Any) -> Any:
    return x[None] if x.ndim == 2 else np.ascontiguousarray(x.transpose(2, 0, 1))


def _height_width(name: str, img: Any) -> tuple[int, int]:
    if isinstance(img, Tensor) and img.ndim >= 2:
        return img.shape[-2], img.shape[-1]
    if is_picture(img):
        return img.height, img.width
    raise TypeError(f"{name}: needs a picture or a tensor (…, H, W), got {_kind(img)}.")


def _cropped(img: Any, top: int, left: int, h: int, w: int) -> Any:
    if isinstance(img, Tensor):
        return Tensor._of(img.array[..., top : top + h, left : left + w])
    return img.crop((left, top, left + w, top + h))


def _padded(img: Any, left: int, top: int, right: int, bottom: int, fill: Any, mode: str) -> Any:
    _height_width("Pad", img)
    if not isinstance(img, Tensor) and img.mode == "P":  # the numbers are those of a palette
        img = img.convert("RGB")
    x = img.array if isinstance(img, Tensor) else np.asarray(img)
    last = x.ndim - 2 if isinstance(img, Tensor) else 0  # where the height stands
    widths = [(0, 0)] * x.ndim
    widths[last], widths[last + 1] = (top, bottom), (left, right)
    if mode == "constant":
        out = np.empty([n + a + b for n, (a, b) in zip(x.shape, widths)], x.dtype)
        out[...] = np.reshape(fill, (-1, 1, 1)) if isinstance(img, Tensor) and np.ndim(fill) else fill
        place = [slice(a, a + n) for n, (a, _) in zip(x.shape, widths)]
        out[tuple(place)] = x
    else:
        out = np.pad(x, widths, mode=mode)  # type: ignore[call-overload]
    return Tensor._of(out) if isinstance(img, Tensor) else pillow("Pad").fromarray(out)


def _flipped(name: str, img: Any, axis: int) -> Any:
    _height_width(name, img)
    if isinstance(img, Tensor):
        return Tensor._of(np.flip(img.array, axis))
    Transpose = pillow(name).Transpose
    return img.transpose(Transpose.FLIP_LEFT_RIGHT if axis == -1 else Transpose.FLIP_TOP_BOTTOM)


def _grey(name: str, img: Any, channels: int) -> Any:
    _height_width(name, img)
    if not isinstance(img, Tensor):
        grey = img.convert("L")
        return grey if channels == 1 else pillow(name).merge("RGB", (grey, grey, grey))
    x = img.array
    if x.ndim < 3 or x.shape[-3] not in (1, 3):
        raise ValueError(f"{name}: needs one or three channels, got shape {x.shape}.")
    if x.shape[-3] == 3:
        weights = np.array([0.2989, 0.587, 0.114], np.float32)[:, None, None]
        x = (weights * x).sum(-3, keepdims=True).astype(x.dtype)
    return Tensor._of(np.repeat(x, channels, -3) if channels > 1 else x)


def _brightness(img: Any, factor: float) -> Any:
    from PIL import ImageEnhance

    return ImageEnhance.Brightness(img).enhance(factor)


def _contrast(img: Any, factor: float) -> Any:
    from PIL import ImageEnhance

    return ImageEnhance.Contrast(img).enhance(factor)


def _saturation(img: Any, factor: float) -> Any:
    from PIL import ImageEnhance

    return ImageEnhance.Color(img).enhance(factor)


def _hue(img: Any, turn: float) -> Any:
    if img.mode in ("L", "1", "I", "F"):
        return img
    h, s, v = img.convert("HSV").split()
    turned = np.asarray(h) + np.uint8(int(turn * 255) % 256)  # around the circle: 255 + 1 is 0
    Image = pillow("ColorJitter")
    return Image.merge("HSV", (Image.fromarray(turned), s, v)).convert(img.mode)


# ---- checks ----------------------------------------------------------------------------------------------------------


def _transforms(name: str, transforms: Any) -> list[Callable[[Any], Any]]:
    found = list(transforms)
    for t in found:
        if not callable(t):
            raise TypeError(f"{name}: needs transforms, got {type(t).__name__} {t!r}.")
    return found


def _needs_picture(name: str, img: Any) -> None:
    if not is_picture(img):
        pillow(name)  # if that is what is missing, say so
        raise TypeError(f"{name}: needs a picture of Pillow, got {_kind(img)}. Put it before ToTensor().")


def _kind(x: Any) -> str:
    shape = getattr(x, "shape", None)
    return type(x).__name__ if shape is None else f"{type(x).__name__} of shape {tuple(shape)}"


def _pair(name: str, size: Any) -> tuple[int, int]:
    """(height, width)."""
    sizes = (size, size) if isinstance(size, int) else tuple(size)
    if len(sizes) == 1:
        sizes = sizes * 2
    if len(sizes) != 2 or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise ValueError(f"{name}: size must be one or two whole numbers above 0, got {size}.")
    return sizes


def _probability(name: str, p: float) -> float:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is a probability, from 0 to 1, got {p}.")
    return p


def _span(name: str, what: str, span: Sequence[float]) -> tuple[float, float]:
    if len(span) != 2 or not 0 < span[0] <= span[1]:
        raise ValueError(f"{name}: {what} must be two numbers, 0 < low ≤ high, got {span}.")
    return float(span[0]), float(span[1])


def _shown(x: Any) -> str:
    return x.value if isinstance(x, InterpolationMode) else repr(x)


__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandomApply",
    "RandomChoice",
    "RandomCrop",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToPILImage",
    "ToTensor",
]
