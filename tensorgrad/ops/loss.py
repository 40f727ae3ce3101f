"""Losses: how far a prediction is from its target, as one number.

`reduction` says what becomes of the single losses: 'mean', 'sum', or 'none' to get them all. (`size_average` and
`reduce` say the same in two flags; they are PyTorch's older form.)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import log, nan, pi, prod
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axis, broadcast, integer, mismatch
from ..tensor import Tensor
from .activation import log_softmax, logsigmoid
from .keywords import in_own_name, numpy_words
from .linalg_norm import vector_norm
from .linear import linear
from .promote import as_operand, cast, floating, needs_floating, number, paired

# ---- what all share -------------------------------------------------------------------------------------------------


def _reduction(op: str, reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The reduction that is meant, the older flags included."""
    if size_average is not None or reduce is not None:
        return "none" if reduce is False else "sum" if size_average is False else "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{op}: reduction must be 'none', 'mean' or 'sum', got {reduction!r}.")
    return reduction


def _reduced(losses: Tensor, reduction: str) -> Tensor:
    return losses.mean() if reduction == "mean" else losses.sum() if reduction == "sum" else losses


def _weighted(losses: Tensor, weight: Any, reduction: str) -> Tensor:
    """Losses times weights; their mean is over the sum of the weights."""
    if weight is None:
        return _reduced(losses, reduction)
    losses = losses * weight
    return losses.sum() / weight.sum() if reduction == "mean" else _reduced(losses, reduction)


def _numbers(op: str, input: Any, target: Any, weight: Any = None) -> tuple[Tensor, Tensor, Any]:
    """Prediction and target of one dtype and of shapes that broadcast, and a weight per number or None."""
    x, z = as_operand(op, input), as_operand(op, target, "target")
    if x.array.dtype != z.array.dtype:
        x, z = paired(op, x, z)
    if x.array.shape != z.array.shape:
        broadcast(op, input=x.array.shape, target=z.array.shape)
        warnings.warn(
            f"{op}: input {tuple(x.array.shape)} and target {tuple(z.array.shape)} have different shapes and are "
            "broadcast, which is seldom meant. Reshape one of them.",
            stacklevel=3,
        )
    if weight is not None:
        weight = as_operand(op, weight, "weight")
        if weight.array.shape != x.array.shape:
            shapes = {"input": x.array.shape, "weight": weight.array.shape}
            raise ValueError(mismatch(op, "weight has another shape than input", "One weight per number.", **shapes))
    return x, z, weight


def _same_shape(op: str, **tensors: Tensor) -> None:
    shapes = {name: x.array.shape for name, x in tensors.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(mismatch(op, "the shapes differ", "They must be the same; reshape one of them.", **shapes))


# ---- of numbers -----------------------------------------------------------------------------------------------------


class MseLoss(Function):
    """(x − z)², its sum or its mean."""

    broadcasts = True

    def __init__(self, reduction: str) -> None:
        self.reduction = reduction

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).mse(x, z, self.reduction)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        d = x - z
        g = d * (grad * (2 / (d.array.size or nan) if self.reduction == "mean" else 2))
        return g, -g if self.needs[1] else None


def mse_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """(input − target)².  Shape: any, twice → (), or the same with reduction='none'.

    `weight` is a factor for each number; the mean is then over the sum of the weights.
    """
    x, z, weight = _numbers("mse_loss", input, target, weight)
    x = needs_floating("mse_loss", x)
    reduction = _reduction("mse_loss", reduction, size_average, reduce)
    if weight is None:
        return MseLoss(reduction)(x, z)
    return _weighted(MseLoss("none")(x, z), weight, reduction)


def l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """|input − target|.  Shape and weight as for `mse_loss`."""
    x, z, weight = _numbers("l1_loss", input, target, weight)
    return _weighted((x - z).abs(), weight, _reduction("l1_loss", reduction, size_average, reduce))


