"""The multinomial distribution: how often each category comes in several draws."""

from __future__ import annotations

from typing import Any

from ..autograd.modes import no_grad
from ..ops.gamma import lgamma
from ..ops.ranges import arange
from ..tensor import Size, Tensor
from . import constraints
from .binomial import Binomial
from .categorical import Categorical, CategoricalVector
from .utils import broadcast_all


class Multinomial(CategoricalVector):
    """P(k) = n! / Π kᵢ! · Π pᵢ^kᵢ for counts that sum to n = total_count, an int; p is `probs`, along the last dim, or
    softmax(`logits`). One of the two is given."""

    total_count: int

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(f"Multinomial: total_count must be an int, got {type(total_count).__name__}.")
        self.total_count = total_count
        super().__init__(Categorical(probs, logits), validate_args)
        self._binomial = Binomial(total_count, probs=self.probs)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._binomial = Binomial(self.total_count, probs=new.probs, validate_args=False)
        return new

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> constraints.Constraint:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            numbers = self._categorical.sample(Size((self.total_count,)) + Size(sample_shape))
            numbers = numbers.movedim(0, -1)
            counts = self.probs.new_zeros(self._extended_shape(sample_shape))
            return counts.scatter_add_(-1, numbers, counts.new_ones(numbers.shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        never = (value == 0) & (logits == -float("inf"))
        powers = (logits.masked_fill(never, 0) * value).sum(-1)
        return lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1) + powers

    def entropy(self) -> Tensor:
        n = self.logits.new_tensor(self.total_count)
        counts = arange(1, self.total_count + 1, dtype=self.logits.dtype)
        counts = counts.view((-1,) + (1,) * len(self.probs.shape))
        weights = self._binomial.log_prob(counts).exp()
        spread = (weights * lgamma(counts + 1)).sum((0, -1))
        return n * self._categorical.entropy() - lgamma(n + 1) + spread


__all__ = ["Multinomial"]
