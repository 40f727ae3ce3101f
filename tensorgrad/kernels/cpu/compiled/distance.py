"""Distances of all pairs of rows. Rows of the second operand come as columns, zt (M, R), so that the innermost loop runs
along memory; sums are taken over PART features at a time, so that rounding does not grow with their number.

kind 0, 1, 2: the p of the norm; 3: the largest. `first` says where the columns begin that row i is compared with: 0, or, of
pairs i < j of the same rows, i + 1; results of row i then stand behind those of row i − 1.
"""

from __future__ import annotations

from typing import Any

from . import kernel

PART = 64


@kernel()
def distances(x: Any, zt: Any, kind: int, same: bool, part: Any, out: Any) -> None:
    # x (P, M), zt (M, R), part (R,) scratch → out, flat
    rows, features = x.shape
    columns = zt.shape[1]
    place = 0
    for i in range(rows):
        start = i + 1 if same else 0
        n = columns - start
        o, t = out[place : place + n], part[:n]
        place += n
        for j in range(n):
            o[j] = 0
        for low in range(0, features, PART):
            for j in range(n):
                t[j] = 0
            for k in range(low, min(low + PART, features)):
                a, b = x[i, k], zt[k, start:]
                if kind == 2:
                    for j in range(n):
                        d = a - b[j]
                        t[j] += d * d
                elif kind == 1:
                    for j in range(n):
                        t[j] += abs(a - b[j])
                elif kind == 0:
                    for j in range(n):
                        t[j] += 1 if a - b[j] != 0 else 0
                else:
                    for j in range(n):
                        d = abs(a - b[j])
                        t[j] = d if d > t[j] or d != d else t[j]
            if kind == 3:
                for j in range(n):
                    o[j] = t[j] if t[j] > o[j] or t[j] != t[j] else o[j]
            else:
                for j in range(n):
                    o[j] += t[j]
        if kind == 2:
            for j in range(n):
                o[j] = o[j] ** 0.5


@kernel(sums=True)
def distances_backward(grad: Any, x: Any, zt: Any, out: Any, kind: int, same: bool, w: Any, gx: Any, gzt: Any) -> None:
    # grad and out flat, w (R,) scratch → added to gx (P, M) and gzt (M, R)
    rows, features = x.shape
    columns = zt.shape[1]
    place = 0
    for i in range(rows):
        start = i + 1 if same else 0
        n = columns - start
        g, o = grad[place : place + n], out[place : place + n]
        place += n
        for j in range(n):
            w[j] = g[j]
        if kind == 2:
            for j in range(n):
                w[j] = g[j] / o[j] if o[j] != 0 else 0
        elif kind == 3:  # those that share the largest share the gradient
            for j in range(n):
                w[j] = 0
            for k in range(features):
                a, b = x[i, k], zt[k, start:]
                for j in range(n):
                    w[j] += 1 if abs(a - b[j]) == o[j] else 0
            for j in range(n):
                w[j] = g[j] / w[j]
        for k in range(features):
            a, b, gb = x[i, k], zt[k, start:], gzt[k, start:]
            total = x[i, k] * 0
            if kind == 2:
                for j in range(n):
                    t = w[j] * (a - b[j])
                    total += t
                    gb[j] -= t
            elif kind == 1:
                for j in range(n):
                    d = a - b[j]
                    t = w[j] if d > 0 else -w[j] if d < 0 else w[j] * 0
                    total += t
                    gb[j] -= t
            elif kind == 3:
                for j in range(n):
                    d = a - b[j]
                    t = w[j] if d > 0 else -w[j] if d < 0 else w[j] * 0
                    t = t if abs(d) == o[j] else t * 0
                    total += t
                    gb[j] -= t
            gx[i, k] += total
