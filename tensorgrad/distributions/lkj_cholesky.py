"""The distribution of correlation matrices, by their Cholesky factors."""

from __future__ import annotations

import math
from typing import Any

from ..ops.create import zeros
from ..ops.gamma import lgamma
from ..ops.ranges import arange
from ..ops.sampling import randn
from ..tensor import Tensor
from . import constraints
from .beta import Beta
from .distribution import Distribution
from .utils import broadcast_all


class LKJCholesky(Distribution):
    """L, lower triangular with rows of length one, for which R = L·Lᵀ has p(R) ∝ (det R)^(η − 1), η = concentration.

    At η = 1 every correlation matrix is as likely as any other, above it those near the identity are more so
    (Lewandowski, Kurowicka & Joe, "Generating random correlation matrices", J. Multivariate Analysis 100, 2009).

    Args:
        dim: rows of the matrices, at least 2.
        concentration: η > 0, any shape.
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky
    has_rsample = False

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if not isinstance(dim, int) or dim < 2:
            raise ValueError(f"LKJCholesky: dim must be a whole number of at least 2, got {dim!r}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args=validate_args)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Row by row, the "onion": a point of the unit ball whose squared length r² is Beta(i/2, η + (d − 1 − i)/2), i from
        0, in an even direction; what is missing to length one stands on the diagonal."""
        shape, d = self._extended_shape(sample_shape), self.dim
        eta = self.concentration.detach()
        i = arange(1, d, dtype=eta.dtype)
        squared = Beta(i / 2, eta.unsqueeze(-1) + (d - 1 - i) / 2).sample(sample_shape)  # (…, d − 1)
        way = randn(shape, dtype=eta.dtype).tril(-1)[..., 1:, :]
        way = way / way.square().sum(-1, keepdim=True).sqrt()
        out = zeros(shape, dtype=eta.dtype)
        out[..., 1:, :] = way * squared.sqrt().unsqueeze(-1)
        out[..., 0, 0] = 1.0
        for row in range(1, d):
            out[..., row, row] = (1 - squared[..., row - 1]).sqrt()
        return out

    def log_prob(self, value: Tensor) -> Tensor:
        """Of L, not of R: the measure is that of the numbers below its diagonal."""
        if self._validate_args:
            self._validate_sample(value)
        d, eta = self.dim, self.concentration
        diagonal = value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        power = 2 * (eta.unsqueeze(-1) - 1) + arange(d - 2, -1, -1, dtype=eta.dtype)
        k = arange(1, d, dtype=eta.dtype)
        half = eta.unsqueeze(-1)
        norm = (k * (math.log(math.pi) / 2) + lgamma(half + (d - 1 - k) / 2) - lgamma(half + (d - 1) / 2)).sum(-1)
        return (power * diagonal.log()).sum(-1) - norm


__all__ = ["LKJCholesky"]
