"""The exponential of matrices."""

from __future__ import annotations

from typing import Any

from .threads import include_scipy


def matrix_exp(a: Any) -> Any:
    """eᴬ = I + A + A²/2 + …"""
    from scipy.linalg import expm

    include_scipy()
    return expm(a)
