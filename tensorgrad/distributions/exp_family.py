"""Exponential families: p(x; θ) = exp(⟨t(x), θ⟩ − F(θ) + k(x))."""

from __future__ import annotations

from typing import Any

from ..autograd.engine import grad
from ..autograd.modes import enable_grad
from ..tensor import Tensor
from .distribution import Distribution
from .utils import sum_rightmost


class ExponentialFamily(Distribution):
    """Base of those whose entropy may come from F, the log normaliser: F(θ) − ⟨θ, ∇F(θ)⟩ − E k(x).

    A subclass gives `_natural_params` (θ), `_log_normalizer` (F) and `_mean_carrier_measure` (E k(x)), or `entropy`.
    """

    _mean_carrier_measure: Any = 0

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise self._is_not_for("_natural_params")

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        raise self._is_not_for("_log_normalizer")

    def entropy(self) -> Tensor:
        with enable_grad():
            params = [p.detach().requires_grad_() for p in self._natural_params]
            log_normalizer = self._log_normalizer(*params)
            gradients: tuple[Any, ...] = grad(log_normalizer.sum(), params, create_graph=True)
        result = log_normalizer - self._mean_carrier_measure
        n = len(self.event_shape)
        for p, g in zip(params, gradients):
            result = result - sum_rightmost(p * g, n)
        return result
