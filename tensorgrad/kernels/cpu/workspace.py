"""Memory used again: fresh pages from the system cost more than what is written to them, and the cache is faster yet."""

from __future__ import annotations

import functools
import math
from threading import local
from typing import Any

import numpy as np

from ..shapes import Shape
from .half import in_single, rounded

# glibc gets large arrays fresh from the system and gives each back when it is freed, until it once frees one of 32 MB:
# from then on it keeps smaller ones for the next. A quarter of a small GPT's step was spent on fresh pages.
np.empty((1 << 25) - (1 << 16), np.uint8)

_own = local()  # one piece per thread


def workspace(shape: Shape, dtype: Any) -> Any:
    """An array with arbitrary contents, valid until this thread's next call. Never part of a result."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = getattr(_own, "memory", None)
    if memory is None or memory.size < size:
        memory = _own.memory = np.empty(size, np.uint8)
    return memory[:size].view(dtype).reshape(shape)


def row_major(x: Any) -> Any:
    """x if its elements lie row by row, else a copy in which they do: NumPy lets the layout of operands pass into results
    that PyTorch writes row by row, on which programs call `view`."""
    return x if x.flags.c_contiguous else x.copy("C")


_PIECE = 1 << 16  # elements


def piecewise(kernel: Any) -> Any:
    """A kernel whose results depend on one element of each array: it gets large arrays a piece at a time, so that its many
    passes over a piece find it in the cache, and 16-bit floats as float32, in which NumPy computes faster and which does
    not round after every step."""

    @functools.wraps(kernel)
    def run(x: Any, *rest: Any) -> Any:
        half = x.itemsize == 2
        if x.size <= _PIECE and not half:
            return kernel(x, *rest)
        args = (x, *rest)
        arrays = [a for a in args if isinstance(a, np.ndarray)]
        if x.size <= _PIECE or not all(a.shape == x.shape and a.flags.c_contiguous for a in arrays):
            return rounded(kernel(*in_single(args)), x.dtype) if half else kernel(*args)
        out = np.empty(x.shape, x.dtype)
        pieces = -(-x.size // _PIECE)
        step = -(-x.size // pieces)
        for i in range(0, x.size, step):
            part = [a.reshape(-1)[i : i + step] if isinstance(a, np.ndarray) else a for a in args]
            y = kernel(*(in_single(part) if half else part))
            out.reshape(-1)[i : i + step] = rounded(y, x.dtype) if half else y
        return out

    return run
