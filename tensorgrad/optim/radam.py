"""Adam, rectified."""

from __future__ import annotations

from typing import Any

from ..kernels import on
from ..tensor import Tensor
from .adam import check_adam
from .optimizer import Optimizer, Params, arrays, counted, counter, number, zeros_like


class RAdam(Optimizer):
    """Adam whose adaptive part is rectified: off while its variance is large, at the start (Liu et al.,
    arXiv:1908.03265). Arguments as `Adam`."""

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_adam("RAdam", lr, betas, eps, weight_decay)
        super().__init__(
            params,
            dict(
                lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize, foreach=foreach,
                capturable=capturable, decoupled_weight_decay=decoupled_weight_decay, differentiable=differentiable,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": counter(), "exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        on(params[0]).radam_step(
            params, grads, arrays(states, "exp_avg"), arrays(states, "exp_avg_sq"), counted(states),
            number(group["lr"]), *group["betas"], group["eps"], group["weight_decay"],
            group["decoupled_weight_decay"], group["maximize"],
        )  # fmt: skip
