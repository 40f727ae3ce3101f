"""The normal distribution of vectors whose covariance is of low rank, and a diagonal."""

from __future__ import annotations

import math
from typing import Any

from .. import linalg
from ..kernels.shapes import broadcast
from ..ops.sampling import randn
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .multivariate_normal import batch_mahalanobis, half_log_det
from .utils import lazy_property


class LowRankMultivariateNormal(Distribution):
    """MultivariateNormal with Σ = W·Wᵀ + diag(d): for n numbers and rank r it costs n·r² rather than n³ (Woodbury).

    Args:
        loc: (…, n). cov_factor: W, (…, n, r). cov_diag: d, (…, n).
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: bool | None = None) -> None:
        name = "LowRankMultivariateNormal"
        if loc.dim() < 1:
            raise ValueError(f"{name}: loc must have at least one dim.")
        n = loc.shape[-1]
        if cov_factor.dim() < 2 or cov_factor.shape[-2] != n:
            raise ValueError(f"{name}: cov_factor must be of shape (…, {n}, rank), got {tuple(cov_factor.shape)}.")
        if cov_diag.dim() < 1 or cov_diag.shape[-1] != n:
            raise ValueError(f"{name}: cov_diag must be of shape (…, {n}), got {tuple(cov_diag.shape)}.")
        batch = broadcast(
            name, loc=tuple(loc.shape[:-1]), cov_factor=tuple(cov_factor.shape[:-2]), cov_diag=tuple(cov_diag.shape[:-1])
        )
        self.loc = loc.expand(*batch, n)
        self.cov_factor = cov_factor.expand(*batch, *cov_factor.shape[-2:])
        self.cov_diag = cov_diag.expand(*batch, n)
        super().__init__(batch, (n,), validate_args=validate_args)
        self._capacitance_tril = self._capacitance()

    def _capacitance(self) -> Tensor:
        """The Cholesky factor of 1 + Wᵀ·d⁻¹·W, a matrix of rank × rank."""
        w = self.cov_factor
        inner = (w.mT / self.cov_diag.unsqueeze(-2)) @ w
        return linalg.cholesky(inner + inner.new_ones(inner.shape[-1]).diag())

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._capacitance_tril = self._capacitance_tril.expand(*new._batch_shape, *self._capacitance_tril.shape[-2:])
        for name in ("scale_tril", "covariance_matrix", "precision_matrix"):
            vars(new).pop(name, None)
        return new

    @lazy_property
    def scale_tril(self) -> Tensor:
        return linalg.cholesky(self.covariance_matrix)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        return self.cov_factor @ self.cov_factor.mT + self.cov_diag.diag_embed()

    @lazy_property
    def precision_matrix(self) -> Tensor:
        return linalg.inv(self.covariance_matrix)

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        return self.cov_factor.square().sum(-1) + self.cov_diag

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        low = randn(shape[:-1] + self.cov_factor.shape[-1:], dtype=self.loc.dtype)
        noise = randn(shape, dtype=self.loc.dtype)
        return self.loc + (self.cov_factor @ low.unsqueeze(-1)).squeeze(-1) + self.cov_diag.sqrt() * noise

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        far = value - self.loc
        scaled = far / self.cov_diag
        inner = (self.cov_factor.mT @ scaled.unsqueeze(-1)).squeeze(-1)
        distance = (far * scaled).sum(-1) - batch_mahalanobis(self._capacitance_tril, inner)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + distance)

    def _log_det(self) -> Tensor:
        return 2 * half_log_det(self._capacitance_tril) + self.cov_diag.log().sum(-1)

    def entropy(self) -> Tensor:
        return 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_det())


__all__ = ["LowRankMultivariateNormal"]
