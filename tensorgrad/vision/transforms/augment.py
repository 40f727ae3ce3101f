"""Transforms that draw what they do from a list of operations, each of some strength. For pictures of 8 bits, of Pillow or
as uint8 tensors (…, C, H, W)."""

from __future__ import annotations

import enum
from math import atan, degrees
from typing import Any

import numpy as np

from ... import dtypes
from ...tensor import Tensor
from . import functional as TF
from .base import Transform, draws
from .common import InterpolationMode, interpolation_of

# What a strength means for each operation: the span it goes through, and whether it is also taken the other way.
Space = dict[str, tuple[np.ndarray, bool]]


def _space(
    bins: int, shear: float, across: float, down: float, turn: float, enhance: float, bits: tuple[int, int]
) -> Space:
    """The operations, with `bins` strengths each from none to the most.

    Args:
        shear: as a slope; across, down: pixels; turn: degrees; enhance: share by which a factor differs from 1.
        bits: from how many to how many a channel keeps.
    """

    def span(most: float) -> tuple[np.ndarray, bool]:
        return np.linspace(0.0, most, bins), True

    kept = bits[0] - np.round(np.arange(bins) / ((bins - 1) / (bits[0] - bits[1])))
    nothing = np.zeros(bins), False
    return {
        "Identity": nothing, "ShearX": span(shear), "ShearY": span(shear), "TranslateX": span(across),
        "TranslateY": span(down), "Rotate": span(turn), "Brightness": span(enhance), "Color": span(enhance),
        "Contrast": span(enhance), "Sharpness": span(enhance), "Posterize": (kept, False),
        "Solarize": (np.linspace(255.0, 0.0, bins), False), "AutoContrast": nothing, "Equalize": nothing, "Invert": nothing,
    }  # fmt: skip


def apply(img: Any, name: str, strength: float, mode: InterpolationMode, fill: Any) -> Any:
    """One operation of a strength, as its span in `_space` says."""
    corner = [0, 0]
    match name:
        case "ShearX":
            return TF.affine(img, 0.0, (0, 0), 1.0, (degrees(atan(strength)), 0.0), mode, fill, corner)
        case "ShearY":
            return TF.affine(img, 0.0, (0, 0), 1.0, (0.0, degrees(atan(strength))), mode, fill, corner)
        case "TranslateX":
            return TF.affine(img, 0.0, (int(strength), 0), 1.0, (0.0, 0.0), mode, fill)
        case "TranslateY":
            return TF.affine(img, 0.0, (0, int(strength)), 1.0, (0.0, 0.0), mode, fill)
        case "Rotate":
            return TF.rotate(img, strength, mode, fill=fill)
        case "Posterize":
            return TF.posterize(img, int(strength))
        case "Solarize":
            return TF.solarize(img, strength)
    enhance = _ENHANCE.get(name)
    if enhance is not None:
        return enhance(img, 1.0 + strength)
    return _PLAIN[name](img)


_ENHANCE = {
    "Brightness": TF.adjust_brightness, "Color": TF.adjust_saturation, "Contrast": TF.adjust_contrast,
    "Sharpness": TF.adjust_sharpness,
}  # fmt: skip
_PLAIN = {"Identity": lambda img: img, "AutoContrast": TF.autocontrast, "Equalize": TF.equalize, "Invert": TF.invert}


class _Augmentation(Transform):
    """What they share: how pixels are made up, and what comes in at the borders."""

    def __init__(self, interpolation: Any, fill: Any) -> None:
        super().__init__()
        self.interpolation, self.fill = interpolation_of(type(self).__name__, interpolation), fill

    def _checked(self, img: Any) -> list[int]:
        """[width, height] of a picture of 8 bits."""
        if isinstance(img, Tensor) and img.dtype is not dtypes.uint8:
            raise TypeError(
                f"{type(self).__name__}: needs a picture or a uint8 tensor, got {img.dtype}. Put it before ToTensor()."
            )
        if not isinstance(img, Tensor) and getattr(img, "mode", "RGB") not in ("L", "RGB"):
            raise TypeError(
                f"{type(self).__name__}: needs a picture of mode L or RGB, got {img.mode}. Use img.convert('RGB')."
            )
        TF.on(type(self).__name__, img)
        return TF.get_image_size(img)

    def _change(self, img: Any, name: str, strengths: tuple[np.ndarray, bool], which: int, other_way: bool) -> Any:
        values, signed = strengths
        strength = float(values[which])
        return apply(img, name, -strength if signed and other_way else strength, self.interpolation, self.fill)


class AutoAugmentPolicy(enum.Enum):
    """For which data a policy was found."""

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"


