"""Whole tensors, and parts of them, written."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.indexing import x23
from tests.ops.optest import OpTest, sample


class TestFill(OpTest):
    op = staticmethod(tg.fill)
    samples = [sample((2, 3), 2.5), sample((2, 3), ()), sample((), 1)]
    errors = [
        (lambda: tg.fill(x23, tg.ones(1)), ValueError, "fill: value must be a number or a 0-d tensor, got shape (1,).")
    ]

    def expected(self, x: Any, value: Any) -> Any:
        return np.full_like(x, value)


class TestSelectScatter(OpTest):
    op = staticmethod(tg.select_scatter)
    samples = [sample((2, 3), (3,), 0, 1), sample((2, 3), (2,), -1, -1)]
    errors = [
        (
            lambda: tg.select_scatter(x23, tg.ones(1), 0, 0),
            ValueError,
            "select_scatter: src must have the shape of what it replaces.\n    src   (1,)\n    part  (3,)",
        ),
        (
            lambda: tg.select_scatter(x23, tg.ones(3), 0, 2),
            IndexError,
            "select_scatter: index 2 is out of range for dim 0 of size 2",
        ),
    ]

    def expected(self, x: Any, src: Any, dim: int, index: int) -> Any:
        out = x.copy()
        np.moveaxis(out, dim, 0)[index] = src
        return out


class TestSliceScatter(OpTest):
    op = staticmethod(tg.slice_scatter)
    samples = [
        sample((4, 3), (2, 3), 0, 1, 3),
        sample((4, 3), (4, 2), 1, 0, 3, 2),
        sample((4, 3), (4, 3)),
        sample((4, 3), (1, 3), start=-1),
    ]
    errors = [
        (
            lambda: tg.slice_scatter(x23, x23, 0, 1),
            ValueError,
            "slice_scatter: src must have the shape of what it replaces.",
        ),
        (lambda: tg.slice_scatter(x23, x23, step=0), ValueError, "slice_scatter: step must be at least 1, got 0."),
    ]

    def expected(self, x: Any, src: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
        out = x.copy()
        np.moveaxis(out, dim, 0)[start:end:step] = np.moveaxis(src, dim, 0)
        return out


class TestAsStridedScatter(OpTest):
    op = staticmethod(tg.as_strided_scatter)
    torch_gradient = False  # PyTorch's is that of the elements replaced, not of the others
    samples = [
        sample((3, 3), (2, 2), [2, 2], [1, 4]),
        sample((6,), (3,), [3], [2], 1),
        sample((2, 3), (2, 3), [2, 3], [3, 1]),
    ]
    errors = [
        (
            lambda: tg.as_strided_scatter(x23, x23, (2, 2), (1, 2)),
            ValueError,
            "as_strided_scatter: src must have the shape of what it replaces.",
        ),
        (lambda: tg.as_strided_scatter(x23, x23, (9,), (9,)), ValueError, "as_strided_scatter: sizes (9,), strides (9,)"),
    ]

    def expected(self, x: Any, src: Any, size: Any, stride: Any, offset: int = 0) -> Any:
        out = x.copy()
        places = offset + sum(np.ix_(*[np.arange(n) * s for n, s in zip(size, stride)]))
        out.reshape(-1)[places.reshape(-1)] = src.reshape(-1)
        return out


class TestDiagonalScatter(OpTest):
    op = staticmethod(tg.diagonal_scatter)
    samples = [
        sample((3, 3), (3,)),
        sample((3, 4), (2,), 2),
        sample((3, 4), (2,), -1),
        sample((2, 3, 3), (2, 3), 0, 1, 2),
    ]
    errors = [
        (
            lambda: tg.diagonal_scatter(x23, tg.ones(3)),
            ValueError,
            "diagonal_scatter: src must have the shape of what it replaces.",
        )
    ]

    def expected(self, x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        places = np.arange(x.size).reshape(x.shape).diagonal(offset, dim1, dim2)
        out = x.copy()
        out.reshape(-1)[places] = src
        return out


class TestWholeTensors:
    def test_fill_diagonal(self) -> None:
        x = tg.zeros(3, 4)
        assert x.fill_diagonal_(2) is x and x.tolist() == np.eye(3, 4).__mul__(2).tolist()
        tall = np.zeros((7, 2))
        np.fill_diagonal(tall, 5, wrap=True)
        assert tg.zeros(7, 2).fill_diagonal_(5, wrap=True).tolist() == tall.tolist()
        assert tg.zeros(3, 3, 3).fill_diagonal_(1).sum() == 3
        y = tg.zeros(4, 3).T
        y.fill_diagonal_(1.0)
        assert y.tolist() == np.eye(3, 4).tolist()
        w = tg.ones(2, 2, requires_grad=True)
        (w * 1).fill_diagonal_(0.0).sum().backward()
        assert w.grad.tolist() == [[0, 1], [1, 0]]
        with pytest.raises(ValueError, match="fill_diagonal_: needs a matrix, or more axes that are equal"):
            tg.zeros(2, 2, 3).fill_diagonal_(1)

    def test_copy_broadcasts_and_casts(self) -> None:
        x = tg.zeros(2, 3, dtype=tg.int64)
        assert x.copy_(tg.tensor([1.9, -1.9, 0.0])) is x
        assert x.tolist() == [[1, -1, 0]] * 2
        x.copy_(np.ones(3), non_blocking=True)
        assert x.sum() == 6
        for bad in (tg.ones(2), tg.ones(1, 2, 3)):
            with pytest.raises(
                ValueError, match=re.escape("copy_: the value does not broadcast to what it is written to.")
            ):
                x.copy_(bad)
        with pytest.raises(TypeError, match="copy_: src must be a Tensor, got list"):
            x.copy_([1])

    def test_copy_sends_its_gradient_to_the_source(self) -> None:
        w = tg.ones(3, dtype=tg.float64, requires_grad=True)
        x = tg.zeros(2, 3).copy_(w)
        (x * 2).sum().backward()
        assert w.grad.tolist() == [4] * 3 and w.grad.dtype is tg.float64

    def test_a_copy_of_a_leaf_is_not_the_leaf(self) -> None:
        w = tg.ones(2, requires_grad=True)
        x = tg.zeros(2).copy_(w)
        x.retain_grad()
        (3 * x).sum().backward()
        assert x.grad.tolist() == w.grad.tolist() == [3, 3] and not x.is_leaf
        assert tg.autograd.grad((w * 1).sum(), x, allow_unused=True) == (None,)

    def test_fill_and_zero(self) -> None:
        x = tg.ones(2, dtype=tg.int64)
        assert x.fill_(2.5).tolist() == [2, 2] and x.zero_().tolist() == [0, 0]
        v = tg.tensor(2.0, requires_grad=True)
        tg.zeros(3).fill_(v).sum().backward()
        assert v.grad == 3
        with pytest.raises(ValueError, match="fill_: value must be a number or a 0-d tensor, got shape"):
            x.fill_(tg.ones(2))
        y = tg.zeros(1, dtype=tg.float64, requires_grad=True) * 1
        assert y.fill_(0.1).item() == 0.1  # not 0.1 in float32

    def test_resize(self) -> None:
        x = tg.arange(6)
        assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
        assert tg.ones(1).resize_as_(x).shape == (2, 2)
        assert x.resize_((2, 4)).shape == (2, 4) and x[0].tolist() == [0, 1, 2, 3]
        with pytest.raises(ValueError, match=re.escape("resize_: sizes must be 0 or more, got (-1,).")):
            x.resize_(-1)
        with pytest.raises(RuntimeError, match="resize_: a tensor that requires grad cannot be resized"):
            tg.ones(2, requires_grad=True).resize_(3)

    def test_set_gives_a_tensor_other_memory(self) -> None:
        x, y = tg.zeros(2), tg.ones(3)
        assert x.set_(y) is x and x.tolist() == [1, 1, 1]
        y.add_(1)
        assert x.tolist() == [2, 2, 2] and x._version == y._version
        assert x.set_().shape == (0,)
        with pytest.raises(TypeError, match=r"source  tensorgrad.int64\nConvert: source.float"):
            x.set_(tg.arange(3))

    def test_who_saved_the_old_memory_sees_that_it_is_gone(self) -> None:
        w = tg.ones(2, requires_grad=True)
        for change in (lambda x: x.set_(tg.ones(2)), lambda x: x.resize_(2), lambda x: x.t_()):
            x = tg.zeros(2)
            y = (w * x).sum()
            change(x)
            with pytest.raises(RuntimeError, match="backward through mul: a value it saved"):
                y.backward()


def test_numbers_out_of_range() -> None:
    for dtype, bad in (
        (tg.uint8, 256),
        (tg.uint8, -256),
        (tg.int64, float("nan")),
        (tg.int8, 1e9),
        (tg.float16, -1e6),
        (tg.float32, 1e39),
    ):
        x = tg.zeros(2, dtype=dtype)
        for write in (x.fill_, lambda v, x=x: x.__setitem__(0, v), lambda v, x=x: x.__setitem__([0], v)):
            with pytest.raises(ValueError, match=r"is outside of the range of tensorgrad\."):
                write(bad)
        assert x.sum() == 0
    assert tg.zeros(1, dtype=tg.uint8).fill_(-1).item() == 255
    assert tg.zeros(1, dtype=tg.float16).fill_(float("inf")).item() == float("inf")
    assert tg.zeros(1, dtype=tg.bool).fill_(7).item() is True
    assert tg.zeros(1, dtype=tg.float64).fill_(1e300).item() == 1e300
