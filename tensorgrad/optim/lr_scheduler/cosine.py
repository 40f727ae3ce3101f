"""Rates along a cosine, once or again and again."""

from __future__ import annotations

import math
from typing import Any

from ..optimizer import Optimizer
from .base import CURE, LRScheduler, Rates


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

    def _check_state(self, saved: Any) -> None:
        super()._check_state(saved)
        for key in ("T_0", "T_i", "T_mult"):
            if not 1 <= saved.get(key, 1) < 2**53:
                raise ValueError(
                    f"{type(self).__name__}.load_state_dict: such a schedule has no rates: {key} is {saved[key]}. {CURE}"
                )

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


__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]