class Huber(Function):
    """½·d² up to |d| = δ, and δ·(|d| − ½·δ) beyond (Huber, 1964)."""

    def __init__(self, delta: float) -> None:
        self.delta = delta

    def forward(self, d: Any) -> Any:
        return on(d).huber(d, self.delta)

    def backward(self, grad: Tensor, d: Tensor) -> Tensor:
        return grad * d.clamp(-self.delta, self.delta)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Tensor:
    """½·d² where |d| ≤ δ, else δ·(|d| − ½·δ), for d = input − target.  Shape as for `mse_loss`.

    `weight` is a factor for each number; the mean is over their number.
    """
    x, z, weight = _numbers("huber_loss", input, target, weight)
    delta = number("huber_loss", "delta", delta)
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be above 0, got {delta}.")
    losses = Huber(float(delta))(needs_floating("huber_loss", x) - z)
    return _reduced(losses if weight is None else losses * weight, _reduction("huber_loss", reduction))


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """½·d²/β where |d| < β, else |d| − ½·β, for d = input − target; |d| for β = 0.  Shape as for `mse_loss`."""
    x, z, _ = _numbers("smooth_l1_loss", input, target)
    x = needs_floating("smooth_l1_loss", x)
    beta = number("smooth_l1_loss", "beta", beta)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}.")
    losses = Huber(float(beta))(x - z) / beta if beta else (x - z).abs()
    return _reduced(losses, _reduction("smooth_l1_loss", reduction, size_average, reduce))


def soft_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """ln(1 + e^(−target·input)) with targets 1 and −1.  Shape as for `mse_loss`."""
    x, z = needs_floating("soft_margin_loss", input), as_operand("soft_margin_loss", target, "target")
    broadcast("soft_margin_loss", input=x.array.shape, target=z.array.shape)
    return _reduced(-logsigmoid(z * x), _reduction("soft_margin_loss", reduction, size_average, reduce))


@in_own_name
def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """input where the target is 1, max(0, margin − input) where it is −1.  Shape as for `mse_loss`."""
    x, z = as_operand("hinge_embedding_loss", input), as_operand("hinge_embedding_loss", target, "target")
    broadcast("hinge_embedding_loss", input=x.array.shape, target=z.array.shape)
    losses = (margin - x).clamp(min=0) * (z != 1) + x * (z != -1)
    return _reduced(losses, _reduction("hinge_embedding_loss", reduction, size_average, reduce))


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """−ln of a Poisson probability of the target counts: e^input − target·input.  Shape as for `mse_loss`.

    Args:
        log_input: if not, input is the rate itself: input − target·ln(input + eps).
        full: add Stirling's ln(target!) ≈ t·ln t − t + ½·ln(2πt) where the target is above 1.
    """
    op = "poisson_nll_loss"
    x, z = as_operand(op, input), as_operand(op, target, "target")
    broadcast(op, input=x.array.shape, target=z.array.shape)
    losses = x.exp() - z * x if log_input else x - z * (x + eps).log()
    if full:
        small = z <= 1
        t = (cast(z, losses.dtype) if z.array.dtype.kind in "iub" else z).masked_fill(small, 1)
        losses = losses + (t * t.log() - t + 0.5 * (2 * pi * t).log()).masked_fill(small, 0)
    return _reduced(losses, _reduction(op, reduction, size_average, reduce))


@in_own_name
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """−ln of a normal density with mean `input` and variance `var`: ½·(ln var + (input − target)²/var).

    Shape: input and target (…, n); var the same, or (…, 1) or (…) for one variance a row, or a number.

    Args:
        full: add ½·ln 2π.
        eps: what var is raised to where it is smaller; its gradient does not notice.
    """
    op = "gaussian_nll_loss"
    x, z = needs_floating(op, input), as_operand(op, target, "target")
    v = x.detach() * 0 + var if isinstance(var, (int, float)) else as_operand(op, var, "var")
    a, b = x.array.shape, v.array.shape
    broadcast(op, input=a, target=z.array.shape)
    if a != b:
        if a[:-1] == b:
            v = v.unsqueeze(-1)
        elif not (a[:-1] == b[:-1] and b[-1] == 1):
            cure = "var has the shape of input, or one entry for each row of it."
            raise ValueError(mismatch(op, "var does not fit", cure, input=a, var=b))
    if (v.array < 0).any():
        raise ValueError(f"{op}: var must not be negative; its smallest entry is {v.array.min()}.")
    v = v + (v.detach().clamp(min=eps) - v.detach())  # the gradient passes as if nothing had been raised
    losses = 0.5 * (v.log() + (x - z).square() / v)
    if full:
        losses = losses + 0.5 * log(2 * pi)
    return _reduced(losses, _reduction(op, reduction))


# ---- of probabilities -----------------------------------------------------------------------------------------------


