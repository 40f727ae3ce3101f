"""The handle of a hook, where PyTorch programs import it from."""

from ...autograd.hooks import Handle as RemovableHandle

__all__ = ["RemovableHandle"]
