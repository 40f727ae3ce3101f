"""Gradients held to a size (Pascanu et al., arXiv:1211.5063)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...autograd.modes import no_grad
from ...ops import create, join, linalg_norm
from ...refusals import in_own_name
from ...tensor import Tensor

Tensors = Tensor | Iterable[Tensor]


def _gradients(parameters: Tensors) -> list[Any]:
    given = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in given if p.grad is not None]


@in_own_name
@no_grad()
def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all tensors as one long vector: a 0-d tensor.

    Raises:
        RuntimeError: it is inf or nan, and `error_if_nonfinite`.
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not tensors:
        return create.tensor(0.0)
    norms = [linalg_norm.vector_norm(t, float(norm_type)) for t in tensors]
    total = linalg_norm.vector_norm(join.stack(norms), float(norm_type))
    if error_if_nonfinite and not total.isfinite():
        raise RuntimeError(
            f"get_total_norm: the gradients' norm of order {norm_type} is {total.item()}, so they cannot be scaled. "
            "Look for the first nan with tensorgrad.autograd.detect_anomaly, or pass error_if_nonfinite=False."
        )
    return total


@in_own_name
@no_grad()
def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Multiply every gradient by min(1, max_norm / (total_norm + 1e-6)), in place."""
    factor = float(max_norm) / (float(total_norm) + 1e-6)
    if not factor >= 1:  # also for nan, which spreads
        for grad in _gradients(parameters):
            grad.mul_(factor)


@in_own_name
@no_grad()
def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients, in place, so that together they are no longer than `max_norm`; returns how long they were.

    Args:
        norm_type: order of the norm; inf for the largest absolute value.
        foreach: accepted.
    """
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


@in_own_name
@no_grad()
def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Hold every number of every gradient between −clip_value and clip_value, in place."""
    for grad in _gradients(parameters):
        grad.clamp_(min=-float(clip_value), max=float(clip_value))


clip_grad_norm = clip_grad_norm_  # the name of old