class BinaryCrossEntropy(Function):
    """−t·ln x − (1 − t)·ln(1 − x), no logarithm below −100; gx = (x − t)/(x·(1 − x))."""

    def forward(self, x: Any, t: Any) -> Any:
        return on(x).binary_cross_entropy(x, t)

    def backward(self, grad: Tensor, x: Tensor, t: Tensor) -> Any:
        gx = grad * (x - t) / ((1 - x) * x).clamp(min=1e-12) if self.needs[0] else None
        gt = None
        if self.needs[1]:
            gt = grad * ((1 - x).log().clamp(min=-100) - x.log().clamp(min=-100))
        return gx, gt


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """−target·ln input − (1 − target)·ln(1 − input), no logarithm below −100, so that the loss stays finite.

    Shape: input and target the same, both probabilities; weight broadcasts → (), or the same with reduction='none'.
    For inputs that come out of a sigmoid, `binary_cross_entropy_with_logits` is more exact.
    """
    op = "binary_cross_entropy"
    x, t = needs_floating(op, input), as_operand(op, target, "target")
    _same_shape(op, input=x, target=t)
    if x.array.dtype != t.array.dtype:
        raise TypeError(
            f"{op}: input is {x.dtype}, target {t.dtype}; they need one dtype. Convert: target.to(x.dtype)."
        )
    if not on(x.array).all_within(x.array, 0, 1):
        raise ValueError(
            f"{op}: input must be probabilities, in [0, 1]; it goes from {x.array.min()} to {x.array.max()}. Apply a "
            "sigmoid, or use binary_cross_entropy_with_logits."
        )
    losses = BinaryCrossEntropy()(x, t)
    if weight is not None:
        losses = losses * _fitting(op, weight, losses)
    return _reduced(losses, _reduction(op, reduction, size_average, reduce))


class BinaryCrossEntropyWithLogits(Function):
    """max(x, 0) − x·t + ln(1 + e^−|x|); gx = σ(x) − t."""

    def forward(self, x: Any, t: Any) -> Any:
        return on(x).binary_cross_entropy_with_logits(x, t)

    def backward(self, grad: Tensor, x: Tensor, t: Tensor) -> Any:
        gx = grad * (x.sigmoid() - t) if self.needs[0] else None
        return gx, -grad * x if self.needs[1] else None


def _fitting(op: str, weight: Any, losses: Tensor) -> Tensor:
    """Factors that broadcast with the losses."""
    w = as_operand(op, weight, "weight")
    broadcast(op, input=losses.array.shape, weight=w.array.shape)
    return w


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """−target·ln σ(input) − (1 − target)·ln σ(−input), exact for large inputs.

    Shape: input and target the same; weight and pos_weight broadcast → (), or the same with reduction='none'.
    `pos_weight` is a factor for the first of the two terms.
    """
    op = "binary_cross_entropy_with_logits"
    x, t = needs_floating(op, input), needs_floating(op, target, "target")
    _same_shape(op, input=x, target=t)
    x, t = paired(op, x, t)
    if pos_weight is None:
        losses = BinaryCrossEntropyWithLogits()(x, t)
    else:
        positive = as_operand(op, pos_weight, "pos_weight")
        broadcast(op, input=x.array.shape, pos_weight=positive.array.shape)
        losses = (1 - t) * x - (1 + (positive - 1) * t) * logsigmoid(x)
    if weight is not None:
        losses = losses * _fitting(op, weight, losses)
    return _reduced(losses, _reduction(op, reduction, size_average, reduce))


