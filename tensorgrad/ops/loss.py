"""Losses: how far a prediction is from its target, as one number. Here those of numbers and of probabilities; those of
classes are in `loss_classes`, of pairs and triplets in `loss_pairs`, of sequences in `ctc`.

`reduction` says what becomes of the single losses: 'mean', 'sum', or 'none' to get them all.
"""

from __future__ import annotations

from math import inf, log, nan, pi
from typing import Any

from ..autograd.frames import warn
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import broadcast, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .activation import logsigmoid
from .choose import where
from .keywords import older_reduction
from .promote import as_operand, cast, mixed_dtypes, needs_floating, number, paired


def check_reduction(op: str, reduction: str) -> str:
    """The reduction, if it is one."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{op}: reduction must be 'none', 'mean' or 'sum', got {reduction!r}.")
    return reduction


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The mean, the sum, or all of the losses."""
    return losses.mean() if reduction == "mean" else losses.sum() if reduction == "sum" else losses


def where_expected(t: Tensor, logs: Tensor) -> Tensor:
    """Logarithms of probabilities, 0 for −∞ where the target is 0 as well: what cannot be, and is not expected, costs nothing."""
    return where((t == 0) & (logs == -inf), 0, logs)


def _weighted(losses: Tensor, weight: Any, reduction: str) -> Tensor:
    """Losses times weights; their mean is over the sum of the weights."""
    if weight is None:
        return reduced(losses, reduction)
    losses = losses * weight
    return losses.sum() / weight.sum() if reduction == "mean" else reduced(losses, reduction)


def _operands(op: str, input: Any, target: Any, weight: Any = None) -> tuple[Tensor, Tensor, Any]:
    """Prediction and target of one dtype and of shapes that broadcast, and a weight per number or None."""
    x, z = as_operand(op, input), as_operand(op, target, "target")
    if x.array.dtype != z.array.dtype:
        x, z = paired(op, x, z)
    if x.array.shape != z.array.shape:
        broadcast(op, input=x.array.shape, target=z.array.shape)
        warn(
            f"{op}: input {tuple(x.array.shape)} and target {tuple(z.array.shape)} have different shapes and are "
            "broadcast, which is seldom meant. Reshape one of them."
        )
    if weight is not None:
        weight = as_operand(op, weight, "weight")
        if weight.array.shape != x.array.shape:
            shapes = {"input": x.array.shape, "weight": weight.array.shape}
            raise ValueError(mismatch(op, "weight has another shape than input", "One weight per number.", **shapes))
    return x, z, weight


def same_shape(op: str, **tensors: Tensor) -> None:
    """Refuse tensors of different shapes."""
    shapes = {name: x.array.shape for name, x in tensors.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(mismatch(op, "the shapes differ", "They must be the same; reshape one of them.", **shapes))


# ---- numbers --------------------------------------------------------------------------------------------------------


class MseLoss(Function):
    """(x − z)², its sum or its mean."""

    broadcasts = True

    def __init__(self, reduction: str) -> None:
        self.reduction = reduction

    def formula(self, x: Tensor, z: Tensor) -> Tensor:
        return reduced((x - z).square(), self.reduction)

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).mse(x, z, self.reduction)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor) -> Any:
        d = x - z
        g = d * (grad * (2 / (d.array.size or nan) if self.reduction == "mean" else 2))
        return g, -g if self.needs[1] else None


@older_reduction
def mse_loss(
    input: TensorLike, target: TensorLike, *, reduction: str = "mean", weight: TensorLike | None = None
) -> Tensor:
    """(input − target)².  Shape: any, twice → (), or the same with reduction='none'.

    `weight` is a factor for each number; the mean is then over the sum of the weights.
    """
    x, z, weight = _operands("mse_loss", input, target, weight)
    x = needs_floating("mse_loss", x)
    reduction = check_reduction("mse_loss", reduction)
    if weight is None:
        return MseLoss(reduction)(x, z)
    return _weighted(MseLoss("none")(x, z), weight, reduction)


