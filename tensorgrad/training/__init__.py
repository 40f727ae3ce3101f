"""Training: a `Trainer` for the loop, `Checkpoint` to save a run and bring it back, `track` for loops of your own."""

from .checkpoint import Checkpoint
from .history import Evaluation, History
from .progress import track
from .trainer import Trainer

__all__ = ["Checkpoint", "Evaluation", "History", "Trainer", "track"]
