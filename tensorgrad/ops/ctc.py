"""Connectionist temporal classification: a loss of label sequences that are not aligned with the steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import integer
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .create import tensor
from .join import cat, stack
from .loss import check_reduction
from .promote import as_operand, needs_floating
from .ranges import arange


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
    log_probs: TensorLike,
    targets: TensorLike,
    input_lengths: TensorLike | Sequence[int],
    target_lengths: TensorLike | Sequence[int],
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
    reduction = check_reduction(op, reduction)
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


__all__: list[str] = []
