"""Training: a `Trainer` for the loop, `Checkpoint` to save a run and bring it back."""

from .checkpoint import Checkpoint
from .history import Evaluation, History
from .trainer import Trainer

__all__ = ["Checkpoint", "Evaluation", "History", "Trainer"]
