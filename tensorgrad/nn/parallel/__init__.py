"""Several devices or processes at once, of which there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..module import Module


def data_parallel(
    module: Module, inputs: Any, device_ids: Any = None, output_device: Any = None, dim: int = 0, module_kwargs: Any = None
) -> Any:
    """`module(*inputs)` on the whole batch: with one device there is nothing to divide."""
    inputs = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*inputs, **(module_kwargs or {}))


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


class DistributedDataParallel(Module):
    """Calls `module`: with one process there are no gradients of others to average with. Its state's keys begin with
    "module.", as PyTorch's do.

    Args:
        device_ids, output_device, dim and the others: accepted.

    Raises:
        RuntimeError: `distributed.init_process_group` has not been called.
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0, **options: Any
    ) -> None:
        super().__init__()
        from ...distributed import get_world_size

        get_world_size()
        self.module = module
        self.require_backward_grad_sync = True
        self.device_ids = device_ids

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Inside, gradients would not be averaged; among one process they never are."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before


__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]
