"""Distances of all pairs of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from .half import upcast
from .products import matmul


def euclidean(x: Any, z: Any) -> Any:
    """Distances ‖xᵢ − zⱼ‖ of the rows of (…, P, M) and (…, R, M) → (…, P, R) by |x|² + |z|² − 2x·z."""
    if x.dtype.itemsize == 2:
        return euclidean(upcast(x), upcast(z)).astype(x.dtype)
    largest = np.absolute(x).max(initial=0) + np.absolute(z).max(initial=0)
    if (np.finfo(x.dtype).max / max(x.shape[-1], 1)) ** 0.5 <= largest < np.inf:  # too large to be squared
        exponent = np.frexp(largest)[1]
        return np.ldexp(euclidean(np.ldexp(x, -exponent), np.ldexp(z, -exponent)), exponent)
    squares = np.square(x).sum(-1)[..., :, None] + np.square(z).sum(-1)[..., None, :] - 2 * matmul(x, z, False, True)
    return np.sqrt(np.maximum(squares, 0))  # rounding may leave a zero a little below
