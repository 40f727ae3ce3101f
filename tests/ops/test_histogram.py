"""Counts of whole numbers, and of elements in bins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tensorgrad as tg
from tests.ops.optest import F, OpTest, sample

nan, inf = math.nan, math.inf


class TestBincount(OpTest):
    op = staticmethod(tg.bincount)
    differentiable = False
    samples = [
        sample(np.array([1, 1, 3])), sample(np.array([1, 1, 3]), minlength=6), sample(np.array([1, 1, 3]), (3,)),
        sample(np.zeros(0, np.int64)), sample(np.array([0, 2]), np.array([1, 5])),
    ]  # fmt: skip
    errors = [
        (lambda: tg.bincount(tg.ones(2)), TypeError, "bincount: input must be of an integer dtype, got"),
        (lambda: tg.bincount(tg.tensor([[1]])), ValueError, "bincount: input must have one dimension, got shape"),
        (lambda: tg.bincount(tg.tensor([-1])), ValueError, "bincount: there are no negative places to count in"),
        (lambda: tg.bincount(tg.tensor([1]), minlength=-1), ValueError, "bincount: minlength must be 0 or more"),
        (lambda: tg.bincount(tg.tensor([1]), tg.ones(2)), ValueError, "bincount: (2,) weights for (1,) numbers"),
    ]

    def expected(self, x, weights=None, minlength=0):
        return np.bincount(x, weights, minlength)


class TestHistc(OpTest):
    op = staticmethod(tg.histc)
    differentiable = False
    samples = [sample((50,), 7), sample((6, 6), 4, -1, 1), sample((0,), 3), sample(np.array([1.0, 1.0]), 4)]
    errors = [
        (lambda: tg.histc(tg.ones(2), 0), ValueError, "histc: bins must be at least 1, got 0"),
        (lambda: tg.histc(tg.ones(2), 3, 2, 1), ValueError, "histc: the range from 2.0 to 1.0 must be finite"),
        (lambda: tg.histc(tg.tensor([nan])), ValueError, "histc: the range from nan to nan must be finite"),
        (lambda: tg.histc(tg.tensor([1])), TypeError, "histc: input needs a floating dtype"),
    ]

    def expected(self, x, bins=100, min=0, max=0):
        if min == max == 0 and x.size:
            min, max = x.min(), x.max()
        if min == max:
            min, max = min - 1, max + 1
        return np.histogram(x, bins, (min, max))[0].astype(np.float64)


class TestHistogram(OpTest):
    op = staticmethod(tg.histogram)
    differentiable = False
    samples = [
        sample((50,), 7), sample((50,), np.array([-1.0, 0.0, 0.5, 2.0])), sample((50,), 4, range=(-1.0, 1.5)),
        sample((50,), 4, weight=F((50,), 0, 1)), sample((50,), 5, density=True),
    ]  # fmt: skip
    errors = [
        (lambda: tg.histogram(tg.ones(2), tg.ones(1)), ValueError, "histogram: bins must be a number, or at least"),
        (lambda: tg.histogram(tg.ones(2), tg.tensor([2.0, 1.0])), ValueError, "edges in ascending order"),
        (lambda: tg.histogram(tg.ones(2), 3, weight=tg.ones(3)), ValueError, "histogram: weight (3,) for input (2,)"),
        (lambda: tg.histogram(tg.ones(2), 3, range=(1, inf)), ValueError, "histogram: the range from 1.0 to inf"),
        (lambda: tg.histogram(tg.ones(2), -1), ValueError, "histogram: bins must be at least 1, got -1"),
    ]

    def expected(self, x, bins, range=None, weight=None, density=False):
        return np.histogram(x, bins, range, density, weight)


class TestHistogramdd(OpTest):
    op = staticmethod(tg.histogramdd)
    torch = "histogramdd"
    differentiable = False
    samples = [
        sample((20, 2), 3),
        sample((20, 2), [3, 4]),
        sample((4, 5, 3), [2, 2, 2], density=True),
        sample((20, 2), [3, 4], range=[-1.0, 1.0, -2.0, 2.0]),
        sample((20, 2), [np.array([-2.0, 0.0, 2.0]), np.array([-2.0, -1.0, 1.5])], weight=np.arange(20.0)),
    ]
    errors = [
        (lambda: tg.histogramdd(tg.ones(3), 2), ValueError, "histogramdd: input must be points (…, n), at least 2 dimensions"),
        (lambda: tg.histogramdd(tg.ones(3, 2), [2]), ValueError, "histogramdd: points have 2 coordinates; got 1 bins"),
        (
            lambda: tg.histogramdd(tg.ones(3, 2), 2, range=[0, 1]),
            ValueError,
            "histogramdd: points have 2 coordinates; got 2 bins and 2 numbers of range",
        ),
        (lambda: tg.histogramdd(tg.ones(3, 2), 0), ValueError, "histogramdd: bins must be at least 1, got 0"),
        (lambda: tg.histogramdd(tg.ones(3, 2), 2, weight=tg.ones(2)), ValueError, "histogramdd: weight (2,) for input (3,)"),
        (
            lambda: tg.histogramdd(tg.ones(3, 1), [tg.tensor([1.0, 0.0])]),
            ValueError,
            "histogramdd: bins must be a number, or at least two edges in ascending order",
        ),
    ]

    def expected(self, x: Any, bins: Any, range: Any = None, weight: Any = None, density: bool = False) -> Any:
        points = x.reshape(-1, x.shape[-1])
        limits = None if range is None else list(zip(range[::2], range[1::2]))
        hist, edges = np.histogramdd(points, bins, limits, density, None if weight is None else weight.reshape(-1))
        return hist, tuple(edges)
