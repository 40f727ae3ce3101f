"""Rprop: only the signs of the gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .optimizer import Optimizer, Params, arrays, check, counted, counter, number, positive, zeros_like


class Rprop(Optimizer):
    """A step size per element: times η⁺ while the gradient keeps its sign, times η⁻, and no step, when it turns
    (Riedmiller & Braun, 1993). For full batches.

    Args:
        lr: the first step size. etas: (η⁻, η⁺). step_sizes: smallest and largest. maximize: go up.
        foreach, capturable, differentiable: accepted; there is one implementation.
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check("Rprop", lr=positive(lr), etas=(etas, lambda e: 0 < e[0] < 1 < e[1], "η⁻ in (0, 1) and η⁺ above 1"))
        super().__init__(
            params,
            dict(
                lr=lr, etas=etas, step_sizes=step_sizes, foreach=foreach, maximize=maximize,
                differentiable=differentiable, capturable=capturable,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        sizes = Tensor._of(np.full_like(p.array, number(group["lr"])))
        return {"step": counter(), "prev": zeros_like(p), "step_size": sizes}

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        counted(states)
        on(params[0]).rprop_step(
            params, grads, arrays(states, "prev"), arrays(states, "step_size"), *group["etas"], *group["step_sizes"],
            group["maximize"],
        )  # fmt: skip
