"""From a list of examples to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...dtypes import float64
from ...ops.create import as_tensor, tensor
from ...tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack tensors and arrays, make tensors of numbers, and do so inside tuples, lists and dicts.

    (x, y) examples become a pair (stacked x, stacked y). Text stays a list.
    """
    if len(batch) == 0:
        raise ValueError("default_collate: there are no examples to make a batch of.")
    first = batch[0]
    if isinstance(first, Tensor):
        from ...ops.join import stack

        shapes = {tuple(t.array.shape) for t in batch}
        if len(shapes) > 1:
            raise ValueError(
                f"default_collate: the examples have shapes {', '.join(map(str, sorted(shapes)))}, and "
                "must have the same. Give a collate_fn that pads them (nn.utils.rnn.pad_sequence)."
            )
        return stack(list(batch))
    if isinstance(first, np.ndarray):
        if first.dtype.kind in "US":
            raise TypeError(f"default_collate: arrays of {first.dtype} make no batch; give a collate_fn.")
        return default_collate([as_tensor(a) for a in batch])
    if isinstance(first, np.generic) and first.dtype.kind not in "US":
        return as_tensor(np.asarray(batch))
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return list(batch)
    if isinstance(first, Mapping):
        missing = [k for x in batch for k in first if k not in x]
        if missing:
            raise ValueError(f"default_collate: some examples have no entry {missing[0]!r} as the first has.")
        return {k: default_collate([x[k] for x in batch]) for k in first}
    if isinstance(first, Sequence):
        sizes = {len(x) for x in batch}
        if len(sizes) > 1:
            raise ValueError(
                f"default_collate: the examples have {sorted(sizes)} parts; they must have the same number. "
                "Give a collate_fn that pads them."
            )
        columns = [default_collate(list(column)) for column in zip(*batch)]
        if hasattr(first, "_fields"):
            return type(first)(*columns)
        return columns
    raise TypeError(
        f"default_collate: cannot make a batch of {type(first).__name__}; examples may hold tensors, arrays, numbers, "
        "text, dicts and sequences. Give a collate_fn for anything else."
    )


def default_convert(data: Any) -> Any:
    """Arrays to tensors, inside tuples, lists and dicts; what a loader without batches gives."""
    if isinstance(data, np.ndarray) and data.dtype.kind not in "US":
        return as_tensor(data)
    if isinstance(data, Mapping):
        return {k: default_convert(v) for k, v in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(x) for x in data))
    if isinstance(data, (tuple, list)):
        return [default_convert(x) for x in data]
    return data
