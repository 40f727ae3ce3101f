"""Learning rates that change: call `scheduler.step()` after `optimizer.step()`, once per epoch (or batch).

Most schedules are written twice: as the value at epoch t (`_get_closed_form_lr`), and as the change from t − 1 to t
(`get_lr`). The second is what a step applies, so that several schedules can work on one optimizer, each changing what it
finds. A rate that is a Tensor stays one, and is written to.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..autograd.modes import no_grad
from ..tensor import Tensor
from .optimizer import Optimizer

Rates = list[float]


class LRScheduler:
    """Base of the schedules.

    Args:
        optimizer: whose groups' "lr" is set.
        last_epoch: −1 starts; another number resumes there (the groups must then know their "initial_lr").

    Attributes:
        base_lrs: the learning rates of the groups at the start. last_epoch: how many steps have been taken.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: needs an Optimizer, got {type(optimizer).__name__}.")
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

    def step(self, epoch: int | None = None) -> None:
        """On to the next epoch (or to the one given)."""
        if self._step_count == 1 and self.optimizer._steps_taken == 0:
            warnings.warn(
                f"{type(self).__name__}: step() was called before the optimizer's step(); the first value of the schedule "
                "is skipped. Call optimizer.step() first.",
                UserWarning,
                stacklevel=2,
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
            _put(group, "lr", lr)
        self._note()

    def _note(self) -> None:
        """Keep the rates, for `get_last_lr`."""
        lrs = [group["lr"] for group in self.optimizer.param_groups]
        self._last_lr = [lr.detach().clone() if isinstance(lr, Tensor) else lr for lr in lrs]

    def get_last_lr(self) -> Rates:
        """The rates set last, one per group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.__dict__.update(state_dict)


_LRScheduler = LRScheduler  # its older name


class _OfFunctions(LRScheduler):
    """Schedules given as functions: one, or one per group. A function is not saved, an object with state is."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups:
            raise ValueError(
                f"{type(self).__name__}: {len(self.lr_lambdas)} functions for {groups} parameter groups; give one per group."
            )
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        state = {k: v for k, v in self.__dict__.items() if k not in ("optimizer", "lr_lambdas")}
        state["lr_lambdas"] = [
            None if callable(f) and not hasattr(f, "__dict__") or hasattr(f, "__code__") else dict(f.__dict__)
            for f in self.lr_lambdas
        ]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for f, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"]):
            if saved is not None:
                f.__dict__.update(saved)


class LambdaLR(_OfFunctions):
    """lr(t) = base · f(t)."""

    def get_lr(self) -> Rates:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas)]


class MultiplicativeLR(_OfFunctions):
    """lr(t) = lr(t − 1) · f(t)."""

    def get_lr(self) -> Rates:
        if self._is_initial:
            return self._rates
        return [lr * f(self.last_epoch) for lr, f in zip(self._rates, self.lr_lambdas)]


class StepLR(LRScheduler):
    """Times gamma every step_size epochs: lr(t) = base · γ^⌊t/n⌋."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        turn = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return [lr * self.gamma for lr in self._rates] if turn else self._rates

    def _get_closed_form_lr(self) -> Rates:
        return [base * self.gamma ** (self.last_epoch // self.step_size) for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    """Times gamma at each milestone."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        times = self.milestones.get(self.last_epoch, 0)
        return [lr * self.gamma**times for lr in self._rates] if times else self._rates

    def _get_closed_form_lr(self) -> Rates:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [base * self.gamma**passed for base in self.base_lrs]


