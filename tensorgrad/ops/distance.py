"""Distances: of two tensors, and of all pairs of rows."""

from __future__ import annotations

from math import inf
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import broadcast, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .linalg_norm import VectorNorm, p_norm
from .products import Matmul, product, product_operands
from .promote import needs_floating, number, paired


@in_own_name
def dist(input: TensorLike, other: TensorLike, p: float = 2) -> Tensor:
    """‖input − other‖ₚ over all elements.  Shape: broadcast → ()."""
    x, z = paired("dist", input, other)
    return p_norm("dist", x - z, p, None, False)


class Euclidean(Function):
    """Distances ‖xᵢ − zⱼ‖ of all rows; where it is 0 the gradient is 0. With w = g/y: gx = Σⱼ wᵢⱼ·(xᵢ − zⱼ)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).euclidean(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor, out: Tensor) -> Any:
        w = grad / out.masked_fill(out == 0, inf)
        gx = x * w.sum(-1, keepdim=True) - Matmul()(w, z) if self.needs[0] else None
        gz = z * w.sum(-2).unsqueeze(-1) - product(True, False)(w, x) if self.needs[1] else None
        return gx, gz


class Distances(Function):
    """Distances ‖xᵢ − zⱼ‖ₚ of all rows. Where one is 0 the gradient is 0; of the largest difference each has its share."""

    broadcasts = True

    def __init__(self, p: float) -> None:
        self.p = p

    def formula(self, x: Tensor, z: Tensor) -> Tensor:
        return _norm_of_last(x.unsqueeze(-2) - z.unsqueeze(-3), self.p)

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).cdist(x, z, self.p)

    def fused_backward(self, grad: Any, x: Any, z: Any, out: Any) -> Any:
        return on(x).cdist_backward(grad, x, z, out, self.p)


@in_own_name
def cdist(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """Distances ‖x1ᵢ − x2ⱼ‖ₚ of all pairs of rows.  Shape: (…, P, M), (…, R, M) → (…, P, R); leading axes broadcast.

    Args:
        p: from 0 to inf.
        compute_mode: whether Euclidean distances come from a product of matrices (fast; close points lose digits):
            'use_mm_for_euclid_dist_if_necessary' (above 25 rows), 'use_mm_for_euclid_dist' or
            'donot_use_mm_for_euclid_dist'.
    """
    x, z = needs_floating("cdist", x1, "x1"), needs_floating("cdist", x2, "x2")
    x, z = product_operands("cdist", x, z, ("x1", "x2"))
    a, b = x.array.shape, z.array.shape
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-1]:
        cure = "Needs (…, P, M) and (…, R, M)."
        raise ValueError(mismatch("cdist", "the rows are not of one length", cure, x1=a, x2=b))
    p = number("cdist", "p", p)
    if not p >= 0:
        raise ValueError(f"cdist: p must not be negative, got {p}.")
    broadcast("cdist", x1=a[:-2], x2=b[:-2])
    modes = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    mode = modes[0] if compute_mode is None else compute_mode
    if mode not in modes:
        raise ValueError(f"cdist: compute_mode {mode!r} is unknown; choose {', '.join(modes)}.")
    if p == 2 and (mode == modes[1] or mode == modes[0] and (a[-2] > 25 or b[-2] > 25)):
        return Euclidean()(x, z)
    return Distances(float(p))(x, z)


def _norm_of_last(difference: Tensor, p: float) -> Tensor:
    """Norms of the last axis; of no entries 0 for every p."""
    if difference.array.shape[-1] == 0:
        return difference.sum(-1)
    return VectorNorm(float(p), (difference.array.ndim - 1,), False)(difference)


class PairDistances(Function):
    """Distances ‖xᵢ − xⱼ‖ₚ of all pairs i < j of rows."""

    def __init__(self, p: float) -> None:
        self.p = p

    def formula(self, x: Tensor) -> Tensor:
        first, second = (Tensor._of(i) for i in on(x.array).pairs(x.array.shape[0]))
        return _norm_of_last(x[first] - x[second], self.p)

    def forward(self, x: Any) -> Any:
        return on(x).pdist(x, self.p)

    def fused_backward(self, grad: Any, x: Any, out: Any) -> Any:
        return on(x).pdist_backward(grad, x, out, self.p)


@in_own_name
def pdist(input: TensorLike, p: float = 2) -> Tensor:
    """Distances ‖xᵢ − xⱼ‖ₚ of all pairs i < j of rows, row by row.  Shape: (N, M) → (N·(N − 1)/2,)."""
    x = needs_floating("pdist", input)
    if x.array.ndim != 2:
        raise ValueError(f"pdist: needs (N, M), got shape {tuple(x.array.shape)}.")
    p = number("pdist", "p", p)
    if not p >= 0:
        raise ValueError(f"pdist: p must not be negative, got {p}.")
    return PairDistances(float(p))(x)


__all__ = ["cdist", "dist", "pdist"]
