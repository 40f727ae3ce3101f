"""The categorical distribution: one of several numbers."""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes
from ..autograd.modes import no_grad
from ..ops.ranges import arange
from ..ops.sampling import multinomial
from ..tensor import Size, Tensor
from . import constraints
from .distribution import Distribution
from .parameters import ProbsOrLogits
from .utils import everywhere, one_of


class Categorical(ProbsOrLogits):
    """A number from 0 to K − 1, with the K probabilities along the last dim of `probs` (they need not sum to 1), or
    softmax(`logits`). One of the two is given."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    _is_binary = False

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        given, value = one_of("Categorical", probs, logits)
        if value.dim() < 1:
            raise ValueError(f"Categorical: {given} must have at least one dim.")
        if given == "probs":
            self.probs = value / value.sum(-1, keepdim=True)
        else:
            self.logits = value - value.logsumexp(-1, keepdim=True)
        self._num_events = value.shape[-1]
        super().__init__(value.shape[:-1], validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> constraints.Constraint:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return everywhere(math.nan, self._param[..., 0])

    variance = mean  # categories have no order

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            shape = Size(sample_shape)
            drawn = multinomial(self.probs.reshape(-1, self._num_events), shape.numel(), True)
            return drawn.T.reshape(shape + self._batch_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        value = value.long().unsqueeze(-1)
        n = max(value.dim(), self.logits.dim())
        shape = [max(a, b) for a, b in zip(*[(1,) * (n - x.dim()) + x.shape[:-1] for x in (value, self.logits)])]
        return self.logits.expand(*shape, self._num_events).gather(-1, value.expand(*shape, 1)).squeeze(-1)

    def entropy(self) -> Tensor:
        logits = self.logits.clamp(min=dtypes.finfo(self.logits.dtype).min)  # 0 · −∞ is 0 here
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = arange(self._num_events).view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1,) + self._batch_shape) if expand else values


class CategoricalVector(Distribution):
    """Base of those over vectors with an entry for each category, which keep a `Categorical` for their parameters."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(self, categorical: Categorical, validate_args: bool | None = None) -> None:
        self._categorical = categorical
        super().__init__(categorical.batch_shape, categorical.param_shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    @property
    def probs(self) -> Tensor:
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        return self._categorical.logits

    @property
    def _param(self) -> Tensor:
        return self._categorical._param

    @property
    def param_shape(self) -> Size:
        return self._categorical.param_shape


__all__ = ["Categorical", "CategoricalVector"]
