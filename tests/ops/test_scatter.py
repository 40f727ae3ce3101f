"""gather and scatter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import OpTest, sample
from tests.ops.scattering import NONE, REDUCE, here, i_, places, x23


class TestGather(OpTest):
    op = staticmethod(tg.gather)
    samples = [
        sample((2, 3), 0, i_([[0, 1, 0], [1, 1, 0], [0, 0, 0]])),
        sample((2, 3), 1, i_([[2, 0], [1, 1]])),
        sample((2, 3), -1, i_([[2, 2, 2, 2]])),
        sample((2, 3, 2), 1, np.arange(12).reshape(2, 3, 2) % 3),
        sample((3,), 0, i_(1)),
        sample((), 0, i_([0, 0])),
        sample((), -1, i_(0)),
        sample((2, 3), 0, NONE),
        sample((2, 3), 1, i_([], int)),
    ]
    errors = [
        (
            lambda: tg.gather(x23, 0, tg.tensor([0])),
            ValueError,
            "and be no larger elsewhere than in dim 0.\n    input  (2, 3)\n    index  (1,)\nNothing is broadcast here",
        ),
        (
            lambda: tg.gather(x23, 0, tg.zeros(1, 4, dtype=tg.int64)),
            ValueError,
            "gather: index must have input's number of dimensions",
        ),
        (
            lambda: tg.gather(x23, 0, tg.tensor([[2]])),
            IndexError,
            "gather: index 2 is out of range for dim 0 of size 2; use 0 to 1.",
        ),
        (
            lambda: tg.gather(x23, 0, tg.tensor([[-1]])),
            IndexError,
            "gather: index -1 is out of range for dim 0 of size 2; use 0 to 1.",
        ),
        (
            lambda: tg.gather(x23, 0, tg.tensor([[0.0]])),
            TypeError,
            "gather: index must have an integer dtype, got float32. Convert it first: index.long().",
        ),
        (
            lambda: tg.gather(x23, 2, here),
            IndexError,
            "gather: dim 2 is out of range for a tensor of 2 dimensions; use -2 to 1.",
        ),
    ]

    def expected(self, x: Any, dim: int, index: Any) -> Any:
        if not x.ndim:
            return np.full(index.shape, x)
        out = np.empty(index.shape)
        for p, q in places(index, dim % x.ndim, x.shape) if index.ndim else [((), int(index))]:
            out[p] = x[q]
        return out


class TestTakeAlongDim(OpTest):
    op = staticmethod(tg.take_along_dim)
    samples = [
        sample((2, 3), i_([[2, 0], [1, 1]]), 1),
        sample((2, 3), i_([[-1], [0]]), 1),
        sample((2, 3), i_([[1]]), 0),  # both sides broadcast
        sample((1, 3), i_([[0, 2], [1, 0]]), 1),
        sample((2, 3), i_([4, 0])),
    ]
    errors = [
        (
            lambda: tg.take_along_dim(x23, tg.tensor([0]), 0),
            ValueError,
            "take_along_dim: both must have the same number of dimensions.",
        ),
        (
            lambda: tg.take_along_dim(x23, tg.tensor([[3]]), 1),
            IndexError,
            "take_along_dim: index 3 is out of range for dim 1 of size 3; use -3 to 2.",
        ),
        (
            lambda: tg.take_along_dim(x23, tg.zeros(3, 1, dtype=tg.int64), 1),
            ValueError,
            "take_along_dim: these shapes do not broadcast.",
        ),
        (
            lambda: tg.take_along_dim(x23, x23, 1),
            TypeError,
            "take_along_dim: index must have an integer dtype, got float32.",
        ),
    ]

    def expected(self, x: Any, indices: Any, dim: Any = None) -> Any:
        return np.take_along_axis(x, indices, dim)


class TestScatter(OpTest):
    op = staticmethod(tg.scatter)
    # no place is named twice, except with reduce
    samples = [
        sample((3, 4), 0, i_([[0, 2, 1, 0], [1, 0, 2, 2]]), (2, 4)),
        sample((3, 4), 1, i_([[3, 0], [1, 2]]), (3, 3)),  # of src the part that index has
        sample((3, 4), -1, i_([[3, 0]]), 2.5),
        sample((3, 4), 0, i_([[1, 1]]), value=-1),
        sample((3,), 0, i_(1), ()),
        sample((), 0, i_(0), ()),
        sample((), 0, i_([0]), (1,)),
        sample((2, 3), 0, NONE, (2, 3)),
        sample((3, 4), 0, i_([[0, 1], [0, 1]]), (2, 2), reduce="add"),
        sample((3, 4), 0, i_([[0, 1], [0, 1]]), (2, 2), reduce="multiply"),
        sample((3, 4), 1, i_([[0, 0]]), 3.0, reduce="multiply"),
    ]
    errors = [
        (
            lambda: tg.scatter(x23, 0, here, tg.ones(1, 2)),
            ValueError,
            "scatter: src must have index's number of dimensions and be at least as large.\n    src    (1, 2)",
        ),
        (
            lambda: tg.scatter(x23, 0, here, tg.tensor([[1, 1, 1]])),
            TypeError,
            "Convert: src.float().",
        ),
        (lambda: tg.scatter(x23, 0, here), TypeError, "scatter: give either src, a tensor, or value, a number."),
        (
            lambda: tg.scatter(x23, 0, here, x23, value=1),
            TypeError,
            "scatter: give either src, a tensor, or value, a number.",
        ),
        (lambda: tg.scatter(x23, 0, here, value="a"), TypeError, "scatter: value must be a number, got str."),
        (
            lambda: tg.scatter(x23, 0, here, x23, reduce="mean"),
            ValueError,
            "scatter: reduce is 'add' or 'multiply', got 'mean'. See scatter_reduce for more.",
        ),
        (
            lambda: tg.scatter(x23, 0, here + 1, x23),
            IndexError,
            "scatter: index 2 is out of range for dim 0 of size 2; use 0 to 1.",
        ),
    ]
    torch_gradient = False  # PyTorch has none with reduce

    def expected(self, x: Any, dim: int, index: Any, src: Any = None, value: Any = None, reduce: Any = None) -> Any:
        out, index = np.atleast_1d(x.copy()), np.atleast_1d(index)
        src = np.broadcast_to(np.asarray(src if value is None else value), index.shape) if np.ndim(src) == 0 else src
        for p, q in places(index, dim % out.ndim, out.shape):
            out[q] = src[p] + (out[q] if reduce == "add" else 0) if reduce != "multiply" else out[q] * src[p]
        return out.reshape(x.shape)

    def test_in_place(self) -> None:
        x, w = tg.zeros(2, 3), tg.ones(1, 3, requires_grad=True)
        assert x.scatter_(0, here, w) is x and x.tolist() == [[1, 0, 1], [0, 1, 0]]
        (x * tg.tensor([[1.0, 2, 3], [4, 5, 6]])).sum().backward()
        assert w.grad.tolist() == [[1, 5, 3]]
        y = tg.ones(2, 3)
        y.scatter_(1, tg.tensor([[0], [2]]), 7.0).scatter_(0, here, x23 * 2, reduce="multiply")
        assert y.tolist() == [[14, 1, 2], [1, 2, 7]]
        z = tg.zeros(2, 3)
        z.T.scatter_(1, here.T, w.detach().T)  # memory in another order
        assert z.tolist() == [[1, 0, 1], [0, 1, 0]]
        one = tg.zeros(())
        one.scatter_(0, tg.tensor(0), tg.tensor(2.0))
        assert one == 2

    def test_gradients_of_repeated_products(self) -> None:
        x = tg.ones(2, dtype=tg.float64, requires_grad=True)
        tg.scatter(x, 0, tg.tensor([0, 0]), tg.tensor([2.0, 3.0], dtype=tg.float64), reduce="multiply").sum().backward()
        assert x.grad.tolist() == [6, 1]


class TestScatterAdd(OpTest):
    op = staticmethod(tg.scatter_add)
    samples = [
        sample((3, 4), 0, i_([[0, 2, 0, 0], [0, 0, 2, 2]]), (2, 4)),
        sample((3,), 0, i_(1), ()),
        sample((), 0, i_([0, 0]), (2,)),
    ]
    errors = [
        (
            lambda: tg.scatter_add(x23, 0, here, tg.ones(3)),
            ValueError,
            "scatter_add: src must have index's number of dimensions",
        ),
        (lambda: tg.scatter_add(x23, 0, here, x23.long()), TypeError, "Convert: src.float()."),
        (
            lambda: tg.scatter_add(x23, 0, here - 1, x23),
            IndexError,
            "scatter_add: index -1 is out of range for dim 0 of size 2",
        ),
    ]

    def expected(self, x: Any, dim: int, index: Any, src: Any) -> Any:
        out, index, src = np.atleast_1d(x.copy()), np.atleast_1d(index), np.atleast_1d(src)
        for p, q in places(index, dim % out.ndim, out.shape):
            out[q] += src[p]
        return out.reshape(x.shape)

    def test_in_place(self) -> None:
        x, w = tg.zeros(2), tg.ones(3, requires_grad=True)
        assert x.scatter_add_(0, tg.tensor([1, 1, 0]), w) is x and x.tolist() == [1, 2]
        (x * tg.tensor([2.0, 3.0])).sum().backward()
        assert w.grad.tolist() == [3, 3, 2]
        m = tg.zeros(2, dtype=tg.bool)
        assert m.scatter_add_(0, tg.tensor([1, 1]), tg.tensor([True, True])).tolist() == [False, True]

    def test_what_index_does_not_reach(self) -> None:
        # PyTorch's gradients of these fail; its documentation asks for src of index's shape
        x, w = tg.zeros(2, 3), tg.ones(2, 5, requires_grad=True)
        y = x.scatter_add(1, tg.tensor([[0, 0], [1, 2]]), w)
        assert y.tolist() == [[2, 0, 0], [0, 1, 1]]
        y.sum().backward()
        assert w.grad.tolist() == [[1, 1, 0, 0, 0]] * 2
        for op in (tg.scatter_add, lambda *args: tg.scatter_reduce(*args, "amax")):
            w.grad = None
            y = op(x, 1, tg.tensor(NONE), w)
            y.sum().backward()
            assert y.tolist() == x.tolist() and w.grad.tolist() == [[0] * 5] * 2


class TestScatterReduce(OpTest):
    op = staticmethod(tg.scatter_reduce)
    samples = [
        sample((3, 2), 0, i_([[0, 2], [0, 0], [2, 0]]), (3, 2), reduce, include_self=include)
        for reduce in REDUCE
        for include in (True, False)
    ] + [
        sample((), 0, i_([0, 0]), (2,), "prod"),
        sample((2, 2), 1, i_([[0, 0]]), (1, 2), "mean"),
    ]
    errors = [
        (
            lambda: tg.scatter_reduce(x23, 0, here, x23, "median"),
            ValueError,
            "scatter_reduce: reduce is one of sum, prod, mean, amax, amin, got 'median'.",
        ),
        (
            lambda: tg.scatter_reduce(x23, 0, here, x23.long(), "sum"),
            TypeError,
            "Convert: src.float().",
        ),
        (
            lambda: tg.scatter_reduce(x23, 0, here + 1, x23, "sum"),
            IndexError,
            "scatter_reduce: index 2 is out of range",
        ),
    ]

    def expected(self, x: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool = True) -> Any:
        out, index, src = np.atleast_1d(x.copy()), np.atleast_1d(index), np.atleast_1d(src)
        meet: dict[Any, list[float]] = {}
        for p, q in places(index, dim % out.ndim, out.shape):
            meet.setdefault(q, [out[q]] if include_self else []).append(src[p])
        for q, values in meet.items():
            out[q] = REDUCE[reduce](values)
        return out.reshape(x.shape)

    @pytest.mark.parametrize("zeros", [0, 1, 2])
    def test_gradients_of_products_with_zeros(self, zeros: int) -> None:
        values = np.array([2.0, 3.0, 4.0, 5.0])
        values[1 : 1 + zeros] = 0
        x = tg.tensor(values[:1], requires_grad=True)
        z = tg.tensor(values[1:], requires_grad=True)
        y = x.scatter_reduce(0, tg.tensor([0, 0, 0]), z, "prod")
        gx, gz = tg.autograd.grad(y, (x, z), create_graph=True)
        got = np.concatenate([gx.array, gz.array])
        np.testing.assert_allclose(got, [np.prod(np.delete(values, i)) for i in range(4)])

    @pytest.mark.parametrize("values", [[2.0, 0.0, 3.0, 1.5], [0.0, 2.0, 0.0, -1.0], [0.0, 0.0, 0.0, 4.0]])
    @pytest.mark.parametrize("include_self", [True, False])
    def test_three_derivatives_of_products_with_zeros(self, values: list[float], include_self: bool) -> None:
        """Those of x₀·s₀·s₂ and x₁·s₁·s₃ (PyTorch has no second of several zeros), by scatter_reduce and index_reduce."""
        w = tg.tensor([1.0, -2.0, 3.0, 0.5], dtype=tg.float64)
        found = []
        for how in ("scatter_reduce", "index_reduce", "products"):
            x = tg.tensor([5.0, 0.0], dtype=tg.float64, requires_grad=True)
            s = tg.tensor(values, dtype=tg.float64, requires_grad=True)
            if how == "products":
                y = tg.stack([s[0] * s[2], s[1] * s[3]]) * (x if include_self else 1)
            else:
                y = getattr(x, how)(0, tg.tensor([0, 1, 0, 1]), s, "prod", include_self=include_self)
            y = (y * tg.tensor([1.0, 2.0])).sum()
            for _ in range(3):
                y = y + 0 * (x.sum() + s.sum())  # a polynomial's derivatives come to an end
                gx, gs = tg.autograd.grad(y, (x, s), create_graph=True)
                found.append(np.concatenate([gx.numpy(force=True), gs.numpy(force=True)]))
                y = (gx * w[:2]).sum() + (gs * w).sum()
        for got in (found[:3], found[3:6]):
            np.testing.assert_allclose(got, found[6:], atol=1e-12)

    def test_equal_extremes_share_the_gradient(self) -> None:
        x, z = tg.tensor([2.0, 0.0], requires_grad=True), tg.tensor([2.0, 2.0, 1.0], requires_grad=True)
        x.scatter_reduce(0, tg.tensor([0, 0, 0]), z, "amax").sum().backward()
        np.testing.assert_allclose(x.grad.array, [1 / 3, 1])
        np.testing.assert_allclose(z.grad.array, [1 / 3, 1 / 3, 0])

    def test_whole_numbers_and_truth_values(self) -> None:
        x, i = tg.tensor([1, -8]), tg.tensor([0, 1])
        assert x.scatter_reduce(0, i, tg.tensor([4, 1]), "mean").tolist() == [2, -4]  # rounded down
        assert x.scatter_reduce(0, i, tg.tensor([4, -9]), "amin", include_self=False).tolist() == [4, -9]
        assert x.scatter_reduce(0, i, tg.tensor([4, -9]), "amax", include_self=False).tolist() == [4, -9]
        m = tg.tensor([False, False]).scatter_reduce(0, i, tg.tensor([True, False]), "amax", include_self=False)
        assert m.tolist() == [True, False] and m.dtype is tg.bool

    def test_in_place(self) -> None:
        x, w = tg.ones(2), tg.tensor([5.0, 3.0], requires_grad=True)
        assert x.scatter_reduce_(0, tg.tensor([0, 0]), w, "prod") is x and x.tolist() == [15, 1]
        x.sum().backward()
        assert w.grad.tolist() == [3, 5]
