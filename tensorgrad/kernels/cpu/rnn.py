"""Recurrent layers, all steps of one direction at once.

The steps' rows stand one after another: x is (n, I), step t has the `sizes[t]` rows after those of the steps before,
and row i of a step belongs to sequence i, so sizes never rise (a packed sequence; sequences of equal length are the
case of equal sizes). States are (B, H), B = sizes[0]. A direction runs over the steps forwards, or, `reverse`,
backwards; row i of the state is that of sequence i before it has begun and after it has ended.

    n rows of all steps   I features in   H hidden   P features of the result (H, or less with a projection)

Products with x need no loop: one product for all steps, before it; the products for the weights' gradients, one for all
steps, after it. Inside remain the product with the last state and a few passes over one step's numbers. There
σ(a) = (1 + tanh(a/2)) / 2 lets one tanh do for all gates, and the factors ½, being powers of 2, cost no precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _spans(sizes: tuple[int, ...], reverse: bool) -> list[tuple[int, int]]:
    """Each step's rows (first, past the last), in the order in which the steps run."""
    spans, first = [], 0
    for size in sizes:
        spans.append((first, first + size))
        first += size
    return spans[::-1] if reverse else spans


def _transposed(w: Any, sizes: tuple[int, ...]) -> Any:
    """wᵀ, row-major if that pays: with it each step's product of few rows takes two thirds of the time."""
    return np.ascontiguousarray(w.T) if len(sizes) > 4 else w.T


def _before(start: Any, after: Any, spans: list[tuple[int, int]]) -> Any:
    """The state before each step, from that at the start and those after each step."""
    before, state = np.empty_like(after), start.copy()
    for a, b in spans:
        before[a:b] = state[: b - a]
        state[: b - a] = after[a:b]
    return before


def _weights(d: Any, x: Any, before: Any, w_ih: Any, b_ih: Any, want_x: bool) -> tuple[Any, Any, Any, Any]:
    """From the gradient of all gates: those of x, of both weights and of the bias."""
    return d @ w_ih if want_x else None, d.T @ x, d.T @ before, None if b_ih is None else d.sum(0)


# ---- h ← tanh(W_ih·x + b_ih + W_hh·h + b_hh), or relu ---------------------------------------------------------------


def rnn_layer(
    x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, sizes: tuple[int, ...], reverse: bool, relu: bool
) -> Any:
    out, h, w = x @ w_ih.T, h.copy(), _transposed(w_hh, sizes)
    if b_ih is not None:
        out += b_ih + b_hh
    for a, b in _spans(sizes, reverse):
        y = out[a:b]
        y += h[: b - a] @ w
        np.maximum(y, 0, out=y) if relu else np.tanh(y, out=y)
        h[: b - a] = y
    return out, h


def rnn_layer_backward(
    grad: Any,
    gh: Any,
    x: Any,
    h: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    out: Any,
    sizes: tuple[int, ...],
    reverse: bool,
    relu: bool,
    want_x: bool,
) -> Any:
    spans = _spans(sizes, reverse)
    slope = (out > 0).astype(out.dtype) if relu else 1 - out * out
    d, gh = np.empty_like(out), gh.copy()
    for a, b in reversed(spans):
        np.multiply(grad[a:b] + gh[: b - a], slope[a:b], out=d[a:b])
        gh[: b - a] = d[a:b] @ w_hh
    gx, gw_ih, gw_hh, gb = _weights(d, x, _before(h, out, spans), w_ih, b_ih, want_x)
    return gx, gh, gw_ih, gw_hh, gb, gb


# ---- LSTM: gates i, f, g, o; c ← f·c + i·g; h ← W_hr·(o·tanh c), W_hr left out without a projection -----------------


def _lstm_scale(hidden: int, dtype: Any) -> tuple[Any, Any]:
    """½ and ½ for the sigmoid gates, 1 and 0 for the tanh gate: σ(a) = tanh(a·scale)·scale + shift."""
    scale, shift = np.full(4 * hidden, 0.5, dtype), np.full(4 * hidden, 0.5, dtype)
    scale[2 * hidden : 3 * hidden], shift[2 * hidden : 3 * hidden] = 1, 0
    return scale, shift


def lstm_layer(
    x: Any,
    h: Any,
    c: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    w_hr: Any,
    sizes: tuple[int, ...],
    reverse: bool,
) -> Any:
    """out (n, P), h (B, P), c (B, H); and for the way back gates (n, 4H), c and tanh c after each step (n, H)."""
    hidden = c.shape[1]
    scale, shift = _lstm_scale(hidden, x.dtype)
    gates, w = x @ w_ih.T, _transposed(w_hh, sizes) * scale
    if b_ih is not None:
        gates += b_ih + b_hh
    gates *= scale
    h, c = h.copy(), c.copy()
    cells, squashed = np.empty((len(x), hidden), x.dtype), np.empty((len(x), hidden), x.dtype)
    out = np.empty((len(x), h.shape[1]), x.dtype)
    for a, b in _spans(sizes, reverse):
        g, cell, t, y = gates[a:b], cells[a:b], squashed[a:b], out[a:b]
        g += h[: b - a] @ w
        np.tanh(g, out=g)
        g *= scale
        g += shift
        np.multiply(g[:, hidden : 2 * hidden], c[: b - a], out=cell)
        cell += g[:, :hidden] * g[:, 2 * hidden : 3 * hidden]
        np.tanh(cell, out=t)
        if w_hr is None:
            np.multiply(g[:, 3 * hidden :], t, out=y)
        else:
            np.matmul(g[:, 3 * hidden :] * t, w_hr.T, out=y)
        h[: b - a], c[: b - a] = y, cell
    return out, h, c, (gates, cells, squashed)


