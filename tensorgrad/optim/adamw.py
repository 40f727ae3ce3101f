"""Adam with decoupled weight decay."""

from __future__ import annotations

from ..tensor import Tensor
from .adam import Adam
from .flags import accepts
from .optimizer import Params


@accepts("maximize foreach capturable differentiable fused")
class AdamW(Adam):
    """Adam with decoupled weight decay: p ← (1 − lr·λ)p first, and no penalty in g (Loshchilov & Hutter,
    arXiv:1711.05101). Arguments as `Adam`."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize,
            decoupled_weight_decay=True,
        )  # fmt: skip
