"""Connectionist temporal classification."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import functional as F
from .loss import _Loss


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