# Pairs of: operation, probability, strength from 0 to 9 (the tables in the paper's appendix)
_POLICIES = {
    AutoAugmentPolicy.IMAGENET: """
        Posterize .4 8, Rotate .6 9; Solarize .6 5, AutoContrast .6; Equalize .8, Equalize .6; Posterize .6 7, Posterize .6 6;
        Equalize .4, Solarize .2 4; Equalize .4, Rotate .8 8; Solarize .6 3, Equalize .6; Posterize .8 5, Equalize 1;
        Rotate .2 3, Solarize .6 8; Equalize .6, Posterize .4 6; Rotate .8 8, Color .4 0; Rotate .4 9, Equalize .6;
        Equalize 0, Equalize .8; Invert .6, Equalize 1; Color .6 4, Contrast 1 8; Rotate .8 8, Color 1 2;
        Color .8 8, Solarize .8 7; Sharpness .4 7, Invert .6; ShearX .6 5, Equalize 1; Color .4 0, Equalize .6;
        Equalize .4, Solarize .2 4; Solarize .6 5, AutoContrast .6; Invert .6, Equalize 1; Color .6 4, Contrast 1 8;
        Equalize .8, Equalize .6""",
    AutoAugmentPolicy.CIFAR10: """
        Invert .1, Contrast .2 6; Rotate .7 2, TranslateX .3 9; Sharpness .8 1, Sharpness .9 3; ShearY .5 8, TranslateY .7 9;
        AutoContrast .5, Equalize .9; ShearY .2 7, Posterize .3 7; Color .4 3, Brightness .6 7; Sharpness .3 9, Brightness .7 9;
        Equalize .6, Equalize .5; Contrast .6 7, Sharpness .6 5; Color .7 7, TranslateX .5 8; Equalize .3, AutoContrast .4;
        TranslateY .4 3, Sharpness .2 6; Brightness .9 6, Color .2 8; Solarize .5 2, Invert 0; Equalize .2, AutoContrast .6;
        Equalize .2, Equalize .6; Color .9 9, Equalize .6; AutoContrast .8, Solarize .2 8; Brightness .1 3, Color .7 0;
        Solarize .4 5, AutoContrast .9; TranslateY .9 9, TranslateY .7 9; AutoContrast .9, Solarize .8 3; Equalize .8, Invert .1;
        TranslateY .7 9, AutoContrast .9""",
    AutoAugmentPolicy.SVHN: """
        ShearX .9 4, Invert .2; ShearY .9 8, Invert .7; Equalize .6, Solarize .6 6; Invert .9, Equalize .6;
        Equalize .6, Rotate .9 3; ShearX .9 4, AutoContrast .8; ShearY .9 8, Invert .4; ShearY .9 5, Solarize .2 6;
        Invert .9, AutoContrast .8; Equalize .6, Rotate .9 3; ShearX .9 4, Solarize .3 3; ShearY .8 8, Invert .7;
        Equalize .9, TranslateY .6 6; Invert .9, Equalize .6; Contrast .3 3, Rotate .8 4; Invert .8, TranslateY 0 2;
        ShearY .7 6, Solarize .4 8; Invert .6, Rotate .8 4; ShearY .3 7, TranslateX .9 3; ShearX .1 6, Invert .6;
        Solarize .7 2, TranslateY .6 7; ShearY .8 4, Invert .8; ShearX .7 9, TranslateY .8 3; ShearY .8 5, AutoContrast .7;
        ShearX .7 2, Invert .1""",
}


def _steps(policy: AutoAugmentPolicy) -> list[list[tuple[str, float, int]]]:
    pairs = [[step.split() for step in pair.split(",")] for pair in _POLICIES[policy].split(";")]
    return [[(name, float(p), int(strength[0]) if strength else 0) for name, p, *strength in pair] for pair in pairs]


