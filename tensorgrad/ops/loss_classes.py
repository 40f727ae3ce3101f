"""Losses of classes: a score for each, and the number of the right one, or several."""

from __future__ import annotations

from math import nan, prod
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, broadcast, integer, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .activation import logsigmoid
from .expand import broadcast_tensors
from .keywords import older_reduction
from .linear import linear
from .loss import BinaryCrossEntropyWithLogits, check_reduction, reduced, same_shape, where_expected
from .promote import as_operand, mixed_dtypes, needs_floating, number, paired
from .softmax import log_softmax


class CrossEntropy(Function):
    """−ln softmax(x)[t], weighted and smoothed: (1 − ε)·w[t]·(lse − x[t]) + ε/C·Σ w[c]·(lse − x[c]).

    The way back is softmax(x) less the targets; of the way there only the largest x and Σ e^(x − largest) are kept.
    """

    def __init__(self, reduction: str, smoothing: float, kept: Any) -> None:
        self.reduction, self.smoothing, self.kept = reduction, smoothing, kept

    def formula(self, x: Tensor, target: Tensor, weight: Any) -> Tensor:
        logs = log_softmax(x, 1)
        w = _target_weights(target, weight, self.kept, x)
        losses = -logs.gather(1, target.unsqueeze(1)).squeeze(1) * w
        if self.smoothing:
            terms = logs if weight is None else logs * weight.reshape(-1, *[1] * (x.array.ndim - 2))
            losses = losses * (1 - self.smoothing) - terms.sum(1) * (self.smoothing / x.array.shape[1])
        if self.kept is not None:
            losses = losses.masked_fill(Tensor._of(~self.kept), 0)
        return losses.sum() / w.sum() if self.reduction == "mean" else reduced(losses, self.reduction)

    def forward(self, x: Any, target: Any, weight: Any) -> Any:
        losses, *self.rows, self.w = on(x).cross_entropy(x, target, weight, self.kept, self.smoothing)
        if self.reduction == "none":
            return losses.astype(x.dtype, copy=False)
        out = losses.sum()
        if self.reduction == "mean":
            self.total = out.dtype.type(losses.size) if self.w is None else self.w.sum()
            out = out / self.total
        return out.astype(x.dtype, copy=False)

    def fused_backward(self, grad: Any, x: Any, target: Any, weight: Any) -> Any:
        if self.reduction == "mean":
            grad = grad / self.total
        rest = self.kept, self.smoothing, *self.rows, self.w
        return on(x).cross_entropy_backward(grad, x, target, weight, *rest), None, None


