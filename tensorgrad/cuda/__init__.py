"""`tensorgrad.cuda`: what programs ask before they choose a device. There is no CUDA device in this version."""

from __future__ import annotations

from typing import Any

from . import amp


def is_available() -> bool:
    """Whether tensors can live on a GPU: no."""
    return False


def device_count() -> int:
    """How many GPUs there are for tensors: none."""
    return 0


def is_initialized() -> bool:
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    return False


def manual_seed(seed: int) -> None:
    """Accepted: there is no GPU generator to seed."""


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Accepted: there is nothing to empty."""


def synchronize(device: Any = None) -> None:
    """Accepted: CPU operations are done when they return."""


def memory_allocated(device: Any = None) -> int:
    """Bytes of tensors on the GPU: 0."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def reset_peak_memory_stats(device: Any = None) -> None:
    """Accepted."""


def current_device() -> int:
    """An error, as there is none."""
    raise RuntimeError("cuda: no CUDA device can be used by this version of tensorgrad; ask cuda.is_available() first.")


def get_device_name(device: Any = None) -> str:
    """An error, as there is none."""
    raise RuntimeError("cuda: no CUDA device can be used by this version of tensorgrad; ask cuda.is_available() first.")
