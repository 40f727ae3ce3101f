"""LU factorisations of stacks of small matrices."""

from __future__ import annotations

from typing import Any

from . import kernel


@kernel()
def lu_in_place(a: Any, pivots: Any, info: Any) -> None:
    # a (stack, m, n) → L below and U on and above the diagonal; pivots (stack, min(m, n)), from 1; info (stack,)
    m, n = a.shape[1:]
    for s in range(a.shape[0]):
        for k in range(min(m, n)):
            p, largest = k, abs(a[s, k, k])
            for i in range(k + 1, m):
                if abs(a[s, i, k]) > largest:
                    p, largest = i, abs(a[s, i, k])
            pivots[s, k] = p + 1
            if largest == 0:
                info[s] = k + 1 if info[s] == 0 else info[s]
                continue
            if p != k:
                for j in range(n):
                    a[s, k, j], a[s, p, j] = a[s, p, j], a[s, k, j]
            for i in range(k + 1, m):
                a[s, i, k] /= a[s, k, k]
                f = a[s, i, k]
                for j in range(k + 1, n):
                    a[s, i, j] -= f * a[s, k, j]
