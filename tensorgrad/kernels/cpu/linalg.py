"""Products and factorisations of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np


def matmul(x: Any, z: Any) -> Any:
    """(…, m, k) @ (…, k, n) → (…, m, n); vectors as NumPy and PyTorch have it."""
    return np.matmul(x, z)
