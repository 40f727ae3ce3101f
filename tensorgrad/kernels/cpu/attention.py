"""Attention, a block of queries at a time: the scores of a block stay in the cache, those of all are never in memory
(Rabe and Staats, arXiv:2112.05682; Dao et al., arXiv:2205.14135). The way back computes them again.

Letters: B batch, H heads, L queries, S keys, E their width, V that of the values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .row_reduce import row_max, row_sum

_BLOCK = 1 << 17  # scores that are worked on at once


def _blocks(b: int, h: int, n: int, s: int, causal: bool) -> Iterator[tuple[slice, slice, slice, slice]]:
    """Slices of batch, heads, queries and the keys these may see: many small matrices, or a part of a large one."""
    rows = min(n, max(16, _BLOCK // max(s, 1))) or 1
    if causal:  # cut in four, three eighths of the scores need not be looked at
        rows = min(rows, max(64, -(-n // 4)))
    heads = min(h, max(1, _BLOCK // max(rows * s, 1))) or 1
    images = max(1, _BLOCK // max(heads * rows * s, 1)) if heads == h else 1
    for i in range(0, b, images):
        for j in range(0, h, heads):
            for r in range(0, n, rows):
                keys = slice(0, min(s, r + rows) if causal else s)
                yield slice(i, i + images), slice(j, j + heads), slice(r, r + rows), keys


def _scores(q: Any, k: Any, mask: Any, where: tuple[slice, slice, slice, slice], causal: bool) -> Any:
    """q·kᵀ of a block, with −inf where the mask says no; q has been scaled."""
    batch, heads, rows, keys = where
    s = np.matmul(q, k[batch, heads, keys].mT)
    if causal:
        first = rows.start
        future = np.arange(first, keys.stop) > np.arange(first, first + s.shape[-2])[:, None]
        np.copyto(s[..., first:], -np.inf, where=future)
    if mask is not None:
        part = mask[batch, heads, rows, keys]
        if part.dtype == bool:
            np.copyto(s, -np.inf, where=~part)
        else:
            s += part
    return s


def attention(
    q: Any, k: Any, v: Any, mask: Any, keep: Any, kept: float, scale: float, causal: bool
) -> tuple[Any, Any, Any]:
    """softmax(scale·q·kᵀ + mask)·v and, for the way back, the largest score s of each query and Σ e^(s − largest): in
    their logarithm, ln Σ eˢ, the second would be lost beside large scores. A query that may see no key gives 0.

    q (B, H, L, E), k (B, H, S, E), v (B, H, S, V). mask (B, H, L, S) or None: floats that are added, or bools of what is
    seen. keep (B, H, L, S) or None: the bools of dropout, multiplied in with 1/kept.
    """
    (b, h, n, _), s = q.shape, k.shape[2]
    out = np.empty((b, h, n, v.shape[3]), q.dtype)
    tops, totals = np.empty((2, b, h, n, 1), q.dtype)
    may_be_blind = mask is not None or s == 0  # a query may see nothing
    for where in _blocks(b, h, n, s, causal):
        batch, heads, rows, keys = where
        p = _scores(q[batch, heads, rows] * q.dtype.type(scale), k, mask, where, causal)
        largest = row_max(p, -1) if p.shape[-1] else np.full((*p.shape[:-1], 1), -np.inf, p.dtype)
        if may_be_blind:
            largest[largest == -np.inf] = 0
        p -= largest
        np.exp(p, out=p)
        total = row_sum(p, -1)
        if may_be_blind:
            blind = total == 0
            total[blind] = 1
            largest[blind] = np.inf
        tops[batch, heads, rows], totals[batch, heads, rows] = largest, total
        if keep is not None:
            p *= keep[batch, heads, rows, keys]
            total *= total.dtype.type(kept)
        y = out[batch, heads, rows]
        np.matmul(p, v[batch, heads, keys], out=y)
        y /= total
    return out, tops, totals


def attention_backward(
    g: Any,
    q: Any,
    k: Any,
    v: Any,
    mask: Any,
    keep: Any,
    kept: float,
    scale: float,
    causal: bool,
    out: Any,
    tops: Any,
    totals: Any,
    to_mask: bool,
) -> tuple[Any, Any, Any, Any]:
    """The gradients of q, k, v and, if asked for, of the scores before the softmax (that of a mask which is added)."""
    (b, h, n, _), s = q.shape, k.shape[2]
    gq = np.empty(q.shape, q.dtype)
    gk, gv = np.zeros(k.shape, q.dtype), np.zeros(v.shape, q.dtype)
    gs = np.zeros((b, h, n, s), q.dtype) if to_mask else None
    g = g / totals  # in place of the weights: p is e^(s − largest), weights times totals
    delta = (g * out).sum(-1, keepdims=True)
    for where in _blocks(b, h, n, s, causal):
        batch, heads, rows, keys = where
        scaled = q[batch, heads, rows] * q.dtype.type(scale)
        p = _scores(scaled, k, mask, where, causal)
        p -= tops[batch, heads, rows]
        np.exp(p, out=p)
        above = g[batch, heads, rows]
        ds = np.matmul(above, v[batch, heads, keys].mT)
        if keep is None:
            gv[batch, heads, keys] += np.matmul(p.mT, above)
        else:
            noise = keep[batch, heads, rows, keys] * q.dtype.type(1 / kept)
            gv[batch, heads, keys] += np.matmul((p * noise).mT, above)
            ds *= noise
        ds -= delta[batch, heads, rows]
        ds *= p
        gk[batch, heads, keys] += np.matmul(ds.mT, scaled)
        np.matmul(ds, k[batch, heads, keys], out=gq[batch, heads, rows])
        if gs is not None:
            gs[batch, heads, rows, keys] = ds
    gq *= q.dtype.type(scale)
    return gq, gk, gv, gs
