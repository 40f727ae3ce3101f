"""Losses. `reduction` is 'mean', 'sum' or 'none'; the old `size_average` and `reduce` say the same in two flags."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

from ..ops import create
from ..ops.join import cat
from ..tensor import Tensor
from . import functional as F
from .containers import ModuleList, Sequential
from .distance import PairwiseDistance
from .linear import Linear
from .module import Module

_REDUCTIONS = ("mean", "sum", "none")


class _Loss(Module):
    """What all losses share."""

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        if size_average is not None or reduce is not None:
            reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        if reduction not in _REDUCTIONS:
            name = type(self).__name__
            raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}.")
        self.reduction = reduction


class _WeightedLoss(_Loss):
    """A loss with a weight per class (or per number): a buffer, kept with the module's state."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


# ---- of numbers -----------------------------------------------------------------------------------------------------


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

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
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

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
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


# ---- of probabilities -----------------------------------------------------------------------------------------------


class BCELoss(_WeightedLoss):
    """−weight·(y·log x + (1 − y)·log(1 − x)), x a probability in [0, 1]; logarithms held above −100."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """BCELoss of σ(x), without overflow; `pos_weight` multiplies the part of y = 1."""

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, weight=self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class KLDivLoss(_Loss):
    """y·(log y − x), x a log-probability; with `log_target` y is one too. 'batchmean' divides the sum by N."""

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, "mean" if reduction == "batchmean" else reduction)
        self.reduction = reduction if reduction == "batchmean" else self.reduction
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


# ---- of classes -----------------------------------------------------------------------------------------------------


class NLLLoss(_WeightedLoss):
    """−weight[y]·x[y], x log-probabilities, y the class; targets equal to `ignore_index` count nothing.

    Shape: input (N, C), (N, C, …) or (C,), target (N,), (N, …) or ().
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """`NLLLoss` under the name it had for images."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        warnings.warn("NLLLoss2d is an old name; use NLLLoss, which is the same.", FutureWarning, stacklevel=2)
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class CrossEntropyLoss(_WeightedLoss):
    """−weight[y]·log softmax(x)[y]: logits and classes, or logits and probabilities of classes.

    Shape: input (N, C), (N, C, …) or (C,), target (N,), (N, …) or () of classes, or the input's of probabilities.

    Args:
        label_smoothing: this share of the target is spread evenly over the classes (Szegedy et al., arXiv:1512.00567).
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
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


class MultiMarginLoss(_WeightedLoss):
    """Σ max(0, margin − x[y] + x[i])ᵖ / C over the other classes i.  Shape: (N, C) and (N,) → (), or (N,)."""

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: p must be 1 or 2, got {p}.")
        if weight is not None and weight.ndim != 1:
            raise ValueError(f"MultiMarginLoss: weight has a number per class, got shape {tuple(weight.shape)}.")
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


# ---- of pairs and triples -------------------------------------------------------------------------------------------


class SoftMarginLoss(_Loss):
    """log(1 + e^(−y·x)), y = ±1."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """x where y = 1, max(0, margin − x) where y = −1, x a distance."""

    def __init__(
        self,
        margin: float = 1.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """1 − cos(x₁, x₂) where y = 1, max(0, cos(x₁, x₂) − margin) where y = −1.

    Shape: (N, D), (N, D) and (N,) → (), or (N,) with reduction='none'; or without N.
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    """max(0, margin − y·(x₁ − x₂)): x₁ should rank above x₂ where y = 1, below where y = −1."""

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """max(0, ‖anchor − positive‖ₚ − ‖anchor − negative‖ₚ + margin); with `swap` the positive may be the anchor, if that
    is nearer to the negative (Balntas et al., 2016).

    Shape: (N, D), three times → (), or (N,) with reduction='none'; or without N.
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: margin must be above 0, got {margin}.")
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    """TripletMarginLoss with a distance of one's own, (N, D) and (N, D) → (N,); the Euclidean one if left out."""

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginWithDistanceLoss: margin must be above 0, got {margin}.")
        self.distance_function: Any = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


# ---- of sequences ---------------------------------------------------------------------------------------------------


