"""What all schedules share."""

from __future__ import annotations

import copy
import reprlib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from ...autograd.frames import warn
from ...autograd.modes import no_grad
from ...kernels.shapes import integer
from ...refusals import OwnName
from ...tensor import Tensor
from ...utils.interrupts import whole
from ..optimizer import Optimizer
from ..states import is_like

Rates = list[float]


class LRScheduler(OwnName):
    """Base of the schedules.

    Args:
        optimizer: whose groups' "lr" is set.
        last_epoch: −1 starts; another number resumes there (the groups must then know their "initial_lr").

    Attributes:
        base_lrs: the learning rates of the groups at the start. last_epoch: how many steps have been taken.
    """

    _worded = ("__init__", "step")

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: needs an Optimizer, got {type(optimizer).__name__}.")
        last_epoch = integer(type(self).__name__, "last_epoch", last_epoch)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", float(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: to resume at epoch {last_epoch}, group {i} of the optimizer must have an "
                    "'initial_lr'. Load the optimizer's state_dict first."
                )
        self.optimizer = optimizer
        self.base_lrs: Rates = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        """The step from −1 to 0, which sets the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def _begin(self) -> None:
        """Take over at epoch 0 from another schedule."""
        self.step(0)

    @property
    def _rates(self) -> Rates:
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def get_lr(self) -> Rates:
        """The rates of epoch `last_epoch`, from those of the epoch before, which the groups still hold."""
        raise NotImplementedError(f"{type(self).__name__}: a scheduler defines get_lr().")

    def _get_closed_form_lr(self) -> Rates | None:
        """The rates of epoch `last_epoch`, from the base rates alone; None where there is no such formula."""
        return None

    @whole
    def step(self, epoch: int | None = None) -> None:
        """On to the next epoch (or to the one given)."""
        if self._step_count == 1 and self.optimizer._steps_taken == 0:
            warn(
                f"{type(self).__name__}: step() was called before the optimizer's step(); the first value of the schedule "
                "is skipped. Call optimizer.step() first."
            )
        self._step_count += 1
        self._go_to(epoch)
        self._get_lr_called_within_step = True  # schedules written for PyTorch warn in get_lr() without it
        try:
            rates = None if epoch is None else self._get_closed_form_lr()
            self._set(self.get_lr() if rates is None else rates)
        finally:
            self._get_lr_called_within_step = False

    def _go_to(self, epoch: float | None) -> None:
        """Count on, or to the epoch given."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch  # type: ignore[assignment]

    def _set(self, rates: Rates) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates):
            put(group, "lr", lr)
        self._note()

    def _note(self) -> None:
        """Keep the rates, for `get_last_lr`."""
        lrs: list[Any] = [group["lr"] for group in self.optimizer.param_groups]
        self._last_lr: list[Any] = [lr.detach().clone() if isinstance(lr, Tensor) else lr for lr in lrs]

    def get_last_lr(self) -> Rates:
        """The rates set last, one per group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned.

        Raises:
            ValueError: it is not the state of such a schedule; the message names the entry, and nothing has been loaded.
        """
        self._check_state(state_dict)
        self._take_state(state_dict)

    def _take_state(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update(state_dict)

    def _check_state(self, saved: Any) -> None:
        """Refuse what would make a later step fail. What an entry must be like is what it is now."""
        me = type(self).__name__
        if not isinstance(saved, Mapping):
            raise TypeError(f"{me}.load_state_dict: needs a dict as state_dict() gives it, got {type(saved).__name__}.")
        own = self.state_dict()
        for key in {"last_epoch", "_schedulers", "lr_lambdas"} & own.keys() - saved.keys():
            raise ValueError(f"{me}.load_state_dict: the entry {key!r} is missing. {CURE}")
        ours = type(self).__module__.startswith(__package__.rpartition(".")[0])
        for key, value in saved.items():
            if not isinstance(key, str) or key == "optimizer" or key not in own and hasattr(type(self), key):
                raise ValueError(f"{me}.load_state_dict: a schedule has no entry {key!r}. {CURE}")
            checked = key in own and (ours or key in ("last_epoch", "base_lrs", "_last_lr", "_step_count"))
            if checked and not _is_like(value, own[key]):
                raise ValueError(
                    f"{me}.load_state_dict: the entry {key!r} is {reprlib.repr(value)}, here it is {reprlib.repr(own[key])}. "
                    f"{CURE}"
                )
        if "last_epoch" in own and not -1 <= saved["last_epoch"] < 2**53:
            raise ValueError(f"{me}.load_state_dict: such a schedule has no rates: its epoch is {saved['last_epoch']}. {CURE}")
        if ours and not {"_schedulers", "lr_lambdas"} & own.keys():
            self._rehearse(me, {k: v for k, v in saved.items() if k in own and k != "scale_fn"})

    def _rehearse(self, me: str, saved: dict[str, Any]) -> None:
        """Ask a copy for the rates of the state's epoch: a period of 0, or an epoch after the end, is refused there."""
        twin = copy.copy(self)
        twin.__dict__.update(saved)
        groups = [{k: float(v) if isinstance(v, Tensor) else v for k, v in g.items()} for g in self.optimizer.param_groups]
        twin.__dict__["optimizer"] = SimpleNamespace(param_groups=groups)
        twin._get_lr_called_within_step = True
        for ahead in range(3):
            twin.last_epoch = max(1, saved["last_epoch"]) + ahead
            try:
                twin.get_lr()
            except NotImplementedError:  # it has no rates of its own, as that of plateaus
                return
            except (ArithmeticError, ValueError, TypeError, LookupError) as error:
                if ahead and isinstance(error, ValueError):  # it may be at its end
                    return
                raise ValueError(f"{me}.load_state_dict: such a schedule has no rates: {error}. {CURE}") from error


CURE = "Make the schedule with the arguments that it had when it was saved; nothing has been loaded."


def _is_like(value: Any, like: Any) -> bool:
    """Whether an entry is of the kind of another one: entries of dicts are looked at where both have them."""
    if like is None:
        return True
    if isinstance(like, Mapping):
        return isinstance(value, Mapping) and all(_is_like(value[k], like[k]) for k in like.keys() & value.keys())
    if isinstance(like, (list, tuple)):
        return isinstance(value, (list, tuple)) and len(value) == len(like) and all(map(_is_like, value, like))
    return is_like(value, like)


def per_group(name: str, setting: str, optimizer: Optimizer, value: Any) -> Rates:
    """A setting as one number per group."""
    groups = len(optimizer.param_groups)
    if isinstance(value, (list, tuple)):
        if len(value) != groups:
            raise ValueError(f"{name}: {setting} has {len(value)} entries for {groups} parameter groups.")
        return [float(v) for v in value]
    return [float(value)] * groups


def put(group: dict[str, Any], key: str, value: Any) -> None:
    """Set a group's entry; a Tensor keeps its place and takes the value."""
    if isinstance(group[key], Tensor):
        with no_grad():
            group[key].fill_(float(value))
    else:
        group[key] = value


__all__ = ["CURE", "LRScheduler", "Rates", "per_group", "put"]
