"""Several schedules, one after the other or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ...utils.interrupts import whole
from ..optimizer import Optimizer
from .base import LRScheduler, put
from .plateau import ReduceLROnPlateau


class SequentialLR(LRScheduler):
    """One schedule after the other: the next one takes over at each milestone."""

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        _check_same("SequentialLR", optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedulers need {len(schedulers) - 1} milestones, got {len(milestones)}."
            )
        self.optimizer, self._schedulers, self._milestones = optimizer, schedulers, list(milestones)
        self.last_epoch = last_epoch + 1
        # Each schedule took its first step when it was made; only the first in line should have.
        _start_again(optimizer)
        for scheduler in schedulers:
            _undo(scheduler)
        schedulers[0]._initial_step()
        self._note()

    @whole
    def step(self, epoch: int | None = None) -> None:
        """On to the next epoch."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._begin()
        else:
            scheduler.step()
        self._note()

    def _begin(self) -> None:
        self.last_epoch = 0
        self._schedulers[0]._begin()

    def state_dict(self) -> dict[str, Any]:
        return _composite_state(self)

    def _check_state(self, saved: Any) -> None:
        super()._check_state(saved)
        _check_composite(self, saved)

    def _take_state(self, state_dict: dict[str, Any]) -> None:
        _load_composite(self, state_dict)


class ChainedScheduler(LRScheduler):
    """Several schedules at once: each changes the rate it finds."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise ValueError("ChainedScheduler: needs at least one scheduler.")
        self.optimizer = optimizer or schedulers[0].optimizer
        _check_same("ChainedScheduler", self.optimizer, schedulers)
        self._schedulers = list(schedulers)
        self._note()

    @whole
    def step(self, epoch: int | None = None) -> None:
        """On to the next epoch, in all of them."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._note()

    def _begin(self) -> None:
        _start_again(self.optimizer)
        for scheduler in self._schedulers:
            scheduler._initial_step()

    def state_dict(self) -> dict[str, Any]:
        return _composite_state(self)

    def _check_state(self, saved: Any) -> None:
        super()._check_state(saved)
        _check_composite(self, saved)

    def _take_state(self, state_dict: dict[str, Any]) -> None:
        _load_composite(self, state_dict)


# ---- helpers -------------------------------------------------------------------------------------------------------------


def _start_again(optimizer: Optimizer) -> None:
    """Give the groups the rates they had before any schedule."""
    for group in optimizer.param_groups:
        put(group, "lr", group["initial_lr"])


def _check_same(name: str, optimizer: Optimizer, schedulers: Sequence[Any]) -> None:
    for i, scheduler in enumerate(schedulers):
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(f"{name}: ReduceLROnPlateau (number {i}) needs a metric at each step; step it yourself.")
        if getattr(scheduler, "optimizer", None) is not optimizer:
            raise ValueError(f"{name}: scheduler {i} belongs to another optimizer.")


def _undo(scheduler: Any) -> None:
    """Take back the step that a schedule took when it was made."""
    if hasattr(scheduler, "_schedulers"):
        for inner in scheduler._schedulers:
            _undo(inner)
    else:
        scheduler.last_epoch -= 1


def _composite_state(self: Any) -> dict[str, Any]:
    state = {k: v for k, v in self.__dict__.items() if k not in ("optimizer", "_schedulers")}
    state["_schedulers"] = [s.state_dict() for s in self._schedulers]
    return state


def _check_composite(self: Any, saved: Any) -> None:
    """Those of all schedules in it, before the first of them is changed."""
    for scheduler, state in zip(self._schedulers, saved["_schedulers"]):
        if hasattr(scheduler, "_check_state"):
            scheduler._check_state(state)


def _load_composite(self: Any, state_dict: dict[str, Any]) -> None:
    self.__dict__.update({k: v for k, v in state_dict.items() if k != "_schedulers"})
    for scheduler, saved in zip(self._schedulers, state_dict["_schedulers"]):
        scheduler.load_state_dict(saved)


__all__ = ["SequentialLR", "ChainedScheduler"]