@older_reduction
def l1_loss(
    input: TensorLike, target: TensorLike, *, reduction: str = "mean", weight: TensorLike | None = None
) -> Tensor:
    """|input − target|.  Shape and weight as for `mse_loss`."""
    x, z, weight = _operands("l1_loss", input, target, weight)
    return _weighted((x - z).abs(), weight, check_reduction("l1_loss", reduction))


class Huber(Function):
    """½·d² up to |d| = δ, and δ·(|d| − ½·δ) beyond (Huber, 1964)."""

    def __init__(self, delta: float) -> None:
        self.delta = delta

    def formula(self, d: Tensor) -> Tensor:
        near = d.abs().clamp(max=self.delta)
        return near * (d.abs() - 0.5 * near)

    def forward(self, d: Any) -> Any:
        return on(d).huber(d, self.delta)

    def backward(self, grad: Tensor, d: Tensor) -> Tensor:
        return grad * d.clamp(-self.delta, self.delta)


@in_own_name
def huber_loss(
    input: TensorLike, target: TensorLike, reduction: str = "mean", delta: float = 1.0, weight: TensorLike | None = None
) -> Tensor:
    """½·d² where |d| ≤ δ, else δ·(|d| − ½·δ), for d = input − target.  Shape as for `mse_loss`.

    `weight` is a factor for each number; the mean is over their number.
    """
    x, z, weight = _operands("huber_loss", input, target, weight)
    delta = number("huber_loss", "delta", delta)
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be above 0, got {delta}.")
    losses = Huber(float(delta))(needs_floating("huber_loss", x) - z)
    return reduced(losses if weight is None else losses * weight, check_reduction("huber_loss", reduction))


@older_reduction
def smooth_l1_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """½·d²/β where |d| < β, else |d| − ½·β, for d = input − target; |d| for β = 0.  Shape as for `mse_loss`."""
    x, z, _ = _operands("smooth_l1_loss", input, target)
    x = needs_floating("smooth_l1_loss", x)
    beta = number("smooth_l1_loss", "beta", beta)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}.")
    losses = Huber(float(beta))(x - z) / beta if beta else (x - z).abs()
    return reduced(losses, check_reduction("smooth_l1_loss", reduction))


