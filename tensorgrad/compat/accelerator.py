"""`tensorgrad.accelerator`: which device there is besides the CPU. In this version there is none."""

from __future__ import annotations

from typing import Any

from ..device import device


def is_available() -> bool:
    """Whether there is a device besides the CPU: no."""
    return False


def current_accelerator(check_available: bool = False) -> device | None:
    """The device besides the CPU: None."""
    return None


def device_count() -> int:
    """How many of them there are: none."""
    return 0


def synchronize(device: Any = None) -> None:
    """Accepted: CPU operations are done when they return."""


def empty_cache() -> None:
    """Accepted: there is nothing to empty."""


def memory_allocated(device: Any = None) -> int:
    """Bytes of tensors there: 0."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def current_device_index() -> int:
    """An error, as there is no such device."""
    raise RuntimeError("accelerator: this version of tensorgrad computes on the CPU; ask is_available() first.")


def set_device_index(device: Any) -> None:
    """An error, as there is no such device."""
    current_device_index()
