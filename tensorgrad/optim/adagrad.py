"""Adagrad: each element divided by all the gradients it has seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, check, counted, counter, number, positive
from .rules import count_step, penalized


@accepts("maximize differentiable fused", foreach=6)
class Adagrad(Optimizer):
    """s ← s + g², p ← p − lr/(1 + (t − 1)η) · g/(√s + ε) (Duchi et al., 2011).

    Args:
        lr_decay: η. weight_decay: λ of an L2 penalty, g + λp. initial_accumulator_value: s at the start. eps: ε.
        maximize: go up.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        check("Adagrad", lr=positive(lr), lr_decay=positive(lr_decay), weight_decay=positive(weight_decay))
        check("Adagrad", initial_accumulator_value=positive(initial_accumulator_value), eps=positive(eps))
        super().__init__(
            params,
            dict(
                lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
                initial_accumulator_value=initial_accumulator_value, maximize=maximize,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        total = Tensor._of(np.full_like(p.array, group["initial_accumulator_value"]))
        return {"step": counter(), "sum": total}

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """s ← s + g²;  p ← p − lr/(1 + (t − 1)η)·g/(√s + ε)."""
        t = count_step(state)
        g = penalized(p, g, group)
        state["sum"] = s = state["sum"] + g**2
        return p - number(group["lr"]) / (1 + (t - 1) * group["lr_decay"]) * g / (np.sqrt(s) + group["eps"])

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        on(params[0]).adagrad_step(
            params, grads, arrays(states, "sum"), counted(states), number(group["lr"]), group["lr_decay"],
            group["eps"], group["weight_decay"], group["maximize"],
        )  # fmt: skip
