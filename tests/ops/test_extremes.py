"""The largest and the smallest, and where they are."""

from __future__ import annotations

import math

import numpy as np

import tensorgrad as tg
from tests.ops.optest import F, OpTest, sample
from tests.ops.reductions import REDUCED, TIES, WITH_NAN, axis, gradient

nan, inf = math.nan, math.inf
rng = np.random.default_rng(0)

EMPTY = "there is nothing to choose from"


class TestAmax(OpTest):
    op = staticmethod(tg.amax)
    samples = [*REDUCED[:6], sample(np.arange(4), 0), sample((), 0), sample((3, 0, 2), 0)]
    errors = [
        (lambda: tg.zeros(0, 3).amax(0), ValueError, f"amax: {EMPTY} along dim 0 of shape (0, 3)"),
        (lambda: tg.zeros(0, 3).amax(), ValueError, f"amax: {EMPTY} in shape (0, 3)"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return np.max(x, axis(x, dim), keepdims=keepdim)


class TestAmin(OpTest):
    op = staticmethod(tg.amin)
    samples = TestAmax.samples
    errors = [(lambda: tg.zeros(0).amin(), ValueError, f"amin: {EMPTY} in shape (0,)")]

    def expected(self, x, dim=None, keepdim=False):
        return np.min(x, axis(x, dim), keepdims=keepdim)


class TestAminmax(OpTest):
    op = staticmethod(tg.aminmax)
    samples = [sample((3, 4)), sample((3, 4), dim=1), sample((3, 4), dim=0, keepdim=True), sample((), dim=0)]
    errors = [
        (lambda: tg.aminmax(tg.zeros(0)), ValueError, f"aminmax: {EMPTY} in shape (0,)"),
        (lambda: tg.aminmax(tg.ones(()), dim=1), IndexError, "aminmax: dim 1 is out of range for a tensor of 0"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        a = axis(x, dim)
        return np.min(x, a, keepdims=keepdim), np.max(x, a, keepdims=keepdim)


def with_index(extreme, index, x, dim=None, keepdim=False):
    if isinstance(dim, np.ndarray):
        return {np.max: np.maximum, np.min: np.minimum}[extreme](x, dim)
    if dim is None:
        return extreme(x)
    if not x.ndim:
        return x, 0
    return extreme(x, dim, keepdims=keepdim), index(x, dim, keepdims=keepdim)


class TestMax(OpTest):
    op = staticmethod(tg.max)
    samples = [
        sample((3, 4)), sample((3, 4), 1), sample((2, 3, 4), -2, True), sample((), 0), sample(np.arange(5), 0),
        sample((3, 4), (3, 4)), sample((3, 1), F((4,))), sample(()), sample(np.array([True, False]), 0),
    ]  # fmt: skip
    errors = [
        (lambda: tg.zeros(0).max(), ValueError, f"max: {EMPTY} in shape (0,)"),
        (lambda: tg.zeros(2, 0).max(1), ValueError, f"max: {EMPTY} along dim 1 of shape (2, 0)"),
        (lambda: tg.zeros(2).max(1), IndexError, "max: dim 1 is out of range"),
        (lambda: tg.zeros(2).max(tg.zeros(3)), ValueError, "max: these shapes do not broadcast"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return with_index(np.max, np.argmax, x, dim, keepdim)


class TestMin(OpTest):
    op = staticmethod(tg.min)
    samples = TestMax.samples
    errors = [
        (lambda: tg.zeros(0).min(), ValueError, f"min: {EMPTY} in shape (0,)"),
        (lambda: tg.zeros(0, 2).min(0), ValueError, f"min: {EMPTY} along dim 0 of shape (0, 2)"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return with_index(np.min, np.argmin, x, dim, keepdim)


class TestArgmax(OpTest):
    op = staticmethod(tg.argmax)
    samples = [
        sample((3, 4)), sample((3, 4), 1), sample(TIES, 1, True), sample((2, 3), keepdim=True), sample((), 0),
        sample(np.array([3, 7, 7]), 0), sample(WITH_NAN, 1),
    ]  # fmt: skip
    differentiable = False
    errors = [
        (lambda: tg.zeros(0, 2).argmax(0), ValueError, f"argmax: {EMPTY} along dim 0 of shape (0, 2)"),
        (lambda: tg.tensor(1.0).argmax(1), IndexError, "argmax: dim 1 is out of range for a tensor of 0 dimensions"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return np.argmax(x, axis(x, dim), keepdims=keepdim)


class TestArgmin(OpTest):
    op = staticmethod(tg.argmin)
    samples = TestArgmax.samples
    differentiable = False
    errors = [(lambda: tg.zeros(0).argmin(), ValueError, f"argmin: {EMPTY} in shape (0,)")]

    def expected(self, x, dim=None, keepdim=False):
        return np.argmin(x, axis(x, dim), keepdims=keepdim)


# ---- what a table does not say ---------------------------------------------------------------------------------------


def test_ties_share_the_gradient_of_extremes_over_all() -> None:
    assert gradient(lambda x: x.max(), [1.0, 3.0, 3.0]) == [0, 0.5, 0.5]
    assert gradient(lambda x: x.min(), [1.0, 1.0, 3.0]) == [0.5, 0.5, 0]
    assert gradient(lambda x: x.amax(1), TIES) == [[0, 0.5, 0.5], [1 / 3] * 3]
    assert gradient(lambda x: x.amin((0, 1)), TIES) == [[1, 0, 0], [0, 0, 0]]
    assert gradient(lambda x: tg.aminmax(x).max, [2.0, 2.0]) == [0.5, 0.5]


def test_along_an_axis_the_gradient_goes_to_the_index() -> None:
    assert gradient(lambda x: x.max(1).values, TIES) == [[0, 1, 0], [1, 0, 0]]
    assert gradient(lambda x: x.min(1).values, TIES) == [[1, 0, 0], [1, 0, 0]]


def test_nan_is_larger_than_everything_and_smaller() -> None:
    x = tg.tensor([1.0, nan, 3.0, nan])
    for value, index in (x.max(0), x.min(0)):
        assert math.isnan(value.item()) and index.item() == 1
    assert math.isnan(x.max().item()) and math.isnan(x.amin().item())
    assert x.argmax().item() == x.argmin().item() == 1
    assert gradient(lambda x: x.max(), [1.0, nan, 3.0]) == [0, 1, 0]
    assert gradient(lambda x: x.max(0)[0], [1.0, nan, nan]) == [0, 1, 0]


def test_results_have_names() -> None:
    x = tg.tensor([[1.0, 2.0], [4.0, 3.0]])
    found = x.max(dim=1)
    assert found.values.tolist() == [2, 4] and found.indices.tolist() == [1, 0]
    assert x.min(0)._fields == ("values", "indices") and x.aminmax()._fields == ("min", "max")
