"""Noise that is multiplied in."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..shapes import Shape


def keep_mask(rng: Any, shape: Shape, p: float) -> Any:
    """True with probability 1 − p, independently; one byte each."""
    return rng.random(shape, np.float32) >= np.float32(p)


def dropout(x: Any, keep: Any, scale: float) -> Any:
    """x · scale where kept, 0 elsewhere; keep broadcasts."""
    if keep.shape != x.shape:  # whole channels: their factors are few
        return x * (keep * x.dtype.type(scale))
    out = x * x.dtype.type(scale)
    out *= keep
    return out


def alpha_shift(x: Any, keep: Any, kept: float, dropped: float) -> Any:
    """What alpha dropout adds: one number where kept, another elsewhere; of x's shape and dtype."""
    return np.broadcast_to(np.where(keep, x.dtype.type(kept), x.dtype.type(dropped)), x.shape)
