"""Small things that distributions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import dtypes
from ..autograd.modes import enable_grad
from ..nn import functional as F
from ..ops.choose import where
from ..ops.create import full, tensor
from ..ops.elementwise import log
from ..ops.expand import broadcast_tensors
from ..ops.special import logit
from ..tensor import Tensor

euler_constant = 0.57721566490153286060


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the dtype of the first floating tensor."""
    for v in values:
        if not isinstance(v, (Tensor, int, float)):
            raise ValueError(f"broadcast_all: takes tensors and numbers, got {type(v).__name__}.")
    found = next((v.dtype for v in values if isinstance(v, Tensor) and v.is_floating_point()), None)
    dtype = found or dtypes.get_default_dtype()
    return tuple(broadcast_tensors(*[v if isinstance(v, Tensor) else tensor(v, dtype=dtype) for v in values]))


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities: the sigmoid, or the softmax over the last dim."""
    return logits.sigmoid() if is_binary else F.softmax(logits, dim=-1)


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept away from 0 and 1 by the dtype's eps."""
    eps = dtypes.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logits: log p − log(1 − p), or log p."""
    clamped = clamp_probs(probs)
    return logit(clamped) if is_binary else log(clamped)


def one_of(name: str, probs: Any, logits: Any) -> tuple[str, Any]:
    """Which of the two was given, and what it is."""
    if (probs is None) == (logits is None):
        raise ValueError(f"{name}: either `probs` or `logits` must be specified, but not both.")
    return ("probs", probs) if logits is None else ("logits", logits)


def sum_rightmost(value: Tensor, dim: int) -> Tensor:
    """The sum over the last `dim` dims."""
    return value.flatten(value.ndim - dim).sum(-1) if dim else value


def everywhere(value: float, like: Tensor) -> Tensor:
    """One number, in the shape and dtype of another tensor."""
    return full(like.shape, value, dtype=like.dtype)


def sign_and_size(x: Tensor) -> tuple[Tensor, Tensor]:
    """x as 1 or −1 times |x|, where 0 is on the right: what is smooth there has its derivatives, as with `sign` and `abs`,
    whose own are 0, it would not."""
    left = x < 0
    return where(left, -1.0, everywhere(1.0, x)), where(left, -x, x)


class lazy_property:
    """A property that is computed when first asked for, and kept."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        with enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.name, value)
        return value
