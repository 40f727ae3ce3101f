"""Order, ranks, quantiles, and which elements differ."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tensorgrad as tg
from tests.ops.optest import OpTest, sample

nan, inf = math.nan, math.inf
rng = np.random.default_rng(0)

INTS = rng.integers(0, 4, (5, 7))
HOLES = np.array([[nan, 3.0, 1.0, 2.0], [5.0, nan, nan, 4.0]])
EMPTY = "there is nothing to choose from"


def stable(x, dim, descending=False):
    """Which element comes when, by Python's own sort, with nan above everything."""
    if not x.ndim:
        return np.int64(0)

    def rank(v):
        return (v != v, 0 if v != v else v)

    def of_row(row):
        order = sorted(range(len(row)), key=lambda i: rank(row[i]))
        if descending:  # equal ones in the order they stand in
            order = sorted(range(len(row)), key=lambda i: (rank(row[i])), reverse=True)
        return np.array(order, np.int64)

    return np.apply_along_axis(of_row, dim, x) if x.size else np.zeros(x.shape, np.int64)


def take(x, index, dim):
    return np.take_along_axis(x, index, dim) if x.ndim else x


ORDERS = [
    sample((3, 4)), sample((3, 4), 0), sample((2, 3, 4), 1, True), sample((), 0), sample((0, 2), 0), sample((3, 0)),
    sample(INTS), sample(INTS, 0, descending=True), sample(np.array([True, False, True]), stable=True),
]  # fmt: skip
WITH_NAN = sample(np.array([[3.0, nan, 1.0, nan], [2.0, 2.0, -inf, inf]]), 1)


class TestSort(OpTest):
    op = staticmethod(tg.sort)
    samples = ORDERS
    errors = [(lambda: tg.ones(2).sort(1), IndexError, "sort: dim 1 is out of range for a tensor of 1 dimensions")]

    def expected(self, x, dim=-1, descending=False, stable=False):
        order = globals()["stable"](x, dim, descending)
        return take(x, order, dim), order


class TestArgsort(OpTest):
    op = staticmethod(tg.argsort)
    samples = [*ORDERS, WITH_NAN]
    differentiable = False
    errors = [(lambda: tg.ones(2).argsort(1), IndexError, "argsort: dim 1 is out of range")]

    def expected(self, x, dim=-1, descending=False, stable=False):
        return globals()["stable"](x, dim, descending)


class TestMsort(OpTest):
    op = staticmethod(tg.msort)
    samples = [sample((4, 3)), sample((5,)), sample(INTS)]

    def expected(self, x):
        return np.sort(x, 0)


class TestTopk(OpTest):
    op = staticmethod(tg.topk)
    samples = [
        sample((3, 5), 2), sample((3, 5), 3, 0), sample((3, 5), 2, largest=False), sample((4, 40), 3), sample((), 1),
        sample((40, 3), 4, 0, False), sample((3, 5), 5), sample((2, 50), 1, -1, True, False), sample((0, 4), 2),
        sample((2, 30), 0),
    ]  # fmt: skip
    errors = [
        (lambda: tg.ones(3).topk(4), ValueError, "topk: k must be from 0 to the 3 elements along dim -1, got 4"),
        (lambda: tg.ones(3).topk(-1), ValueError, "topk: k must be from 0 to the 3 elements"),
        (lambda: tg.ones(3).topk(1, 1), IndexError, "topk: dim 1 is out of range"),
    ]

    def expected(self, x, k, dim=-1, largest=True, sorted=True):
        order = stable(x, dim, largest)
        if x.ndim:
            order = np.take(order, np.arange(k), dim)
        return take(x, order, dim), order


class TestKthvalue(OpTest):
    op = staticmethod(tg.kthvalue)
    samples = [
        sample((3, 5), 2), sample((3, 5), 3, 0), sample((3, 5), 5, 1, True), sample((), 1),
        sample(np.array([3, 1, 2]), 2),
    ]  # fmt: skip
    errors = [
        (lambda: tg.ones(3).kthvalue(0), ValueError, "kthvalue: k must be from 1 to the 3 elements along dim"),
        (lambda: tg.ones(3).kthvalue(4), ValueError, "kthvalue: k must be from 1 to the 3 elements"),
    ]

    def expected(self, x, k, dim=-1, keepdim=False):
        order = stable(x, dim)
        if x.ndim:
            order = np.take(order, [k - 1], dim)
        value = take(x, order, dim)
        return (value, order) if keepdim or not x.ndim else (value.squeeze(dim), order.squeeze(dim))


