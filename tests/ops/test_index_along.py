"""index_select, index_add and their relatives."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tests.ops.optest import OpTest, sample
from tests.ops.scattering import REDUCE, T, here, i_, x0, x23


class TestIndexSelect(OpTest):
    op = staticmethod(tg.index_select)
    samples = [
        sample((3, 4), 0, i_([2, 0, 2])),
        sample((3, 4), -1, i_([1])),
        sample((3, 4), 0, i_(1)),
        sample((), 0, i_([0])),
        sample((), 0, i_(0)),
        sample((3, 4), 0, i_([], int)),
        sample((40, 70), 0, np.arange(60) % 7),  # enough for the product with a sparse matrix
    ]
    errors = [
        (
            lambda: tg.index_select(x23, 0, tg.tensor([2])),
            IndexError,
            "index_select: index 2 is out of range for dim 0 of size 2; use 0 to 1.",
        ),
        (
            lambda: tg.index_select(x23, 0, tg.tensor([-1])),
            IndexError,
            "index_select: index -1 is out of range for dim 0 of size 2",
        ),
        (lambda: tg.index_select(tg.ones(0), 0, tg.tensor([0])), IndexError, "of size 0: there is nothing to pick."),
        (
            lambda: tg.index_select(x23, 0, here),
            IndexError,
            "index_select: index must have one dimension, got shape (1, 3).",
        ),
        (
            lambda: tg.index_select(x23, 0, tg.ones(1)),
            TypeError,
            "index_select: index must have an integer dtype, got float32.",
        ),
        (
            lambda: tg.index_select(x0, 0, tg.tensor([0, 0])),
            IndexError,
            "index_select: a 0-d tensor has one place, index has 2.",
        ),
    ]

    def expected(self, x: Any, dim: int, index: Any) -> Any:
        return x if not x.ndim else np.take(x, np.atleast_1d(index), dim)


class TestIndexAdd(OpTest):
    op = staticmethod(tg.index_add)
    samples = [
        sample((3, 4), 0, i_([2, 0, 2]), (3, 4)),
        sample((3, 4), 1, i_([1, 1]), (3, 2), alpha=-2.5),
        sample((3, 4), 0, i_(1), (1, 4)),
        sample((), 0, i_([0]), ()),
        sample((30, 4), 0, i_([29, 0]), (2, 4)),
        sample((3, 4), 0, i_([], int), (0, 4)),
    ]
    errors = [
        (
            lambda: tg.index_add(x23, 0, tg.tensor([0]), tg.ones(2, 3)),
            ValueError,
            "index_add: source must have 1 slices, one per index, along dim 0, and else input's sizes.",
        ),
        (
            lambda: tg.index_add(x23, 0, tg.tensor([0]), tg.ones(1, 3).long()),
            TypeError,
            "source  tensorgrad.int64\nConvert: source.float().",
        ),
        (
            lambda: tg.index_add(x23, 0, tg.tensor([2]), tg.ones(1, 3)),
            IndexError,
            "index_add: index 2 is out of range for dim 0 of size 2",
        ),
    ]

    def expected(self, x: Any, dim: int, index: Any, source: Any, alpha: float = 1) -> Any:
        out = np.atleast_1d(x.copy())
        np.add.at(np.moveaxis(out, dim, 0), np.atleast_1d(index), alpha * np.moveaxis(np.atleast_1d(source), dim, 0))
        return out.reshape(x.shape)

    def test_in_place(self) -> None:
        x, w = tg.zeros(2, 2), tg.ones(3, 2, requires_grad=True)
        assert x.index_add_(0, tg.tensor([1, 1, 0]), w, alpha=2) is x and x.tolist() == [[2, 2], [4, 4]]
        (x * tg.tensor([[1.0], [10.0]])).sum().backward()
        assert w.grad.tolist() == [[20, 20], [20, 20], [2, 2]]
        m = tg.zeros(2, dtype=tg.bool).index_add_(0, tg.tensor([1, 1]), tg.tensor([True, True]))
        assert m.tolist() == [False, True]


class TestIndexCopy(OpTest):
    op = staticmethod(tg.index_copy)
    samples = [
        sample((3, 4), 0, i_([2, 0]), (2, 4)),
        sample((3, 4), -1, i_([1]), (3, 1)),
        sample((3, 4), 0, i_(1), (1, 4)),
        sample((3,), 0, i_(1), ()),
        sample((), 0, i_([0]), ()),
    ]
    errors = [
        (
            lambda: tg.index_copy(x23, 0, tg.tensor([0]), tg.ones(3)),
            ValueError,
            "index_copy: source must have 1 slices, one per index",
        ),
        (
            lambda: tg.index_copy(x23, 0, tg.tensor([0]), tg.ones(1, 3).long()),
            TypeError,
            "source  tensorgrad.int64\nConvert: source.float().",
        ),
        (
            lambda: tg.index_copy(x23, 0, tg.tensor([-1]), tg.ones(1, 3)),
            IndexError,
            "index_copy: index -1 is out of range",
        ),
    ]

    def expected(self, x: Any, dim: int, index: Any, source: Any) -> Any:
        out = np.atleast_1d(x.copy())
        np.moveaxis(out, dim, 0)[np.atleast_1d(index)] = np.moveaxis(np.atleast_1d(source), dim, 0)
        return out.reshape(x.shape)

    def test_in_place(self) -> None:
        x, w = tg.zeros(2, 2), tg.ones(1, 2, requires_grad=True)
        assert x.index_copy_(0, tg.tensor([1]), w) is x and x.tolist() == [[0, 0], [1, 1]]
        x.sum().backward()
        assert w.grad.tolist() == [[1, 1]]


class TestIndexFill(OpTest):
    op = staticmethod(tg.index_fill)
    samples = [
        sample((3, 4), 0, i_([2, 0]), 2.5),
        sample((3, 4), 1, i_([3, 3]), ()),
        sample((3, 4), 1, i_([1, 0, 1]), ()),
        sample((), 0, i_([0]), 1.0),
    ]
    errors = [
        (
            lambda: tg.index_fill(x23, 0, tg.tensor([2]), 0),
            IndexError,
            "index_fill: index 2 is out of range for dim 0 of size 2; use -2 to 1.",
        ),
        (
            lambda: tg.index_fill(x23, 0, tg.tensor([0]), tg.ones(1)),
            ValueError,
            "index_fill: value must be a number or a 0-d tensor, got shape (1,).",
        ),
    ]

    def expected(self, x: Any, dim: int, index: Any, value: Any) -> Any:
        out = np.atleast_1d(x.copy())
        np.moveaxis(out, dim, 0)[index] = value
        return out.reshape(x.shape)

    def test_in_place(self) -> None:
        x, v = tg.zeros(2, 2), tg.tensor(3.0, requires_grad=True)
        assert x.index_fill_(1, tg.tensor([0]), v) is x and x.tolist() == [[3, 0], [3, 0]]
        x.sum().backward()
        assert v.grad == 2
        (g,) = tg.autograd.grad(tg.zeros(2, 4).index_fill(1, tg.tensor([-1, 3, 0]), v).sum(), v)
        assert g == 4  # one place named twice, from both ends
        assert tg.tensor([1, 1]).index_fill(0, tg.tensor([0]), 2.5).tolist() == [2, 1]


class TestIndexReduce(OpTest):
    op = staticmethod(T.index_reduce)
    torch = "Tensor.index_reduce"
    samples = [
        sample((3, 2), 0, i_([2, 0, 2]), (3, 2), reduce, include_self=include)
        for reduce in ("prod", "mean", "amax", "amin")
        for include in (True, False)
    ] + [sample((2, 3), 1, i_([0, 0]), (2, 2), "prod"), sample((), 0, i_([0]), (), "mean")]
    errors = [
        (
            lambda: tg.index_reduce(x23, 0, tg.tensor([0]), tg.ones(1, 3), "sum"),
            ValueError,
            "index_reduce: reduce is one of prod, mean, amax, amin, got 'sum'.",
        ),
        (
            lambda: tg.index_reduce(x23, 0, tg.tensor([0]), x23, "prod"),
            ValueError,
            "index_reduce: source must have 1 slices, one per index",
        ),
    ]

    def expected(self, x: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool = True) -> Any:
        out = np.atleast_1d(x.copy())
        rows, given = np.moveaxis(out, dim, 0), np.moveaxis(np.atleast_1d(source), dim, 0)
        for i in set(index.tolist()):
            meet = [given[k] for k in range(len(index)) if index[k] == i] + ([rows[i].copy()] if include_self else [])
            rows[i] = REDUCE[reduce](np.stack(meet), axis=0)
        return out.reshape(x.shape)

    def test_in_place(self) -> None:
        x = tg.ones(2)
        assert x.index_reduce_(0, tg.tensor([1, 1]), tg.tensor([4.0, 2.0]), "amax") is x and x.tolist() == [1, 4]


class TestIndexReduceFunction(TestIndexReduce):
    op = staticmethod(tg.index_reduce)
    torch = "Tensor.index_reduce"
    errors = []
