"""Determinants and their derivatives, of stacks of square matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .solve import inv
from .threads import for_matrices


@for_matrices
def det(a: Any) -> Any:
    """The determinant."""
    return _known(a, np.linalg.det(a))


@for_matrices
def slogdet(a: Any) -> tuple[Any, Any]:
    """Sign, and logarithm of the magnitude, of the determinant."""
    sign, logabsdet = np.linalg.slogdet(a)
    return _known(a, sign), _known(a, logabsdet)


def _known(a: Any, out: Any) -> Any:
    """What was found out about matrices: nan where they hold one. LAPACK may find no pivot in them, and call them singular."""
    unknown = np.isnan(a).any((-2, -1))
    return np.where(unknown, a.dtype.type(np.nan), out) if unknown.any() else np.asarray(out)


def cofactor(a: Any) -> Any:
    """∂det/∂A, det(A)·A⁻ᵀ where that exists, and its limit where it does not.

    With A = U·diag(s)·Vᵀ it is det(U)·det(V)·U·diag(γ)·Vᵀ, where γᵢ is the product of all s but the i-th.
    """
    try:
        inverse, info = inv(a)
        if info is not None and info.any():
            raise np.linalg.LinAlgError
        size = np.absolute(a).sum(-1).max(-1, initial=0) * np.absolute(inverse).sum(-1).max(-1, initial=0)
        if np.all(size < np.finfo(a.dtype).eps ** -0.5):  # far from singular
            return np.linalg.det(a)[..., None, None] * inverse.mT
    except np.linalg.LinAlgError:
        pass
    if not np.isfinite(a).all():
        return np.full(a.shape, np.nan, a.dtype)
    u, s, vh = np.linalg.svd(a)
    before, after = _products_before(s), _products_before(s[..., ::-1])[..., ::-1]
    gamma = before[..., :-1] * after[..., 1:]
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * ((u * gamma[..., None, :]) @ vh)


def cofactor_gradient(g: Any, a: Any) -> Any:
    """∂⟨g, cofactor(A)⟩/∂A. In the basis of the singular vectors, with H = Uᵀ·g·V and P[i, k] the product of all s but
    the i-th and k-th: Σₖ P[i, k]·H[k, k] on the diagonal, −P[i, j]·H[j, i] off it."""
    if not np.isfinite(a).all():
        return np.full(a.shape, np.nan, a.dtype)
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


def singular_basis(a: Any) -> tuple[Any, Any, Any, int]:
    """U and Vᵀ with A = U·diag(s)·Vᵀ, det U · det V (…, 1, 1), and how many of s are far from 0 in every matrix of the
    stack; the order of A if that is all of them, or cannot be told."""
    n = a.shape[-1]
    if not a.size or not np.isfinite(a).all():
        return a, a, a, n
    u, s, vh = np.linalg.svd(a)
    far = s > s[..., :1] * np.finfo(a.dtype).eps ** 0.5
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return u, vh, sign[..., None, None], int(far.sum(-1).min())


def _products_before(s: Any) -> Any:
    """1, s₀, s₀·s₁, …: one entry more than s has."""
    out = np.ones((*s.shape[:-1], s.shape[-1] + 1), s.dtype)
    np.cumprod(s, -1, out=out[..., 1:])
    return out
