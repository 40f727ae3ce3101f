"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, check, number, positive
from .rules import penalized


@accepts("maximize foreach differentiable fused")
class SGD(Optimizer):
    """b ← μ·b + (1 − τ)·g (at first b ← g), p ← p − lr·b; nesterov: p ← p − lr·(g + μ·b). With weight decay λ, g + λp
    stands for g (Sutskever et al., 2013).

    Args:
        params: see `Optimizer`.
        lr: learning rate. momentum: μ. dampening: τ. weight_decay: λ.
        nesterov: look ahead; needs momentum and no dampening.
        maximize: go up instead of down.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check("SGD", lr=positive(lr), momentum=positive(momentum), weight_decay=positive(weight_decay))
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("SGD: nesterov needs a momentum above 0 and no dampening.")
        super().__init__(
            params,
            dict(
                lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov,
                maximize=maximize,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"momentum_buffer": None} if group["momentum"] else {}

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """b ← μ·b + (1 − τ)·g, at first b ← g;  p ← p − lr·b, or p − lr·(g + μ·b) with nesterov."""
        lr, mu, tau = number(group["lr"]), group["momentum"], group["dampening"]
        g = penalized(p, g, group)
        if not mu:
            return p - lr * g
        b = state["momentum_buffer"]
        state["momentum_buffer"] = b = g if b is None else mu * b + (1 - tau) * g
        return p - lr * (g + mu * b) if group["nesterov"] else p - lr * b

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        first = [s.get("momentum_buffer") is None for s in states]
        buffers = params  # not looked at without momentum
        if group["momentum"]:
            for s, p, is_first in zip(states, params, first):
                if is_first:
                    s["momentum_buffer"] = Tensor._of(np.empty_like(p))
            buffers = arrays(states, "momentum_buffer")
        on(params[0]).sgd_step(
            params, grads, buffers, first, number(group["lr"]), group["momentum"], group["dampening"],
            number(group["weight_decay"]), group["nesterov"], group["maximize"],
        )  # fmt: skip
