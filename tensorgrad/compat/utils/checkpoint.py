"""`tensorgrad.utils.checkpoint`: recompute instead of remember."""

from ...autograd.checkpoint import checkpoint, checkpoint_sequential

__all__ = ["checkpoint", "checkpoint_sequential"]
