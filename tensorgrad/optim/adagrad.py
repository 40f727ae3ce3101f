"""Adagrad: each element divided by all the gradients it has seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .optimizer import Optimizer, Params, arrays, check, counted, counter, number, positive


class Adagrad(Optimizer):
    """s ← s + g², p ← p − lr/(1 + (t − 1)η) · g/(√s + ε) (Duchi et al., 2011).

    Args:
        lr_decay: η. weight_decay: λ of an L2 penalty, g + λp. initial_accumulator_value: s at the start. eps: ε.
        maximize: go up. foreach, differentiable, fused: accepted; there is one implementation.
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check("Adagrad", lr=positive(lr), lr_decay=positive(lr_decay), weight_decay=positive(weight_decay))
        check("Adagrad", initial_accumulator_value=positive(initial_accumulator_value), eps=positive(eps))
        super().__init__(
            params,
            dict(
                lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
                initial_accumulator_value=initial_accumulator_value, foreach=foreach, maximize=maximize,
                differentiable=differentiable, fused=fused,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        total = Tensor._of(np.full_like(p.array, group["initial_accumulator_value"]))
        return {"step": counter(), "sum": total}

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        on(params[0]).adagrad_step(
            params, grads, arrays(states, "sum"), counted(states), number(group["lr"]), group["lr_decay"],
            group["eps"], group["weight_decay"], group["maximize"],
        )  # fmt: skip