class ConstantLR(LRScheduler):
    """Times factor until total_iters, then the base rate."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor must be in [0, 1], got {factor}.")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        if self.last_epoch == 0:
            return [lr * self.factor for lr in self._rates]
        if self.last_epoch == self.total_iters:
            return [lr / self.factor for lr in self._rates]
        return self._rates

    def _get_closed_form_lr(self) -> Rates:
        return [base * (self.factor if self.last_epoch < self.total_iters else 1.0) for base in self.base_lrs]


class LinearLR(LRScheduler):
    """From base · start_factor to base · end_factor in a straight line over total_iters."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor must be in (0, 1], got {start_factor}.")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: end_factor must be in [0, 1], got {end_factor}.")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self, t: int) -> float:
        return self.start_factor + (self.end_factor - self.start_factor) * min(self.total_iters, t) / self.total_iters

    def get_lr(self) -> Rates:
        if self.last_epoch == 0:
            return [lr * self.start_factor for lr in self._rates]
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._rates
        change = self._factor(self.last_epoch) / self._factor(self.last_epoch - 1)
        return [lr * change for lr in self._rates]

    def _get_closed_form_lr(self) -> Rates:
        return [base * self._factor(self.last_epoch) for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    """lr(t) = base · γᵗ."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        return self._rates if self._is_initial else [lr * self.gamma for lr in self._rates]

    def _get_closed_form_lr(self) -> Rates:
        return [base * self.gamma**self.last_epoch for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """lr(t) = base · (1 − t/T)^power, 0 after T = total_iters."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        t, total = self.last_epoch, self.total_iters
        if self._is_initial or t > total:
            return self._rates
        change = ((1.0 - t / total) / (1.0 - (t - 1) / total)) ** self.power
        return [lr * change for lr in self._rates]

    def _get_closed_form_lr(self) -> Rates:
        rest = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * rest**self.power for base in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    """lr(t) = η_min + ½(base − η_min)(1 + cos(πt/T)): half a cosine down, and up again after T = T_max (Loshchilov &
    Hutter, arXiv:1608.03983)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def _height(self, t: float) -> float:
        return (1 + math.cos(math.pi * t / self.T_max)) / 2

    def get_lr(self) -> Rates:
        t = self.last_epoch
        if self._is_initial:
            return self._rates
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:  # leaving the bottom, where the ratio is 0/0
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [lr + (base - self.eta_min) * rise for lr, base in zip(self._rates, self.base_lrs)]
        change = self._height(t) / self._height(t - 1)
        return [change * (lr - self.eta_min) + self.eta_min for lr in self._rates]

    def _get_closed_form_lr(self) -> Rates:
        return [self.eta_min + (base - self.eta_min) * self._height(self.last_epoch) for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine down over T_0 epochs, then from the top again over T_0 · T_mult, and so on (Loshchilov & Hutter,
    arXiv:1608.03983). `step` takes fractions of an epoch."""

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"CosineAnnealingWarmRestarts: T_0 must be a whole number above 0, got {T_0}.")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"CosineAnnealingWarmRestarts: T_mult must be a whole number of at least 1, got {T_mult}.")
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.T_i: float = T_0
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    def _go_to(self, epoch: float | None) -> None:
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur, self.T_i = self.T_cur - self.T_i, self.T_i * self.T_mult
        else:
            epoch = 0 if epoch is None else epoch
            if epoch < 0:
                raise ValueError(f"CosineAnnealingWarmRestarts: epoch must be at least 0, got {epoch}.")
            self.T_i, self.T_cur = self.T_0, epoch % self.T_0 if self.T_mult == 1 else epoch
            while self.T_cur >= self.T_i:
                self.T_cur, self.T_i = self.T_cur - self.T_i, self.T_i * self.T_mult
        self.last_epoch = math.floor(epoch)


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
                _put(group, "lr", lr)
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

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        saved = dict(state_dict)
        f = saved.pop("scale_fn", None)
        if f is not None and self.scale_fn is not None:
            self.scale_fn.__dict__.update(f)
        super().load_state_dict(saved)


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

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
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

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        _load_composite(self, state_dict)


class ReduceLROnPlateau(LRScheduler):
    """Times factor when a metric has not improved for more than `patience` epochs: `step(metric)`.

    Args:
        mode: "min" or "max", which way is better. threshold, threshold_mode: how much better counts, "rel" or "abs".
        cooldown: epochs to wait after a change. min_lr: never below. eps: changes smaller than this are not made.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor must be below 1, got {factor}.")
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: mode must be 'min' or 'max', got {mode!r}.")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"ReduceLROnPlateau: threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}.")
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"ReduceLROnPlateau: needs an Optimizer, got {type(optimizer).__name__}.")
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown, self.eps = threshold, threshold_mode, cooldown, eps
        self.min_lrs = per_group("ReduceLROnPlateau", "min_lr", optimizer, min_lr)
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.last_epoch = 0
        self._reset()
        self._note()

    def _reset(self) -> None:
        """Forget the metrics seen so far."""
        self.best = self.mode_worse
        self.cooldown_counter = self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def is_better(self, a: float, best: float) -> bool:
        """Whether `a` improves on `best` by more than the threshold."""
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            bound = best * (1 + sign * self.threshold)
        else:
            bound = best + sign * self.threshold
        return a < bound if self.mode == "min" else a > bound

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Tell the metric of the epoch that has ended."""
        now = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(now, self.best):
            self.best, self.num_bad_epochs = now, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, low in zip(self.optimizer.param_groups, self.min_lrs):
                lr = max(float(group["lr"]) * self.factor, low)
                if float(group["lr"]) - lr > self.eps:
                    _put(group, "lr", lr)
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._note()


# ---- helpers ----------------------------------------------------------------------------------------------------------


def per_group(name: str, setting: str, optimizer: Optimizer, value: Any) -> Rates:
    """A setting as one number per group."""
    groups = len(optimizer.param_groups)
    if isinstance(value, (list, tuple)):
        if len(value) != groups:
            raise ValueError(f"{name}: {setting} has {len(value)} entries for {groups} parameter groups.")
        return [float(v) for v in value]
    return [float(value)] * groups


def _momentum_of(name: str, optimizer: Optimizer) -> str:
    for key in ("betas", "momentum"):
        if key in optimizer.defaults:
            return key
    raise ValueError(
        f"{name}: {type(optimizer).__name__} has neither momentum nor betas to cycle; pass cycle_momentum=False."
    )


def _set_momentum(group: dict[str, Any], key: str, value: float) -> None:
    _put(group, key, (value, *group["betas"][1:]) if key == "betas" else value)


def _put(group: dict[str, Any], key: str, value: Any) -> None:
    """Set a group's entry; a Tensor keeps its place and takes the value."""
    if isinstance(group[key], Tensor):
        with no_grad():
            group[key].fill_(float(value))
    else:
        group[key] = value


def _start_again(optimizer: Optimizer) -> None:
    """Give the groups the rates they had before any schedule."""
    for group in optimizer.param_groups:
        _put(group, "lr", group["initial_lr"])


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


def _load_composite(self: Any, state_dict: dict[str, Any]) -> None:
    self.__dict__.update({k: v for k, v in state_dict.items() if k != "_schedulers"})
    for scheduler, saved in zip(self._schedulers, state_dict["_schedulers"]):
        scheduler.load_state_dict(saved)