class AutoAugment(_Augmentation):
    """One of 25 pairs of operations that a search has found good for a kind of data (Cubuk et al., arXiv:1805.09501), each
    of the two with its probability and strength."""

    def __init__(
        self,
        policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__(interpolation, fill)
        if not isinstance(policy, AutoAugmentPolicy):
            known = ", ".join(map(str, AutoAugmentPolicy))
            raise ValueError(f"AutoAugment: policy must be one of {known}, got {policy!r}.")
        self.policy, self.policies = policy, _steps(policy)

    def forward(self, img: Any) -> Any:
        w, h = self._checked(img)
        rng = draws("AutoAugment")
        chosen, shares, ways = int(rng.integers(len(self.policies))), rng.random(2), rng.integers(2, size=2)
        space = _space(10, 0.3, 150 / 331 * w, 150 / 331 * h, 30.0, 0.9, (8, 4))
        for (name, p, strength), share, way in zip(self.policies[chosen], shares, ways):
            if share < p:
                img = self._change(img, name, space[name], strength, way == 0)
        return img

    def __repr__(self) -> str:
        return f"AutoAugment(policy={self.policy}, fill={self.fill})"


class RandAugment(_Augmentation):
    """`num_ops` operations, drawn anew each time, all of one strength (Cubuk et al., arXiv:1909.13719).

    Args:
        magnitude: the strength, from 0 to num_magnitude_bins − 1.
    """

    shown = ("num_ops", "magnitude", "num_magnitude_bins", "interpolation", "fill")

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__(interpolation, fill)
        self.num_ops, self.magnitude = _whole("RandAugment", "num_ops", num_ops, 0), magnitude
        self.num_magnitude_bins = _whole("RandAugment", "num_magnitude_bins", num_magnitude_bins, 2)
        if _whole("RandAugment", "magnitude", magnitude, 0) >= num_magnitude_bins:
            raise ValueError(
                f"RandAugment: magnitude must be below num_magnitude_bins = {num_magnitude_bins}, got {magnitude}."
            )

    def forward(self, img: Any) -> Any:
        w, h = self._checked(img)
        rng = draws("RandAugment")
        space = _space(self.num_magnitude_bins, 0.3, 150 / 331 * w, 150 / 331 * h, 30.0, 0.9, (8, 4))
        del space["Invert"]
        names = list(space)
        for _ in range(self.num_ops):
            name = names[int(rng.integers(len(names)))]
            img = self._change(img, name, space[name], self.magnitude, bool(rng.integers(2)))
        return img


class TrivialAugmentWide(_Augmentation):
    """One operation of any strength, of a wide span (Müller & Hutter, arXiv:2103.10158)."""

    shown = ("num_magnitude_bins", "interpolation", "fill")

    def __init__(
        self, num_magnitude_bins: int = 31, interpolation: Any = InterpolationMode.NEAREST, fill: Any = None
    ) -> None:
        super().__init__(interpolation, fill)
        self.num_magnitude_bins = _whole("TrivialAugmentWide", "num_magnitude_bins", num_magnitude_bins, 2)

    def forward(self, img: Any) -> Any:
        self._checked(img)
        rng = draws("TrivialAugmentWide")
        space = _space(self.num_magnitude_bins, 0.99, 32.0, 32.0, 135.0, 0.99, (8, 2))
        del space["Invert"]
        names = list(space)
        name = names[int(rng.integers(len(names)))]
        which, way = int(rng.integers(self.num_magnitude_bins)), bool(rng.integers(2))
        return self._change(img, name, space[name], which, way)


class AugMix(_Augmentation):
    """The picture, mixed with a mixture of some that have gone through chains of operations (Hendrycks et al.,
    arXiv:1912.02781).

    Args:
        severity: the strength of an operation is drawn below it, from 1 to 10.
        mixture_width: so many chains.
        chain_depth: operations in one; −1: one, two or three, drawn.
        alpha: of the beta and the Dirichlet distribution that weigh them.
        all_ops: brightness, contrast, colour and sharpness too.
    """

    shown = ("severity", "mixture_width", "chain_depth", "alpha", "all_ops", "interpolation", "fill")

    def __init__(
        self,
        severity: int = 3,
        mixture_width: int = 3,
        chain_depth: int = -1,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: Any = InterpolationMode.BILINEAR,
        fill: Any = None,
    ) -> None:
        super().__init__(interpolation, fill)
        if _whole("AugMix", "severity", severity, 1) > 10:
            raise ValueError(f"AugMix: severity must be from 1 to 10, got {severity}.")
        if not alpha > 0:
            raise ValueError(f"AugMix: alpha must be above 0, got {alpha}.")
        self.severity, self.mixture_width = severity, _whole("AugMix", "mixture_width", mixture_width, 1)
        self.chain_depth, self.alpha, self.all_ops = chain_depth, alpha, all_ops

    def forward(self, img: Any) -> Any:
        w, h = self._checked(img)
        rng = draws("AugMix")
        space = _space(10, 0.3, w / 3, h / 3, 30.0, 0.9, (4, 0))
        left_out = {"Identity", "Invert", *(() if self.all_ops else _ENHANCE)}
        names = [name for name in space if name not in left_out]
        own = float(rng.beta(self.alpha, self.alpha))
        weights = (1 - own) * rng.dirichlet([self.alpha] * self.mixture_width)
        x = img if isinstance(img, Tensor) else TF.pil_to_tensor(img)
        mixed = own * x.to(dtypes.float32)
        for weight in weights:
            changed = x
            for _ in range(self.chain_depth if self.chain_depth > 0 else int(rng.integers(1, 4))):
                name = names[int(rng.integers(len(names)))]
                which, way = int(rng.integers(self.severity)), bool(rng.integers(2))
                changed = self._change(changed, name, space[name], which, way)
            mixed = mixed + float(weight) * changed.to(dtypes.float32)
        mixed = mixed.clamp(0, 255).to(dtypes.uint8)
        return mixed if isinstance(img, Tensor) else TF.to_pil_image(mixed, img.mode)


def _whole(who: str, name: str, n: Any, least: int) -> int:
    if not isinstance(n, int) or isinstance(n, bool) or n < least:
        raise ValueError(f"{who}: {name} must be a whole number of at least {least}, got {n!r}.")
    return n


__all__ = ["AugMix", "AutoAugment", "AutoAugmentPolicy", "RandAugment", "TrivialAugmentWide"]
