"""Adam with Nesterov momentum."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .adam import check_adam
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, check, counted, counter, number, positive, zeros_like
from .rules import betas, count_step, decayed


@accepts("foreach maximize capturable differentiable")
class NAdam(Optimizer):
    """Adam with Nesterov momentum (Dozat, 2016): the step is taken with the momentum the next one will have.

    Args:
        momentum_decay: ψ in μₜ = β₁(1 − ½·0.96^(t·ψ)). Others as `Adam`.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_adam("NAdam", lr, betas, eps, weight_decay)
        check("NAdam", momentum_decay=positive(momentum_decay))
        super().__init__(
            params,
            dict(
                lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
                decoupled_weight_decay=decoupled_weight_decay, maximize=maximize,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        product = counter()
        product.array[...] = 1
        return {"step": counter(), "mu_product": product, "exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """m, v as Adam's;  μₜ = β₁(1 − ½·0.96^(t·ψ)), Πₜ = μ₁·…·μₜ;
        p ← p − lr·((1 − μₜ)/(1 − Πₜ)·g + μₜ₊₁/(1 − Πₜ₊₁)·m)/(√v̂ + ε)."""
        lr, (beta1, beta2), eps, psi = number(group["lr"]), betas(group), group["eps"], group["momentum_decay"]
        t = count_step(state)
        p, g = decayed(p, g, group)
        state["exp_avg"] = m = beta1 * state["exp_avg"] + (1 - beta1) * g
        state["exp_avg_sq"] = v = beta2 * state["exp_avg_sq"] + (1 - beta2) * g**2
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (k * psi)) for k in (t, t + 1))
        state["mu_product"] = state["mu_product"] * mu
        so_far = float(state["mu_product"])
        ahead = (1 - mu) / (1 - so_far) * g + mu_next / (1 - so_far * mu_next) * m
        return p - lr * ahead / (np.sqrt(v / (1 - beta2**t)) + eps)

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        on(params[0]).nadam_step(
            params, grads, arrays(states, "exp_avg"), arrays(states, "exp_avg_sq"), arrays(states, "mu_product"),
            counted(states), number(group["lr"]), *group["betas"], group["eps"], group["weight_decay"],
            group["momentum_decay"], group["decoupled_weight_decay"], group["maximize"],
        )  # fmt: skip
