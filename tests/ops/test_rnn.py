"""One step of a recurrent layer, as a function. The layers themselves are tested in tests/nn/test_rnn.py."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tests.ops.optest import OpTest, sample


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + (0 if b is None else b)


def samples_of(gates: int) -> list[sample]:
    weights = (gates * 2, 4), (gates * 2, 2)
    biases = (gates * 2,), (gates * 2,)
    return [sample((3, 4), (3, 2), *weights, *biases), sample((3, 4), (3, 2), *weights), sample((4,), (2,), *weights, *biases)]


def theirs(name: str) -> Any:
    """PyTorch's cell, which takes batches only."""

    def cell(x: Any, *rest: Any) -> Any:
        import torch

        states, weights = (rest[:2], rest[2:]) if name == "lstm_cell" else (rest[:1], rest[1:])
        single = x.ndim == 1
        x, *states = (t[None] if single else t for t in (x, *states))
        out = getattr(torch, name)(x, tuple(states) if name == "lstm_cell" else states[0], *weights)
        out = out if isinstance(out, tuple) else (out,)
        out = tuple(t[0] if single else t for t in out)
        return out if len(out) > 1 else out[0]

    return staticmethod(cell)


x, h, w_ih, w_hh = tg.ones(3, 4), tg.ones(3, 2), tg.ones(2, 4), tg.ones(2, 2)


class TestRnnTanhCell(OpTest):
    op = staticmethod(tg.rnn_tanh_cell)
    torch = theirs("rnn_tanh_cell")
    samples = samples_of(1)
    errors = [
        (lambda: tg.rnn_tanh_cell(x, h, w_hh, w_hh), ValueError, "rnn_tanh_cell: the shapes do not fit.\n    input  (3, 4)"),
        (lambda: tg.rnn_tanh_cell(x, h, w_ih, w_hh, tg.ones(3)), ValueError, "rnn_tanh_cell: the shapes do not fit"),
        (lambda: tg.rnn_tanh_cell(x, h[:1], w_ih, w_hh), ValueError, "rnn_tanh_cell: the shapes do not fit"),
        (lambda: tg.rnn_tanh_cell(x.double(), h, w_ih, w_hh), TypeError, "rnn_tanh_cell: needs operands of one dtype"),
        (lambda: tg.rnn_tanh_cell(None, h, w_ih, w_hh), TypeError, "rnn_tanh_cell: input must be a Tensor"),
    ]

    def expected(self, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
        return np.tanh(affine(x, w_ih, b_ih) + affine(h, w_hh, b_hh))


class TestRnnReluCell(OpTest):
    op = staticmethod(tg.rnn_relu_cell)
    torch = theirs("rnn_relu_cell")
    samples = samples_of(1)
    errors = [(lambda: tg.rnn_relu_cell(x, h, w_hh, w_hh), ValueError, "rnn_relu_cell: the shapes do not fit")]

    def expected(self, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
        return np.maximum(affine(x, w_ih, b_ih) + affine(h, w_hh, b_hh), 0)


class TestLstmCell(OpTest):
    op = staticmethod(lambda x, h, c, *weights: tg.lstm_cell(x, (h, c), *weights))
    torch = theirs("lstm_cell")
    samples = [sample(*s.args[:2], s.args[1], *s.args[2:]) for s in samples_of(4)]
    errors = [
        (lambda: tg.lstm_cell(x, h, w_ih, w_hh), TypeError, "lstm_cell: hx must be a pair (h, c) of tensors, got Tensor"),
        (lambda: tg.lstm_cell(x, (h, h), w_ih, w_hh), ValueError, "Needs input (B, I), hx (B, H), w_ih (4·H, I)"),
    ]

    def expected(self, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
        i, f, g, o = np.split(affine(x, w_ih, b_ih) + affine(h, w_hh, b_hh), 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c


TESTED = [tg.lstm_cell]


class TestGruCell(OpTest):
    op = staticmethod(tg.gru_cell)
    torch = theirs("gru_cell")
    samples = samples_of(3)
    errors = [(lambda: tg.gru_cell(x, h, w_ih, w_hh), ValueError, "gru_cell: the shapes do not fit")]

    def expected(self, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
        (xr, xz, xn), (hr, hz, hn) = (np.split(affine(*t), 3, -1) for t in ((x, w_ih, b_ih), (h, w_hh, b_hh)))
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        return (1 - z) * np.tanh(xn + r * hn) + z * h