MEDIANS = [
    sample((3, 5), 1), sample((4, 3), 0, True), sample((3, 4)), sample((), 0), sample(()), sample((5,), dim=0),
    sample(INTS, 1), sample(INTS),
]  # fmt: skip


def middle(x, dim=None, keepdim=False, skip=False):
    rows = x.reshape(-1) if dim is None else x
    if not x.ndim:
        return x if dim is None else (x, 0)
    d = 0 if dim is None else dim
    order = stable(rows, d)
    count = np.sum(rows == rows, d, keepdims=True)
    k = np.where((count == rows.shape[d]) | skip, np.maximum(count - 1, 0) // 2, count)
    index = np.take_along_axis(order, k, d)
    value = np.take_along_axis(rows, index, d)
    if dim is None:
        return value.squeeze(0)
    return (value, index) if keepdim else (value.squeeze(d), index.squeeze(d))


class TestMedian(OpTest):
    op = staticmethod(tg.median)
    samples = MEDIANS
    errors = [
        (lambda: tg.zeros(0, 2).median(0), ValueError, f"median: {EMPTY} along dim 0 of shape (0, 2)"),
        (lambda: tg.zeros(0, dtype=tg.int64).median(), ValueError, f"median: {EMPTY} in shape (0,)"),
    ]

    def expected(self, x, dim=None, keepdim=False):
        return middle(x, dim, keepdim)


class TestNanmedian(OpTest):
    op = staticmethod(tg.nanmedian)
    samples = [*MEDIANS, sample(HOLES, 1), sample(HOLES), sample(np.array([nan, 2.0]))]
    errors = [(lambda: tg.zeros(0, 2).nanmedian(0), ValueError, f"nanmedian: {EMPTY} along dim 0")]

    def expected(self, x, dim=None, keepdim=False):
        return middle(x, dim, keepdim, skip=True)


class TestMode(OpTest):
    op = staticmethod(tg.mode)
    samples = [sample((3, 4)), sample((3, 4), 0, True), sample((), 0), sample(INTS), sample(INTS, 0, True)]
    errors = [(lambda: tg.zeros(2, 0).mode(), ValueError, f"mode: {EMPTY} along dim 1 of shape (2, 0)")]

    def expected(self, x, dim=-1, keepdim=False):
        if not x.ndim:
            return x, 0

        def of_row(row):
            values, counts = np.unique(row, return_counts=True)
            return np.flatnonzero(row == values[counts.argmax()])[-1]

        index = np.expand_dims(np.apply_along_axis(of_row, dim, x), dim)
        value = np.take_along_axis(x, index, dim)
        return (value, index) if keepdim else (value.squeeze(dim), index.squeeze(dim))


PARTS = np.array([0.0, 0.3, 0.5, 1.0])
QUANTILES = [
    sample((3, 5), 0.4), sample((3, 5), 0.25, 1), sample((3, 5), 0.25, 0, True), sample((6,), 1), sample((), 0.5),
    sample((4, 3), 0.7, dim=0, interpolation="lower"), sample((4, 3), 0.7, dim=0, interpolation="higher"),
    sample((4, 3), 0.7, dim=0, interpolation="midpoint"), sample((4, 3), 0.7, dim=0, interpolation="nearest"),
    sample((2, 3), 0.5, keepdim=True),
]  # fmt: skip
WRONG = tg.tensor([[1.0, 2.0], [3.0, 4.0]])


def bad_quantiles(op):
    n = op.__name__
    return [
        (lambda: op(WRONG, 1.5), ValueError, f"{n}: q must be from 0 to 1, got 1.5"),
        (lambda: op(WRONG, tg.tensor([0.5, -1.0])), ValueError, f"{n}: q must be from 0 to 1"),
        (lambda: op(WRONG, 0.5, interpolation="cubic"), ValueError, f"{n}: interpolation must be one of linear, lower"),
        (lambda: op(WRONG, tg.ones(1, 1)), ValueError, f"{n}: q must be a number or one-dimensional, got shape (1, 1)"),
        (lambda: op(WRONG, tg.ones(1, dtype=tg.float64)), TypeError, "Convert: q.float() (NumPy"),
        (lambda: op(WRONG.int(), 0.5), TypeError, f"{n}: input needs a floating dtype"),
        (lambda: op(tg.zeros(0), 0.5), ValueError, f"{n}: {EMPTY} in shape (0,)"),
    ]


class TestQuantile(OpTest):
    op = staticmethod(tg.quantile)
    samples = QUANTILES
    errors = bad_quantiles(tg.quantile)

    def expected(self, x, q, dim=None, keepdim=False, interpolation="linear"):
        return np.quantile(x, q, axis=dim, keepdims=keepdim, method=interpolation)


class TestNanquantile(OpTest):
    op = staticmethod(tg.nanquantile)
    samples = [*QUANTILES, sample(HOLES, 0.3, 1)]
    errors = bad_quantiles(tg.nanquantile)

    def expected(self, x, q, dim=None, keepdim=False, interpolation="linear"):
        return np.nanquantile(x, q, axis=dim, keepdims=keepdim, method=interpolation)


class TestUnique(OpTest):
    op = staticmethod(tg.unique)
    differentiable = False
    samples = [
        sample(INTS), sample(INTS, return_inverse=True, return_counts=True), sample(INTS % 2, dim=0),
        sample(INTS % 2, dim=1, return_inverse=True, return_counts=True), sample(np.array([2.0, 1.0, 2.0]), True, True),
        sample(np.array([True, False, True]), return_counts=True), sample((0,)), sample(np.array(3)),
    ]  # fmt: skip
    errors = [
        (lambda: tg.unique(tg.zeros(3, 0), dim=0), ValueError, "unique: slices along dim 0 of shape (3, 0)"),
        (lambda: tg.unique(tg.ones(2), dim=1), IndexError, "unique: dim 1 is out of range"),
    ]

    def expected(self, x, sorted=True, return_inverse=False, return_counts=False, dim=None):
        return np.unique(x, return_inverse=return_inverse, return_counts=return_counts, axis=dim)


class TestUniqueConsecutive(OpTest):
    op = staticmethod(tg.unique_consecutive)
    differentiable = False
    samples = [
        sample(np.array([1, 1, 2, 2, 1])), sample(np.array([1, 1, 2, 2, 1]), True, True),
        sample(np.array([[1, 1], [2, 2]])),
        sample(np.array([[1, 1], [1, 1], [2, 2]]), dim=0, return_inverse=True), sample((0,)),
        sample(np.array([[1, 1, 3], [1, 1, 3]]), dim=1, return_counts=True),
    ]  # fmt: skip
    errors = [
        (lambda: tg.unique_consecutive(tg.zeros(3, 0), dim=0), ValueError, "unique_consecutive: slices along dim 0"),
    ]

    def expected(self, x, return_inverse=False, return_counts=False, dim=None):
        rows = x.reshape(-1) if dim is None else np.moveaxis(x, dim, 0)
        kept, inverse, counts = [], [], []
        for k, row in enumerate(rows):
            if not k or np.any(row != rows[k - 1]):
                kept.append(row)
                counts.append(0)
            counts[-1] += 1
            inverse.append(len(kept) - 1)
        values = np.array(kept, x.dtype) if dim is None else np.moveaxis(np.array(kept), 0, dim)
        extra = [np.reshape(inverse, x.shape if dim is None else -1)] * return_inverse
        extra += [np.array(counts)] * return_counts
        return (values, *extra) if extra else values


# ---- what a table does not say ---------------------------------------------------------------------------------------


def gradient(function, values):
    x = tg.tensor(values, dtype=tg.float64, requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


def test_equal_elements_keep_their_order() -> None:
    x = tg.tensor([3, 1, 3, 1])
    assert x.sort().indices.tolist() == [1, 3, 0, 2]
    assert x.sort(descending=True).indices.tolist() == [0, 2, 1, 3]
    assert x.topk(3).indices.tolist() == [0, 2, 1]
    assert x.kthvalue(2).indices.item() == 3 and x.mode().indices.item() == 3
    for dim in (0, 1):  # of these PyTorch gives any
        for k in range(1, INTS.shape[dim] + 1):
            assert tg.tensor(INTS).kthvalue(k, dim).indices.tolist() == stable(INTS, dim).take(k - 1, dim).tolist()


def test_nan_is_the_largest() -> None:
    x = tg.tensor([3.0, nan, 1.0])
    assert x.sort().indices.tolist() == [2, 0, 1] and x.sort(descending=True).indices.tolist() == [1, 0, 2]
    assert x.topk(2).indices.tolist() == [1, 0] and x.topk(2, largest=False).indices.tolist() == [2, 0]
    assert math.isnan(x.median().item()) and x.median(0).indices.item() == 1
    assert x.nanmedian().item() == 1 and x.nanmedian(0).indices.item() == 2
    assert math.isnan(x.kthvalue(3).values.item())
    assert math.isnan(x.quantile(0.5).item()) and x.nanquantile(0.5).item() == 2
    many = tg.cat([tg.full((40,), nan), tg.arange(60.0)])
    assert many.topk(5).indices.tolist() == [0, 1, 2, 3, 4]
    assert many.topk(5, largest=False).values.tolist() == [0, 1, 2, 3, 4]
    assert tg.unique(tg.tensor([nan, 1.0, nan])).shape == (3,)


def test_medians_of_nan_alone() -> None:
    x = tg.tensor([nan, nan])
    assert math.isnan(x.nanmedian().item()) and x.nanmedian(0).indices.item() == 0
    assert math.isnan(tg.zeros(0).median().item())


def test_gradients_of_equal_elements() -> None:
    assert gradient(lambda x: x.median(), [1.0, 2, 2, 2]) == [0, 1 / 3, 1 / 3, 1 / 3]
    assert gradient(lambda x: x.median(0).values, [1.0, 2, 2, 2]) == [0, 1, 0, 0]
    assert gradient(lambda x: x.nanmedian(), [nan, 2, 3]) == [0, 1, 0]
    assert gradient(lambda x: x.mode().values, [1.0, 2, 2]) == [0, 0, 1]


def test_results_have_names() -> None:
    x = tg.tensor([[2.0, 1.0]])
    for found in (x.sort(), x.topk(1), x.kthvalue(1), x.median(1), x.nanmedian(1), x.mode()):
        assert found._fields == ("values", "indices")
    assert tg.histogram(x, 2)._fields == ("hist", "bin_edges")


def test_quantiles_of_several_parts() -> None:
    x = rng.standard_normal((3, 4))
    q = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(tg.tensor(x).quantile(tg.tensor(q)).numpy(), np.quantile(x, q))
    got = tg.tensor(x).quantile(tg.tensor(q), 1, True)
    np.testing.assert_allclose(got.numpy(), np.quantile(x, q, 1, keepdims=True))
    parts = tg.tensor([0.2, 0.6], dtype=tg.float64, requires_grad=True)
    assert tg.autograd.gradcheck(lambda t, p: t.quantile(p, 0), [tg.tensor(x, requires_grad=True), parts])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, -0.0, 1.0, 2.0, nan, inf, -inf]), min_size=1, max_size=60), st.data())
