"""From a list of examples to a batch."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ...dtypes import float64
from ...ops.create import as_tensor, tensor
from ...ops.join import stack
from ...refusals import in_own_name
from ...tensor import Tensor


@in_own_name
def default_collate(batch: Sequence[Any]) -> Any:
    """Stack tensors and arrays, make tensors of numbers, and do so inside tuples, lists and dicts.

    (x, y) examples become a pair [stacked x, stacked y]. Text stays as it is.

    Raises:
        ValueError: the examples differ in shape, length or keys; the message says where.
        TypeError: they hold something that makes no batch.
    """
    if len(batch) == 0:
        raise ValueError("default_collate: there are no examples to make a batch of.")
    return _collate(batch, "")


@in_own_name
def default_convert(data: Any) -> Any:
    """Arrays to tensors, inside tuples, lists and dicts; what a loader without batches gives."""
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind not in "USO":
        return as_tensor(data)
    if isinstance(data, Mapping):
        return _like(data, {k: default_convert(v) for k, v in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _like(data, [default_convert(x) for x in data])
    return data


def _collate(batch: Sequence[Any], at: str) -> Any:
    """The batch of what stands at one place of the examples, such as "['boxes'][0]"."""
    first = batch[0]
    if isinstance(first, Tensor):
        _alike(batch, Tensor, at)
        _same([t.array.shape for t in batch], "has shape {}", "pads them (nn.utils.rnn.pad_sequence)", at)
        return stack(list(batch))
    if isinstance(first, np.ndarray):
        if first.dtype.kind in "USO":
            raise TypeError(f"default_collate: arrays of {first.dtype}{_at(at)} make no batch. Give a collate_fn.")
        _alike(batch, np.ndarray, at)
        if len({a.dtype for a in batch}) > 1:
            return _collate([as_tensor(a) for a in batch], at)  # tensors have rules of their own for a common dtype
        _same([a.shape for a in batch], "has shape {}", "pads them (nn.utils.rnn.pad_sequence)", at)
        return as_tensor(np.ascontiguousarray(np.stack(batch)))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, (int, float, np.generic)):
        _alike(batch, (int, float, np.generic, Tensor), at)
        if isinstance(first, np.generic):
            return as_tensor(np.asarray(batch))
        return tensor(batch, dtype=float64 if isinstance(first, float) else None)
    if isinstance(first, Mapping):
        _alike(batch, Mapping, at)
        for i, example in enumerate(batch):
            for key in first:
                if key not in example:
                    raise ValueError(
                        f"default_collate: example {i} of the batch has no entry {key!r}{_at(at)}, as the first has. "
                        "Give each example the same entries."
                    )
        return _like(first, {k: _collate([example[k] for example in batch], f"{at}[{k!r}]") for k in first})
    if isinstance(first, Sequence):
        _alike(batch, Sequence, at)
        _same([len(x) for x in batch], "has {} parts", "pads them", at)
        return _like(first, [_collate(column, f"{at}[{i}]") for i, column in enumerate(zip(*batch))])
    raise TypeError(
        f"default_collate: cannot make a batch of {type(first).__name__}{_at(at)}; examples may hold tensors, arrays, "
        "numbers, text, dicts and sequences. Give a collate_fn for anything else."
    )


def _like(container: Any, items: Any) -> Any:
    """The items in a container of the same type; a plain tuple becomes a list, as in PyTorch."""
    kind = type(container)
    if kind in (dict, list, tuple):
        return items
    if hasattr(container, "_fields"):
        return kind(*items)
    try:
        if isinstance(container, MutableMapping):
            filled = copy.copy(container)  # with what a constructor does not know, a default factory say
            filled.update(items)
            return filled
        if isinstance(container, MutableSequence):
            row = copy.copy(container)
            row[:] = items
            return row
        return kind(items)
    except TypeError:  # ranges, and what is made in another way
        return items


def _alike(batch: Sequence[Any], kinds: Any, at: str) -> None:
    """Check that all examples hold the same kind of thing at one place."""
    if all(issubclass(kind, kinds) for kind in set(map(type, batch))):
        return
    i, x = next((i, x) for i, x in enumerate(batch) if not isinstance(x, kinds))
    raise TypeError(
        f"default_collate: example 0 of the batch holds {type(batch[0]).__name__}{_at(at)}, example {i} "
        f"{type(x).__name__}. Give them the same type, or a collate_fn."
    )


def _same(sizes: list[Any], words: str, cure: str, at: str) -> None:
    """Check that all examples agree in their shape or length."""
    if len(set(sizes)) == 1:
        return
    i, other = next((i, size) for i, size in enumerate(sizes) if size != sizes[0])
    raise ValueError(
        f"default_collate: example 0 of the batch {words.format(sizes[0])}{_at(at)}, example {i} {other}; they must "
        f"agree. Give a collate_fn that {cure}."
    )


def _at(at: str) -> str:
    return f" at {at}" if at else ""


__all__ = ["default_collate", "default_convert"]
