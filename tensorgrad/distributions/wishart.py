"""The distribution of scatter matrices: sums of x·xᵀ of normal vectors."""

from __future__ import annotations

import math
from typing import Any

from .. import linalg
from ..kernels.shapes import broadcast
from ..ops.choose import where
from ..ops.create import as_tensor
from ..ops.gamma import digamma, multigammaln
from ..ops.ranges import arange
from ..ops.sampling import randn
from ..ops.solve import cholesky_solve
from ..tensor import Tensor
from . import constraints
from .chi2 import Chi2
from .exp_family import ExponentialFamily
from .multivariate_normal import _precision_to_scale_tril, half_log_det
from .utils import lazy_property


class Wishart(ExponentialFamily):
    """p(X) = (det X)^((ν − p − 1)/2)·e^(−½·tr(Σ⁻¹·X)) / (2^(ν·p/2)·(det Σ)^(ν/2)·Γₚ(ν/2)) for positive definite X (p, p).

    Args:
        df: ν > p − 1, degrees of freedom: for a whole one X is a sum of ν x·xᵀ, x from N(0, Σ).
        covariance_matrix, precision_matrix, scale_tril: Σ, its inverse, or L with L·Lᵀ = Σ, lower triangular, (…, p, p).
            One of the three is given.
    """

    arg_constraints = {
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
        "df": constraints.greater_than(0.0),
    }
    support = constraints.positive_definite
    has_rsample = True

    def __init__(
        self,
        df: Any,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        matrices = {
            "covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril,
        }  # fmt: skip
        given = {name: m for name, m in matrices.items() if m is not None}
        if len(given) != 1:
            raise ValueError("Wishart: exactly one of covariance_matrix, precision_matrix or scale_tril must be given.")
        ((name, matrix),) = given.items()
        if matrix.dim() < 2 or matrix.shape[-1] != matrix.shape[-2]:
            raise ValueError(f"Wishart: {name} must be square, (…, p, p), got {tuple(matrix.shape)}.")
        df = df if isinstance(df, Tensor) else as_tensor(df, dtype=matrix.dtype)
        batch = broadcast("Wishart", df=tuple(df.shape), **{name: tuple(matrix.shape[:-2])})
        p = matrix.shape[-1]
        if bool((df <= p - 1).any()):
            raise ValueError(f"Wishart: df must be above p − 1 = {p - 1} for matrices (p, p), got {df.min().item()}.")
        self.df = df.expand(batch)
        setattr(self, name, matrix.expand(*batch, p, p))
        super().__init__(batch, (p, p), validate_args=validate_args)
        if name == "scale_tril":
            self._unbroadcasted_scale_tril = matrix
        elif name == "covariance_matrix":
            self._unbroadcasted_scale_tril = linalg.cholesky(matrix)
        else:
            self._unbroadcasted_scale_tril = _precision_to_scale_tril(matrix)

    @lazy_property
    def scale_tril(self) -> Tensor:
        return self._unbroadcasted_scale_tril.expand(*self._batch_shape, *self._event_shape)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        factor = self._unbroadcasted_scale_tril
        return (factor @ factor.mT).expand(*self._batch_shape, *self._event_shape)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        return linalg.inv(self.covariance_matrix)

    @property
    def _p(self) -> int:
        return self._event_shape[-1]

    @property
    def mean(self) -> Tensor:
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        """(ν − p − 1)·Σ; nan where ν ≤ p + 1 and the density has no highest point."""
        factor = self.df - self._p - 1
        return where(factor > 0, factor, math.nan)[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        return self.df[..., None, None] * (v.square() + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """L·A·Aᵀ·Lᵀ, A lower triangular with √χ²(ν − i) on its diagonal, i from 0, and N(0, 1) below it (Bartlett, 1933)."""
        shape = self._extended_shape(sample_shape)
        i = arange(self._p, dtype=self.df.dtype)
        diagonal = Chi2(self.df.unsqueeze(-1) - i).rsample(sample_shape).sqrt()
        factor = randn(shape, dtype=self.df.dtype).tril(-1) + diagonal.diag_embed()
        factor = self._unbroadcasted_scale_tril @ factor
        return factor @ factor.mT

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        n, p, scale = self.df, self._p, self._unbroadcasted_scale_tril
        batch = broadcast("Wishart", scale_tril=tuple(scale.shape[:-2]), value=tuple(value.shape[:-2]))
        solved = cholesky_solve(value.expand(*batch, p, p), scale.expand(*batch, p, p))
        trace = solved.diagonal(dim1=-2, dim2=-1).sum(-1)
        norm = n * (p * math.log(2) / 2 + half_log_det(scale)) + multigammaln(n / 2, p)
        return (n - p - 1) * half_log_det(linalg.cholesky(value)) - trace / 2 - norm

    def entropy(self) -> Tensor:
        n, p = self.df, self._p
        half = n.unsqueeze(-1) / 2 - arange(p, dtype=n.dtype) / 2
        spread = (p + 1) * (half_log_det(self._unbroadcasted_scale_tril) + p * math.log(2) / 2)
        return spread + multigammaln(n / 2, p) - (n - p - 1) / 2 * digamma(half).sum(-1) + n * p / 2


__all__ = ["Wishart"]
