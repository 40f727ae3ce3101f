"""Masks."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tests.ops.indexing import i_, x23, yes
from tests.ops.optest import OpTest, sample


class TestMaskedFill(OpTest):
    op = staticmethod(tg.masked_fill)
    samples = [
        sample((2, 3), yes, 2.5),
        sample((3,), np.arange(6).reshape(2, 3) > 2, -1.0),
        sample((2, 3), np.arange(6).reshape(2, 3) > 2, ()),
        sample((), i_(True), 1.0),
        sample((0, 3), yes, 1.0),
    ]
    errors = [
        (lambda: tg.masked_fill(x23, x23, 0.0), TypeError, "masked_fill: mask must be bool, got float32."),
        (
            lambda: tg.masked_fill(x23, x23 > 0, tg.ones(1)),
            ValueError,
            "masked_fill: value must be a number or a 0-d tensor, got shape (1,).",
        ),
        (
            lambda: tg.masked_fill(x23, tg.tensor([True, False]), 0.0),
            ValueError,
            "masked_fill: these shapes do not broadcast.",
        ),
        (
            lambda: tg.masked_fill(tg.tensor([1], dtype=tg.uint8), tg.tensor([True]), 300),
            ValueError,
            "masked_fill: 300 is outside of the range of tensorgrad.uint8, 0 to 255.",
        ),
        (
            lambda: tg.ones(3).masked_fill_(tg.ones(2, 3) > 0, 0.0),
            ValueError,
            "masked_fill_: in place, the mask must broadcast to the tensor's shape.",
        ),
    ]

    def expected(self, x: Any, mask: Any, value: Any) -> Any:
        return np.where(mask, value, x)

    def test_dtypes(self) -> None:
        m = tg.tensor([True, False])
        assert tg.tensor([1, 1]).masked_fill(m, 2.5).tolist() == [2, 1]
        assert tg.tensor([True, True]).masked_fill(m, 0.0).tolist() == [False, True]
        assert tg.ones(2).masked_fill(m, float("-inf"))[0] == float("-inf")
        assert tg.ones(2).masked_fill(m, tg.tensor(3)).dtype is tg.float32

    def test_in_place(self) -> None:
        x, v = tg.zeros(2, 3), tg.tensor(2.0, requires_grad=True)
        assert x.masked_fill_(tg.tensor(yes), v) is x
        x.sum().backward()
        assert x.sum() == 8 and v.grad == 4


class TestMaskedSelect(OpTest):
    op = staticmethod(tg.masked_select)
    samples = [
        sample((2, 3), yes),
        sample((3,), np.arange(6).reshape(2, 3) > 2),
        sample((), i_(True)),
        sample((2, 3), np.zeros((2, 3), bool)),
    ]
    errors = [
        (lambda: tg.masked_select(x23, x23), TypeError, "masked_select: mask must be bool, got float32."),
        (
            lambda: tg.masked_select(x23, tg.tensor([True, False])),
            ValueError,
            "masked_select: these shapes do not broadcast.",
        ),
    ]

    def expected(self, x: Any, mask: Any) -> Any:
        x, mask = np.broadcast_arrays(x, mask)
        return x[mask]


class TestMaskedScatter(OpTest):
    op = staticmethod(tg.masked_scatter)
    samples = [
        sample((3,), yes, (2,)),
        sample((2, 3), yes, (3, 2)),
        sample((3,), np.arange(6).reshape(2, 3) > 2, (4,)),
        sample((), i_(True), (1,)),
        sample((2,), i_([False, False]), (0,)),
    ]
    errors = [
        (
            lambda: tg.masked_scatter(x23, x23 > 0, tg.ones(5)),
            ValueError,
            "masked_scatter: source has 5 elements, the mask asks for 6.",
        ),
        (
            lambda: tg.masked_scatter(x23, x23 > 0, tg.arange(6)),
            TypeError,
            "Convert: source.float().",
        ),
        (
            lambda: tg.ones(3).masked_scatter_(x23 > 0, tg.ones(6)),
            ValueError,
            "masked_scatter_: in place, the mask must broadcast",
        ),
    ]

    def expected(self, x: Any, mask: Any, source: Any) -> Any:
        x, mask = (a.copy() for a in np.broadcast_arrays(x, mask))
        x[mask] = source.ravel()[: mask.sum()]
        return x

    def test_in_place(self) -> None:
        x, w = tg.zeros(3), tg.arange(1.0, 4.0).requires_grad_()
        assert x.masked_scatter_(tg.tensor(yes), w) is x
        x.sum().backward()
        assert x.tolist() == [1, 0, 2] and w.grad.tolist() == [1, 1, 0]
