"""The normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any

from .. import linalg
from ..kernels.shapes import broadcast
from ..ops.sampling import randn
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .utils import lazy_property


def batch_mahalanobis(scale_tril: Tensor, far: Tensor) -> Tensor:
    """farᵀ·(L·Lᵀ)⁻¹·far, for each of a batch."""
    shape = broadcast("MultivariateNormal", scale_tril=tuple(scale_tril.shape[:-2]), value=tuple(far.shape[:-1]))
    n = far.shape[-1]
    solved = linalg.solve_triangular(
        scale_tril.expand(*shape, n, n), far.expand(*shape, n).unsqueeze(-1), upper=False
    )
    return solved.squeeze(-1).square().sum(-1)


def half_log_det(scale_tril: Tensor) -> Tensor:
    """log det L, half that of L·Lᵀ."""
    return scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


class MultivariateNormal(Distribution):
    """p(x) = e^(−½·(x − loc)ᵀ·Σ⁻¹·(x − loc)) / √((2π)ⁿ·det Σ) for vectors of n numbers.

    Args:
        loc: the mean, (…, n).
        covariance_matrix, precision_matrix, scale_tril: Σ, its inverse, or L with L·Lᵀ = Σ, lower triangular, (…, n, n).
            One of the three is given.
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("MultivariateNormal: loc must have at least one dim.")
        matrices = {
            "covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril,
        }  # fmt: skip
        given = {name: m for name, m in matrices.items() if m is not None}
        if len(given) != 1:
            raise ValueError(
                "MultivariateNormal: exactly one of covariance_matrix, precision_matrix or scale_tril must be given."
            )
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError(f"MultivariateNormal: {name} must have at least two dims, got {tuple(matrix.shape)}.")
        batch = broadcast("MultivariateNormal", **{name: tuple(matrix.shape[:-2]), "loc": tuple(loc.shape[:-1])})
        setattr(self, name, matrix.expand(*batch, *matrix.shape[-2:]))
        self.loc = loc.expand(*batch, -1)
        super().__init__(batch, self.loc.shape[-1:], validate_args=validate_args)
        if name == "scale_tril":
            self._unbroadcasted_scale_tril = matrix
        elif name == "covariance_matrix":
            self._unbroadcasted_scale_tril = linalg.cholesky(matrix)
        else:
            self._unbroadcasted_scale_tril = _precision_to_scale_tril(matrix)

    @lazy_property
    def scale_tril(self) -> Tensor:
        n = self._event_shape[0]
        return self._unbroadcasted_scale_tril.expand(*self._batch_shape, n, n)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        n = self._event_shape[0]
        factor = self._unbroadcasted_scale_tril
        return (factor @ factor.mT).expand(*self._batch_shape, n, n)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        n = self._event_shape[0]
        return linalg.inv(self.covariance_matrix).expand(*self._batch_shape, n, n)

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        return self._unbroadcasted_scale_tril.square().sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        noise = randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self._unbroadcasted_scale_tril @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        distance = batch_mahalanobis(self._unbroadcasted_scale_tril, value - self.loc)
        n = self._event_shape[0]
        return -0.5 * (n * math.log(2 * math.pi) + distance) - half_log_det(self._unbroadcasted_scale_tril)

    def entropy(self) -> Tensor:
        n = self._event_shape[0]
        spread = 0.5 * n * (1.0 + math.log(2 * math.pi)) + half_log_det(self._unbroadcasted_scale_tril)
        return spread.expand(self._batch_shape)


def _precision_to_scale_tril(precision: Tensor) -> Tensor:
    """L with L·Lᵀ = P⁻¹: with P, read backwards, = C·Cᵀ, it is C, read backwards, transposed and inverted."""
    flipped = linalg.cholesky(precision.flip((-2, -1)))
    upper = flipped.flip((-2, -1)).mT
    identity = precision.new_zeros(precision.shape) + precision.new_ones(precision.shape[-1]).diag()
    return linalg.solve_triangular(upper, identity, upper=False)


__all__ = ["MultivariateNormal"]
