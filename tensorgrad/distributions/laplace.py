"""The Laplace distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes
from ..ops.elementwise import expm1, log, log1p
from ..ops.sampling import rand
from ..tensor import Tensor
from .parameters import LocScale
from .utils import sign_and_size


class Laplace(LocScale):
    """p(x) = e^(−|x − loc| / scale) / (2·scale)."""

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(loc, scale, validate_args)

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale**2

    @property
    def stddev(self) -> Tensor:
        return math.sqrt(2) * self.scale

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        eps = dtypes.finfo(self.loc.dtype).eps
        u = (rand(self._extended_shape(sample_shape), dtype=self.loc.dtype) * 2 - 1).clamp(min=eps - 1, max=1 - eps)
        return self.loc - self.scale * u.sign() * log1p(-u.abs())

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return -log(2 * self.scale) - (value - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        side, far = sign_and_size(value - self.loc)
        return 0.5 - 0.5 * side * expm1(-far / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        side, far = sign_and_size(value - 0.5)
        return self.loc - self.scale * side * log1p(-2 * far)

    def entropy(self) -> Tensor:
        return 1 + log(2 * self.scale)


__all__ = ["Laplace"]
