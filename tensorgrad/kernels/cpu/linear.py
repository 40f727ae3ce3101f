"""A product with a matrix of weights, and a bias."""

from __future__ import annotations

from typing import Any

from .products import matmul


def linear(x: Any, w: Any, bias: Any) -> Any:
    """(…, k) @ (n, k)ᵀ + (n,) → (…, n)."""
    out = matmul(x, w, False, True)
    out += bias
    return out