def kl_div(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """target·(ln target − input), the divergence of distributions: `input` are log-probabilities.

    Shape: any, broadcast. reduction='batchmean' is the sum over the first axis's size, which is the divergence as the
    mathematics has it. With `log_target` the target is given as log-probabilities as well.
    """
    op = "kl_div"
    x, t = needs_floating(op, input), needs_floating(op, target, "target")
    broadcast(op, input=x.array.shape, target=t.array.shape)
    losses = t.exp() * (t - x) if log_target else t.xlogy(t) - t * x
    if reduction == "batchmean" and size_average is None and reduce is None:
        return losses.sum() / x.array.shape[0] if x.array.ndim else losses.sum()
    return _reduced(losses, _reduction(op, reduction, size_average, reduce))


# ---- of classes -----------------------------------------------------------------------------------------------------


class CrossEntropy(Function):
    """−ln softmax(x)[t], weighted and smoothed: (1 − ε)·w[t]·(lse − x[t]) + ε/C·Σ w[c]·(lse − x[c]).

    The way back is softmax(x) less the targets; of the way there only lse = ln Σ eˣ is kept.
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
        return losses.sum() / w.sum() if self.reduction == "mean" else _reduced(losses, self.reduction)

    def forward(self, x: Any, target: Any, weight: Any) -> Any:
        losses, self.lse, self.w = on(x).cross_entropy(x, target, weight, self.kept, self.smoothing)
        if self.reduction == "none":
            return losses
        out = losses.sum()
        if self.reduction == "mean":
            self.total = losses.size if self.w is None else self.w.sum()
            out = out / self.total
        return out

    def fused_backward(self, grad: Any, x: Any, target: Any, weight: Any) -> Any:
        if self.reduction == "mean":
            grad = grad / self.total
        rest = self.kept, self.smoothing, self.lse, self.w
        return on(x).cross_entropy_backward(grad, x, target, weight, *rest), None, None


def _target_weights(target: Tensor, weight: Any, kept: Any, x: Tensor) -> Tensor:
    """weight[target], 0 for targets that are not kept."""
    w = (target * 0 + 1).to(x.dtype) if weight is None else weight[target]
    return w if kept is None else w * Tensor._of(kept)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
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
    reduction = _reduction(op, reduction, size_average, reduce)
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
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
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
    terms = log_softmax(x, d) * t
    if weight is not None:
        terms = terms * _weight_of_classes(op, weight, classes, x).reshape(-1, *[1] * (x.array.ndim - 1 - d))
    if reduction == "none":
        return -terms.sum(d)
    total = -terms.sum()
    return total / (x.array.size // classes) if reduction == "mean" and classes else total


def _weight_of_classes(op: str, weight: Any, classes: int, x: Tensor) -> Tensor:
    w = as_operand(op, weight, "weight")
    if w.array.shape != (classes,):
        raise ValueError(f"{op}: weight must have one entry per class, ({classes},), got {tuple(w.array.shape)}.")
    if w.array.dtype != x.array.dtype:
        raise TypeError(
            f"{op}: input is {x.dtype}, weight {w.dtype}; they need one dtype. Convert: weight.to(x.dtype)."
        )
    return w


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


class NllLoss(Function):
    """−w·x[target] per target, their sum, or that over `total`; w given."""

    def __init__(self, w: Any, reduction: str, total: float) -> None:
        self.settings = w, reduction, total

    def forward(self, x: Any, target: Any) -> Any:
        self.to = x.shape
        return on(x).nll(x, target, *self.settings)

    def backward(self, grad: Tensor, target: Tensor) -> Any:
        return NllLossBackward(self.settings, self.to)(grad, target), None


class NllLossBackward(Function):
    """Zeros of a shape with −w·g at the targets; the gradient picks them again."""

    def __init__(self, settings: tuple[Any, str, float], to: Shape) -> None:
        self.settings, self.to = settings, to

    def forward(self, g: Any, target: Any) -> Any:
        return on(g).nll_backward(g, target, *self.settings, self.to)

    def backward(self, grad: Tensor, target: Tensor) -> Any:
        return NllLoss(*self.settings)(grad, target), None


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """−input[target], for log-probabilities: with `log_softmax` before it, this is `cross_entropy`.

    Shape and arguments as there, class numbers only. The class weights get no gradient, as in PyTorch.
    """
    x, t = needs_floating("nll_loss", input), as_operand("nll_loss", target, "target")
    reduction = _reduction("nll_loss", reduction, size_average, reduce)
    x, t, weights, kept, shape = _classes("nll_loss", x, t, weight, ignore_index)
    w = on(x.array).target_weights(t.array, None if weights is None else weights.array, kept, x.array.dtype)
    total = t.array.size if w is None else w.sum().item()
    losses = NllLoss(w, reduction, total or nan)(x, t)
    return losses.reshape(shape) if reduction == "none" and losses.array.shape != shape else losses


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
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
    return _reduced(losses.reshape(shape), _reduction(op, reduction, size_average, reduce))


def multilabel_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Σ max(0, 1 − x[t] + x[c]) / C over all targets t and all classes c that are none.

    Shape: input (N, C) or (C,); target the same, int64: class numbers, those after the first −1 do not count → (), or
    (N,) with reduction='none'.
    """
    op = "multilabel_margin_loss"
    x, t = needs_floating(op, input), as_operand(op, target, "target")
    _same_shape(op, input=x, target=t)
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
    return _reduced(losses.reshape(a[:-1]), _reduction(op, reduction, size_average, reduce))


@in_own_name
def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """−(t·ln σ(x) + (1 − t)·ln σ(−x)), the mean over classes.  Shape: (…, C), twice → (), or (…) unreduced."""
    op = "multilabel_soft_margin_loss"
    x, t = needs_floating(op, input), as_operand(op, target, "target")
    broadcast(op, input=x.array.shape, target=t.array.shape)
    losses = -(t * logsigmoid(x) + (1 - t) * logsigmoid(-x))
    if weight is not None:
        losses = losses * as_operand(op, weight, "weight")
    return _reduced(losses.mean(-1), _reduction(op, reduction, size_average, reduce))


# ---- of pairs and triplets ------------------------------------------------------------------------------------------


@in_own_name
def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, −target·(input1 − input2) + margin): target 1 wants input1 larger, −1 input2.  Shape: broadcast."""
    op = "margin_ranking_loss"
    x, z, t = as_operand(op, input1, "input1"), as_operand(op, input2, "input2"), as_operand(op, target, "target")
    shapes = {"input1": x.array.shape, "input2": z.array.shape, "target": t.array.shape}
    if len({len(s) for s in shapes.values()}) > 1:
        raise ValueError(mismatch(op, "needs three tensors of as many axes", **shapes))
    broadcast(op, **shapes)
    losses = (margin - t * (x - z)).clamp(min=0)
    return _reduced(losses, _reduction(op, reduction, size_average, reduce))


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 − cos(input1, input2) where the target is 1, max(0, cos − margin) where it is −1.

    Shape: (N, D), (N, D), (N,), or (D,), (D,), () → (), or the target's with reduction='none'.
    """
    op = "cosine_embedding_loss"
    x, z = floating(op, as_operand(op, input1, "input1")), floating(op, as_operand(op, input2, "input2"))
    t, margin = as_operand(op, target, "target"), number(op, "margin", margin)
    n = t.array.ndim
    if n > 1 or x.array.ndim != n + 1 or z.array.ndim != n + 1:
        shapes = {"input1": x.array.shape, "input2": z.array.shape, "target": t.array.shape}
        cure = "Needs (N, D), (N, D), (N,), or (D,), (D,), ()."
        raise ValueError(mismatch(op, "the shapes do not belong together", cure, **shapes))
    broadcast(op, input1=x.array.shape, input2=z.array.shape)
    eps = 1e-12  # PyTorch's
    squares = (x.square().sum(-1) + eps) * (z.square().sum(-1) + eps)
    cos = (x * z).sum(-1) / squares.sqrt()
    broadcast(op, cosine=cos.array.shape, target=t.array.shape)
    losses = (1 - cos) * (t == 1) + (cos - margin).clamp(min=0) * (t == -1)
    return _reduced(losses, _reduction(op, reduction, size_average, reduce))


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) − d(anchor, negative) + margin), d the `pairwise_distance` with p and eps.

    Shape: (N, D) or (D,), three times → (), or (N,) with reduction='none'. With `swap` the smaller of d(anchor,
    negative) and d(positive, negative) counts (Balntas et al., 2016).
    """
    op = "triplet_margin_loss"
    p, eps = number(op, "p", p), number(op, "eps", eps)
    losses = _triplets(op, lambda x, z: pairwise_distance(x, z, p, eps), anchor, positive, negative, margin, swap)
    return _reduced(losses, _reduction(op, reduction, size_average, reduce))


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """As `triplet_margin_loss`, with any distance: a function of two tensors; `pairwise_distance` if None."""
    op = "triplet_margin_with_distance_loss"
    if distance_function is not None and not callable(distance_function):
        raise TypeError(f"{op}: distance_function must be a function, got {type(distance_function).__name__}.")
    distance = pairwise_distance if distance_function is None else distance_function
    losses = _triplets(op, distance, anchor, positive, negative, margin, swap)
    return _reduced(losses, _reduction(op, reduction))


def _triplets(op: str, distance: Any, anchor: Any, positive: Any, negative: Any, margin: float, swap: bool) -> Tensor:
    a, p, n = (
        as_operand(op, anchor, "anchor"),
        as_operand(op, positive, "positive"),
        as_operand(op, negative, "negative"),
    )
    shapes = {"anchor": a.array.shape, "positive": p.array.shape, "negative": n.array.shape}
    margin = number(op, "margin", margin)
    if margin <= 0:
        raise ValueError(f"{op}: margin must be above 0, got {margin}.")
    if len({len(s) for s in shapes.values()}) > 1:
        raise ValueError(mismatch(op, "needs three tensors of as many axes", **shapes))
    broadcast(op, **shapes)
    near, far = distance(a, p), distance(a, n)
    if swap:
        far = far.minimum(distance(p, n))
    return (margin + near - far).clamp(min=0)


@numpy_words
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Σ x1·x2 / (max(‖x1‖, eps)·max(‖x2‖, eps)) along `dim`.  Shape: broadcast, without `dim`."""
    op = "cosine_similarity"
    x, z = paired(op, as_operand(op, x1, "x1"), as_operand(op, x2, "x2"))
    eps = number(op, "eps", eps)
    x, z = needs_floating(op, x, "x1"), needs_floating(op, z, "x2")
    shape = broadcast(op, x1=x.array.shape, x2=z.array.shape)
    d = axis(op, dim, len(shape))
    if x.array.shape != shape:
        x = x.expand(shape)
    if z.array.shape != shape:
        z = z.expand(shape)
    x = x / vector_norm(x, 2, d, keepdim=True).clamp(min=eps)
    z = z / vector_norm(z, 2, d, keepdim=True).clamp(min=eps)
    return (x * z).sum(d)


