"""Distances of all pairs of rows: of two operands (…, P, M) and (…, R, M), or of one with itself, i < j."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .compiled import distance as _compiled
from .compiled import plain, worth
from .create import triu_indices
from .half import is_half, rounded, upcast
from .index import sum_rows
from .linalg_norm import vector_norm
from .products import matmul

_BLOCK = 1 << 17  # differences taken at a time
_KINDS = {0: 0, 1: 1, 2: 2, np.inf: 3}


def euclidean(x: Any, z: Any) -> Any:
    """Distances ‖xᵢ − zⱼ‖ of the rows of (…, P, M) and (…, R, M) → (…, P, R) by |x|² + |z|² − 2x·z."""
    if x.dtype.itemsize == 2:
        return euclidean(upcast(x), upcast(z)).astype(x.dtype)
    largest = _largest(x, z)
    if _leaves_the_range(largest, x):
        exponent = np.frexp(largest)[1]
        return np.ldexp(euclidean(np.ldexp(x, -exponent), np.ldexp(z, -exponent)), exponent)
    squares = np.square(x).sum(-1)[..., :, None] + np.square(z).sum(-1)[..., None, :] - 2 * matmul(x, z, False, True)
    return np.sqrt(np.maximum(squares, 0))  # rounding may leave a zero a little below


def _largest(x: Any, z: Any) -> Any:
    """No difference is larger."""
    return np.absolute(x).max(initial=0) + np.absolute(z).max(initial=0)


def _leaves_the_range(largest: Any, x: Any) -> bool:
    """Whether sums of squares may be too large for x's dtype, or all squares too small for it."""
    limits = np.finfo(x.dtype)
    high, low = (limits.max / max(x.shape[-1], 1)) ** 0.5, limits.tiny**0.5 / limits.eps
    return bool(high <= largest < np.inf or 0 < largest < low)


def pairs(n: int) -> tuple[Any, Any]:
    """All i < j below n, as two arrays, in order of i and then of j."""
    return _few_pairs(n) if n <= 64 else _pairs(n)


@functools.lru_cache(8)
def _few_pairs(n: int) -> tuple[Any, Any]:
    found = _pairs(n)
    for index in found:
        index.flags.writeable = False
    return found


def _pairs(n: int) -> tuple[Any, Any]:
    first, second = triu_indices(n, n, 1, np.int64)
    return first, second


def cdist(x: Any, z: Any, p: float) -> Any:
    """‖xᵢ − zⱼ‖ₚ → (…, P, R), leading axes broadcast; of rows without numbers 0."""
    if is_half(x):
        return rounded(cdist(upcast(x), upcast(z), p), x.dtype)
    lead, rows, columns, features = _sizes(x, z)
    if not features:
        return np.zeros((*lead, rows, columns), x.dtype)
    squared = p == 2 and _leaves_the_range(_largest(x, z), x)
    if p in _KINDS and not squared and worth(math.prod(lead) * rows * columns * features):
        out = np.empty((*lead, rows, columns), x.dtype)
        part = np.empty(columns, x.dtype)
        for a, b, y in zip(_stack(x, lead), _stack(z, lead), out.reshape(-1, rows * columns)):
            _compiled.distances(plain(a), plain(b.T), _KINDS[p], False, part, y)
        return out
    blocks = [vector_norm(d, p, (d.ndim - 1,), False) for _, d in _differences(x, z)]
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, -2)


def cdist_backward(grad: Any, x: Any, z: Any, out: Any, p: float) -> tuple[Any, Any]:
    """The gradients towards x and z, leading axes broadcast."""
    if is_half(x):
        gx, gz = cdist_backward(upcast(grad), upcast(x), upcast(z), upcast(out), p)
        return rounded(gx, x.dtype), rounded(gz, z.dtype)
    lead, rows, columns, features = _sizes(x, z)
    gx = np.zeros((*lead, rows, features), x.dtype)
    if p in _KINDS and worth(grad.size * features):
        gzt = np.zeros((*lead, features, columns), x.dtype)
        if p:
            w = np.empty(columns, x.dtype)
            grad, out = (plain(a).reshape(-1, rows * columns) for a in (grad, out))
            each = zip(
                grad,
                _stack(x, lead),
                _stack(z, lead),
                out,
                gx.reshape(-1, rows, features),
                gzt.reshape(-1, features, columns),
            )
            for g, a, b, y, ga, gb in each:
                a, b = plain(a), plain(b.T)
                _compiled.distances_backward(g, a, b, y, _KINDS[p], False, w, ga, gb)
        return gx, gzt.mT
    gz = np.zeros((*lead, columns, features), x.dtype)
    for part, d in _differences(x, z) if features else ():
        d = _slope(d, out[..., part, :], grad[..., part, :], p)
        gx[..., part, :] = d.sum(-2)
        gz -= d.sum(-3)
    return gx, gz


