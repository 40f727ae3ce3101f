"""Factorisations of low rank, by products with random vectors."""

from __future__ import annotations

from ..kernels.shapes import fits, integer
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .factorize import qr
from .matrices import matrices
from .sampling import randn
from .spectral import svd


@in_own_name
def svd_lowrank(
    A: TensorLike, q: int = 6, niter: int = 2, M: TensorLike | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """U, S, V of a matrix of rank about q: A − M ≈ U·diag(S)·Vᵀ, by products with q random vectors (Halko et al.,
    arXiv:0909.4061). For smaller matrices `linalg.svd` is faster.

    Args:
        q: a little more than the rank, at most the smaller side of A. niter: rounds of refinement. M: subtracted from A.

    Shape: (…, m, n) → (…, m, q), (…, q), (…, n, q).
    """
    x = matrices("svd_lowrank", A)
    if M is not None:
        x = x - matrices("svd_lowrank", M, "M")
    m, n = x.array.shape[-2:]
    q, niter = integer("svd_lowrank", "q", q, 0), _rounds("svd_lowrank", niter)
    fits("svd_lowrank", (n, q), x.array.itemsize)
    if m < n:
        u, s, v = svd_lowrank(x.mT, q, niter)
        return v, s, u
    basis = qr(x @ randn(n, q, dtype=x.dtype)).Q
    for _ in range(niter):
        basis = qr(x @ qr(x.mT @ basis).Q).Q
    u, s, vh = svd(basis.mT @ x, full_matrices=False)
    return basis @ u, s, vh.mT


def _rounds(op: str, niter: int) -> int:
    niter = integer(op, "niter", niter, 0)
    if niter > 1000:
        raise ValueError(f"{op}: niter must be at most 1000, got {niter}; a few rounds find what there is to find.")
    return niter


@in_own_name
def pca_lowrank(
    A: TensorLike, q: int | None = None, center: bool = True, niter: int = 2
) -> tuple[Tensor, Tensor, Tensor]:
    """The principal components of the rows of A: U, S, V as in `svd_lowrank`, of A less its mean row if `center`.

    The columns of V are the directions, S²/(m − 1) the variances along them, A·V[:, :k] the rows in k coordinates.
    """
    x = matrices("pca_lowrank", A)
    m, n = x.array.shape[-2:]
    q, niter = min(6, m, n) if q is None else integer("pca_lowrank", "q", q), _rounds("pca_lowrank", niter)
    if not 0 <= q <= min(m, n):
        raise ValueError(f"pca_lowrank: q must be from 0 to {min(m, n)}, the smaller side of A; got {q}.")
    return svd_lowrank(x - x.mean(-2, keepdim=True) if center else x, q, niter)


__all__ = ["pca_lowrank", "svd_lowrank"]
