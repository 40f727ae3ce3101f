"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any

from ..autograd.modes import no_grad
from ..nn import functional as F
from ..tensor import Size, Tensor
from . import constraints
from .categorical import Categorical
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """Each value is drawn from one of K components, chosen by a Categorical.

    Args:
        mixture_distribution: Categorical over K. component_distribution: with K as the last dim of its batch_shape.
    """

    arg_constraints: Any = {}
    has_rsample = False

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError("MixtureSameFamily: mixture_distribution must be a Categorical.")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("MixtureSameFamily: component_distribution must be a Distribution.")
        mixture, components = mixture_distribution.batch_shape, component_distribution.batch_shape
        if not components or mixture_distribution._num_events != components[-1]:
            raise ValueError(
                f"MixtureSameFamily: the mixture has {mixture_distribution._num_events} components, the last dim of the "
                f"components' batch_shape {tuple(components)} must have as many."
            )
        for a, b in zip(reversed(mixture), reversed(components[:-1])):
            if 1 not in (a, b) and a != b:
                raise ValueError(
                    f"MixtureSameFamily: batch_shape {tuple(mixture)} of the mixture does not fit {tuple(components)} of "
                    "the components."
                )
        self._num_component = components[-1]
        event = component_distribution.event_shape
        self._event_ndims = len(event)
        super().__init__(components[:-1], event, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        batch_shape = Size(batch_shape)
        new._component_distribution = self._component_distribution.expand(batch_shape + (self._num_component,))
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        return new

    @constraints.dependent_property
    def support(self) -> Any:
        return self._component_distribution.support

    @property
    def mixture_distribution(self) -> Categorical:
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        return self._component_distribution

    @property
    def _weights(self) -> Tensor:
        """The probabilities of the components, shaped to multiply their means."""
        probs = self._mixture_distribution.probs
        return probs.reshape(probs.shape + (1,) * self._event_ndims)

    @property
    def mean(self) -> Tensor:
        return (self._weights * self._component_distribution.mean).sum(-1 - self._event_ndims)

    @property
    def variance(self) -> Tensor:
        at = -1 - self._event_ndims
        within = (self._weights * self._component_distribution.variance).sum(at)
        between = (self._weights * (self._component_distribution.mean - self.mean.unsqueeze(at)).pow(2)).sum(at)
        return within + between

    def cdf(self, value: Tensor) -> Tensor:
        below = self._component_distribution.cdf(self._for_each(value))
        return (below * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        each = self._component_distribution.log_prob(self._for_each(value))
        return (each + F.log_softmax(self._mixture_distribution.logits, dim=-1)).logsumexp(-1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            drawn = self._component_distribution.sample(sample_shape)
            chosen = self._mixture_distribution.expand(self._batch_shape).sample(sample_shape)
            at = drawn.ndim - 1 - self._event_ndims
            index = chosen.reshape(chosen.shape + (1,) * (1 + self._event_ndims))
            index = index.expand(chosen.shape + (1,) + self._event_shape)
            return drawn.gather(at, index).squeeze(at)

    def _for_each(self, value: Tensor) -> Tensor:
        return value.unsqueeze(-1 - self._event_ndims)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"


__all__ = ["MixtureSameFamily"]