def pdist(x: Any, p: float) -> Any:
    """‖xᵢ − xⱼ‖ₚ of all i < j: (N, M) → (N·(N − 1)/2,)."""
    if is_half(x):
        return rounded(pdist(upcast(x), p), x.dtype)
    n, features = x.shape
    out = np.zeros(n * (n - 1) // 2, x.dtype)
    if not features or not out.size:
        return out
    squared = p == 2 and _leaves_the_range(_largest(x, x), x)
    if p in _KINDS and not squared and worth(out.size * features):
        _compiled.distances(*_both(x), _KINDS[p], True, np.empty(n, x.dtype), out)
        return out
    for part, _, _, d in _pair_differences(x):
        out[part] = vector_norm(d, p, (1,), False)
    return out


def pdist_backward(grad: Any, x: Any, out: Any, p: float) -> Any:
    """The gradient towards x."""
    if is_half(x):
        return rounded(pdist_backward(upcast(grad), upcast(x), upcast(out), p), x.dtype)
    n, features = x.shape
    gx = np.zeros(x.shape, x.dtype)
    if not gx.size or not out.size or not p:
        return gx
    if p in _KINDS and worth(out.size * features):
        gxt = np.zeros((features, n), x.dtype)
        grad, out = plain(grad), plain(out)
        _compiled.distances_backward(grad, *_both(x), out, _KINDS[p], True, np.empty(n, x.dtype), gx, gxt)
        return gx + gxt.T
    for part, first, second, d in _pair_differences(x):
        d = _slope(d, out[part], grad[part], p)
        gx += sum_rows(d, first, n)
        gx -= sum_rows(d, second, n)
    return gx


def _slope(d: Any, out: Any, grad: Any, p: float) -> Any:
    """grad times the slope of ‖d‖ₚ = out: (…, M), (…), (…) → (…, M). Where out is 0, that is 0."""
    grad, out = grad[..., None], out[..., None]
    if p == 0:
        return np.zeros_like(d)
    if p == 2:
        return d * (grad / np.where(out == 0, np.inf, out))
    sign, size = np.sign(d), np.absolute(d)
    sign[sign != sign] = 0
    if p == 1:
        return sign * grad
    if p == np.inf:
        largest = size == out
        return sign * largest * (grad / np.asarray(largest.sum(-1, keepdims=True), d.dtype))
    return sign * np.where(size == 0, 1, size) ** (p - 1) * (grad * np.where(out == 0, 1, out) ** (1 - p))


def _sizes(x: Any, z: Any) -> tuple[tuple[int, ...], int, int, int]:
    """Leading axes, P, R, M."""
    return np.broadcast_shapes(x.shape[:-2], z.shape[:-2]), x.shape[-2], z.shape[-2], x.shape[-1]


def _stack(x: Any, lead: tuple[int, ...]) -> Any:
    """(…, a, b) → (stack, a, b); a view if x has the leading axes already."""
    return np.broadcast_to(x, lead + x.shape[-2:]).reshape(math.prod(lead), *x.shape[-2:])


def _both(x: Any) -> tuple[Any, Any]:
    return plain(x), plain(x.T)


def _differences(x: Any, z: Any) -> Iterator[tuple[slice, Any]]:
    """x[…, i, None, :] − z[…, None, :, :], some rows of x at a time."""
    lead, rows, columns, features = _sizes(x, z)
    step = max(_BLOCK // max(math.prod(lead) * columns * features, 1), 1)
    for i in range(0, max(rows, 1), step):
        yield slice(i, i + step), x[..., i : i + step, None, :] - z[..., None, :, :]


def _pair_differences(x: Any) -> Iterator[tuple[slice, Any, Any, Any]]:
    """Of some pairs i < j at a time: which, i, j, and x[i] − x[j]."""
    first, second = pairs(len(x))
    step = max(_BLOCK // x.shape[1], 1)
    for a in range(0, len(first), step):
        i, j = first[a : a + step], second[a : a + step]
        yield slice(a, a + step), i, j, x.take(i, 0) - x.take(j, 0)


__all__ = ["cdist", "cdist_backward", "euclidean", "pairs", "pdist", "pdist_backward"]
