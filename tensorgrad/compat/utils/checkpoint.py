"""`tensorgrad.utils.checkpoint`: recompute instead of remember."""

from ...autograd.checkpoint import CheckpointError, checkpoint, checkpoint_sequential

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential"]
