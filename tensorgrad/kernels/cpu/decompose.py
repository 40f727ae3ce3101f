"""Factorisations, and what is solved with them: LAPACK through NumPy and, for a few routines, SciPy.

Every kernel takes stacks of matrices (…, m, n). Where a factorisation can break down the kernel returns, after the
result, how: `info`, one integer per matrix, 0 where all went well, else LAPACK's number (the pivot or minor, from 1);
None says 0 for all. A matrix that broke down leaves nan behind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# ---- inverses and determinants --------------------------------------------------------------------------------------


def inv(a: Any) -> tuple[Any, Any]:
    """A⁻¹ and info."""
    try:
        return np.linalg.inv(a), None
    except np.linalg.LinAlgError:
        return _one_by_one(lambda m: np.linalg.inv(m), a, a.shape, _zero_pivots(a))


def solve(a: Any, b: Any) -> tuple[Any, Any]:
    """X with A·X = B, and info.  (…, n, n), (…, n, k) → (…, n, k), the leading axes broadcast."""
    try:
        return np.linalg.solve(a, b), None
    except np.linalg.LinAlgError:
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a, b = np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(b, batch + b.shape[-2:])
        out = np.full(b.shape, np.nan, b.dtype)
        info = _zero_pivots(a)
        for i in np.ndindex(info.shape):
            if not info[i]:
                out[i] = np.linalg.solve(a[i], b[i])
        return out, info


def no_info(a: Any) -> Any:
    """The info of a stack of which no matrix broke down."""
    return np.zeros(a.shape[:-2], np.int32)


def _one_by_one(factorise: Any, a: Any, shape: Any, info: Any) -> tuple[Any, Any]:
    """A factorisation of those matrices of the stack that allow it; nan for the others."""
    out = np.full(shape, np.nan, a.dtype)
    for i in np.ndindex(info.shape):
        if not info[i]:
            out[i] = factorise(a[i])
    return out, info


def _zero_pivots(a: Any) -> Any:
    """For each matrix the first pivot that is exactly 0, counted from 1; 0 for none."""
    getrf = _lapack("getrf", a)
    info = np.zeros(a.shape[:-2], np.int32)
    for i in np.ndindex(info.shape):
        info[i] = getrf(a[i])[2]
    return info


def _lapack(name: str, a: Any) -> Any:
    from scipy.linalg.lapack import get_lapack_funcs

    return get_lapack_funcs(name, dtype=a.dtype)


def det(a: Any) -> Any:
    """The determinant."""
    return np.asarray(np.linalg.det(a))


def slogdet(a: Any) -> tuple[Any, Any]:
    """Sign, and logarithm of the magnitude, of the determinant."""
    sign, logabsdet = np.linalg.slogdet(a)
    return np.asarray(sign), np.asarray(logabsdet)


def cofactor(a: Any) -> Any:
    """∂det/∂A, det(A)·A⁻ᵀ where that exists, and its limit where it does not.

    With A = U·diag(s)·Vᵀ it is det(U)·det(V)·U·diag(γ)·Vᵀ, where γᵢ is the product of all s but the i-th.
    """
    try:
        inverse = np.linalg.inv(a)
        size = np.absolute(a).sum(-1).max(-1, initial=0) * np.absolute(inverse).sum(-1).max(-1, initial=0)
        if np.all(size < np.finfo(a.dtype).eps ** -0.5):  # far from singular
            return np.linalg.det(a)[..., None, None] * inverse.mT
    except np.linalg.LinAlgError:
        pass
    u, s, vh = np.linalg.svd(a)
    before, after = _products_before(s), _products_before(s[..., ::-1])[..., ::-1]
    gamma = before[..., :-1] * after[..., 1:]
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * ((u * gamma[..., None, :]) @ vh)


def cofactor_gradient(g: Any, a: Any) -> Any:
    """∂⟨g, cofactor(A)⟩/∂A. In the basis of the singular vectors, with H = Uᵀ·g·V and P[i, k] the product of all s but
    the i-th and k-th: Σₖ P[i, k]·H[k, k] on the diagonal, −P[i, j]·H[j, i] off it."""
    u, s, vh = np.linalg.svd(a)
    before, after = _products_before(s), _products_before(s[..., ::-1])[..., ::-1]
    n = s.shape[-1]
    p = np.zeros(a.shape, a.dtype)
    for i in range(n - 1):
        between = _products_before(s[..., i + 1 : -1])
        p[..., i, i + 1 :] = p[..., i + 1 :, i] = before[..., i, None] * between * after[..., i + 2 :]
    h = u.mT @ g @ vh.mT
    m = -p * h.mT
    diagonal = np.einsum("...ii->...i", m)
    diagonal[...] = (p @ np.einsum("...ii->...i", h)[..., None])[..., 0]
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * (u @ m @ vh)


def _products_before(s: Any) -> Any:
    """1, s₀, s₀·s₁, …: one entry more than s has."""
    out = np.ones((*s.shape[:-1], s.shape[-1] + 1), s.dtype)
    np.cumprod(s, -1, out=out[..., 1:])
    return out


# ---- factorisations -------------------------------------------------------------------------------------------------


def cholesky(a: Any, upper: bool) -> tuple[Any, Any]:
    """L with A = L·Lᵀ (or U = Lᵀ), of the lower (upper) triangle of A, and info."""
    try:
        return np.linalg.cholesky(a, upper=upper), None
    except np.linalg.LinAlgError:
        potrf = _lapack("potrf", a)
        info = np.zeros(a.shape[:-2], np.int32)
        for i in np.ndindex(info.shape):
            info[i] = potrf(a[i], lower=not upper)[1]
        return _one_by_one(lambda m: np.linalg.cholesky(m, upper=upper), a, a.shape, info)


def qr(a: Any, mode: Any) -> tuple[Any, Any]:
    """Q, R with A = Q·R; mode 'reduced' or 'complete'."""
    q, r = np.linalg.qr(a, mode)
    return q, r


def svd(a: Any, full: bool) -> tuple[Any, Any, Any]:
    """U, s, Vᵀ with A = U·diag(s)·Vᵀ, s falling."""
    u, s, vh = np.linalg.svd(a, full)
    return u, s, vh


def svdvals(a: Any) -> Any:
    """The singular values, falling."""
    return np.linalg.svd(a, compute_uv=False)


def eigh(a: Any, uplo: Any) -> tuple[Any, Any]:
    """λ (rising) and V with A = V·diag(λ)·Vᵀ, of one triangle of A."""
    values, vectors = np.linalg.eigh(a, uplo)
    return values, vectors


def eigvalsh(a: Any, uplo: Any) -> Any:
    """λ, rising."""
    return np.linalg.eigvalsh(a, uplo)


def lu_factor(a: Any) -> tuple[Any, Any, Any]:
    """L below and U on and above the diagonal of one matrix; the row each step exchanged with, from 1; info."""
    getrf = _lapack("getrf", a)
    m, n = a.shape[-2:]
    lu = np.empty(a.shape, a.dtype)
    pivots = np.empty((*a.shape[:-2], min(m, n)), np.int32)
    info = np.zeros(a.shape[:-2], np.int32)
    for i in np.ndindex(info.shape) if min(m, n) else ():
        lu[i], pivots[i], info[i] = getrf(a[i])
    return lu, pivots + np.int32(1), info


def permutation_matrix(pivots: Any, m: int, dtype: Any) -> Any:
    """The matrix P (…, m, m) that the exchanges of `lu_factor` amount to: A = P·L·U."""
    out = np.zeros((*pivots.shape[:-1], m, m), dtype)
    for i in np.ndindex(pivots.shape[:-1]):
        order = np.arange(m)
        for step, other in enumerate(pivots[i] - 1):
            order[[step, other]] = order[[other, step]]
        out[i][order, np.arange(m)] = 1
    return out


def solve_triangular(a: Any, b: Any, upper: bool, unitriangular: bool, transposed: bool) -> Any:
    """X with A·X = B (Aᵀ·X = B if transposed), A upper or lower triangular. Nothing is checked: 0 divides."""
    from scipy.linalg.blas import get_blas_funcs

    trsm = get_blas_funcs("trsm", dtype=a.dtype)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = np.empty(batch + b.shape[-2:], b.dtype)
    if not out.size:
        return out
    a, b = np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(b, out.shape)
    for i in np.ndindex(batch):  # a.T is what Fortran's order wants
        out[i] = trsm(1.0, a[i].T, b[i], lower=upper, trans_a=not transposed, diag=unitriangular)
    return out


def pinv(a: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    """The pseudo-inverse; singular values up to max(atol, rtol·largest) count as 0."""
    if not a.size:
        return np.zeros((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype)
    if hermitian:
        values, v = np.linalg.eigh(a)
        s, vh = np.absolute(values), v.mT
        u = v * np.sign(values)[..., None, :]
    else:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
    with np.errstate(all="ignore"):
        inverse = np.where(s > _cutoff(s, atol, rtol), 1 / s, 0).astype(a.dtype)
    return vh.mT @ (inverse[..., None] * u.mT)


def _cutoff(s: Any, atol: Any, rtol: Any) -> Any:
    largest = s.max(-1, keepdims=True, initial=0)
    return np.maximum(np.asarray(atol)[..., None], np.asarray(rtol)[..., None] * largest)


def matrix_rank(a: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    """How many singular values are above max(atol, rtol·largest)."""
    s = np.absolute(np.linalg.eigvalsh(a)) if hermitian else np.linalg.svd(a, compute_uv=False)
    return np.asarray((s > _cutoff(s, atol, rtol)).sum(-1, dtype=np.int64))


def lstsq(a: Any, b: Any, rcond: float) -> tuple[Any, Any, Any]:
    """X of least ‖A·X − B‖ (and then of least ‖X‖), the rank of A and its singular values."""
    m, n = a.shape[-2:]
    batch = a.shape[:-2]
    out = np.zeros((*batch, n, b.shape[-1]), a.dtype)
    rank = np.zeros(batch, np.int64)
    s = np.zeros((*batch, min(m, n)), a.dtype)
    for i in np.ndindex(batch) if min(m, n) else ():
        out[i], _, rank[i], s[i] = np.linalg.lstsq(a[i], b[i], rcond)
    return out, rank, s


def matrix_exp(a: Any) -> Any:
    """eᴬ = I + A + A²/2 + …"""
    from scipy.linalg import expm

    return expm(a)


def identity(like: Any, n: int) -> Any:
    """(n, n), of the dtype of `like`."""
    return np.eye(n, dtype=like.dtype)
