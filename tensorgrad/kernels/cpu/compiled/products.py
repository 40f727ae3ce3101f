"""Products of integer matrices, modulo 2ⁿ as integers have it."""

from __future__ import annotations

from typing import Any

from . import kernel

COLUMNS = 256  # of the result at a time, and
ROWS = 64  # rows of the second operand beside them: what stays in the nearest cache


@kernel()
def whole_product(x: Any, z: Any, out: Any) -> None:
    # (m, k), (k, n) → added to (m, n)
    m, k = x.shape
    n = z.shape[1]
    for first in range(0, n, COLUMNS):
        last = min(first + COLUMNS, n)
        for low in range(0, k, ROWS):
            high = min(low + ROWS, k)
            for i in range(m):
                into = out[i, first:last]
                for j in range(low, high):
                    a, row = x[i, j], z[j, first:last]
                    for c in range(row.size):
                        into[c] += a * row[c]
