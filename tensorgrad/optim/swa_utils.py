"""Averages of a model's weights over the steps of its training, the rate that goes with them, and statistics after them.

average = AveragedModel(model)                      # or AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.99))
for epoch in range(epochs):
    train(model, optimizer)
    if epoch >= 10:
        average.update_parameters(model)
update_bn(loader, average)
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

from ..autograd.modes import no_grad
from ..nn.module import Module
from ..nn.norm import _BatchNorm
from ..ops import create
from ..refusals import in_own_name
from ..tensor import Tensor
from ..utils.interrupts import whole
from .lr_scheduler.base import LRScheduler, Rates, per_group
from .optimizer import Optimizer


def _check_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"averaging: decay must be in [0, 1], got {decay}.")


@in_own_name
def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Tensor, Tensor, Any], Tensor]:
    """The exponential moving average, a ← decay·a + (1 − decay)·p, of one parameter."""
    _check_decay(decay)

    @no_grad()
    def averaged(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return averaged


@in_own_name
def get_swa_avg_fn() -> Callable[[Tensor, Tensor, Any], Tensor]:
    """The mean of all steps, a ← a + (p − a)/(n + 1), of one parameter (Izmailov et al., arXiv:1803.05407)."""

    @no_grad()
    def averaged(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return averaged


def _of_lists(average: Callable[[Tensor, Tensor, Any], Tensor]) -> Callable[[Any, Any, Any], None]:
    @no_grad()
    def update(averages: Iterable[Tensor], currents: Iterable[Tensor], num_averaged: Any) -> None:
        for a, p in zip(averages, currents):
            a.copy_(average(a, p, num_averaged))

    return update


@in_own_name
def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[Any, Any, Any], None]:
    """`get_ema_avg_fn` for lists of parameters, in place."""
    return _of_lists(get_ema_avg_fn(decay))


@in_own_name
def get_swa_multi_avg_fn() -> Callable[[Any, Any, Any], None]:
    """`get_swa_avg_fn` for lists of parameters, in place."""
    return _of_lists(get_swa_avg_fn())


class AveragedModel(Module):
    """A copy of a model, whose parameters are averages: `update_parameters(model)` takes a step into account. Called,
    it is the copy.

    Args:
        avg_fn: (average, parameter, number averaged so far) → the next average; the mean of all if left out.
        multi_avg_fn: the same for lists of them, in place.
        use_buffers: average the buffers as well, instead of copying them.
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Callable[[Tensor, Tensor, Any], Tensor] | None = None,
        multi_avg_fn: Callable[[Any, Any, Any], None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: give avg_fn or multi_avg_fn, not both.")
        self.module = copy.deepcopy(model).to(device)
        self.register_buffer("n_averaged", create.tensor(0))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @whole
    @no_grad()
    @in_own_name
    def update_parameters(self, model: Module) -> None:
        """Take the model's present parameters into the averages; the first time, take them as they are."""
        pairs = [(a.detach(), p.detach()) for a, p in zip(self.module.parameters(), model.parameters())]
        buffers = [(a, b.detach()) for a, b in zip(self.module.buffers(), model.buffers())]
        if self.use_buffers:
            pairs, buffers = pairs + buffers, []
        if int(self.n_averaged) == 0:
            pairs, buffers = [], pairs + buffers
        elif self.multi_avg_fn is not None:
            if pairs:
                self.multi_avg_fn([a for a, _ in pairs], [p for _, p in pairs], self.n_averaged)
        else:
            average = self.avg_fn or get_swa_avg_fn()
            for a, p in pairs:
                a.copy_(average(a, p, self.n_averaged))
        for a, b in buffers:
            a.copy_(b)
        self.n_averaged += 1


@in_own_name
@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Running means and variances of the batch norms anew, over one pass through the data: averaged weights have never
    seen any.

    Args:
        loader: of batches, or of tuples that begin with one.
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    momenta, training = [norm.momentum for norm in norms], model.training
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
    model.train()
    try:
        for batch in loader:
            model((batch[0] if isinstance(batch, (list, tuple)) else batch).to(device))
    finally:
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
        model.train(training)


class SWALR(LRScheduler):
    """From the rate it finds to a constant one, swa_lr, over anneal_epochs.

    Args:
        swa_lr: one, or one per group. anneal_strategy: "cos" or "linear".
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        for group, lr in zip(optimizer.param_groups, per_group("SWALR", "swa_lr", optimizer, swa_lr)):
            group["swa_lr"] = lr
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}.")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs must be a whole number of at least 0, got {anneal_epochs}.")
        self.anneal_epochs, self._anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """Of swa_lr in the rate, after so many steps."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> Rates:
        step = self._step_count - 1
        step = max(1, step) if self.anneal_epochs == 0 else step
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for lr, group in zip(self._rates, self.optimizer.param_groups):
            end = group["swa_lr"]
            start = end if before == 1 else (lr - before * end) / (1 - before)  # what it was without the schedule
            rates.append(end * now + start * (1 - now))
        return rates


__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]
