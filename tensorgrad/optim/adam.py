"""Adam: a mean and a scale of the gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, check, counted, counter, number, positive, share, zeros_like
from .rules import betas, count_step, decayed


@accepts("foreach maximize capturable differentiable fused decoupled_weight_decay")
class Adam(Optimizer):
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − lr · m̂/(√v̂ + ε), with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
    (Kingma & Ba, arXiv:1412.6980).

    Args:
        lr: learning rate. betas: (β₁, β₂). eps: ε. weight_decay: λ of an L2 penalty, g + λp.
        amsgrad: use the largest v so far (Reddi et al., arXiv:1904.09237).
        decoupled_weight_decay: shrink p by lr·λ instead, as `AdamW`.
        maximize: go up instead of down.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_adam(type(self).__name__, lr, betas, eps, weight_decay)
        super().__init__(
            params,
            dict(
                lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize,
                decoupled_weight_decay=decoupled_weight_decay,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state = {"step": counter(), "exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = zeros_like(p)
        return state

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²;  p ← p − lr·m̂/(√v̂ + ε), m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)."""
        lr, (beta1, beta2), eps = number(group["lr"]), betas(group), group["eps"]
        t = count_step(state)
        p, g = decayed(p, g, group)
        state["exp_avg"] = m = beta1 * state["exp_avg"] + (1 - beta1) * g
        state["exp_avg_sq"] = v = beta2 * state["exp_avg_sq"] + (1 - beta2) * g**2
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = v = np.maximum(state["max_exp_avg_sq"], v)
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return p - lr * m_hat / (np.sqrt(v_hat) + eps)

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        tops = arrays(states, "max_exp_avg_sq") if group["amsgrad"] else []
        on(params[0]).adam_step(
            params, grads, arrays(states, "exp_avg"), arrays(states, "exp_avg_sq"), tops, counted(states),
            number(group["lr"]), *betas(group), group["eps"], group["weight_decay"],
            group["decoupled_weight_decay"], group["maximize"],
        )  # fmt: skip


def check_adam(name: str, lr: Any, betas: Any, eps: Any, weight_decay: Any) -> None:
    """The settings that Adam and its relatives share, each in its range."""
    check(name, lr=positive(lr), eps=positive(eps), weight_decay=positive(weight_decay))
    check(name, **{"betas[0]": share(betas[0]), "betas[1]": share(betas[1])})
