"""The continuous Bernoulli distribution (Loaiza-Ganem & Cunningham, arXiv:1907.06845)."""

from __future__ import annotations

import math
from typing import Any

from ..nn import functional as F
from ..ops.choose import where
from ..ops.sampling import rand
from ..tensor import Tensor
from . import constraints
from .exp_family import ExponentialFamily
from .parameters import ProbsOrLogits
from .utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs


class ContinuousBernoulli(ProbsOrLogits, ExponentialFamily):
    """p(x) ∝ pˣ·(1 − p)^(1 − x) from 0 to 1; p is `probs`, or sigmoid(`logits`). One of the two is given.

    Args:
        lims: between these p counts as near ½, where a Taylor series takes the place of what would be 0/0.
    """

    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._keep(probs, logits)
        if probs is not None:
            self.probs = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(self.param_shape, validate_args=validate_args)

    @lazy_property
    def probs(self) -> Tensor:
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _far(self) -> Tensor:
        """Where p is not near ½."""
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut(self) -> Tensor:
        """p, held away from ½."""
        return where(self._far(), self.probs, self._lims[0])

    def _cont_bern_log_norm(self) -> Tensor:
        """log of the factor that makes the density integrate to 1."""
        cut = self._cut()
        small = where(cut <= 0.5, cut, 0.0)
        large = where(cut >= 0.5, cut, 1.0)
        width = where(cut <= 0.5, (-2.0 * small).log1p(), (2.0 * large - 1.0).log())
        log_norm = ((-cut).log1p() - cut.log()).abs().log() - width
        x = (self.probs - 0.5).pow(2)
        return where(self._far(), log_norm, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self) -> Tensor:
        cut = self._cut()
        mean = cut / (2.0 * cut - 1.0) + 1.0 / ((-cut).log1p() - cut.log())
        x = self.probs - 0.5
        return where(self._far(), mean, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def variance(self) -> Tensor:
        cut = self._cut()
        spread = cut * (cut - 1.0) / (1.0 - 2.0 * cut).pow(2) + 1.0 / ((-cut).log1p() - cut.log()).pow(2)
        x = (self.probs - 0.5).pow(2)
        return where(self._far(), spread, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    @property
    def stddev(self) -> Tensor:
        return self.variance.sqrt()

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -F.binary_cross_entropy_with_logits(logits, value, reduction="none") + self._cont_bern_log_norm()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        cut = self._cut()
        below = (cut.pow(value) * (1.0 - cut).pow(1.0 - value) + cut - 1.0) / (2.0 * cut - 1.0)
        x, z = value, self.logits  # near ½ the series of (e^(z·x) − 1) / (eᶻ − 1) in z
        even = x * (x - 1.0) / 2.0
        near = x + even * (1.0 + ((2.0 * x - 1.0) / 6.0 + even / 6.0 * z) * z) * z
        below = where(self._far(), below, near)
        return where(value <= 0.0, 0.0, where(value >= 1.0, 1.0, below))

    def icdf(self, value: Tensor) -> Tensor:
        cut = self._cut()
        found = ((-cut + value * (2.0 * cut - 1.0)).log1p() - (-cut).log1p()) / (cut.log() - (-cut).log1p())
        u, z = value, self.logits  # near ½ the series of ln(1 + u·(eᶻ − 1)) / z in z
        even = u * (1.0 - u) / 2.0
        near = u + even * (1.0 + ((1.0 - 2.0 * u) / 3.0 + (1.0 - 12.0 * even) / 12.0 * z) * z) * z
        return where(self._far(), found, near)

    def entropy(self) -> Tensor:
        other = (-self.probs).log1p()
        return self.mean * (other - self.probs.log()) - self._cont_bern_log_norm() - other


__all__ = ["ContinuousBernoulli"]
