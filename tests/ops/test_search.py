"""Where something is."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tests.ops.indexing import i_, x0, x23, yes
from tests.ops.optest import OpTest, sample


class TestNonzero(OpTest):
    op = staticmethod(tg.nonzero)
    differentiable = False
    samples = [
        sample(i_([[0, 1], [2, 0]])),
        sample(i_(5)),
        sample(i_(0)),
        sample(i_([[0.0, np.nan]])),
        sample(np.zeros((0, 2))),
        sample(yes),
    ]

    def expected(self, x: Any) -> Any:
        return np.argwhere(x) if x.ndim else np.empty((int(x != 0), 0))

    def test_as_tuple(self) -> None:
        rows, columns = tg.nonzero(tg.tensor([[0, 1], [2, 0]]), as_tuple=True)
        assert rows.tolist() == [0, 1] and columns.tolist() == [1, 0] and rows.dtype is tg.int64
        assert [i.tolist() for i in tg.nonzero(x0, as_tuple=True)] == [[0]]


class TestArgwhere(TestNonzero):
    op = staticmethod(tg.argwhere)


class TestSearchsorted(OpTest):
    op = staticmethod(tg.searchsorted)
    differentiable = False
    samples = [
        sample(i_([1, 3, 5, 7]), i_([[0, 3, 9], [1, 6, 7]])),
        sample(i_([1, 3, 5, 7]), i_([[0, 3, 9], [1, 6, 7]]), right=True),
        sample(i_([1.0, 3.0, 3.0]), i_([3.0, np.nan]), side="right"),
        sample(i_([[1, 3], [0, 2]]), i_([[3, 4, 0], [1, 2, 3]])),
        sample(i_([5, 1, 3]), i_([2, 3]), sorter=i_([1, 2, 0])),
        sample(i_([1, 3]), 2),
        sample(np.zeros((0,)), i_([1.0])),
    ]
    errors = [
        (
            lambda: tg.searchsorted(x0, x23),
            ValueError,
            "searchsorted: the sorted sequence needs at least one dimension.",
        ),
        (
            lambda: tg.searchsorted(x23, tg.ones(3, 1)),
            ValueError,
            "searchsorted: all sizes but the last must be equal.",
        ),
        (
            lambda: tg.searchsorted(x23, x23, side="middle"),
            ValueError,
            "searchsorted: side is 'left' or 'right', got 'middle'.",
        ),
        (
            lambda: tg.searchsorted(x23, x23, side="left", right=True),
            ValueError,
            "searchsorted: side='left' contradicts right=True.",
        ),
        (
            lambda: tg.searchsorted(tg.ones(3), x0, sorter=tg.tensor([0])),
            ValueError,
            "searchsorted: sorter must have the sequence's shape.",
        ),
        (
            lambda: tg.searchsorted(tg.ones(1), x0, sorter=tg.tensor([1])),
            IndexError,
            "searchsorted: index 1 is out of range for dim -1 of size 1; use 0 to 0.",
        ),
    ]

    def expected(self, x: Any, values: Any, right: bool = False, side: str = "left", sorter: Any = None) -> Any:
        side = "right" if right else side
        if x.ndim == 1:
            return np.searchsorted(x, values, side, sorter)
        return np.stack([np.searchsorted(a, v, side) for a, v in zip(x, values)])

    def test_int32(self) -> None:
        assert tg.searchsorted(tg.arange(3), 1, out_int32=True).dtype is tg.int32


class TestBucketize(OpTest):
    op = staticmethod(tg.bucketize)
    differentiable = False
    samples = [
        sample(i_([0.5, 1.0, 9.0]), i_([1.0, 2.0])),
        sample(i_([[1, 2], [3, 0]]), i_([1, 2]), right=True),
        sample(2, i_([1, 3])),
    ]
    errors = [
        (lambda: tg.bucketize(x0, x23), ValueError, "bucketize: boundaries must have one dimension, got shape (2, 3).")
    ]

    def expected(self, x: Any, edges: Any, right: bool = False) -> Any:
        return np.searchsorted(edges, x, "right" if right else "left")


class TestNonzeroStatic(OpTest):
    op = staticmethod(tg.nonzero_static)
    torch = "nonzero_static"
    differentiable = False
    samples = [
        sample(np.array([[1, 0, 2], [0, 3, 0]]), size=3),
        sample(np.array([[1, 0, 2], [0, 3, 0]]), size=5, fill_value=9),
        sample(np.array([1, 0, 2]), size=1),
        sample(np.zeros(3), size=2),
        sample(np.array(True), size=0),
    ]
    errors = [(lambda: tg.nonzero_static(tg.ones(2), size=-1), ValueError, "nonzero_static: size must be 0 or more, got -1")]

    def expected(self, x: Any, size: int, fill_value: int = -1) -> Any:
        rows = np.stack(np.nonzero(x), 1)[:size] if x.ndim else np.zeros((0, 0), np.int64)
        return np.concatenate([rows, np.full((size - len(rows), x.ndim), fill_value)])
