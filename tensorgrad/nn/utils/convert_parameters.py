"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...ops import join
from ...refusals import in_own_name
from ...tensor import Tensor


@in_own_name
def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The numbers of all parameters in a row: (total,). Differentiable."""
    flat: list[Any] = [p.reshape(-1) for p in parameters]
    if not flat:
        raise ValueError("parameters_to_vector: needs at least one parameter.")
    return join.cat(flat)


@in_own_name
def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give every parameter its piece of the vector, (total,), as new memory: they share it."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: needs a Tensor, got {type(vec).__name__}.")
    parameters = list(parameters)
    total = sum(p.numel() for p in parameters)
    if tuple(vec.shape) != (total,):
        raise ValueError(f"vector_to_parameters: the parameters hold {total} numbers, vec is {tuple(vec.shape)}.")
    first, data = 0, vec.detach()
    for p in parameters:
        n = p.numel()
        p.data = data[first : first + n].reshape(p.shape)
        first += n