@numpy_words
@in_own_name
def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """‖x1 − x2 + eps‖ₚ along the last axis.  Shape: (…, D), broadcast → (…), or (…, 1) with keepdim."""
    op = "pairwise_distance"
    x, z = paired(op, as_operand(op, x1, "x1"), as_operand(op, x2, "x2"))
    eps = number(op, "eps", eps)
    broadcast(op, x1=x.array.shape, x2=z.array.shape)
    return vector_norm(floating(op, x) - z + eps, p, -1, keepdim)


@in_own_name
def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """x / max(‖x‖ₚ, eps) along `dim`.  Shape: any → the same."""
    x = needs_floating("normalize", input)
    return x / vector_norm(x, p, dim, keepdim=True).clamp(min=eps)


# ---- of sequences ---------------------------------------------------------------------------------------------------


class CtcLoss(Function):
    """−ln P(labels | x): the sum over all ways to spread the labels over the steps (Graves et al., 2006).

    With labels[s], the labels with blanks in between and around, and α[t, s], the probability of being at s after t
    steps: α[t, s] = x[t, labels[s]]·(α[t − 1, s] + α[t − 1, s − 1] + α[t − 1, s − 2] where a blank may be skipped),
    all in logarithms.
    """

    borrowed = ("steps", "lengths")

    def __init__(self, labels: Any, skips: Any, steps: Any, lengths: Any) -> None:
        self.labels, self.skips, self.steps, self.lengths = labels, skips, steps, lengths

    def formula(self, x: Tensor) -> Tensor:
        from .join import cat, stack
        from .ranges import arange

        never = -1e30  # for ln 0: finite, so that its gradient is 0 and not nan
        (t, n, _), width = x.array.shape, self.labels.shape[1]
        emitted = x.gather(2, Tensor._of(self.labels).unsqueeze(0).expand(t, n, width))
        outside, may_not_skip = x.new_full((n, 2), never), Tensor._of(~self.skips)
        alphas = [cat((emitted[0, :, :2], x.new_full((n, max(width - 2, 0)), never)), 1)]
        for i in range(1, t):
            before = cat((outside, alphas[-1]), 1)
            ways = before[:, 2:], before[:, 1:-1], before[:, :-2].masked_fill(may_not_skip, never)
            alphas.append(stack(ways).logsumexp(0) + emitted[i])
        last = stack(alphas)[Tensor._of(self.steps - 1), arange(n)]
        ends = Tensor._of(2 * self.lengths).unsqueeze(1)
        empty = ends == 0
        both = last.gather(1, ends), last.gather(1, (ends - 1).clamp(min=0)).masked_fill(empty, never)
        losses = -stack(both).logsumexp(0).squeeze(1)
        return losses.masked_fill((losses > -never / 2) | Tensor._of(self.steps == 0), float("inf"))

    def forward(self, x: Any) -> Any:
        self.loss, self.alpha = on(x).ctc(x, self.labels, self.skips, self.steps, self.lengths)
        return self.loss

    def fused_backward(self, grad: Any, x: Any) -> Any:
        rest = self.labels, self.skips, self.steps, self.lengths, self.alpha, self.loss
        return on(x).ctc_backward(grad, x, *rest).astype(x.dtype, copy=False)


