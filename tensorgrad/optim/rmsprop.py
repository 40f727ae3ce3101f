"""RMSprop: each element divided by its recent gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, check, counted, counter, number, positive, zeros_like
from .rules import count_step, penalized


@accepts(capturable=7, foreach=8, differentiable=10)
class RMSprop(Optimizer):
    """s ← αs + (1 − α)g², p ← p − lr·g/(√s + ε) (Hinton, 2012); centered: s − ḡ² for s (Graves, arXiv:1308.0850).

    Args:
        alpha: α. eps: ε. weight_decay: λ of an L2 penalty. momentum: μ of b ← μb + g/(√s + ε), p ← p − lr·b.
        centered: divide by the deviation instead of the root mean square. maximize: go up.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        maximize: bool = False,
    ) -> None:
        check("RMSprop", lr=positive(lr), alpha=positive(alpha), eps=positive(eps))
        check("RMSprop", momentum=positive(momentum), weight_decay=positive(weight_decay))
        super().__init__(
            params,
            dict(
                lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered, weight_decay=weight_decay,
                maximize=maximize,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state = {"step": counter(), "square_avg": zeros_like(p)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = zeros_like(p)
        if group["centered"]:
            state["grad_avg"] = zeros_like(p)
        return state

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """s ← αs + (1 − α)g², centered: ḡ ← αḡ + (1 − α)g and s − ḡ² for s;  b ← μb + g/(√s + ε);  p ← p − lr·b."""
        lr, alpha, eps, mu = number(group["lr"]), group["alpha"], group["eps"], group["momentum"]
        count_step(state)
        g = penalized(p, g, group)
        state["square_avg"] = s = alpha * state["square_avg"] + (1 - alpha) * g**2
        if group["centered"]:
            state["grad_avg"] = mean = alpha * state["grad_avg"] + (1 - alpha) * g
            s = s - mean**2
        u = g / (np.sqrt(s) + eps)
        if mu > 0:
            state["momentum_buffer"] = u = mu * state["momentum_buffer"] + u
        return p - lr * u

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        counted(states)
        means = arrays(states, "grad_avg") if group["centered"] else []
        buffers = arrays(states, "momentum_buffer") if group["momentum"] > 0 else []
        on(params[0]).rmsprop_step(
            params, grads, arrays(states, "square_avg"), means, buffers, number(group["lr"]), group["alpha"],
            group["eps"], group["weight_decay"], group["momentum"], group["maximize"],
        )  # fmt: skip
