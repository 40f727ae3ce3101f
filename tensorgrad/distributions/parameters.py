"""Parameters that several distributions take in the same way: probs or logits; loc and scale."""

from __future__ import annotations

from typing import Any

from ..tensor import Size, Tensor
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, one_of, probs_to_logits


class ProbsOrLogits(Distribution):
    """Base of those that take `probs` or `logits`, log p − log(1 − p); the other is computed when first asked for."""

    arg_constraints: Any = {"probs": constraints.unit_interval, "logits": constraints.real}
    _is_binary = True  # or of several categories, along the last dim, where logits are log p

    def _keep(self, probs: Any, logits: Any, *others: Any) -> tuple[Tensor, ...]:
        """Keep the one that is given; the other parameters come back in its shape, and it in theirs."""
        name, value = one_of(type(self).__name__, probs, logits)
        values = broadcast_all(*others, value)
        setattr(self, name, values[-1])
        return values[:-1]

    @lazy_property
    def logits(self) -> Tensor:
        return probs_to_logits(self.probs, self._is_binary)

    @lazy_property
    def probs(self) -> Tensor:
        return logits_to_probs(self.logits, self._is_binary)

    @property
    def _param(self) -> Tensor:
        return self.probs if "probs" in vars(self) else self.logits

    @property
    def param_shape(self) -> Size:
        """Of `probs` and `logits`."""
        return self._param.shape


class LocScale(Distribution):
    """Base of those whose densities are one curve, moved by `loc`, its middle and its highest point, and `scale` times as
    wide."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc


__all__ = ["LocScale", "ProbsOrLogits"]
