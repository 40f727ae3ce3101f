"""Rprop: only the signs of the gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .flags import accepts
from .optimizer import Optimizer, Params, arrays, check, counted, counter, number, positive, zeros_like
from .rules import count_step


@accepts("capturable foreach maximize differentiable")
class Rprop(Optimizer):
    """A step size per element: times η⁺ while the gradient keeps its sign, times η⁻, and no step, when it turns
    (Riedmiller & Braun, 1993). For full batches.

    Args:
        lr: the first step size. etas: (η⁻, η⁺). step_sizes: smallest and largest. maximize: go up.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        check("Rprop", lr=positive(lr), etas=(etas, lambda e: 0 < e[0] < 1 < e[1], "η⁻ in (0, 1) and η⁺ above 1"))
        super().__init__(
            params,
            dict(
                lr=lr, etas=etas, step_sizes=step_sizes, maximize=maximize,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        sizes = Tensor._of(np.full_like(p.array, number(group["lr"])))
        return {"step": counter(), "prev": zeros_like(p), "step_size": sizes}

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """Δ ← Δ·η⁺ where g·g′ > 0, Δ·η⁻ where g·g′ < 0 (there g ← 0), within its bounds;  p ← p − sign(g)·Δ."""
        (less, more), (smallest, largest) = group["etas"], group["step_sizes"]
        count_step(state)
        g = -g if group["maximize"] else g
        product = g * state["prev"]
        factor = np.where(product > 0, more, np.where(product < 0, less, 1.0))
        state["step_size"] = size = np.clip(state["step_size"] * factor, smallest, largest)
        state["prev"] = g = np.where(product < 0, 0.0, g)
        return p - np.sign(g) * size

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        counted(states)
        on(params[0]).rprop_step(
            params, grads, arrays(states, "prev"), arrays(states, "step_size"), *group["etas"], *group["step_sizes"],
            group["maximize"],
        )  # fmt: skip
