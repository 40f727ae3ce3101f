"""What every metric is: something that is shown batches and asked for a number; and how it reads what it is shown."""

from __future__ import annotations

import copy
import math
import numbers
from typing import Any

import numpy as np

from ..refusals import OwnName
from ..tensor import Tensor


class Metric(OwnName):
    """Base: `reset`, `update`, `compute`; `m(prediction, target)` does all three for one batch.

    Attributes:
        name: in a history.
    """

    _worded = ("__init__", "update", "compute")

    name = "metric"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        raise TypeError(f"{type(self).__name__}: a Metric defines reset(), update() and compute().")

    def update(self, prediction: Any, target: Any) -> None:
        """Take in a batch."""
        raise TypeError(f"{type(self).__name__}: a Metric defines reset(), update() and compute().")

    def compute(self) -> Any:
        """The metric over all batches since `reset`; nan (or zeros, for counts) before the first."""
        raise TypeError(f"{type(self).__name__}: a Metric defines reset(), update() and compute().")

    def state_dict(self) -> dict[str, Any]:
        """What has been counted so far, for a checkpoint."""
        return copy.deepcopy(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on counting from there.

        Raises:
            ValueError: it is not the state of such a metric; the message names the entry, and nothing has changed.
        """
        me, own = type(self).__name__, vars(self)
        if not isinstance(state, dict) or state.keys() != own.keys():
            found = sorted(map(repr, state)) if isinstance(state, dict) else type(state).__name__
            raise ValueError(f"{me}.load_state_dict: needs a dict with the entries {sorted(own)}, got {found}.")
        for key, value in state.items():
            if not _is_like(value, own[key]):
                raise ValueError(f"{me}.load_state_dict: the entry {key!r} is {value!r:.100}, here it is {own[key]!r:.100}.")
        own.update(copy.deepcopy(state))

    def __call__(self, prediction: Any, target: Any) -> Any:
        self.reset()
        self.update(prediction, target)
        return self.compute()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.compute()})"


def _is_like(value: Any, like: Any) -> bool:
    """Whether an entry is of the kind of another one; None is the place of something that has not come yet."""
    if value is None or like is None:
        return True
    for kind in (np.ndarray, Tensor, numbers.Real, str, (list, tuple), dict):
        if isinstance(like, kind):
            return isinstance(value, kind)
    return True


def as_array(me: str, x: Any) -> Any:
    try:
        array = x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x)
    except ValueError as error:  # lists of several lengths
        raise ValueError(f"{me}: needs numbers in an array: {error}") from error
    if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        raise TypeError(f"{me}: needs tensors, arrays or lists of numbers, got {type(x).__name__} of {array.dtype}.")
    return array


def ordered(me: str, scores: Any) -> None:
    if np.isnan(scores).any():
        raise ValueError(f"{me}: a score is nan; scores must be in an order.")


def ratio(a: float, b: float) -> float:
    return a / b if b else math.nan


def whole(name: str, t: Any) -> Any:
    """Targets as whole numbers, (N,)."""
    t = t.reshape(-1)
    whole = t.astype(np.int64) if t.dtype.kind in "iub" or np.isfinite(t).all() else None
    if whole is None or t.dtype.kind not in "iub" and (whole != t).any():
        raise ValueError(f"{name}: targets must be class numbers, whole numbers from 0 on; some are not.")
    return whole


def in_range(name: str, t: Any, classes: int) -> None:
    if t.size and not (t.min() >= 0 and t.max() < classes):
        wrong = int(t.min() if t.min() < 0 else t.max())
        raise ValueError(f"{name}: target {wrong} among {classes} classes, which are numbered from 0.")


__all__ = [
    "Metric",
]  # fmt: skip
