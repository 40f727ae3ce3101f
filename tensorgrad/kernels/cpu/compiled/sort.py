"""Sorting by the digits of a number, the last one first: each pass is stable, so the whole is."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import kernel

BITS = 11  # of a digit: as many places to write to as the nearest cache can follow


@kernel()
def radix_argsort(keys: Any, index: Any, other_keys: Any, other_index: Any, starts: Any) -> bool:
    # keys (n,) unsigned, index (n,) 0 … n − 1, scratch like them, starts (digits, 2^BITS) zeros → index in order, or, if
    # True comes back, other_index; keys are overwritten
    n, mask, swapped = keys.size, keys.dtype.type((1 << BITS) - 1), False
    for i in range(n):
        key = keys[i]
        for d in range(starts.shape[0]):
            starts[d, np.int64((key >> keys.dtype.type(BITS * d)) & mask)] += 1
    for d in range(starts.shape[0]):
        shift, start, total, one = keys.dtype.type(BITS * d), starts[d], 0, False
        for j in range(start.size):
            count = start[j]
            one = one or count == n  # all have this digit
            start[j] = total
            total += count
        if one:
            continue
        a, b = (other_keys, other_index) if swapped else (keys, index)
        c, e = (keys, index) if swapped else (other_keys, other_index)
        for i in range(n):
            digit = np.int64((a[i] >> shift) & mask)
            to = start[digit]
            c[to], e[to] = a[i], b[i]
            start[digit] = to + 1
        swapped = not swapped
    return swapped
