"""Several tensors to one, and one to several."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import OpTest, sample

T = tg.Tensor
x23, x24 = tg.ones(2, 3), tg.ones(2, 4)
x0 = tg.tensor(1.0)


# ---- several to one -------------------------------------------------------------------------------------------------


class TestCat(OpTest):
    op = staticmethod(tg.cat)
    samples = [
        sample([(2, 3), (1, 3)]),
        sample([(2, 3), (2, 1), (2, 0)], 1),
        sample([(2, 3), (2, 2)], -1),
        sample([(2, 3)]),
        sample([(0,), (2, 3)], 1),  # an empty vector joins anything
        sample([(0,), (0,)]),
        sample([(3,), (2,)], dim=0),
    ]
    errors = [
        (lambda: tg.cat([]), ValueError, "cat: needs at least one tensor, got an empty list."),
        (lambda: tg.cat(x23), TypeError, "cat: needs a list or tuple of tensors, got Tensor."),
        (lambda: tg.cat([x23, "a"]), TypeError, "cat: tensor 1 must be a Tensor, got str."),
        (lambda: tg.cat([x0, x0]), ValueError, "cat: a 0-d tensor cannot be joined to others; use stack"),
        (
            lambda: tg.cat([x23, x24]),
            ValueError,
            "cat: sizes differ elsewhere than in dim 0.\n    first     (2, 3)\n    tensor 1  (2, 4)",
        ),
        (lambda: tg.cat([x23, tg.ones(2)]), ValueError, "cat: sizes differ elsewhere than in dim 0."),
        (lambda: tg.cat([x23, x23], 2), IndexError, "cat: dim 2 is out of range for a tensor of 2 dimensions"),
    ]

    def expected(self, xs: Any, dim: int = 0) -> Any:
        xs = [x for x in xs if x.shape != (0,)] or xs
        return np.concatenate(xs, dim)

    def test_the_common_dtype(self) -> None:
        assert tg.cat([tg.ones(1, dtype=tg.int32), tg.ones(1)]).dtype is tg.float32
        assert tg.cat([tg.ones(0), tg.ones(2, 3, dtype=tg.float64)]).dtype is tg.float64
        assert tg.cat([tg.tensor([True]), tg.tensor([2])]).tolist() == [1, 2]
        assert tg.cat([tg.ones(0), tg.ones(0, dtype=tg.float64)]).dtype is tg.float64
        x = tg.ones(2, requires_grad=True)
        tg.cat([x, tg.ones(1, dtype=tg.float64)]).sum().backward()
        assert x.grad.dtype is tg.float32 and x.grad.tolist() == [1, 1]

    def test_it_is_a_copy_also_of_one(self) -> None:
        x = tg.zeros(2)
        tg.cat([x]).add_(1)
        assert x.sum() == 0

    def test_axis_is_numpy_for_dim(self) -> None:
        assert tg.cat([x23, x24], axis=1).shape == (2, 7)


class TestConcat(TestCat):
    op = staticmethod(tg.concat)
    samples = [sample([(2, 3), (1, 3)])]
    errors = [(lambda: tg.concat([]), ValueError, "concat: needs at least one tensor")]


class TestConcatenate(TestCat):
    op = staticmethod(tg.concatenate)
    samples = [sample([(2, 3), (1, 3)])]
    errors = [(lambda: tg.concatenate([]), ValueError, "concatenate: needs at least one tensor")]


class TestStack(OpTest):
    op = staticmethod(tg.stack)
    samples = [
        sample([(2, 3), (2, 3)]),
        sample([(2, 3)] * 3, 1),
        sample([(2, 3)] * 2, -1),
        sample([(), ()]),
        sample([(0, 2)]),
    ]
    errors = [
        (
            lambda: tg.stack([x23, x24]),
            ValueError,
            "stack: all tensors must have the same shape.\n    tensor 0  (2, 3)\n    tensor 1  (2, 4)",
        ),
        (lambda: tg.stack([]), ValueError, "stack: needs at least one tensor, got an empty list."),
        (
            lambda: tg.stack([x23, x23], 3),
            IndexError,
            "stack: dim 3 is out of range for a tensor of 2 dimensions; use -3 to 2.",
        ),
    ]

    def expected(self, xs: Any, dim: int = 0) -> Any:
        return np.stack(xs, dim)


class TestHstack(OpTest):
    op = staticmethod(tg.hstack)
    numpy: Any = staticmethod(np.hstack)
    samples = [sample([(2, 3), (2, 1)]), sample([(3,), (2,)]), sample([(), ()]), sample([(2, 1, 3), (2, 2, 3)])]
    errors = [(lambda: tg.hstack([x23, tg.ones(3, 3)]), ValueError, "hstack: sizes differ elsewhere than in dim 1.")]

    def expected(self, xs: Any) -> Any:
        return self.numpy(xs)


class TestVstack(TestHstack):
    op = staticmethod(tg.vstack)
    numpy = staticmethod(np.vstack)
    samples = [sample([(2, 3), (1, 3)]), sample([(3,), (3,)]), sample([(), ()]), sample([(3,), (2, 3)])]
    errors = [(lambda: tg.vstack([x23, x24]), ValueError, "vstack: sizes differ elsewhere than in dim 0.")]


class TestRowStack(TestVstack):
    op = staticmethod(tg.row_stack)
    errors = [(lambda: tg.row_stack([x23, x24]), ValueError, "row_stack: sizes differ elsewhere than in dim 0.")]


class TestDstack(TestHstack):
    op = staticmethod(tg.dstack)
    numpy = staticmethod(np.dstack)
    samples = [sample([(2, 3), (2, 3)]), sample([(3,), (3,)]), sample([(), ()]), sample([(2, 3, 1), (2, 3)])]
    errors = [(lambda: tg.dstack([x23, x24]), ValueError, "dstack: sizes differ elsewhere than in dim 2.")]


class TestColumnStack(TestHstack):
    op = staticmethod(tg.column_stack)
    numpy = staticmethod(np.column_stack)
    samples = [sample([(2, 3), (2,)]), sample([(3,), (3,)]), sample([(), ()]), sample([(2, 3, 2), (2, 1, 2)])]
    errors = [
        (lambda: tg.column_stack([x23, tg.ones(3)]), ValueError, "column_stack: sizes differ elsewhere than in dim 1.")
    ]


class TestMeshgrid(OpTest):
    op = staticmethod(tg.meshgrid)
    samples = [
        sample((2,), (3,)),
        sample((2,), (3,), (4,), indexing="xy"),
        sample([(2,), ()]),
        sample((2,), indexing="xy"),
        sample((), (0,)),
    ]
    errors = [
        (lambda: tg.meshgrid(x23), ValueError, "meshgrid: needs tensors of at most one dimension, tensor 0 is (2, 3)."),
        (lambda: tg.meshgrid(tg.ones(2), indexing="yx"), ValueError, "meshgrid: indexing is 'ij' or 'xy', got 'yx'."),
        (lambda: tg.meshgrid(), ValueError, "meshgrid: needs at least one tensor."),
        (lambda: tg.meshgrid(tg.ones(2), tg.arange(2)), TypeError, "Convert: tensors[1].float()."),
    ]

    def expected(self, *xs: Any, indexing: Any = "ij") -> Any:
        xs = tuple(xs[0]) if isinstance(xs[0], list) else xs
        return tuple(np.meshgrid(*xs, indexing=indexing))


class TestCartesianProd(OpTest):
    op = staticmethod(tg.cartesian_prod)
    samples = [sample((2,), (3,)), sample((2,), (1,), (2,)), sample((3,)), sample((2,), (0,))]
    errors = [
        (
            lambda: tg.cartesian_prod(x23),
            ValueError,
            "cartesian_prod: needs one-dimensional tensors, tensor 0 is (2, 3).",
        )
    ]

    def expected(self, *xs: Any) -> Any:
        return xs[0] if len(xs) == 1 else np.array(list(itertools.product(*xs))).reshape(-1, len(xs))


class TestCombinations(OpTest):
    op = staticmethod(tg.combinations)
    samples = [sample((4,)), sample((3,), 3), sample((3,), 2, True), sample((2,), 3), sample((3,), 1)]
    errors = [
        (lambda: tg.combinations(x23), ValueError, "combinations: needs a one-dimensional tensor, got shape (2, 3)."),
        (lambda: tg.combinations(tg.ones(3), -1), ValueError, "combinations: r must be 0 or more, got -1."),
    ]

    def expected(self, x: Any, r: int = 2, with_replacement: bool = False) -> Any:
        choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
        return np.array(list(choose(x, r))).reshape(-1, r)

    def test_of_none(self) -> None:
        assert tg.combinations(tg.ones(3), 0).shape == (0,)


# ---- one to several -------------------------------------------------------------------------------------------------


class TestUnbind(OpTest):
    op = staticmethod(tg.unbind)
    samples = [sample((2, 3)), sample((2, 3), 1), sample((2, 3), -1), sample((3,)), sample((1, 2)), sample((0, 2))]
    errors = [
        (lambda: tg.unbind(x0), IndexError, "unbind: a 0-d tensor has no axis to take apart."),
        (lambda: tg.unbind(x23, 2), IndexError, "unbind: dim 2 is out of range for a tensor of 2 dimensions"),
    ]

    def expected(self, x: Any, dim: int = 0) -> Any:
        return tuple(np.moveaxis(x, dim, 0))

    def test_iteration_is_unbind(self) -> None:
        x = tg.ones(2, 3, requires_grad=True)
        a, b = x
        (a + 2 * b).sum().backward()
        assert x.grad.tolist() == [[1] * 3, [2] * 3]
        with pytest.raises(TypeError, match="iter: a 0-d tensor"):
            iter(x0)


class TestSplit(OpTest):
    op = staticmethod(tg.split)
    samples = [
        sample((5, 2), 2),
        sample((5, 2), 5),
        sample((5, 2), 7),
        sample((2, 5), [1, 0, 4], 1),
        sample((2, 5), 2, -1),
        sample((0, 2), 2),
        sample((0, 2), 0),
    ]
    errors = [
        (
            lambda: tg.split(x23, [1, 2], 0),
            ValueError,
            "split: sizes [1, 2] do not add up to the size 2 of dim 0, shape (2, 3).",
        ),
        (lambda: tg.split(x23, [3, -1], 0), ValueError, "split: sizes [3, -1] do not add up to the size 2"),
        (lambda: tg.split(x23, 0), ValueError, "split: parts need at least one place, got split_size 0."),
        (lambda: tg.split(x0, 1), ValueError, "split: a 0-d tensor has no axis to split."),
        (lambda: tg.split(x23, 1, 2), IndexError, "split: dim 2 is out of range"),
        (lambda: tg.split(x23, 1.5), TypeError, "split: sizes and dims are ints, got "),
    ]

    def expected(self, x: Any, size: Any, dim: int = 0) -> Any:
        n = x.shape[dim]
        stops = np.cumsum(size)[:-1] if isinstance(size, list) else range(size, n, size) if size else []
        return tuple(np.split(x, stops, dim))

    def test_the_method(self) -> None:
        a, b = x23.split(split_size=2, dim=1)
        assert a.shape == (2, 2) and b.shape == (2, 1)


class TestSplitWithSizes(TestSplit):
    op = staticmethod(tg.split_with_sizes)
    samples = [sample((5, 2), [2, 3]), sample((2, 5), [1, 0, 4], 1)]
    errors = [
        (lambda: tg.split_with_sizes(x23, [1]), ValueError, "split_with_sizes: sizes [1] do not add up to the size 2")
    ]


class TestChunk(OpTest):
    op = staticmethod(tg.chunk)
    samples = [sample((5, 2), 2), sample((5, 2), 7), sample((2, 6), 4, 1), sample((0, 2), 3), sample((2, 4), 1, -1)]
    errors = [
        (lambda: tg.chunk(x23, 0), ValueError, "chunk: needs at least 1 chunk, got 0."),
        (lambda: tg.chunk(x0, 1), ValueError, "chunk: a 0-d tensor has no axis to split."),
        (lambda: tg.chunk(x23, 1, 2), IndexError, "chunk: dim 2 is out of range"),
    ]

    def expected(self, x: Any, chunks: int, dim: int = 0) -> Any:
        n = x.shape[dim]
        if n == 0:
            return (x,) * chunks
        size = -(-n // chunks)
        return tuple(np.split(x, range(size, n, size), dim))


class TestTensorSplit(OpTest):
    op = staticmethod(tg.tensor_split)
    samples = [
        sample((5, 2), 2),
        sample((5, 2), 7),
        sample((2, 5), [1, 3], 1),
        sample((5,), np.array([1, 4])),
        sample((5,), np.array(3)),
        sample((5,), [4, 2]),  # out of order
        sample((5,), [-3, 9]),
        sample((0, 2), 2),
    ]
    errors = [
        (lambda: tg.tensor_split(x23, 0), ValueError, "tensor_split: needs at least 1 section, got 0."),
        (lambda: tg.tensor_split(x0, 1), ValueError, "tensor_split: a 0-d tensor has no axis to split."),
        (
            lambda: tg.tensor_split(x23, tg.tensor(1.5)),
            TypeError,
            "tensor_split: indices_or_sections must be an int, several",
        ),
        (lambda: tg.tensor_split(x23, 1, 2), IndexError, "tensor_split: dim 2 is out of range"),
    ]

    def expected(self, x: Any, where: Any, dim: int = 0) -> Any:
        where = where.tolist() if isinstance(where, np.ndarray) else where
        return tuple(np.array_split(x, where, dim))


class TestHsplit(OpTest):
    op = staticmethod(tg.hsplit)
    numpy: Any = staticmethod(np.hsplit)
    samples = [sample((2, 6), 3), sample((6,), 2), sample((2, 6), [1, 4])]
    errors = [
        (lambda: tg.hsplit(x0, 1), ValueError, "hsplit: needs at least 1 dimension, got a 0-d tensor."),
        (lambda: tg.hsplit(x23, 2), ValueError, "hsplit: 2 equal parts do not fit the size 3 of dim 1, shape (2, 3)."),
        (lambda: tg.hsplit(x23, 0), ValueError, "hsplit: 0 equal parts do not fit the size 3"),
    ]

    def expected(self, x: Any, where: Any) -> Any:
        return tuple(self.numpy(x, where))


class TestVsplit(TestHsplit):
    op = staticmethod(tg.vsplit)
    numpy = staticmethod(np.vsplit)
    samples = [sample((6, 2), 3), sample((6, 2), [1, 4])]
    errors = [
        (lambda: tg.vsplit(tg.ones(3), 1), ValueError, "vsplit: needs at least 2 dimensions, got shape (3,)."),
        (lambda: tg.vsplit(x23, 3), ValueError, "vsplit: 3 equal parts do not fit the size 2 of dim 0, shape (2, 3)."),
    ]


class TestDsplit(TestHsplit):
    op = staticmethod(tg.dsplit)
    numpy = staticmethod(np.dsplit)
    samples = [sample((2, 1, 6), 3), sample((2, 1, 6), [1, 4])]
    errors = [
        (lambda: tg.dsplit(x23, 1), ValueError, "dsplit: needs at least 3 dimensions, got shape (2, 3)."),
        (lambda: tg.dsplit(tg.ones(2, 2, 3), 2), ValueError, "dsplit: 2 equal parts do not fit the size 3 of dim 2"),
    ]


@pytest.mark.parametrize(
    "part", [lambda x: x.split(2), lambda x: x.chunk(2), lambda x: x.unbind(), lambda x: x.tensor_split(2)]
)
def test_parts_share_memory(part: Any) -> None:
    x = tg.zeros(4, 2)
    for y in part(x):
        y.fill_(1)
    assert x.sum() == 8


def test_the_gradient_of_many_parts_is_put_together_once() -> None:
    x = tg.ones(50, 2, requires_grad=True)
    nodes = {y.grad_fn.inputs[0] for y in x.unbind()}
    assert len(nodes) == 1  # one operation above all parts: no zeros of the whole shape per part


def test_an_empty_tensor_among_others_has_an_empty_gradient() -> None:
    x, y = tg.zeros(0, requires_grad=True), tg.ones(2, 3, requires_grad=True)
    for dim in (0, 1):
        z = tg.cat([x, y, tg.zeros(0)], dim)
        assert z.shape == (2, 3)
        gx, gy = tg.autograd.grad((z * z).sum(), (x, y))
        assert gx.shape == (0,) and gy.tolist() == [[2, 2, 2]] * 2