def test_topk_is_the_start_of_the_sorted_whole(values, data) -> None:
    k, largest = data.draw(st.integers(0, len(values))), data.draw(st.booleans())
    x = tg.tensor(values)
    whole, few = x.sort(descending=largest), x.topk(k, largest=largest)
    assert few.indices.tolist() == whole.indices[:k].tolist()
    if k:
        assert x.kthvalue(k).indices.item() == x.sort().indices[k - 1].item()


@pytest.mark.parametrize("dtype", [tg.uint8, tg.int32, tg.float16, tg.bool])
def test_every_dtype_has_an_order(dtype) -> None:
    x = tg.tensor([1, 0, 1, 0, 1]).to(dtype)
    assert x.sort().indices.tolist() == [1, 3, 0, 2, 4] and x.sort().values.dtype is dtype
    assert x.topk(2).indices.tolist() == [0, 2] and x.mode().values.item() == 1
    assert x.median().dtype is dtype and x.unique().tolist() == [0, 1]


@pytest.mark.parametrize(("values", "q", "want"), [([1.0, inf], 0.25, inf), ([-inf, 1.0], 0.75, -inf), ([1.0, inf], 0.5, nan)])
def test_quantiles_beside_infinity_are_lerps(values: list[float], q: float, want: float) -> None:
    np.testing.assert_equal(tg.quantile(tg.tensor(values), q).item(), want)
