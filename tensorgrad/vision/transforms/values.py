"""Transforms between pictures and tensors, and of the numbers in a tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import dtypes
from ...ops.create import as_tensor
from ...tensor import Tensor
from . import functional as TF
from .base import Transform, drawn, draws
from .common import kind_of, probability_of, span_of


class ToTensor(Transform):
    """A picture, or an array (H, W) or (H, W, C), as a tensor (C, H, W). uint8 becomes float from 0 to 1."""

    def forward(self, pic: Any) -> Tensor:
        return TF.to_tensor(pic)


class PILToTensor(Transform):
    """A picture as a tensor (C, H, W), with its numbers as they are."""

    def forward(self, pic: Any) -> Tensor:
        return TF.pil_to_tensor(pic)


class ToPILImage(Transform):
    """A tensor (C, H, W) or an array (H, W, C) as a picture; floats are taken to be from 0 to 1.

    Args:
        mode: of the picture; by default "L" for one channel, "LA" for two, "RGB" for three, "RGBA" for four.
    """

    def __init__(self, mode: str | None = None) -> None:
        super().__init__()
        self.mode = mode
        self.shown = () if mode is None else ("mode",)

    def forward(self, pic: Any) -> Any:
        return TF.to_pil_image(pic, self.mode)


class ConvertImageDtype(Transform):
    """A tensor of another dtype, on the scale that goes with it: floats from 0 to 1, whole numbers up to the largest."""

    def __init__(self, dtype: Any) -> None:
        super().__init__()
        self.dtype = dtypes.as_dtype(dtype)

    def forward(self, image: Tensor) -> Tensor:
        return TF.convert_image_dtype(image, self.dtype)


class Normalize(Transform):
    """(x − mean) / std for each channel of a tensor (…, C, H, W)."""

    shown = ("mean", "std")

    def __init__(self, mean: Sequence[float] | float, std: Sequence[float] | float, inplace: bool = False) -> None:
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace
        if (np.asarray(std) == 0).any():
            raise ValueError(f"Normalize: std is {std}; division by zero.")

    def forward(self, tensor: Tensor) -> Tensor:
        return TF.normalize(tensor, self.mean, self.std, self.inplace)


class LinearTransformation(Transform):
    """(x − mean) · matrix of the flattened tensor: whitening, say.

    Args:
        transformation_matrix: (D, D), D = C · H · W. mean_vector: (D,).
    """

    def __init__(self, transformation_matrix: Tensor, mean_vector: Tensor) -> None:
        super().__init__()
        self.transformation_matrix, self.mean_vector = as_tensor(transformation_matrix), as_tensor(mean_vector)
        matrix, mean = tuple(self.transformation_matrix.shape), tuple(self.mean_vector.shape)
        if len(matrix) != 2 or matrix[0] != matrix[1] or mean != matrix[:1]:
            raise ValueError(f"LinearTransformation: needs a matrix (D, D) and a mean (D,), got {matrix} and {mean}.")

    def forward(self, tensor: Tensor) -> Tensor:
        d = len(self.mean_vector)
        if math.prod(tensor.shape[-3:]) != d:
            raise ValueError(
                f"LinearTransformation: the tensor has shape {tuple(tensor.shape)}, the matrix ({d}, {d})."
            )
        flat = tensor.reshape(-1, d) - self.mean_vector
        return (flat @ self.transformation_matrix).reshape(tensor.shape)

    def __repr__(self) -> str:
        matrix, mean = self.transformation_matrix.tolist(), self.mean_vector.tolist()
        return f"LinearTransformation(transformation_matrix={matrix}, mean_vector={mean})"


class RandomErasing(Transform):
    """A rectangle of a tensor (…, C, H, W) painted over, with probability p (Zhong et al., arXiv:1708.04896).

    Args:
        scale: its area, as a share of the picture's. ratio: its height over its width.
        value: what with: a number, one per channel, or "random" for normal numbers.
    """

    shown = ("p", "scale", "ratio", "value", "inplace")

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        self.p = probability_of("RandomErasing", p)
        self.scale, self.ratio = span_of("RandomErasing", "scale", scale), span_of("RandomErasing", "ratio", ratio)
        if self.scale[1] > 1:
            raise ValueError(f"RandomErasing: scale is a share, at most 1, got {self.scale}.")
        if isinstance(value, str) and value != "random":
            raise ValueError(f"RandomErasing: value must be a number, one per channel, or 'random', got {value!r}.")
        self.value, self.inplace = value, inplace

    @staticmethod
    def get_params(
        img: Tensor, scale: Sequence[float], ratio: Sequence[float], value: Sequence[float] | None = None
    ) -> tuple[int, int, int, int, Tensor]:
        """Row, column, height and width of a rectangle, and what it is painted with; of all, if none fits, itself."""
        c, h, w = img.shape[-3:]
        rng = draws("RandomErasing")
        for _ in range(10):
            area = h * w * drawn(rng, scale)
            shape = math.exp(drawn(rng, (math.log(ratio[0]), math.log(ratio[1]))))
            ph, pw = int(round(math.sqrt(area * shape))), int(round(math.sqrt(area / shape)))
            if not (ph < h and pw < w):
                continue
            paint = rng.standard_normal((c, ph, pw)) if value is None else np.reshape(value, (-1, 1, 1))
            top, left = int(rng.integers(h - ph + 1)), int(rng.integers(w - pw + 1))
            return top, left, ph, pw, as_tensor(paint).to(img.dtype)
        return 0, 0, h, w, img

    def forward(self, img: Tensor) -> Tensor:
        if not isinstance(img, Tensor) or img.ndim < 3:
            raise TypeError(
                f"RandomErasing: needs a tensor (…, C, H, W), got {kind_of(img)}. Put it behind ToTensor()."
            )
        if draws("RandomErasing").random() >= self.p:
            return img
        value = None if self.value == "random" else np.atleast_1d(self.value)
        if value is not None and value.size not in (1, img.shape[-3]):
            raise ValueError(f"RandomErasing: {value.size} values for {img.shape[-3]} channels.")
        top, left, h, w, paint = self.get_params(img, self.scale, self.ratio, value)  # type: ignore[arg-type]
        return img if paint is img else TF.erase(img, top, left, h, w, paint, self.inplace)


__all__ = [
    "ConvertImageDtype", "LinearTransformation", "Normalize", "PILToTensor", "RandomErasing", "ToPILImage", "ToTensor",
]  # fmt: skip
