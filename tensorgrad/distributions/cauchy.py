"""The Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any

from ..ops.create import zeros
from ..ops.elementwise import log
from ..ops.trigonometry import atan, tan
from ..tensor import Tensor
from .parameters import LocScale
from .utils import everywhere


class Cauchy(LocScale):
    """p(x) = 1 / (π·scale·(1 + ((x − loc)/scale)²)). It has neither mean nor variance."""

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(loc, scale, validate_args)

    @property
    def mean(self) -> Tensor:
        return everywhere(math.nan, self.loc)

    @property
    def variance(self) -> Tensor:
        return everywhere(math.inf, self.loc)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.loc + zeros(self._extended_shape(sample_shape), dtype=self.loc.dtype).cauchy_() * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return -math.log(math.pi) - log(self.scale) - (((value - self.loc) / self.scale) ** 2).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return atan((value - self.loc) / self.scale) / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        return tan(math.pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Tensor:
        return math.log(4 * math.pi) + log(self.scale)


__all__ = ["Cauchy"]
