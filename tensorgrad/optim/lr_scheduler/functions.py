"""Rates by a function of one's own."""

from __future__ import annotations

from typing import Any

from ..optimizer import Optimizer
from .base import CURE, LRScheduler, Rates


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

    def _check_state(self, saved: Any) -> None:
        super()._check_state(saved)
        own = self.state_dict()["lr_lambdas"]
        for here, there in zip(own, saved["lr_lambdas"]):
            if there is not None and not (isinstance(here, dict) and isinstance(there, dict)):
                raise ValueError(
                    f"{type(self).__name__}.load_state_dict: the entry 'lr_lambdas' is {saved['lr_lambdas']!r}, here it is "
                    f"{own!r}. {CURE}"
                )

    def _take_state(self, state_dict: dict[str, Any]) -> None:
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


__all__ = ["LambdaLR", "MultiplicativeLR"]
