"""Losses of numbers and of probabilities. `reduction` is 'mean', 'sum' or 'none'."""

from __future__ import annotations

from ..ops.keywords import older_reduction
from ..tensor import Tensor
from . import functional as F
from .module import Module

_REDUCTIONS = ("mean", "sum", "none")


class _Loss(Module):
    """What all losses share."""

    @older_reduction
    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in _REDUCTIONS:
            name = type(self).__name__
            raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}.")
        self.reduction = reduction


class _WeightedLoss(_Loss):
    """A loss with a weight per class (or per number): a buffer, kept with the module's state."""

    weight: Tensor | None

    @older_reduction
    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)


# ---- numbers --------------------------------------------------------------------------------------------------------


class L1Loss(_Loss):
    """|x − y|.  Shape: any, twice → (), or the same with reduction='none'; so for the losses below."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """(x − y)²."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """(x − y)²/2β where |x − y| < β, |x − y| − β/2 elsewhere (Girshick, arXiv:1504.08083)."""

    @older_reduction
    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """(x − y)²/2 where |x − y| ≤ δ, δ(|x − y| − δ/2) elsewhere (Huber, 1964)."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class PoissonNLLLoss(_Loss):
    """eˣ − y·x, x the logarithm of a rate; with log_input=False x − y·log(x + ε). `full` adds Stirling's approximation
    of log y!."""

    @older_reduction
    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return F.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """(log max(var, ε) + (x − y)² / max(var, ε)) / 2; `full` adds log(2π) / 2.

    Shape: input and target (N, …), var the same, or with 1 as last axis, or without it, or a number.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


# ---- probabilities --------------------------------------------------------------------------------------------------


class BCELoss(_WeightedLoss):
    """−weight·(y·log x + (1 − y)·log(1 − x)), x a probability in [0, 1]; logarithms held above −100."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """BCELoss of σ(x), without overflow; `pos_weight` multiplies the part of y = 1."""

    pos_weight: Tensor | None

    @older_reduction
    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, weight=self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class KLDivLoss(_Loss):
    """y·(log y − x), x a log-probability; with `log_target` y is one too. 'batchmean' divides the sum by N."""

    @older_reduction
    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction="mean" if reduction == "batchmean" else reduction)
        self.reduction = reduction if reduction == "batchmean" else self.reduction
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
