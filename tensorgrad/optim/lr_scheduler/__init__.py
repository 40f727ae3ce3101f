"""Learning rates that change: call `scheduler.step()` after `optimizer.step()`, once per epoch (or batch).

Most schedules are written twice: as the value at epoch t (`_get_closed_form_lr`), and as the change from t − 1 to t
(`get_lr`). The second is what a step applies, so that several schedules can work on one optimizer, each changing what it
finds. A rate that is a Tensor stays one, and is written to.
"""

from ..optimizer import Optimizer
from .base import LRScheduler
from .combined import ChainedScheduler, SequentialLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .cycles import CyclicLR, OneCycleLR
from .functions import LambdaLR, MultiplicativeLR
from .plateau import ReduceLROnPlateau
from .steps import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR

_LRScheduler = LRScheduler  # its older name

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR",
    "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "OneCycleLR", "PolynomialLR",
    "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip
