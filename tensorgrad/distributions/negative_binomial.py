"""The negative binomial distribution: how many successes come before so many failures."""

from __future__ import annotations

from typing import Any

from ..autograd.modes import no_grad
from ..nn import functional as F
from ..ops.elementwise import exp
from ..ops.gamma import lgamma
from ..ops.sampling import poisson
from ..tensor import Tensor
from . import constraints
from .gamma import Gamma
from .parameters import ProbsOrLogits


class NegativeBinomial(ProbsOrLogits):
    """P(k) = Γ(n + k) / (k!·Γ(n))·pᵏ·(1 − p)ⁿ, n = total_count failures; p, of a success, is `probs`, or sigmoid(`logits`).
    One of the two is given."""

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        (count,) = self._keep(probs, logits, total_count)
        self.total_count = count.type_as(self._param)
        super().__init__(self.param_shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * exp(self.logits)

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():  # a Poisson distribution whose rate is drawn from a gamma distribution
            return poisson(Gamma(self.total_count, exp(-self.logits), validate_args=False).sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        n = self.total_count
        unnormalized = n * F.logsigmoid(-self.logits) + value * F.logsigmoid(self.logits)
        normalization = -lgamma(n + value) + lgamma(1.0 + value) + lgamma(n)
        normalization = normalization.masked_fill(n + value == 0.0, 0.0)
        return unnormalized - normalization


__all__ = ["NegativeBinomial"]
