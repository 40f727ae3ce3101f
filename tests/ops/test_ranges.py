"""Evenly spaced numbers."""

from __future__ import annotations

import math

import numpy as np

import tensorgrad as tg
from tests.ops.optest import OpTest, sample


class Creation(OpTest):
    differentiable = False
    layouts = False


class TestArange(Creation):
    op = staticmethod(tg.arange)
    samples = [
        sample(5), sample(2, 7), sample(7, 2, -2), sample(0.0, 1.0, 0.125), sample(1, 2.5, 0.5), sample(5.0), sample(0),
        sample(2**40, 2**40 + 3), sample(1, 6, 2, dtype=tg.int32), sample(5, dtype=tg.float64), sample(-1.5, 1.5, 0.75),
    ]  # fmt: skip
    errors = [
        (lambda: tg.arange(0, 5, 0), ValueError, "arange: step must not be 0"),
        (lambda: tg.arange(0, 5, 0.5, dtype=tg.int64), ValueError, "arange: step must not be 0, which it is as"),
        (lambda: tg.arange(0, 5, -1), ValueError, "arange: a step of -1 does not lead from 0 to 5; change its sign"),
        (lambda: tg.arange(math.inf), ValueError, "arange: start, end and step must be finite, got 0, inf, 1"),
        (lambda: tg.arange("3"), TypeError, "arange: end must be a number, got str"),
        (lambda: tg.arange(), TypeError, "arange: end must be a number, got NoneType"),
    ]

    def expected(self, start, end=None, step=1, dtype=None):
        if end is None:
            start, end = 0, start
        n = math.ceil((end - start) / step)
        return np.array([start + step * i for i in range(n)], None if n else np.int64)


class TestLinspace(Creation):
    op = staticmethod(tg.linspace)
    samples = [
        sample(0, 1, 5), sample(3.0, -10.0, 50), sample(0, 10, 1), sample(2, 3, 0), sample(0, 10, 4, dtype=tg.int64),
        sample(0, -10, 4, dtype=tg.int64), sample(-1, 1, 33, dtype=tg.float64),
    ]  # fmt: skip
    rtol = {"float64": 1e-6}  # the result is float32 unless asked otherwise
    atol = {"float64": 1e-6}
    errors = [
        (lambda: tg.linspace(0, 1, -1), ValueError, "linspace: steps must be 0 or more, got -1"),
        (lambda: tg.linspace(0, 1, 2.5), TypeError, "linspace: steps must be an int, got float 2.5"),
        (lambda: tg.linspace(tg.ones(1), 1, 3), TypeError, "linspace: start must be a number, got Tensor of shape (1,)"),
    ]

    def expected(self, start, end, steps, dtype=None):
        out = np.linspace(start, end, steps)
        return np.trunc(out).astype(np.int64) if dtype is tg.int64 else out


class TestLogspace(Creation):
    op = staticmethod(tg.logspace)
    samples = [sample(0, 3, 4), sample(-2, 2, 9), sample(0, 3, 4, base=2, dtype=tg.int64), sample(1, 2, 1), sample(0, 1, 0)]
    rtol = {"float64": 1e-6}
    errors = [(lambda: tg.logspace(0, 1, -1), ValueError, "logspace: steps must be 0 or more, got -1")]

    def expected(self, start, end, steps, base=10.0, dtype=None):
        out = np.logspace(start, end, steps, base=base)
        return out.astype(np.int64) if dtype is tg.int64 else out


def test_arange_is_rounded_once() -> None:
    x = tg.arange(0, 1000, 0.1)
    assert (x.numpy() == (np.arange(10000) * 0.1).astype(np.float32)).all()
