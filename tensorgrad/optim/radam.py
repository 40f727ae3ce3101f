"""Adam, rectified."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .adam import check_adam
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, counted, counter, number, zeros_like
from .rules import betas, count_step, decayed


@accepts("foreach maximize capturable differentiable")
class RAdam(Optimizer):
    """Adam whose adaptive part is rectified: off while its variance is large, at the start (Liu et al.,
    arXiv:1908.03265). Arguments as `Adam`."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_adam("RAdam", lr, betas, eps, weight_decay)
        super().__init__(
            params,
            dict(
                lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize,
                decoupled_weight_decay=decoupled_weight_decay,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": counter(), "exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """m, v as Adam's;  ρ∞ = 2/(1 − β₂) − 1, ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ);  p ← p − lr·m̂·r·√(1 − β₂ᵗ)/(√v + ε) with
        r² = (ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ) once ρₜ > 5, p − lr·m̂ before."""
        lr, (beta1, beta2), eps = number(group["lr"]), betas(group), group["eps"]
        t = count_step(state)
        p, g = decayed(p, g, group)
        state["exp_avg"] = m = beta1 * state["exp_avg"] + (1 - beta1) * g
        state["exp_avg_sq"] = v = beta2 * state["exp_avg_sq"] + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        longest = 2 / (1 - beta2) - 1
        rho = longest - 2 * t * beta2**t / (1 - beta2**t)
        if rho <= 5:
            return p - lr * m_hat
        r = sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho))
        return p - lr * m_hat * r * sqrt(1 - beta2**t) / (np.sqrt(v) + eps)

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        on(params[0]).radam_step(
            params, grads, arrays(states, "exp_avg"), arrays(states, "exp_avg_sq"), counted(states),
            number(group["lr"]), *group["betas"], group["eps"], group["weight_decay"],
            group["decoupled_weight_decay"], group["maximize"],
        )  # fmt: skip