class CTCLoss(_Loss):
    """−log of the probability of a target sequence, over all its alignments with the input (Graves et al., 2006).

    Shape: log_probs (T, N, C) or (T, C), targets (N, S) or all of them in a row, lengths (N,) → (), or (N,).

    Args:
        blank: the class of "nothing said".
        zero_infinity: where the target is too long for the input, the loss and its gradient are 0 instead of inf.
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any) -> Tensor:
        settings = (self.blank, self.reduction, self.zero_infinity)
        return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, *settings)


class _ASMoutput(NamedTuple):
    """The log-probability of each target, and the mean negative one."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Cross-entropy over very many classes, sorted from frequent to rare: the frequent ones have a softmax of their
    own, the head; each cluster of rarer ones hides behind one more entry of the head, and is projected to fewer
    features (Grave et al., arXiv:1609.04309).

    Shape: input (N, in_features) or (in_features,), target (N,) or () → output (N,) or (), loss ().

    Args:
        cutoffs: where the clusters begin: [100, 1000] is a head of classes 0 to 99, a cluster to 999, one of the rest.
        div_value: each cluster has in_features / div_valueⁱ features, i = 1, 2, …
        head_bias: whether the head has a bias.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("AdaptiveLogSoftmaxWithLoss: cutoffs must hold at least one number.")
        if cutoffs != sorted(set(cutoffs)) or cutoffs[0] <= 0 or cutoffs[-1] > n_classes - 1:
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: cutoffs {cutoffs} must rise, from at least 1 to at most {n_classes - 1}."
            )
        if any(int(c) != c for c in cutoffs):
            raise ValueError(f"AdaptiveLogSoftmaxWithLoss: cutoffs {cutoffs} must be whole numbers.")
        self.in_features, self.n_classes, self.div_value = in_features, n_classes, div_value
        self.cutoffs = [*cutoffs, n_classes]
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        place = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **place)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            narrow = int(in_features // div_value ** (i + 1))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(
                Sequential(Linear(in_features, narrow, bias=False, **place), Linear(narrow, size, bias=False, **place))
            )

    def reset_parameters(self) -> None:
        """Draw new weights."""
        self.head.reset_parameters()
        for down, up in self.tail:
            down.reset_parameters()
            up.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        x, target = self._checked(input_, target_)
        head = F.log_softmax(self.head(x), dim=1)
        # A target of the head is read off there; one of cluster i costs the cluster's entry, and its place within it.
        places, outputs = [], []
        for i, low in enumerate([0, *self.cutoffs[:-1]]):
            rows = ((target >= low) & (target < self.cutoffs[i])).nonzero().squeeze(1)
            if not rows.numel():
                continue
            within = target.index_select(0, rows) - low
            scores = head.index_select(0, rows)
            if i == 0:
                output = scores.gather(1, within.unsqueeze(1))
            else:
                cluster = F.log_softmax(self.tail[i - 1](x.index_select(0, rows)), dim=1)
                entry = self.shortlist_size + i - 1
                output = scores.narrow(1, entry, 1) + cluster.gather(1, within.unsqueeze(1))
            places.append(rows)
            outputs.append(output.squeeze(1))
        if places:
            order = _joined(places).argsort()
            output = _joined(outputs).index_select(0, order)
        else:
            output = create.zeros(0, dtype=head.dtype)
        loss = (-output).mean()
        return _ASMoutput(output if input_.ndim == 2 else output.squeeze(0), loss)

    def _checked(self, x: Tensor, target: Tensor) -> tuple[Tensor, Any]:
        name = "AdaptiveLogSoftmaxWithLoss"
        shapes = f"input {tuple(x.shape)}, target {tuple(target.shape)}"
        if target.ndim not in (0, 1) or x.ndim != target.ndim + 1 or tuple(x.shape[:-1]) != tuple(target.shape):
            raise ValueError(f"{name}: got {shapes}; needs (N, in_features) and (N,), or (in_features,) and ().")
        if target.ndim == 0:
            x, target = x.unsqueeze(0), target.unsqueeze(0)
        if target.numel():
            low, high = int(target.min()), int(target.max())
            if low < 0 or high >= self.n_classes:
                raise ValueError(f"{name}: targets must be from 0 to {self.n_classes - 1}, got {low} to {high}.")
        return x, target

    def log_prob(self, input: Tensor) -> Tensor:
        """Log-probabilities of all classes.  Shape: (N, in_features) → (N, n_classes)."""
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            entry = self.shortlist_size + i
            parts.append(F.log_softmax(tail(input), dim=1) + head[:, entry : entry + 1])
        return _joined(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class.  Shape: (N, in_features) → (N,).  Clusters are looked into only where they win."""
        best = self.head(input).argmax(dim=1)
        if not bool((best >= self.shortlist_size).any()):
            return best
        rows = (best >= self.shortlist_size).nonzero().squeeze(1)
        best[rows] = self.log_prob(input.index_select(0, rows)).argmax(dim=1)
        return best


def _joined(parts: list[Tensor], dim: int = 0) -> Any:
    return cat(parts, dim)
