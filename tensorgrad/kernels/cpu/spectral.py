"""Singular values, eigenvalues of symmetric matrices, pseudo-inverse and rank, of stacks of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .threads import for_matrices


@for_matrices
def svd(a: Any, full: bool) -> tuple[Any, Any, Any]:
    """U, s, Vᵀ with A = U·diag(s)·Vᵀ, s falling."""
    u, s, vh = np.linalg.svd(a, full)
    return u, s, vh


@for_matrices
def svdvals(a: Any) -> Any:
    """The singular values, falling."""
    return np.linalg.svd(a, compute_uv=False)


@for_matrices
def eigh(a: Any, uplo: Any) -> tuple[Any, Any]:
    """λ (rising) and V with A = V·diag(λ)·Vᵀ, of one triangle of A."""
    values, vectors = np.linalg.eigh(a, uplo)
    return values, vectors


@for_matrices
def eigvalsh(a: Any, uplo: Any) -> Any:
    """λ, rising."""
    return np.linalg.eigvalsh(a, uplo)


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


def matrix_rank(a: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    """How many singular values are above max(atol, rtol·largest)."""
    s = np.absolute(np.linalg.eigvalsh(a)) if hermitian else np.linalg.svd(a, compute_uv=False)
    return np.asarray((s > _cutoff(s, atol, rtol)).sum(-1, dtype=np.int64))


def _cutoff(s: Any, atol: Any, rtol: Any) -> Any:
    largest = s.max(-1, keepdims=True, initial=0)
    return np.maximum(np.asarray(atol)[..., None], np.asarray(rtol)[..., None] * largest)
