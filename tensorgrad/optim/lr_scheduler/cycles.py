"""Rates, and momenta, that go up and down."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, Rates, per_group, put


class CyclicLR(LRScheduler):
    """Up from base_lr to max_lr and down again, over and over; the momentum the other way (Smith, arXiv:1506.01186).

    Args:
        step_size_up, step_size_down: batches of each half.
        mode: "triangular", "triangular2" (the height halves each cycle), "exp_range" (times gammaᵗ).
        scale_fn, scale_mode: a function of the height instead, of the "cycle" or the "iterations".
        cycle_momentum, base_momentum, max_momentum: of optimizers with momentum (or β₁).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError(f"CyclicLR: mode must be 'triangular', 'triangular2' or 'exp_range', got {mode!r}.")
        rates = per_group("CyclicLR", "base_lr", optimizer, base_lr)
        self.max_lrs = per_group("CyclicLR", "max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, rates):
                put(group, "lr", lr)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self.scale_fn = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._momentum = _momentum_of("CyclicLR", optimizer)
            self.base_momentums = per_group("CyclicLR", "base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("CyclicLR", "max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                for group, high in zip(optimizer.param_groups, self.max_momentums):
                    _set_momentum(group, self._momentum, high)
        self.base_lrs = rates
        super().__init__(optimizer, last_epoch)
        self.base_lrs = rates

    def _scale(self, x: float) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(x)
        if self.mode == "triangular2":
            return 1 / 2.0 ** (x - 1)
        return self.gamma**x if self.mode == "exp_range" else 1.0

    def get_lr(self) -> Rates:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self._scale(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums):
                _set_momentum(group, self._momentum, high - (high - low) * height * scale)
        return [low + (high - low) * height * scale for low, high in zip(self._bases, self.max_lrs)]

    @property
    def _bases(self) -> Rates:
        # During construction base_lrs is overwritten by the groups' initial rates, which are the same unless resumed.
        return self.base_lrs

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        f = state.pop("scale_fn")
        state["scale_fn"] = None if f is None or hasattr(f, "__code__") else dict(f.__dict__)
        return state

    def _take_state(self, state_dict: dict[str, Any]) -> None:
        saved = dict(state_dict)
        f = saved.pop("scale_fn", None)
        if f is not None and self.scale_fn is not None:
            self.scale_fn.__dict__.update(f)
        super()._take_state(saved)


class OneCycleLR(LRScheduler):
    """One rise to max_lr and one long fall far below the start, the momentum the other way (Smith & Topin,
    arXiv:1708.07120).

    Args:
        max_lr: the top. total_steps: batches in all (or epochs and steps_per_epoch). pct_start: share of the rise.
        anneal_strategy: "cos" or "linear". div_factor: start = max_lr/div_factor. final_div_factor: end = start/that.
        three_phase: rise, fall to the start, and then the rest.
        cycle_momentum, base_momentum, max_momentum: of optimizers with momentum (or β₁).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if not epochs or not steps_per_epoch or epochs < 0 or steps_per_epoch < 0:
                raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch, all above 0.")
            total_steps = epochs * steps_per_epoch
        elif total_steps <= 0 or not isinstance(total_steps, int):
            raise ValueError(f"OneCycleLR: total_steps must be a whole number above 0, got {total_steps}.")
        if not (isinstance(pct_start, float) and 0 <= pct_start <= 1):
            raise ValueError(f"OneCycleLR: pct_start must be a float in [0, 1], got {pct_start}.")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}.")
        self.total_steps, self.anneal_strategy, self.cycle_momentum = total_steps, anneal_strategy, cycle_momentum
        n, up = total_steps, pct_start * total_steps - 1
        # (last step of the phase, rate at its start and end, momentum at its start and end), by name of the group's entry
        if three_phase:
            self._phases = [
                (up, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
                (2 * pct_start * n - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                (n - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
            ]
        else:
            self._phases = [
                (up, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
                (n - 1, "max_lr", "min_lr", "base_momentum", "max_momentum"),
            ]
        tops = per_group("OneCycleLR", "max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, tops):
                group["initial_lr"] = top / div_factor
                group["max_lr"] = top
                group["min_lr"] = group["initial_lr"] / final_div_factor
        if cycle_momentum:
            self._momentum = _momentum_of("OneCycleLR", optimizer)
            lows = per_group("OneCycleLR", "base_momentum", optimizer, base_momentum)
            highs = per_group("OneCycleLR", "max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                for group, low, high in zip(optimizer.param_groups, lows, highs):
                    _set_momentum(group, self._momentum, high)
                    group["base_momentum"], group["max_momentum"] = low, high
        super().__init__(optimizer, last_epoch)

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)

    def get_lr(self) -> Rates:
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(f"OneCycleLR: step {t + 1} of a schedule of {self.total_steps}; it ends there.")
        begin = 0.0
        for phase in self._phases:
            end = phase[0]
            if t <= end or phase is self._phases[-1]:
                share = (t - begin) / (end - begin)
                break
            begin = end
        _, lr0, lr1, m0, m1 = phase
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                _set_momentum(group, self._momentum, self._between(group[m0], group[m1], share))
        return [self._between(group[lr0], group[lr1], share) for group in self.optimizer.param_groups]


# ---- momentum ------------------------------------------------------------------------------------------------------------


def _momentum_of(name: str, optimizer: Optimizer) -> str:
    for key in ("betas", "momentum"):
        if key in optimizer.defaults:
            return key
    raise ValueError(
        f"{name}: {type(optimizer).__name__} has neither momentum nor betas to cycle; pass cycle_momentum=False."
    )


def _set_momentum(group: dict[str, Any], key: str, value: float) -> None:
    put(group, key, (value, *group["betas"][1:]) if key == "betas" else value)


__all__ = ["CyclicLR", "OneCycleLR"]
