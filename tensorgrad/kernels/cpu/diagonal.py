"""Triangles and diagonals of matrices."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .choose import keep
from .workspace import row_major


def _below(m: int, n: int, k: int) -> Any:
    """Where an m × n matrix is on or below the k-th diagonal."""
    return _below_once(m, n, k) if m * n <= 1 << 16 else np.tri(m, n, k, dtype=bool)


@functools.lru_cache(16)
def _below_once(m: int, n: int, k: int) -> Any:
    mask = np.tri(m, n, k, dtype=bool)
    mask.flags.writeable = False
    return mask


def tril(x: Any, k: int) -> Any:
    """x on and below the k-th diagonal, zeros above."""
    return row_major(keep(x, _below(x.shape[-2], x.shape[-1], k)))


def triu(x: Any, k: int) -> Any:
    """x on and above the k-th diagonal, zeros below."""
    return row_major(keep(x, ~_below(x.shape[-2], x.shape[-1], k - 1)))


def diagonal(x: Any, offset: int, axis1: int, axis2: int) -> Any:
    """The offset-th diagonal of the plane of two axes, as the last axis; a view that can be written to."""
    out = x.diagonal(offset, axis1, axis2)
    if x.flags.writeable:
        out.flags.writeable = True  # NumPy gives it out read-only
    return out


def embed_diagonal(x: Any, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Any:
    """Zeros of a shape with x on the offset-th diagonal of the plane of two axes."""
    out = np.zeros(shape, x.dtype)
    diagonal(out, offset, axis1, axis2)[...] = x
    return out


def block_diag(shape: tuple[int, int], *blocks: Any) -> Any:
    """Zeros of a shape with the blocks, of two axes each, along the diagonal."""
    out = np.zeros(shape, np.result_type(*blocks))
    i = j = 0
    for b in blocks:
        out[i : i + b.shape[0], j : j + b.shape[1]] = b
        i, j = i + b.shape[0], j + b.shape[1]
    return out
