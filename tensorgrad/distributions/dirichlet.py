"""The Dirichlet distribution, over probabilities."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..ops.choose import where
from ..ops.embedding import one_hot
from ..ops.gamma import digamma, lgamma
from ..ops.sampling import standard_gamma
from ..ops.special import xlogy
from ..tensor import Tensor
from . import constraints
from .exp_family import ExponentialFamily


class Dirichlet(ExponentialFamily):
    """p(x) = Γ(Σα) / Π Γ(αᵢ) · Π xᵢ^(αᵢ − 1) for x that sum to 1, α = concentration, along the last dim."""

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("Dirichlet: concentration must have at least one dim.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Tensor:
        least = (self.concentration - 1).clamp(min=0.0)
        inner = least / least.sum(-1, True)
        corner = (self.concentration < 1).all(-1, keepdim=True)
        nearest = one_hot(inner.argmax(-1), self.concentration.shape[-1]).to(inner.dtype)
        return where(corner, nearest, inner)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total**2 * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        parts = standard_gamma(self.concentration.expand(self._extended_shape(sample_shape)))
        parts = parts.clamp(min=dtypes.finfo(parts.dtype).tiny)
        return parts / parts.sum(-1, True)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        a = self.concentration
        return xlogy(a - 1.0, value).sum(-1) + lgamma(a.sum(-1)) - lgamma(a).sum(-1)

    def entropy(self) -> Tensor:
        a, k = self.concentration, self.concentration.shape[-1]
        total = a.sum(-1)
        spread = lgamma(a).sum(-1) - lgamma(total) - (k - total) * digamma(total)
        return spread - ((a - 1.0) * digamma(a)).sum(-1)


__all__ = ["Dirichlet"]
