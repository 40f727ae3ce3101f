"""Losses of classes."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autograd.frames import warn
from ..ops.keywords import older_reduction
from ..tensor import Tensor
from . import functional as F
from .linear import Linear
from .loss import _Loss, _WeightedLoss


class NLLLoss(_WeightedLoss):
    """−weight[y]·x[y], x log-probabilities, y the class; targets equal to `ignore_index` count nothing.

    Shape: input (N, C), (N, C, …) or (C,), target (N,), (N, …) or ().
    """

    @older_reduction
    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """`NLLLoss` under the name it had for images."""

    @older_reduction
    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        warn("NLLLoss2d is an old name; use NLLLoss, which is the same.", FutureWarning)
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)


class CrossEntropyLoss(_WeightedLoss):
    """−weight[y]·log softmax(x)[y]: logits and classes, or logits and probabilities of classes.

    Shape: input (N, C), (N, C, …) or (C,), target (N,), (N, …) or () of classes, or the input's of probabilities.

    Args:
        label_smoothing: this share of the target is spread evenly over the classes (Szegedy et al., arXiv:1512.00567).
    """

    @older_reduction
    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class LinearCrossEntropyLoss(_WeightedLoss):
    """`CrossEntropyLoss` of a linear map's scores: the last layer of a classifier and its loss in one.

    Shape: input (N, in_features) or (in_features,), target (N,), (N, *out_features) or () of classes, or (N, C,
    *out_features) or (C,) of probabilities. `linear` is a Linear(in_features, C·d₁·…).

    Args:
        num_classes: C. out_features: (d₁, …), so many classifications at once.
        bias: of the linear map. ignore_index: None is −100. options: None.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: None = None,
    ) -> None:
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise ValueError(f"LinearCrossEntropyLoss: weight has shape {tuple(weight.shape)}, needs ({num_classes},).")
        super().__init__(weight, reduction=reduction)
        self.num_classes, self.out_features = num_classes, out_features
        self.ignore_index, self.label_smoothing, self.options = ignore_index, label_smoothing, options
        self.linear = Linear(in_features, prod(out_features, start=num_classes), bias=bias, device=device, dtype=dtype)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        scores = (self.num_classes, *self.out_features)
        return F.linear_cross_entropy(
            input,
            self.linear.weight.reshape(*scores, -1),
            target,
            linear_bias=None if self.linear.bias is None else self.linear.bias.reshape(scores),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )


class MultiMarginLoss(_WeightedLoss):
    """Σ max(0, margin − x[y] + x[i])ᵖ / C over the other classes i.  Shape: (N, C) and (N,) → (), or (N,)."""

    @older_reduction
    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: p must be 1 or 2, got {p}.")
        if weight is not None and weight.ndim != 1:
            raise ValueError(f"MultiMarginLoss: weight has a number per class, got shape {tuple(weight.shape)}.")
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(_Loss):
    """Σ max(0, 1 − (x[y] − x[i])) / C over the true classes y and the others i; targets end with −1.

    Shape: (N, C) or (C,), twice → (), or (N,) with reduction='none'.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """Binary cross-entropy of logits, the mean over the classes.  Shape: (N, C), twice → (), or (N,)."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """log(1 + e^(−y·x)), y = ±1."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)
