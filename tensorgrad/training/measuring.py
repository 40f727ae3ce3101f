"""The metrics of one pass over the data, and those that come by themselves."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import nn
from ..metrics import Accuracy, Metric
from ..nn import functional as F
from ..tensor import Tensor


class Measuring:
    """Copies of some metrics, at work.

    Args:
        optional: nobody asked for them; they step aside if the targets are not classes.
    """

    def __init__(self, metrics: Iterable[Metric], optional: bool) -> None:
        self.optional = optional
        self.all: dict[str, Metric] = {m.name: copy.deepcopy(m) for m in metrics}
        self.reset()

    def reset(self) -> None:
        for m in self.all.values():
            m.reset()

    def update(self, prediction: Any, target: Any) -> None:
        if not self.all:
            return
        if self.optional and not _are_classes(prediction, target):
            self.all = {}
        prediction = prediction.detach() if isinstance(prediction, Tensor) else prediction
        for m in self.all.values():
            m.update(prediction, target)

    def compute(self) -> dict[str, Any]:
        found = {name: m.compute() for name, m in self.all.items()}
        return {name: x.tolist() if isinstance(x, np.ndarray) else x for name, x in found.items()}

    def state_dict(self) -> dict[str, Any]:
        return {name: m.state_dict() for name, m in self.all.items()}

    def check_state_dict(self, state: Any) -> None:
        """Raise ValueError, naming the metric, if this is no state of ours."""
        if not isinstance(state, dict):
            raise ValueError(f"metrics: their states are a dict, got {type(state).__name__}.")
        for name, m in self.all.items():
            if name in state:
                copy.deepcopy(m).load_state_dict(state[name])

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.check_state_dict(state)
        self.all = {name: m for name, m in self.all.items() if name in state}
        for name, m in self.all.items():
            m.load_state_dict(state[name])


def default_metrics(loss: Any) -> list[Metric]:
    """The accuracy, for a loss of classes."""
    if isinstance(loss, (nn.CrossEntropyLoss, nn.NLLLoss)):
        return [Accuracy(ignore_index=loss.ignore_index)]
    if loss in (F.cross_entropy, F.nll_loss):
        return [Accuracy(ignore_index=-100)]
    if isinstance(loss, nn.BCELoss) or loss is F.binary_cross_entropy:
        return [Accuracy()]
    if isinstance(loss, nn.BCEWithLogitsLoss) or loss is F.binary_cross_entropy_with_logits:
        return [Accuracy(threshold=0.0)]
    return []


def _are_classes(prediction: Any, target: Any) -> bool:
    if not isinstance(prediction, Tensor) or not isinstance(target, Tensor):
        return False
    if not target.is_floating_point():
        return True
    # binary cross entropy takes 0 and 1 as floats; anything between is a probability
    whole = ((target.array == 0) | (target.array == 1)).all()
    return bool(whole) and (prediction.ndim < 2 or prediction.shape[1] == 1)


__all__ = ["Measuring", "default_metrics"]
