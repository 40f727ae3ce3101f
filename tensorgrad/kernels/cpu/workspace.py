"""Memory for intermediate results, used again: fresh pages from the system cost more than what is written to them."""

from __future__ import annotations

import math
from threading import local
from typing import Any

import numpy as np

from ..shapes import Shape

_own = local()  # one piece per thread


def workspace(shape: Shape, dtype: Any) -> Any:
    """An array with arbitrary contents, valid until this thread's next call. Never part of a result."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = getattr(_own, "memory", None)
    if memory is None or memory.size < size:
        memory = _own.memory = np.empty(size, np.uint8)
    return memory[:size].view(dtype).reshape(shape)


def is_half(x: Any) -> bool:
    """Whether x holds 16-bit floats, in which NumPy computes slowly and nobody should add up."""
    return x.dtype.itemsize == 2 and x.dtype.kind not in "iu"
