"""One-hot vectors made continuous, so that gradients pass: the Gumbel softmax (Jang et al., arXiv:1611.01144; Maddison et
al., arXiv:1611.00712)."""

from __future__ import annotations

from typing import Any

from ..ops.gamma import lgamma
from ..ops.sampling import rand
from ..tensor import Tensor
from . import constraints
from .categorical import Categorical, CategoricalVector
from .transformed_distribution import TransformedDistribution
from .transforms import ExpTransform
from .utils import broadcast_all, clamp_probs


class ExpRelaxedCategorical(CategoricalVector):
    """The logarithm of a `RelaxedOneHotCategorical`: log_softmax((logits + Gumbel noise) / temperature)."""

    support = constraints.real_vector  # those whose exp sums to 1
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(Categorical(probs, logits), validate_args)
        self.temperature = temperature

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        u = clamp_probs(rand(self._extended_shape(sample_shape), dtype=self.logits.dtype))
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - scores.logsumexp(-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        k = self._categorical._num_events
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        temperature = value.new_ones(()) * self.temperature
        score = logits - value.mul(self.temperature)
        score = (score - score.logsumexp(-1, keepdim=True)).sum(-1)
        return score + lgamma(value.new_full((), float(k))) + (k - 1) * temperature.log()


class RelaxedOneHotCategorical(TransformedDistribution):
    """Probabilities, nearer to a single 1 the lower the temperature."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex
    has_rsample = True
    base_dist: ExpRelaxedCategorical

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    @property
    def temperature(self) -> Any:
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        return self.base_dist.probs


__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]
