"""Kernels: arrays in, arrays out. `on(array)` is the only place where a device is chosen.

    on(x).softplus(x)

The CPU kernels are NumPy and, for large arrays where it is installed, Numba (`cpu/compiled`); those for CUDA will stand in
a folder of the same shape beside them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..device import on_cpu
from . import cpu

_HOMES: dict[type, Any] = {np.ndarray: cpu}


def on(array: Any) -> Any:
    """The kernels that live where this array lives."""
    try:
        return _HOMES[type(array)]
    except KeyError:
        if isinstance(array, (np.ndarray, np.generic, int, float, bool)):
            return cpu
        raise TypeError(
            f"kernels: no kernels for arrays of type {type(array).__module__}.{type(array).__name__}; "
            "a tensor's array is a NumPy array."
        ) from None


def at(op: str, device: Any) -> Any:
    """The kernels of a device (None: the default one), for arrays that are made from nothing."""
    on_cpu(device, op)
    return cpu
