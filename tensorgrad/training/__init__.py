"""Training: `Checkpoint` saves a run and brings it back."""

from .checkpoint import Checkpoint

__all__ = ["Checkpoint"]
