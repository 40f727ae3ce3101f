"""Comparisons, logic, and questions about numbers."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import OpTest, sample

NAN, INF = math.nan, math.inf
whole = np.array([[-2, 0, 1], [3, 3, 5]])
odd = np.array([NAN, INF, -INF, -0.0, 0.0, 1.5])
mask = np.array([True, False, True])


class Comparison(OpTest):
    differentiable = False
    samples = [
        sample((3, 4), (3, 4)),
        sample((2, 1, 3), (4, 1)),
        sample((), (3,)),
        sample((0, 2), (1, 2)),
        sample((3,), 0.5),
        sample(whole, 3),
        sample(whole, 0.5),
        sample(whole, np.array([0, 3, 5])),
        sample(mask, np.array([[True], [False]])),
        sample(odd, odd),
        sample(odd, 0.0),
    ]

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        cls.errors = [
            (
                lambda: cls.op(tg.ones(2, 3), tg.ones(4)),
                ValueError,
                f"{name}: these shapes do not broadcast.\n    input  (2, 3)\n    other  (4,)",
            ),
            (lambda: cls.op(tg.ones(2), "x"), TypeError, f"{name}: "),
        ]


class TestEq(Comparison):
    op = staticmethod(tg.eq)
    expected = staticmethod(np.equal)


class TestNe(Comparison):
    op = staticmethod(tg.ne)
    aliases = ["not_equal"]
    expected = staticmethod(np.not_equal)


class TestLt(Comparison):
    op = staticmethod(tg.lt)
    aliases = ["less"]
    expected = staticmethod(np.less)


class TestLe(Comparison):
    op = staticmethod(tg.le)
    aliases = ["less_equal"]
    expected = staticmethod(np.less_equal)


class TestGt(Comparison):
    op = staticmethod(tg.gt)
    aliases = ["greater"]
    expected = staticmethod(np.greater)


class TestGe(Comparison):
    op = staticmethod(tg.ge)
    aliases = ["greater_equal"]
    expected = staticmethod(np.greater_equal)


class Logic(Comparison):
    samples = [s for s in Comparison.samples if all(isinstance(a, (tuple, np.ndarray)) for a in s.args)]


class TestLogicalAnd(Logic):
    op = staticmethod(tg.logical_and)
    expected = staticmethod(np.logical_and)


class TestLogicalOr(Logic):
    op = staticmethod(tg.logical_or)
    expected = staticmethod(np.logical_or)


class TestLogicalXor(Logic):
    op = staticmethod(tg.logical_xor)
    expected = staticmethod(np.logical_xor)


class Question(OpTest):
    differentiable = False
    samples = [sample((3, 4)), sample(()), sample((0, 2)), sample(odd), sample(whole), sample(mask)]

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        cls.errors = [(lambda: cls.op("x"), TypeError, f"{cls.op.__name__}: input must be a Tensor, got str.")]


class TestLogicalNot(Question):
    op = staticmethod(tg.logical_not)
    expected = staticmethod(np.logical_not)


class TestIsnan(Question):
    op = staticmethod(tg.isnan)
    expected = staticmethod(np.isnan)


class TestIsinf(Question):
    op = staticmethod(tg.isinf)
    expected = staticmethod(np.isinf)


class TestIsfinite(Question):
    op = staticmethod(tg.isfinite)
    expected = staticmethod(np.isfinite)


class TestIsposinf(Question):
    op = staticmethod(tg.isposinf)

    def expected(self, x: Any) -> Any:
        return x == INF


class TestIsneginf(Question):
    op = staticmethod(tg.isneginf)

    def expected(self, x: Any) -> Any:
        return x == -INF


class TestIsreal(Question):
    op = staticmethod(tg.isreal)

    def expected(self, x: Any) -> Any:
        return np.ones(x.shape, bool)


class TestSignbit(Question):
    op = staticmethod(tg.signbit)

    def expected(self, x: Any) -> Any:
        return np.signbit(x) if x.dtype.kind == "f" else x < 0


class TestIsclose(OpTest):
    op = staticmethod(tg.isclose)
    differentiable = False
    samples = [
        sample((3, 4), (3, 4)),
        sample((2, 1), (3,), atol=1.0),
        sample((), (), rtol=1.0),
        sample(odd, odd),
        sample(odd, odd, equal_nan=True),
        sample(odd, odd, rtol=0, atol=0),
        sample(whole / 4, np.roll(whole, 1) / 4, rtol=0, atol=1),
        sample(whole / 4, np.roll(whole, 1) / 4, rtol=1, atol=0),
        sample((36, 1), (1, 37), rtol=0, atol=1),
        sample(np.array([1.0, INF, 100.0]), np.array([1.0 + 1e-7, -INF, 100.01])),
        sample(whole, whole + 1, rtol=0.3),
        sample((0,), (0,)),
    ]
    errors = [
        (
            lambda: tg.isclose(tg.ones(1), tg.tensor([1])),
            TypeError,
            "isclose: needs operands of one dtype.\n    input  tensorgrad.float32\n    other  tensorgrad.int64",
        ),
        (lambda: tg.isclose(tg.ones(1), tg.ones(1), rtol=-1), ValueError, "isclose: rtol and atol must not be negative"),
        (lambda: tg.isclose(tg.ones(2), tg.ones(3)), ValueError, "isclose: these shapes do not broadcast."),
    ]

    def expected(self, x: Any, z: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
        return np.isclose(x.astype(float), z.astype(float), rtol, atol, equal_nan)


class Whole(OpTest):
    """Functions of whole tensors whose result is a Python bool."""

    differentiable = False

    def test_value(self, case: int) -> None:  # type: ignore[override]
        args, kwargs = self.arguments(case)
        got = self.call(args, kwargs)[1]
        assert type(got) is bool and got == self.expected(*args, **kwargs)


class TestAllclose(Whole):
    op = staticmethod(tg.allclose)
    samples = [
        sample((3, 4), (3, 4)),
        sample(np.ones(3), np.ones(3) + 1e-7),
        sample(np.ones(3), np.ones(3) + 1e-3),
        sample(np.ones(3), np.ones(3) + 0.5, atol=1.0),
        sample(odd, odd, equal_nan=True),
        sample(odd, odd),
        sample((0,), (0,)),
    ]
    errors = [(lambda: tg.allclose(tg.ones(2), tg.ones(3)), ValueError, "allclose: these shapes do not broadcast.")]
    expected = staticmethod(np.allclose)


class TestEqual(Whole):
    op = staticmethod(tg.equal)
    samples = [
        sample((3, 4), (3, 4)),
        sample(np.ones(3), np.ones(3)),
        sample(np.ones(3), np.ones((1, 3))),
        sample(np.ones(3), np.ones(3, int)),
        sample(odd, odd),
        sample(np.zeros((0, 2)), np.zeros((0, 2))),
    ]
    errors = [(lambda: tg.equal(tg.ones(2), None), TypeError, "equal: other must be a Tensor, got NoneType.")]
    expected = staticmethod(np.array_equal)


class TestIsSameSize(Whole):
    op = staticmethod(tg.is_same_size)
    samples = [sample((3, 4), (3, 4)), sample((3,), (1, 3)), sample((), ())]

    def expected(self, x: Any, z: Any) -> bool:
        return x.shape == z.shape


class TestIsin(OpTest):
    op = staticmethod(tg.isin)
    differentiable = False
    layouts = False
    samples = [
        sample(whole, np.array([3, 0])),
        sample(whole, np.array([3, 0]), invert=True),
        sample(np.array([1, 2, 3]), np.array([3, 7]), assume_unique=True),
        sample(whole, 3),
        sample(3, whole),
        sample(np.array([1.0, 2.0]), np.array([2])),
        sample(np.zeros((0,)), np.array([1.0])),
    ]
    errors = [(lambda: tg.isin("x", tg.ones(1)), TypeError, "isin: each operand must be a Tensor, got str.")]

    def expected(self, x: Any, z: Any, assume_unique: bool = False, invert: bool = False) -> Any:
        return np.isin(x, z, assume_unique=assume_unique, invert=invert)


class TestOperators:
    x = tg.tensor([1.0, 2.0, 3.0])

    @pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge"])
    @pytest.mark.parametrize(
        "other", [2, 2.0, True, np.float32(2), np.array([2.0, 2.0, 4.0]), tg.tensor([2, 2, 2]), tg.tensor(2.0)], ids=repr
    )
    def test_with_numbers_arrays_and_tensors(self, name: str, other: Any) -> None:
        op = getattr(operator, name)
        plain = other.array if isinstance(other, tg.Tensor) else other
        for got, want in ((op(self.x, other), op(self.x.array, plain)), (op(other, self.x), op(plain, self.x.array))):
            assert type(got) is tg.Tensor and got.dtype is tg.bool
            np.testing.assert_array_equal(got.array, want)

    @pytest.mark.parametrize("other", [None, "2", [1.0, 2.0, 3.0], object()], ids=["None", "text", "list", "object"])
    def test_with_something_else(self, other: Any) -> None:
        assert (self.x == other) is False and (self.x != other) is True
        with pytest.raises(TypeError):
            self.x < other  # noqa: B015

    def test_results_are_constants(self) -> None:
        w = tg.ones(2, requires_grad=True)
        assert not (w > 0).requires_grad and not (w == w).requires_grad

    def test_tensors_are_found_by_identity(self) -> None:
        z = tg.tensor([1.0, 2.0, 3.0])
        assert {self.x: "x", z: "z"}[z] == "z" and len({self.x, z, self.x}) == 2
        assert 2 in self.x and 5 not in self.x

    def test_in_place(self) -> None:
        x = tg.tensor([1.0, 2.0, 3.0])
        assert x.gt_(1).tolist() == [0, 1, 1] and x.dtype is tg.float32
        assert x.logical_xor_(tg.tensor([1, 1, 0])).tolist() == [1, 0, 1]
        assert x.eq_(tg.tensor([1, 1, 1])).tolist() == [1, 0, 1]
