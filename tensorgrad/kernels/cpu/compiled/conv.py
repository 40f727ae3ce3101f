"""Depthwise convolution: every channel c has M filters of its own, c·M … c·M + M − 1.

A padded plane lies in memory as one line, and so does the plane of results at stride 1, in rows as long as the padded one;
a tap of the window then is one number, how far it is along the line, and a plane is a few long loops, whatever the size of
its rows. What lies between rows is computed for nothing. Sizes have three axes, the missing ones of length 1.

    line (padded plane), wide (results, in rows of the padded plane's length): scratch, zeros when a kernel begins
    inside (first, …): where the plane begins in its padding       apart (3): the strides       far (T): the taps
"""

from __future__ import annotations

from typing import Any

from . import kernel


@kernel()
def depthwise(x: Any, w: Any, far: Any, padded: Any, inside: Any, apart: Any, line: Any, wide: Any, y: Any) -> None:
    # x (N, C, D, H, W), w (K, T) → y (N, K, *out)
    multiplier = w.shape[0] // x.shape[1]
    row, sheet = padded[2], padded[1] * padded[2]
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(x.shape[2]):
                for j in range(x.shape[3]):
                    start = (i + inside[0]) * sheet + (j + inside[1]) * row + inside[2]
                    for k in range(x.shape[4]):
                        line[start + k] = x[n, c, i, j, k]
            for f in range(c * multiplier, (c + 1) * multiplier):
                for p in range(wide.size):
                    wide[p] = 0
                for t in range(far.size):
                    a, shifted = w[f, t], line[far[t] :]
                    for p in range(wide.size):
                        wide[p] += a * shifted[p]
                for i in range(y.shape[2]):
                    for j in range(y.shape[3]):
                        start = i * apart[0] * sheet + j * apart[1] * row
                        for k in range(y.shape[4]):
                            y[n, f, i, j, k] = wide[start + k * apart[2]]


@kernel()
def depthwise_transpose(g: Any, w: Any, far: Any, padded: Any, inside: Any, apart: Any, line: Any, wide: Any, y: Any) -> None:
    # g (N, K, *out), w (K, T) → y (N, C, D, H, W)
    multiplier = w.shape[0] // y.shape[1]
    row, sheet = padded[2], padded[1] * padded[2]
    for n in range(y.shape[0]):
        for c in range(y.shape[1]):
            for p in range(line.size):
                line[p] = 0
            for f in range(c * multiplier, (c + 1) * multiplier):
                for i in range(g.shape[2]):
                    for j in range(g.shape[3]):
                        start = i * apart[0] * sheet + j * apart[1] * row
                        for k in range(g.shape[4]):
                            wide[start + k * apart[2]] = g[n, f, i, j, k]
                for t in range(far.size):
                    a, shifted = w[f, t], line[far[t] :]
                    for p in range(wide.size):
                        shifted[p] += a * wide[p]
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    start = (i + inside[0]) * sheet + (j + inside[1]) * row + inside[2]
                    for k in range(y.shape[4]):
                        y[n, c, i, j, k] = line[start + k]


@kernel(sums=True)
def depthwise_weight(x: Any, g: Any, far: Any, padded: Any, inside: Any, apart: Any, line: Any, wide: Any, gw: Any) -> None:
    # x (N, C, D, H, W), g (N, K, *out) → added to gw (K, T)
    multiplier = gw.shape[0] // x.shape[1]
    row, sheet = padded[2], padded[1] * padded[2]
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(x.shape[2]):
                for j in range(x.shape[3]):
                    start = (i + inside[0]) * sheet + (j + inside[1]) * row + inside[2]
                    for k in range(x.shape[4]):
                        line[start + k] = x[n, c, i, j, k]
            for f in range(c * multiplier, (c + 1) * multiplier):
                for i in range(g.shape[2]):
                    for j in range(g.shape[3]):
                        start = i * apart[0] * sheet + j * apart[1] * row
                        for k in range(g.shape[4]):
                            wide[start + k * apart[2]] = g[n, f, i, j, k]
                for t in range(far.size):
                    shifted = line[far[t] :]
                    total = line[0] * 0
                    for p in range(wide.size):
                        total += wide[p] * shifted[p]
                    gw[f, t] += total