@older_reduction
def cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """−ln softmax(input)[target]: the loss of a classifier, from its scores (logits).

    Shape: input (N, C), (N, C, d₁, …) or (C,); target class numbers, int64, (N,), (N, d₁, …) or (), or probabilities
    of input's shape and dtype → (), or the target's shape (without C) with reduction='none'.

    Args:
        weight: a factor for each class, (C,). The mean over class numbers is by the weights of the targets, that over
            probabilities by their number.
        ignore_index: targets of this number do not count.
        label_smoothing: ε in [0, 1]: mix the targets with ε parts of the uniform distribution (Szegedy et al., 2015).
    """
    op = "cross_entropy"
    x, t = needs_floating(op, input), as_operand(op, target, "target")
    reduction = check_reduction(op, reduction)
    label_smoothing = number(op, "label_smoothing", label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{op}: label_smoothing must be in [0, 1], got {label_smoothing}.")
    if x.array.shape == t.array.shape != ():
        return _soft_cross_entropy(x, t, weight, ignore_index, reduction, label_smoothing)
    x, t, w, kept, shape = _classes(op, x, t, weight, ignore_index)
    fused = CrossEntropy(reduction, float(label_smoothing), kept)
    if w is not None and w.requires_grad:  # the kernel gives no gradient of the class weights
        losses = fused.formula(x, t, w)
    else:
        losses = fused(x, t, w)
    return losses.reshape(shape) if reduction == "none" and losses.array.shape != shape else losses


@in_own_name
def linear_cross_entropy(
    input: TensorLike,
    linear_weight: TensorLike,
    target: TensorLike,
    *,
    linear_bias: TensorLike | None = None,
    weight: TensorLike | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: None = None,
) -> Tensor:
    """`cross_entropy` of the scores linear_weight · input + linear_bias.

    Shape: input (N, D) or (D,), linear_weight (C, D) or (C, d₁, …, D), linear_bias (C,) or (C, d₁, …); target as
    `cross_entropy` takes it for scores of (N, C), (C,) or (N, C, d₁, …).

    Args:
        ignore_index: None is −100.
        options: of PyTorch's computation in pieces; here there is one way, and it must be None.
    """
    op = "linear_cross_entropy"
    if options is not None:
        raise ValueError(f"{op}: options must be None; the scores are computed at once.")
    x, w = as_operand(op, input), as_operand(op, linear_weight, "linear_weight")
    if x.array.ndim not in (1, 2) or w.array.ndim < 2 or x.array.shape[-1] != w.array.shape[-1]:
        what = "input must be (N, D) or (D,), linear_weight (C, D) or (C, d₁, …, D)"
        raise ValueError(
            mismatch(op, what, "D, the last of both, must be one.", input=x.array.shape, linear_weight=w.array.shape)
        )
    if x.array.ndim == 1 and w.array.ndim > 2:
        raise ValueError(
            mismatch(
                op, "linear_weight (C, d₁, …, D) goes with several inputs, (N, D)", "For one: input.unsqueeze(0).",
                input=x.array.shape, linear_weight=w.array.shape,
            )
        )  # fmt: skip
    (*scores, d), b = w.array.shape, None if linear_bias is None else as_operand(op, linear_bias, "linear_bias")
    logits = linear(x, w.reshape(-1, d), None if b is None else b.reshape(-1)).reshape(*x.array.shape[:-1], *scores)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(
        logits, target, weight, ignore_index=ignored, reduction=reduction, label_smoothing=label_smoothing
    )


class NllLoss(Function):
    """−w·x[target] per target, their sum, or that over `total`; w given."""

    def __init__(self, w: Any, reduction: str, total: float) -> None:
        self.settings = w, reduction, total

    def formula(self, x: Tensor, target: Tensor) -> Tensor:
        w, reduction, total = self.settings
        losses = -x.gather(1, target.unsqueeze(1)).squeeze(1)
        if w is not None:
            losses = losses * Tensor._of(w)
        return losses.sum() / total if reduction == "mean" else reduced(losses, reduction)

    def forward(self, x: Any, target: Any) -> Any:
        self.to = x.shape
        return on(x).nll(x, target, *self.settings)

    def backward(self, grad: Tensor, target: Tensor) -> Any:
        return NllLossBackward(self.settings, self.to)(grad, target), None


class NllLossBackward(Function):
    """Zeros of a shape with −w·g at the targets; the gradient picks them again."""

    def __init__(self, settings: tuple[Any, str, float], to: Shape) -> None:
        self.settings, self.to = settings, to

    def formula(self, g: Tensor, target: Tensor) -> Tensor:
        w, reduction, total = self.settings
        g = g / total if reduction == "mean" else g
        at_targets = -g.expand(target.array.shape) * (1 if w is None else Tensor._of(w))
        return g.new_zeros(self.to).scatter(1, target.unsqueeze(1), at_targets.unsqueeze(1))

    def forward(self, g: Any, target: Any) -> Any:
        return on(g).nll_backward(g, target, *self.settings, self.to)

    def backward(self, grad: Tensor, target: Tensor) -> Any:
        return NllLoss(*self.settings)(grad, target), None


@older_reduction
def nll_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """−input[target], for log-probabilities: with `log_softmax` before it, this is `cross_entropy`.

    Shape and arguments as there, class numbers only. The class weights get no gradient, as in PyTorch.
    """
    x, t = needs_floating("nll_loss", input), as_operand("nll_loss", target, "target")
    reduction = check_reduction("nll_loss", reduction)
    x, t, weights, kept, shape = _classes("nll_loss", x, t, weight, ignore_index)
    w = on(x.array).target_weights(t.array, None if weights is None else weights.array, kept, x.array.dtype)
    total = t.array.size if w is None else w.sum().item()
    losses = NllLoss(w, reduction, total or nan)(x, t)
    return losses.reshape(shape) if reduction == "none" and losses.array.shape != shape else losses


@older_reduction
def multi_margin_loss(
    input: TensorLike,
    target: TensorLike,
    p: int = 1,
    margin: float = 1.0,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Σ w[target]·max(0, margin − x[target] + x[c])ᵖ / C over the other classes c: the hinge loss of several classes.

    Shape: input (N, C) or (C,), target (N,) or () → (), or the target's with reduction='none'. p is 1 or 2.
    """
    op = "multi_margin_loss"
    x, t = needs_floating(op, input), as_operand(op, target, "target")
    if number(op, "p", p) not in (1, 2):
        raise ValueError(f"{op}: p must be 1 or 2, got {p}.")
    margin = number(op, "margin", margin)
    if x.array.ndim > 2:
        raise ValueError(f"{op}: input must be (N, C) or (C,), got shape {tuple(x.array.shape)}.")
    if not x.array.ndim:
        x = x.reshape(1)
    x, t, w, _, shape = _classes(op, x, t, weight, -1 << 62)
    t = t.unsqueeze(1)
    distance = (x - x.gather(1, t) + margin).clamp(min=0)
    if p == 2:
        distance = distance.square()
    if w is not None:
        distance = distance * w[t]
    losses = distance.scatter(1, t, 0.0).sum(1) / x.array.shape[1]
    return reduced(losses.reshape(shape), check_reduction(op, reduction))


@older_reduction
def multilabel_margin_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Σ max(0, 1 − x[t] + x[c]) / C over all targets t and all classes c that are none.

    Shape: input (N, C) or (C,); target the same, int64: class numbers, those after the first −1 do not count → (), or
    (N,) with reduction='none'.
    """
    op = "multilabel_margin_loss"
    x, t = needs_floating(op, input), as_operand(op, target, "target")
    same_shape(op, input=x, target=t)
    a = x.array.shape
    if len(a) > 2:
        raise ValueError(f"{op}: input must be (N, C) or (C,), got shape {tuple(a)}.")
    if t.array.dtype != "int64":
        raise TypeError(f"{op}: target must hold class numbers, int64, got {t.dtype}. Convert it: target.long().")
    n, classes = (a[0] if len(a) == 2 else 1), (a[-1] if a else 1)
    low, high = on(t.array).bounds(t.array)
    if low < -1 or high >= classes:
        raise IndexError(
            f"{op}: target holds {low if low < -1 else high}, input has {classes} classes (-1 ends a row)."
        )
    x, t = x.reshape(n, classes), t.reshape(n, classes)
    listed, named = (Tensor._of(b) for b in on(t.array).listed_labels(t.array, classes))
    distance = (1 - x.gather(1, t.clamp(min=0)).unsqueeze(2) + x.unsqueeze(1)).clamp(min=0)  # (N, target, class)
    losses = (distance * (listed.unsqueeze(2) & ~named.unsqueeze(1))).sum((1, 2)) / classes
    return reduced(losses.reshape(a[:-1]), check_reduction(op, reduction))


@in_own_name
@older_reduction
def multilabel_soft_margin_loss(
    input: TensorLike, target: TensorLike, weight: TensorLike | None = None, *, reduction: str = "mean"
) -> Tensor:
    """−(t·ln σ(x) + (1 − t)·ln σ(−x)), the mean over classes.  Shape: (…, C), twice → (), or (…) unreduced."""
    op = "multilabel_soft_margin_loss"
    x, t = needs_floating(op, input), as_operand(op, target, "target")
    broadcast(op, input=x.array.shape, target=t.array.shape)
    losses = BinaryCrossEntropyWithLogits()(*broadcast_tensors(*paired(op, x, t)))
    if weight is not None:
        losses = losses * as_operand(op, weight, "weight")
    return reduced(losses.mean(-1), check_reduction(op, reduction))


@older_reduction
def soft_margin_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """ln(1 + e^(−target·input)) with targets 1 and −1.  Shape as for `mse_loss`."""
    x, z = needs_floating("soft_margin_loss", input), as_operand("soft_margin_loss", target, "target")
    broadcast("soft_margin_loss", input=x.array.shape, target=z.array.shape)
    return reduced(-logsigmoid(z * x), check_reduction("soft_margin_loss", reduction))


# ---- helpers --------------------------------------------------------------------------------------------------------


def _target_weights(target: Tensor, weight: Any, kept: Any, x: Tensor) -> Tensor:
    """weight[target], 0 for targets that are not kept."""
    w = (target * 0 + 1).to(x.dtype) if weight is None else weight[target]
    return w if kept is None else w * Tensor._of(kept)


def _soft_cross_entropy(x: Tensor, t: Tensor, weight: Any, ignored: int, reduction: str, smoothing: float) -> Tensor:
    """The targets are probabilities."""
    op = "cross_entropy"
    if t.array.dtype.kind in "iub":
        raise TypeError(f"{op}: a target of input's shape holds probabilities, of a floating dtype, got {t.dtype}.")
    if integer(op, "ignore_index", ignored) >= 0:
        raise ValueError(f"{op}: ignore_index goes with class numbers, not with probabilities; got {ignored}.")
    d = 1 if x.array.ndim > 1 else 0
    classes = x.array.shape[d]
    if smoothing:
        t = t * (1 - smoothing) + smoothing / classes
    logs = log_softmax(x, d)
    terms = logs * t
    if not t.requires_grad and on(terms.array).holds_nan(terms.array):  # towards t the gradient of −∞ is infinite
        terms = where_expected(t, logs) * t
    if weight is not None:
        terms = terms * _weight_of_classes(op, weight, classes, x).reshape(-1, *[1] * (x.array.ndim - 1 - d))
    if reduction == "none":
        return -terms.sum(d)
    return -terms.sum(d).mean() if reduction == "mean" and classes else -terms.sum()


def _classes(
    op: str, x: Tensor, t: Tensor, weight: Any, ignored: int
) -> tuple[Tensor, Tensor, Tensor | None, Any, Shape]:
    """Scores (N, C) or (N, C, L), class numbers (N,) or (N, L), class weights, which targets count (None: all), and
    the shape of the losses."""
    ignored = integer(op, "ignore_index", ignored)
    if t.array.dtype != "int64" and t.array.dtype != "uint8":
        raise TypeError(f"{op}: target must hold class numbers, int64 (or uint8), got {t.dtype}. Use target.long().")
    a, shape = x.array.shape, t.array.shape
    if len(a) == 1 and shape in ((), (1,)):
        x, t = x.reshape(1, -1), t.reshape(1)
        shape = ()
    elif len(a) < 2 or a[:1] + a[2:] != shape:
        cure = "Scores (N, C, d₁, …) have class numbers (N, d₁, …), or probabilities of their own shape."
        raise ValueError(mismatch(op, "the shapes do not belong together", cure, input=a, target=shape))
    if len(a) > 3:
        x, t = x.reshape(a[0], a[1], prod(a[2:])), t.reshape(a[0], prod(a[2:]))
    if t.array.dtype == "uint8":
        t = t.long()
    classes, kernels = x.array.shape[1], on(x.array)
    kept = None
    high = kernels.largest_class(t.array)
    if high >= classes or 0 <= ignored <= high:
        kept, safe = kernels.kept_targets(t.array, ignored)
        low, high = kernels.bounds(safe)
        if low < 0 or high >= classes:
            raise IndexError(
                f"{op}: target holds class {low if low < 0 else high}, but input has {classes} classes, 0 to "
                f"{classes - 1} (and ignore_index is {ignored})."
            )
        t = Tensor._of(safe)
    return x, t, None if weight is None else _weight_of_classes(op, weight, classes, x), kept, shape


def _weight_of_classes(op: str, weight: Any, classes: int, x: Tensor) -> Tensor:
    w = as_operand(op, weight, "weight")
    if w.array.shape != (classes,):
        raise ValueError(f"{op}: weight must have one entry per class, ({classes},), got {tuple(w.array.shape)}.")
    if w.array.dtype != x.array.dtype:
        raise mixed_dtypes(op, "input", input=x, weight=weight)
    return w


__all__: list[str] = []
