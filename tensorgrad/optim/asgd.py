"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, check, counted, counter, number, positive, zeros_like
from .rules import count_step, penalized


@accepts(foreach=6, differentiable=8, capturable=9)
class ASGD(Optimizer):
    """p ← (1 − λη)p − η·g with η = lr/(1 + λ·lr·t)^α, and in state "ax" the average of p after t₀ steps (Polyak &
    Juditsky, 1992).

    Args:
        lambd: λ. alpha: α. t0: t₀. weight_decay: of an L2 penalty. maximize: go up.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        maximize: bool = False,
    ) -> None:
        check("ASGD", lr=positive(lr), weight_decay=positive(weight_decay))
        super().__init__(
            params,
            dict(
                lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay,
                maximize=maximize,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        def kept(x: float) -> Tensor:
            return Tensor._of(np.asarray(x, np.float32))  # as PyTorch keeps it

        return {"step": counter(), "eta": kept(number(group["lr"])), "mu": kept(1.0), "ax": zeros_like(p)}

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """p ← (1 − λη)p − η·g;  a ← a + μ(p − a);  then η = lr/(1 + λ·lr·t)^α, μ = 1/max(1, t − t₀)."""
        lr, lambd, eta, mu = number(group["lr"]), group["lambd"], float(state["eta"]), float(state["mu"])
        t = count_step(state)
        g = penalized(p, g, group)
        p = (1 - lambd * eta) * p - eta * g
        state["ax"] = state["ax"] + mu * (p - state["ax"])
        state["eta"] = lr / (1 + lambd * lr * t) ** group["alpha"]
        state["mu"] = 1 / max(1, t - group["t0"])
        return p

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        steps, lr = counted(states), number(group["lr"])
        etas, mus = [float(s["eta"].array) for s in states], [float(s["mu"].array) for s in states]
        on(params[0]).asgd_step(
            params, grads, arrays(states, "ax"), etas, mus, group["lambd"], group["weight_decay"], group["maximize"]
        )
        for s, t in zip(states, steps):
            s["eta"].array[...] = lr / ((1 + group["lambd"] * lr * t) ** group["alpha"])
            s["mu"].array[...] = 1 / max(1, t - group["t0"])
