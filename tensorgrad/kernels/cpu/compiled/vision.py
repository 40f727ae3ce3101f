"""grid_sample: for every place the pixels around it along each axis, their weights and the slopes of these, and then all
channels. Images have three axes, a missing one of length 1.

mode: 0 linear, 1 nearest, 2 cubic.    padding: 0 zeros, 1 border, 2 reflection.    k: 0, 1, ½, 2, 3, 5 in the dtype of the
image, so that coordinates are rounded as everywhere else.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from . import compiler, kernel


def fold(x: Any, n: Any, padding: int, aligned: bool, k: Any) -> Any:
    """`fold_coordinates` of one number."""
    zero, one, half = k[0], k[1], k[2]
    slope = one
    if padding == 2:
        low, span = (zero, n - one) if aligned else (-half, n)
        if span == zero:
            return zero, zero
        if x < low:
            slope = -slope
        x = abs(x - low)
        rest = np.fmod(x, span)
        whole = np.floor(x / span)
        if whole - (one + one) * np.floor(whole * half) == one:
            rest, slope = span - rest, -slope
        x = rest + low
    if not (x > zero and x < n - one):
        slope = zero
    return min(x if x > zero else zero, n - one), slope


def around(
    g: Any, n: Any, mode: int, padding: int, aligned: bool, k: Any, p: int, index: Any, weight: Any, slope: Any
) -> Any:
    """The pixels around a place in [−1, 1] along an axis, −1 for one outside; returns how many. They
    become column p of the tables."""
    zero, one, half = k[0], k[1], k[2]
    s = (n - one) * half if aligned else n * half
    c = (g + one) * s if aligned else ((g + one) * n - one) * half
    if padding != 0 and mode != 2:
        c, turned = fold(c, n, padding, aligned, k)
        s = s * turned
    count, first = 1, np.rint(c)
    if mode == 1:
        weight[0, p], slope[0, p] = one, zero
    else:
        first = np.floor(c)
        t = c - first
        if mode == 0:
            count = 2
            weight[0, p], weight[1, p], slope[0, p], slope[1, p] = one - t, t, -s, s
        else:
            count, first = 4, first - one
            a = -(half + half * half)
            for i in range(4):
                d = t + one if i == 0 else t if i == 1 else one - t if i == 2 else one + one - t
                sign = s if i < 2 else -s
                if i == 1 or i == 2:
                    weight[i, p] = ((a + 2) * d - (a + 3)) * d * d + one
                    slope[i, p] = (3 * (a + 2) * d - 2 * (a + 3)) * d * sign
                else:
                    weight[i, p] = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
                    slope[i, p] = ((3 * a * d - 10 * a) * d + 8 * a) * sign
    for i in range(count):
        at = first + i
        if padding == 0:
            index[i, p] = int(at) if at >= zero and at <= n - one else -1
        else:
            index[i, p] = int(fold(at, n, padding, aligned, k)[0])
    return count


def _words() -> dict[str, Any]:
    """The functions above, compiled."""
    found: dict[str, Any] = {}
    for function in (fold, around):
        python = types.FunctionType(function.__code__, {**globals(), **found}, function.__name__)
        found[function.__name__] = compiler().njit(python, error_model="numpy", fastmath={"contract"})
    return found


@kernel(_words)
def along(g: Any, n: Any, mode: int, padding: int, aligned: bool, k: Any, index: Any, weight: Any, slope: Any) -> Any:
    """`around` for the places g (P,): tables (taps, P). The usual cases once more, without branches in the loop."""
    zero, one, half = k[0], k[1], k[2]
    if mode == 2 and padding == 0:
        a = -(half + half * half)
        step, two, three, five = (n - one) * half if aligned else n * half, k[3], k[4], k[5]
        for i in range(4):
            near = i == 1 or i == 2
            for p in range(g.size):
                c = (g[p] + one) * step if aligned else ((g[p] + one) * n - one) * half
                first = np.floor(c)
                t, at = c - first, first + (-one if i == 0 else zero if i == 1 else one if i == 2 else two)
                d = t + one if i == 0 else t if i == 1 else one - t if i == 2 else two - t
                s = step if i < 2 else -step
                if near:
                    weight[i, p] = ((a + two) * d - (a + three)) * d * d + one
                    slope[i, p] = (three * (a + two) * d - two * (a + three)) * d * s
                else:
                    weight[i, p] = ((a * d - five * a) * d + two * two * two * a) * d - two * two * a
                    slope[i, p] = ((three * a * d - two * five * a) * d + two * two * two * a) * s
                index[i, p] = np.int32(at) if at >= zero and at <= n - one else np.int32(-1)
        return 4
    if mode == 2 or padding == 2:
        count = 1
        for p in range(g.size):
            count = around(g[p], n, mode, padding, aligned, k, p, index, weight, slope)
        return count
    step = (n - one) * half if aligned else n * half
    for p in range(g.size):
        c = (g[p] + one) * step if aligned else ((g[p] + one) * n - one) * half
        s = step
        if padding == 1:
            s = s if c > zero and c < n - one else zero
            c = min(c if c > zero else zero, n - one)
        first = np.rint(c) if mode == 1 else np.floor(c)
        t, following = c - first, first + one
        if padding == 1:
            following = min(following, n - one)
        index[0, p] = np.int32(first) if first >= zero and first <= n - one else np.int32(-1)
        weight[0, p] = one if mode == 1 else one - t
        slope[0, p] = zero if mode == 1 else -s
        if mode == 0:
            index[1, p] = np.int32(following) if following >= zero and following <= n - one else np.int32(-1)
            weight[1, p] = t
            slope[1, p] = s
    return 1 if mode == 1 else 2


@kernel()
def sample(
    x: Any, a: int, b: int, c: int, index: Any, weight: Any, slope: Any, at: Any, w: Any, y: Any
) -> None:  # fmt: skip
    # x (N, C, D, H, W); a, b, c pixels along the axes, in tables (3, taps, N, P); scratch at, w (P,) → added to y (N, C, P)
    height, width = np.int32(x.shape[3]), np.int32(x.shape[4])
    flat = x.reshape(x.shape[0], x.shape[1], x.shape[2] * x.shape[3] * x.shape[4])
    for s in range(x.shape[0]):
        for i in range(a):
            for j in range(b):
                for m in range(c):
                    u, v, o = index[0, i, s], index[1, j, s], index[2, m, s]
                    f, g, h = weight[0, i, s], weight[1, j, s], weight[2, m, s]
                    for p in range(at.size):  # 0 outside of the image, but nan stays nan
                        outside = (u[p] < 0) | (v[p] < 0) | (o[p] < 0)
                        t = f[p] * g[p] * h[p]
                        at[p] = 0 if outside else (u[p] * height + v[p]) * width + o[p]
                        w[p] = t - t if outside else t
                    for channel in range(y.shape[1]):
                        image, out = flat[s, channel], y[s, channel]
                        for p in range(at.size):
                            pixel = image[np.uint32(at[p])]
                            out[p] += w[p] * (pixel if w[p] != 0 else w[p])


@kernel()
def sample_backward(
    grad: Any, x: Any, a: int, b: int, c: int, index: Any, weight: Any, slope: Any, at: Any, w: Any, gx: Any, gg: Any
) -> None:  # fmt: skip
    # grad (N, C, P) → added to gx (N, C, D·H·W) and gg (3, N, P)
    height, width = np.int32(x.shape[3]), np.int32(x.shape[4])
    flat = x.reshape(x.shape[0], x.shape[1], x.shape[2] * x.shape[3] * x.shape[4])
    dot = np.empty_like(w)
    for s in range(x.shape[0]):
        for i in range(a):
            for j in range(b):
                for m in range(c):
                    u, v, o = index[0, i, s], index[1, j, s], index[2, m, s]
                    f, g, h = weight[0, i, s], weight[1, j, s], weight[2, m, s]
                    for p in range(at.size):  # 0 outside of the image, but nan stays nan
                        outside = (u[p] < 0) | (v[p] < 0) | (o[p] < 0)
                        t = f[p] * g[p] * h[p]
                        at[p] = 0 if outside else (u[p] * height + v[p]) * width + o[p]
                        w[p] = t - t if outside else t
                    for p in range(at.size):
                        dot[p] = 0
                    for channel in range(grad.shape[1]):
                        image, into, e = flat[s, channel], gx[s, channel], grad[s, channel]
                        for p in range(at.size):
                            dot[p] += e[p] * image[np.uint32(at[p])]
                        for p in range(at.size):
                            into[np.uint32(at[p])] += w[p] * e[p]
                    for p in range(at.size):  # what lies outside has no value, nor a slope
                        if (u[p] < 0) | (v[p] < 0) | (o[p] < 0):
                            dot[p] = w[p] * 0
                    for p in range(at.size):
                        gg[0, s, p] += dot[p] * slope[0, i, s, p] * g[p] * h[p]
                        gg[1, s, p] += dot[p] * f[p] * slope[1, j, s, p] * h[p]
                        gg[2, s, p] += dot[p] * f[p] * g[p] * slope[2, m, s, p]
