"""Distances of all pairs of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from .products import matmul


def euclidean(x: Any, z: Any) -> Any:
    """Distances ‖xᵢ − zⱼ‖ of the rows of (…, P, M) and (…, R, M) → (…, P, R) by |x|² + |z|² − 2x·z."""
    squares = np.square(x).sum(-1)[..., :, None] + np.square(z).sum(-1)[..., None, :] - 2 * matmul(x, z, False, True)
    return np.sqrt(np.maximum(squares, 0))  # rounding may leave a zero a little below
