"""Stacks of small matrices: what LAPACK does for a large one, without a call for each."""

from __future__ import annotations

from typing import Any

from . import kernel


@kernel()
def substitute(a: Any, b: Any, upper: bool, unit: bool, transposed: bool) -> None:
    # a (stack, n, n) triangular, b (stack, n, k) → X with A·X = B, or Aᵀ·X = B, in b
    n, k = b.shape[1:]
    backwards = upper != transposed
    for s in range(a.shape[0]):
        for step in range(n):
            i = n - 1 - step if backwards else step
            for j in range(i + 1 if backwards else 0, n if backwards else i):
                f = a[s, j, i] if transposed else a[s, i, j]
                for c in range(k):
                    b[s, i, c] -= f * b[s, j, c]
            if not unit:
                for c in range(k):
                    b[s, i, c] /= a[s, i, i]


@kernel()
def inverses(lu: Any, pivots: Any, out: Any) -> None:
    # lu (stack, n, n) and pivots (stack, n), from 1, as `factorize` gives them → A⁻¹
    n = lu.shape[1]
    for s in range(lu.shape[0]):
        a, x = lu[s], out[s]
        for i in range(n):
            for j in range(n):
                x[i, j] = 1 if i == j else 0
        for i in range(n):
            p = pivots[s, i] - 1
            if p != i:
                for j in range(n):
                    x[i, j], x[p, j] = x[p, j], x[i, j]
        for i in range(n):
            for j in range(i):
                for c in range(n):
                    x[i, c] -= a[i, j] * x[j, c]
        for step in range(n):
            i = n - 1 - step
            for j in range(i + 1, n):
                for c in range(n):
                    x[i, c] -= a[i, j] * x[j, c]
            for c in range(n):
                x[i, c] /= a[i, i]
