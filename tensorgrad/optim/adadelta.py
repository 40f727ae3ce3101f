"""Adadelta: steps in the units of the parameter."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, check, counted, counter, number, positive, zeros_like
from .rules import count_step, penalized


@accepts("capturable maximize differentiable", foreach=5)
class Adadelta(Optimizer):
    """s ← ρs + (1 − ρ)g², δ = √(d + ε)/√(s + ε)·g, d ← ρd + (1 − ρ)δ², p ← p − lr·δ (Zeiler, arXiv:1212.5701).

    Args:
        rho: ρ. eps: ε. weight_decay: λ of an L2 penalty. maximize: go up.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        check("Adadelta", lr=positive(lr), eps=positive(eps), weight_decay=positive(weight_decay))
        check("Adadelta", rho=(rho, lambda v: 0 <= v <= 1, "in [0, 1]"))
        super().__init__(
            params,
            dict(
                lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": counter(), "square_avg": zeros_like(p), "acc_delta": zeros_like(p)}

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """s ← ρs + (1 − ρ)g²;  δ = √(d + ε)/√(s + ε)·g;  d ← ρd + (1 − ρ)δ²;  p ← p − lr·δ."""
        rho, eps = group["rho"], group["eps"]
        count_step(state)
        g = penalized(p, g, group)
        state["square_avg"] = s = rho * state["square_avg"] + (1 - rho) * g**2
        delta = np.sqrt(state["acc_delta"] + eps) / np.sqrt(s + eps) * g
        state["acc_delta"] = rho * state["acc_delta"] + (1 - rho) * delta**2
        return p - number(group["lr"]) * delta

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        counted(states)
        on(params[0]).adadelta_step(
            params, grads, arrays(states, "square_avg"), arrays(states, "acc_delta"), number(group["lr"]),
            group["rho"], group["eps"], group["weight_decay"], group["maximize"],
        )  # fmt: skip