def lstm_layer_backward(
    grad: Any,
    gh: Any,
    gc: Any,
    x: Any,
    h: Any,
    c: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    w_hr: Any,
    out: Any,
    saved: tuple[Any, Any, Any],
    sizes: tuple[int, ...],
    reverse: bool,
    want_x: bool,
) -> Any:
    gates, cells, squashed = saved
    n, hidden = cells.shape
    spans = _spans(sizes, reverse)
    i, f, g, o = (gates[:, k * hidden : (k + 1) * hidden] for k in range(4))
    # Everything but gh and gc is known: what they are multiplied by, for all steps at once.
    by = np.empty((n, 4, hidden), x.dtype)
    by[:, 0] = i * (1 - i) * g
    by[:, 1] = f * (1 - f) * _before(c, cells, spans)
    by[:, 2] = (1 - g * g) * i
    by[:, 3] = o * (1 - o) * squashed
    slope = (1 - squashed * squashed) * o
    gh, gc = gh.copy(), gc.copy()
    gy = None if w_hr is None else np.empty_like(out)
    d = by.reshape(n, 4 * hidden)
    for a, b in reversed(spans):
        y = grad[a:b] + gh[: b - a]
        if gy is not None:
            gy[a:b] = y
            y = y @ w_hr
        cell = y * slope[a:b]
        cell += gc[: b - a]
        step = by[a:b]
        step[:, :3] *= cell[:, None]
        step[:, 3] *= y
        np.multiply(cell, f[a:b], out=gc[: b - a])
        gh[: b - a] = d[a:b] @ w_hh
    gx, gw_ih, gw_hh, gb = _weights(d, x, _before(h, out, spans), w_ih, b_ih, want_x)
    gw_hr = None if gy is None else gy.T @ (o * squashed)
    return gx, gh, gc, gw_ih, gw_hh, gb, gb, gw_hr


# ---- GRU: r, z, and n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)); h ← (1 − z)·n + z·h --------------------------------


def gru_layer(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, sizes: tuple[int, ...], reverse: bool) -> Any:
    """out (n, H), h (B, H); and for the way back gates r, z, n (n, 3H) and W_hn·h + b_hn of each step (n, H)."""
    hidden = h.shape[1]
    gates, w = x @ w_ih.T, _transposed(w_hh, sizes)
    if b_ih is not None:
        gates += b_ih
        gates[:, : 2 * hidden] += b_hh[: 2 * hidden]
    h = h.copy()
    recurrent, out = np.empty((len(x), hidden), x.dtype), np.empty((len(x), hidden), x.dtype)
    for a, b in _spans(sizes, reverse):
        g, y, from_hidden = gates[a:b], out[a:b], h[: b - a] @ w
        rz, n = g[:, : 2 * hidden], g[:, 2 * hidden :]
        rz += from_hidden[:, : 2 * hidden]
        rz *= 0.5
        np.tanh(rz, out=rz)
        rz *= 0.5
        rz += 0.5
        recurrent[a:b] = from_hidden[:, 2 * hidden :]
        if b_hh is not None:
            recurrent[a:b] += b_hh[2 * hidden :]
        n += rz[:, :hidden] * recurrent[a:b]
        np.tanh(n, out=n)
        np.subtract(h[: b - a], n, out=y)
        y *= rz[:, hidden:]
        y += n
        h[: b - a] = y
    return out, h, (gates, recurrent)


def gru_layer_backward(
    grad: Any,
    gh: Any,
    x: Any,
    h: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    out: Any,
    saved: tuple[Any, Any],
    sizes: tuple[int, ...],
    reverse: bool,
    want_x: bool,
) -> Any:
    gates, recurrent = saved
    rows, hidden = recurrent.shape
    spans = _spans(sizes, reverse)
    before = _before(h, out, spans)
    r, z, n = (gates[:, k * hidden : (k + 1) * hidden] for k in range(3))
    # The gradient of W_hh·h is that of the result times these, and so is that of W_ih·x but for its last third.
    by = np.empty((rows, 3, hidden), x.dtype)
    slope = (1 - z) * (1 - n * n)
    by[:, 0] = slope * recurrent * r * (1 - r)
    by[:, 1] = (before - n) * z * (1 - z)
    by[:, 2] = slope * r
    gh, d = gh.copy(), by.reshape(rows, 3 * hidden)
    for a, b in reversed(spans):
        y = grad[a:b] + gh[: b - a]
        by[a:b] *= y[:, None]
        slope[a:b] *= y
        y *= z[a:b]
        y += d[a:b] @ w_hh
        gh[: b - a] = y
    gw_hh, gb_hh = d.T @ before, None if b_ih is None else d.sum(0)
    d[:, 2 * hidden :] = slope
    gx, gw_ih = d @ w_ih if want_x else None, d.T @ x
    return gx, gh, gw_ih, gw_hh, None if b_ih is None else d.sum(0), gb_hh
