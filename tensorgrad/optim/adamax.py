"""Adam with the largest gradient for a scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .adam import check_adam
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, counted, counter, number, zeros_like
from .rules import betas, count_step, penalized


@accepts("maximize differentiable capturable", foreach=5)
class Adamax(Optimizer):
    """u ← max(β₂u, |g| + ε), p ← p − lr/(1 − β₁ᵗ) · m/u: Adam with the largest gradient in place of the mean square
    (Kingma & Ba, arXiv:1412.6980, section 7). Arguments as `Adam`."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        check_adam("Adamax", lr, betas, eps, weight_decay)
        super().__init__(
            params,
            dict(
                lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": counter(), "exp_avg": zeros_like(p), "exp_inf": zeros_like(p)}

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """m ← β₁m + (1 − β₁)g,  u ← max(β₂u, |g| + ε);  p ← p − lr/(1 − β₁ᵗ)·m/u."""
        lr, (beta1, beta2), eps = number(group["lr"]), betas(group), group["eps"]
        t = count_step(state)
        g = penalized(p, g, group)
        state["exp_avg"] = m = beta1 * state["exp_avg"] + (1 - beta1) * g
        state["exp_inf"] = u = np.maximum(beta2 * state["exp_inf"], abs(g) + eps)
        return p - lr / (1 - beta1**t) * m / u

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        on(params[0]).adamax_step(
            params, grads, arrays(states, "exp_avg"), arrays(states, "exp_inf"), counted(states), number(group["lr"]),
            *group["betas"], group["eps"], group["weight_decay"], group["maximize"],
        )  # fmt: skip
