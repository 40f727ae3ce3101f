"""From what a user gives, arrays, lists, loaders, to batches; and from a batch to what the model and the loss take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .. import nn
from ..nn import functional as F
from ..ops.create import as_tensor
from ..tensor import Tensor

TARGETS = ("target", "targets", "label", "labels", "y")


class Parts(NamedTuple):
    """What a batch is made of: `model(*inputs, **named)` is compared with `target`."""

    inputs: tuple[Any, ...]
    named: dict[str, Any]
    target: Any


def parts_of(batch: Any) -> Parts:
    """The inputs and the target of a batch: (input, …, target), {"input": …, "target": …}, or a tensor that is both."""
    if isinstance(batch, Tensor):
        return Parts((batch,), {}, batch)
    if isinstance(batch, (tuple, list)) and batch:
        return Parts(tuple(batch[:-1]) or (batch[0],), {}, batch[-1])
    if isinstance(batch, Mapping):
        found = [name for name in TARGETS if name in batch]
        inputs = {name: x for name, x in batch.items() if name not in found}
        if len(found) == 1 and inputs:
            one = len(inputs) == 1  # whatever the model calls it
            return Parts(tuple(inputs.values()) if one else (), {} if one else inputs, batch[found[0]])
        raise TypeError(
            f"Trainer: a batch that is a dict has inputs and one target, named {', '.join(TARGETS)}; this one has "
            f"{', '.join(map(repr, batch)) or 'nothing'}. Rename them in the dataset, or make a subclass of Trainer with "
            "a forward(batch) that returns (loss, prediction, target)."
        )
    raise TypeError(
        f"Trainer: a batch is (input, target), a dict, or one tensor, got {type(batch).__name__}. For batches of another "
        "form make a subclass of Trainer with a forward(batch) that returns (loss, prediction, target)."
    )


def inputs_of(batch: Any) -> Parts:
    """The inputs of a batch to predict from, which need not have a target if it is a dict."""
    if isinstance(batch, Mapping) and not any(name in batch for name in TARGETS):
        return Parts(tuple(batch.values()), {}, None) if len(batch) == 1 else Parts((), dict(batch), None)
    return parts_of(batch)


def is_batches(x: Any) -> bool:
    """Whether these are batches: a DataLoader or another iterable, but no array, nor numbers and arrays in lists."""
    if isinstance(x, (Tensor, np.ndarray, str, bytes, Mapping)) or not hasattr(x, "__iter__"):
        return False
    while isinstance(x, (list, tuple)) and x:
        x = x[0]
    return not isinstance(x, (int, float, np.ndarray, np.generic, list, tuple))


def is_pair(x: Any) -> bool:
    """Whether this is (inputs, targets), and not a list of two batches."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        return False
    return not any(isinstance(part, Mapping) or isinstance(part, (tuple, list)) and is_batches(part) for part in x)


def is_examples_and_targets(x: tuple[Any, ...]) -> bool:
    """Whether a tuple without targets beside it holds both, and not two examples: two arrays, or rows and numbers."""
    if not is_pair(x):
        return False
    return all(isinstance(part, (Tensor, np.ndarray)) for part in x) or _depth(x[0]) > _depth(x[1])


def _depth(x: Any) -> int:
    """How many axes there are in an array, or in lists of lists."""
    return 1 + _depth(x[0]) if isinstance(x, (list, tuple)) and x else getattr(x, "ndim", 0)


def as_examples(name: str, x: Any, model: Any, whole: bool = True) -> Tensor:
    """Examples as a tensor; numbers that are not one yet get the model's dtype.

    Args:
        whole: whole numbers stay what they are.
    """
    if not isinstance(x, Tensor):
        try:
            array = np.asarray(x)
            if array.dtype.kind == "f" or not whole and array.dtype.kind in "iub":
                own = [p.array.dtype for p in model.parameters() if p.is_floating_point()]
                array = array.astype(own[0] if own else array.dtype, copy=False)
            x = as_tensor(array)
        except (TypeError, ValueError) as error:
            raise TypeError(f"Trainer: {name} must be a tensor or an array of numbers: {error}") from error
    if not x.ndim or not len(x):
        raise ValueError(f"Trainer: {name} has shape {tuple(x.shape)}. Give at least one example.")
    return x


def inputs_as_examples(name: str, x: Any, model: Any) -> Tensor:
    """Inputs as a tensor. In a plain list [[0, 1], [1, 0]] are numbers like others, unless the model looks them up."""
    modules: Any = getattr(model, "modules", tuple)()
    looked_up = any(isinstance(m, (nn.Embedding, nn.EmbeddingBag)) for m in modules)
    return as_examples(name, x, model, whole=looked_up or not isinstance(x, (list, tuple)))


def targets_as_examples(name: str, x: Any, model: Any, loss: Any) -> Tensor:
    """Targets as a tensor; floating for losses that compare numbers or probabilities, whatever they come as."""
    return as_examples(name, x, model, whole=not (isinstance(loss, _OF_FLOATS) or loss in _OF_FLOATS_TOO))


_OF_FLOATS = (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.BCELoss, nn.BCEWithLogitsLoss)
_OF_FLOATS_TOO = (
    F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits,
)  # fmt: skip


def examples_in(batch: Any) -> int:
    """How many examples a batch has: the length of its first tensor."""
    first = next(tensors_of(batch), None)
    return len(first) if first is not None and first.ndim else 1


def tensors_of(x: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(x, Tensor):
        yield x
    elif isinstance(x, Mapping):
        for value in x.values():
            yield from tensors_of(value)
    elif isinstance(x, (tuple, list)):
        for value in x:
            yield from tensors_of(value)


def is_column(prediction: Any, target: Any) -> bool:
    """Whether (N, 1) predictions meet (N,) targets, which would broadcast to (N, N)."""
    both = isinstance(prediction, Tensor) and isinstance(target, Tensor)
    return both and target.is_floating_point() and prediction.shape == (*target.shape, 1)


__all__ = [
    "Parts", "examples_in", "inputs_as_examples", "inputs_of", "is_batches", "is_column",
    "is_examples_and_targets", "is_pair", "parts_of", "targets_as_examples", "tensors_of",
]  # fmt: skip
