"""Several devices at once, of which there is one."""

from __future__ import annotations

from typing import Any

from .module import Module


class DataParallel(Module):
    """Calls `module` on whole batches: with one device there is nothing to divide. Its state's keys begin with
    "module.", as PyTorch's do.

    Args:
        device_ids, output_device, dim: accepted.
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.dim = dim
        self.device_ids = device_ids or []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)
