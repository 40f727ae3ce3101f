"""The geometric distribution: how often one fails before the first success."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.modes import no_grad
from ..nn import functional as F
from ..ops.choose import where
from ..ops.create import zeros_like
from ..ops.sampling import rand
from ..tensor import Tensor
from . import constraints
from .parameters import ProbsOrLogits
from .utils import broadcast_all


class Geometric(ProbsOrLogits):
    """P(k) = (1 − p)ᵏ·p for k = 0, 1, 2, …; p is `probs`, or sigmoid(`logits`). One of the two is given."""

    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._keep(probs, logits)
        super().__init__(self.param_shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not bool((self.probs > 0).all()):
            raise ValueError("Geometric: probs must be above 0: one that never succeeds fails forever.")

    @property
    def mean(self) -> Tensor:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            tiny = dtypes.finfo(self.probs.dtype).tiny
            u = rand(self._extended_shape(sample_shape), dtype=self.probs.dtype).clamp(min=tiny)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        never = where((probs == 1) & (value == 0), 0.0, probs)
        return value * (-never).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        return F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs


__all__ = ["Geometric"]
