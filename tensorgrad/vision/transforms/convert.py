"""Between pictures of Pillow, arrays (H, W, C) and tensors (C, H, W), and between dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import dtypes
from ...refusals import in_own_name
from ...tensor import Tensor
from .._pillow import is_picture, pillow
from .common import kind_of


@in_own_name
def to_tensor(pic: Any) -> Tensor:
    """A picture, or an array (H, W) or (H, W, C), as a tensor (C, H, W). uint8 becomes float from 0 to 1; of other dtypes
    the numbers are what they were, those of pictures of 16 bits as int32."""
    if is_picture(pic):
        x = _numbers_of(pic)
        if pic.mode == "1":
            x = x.astype(np.uint8) * 255
    elif isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"ToTensor: needs an array (H, W) or (H, W, C), got shape {pic.shape}.")
        x = pic
    else:
        raise TypeError(f"ToTensor: needs a picture or an array (H, W) or (H, W, C), got {kind_of(pic)}.")
    x = _channels_first(x)
    if x.dtype == np.uint8:
        return Tensor._of(np.divide(x, np.float32(255), dtype=dtypes.get_default_dtype().numpy))
    dtypes.of_array(x)  # a dtype that tensors have, or an error
    return Tensor._of(x)


@in_own_name
def pil_to_tensor(pic: Any) -> Tensor:
    """A picture as a tensor (C, H, W), with its numbers as they are; those of 16 bits as int32."""
    if not is_picture(pic):
        pillow("PILToTensor")  # if that is what is missing, say so
        raise TypeError(f"PILToTensor: needs a picture of Pillow, got {kind_of(pic)}.")
    return Tensor._of(_channels_first(_numbers_of(pic)))


# mode → what else the same numbers may be taken for
_MODES = {"L": (), "LA": (), "RGB": ("YCbCr", "HSV"), "RGBA": ("CMYK", "RGBX"), "I;16": (), "I": ("I;16",), "F": ()}
_OF_CHANNELS = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_OF_DTYPES = {"int16": "I;16", "int32": "I", "float32": "F"}


@in_own_name
def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor (C, H, W) or (H, W), or an array (H, W, C) or (H, W), as a picture; floats are taken to be from 0 to 1.

    Args:
        mode: by default "L" for one channel, "LA" for two, "RGB" for three, "RGBA" for four; "I;16" and "I" for one of
            int16 and int32, "I;16" also for one of int32 from 0 to 65535. "F" leaves floats as they are; "HSV", "YCbCr",
            "CMYK" say what the numbers mean.
    """
    if isinstance(pic, Tensor):
        x = pic.detach().numpy()
        x = x.transpose(1, 2, 0) if x.ndim == 3 else x
    elif isinstance(pic, np.ndarray):
        x = pic
    else:
        raise TypeError(f"ToPILImage: needs a tensor or an array, got {kind_of(pic)}.")
    x = x[:, :, None] if x.ndim == 2 else x
    if x.ndim != 3 or not 1 <= x.shape[2] <= 4:
        raise ValueError(f"ToPILImage: needs (C, H, W) or (H, W) with up to four channels, got {tuple(pic.shape)}.")
    if x.dtype.kind == "f" and mode != "F":
        x = (x * 255).astype(np.uint8)
    x = x.astype(np.float32) if mode == "F" else x
    c = x.shape[2]
    own = _OF_CHANNELS[c] if x.dtype == np.uint8 else _OF_DTYPES.get(x.dtype.name) if c == 1 else None
    if own is None:
        raise TypeError(f"ToPILImage: there are no pictures of {c} channels of {x.dtype}. Convert it: x.to(uint8).")
    if mode is not None and mode != own and mode not in _MODES[own]:
        allowed = ", ".join((own, *_MODES[own]))
        raise ValueError(f"ToPILImage: {c} channels of {x.dtype} make a picture of mode {allowed}, not {mode}.")
    Image = pillow("ToPILImage")
    x = np.ascontiguousarray(x[:, :, 0] if c == 1 else x)
    if "I;16" in (own, mode):
        if x.size and (x.min() < 0 or x.max() > 65535):
            raise ValueError(f"ToPILImage: a picture of mode I;16 holds 0 to 65535, these go from {x.min()} to {x.max()}.")
        return Image.fromarray(x.astype(np.uint16))
    if mode in (None, own):
        return Image.fromarray(x)
    return Image.frombytes(mode, (x.shape[1], x.shape[0]), x.tobytes())


@in_own_name
def convert_image_dtype(image: Tensor, dtype: Any = dtypes.float32) -> Tensor:
    """Another dtype, and the scale that goes with it: floats from 0 to 1, whole numbers up to the largest they can be."""
    dtype = dtypes.as_dtype(dtype)
    if image.dtype is dtype:
        return image
    here, there = image.is_floating_point(), dtype.is_floating_point
    if here and there:
        return image.to(dtype)
    if there:
        return image.to(dtype) / dtypes.iinfo(image.dtype).max
    most = dtypes.iinfo(dtype).max
    if here:
        if image.dtype is dtypes.float32 and most >= 2**31 - 1 or most >= 2**63 - 1:
            raise ValueError(
                f"convert_image_dtype: {image.dtype} has too few digits for {dtype}; go through int16 or less."
            )
        return (image * (most + 1 - 1e-3)).to(dtype)
    before = dtypes.iinfo(image.dtype).max
    if before > most:
        return (image // ((before + 1) // (most + 1))).to(dtype)
    return image.to(dtype) * ((most + 1) // (before + 1))


@in_own_name
def normalize(tensor: Tensor, mean: Any, std: Any, inplace: bool = False) -> Tensor:
    """(x − mean) / std for each channel of a tensor (…, C, H, W)."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"Normalize: needs a tensor, got {type(tensor).__name__}. Put it behind ToTensor().")
    if not tensor.is_floating_point():
        raise TypeError(f"Normalize: needs a floating tensor, got {tensor.dtype}. Put it behind ToTensor().")
    if tensor.ndim < 3:
        raise ValueError(f"Normalize: needs a tensor (…, C, H, W), got shape {tuple(tensor.shape)}.")
    m, s = (np.atleast_1d(np.asarray(a, tensor.array.dtype))[:, None, None] for a in (mean, std))
    if (s == 0).any():
        raise ValueError(f"Normalize: std is {std}; division by zero.")
    if len(m) not in (1, tensor.shape[-3]) or len(s) not in (1, tensor.shape[-3]):
        raise ValueError(f"Normalize: {len(m)} means and {len(s)} deviations for {tensor.shape[-3]} channels.")
    if inplace:
        return tensor.sub_(Tensor._of(m)).div_(Tensor._of(s))
    return (tensor - Tensor._of(m)) / Tensor._of(s)


def _numbers_of(pic: Any) -> Any:
    x = np.array(pic)
    return x.astype(np.int32) if pic.mode.startswith("I;16") else x  # 0 to 65535: int16 has no room for them


def _channels_first(x: Any) -> Any:
    return x[None] if x.ndim == 2 else np.ascontiguousarray(x.transpose(2, 0, 1))


__all__ = ["convert_image_dtype", "normalize", "pil_to_tensor", "to_pil_image", "to_tensor"]
