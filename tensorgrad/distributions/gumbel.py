"""The Gumbel distribution, of largest values."""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes
from ..ops.create import full_like, ones_like
from ..ops.elementwise import log
from ..tensor import Tensor
from . import constraints
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, ExpTransform
from .uniform import Uniform
from .utils import broadcast_all, euler_constant


class Gumbel(TransformedDistribution):
    """cdf(x) = e^(−e^(−y)), y = (x − loc)/scale."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        f = dtypes.finfo(self.loc.dtype)
        base = Uniform(full_like(self.loc, f.tiny), full_like(self.loc, 1 - f.eps), validate_args=False)
        minus = AffineTransform(0, -ones_like(self.scale))
        maps = [ExpTransform().inv, minus, ExpTransform().inv, AffineTransform(self.loc, -self.scale)]
        super().__init__(base, maps, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.transforms = [*new.transforms[:3], AffineTransform(new.loc, -new.scale)]
        return new

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * euler_constant

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Tensor:
        return self.stddev.pow(2)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        y = (self.loc - value) / self.scale
        return y - y.exp() - log(self.scale)

    def entropy(self) -> Tensor:
        return log(self.scale) + (1 + euler_constant)


__all__ = ["Gumbel"]
