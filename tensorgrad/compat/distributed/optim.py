"""`tensorgrad.distributed.optim`: optimizers whose state is divided among processes. Of one process each holds all of it,
so `ZeroRedundancyOptimizer` is the optimizer itself."""

from __future__ import annotations

from typing import Any


def ZeroRedundancyOptimizer(params: Any, optimizer_class: Any, process_group: Any = None, **defaults: Any) -> Any:
    """`optimizer_class(params, **defaults)`: one process has nobody to share the state with."""
    ours = ("parameters_as_bucket_view", "overlap_with_ddp")
    return optimizer_class(params, **{k: v for k, v in defaults.items() if k not in ours})


__all__ = ["ZeroRedundancyOptimizer"]
