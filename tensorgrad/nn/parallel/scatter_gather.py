"""A batch divided among devices, and results put together again. All pieces are on one device here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ops.join import cat
from ...tensor import Tensor


def scatter(inputs: Any, target_gpus: Sequence[Any], dim: int = 0) -> list[Any]:
    """For each of `target_gpus` a piece: tensors are cut along `dim`, also inside tuples, lists and dicts; anything else
    goes to each as it is. There may be fewer pieces than devices."""
    n = len(target_gpus)
    if isinstance(inputs, Tensor):
        return list(inputs.chunk(n, dim))
    if isinstance(inputs, (tuple, list)) and inputs:
        columns = zip(*[scatter(x, target_gpus, dim) for x in inputs])
        return [_like(inputs, column) for column in columns]
    if isinstance(inputs, dict) and inputs:
        columns = zip(*[scatter(x, target_gpus, dim) for x in inputs.values()])
        return [type(inputs)(zip(inputs, column)) for column in columns]
    return [inputs] * n


def scatter_kwargs(
    inputs: tuple[Any, ...], kwargs: dict[str, Any] | None, target_gpus: Sequence[Any], dim: int = 0
) -> tuple[tuple[Any, ...], tuple[dict[str, Any], ...]]:
    """The pieces of positional and of named arguments, as many of one as of the other."""
    pieces = scatter(inputs, target_gpus, dim) if inputs else []
    named = scatter(kwargs, target_gpus, dim) if kwargs else []
    n = max(len(pieces), len(named))
    pieces += [()] * (n - len(pieces))
    named += [{}] * (n - len(named))
    return tuple(pieces), tuple(named)


def gather(outputs: Sequence[Any], target_device: Any, dim: int = 0) -> Any:
    """The results of several devices as one: tensors are joined along `dim`, also inside tuples, lists and dicts."""
    first = outputs[0]
    if isinstance(first, Tensor):
        rows = [t.reshape(1) if not t.ndim else t for t in outputs]
        return cat(rows, dim)
    if isinstance(first, dict):
        return type(first)((k, gather([d[k] for d in outputs], target_device, dim)) for k in first)
    if isinstance(first, (tuple, list)):
        return _like(first, [gather(column, target_device, dim) for column in zip(*outputs)])
    return first


def _like(sequence: Any, values: Any) -> Any:
    return type(sequence)(*values) if hasattr(sequence, "_fields") else type(sequence)(values)


__all__ = ["gather", "scatter", "scatter_kwargs"]