@older_reduction
def poisson_nll_loss(
    input: TensorLike,
    target: TensorLike,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
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
    if log_input and on(losses.array).holds_nan(losses.array):
        losses = x.exp() - z * where_expected(z, x)
    if full:
        small = z <= 1
        t = (cast(z, losses.dtype) if z.array.dtype.kind in "iub" else z).masked_fill(small, 1)
        losses = losses + (t * t.log() - t + 0.5 * (2 * pi * t).log()).masked_fill(small, 0)
    return reduced(losses, check_reduction(op, reduction))


@in_own_name
def gaussian_nll_loss(
    input: TensorLike,
    target: TensorLike,
    var: TensorLike,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
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
    return reduced(losses, check_reduction(op, reduction))


# ---- probabilities --------------------------------------------------------------------------------------------------


class BinaryCrossEntropy(Function):
    """−t·ln x − (1 − t)·ln(1 − x), no logarithm below −100; gx = (x − t)/(x·(1 − x))."""

    def formula(self, x: Tensor, t: Tensor) -> Tensor:
        return -t * x.log().clamp(min=-100) - (1 - t) * (1 - x).log().clamp(min=-100)

    def forward(self, x: Any, t: Any) -> Any:
        return on(x).binary_cross_entropy(x, t)

    def backward(self, grad: Tensor, x: Tensor, t: Tensor) -> Any:
        gx = grad * (x - t) / ((1 - x) * x).clamp(min=1e-12) if self.needs[0] else None
        gt = None
        if self.needs[1]:
            gt = grad * ((1 - x).log().clamp(min=-100) - x.log().clamp(min=-100))
        return gx, gt


@older_reduction
def binary_cross_entropy(
    input: TensorLike, target: TensorLike, weight: TensorLike | None = None, *, reduction: str = "mean"
) -> Tensor:
    """−target·ln input − (1 − target)·ln(1 − input), no logarithm below −100, so that the loss stays finite.

    Shape: input and target the same, both probabilities; weight broadcasts → (), or the same with reduction='none'.
    For inputs that come out of a sigmoid, `binary_cross_entropy_with_logits` is more exact.
    """
    op = "binary_cross_entropy"
    x, t = needs_floating(op, input), as_operand(op, target, "target")
    same_shape(op, input=x, target=t)
    if x.array.dtype != t.array.dtype:
        raise mixed_dtypes(op, "input", input=x, target=target)
    if not on(x.array).all_within(x.array, 0, 1):
        raise ValueError(
            f"{op}: input must be probabilities, in [0, 1]; it goes from {x.array.min()} to {x.array.max()}. Apply a "
            "sigmoid, or use binary_cross_entropy_with_logits."
        )
    losses = BinaryCrossEntropy()(x, t)
    if weight is not None:
        losses = losses * _fitting(op, weight, losses)
    return reduced(losses, check_reduction(op, reduction))


class BinaryCrossEntropyWithLogits(Function):
    """max(x, 0) − x·t + ln(1 + e^−|x|); gx = σ(x) − t."""

    def formula(self, x: Tensor, t: Tensor) -> Tensor:
        return x.clamp(min=0) - x * t + (-x.abs()).exp().log1p()

    def forward(self, x: Any, t: Any) -> Any:
        return on(x).binary_cross_entropy_with_logits(x, t)

    def backward(self, grad: Tensor, x: Tensor, t: Tensor) -> Any:
        gx = grad * (x.sigmoid() - t) if self.needs[0] else None
        return gx, -grad * x if self.needs[1] else None


@older_reduction
def binary_cross_entropy_with_logits(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    """−target·ln σ(input) − (1 − target)·ln σ(−input), exact for large inputs.

    Shape: input and target the same; weight and pos_weight broadcast → (), or the same with reduction='none'.
    `pos_weight` is a factor for the first of the two terms.
    """
    op = "binary_cross_entropy_with_logits"
    x, t = needs_floating(op, input), needs_floating(op, target, "target")
    same_shape(op, input=x, target=t)
    x, t = paired(op, x, t)
    if pos_weight is None:
        losses = BinaryCrossEntropyWithLogits()(x, t)
    else:
        positive = as_operand(op, pos_weight, "pos_weight")
        broadcast(op, input=x.array.shape, pos_weight=positive.array.shape)
        infinite = Tensor._of(on(x.array).isinf(x.array))
        gain = logsigmoid(x.masked_fill(infinite & (t == 0), 0))  # 0 times the ∞ there is 0
        losses = BinaryCrossEntropyWithLogits()(x, t) - (positive - 1) * t * gain
    if weight is not None:
        losses = losses * _fitting(op, weight, losses)
    return reduced(losses, check_reduction(op, reduction))


def _fitting(op: str, weight: Any, losses: Tensor) -> Tensor:
    """Factors that broadcast with the losses."""
    w = as_operand(op, weight, "weight")
    broadcast(op, input=losses.array.shape, weight=w.array.shape)
    return w


@older_reduction
def kl_div(input: TensorLike, target: TensorLike, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """target·(ln target − input), the divergence of distributions: `input` are log-probabilities.

    Shape: any, broadcast. reduction='batchmean' is the sum over the first axis's size, which is the divergence as the
    mathematics has it. With `log_target` the target is given as log-probabilities as well.
    """
    op = "kl_div"
    x, t = needs_floating(op, input), needs_floating(op, target, "target")
    broadcast(op, input=x.array.shape, target=t.array.shape)
    losses = t.exp() * (t - x) if log_target else t.xlogy(t) - t * x
    if on(losses.array).holds_nan(losses.array):
        losses = t.exp() * where(t == -inf, 0, t - x) if log_target else t.xlogy(t) - t * where_expected(t, x)
    if reduction == "batchmean":
        return losses.sum() / x.array.shape[0] if x.array.ndim else losses.sum()
    return reduced(losses, check_reduction(op, reduction))


__all__: list[str] = []
