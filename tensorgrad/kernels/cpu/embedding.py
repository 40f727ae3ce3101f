"""Rows picked from a table, and rows added to one."""

from __future__ import annotations

from typing import Any

import numpy as np

from .half import rounded, single
from .index import sum_rows


def take_rows(table: Any, index: Any) -> Any:
    """table[index]: (V, D), (…) → (…, D)."""
    return table.take(index, 0)


def add_rows(x: Any, index: Any, n: int) -> Any:
    """Zeros with x[i] added at row index[i], in the order of i: it repeats bit for bit.  (…, D), (…) → (n, D)."""
    x, index = x.reshape(index.size, x.shape[-1]), index.reshape(-1)
    if x.dtype.itemsize == 2:
        return rounded(add_rows(single(x), index, n), x.dtype)
    return sum_rows(x, index, n)


def bounds(index: Any) -> tuple[int, int]:
    """The smallest and the largest of whole numbers; 0, −1 if there are none."""
    return (int(index.min()), int(index.max())) if index.size else (0, -1)


def row_factors(table: Any, index: Any, padding: int | None, by_frequency: bool) -> Any:
    """(V, 1): 1, or one over how often the row is used; 0 for the row `padding`."""
    out = np.ones((table.shape[0], 1), table.dtype)
    if by_frequency:
        out[:, 0] /= np.bincount(index.reshape(-1), minlength=len(out)).clip(1)
    if padding is not None:
        out[padding] = 0
    return out


def clip_rows(table: Any, index: Any, max_norm: float, p: float) -> bool:
    """Scale the rows that `index` names down to a p-norm of max_norm where it is larger, in place; were there any?"""
    which = np.unique(index)
    size = np.linalg.norm(table[which], p, axis=1)
    which, size = which[size > max_norm], size[size > max_norm]
    table[which] *= (max_norm / (size + 1e-7))[:, None].astype(table.dtype)
    return len(which) > 0


def even_starts(n: int, size: int) -> Any:
    """0, size, 2·size, …, n·size."""
    return np.arange(n + 1) * size


def starts(offsets: Any, end: int, include_last: bool) -> Any:
    """Offsets of groups with the end of the last one; None if they do not begin with 0, fall, or go beyond the end."""
    out = offsets.astype(np.int64) if include_last else np.append(offsets, end).astype(np.int64)
    good = (out[0] == 0 or len(out) == 1 and not include_last) and (np.diff(out) >= 0).all() and out[-1] <= end
    return out if good else None


def bags(index: Any, starts: Any, padding: int | None) -> tuple[Any, Any, Any, Any]:
    """For groups of a flattened index that begin at `starts` (with the end): which entries count (None: all), the group
    of each of those, and where among them each group begins and how many it has."""
    counts = np.diff(starts)
    group = np.repeat(np.arange(len(counts)), counts)
    kept = None
    flat = index.reshape(-1)
    if padding is not None or len(group) < len(flat):
        kept = np.arange(len(flat)) < len(group) if padding is None else flat != padding
        kept[len(group) :] = False
        group = group[kept[: len(group)]]
        counts = np.bincount(group, minlength=len(counts))
        kept = np.flatnonzero(kept)
    return kept, group, np.cumsum(counts) - counts, counts


def largest_rows(x: Any, starts: Any, counts: Any) -> Any:
    """Of consecutive groups of rows of x, for each column the first row with the largest entry; 0 for empty groups.

    (M, D), (B,), (B,) → (B, D)
    """
    out = np.zeros((len(starts), x.shape[1]), np.int64)
    for b, (i, k) in enumerate(zip(starts.tolist(), counts.tolist())):
        if k:
            out[b] = i + x[i : i + k].argmax(0)
    return out


def one_hot(index: Any, n: int) -> Any:
    """(…) → (…, n): 1 at the place each number names, 0 elsewhere; int64."""
    out = np.zeros((*index.shape, n), np.int64)
    np.put_along_axis(out, index[..., None], 1, -1)
    return out