@in_own_name
def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """−ln of the probability of label sequences, for a network that gives one (or blank) per step, whichever way they
    are spread over the steps (connectionist temporal classification; Graves et al., 2006).

    Shape: log_probs (T, N, C) or (T, C), from a `log_softmax`; targets (N, S), or all labels in one (Σ lengths,);
    input_lengths and target_lengths (N,), or numbers → (), or (N,) with reduction='none'.

    Args:
        blank: the class that stands for no label.
        reduction: 'mean' divides each loss by its number of labels first.
        zero_infinity: 0 in place of inf, where the labels do not fit into the steps.

    The gradient is the derivative with respect to log_probs. (PyTorch's adds a term that cancels in `log_softmax`.)
    """
    op = "ctc_loss"
    x, t = needs_floating(op, log_probs, "log_probs"), as_operand(op, targets, "targets")
    reduction = _reduction(op, reduction)
    single = x.array.ndim == 2
    if single:
        x = x.unsqueeze(1)
    if x.array.ndim != 3:
        raise ValueError(f"{op}: log_probs must be (T, N, C) or (T, C), got shape {tuple(x.array.shape)}.")
    n_steps, n, classes = x.array.shape
    blank = integer(op, "blank", blank)
    if not 0 <= blank < classes:
        raise ValueError(f"{op}: blank must be a class, 0 to {classes - 1}, got {blank}.")
    if t.array.dtype.kind not in "iu":
        raise TypeError(f"{op}: targets must hold class numbers, int64, got {t.dtype}. Convert them: targets.long().")
    steps = _lengths(op, "input_lengths", input_lengths, n, n_steps)
    limit = t.array.shape[1] if t.array.ndim == 2 else t.array.size
    lengths = _lengths(op, "target_lengths", target_lengths, n, limit)
    if t.array.ndim == 1 and single:
        t = t[: lengths.sum().item()]
    if t.array.ndim == 1 and lengths.sum() != t.array.size or t.array.ndim == 2 and t.array.shape[0] != n:
        raise ValueError(
            f"{op}: targets of shape {tuple(t.array.shape)} do not hold {n} sequences with {lengths.sum()} labels "
            "together. Give (N, S), or all labels in one."
        )
    if t.array.ndim not in (1, 2):
        raise ValueError(f"{op}: targets must be (N, S) or (Σ lengths,), got shape {tuple(t.array.shape)}.")
    labels, skips = on(x.array).ctc_labels(t.array, lengths, blank)
    low, high = on(labels).bounds(labels)
    if low < 0 or high >= classes:
        raise IndexError(f"{op}: targets hold class {low if low < 0 else high}, log_probs have {classes} classes.")
    losses = CtcLoss(labels, skips, steps, lengths)(x)
    if zero_infinity:
        losses = losses.masked_fill(losses == float("inf"), 0)
    if reduction == "mean":
        return (losses / Tensor._of(lengths.clip(1).astype(x.array.dtype))).mean()
    return losses.sum() if reduction == "sum" else losses.squeeze(0) if single else losses


def _lengths(op: str, what: str, lengths: Any, n: int, limit: int) -> Any:
    """Whole numbers (n,), as an array."""
    from .create import tensor

    t = lengths if isinstance(lengths, Tensor) else tensor(lengths)
    found = t.array.reshape(-1)
    if found.dtype.kind not in "iu":
        raise TypeError(f"{op}: {what} must be whole numbers, got {t.dtype}.")
    if found.shape != (n,):
        raise ValueError(f"{op}: {what} must have one entry per sequence, ({n},), got {tuple(t.array.shape)}.")
    if n and (found.min() < 0 or found.max() > limit):
        worst = found.min() if found.min() < 0 else found.max()
        raise ValueError(f"{op}: {what} must be from 0 to {limit} here, got {worst}.")
    return found


__all__ = ["cosine_similarity", "pairwise_distance"]
