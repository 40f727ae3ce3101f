"""Arithmetic, functions of one and two numbers, choices."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor
from tests.ops.optest import F, OpTest, sample

TESTED = [tg.resolve_conj, tg.resolve_neg, tg.is_conj, tg.is_neg]  # in TestConj

T = tg.Tensor
NAN, INF = math.nan, math.inf
SHAPES = [sample((3, 4)), sample(()), sample((0, 2)), sample((31,))]
PAIRS = [sample((3, 4), (3, 4)), sample((2, 1, 3), (4, 1)), sample((), (3,)), sample((0, 2), (1, 2)), sample((), ())]
whole = np.array([[-7, -2, -1, 0], [1, 2, 5, 9]])
mask = np.array([True, False, True])


class Unary(OpTest):
    """A function of one number: the samples, and what it says to a word instead of a tensor."""

    samples = SHAPES

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        refused = (lambda: cls.op("x"), TypeError, f"{name}: input must be a Tensor, got str.")
        cls.errors = [refused, *cls.__dict__.get("errors", [])]


class OfTwo(OpTest):
    """A function of two: broadcasting, and what it says to shapes that do not broadcast."""

    samples = PAIRS
    dtype = tg.float32

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        x, z = tg.ones(2, 3, dtype=cls.dtype), tg.ones(4, dtype=cls.dtype)
        apart = (lambda: cls.op(x, z), ValueError, f"{name}: these shapes do not broadcast.\n")
        refused = (lambda: cls.op(tg.ones(2), "x"), TypeError, f"{name}: ")
        cls.errors = [apart, refused, *cls.__dict__.get("errors", [])]


# ---- arithmetic -----------------------------------------------------------------------------------------------------


class TestAdd(OfTwo):
    op = staticmethod(tg.add)
    samples = [*PAIRS, sample((3,), 2), sample((3,), (3,), alpha=-0.5), sample(whole, whole, alpha=2)]
    errors = [
        (
            lambda: tg.add(tg.ones(2, 3), tg.ones(2)),
            ValueError,
            "add: these shapes do not broadcast.\n    input  (2, 3)\n    other  (2,)\nCounted from the right, sizes must be",
        ),
        (lambda: tg.ones(2) + "x", TypeError, "add: each operand must be a Tensor, got str. Make one with tensorgrad.tensor"),
        (lambda: tg.add(tg.tensor([1]), 2, alpha=0.5), TypeError, "add: alpha must be a whole number for integer tensors"),
    ]

    def expected(self, x: Any, z: Any, alpha: Any = 1) -> Any:
        return x + alpha * z


class TestSub(OfTwo):
    op = staticmethod(tg.sub)
    aliases = ["subtract"]
    samples = [*PAIRS, sample((3,), 2), sample((3,), (3,), alpha=-0.5), sample(whole, 3)]
    errors = [
        (lambda: tg.tensor([True]) - tg.tensor([False]), TypeError, "sub: not for bool tensors. The difference of two masks"),
        (lambda: tg.tensor([True]) - 1, TypeError, "sub: not for bool tensors."),
        (lambda: tg.tensor([1.0]) - True, TypeError, "sub: not for bool tensors."),
        (lambda: tg.sub(tg.tensor([1]), 2, alpha=0.5), TypeError, "sub: alpha must be a whole number for integer tensors"),
    ]

    def expected(self, x: Any, z: Any, alpha: Any = 1) -> Any:
        return x - alpha * z


class TestRsub(OfTwo):
    op = staticmethod(tg.rsub)
    samples = [*PAIRS, sample((3,), 2.5), sample((3,), (3,), alpha=2)]

    def expected(self, x: Any, z: Any, alpha: Any = 1) -> Any:
        return z - alpha * x


TestRsub.errors = [(lambda: tg.rsub(tg.ones(2), "x"), TypeError, "sub: each operand must be a Tensor, got str.")]


class TestMul(OfTwo):
    op = staticmethod(tg.mul)
    aliases = ["multiply"]
    samples = [*PAIRS, sample((3,), 2), sample(-1.5, (3,)), sample(whole, whole)]

    def expected(self, x: Any, z: Any) -> Any:
        return x * z


class TestDiv(OfTwo):
    op = staticmethod(tg.div)
    aliases = ["divide"]
    low, high = 0.5, 3.0
    samples = [
        *PAIRS,
        sample((3,), 2),
        sample(2.0, (3,)),
        sample((3,), (3,), rounding_mode="floor"),
        sample((3,), (3,), rounding_mode="trunc"),
        sample((3,), -0.7, rounding_mode="trunc"),
        sample(whole, 3, rounding_mode="floor"),
        sample(whole, -3, rounding_mode="trunc"),
        sample(whole, np.array([2, -3, 4, 5]), rounding_mode="trunc"),
    ]
    errors = [
        (
            lambda: tg.div(tg.ones(2), 2, rounding_mode="up"),
            ValueError,
            "div: rounding_mode must be None, \"trunc\" or \"floor\", got 'up'.",
        ),
        (
            lambda: tg.div(tg.tensor([1]), 0, rounding_mode="floor"),
            ValueError,
            "div: ZeroDivisionError: an integer has been divided by 0",
        ),
    ]

    def expected(self, x: Any, z: Any, rounding_mode: str | None = None) -> Any:
        if rounding_mode is None:
            return x / z
        q = np.floor(x / z) if rounding_mode == "floor" else np.trunc(x / z)
        return q.astype(x.dtype)


class TestTrueDivide(OfTwo):
    op = staticmethod(tg.true_divide)
    low, high = 0.5, 3.0

    def expected(self, x: Any, z: Any) -> Any:
        return x / z


TestTrueDivide.errors = [(lambda: tg.true_divide(tg.ones(2), "x"), TypeError, "true_divide: each operand must be a Tensor")]


class TestFloorDivide(OfTwo):
    op = staticmethod(tg.floor_divide)
    torch_gradient = False  # PyTorch has none; here it is 0, as that of div with a rounding mode is in both
    samples = [sample((3, 4), F((4,), 0.5, 2.0)), sample((3,), -0.7), sample(whole, 3), sample(whole, np.array([-2, 3, 4, -5]))]
    errors = [
        (lambda: tg.tensor([1, 2]) // 0, ValueError, "floor_divide: ZeroDivisionError: an integer has been divided by 0"),
        (lambda: tg.tensor([1, 2]) // tg.tensor([1, 0]), ValueError, "floor_divide: ZeroDivisionError"),
        (lambda: tg.tensor([True]) // True, TypeError, "floor_divide: not for bool tensors."),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return x // z


class TestRemainder(OfTwo):
    op = staticmethod(tg.remainder)
    samples = [
        sample((3, 4), F((4,), 0.5, 2.0)),
        sample((3,), F((2, 1), -2.0, -0.5)),
        sample((3,), -0.7),
        sample(whole, 3),
        sample(whole, np.array([-2, 3, 4, -5])),
    ]
    errors = [
        (lambda: tg.tensor([1]) % 0, ValueError, "remainder: ZeroDivisionError: an integer has been divided by 0"),
        (lambda: tg.tensor([True]) % True, TypeError, "remainder: not for bool tensors."),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return x % z


class TestFmod(OfTwo):
    op = staticmethod(tg.fmod)
    samples = [sample((3, 4), F((4,), 0.5, 2.0)), sample((3,), -0.7), sample(whole, 3), sample(whole, np.array([-2, 3, 4, -5]))]
    errors = [
        (lambda: tg.fmod(tg.tensor([1]), 0), ValueError, "fmod: ZeroDivisionError: an integer has been divided by 0"),
        (lambda: tg.fmod(tg.tensor([True]), True), TypeError, "fmod: not for bool tensors."),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return np.fmod(x, z)


class TestPow(OfTwo):
    op = staticmethod(tg.pow)
    low, high = 0.2, 2.0
    samples = [
        *PAIRS,
        *[sample((3,), e) for e in (0, 1, 2, 3, 5, -1, -2, 0.5, -0.5, 2.7)],
        sample(F((3,), -2, -1), 3),
        sample(F((3,), -2, -1), np.array([2, 3, 0])),
        sample(2, F((3,), -1, 1)),
        sample(2.5, F((), -1, 1)),
        sample(whole, 3),
        sample(3, np.array([0, 1, 2])),
    ]
    errors = [
        (
            lambda: tg.tensor([2]) ** -1,
            ValueError,
            "pow: integers to a negative integer power (-1) are not whole. Convert the tensor to a floating dtype",
        ),
        (
            lambda: tg.tensor([2], dtype=tg.uint8) ** 300,
            ValueError,
            "pow: 300 is outside of the range of tensorgrad.uint8, 0 to 255.",
        ),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return x**z


class TestFloatPower(OpTest):
    op = staticmethod(tg.float_power)
    low, high = 0.5, 2.0
    samples = [sample((3,), 2, ), sample((2, 1), (3,)), sample(np.array([1, 2, 3]), 0.5), sample(2, (3,))]
    errors = [
        (lambda: tg.float_power(tg.ones(2), tg.ones(3)), ValueError, "float_power: these shapes do not broadcast."),
        (lambda: tg.float_power(tg.ones(2), "x"), TypeError, "float_power: input must be a Tensor, got str."),
    ]

    @pytest.mark.parametrize("dtype", ["float64"])  # the result is float64 whatever comes in
    def test_value(self, case: int, dtype: str) -> None:
        super().test_value(case, dtype)

    def expected(self, x: Any, z: Any) -> Any:
        return np.float64(1) * x**z

    def test_in_place_only_in_float64(self) -> None:
        x = tg.tensor([2.0, 3.0], dtype=tg.float64)
        assert x.float_power_(2) is x and x.tolist() == [4, 9]
        with pytest.raises(TypeError, match="float_power_: the result is float64 and does not fit into a tensor of"):
            tg.ones(2).float_power_(2)

    def test_dtype(self) -> None:
        assert tg.float_power(tg.ones(2), 2).dtype is tg.float64 and tg.float_power(2, tg.tensor([1, 2])).dtype is tg.float64
        x = tg.ones(2, requires_grad=True)
        tg.float_power(x, 3).sum().backward()
        assert x.grad.dtype is tg.float32 and x.grad.tolist() == [3, 3]


class TestSquare(Unary):
    op = staticmethod(tg.square)
    samples = [*SHAPES, sample(whole)]
    expected = staticmethod(np.square)


TestSquare.errors = [(lambda: tg.square("x"), TypeError, "square: input must be a Tensor, got str.")]


class TestNeg(Unary):
    op = staticmethod(tg.neg)
    aliases = ["negative"]
    samples = [*SHAPES, sample(whole)]
    errors = [(lambda: -tg.tensor([True]), TypeError, "neg: not for bool tensors. The opposite of a mask is ~x")]
    expected = staticmethod(np.negative)


class TestPositive(Unary):
    op = staticmethod(tg.positive)
    samples = [*SHAPES, sample(whole)]
    errors = [(lambda: +tg.tensor([True]), TypeError, "positive: not for bool tensors.")]
    expected = staticmethod(np.positive)


class TestDivisionSigns:
    """The sign rules of //, % and fmod, place by place, as Python and C have them."""

    x, z = tg.tensor([7, -7, 7, -7]), tg.tensor([2, 2, -2, -2])

    def test_integers(self) -> None:
        assert (self.x // self.z).tolist() == [7 // 2, -7 // 2, 7 // -2, -7 // -2]
        assert (self.x % self.z).tolist() == [7 % 2, -7 % 2, 7 % -2, -7 % -2]
        assert tg.fmod(self.x, self.z).tolist() == [1, -1, 1, -1]
        assert tg.div(self.x, self.z, rounding_mode="trunc").tolist() == [3, -3, -3, 3]

    def test_floats(self) -> None:
        x, z = self.x.float() / 2, self.z.float()
        assert (x // z).tolist() == [1, -2, -2, 1]
        assert (x % z).tolist() == [1.5, 0.5, -0.5, -1.5]
        assert tg.fmod(x, z).tolist() == [1.5, -1.5, 1.5, -1.5]

    def test_a_zero_remainder_keeps_the_sign_of_the_dividend(self) -> None:
        r = tg.remainder(tg.tensor([-4.0, 4.0, -0.0]), tg.tensor([2.0, -2.0, 3.0]))
        assert tg.signbit(r).tolist() == [True, False, True]

    def test_nothing_divided_by_zero(self) -> None:
        x = tg.zeros(0, 3, dtype=tg.int64)
        assert (x // 0).shape == (0, 3) and (x % tg.tensor([1, 0, 2])).shape == (0, 3)

    def test_numbers_that_do_not_fit_the_integers_they_divide(self) -> None:
        assert (tg.tensor([1], dtype=tg.uint8) / -1).tolist() == [-1]

    def test_floating_division_by_zero(self) -> None:
        x = tg.tensor([1.0, -1.0, 0.0])
        np.testing.assert_array_equal((x / 0).array, [INF, -INF, NAN])
        np.testing.assert_array_equal((x // 0).array, [INF, -INF, NAN])
        assert (x % 0).isnan().all()

    def test_towards_infinity(self) -> None:
        np.testing.assert_array_equal((tg.tensor([5.0, -5.0]) % INF).array, [5, INF])
        np.testing.assert_array_equal((tg.tensor([5.0, -5.0]) // INF).array, [0, -1])


class TestPowers:
    def test_integer_tensors_to_negative_powers_are_rounded_towards_zero(self) -> None:
        assert (tg.tensor([2, 1, -1, 0, 3]) ** tg.tensor([-1, -1, -3, -1, 2])).tolist() == [0, 1, -1, 0, 9]
        assert (2 ** tg.tensor([1, -1, 3])).tolist() == [2, 0, 8]
        assert (tg.tensor(-1, dtype=tg.int8) ** tg.tensor(-2, dtype=tg.int8)).item() == 1

    def test_bools(self) -> None:
        assert (tg.tensor([True, False]) ** True).tolist() == [True, False]
        assert (tg.tensor([True, False]) ** tg.tensor([False, False])).tolist() == [True, True]
        assert (tg.tensor([True]) ** 2).dtype is tg.int64

    def test_gradients_where_the_base_is_zero(self) -> None:
        x = tg.tensor([0.0, 0.0, 0.0, 2.0], requires_grad=True)
        z = tg.tensor([0.0, 1.0, 2.0, 0.0], requires_grad=True)
        (x**z).sum().backward()
        assert x.grad.tolist() == [0, 1, 0, 0]
        np.testing.assert_allclose(z.grad.array, [0, 0, 0, math.log(2)], rtol=1e-6)
        z = tg.tensor([0.0, 1.0, -1.0], requires_grad=True)
        (0.0**z).sum().backward()
        np.testing.assert_array_equal(z.grad.array, [0, 0, -INF])
        (g,) = tg.autograd.grad((2.0**z).sum(), z)
        np.testing.assert_allclose(g.array, 2.0**z.array * math.log(2), rtol=1e-6)
        (g,) = tg.autograd.grad(((-2.0) ** z).sum(), z)
        assert g.isnan().all()

    def test_the_reciprocal_root_of_minus_zero(self) -> None:
        np.testing.assert_array_equal((tg.tensor([-0.0, 0.0, -1.0]) ** -0.5).array, [-INF, INF, NAN])

    def test_to_the_zeroth_the_gradient_is_zero(self) -> None:
        x = tg.tensor([0.0, NAN], requires_grad=True)
        (x**0).sum().backward()
        assert x.grad.tolist() == [0, 0]


# ---- choices --------------------------------------------------------------------------------------------------------


class TestWhere(OpTest):
    op = staticmethod(tg.where)
    samples = [
        sample(mask, (3,), (3,)),
        sample(mask, (2, 3), ()),
        sample(mask, (3,), 1.5),
        sample(mask, -1.0, (2, 1)),
        sample(np.array([[True], [False]]), (3,), (1, 3)),
        sample(np.arange(2100) % 3 == 0, (2100,), (2100,)),
        sample(np.arange(2100).reshape(700, 3) % 2 == 0, (3,), (700, 1)),
        sample(mask, np.arange(3), np.arange(3) * 10),
        sample(np.zeros((0,), bool), (0,), ()),
    ]
    errors = [
        (
            lambda: tg.where(tg.tensor([1, 0]), 1.0, 2.0),
            TypeError,
            "where: condition must be a bool tensor, got tensorgrad.int64. Compare it: x != 0.",
        ),
        (
            lambda: tg.where(tg.tensor([True]), tg.tensor([1], dtype=tg.int8), 128),
            ValueError,
            "where: 128 is outside of the range of tensorgrad.int8, -128 to 127.",
        ),
        (lambda: tg.where("x", 1.0, 2.0), TypeError, "where: condition must be a Tensor, got str."),
        (
            lambda: tg.where(tg.tensor([True, False]), tg.ones(3), tg.ones(1)),
            ValueError,
            "where: these shapes do not broadcast.\n    condition  (2,)\n    input      (3,)\n    other      (1,)",
        ),
    ]

    def expected(self, c: Any, x: Any, z: Any) -> Any:
        return np.where(c, x, z)

    def test_two_numbers(self) -> None:
        c = tg.tensor([True, False])
        assert tg.where(c, 1, 0).dtype is tg.int64 and tg.where(c, 1.0, 0).dtype is tg.float32
        assert tg.where(c, tg.tensor([1, 2]), 1.5).tolist() == [1.0, 1.5]
        assert tg.where(c, tg.ones(2), tg.ones(2, dtype=tg.float64)).dtype is tg.float64

    def test_the_condition_alone_gives_indices(self) -> None:
        rows, columns = tg.where(tg.tensor([[1, 0], [0, 3]]))
        assert rows.tolist() == [0, 1] and columns.tolist() == [0, 1]

    def test_as_a_method_and_with_uint8(self) -> None:
        x = tg.tensor([1.0, 2.0])
        assert x.where(x > 1, 0.0).tolist() == [0, 2]
        assert tg.where(tg.tensor([1, 0], dtype=tg.uint8), x, -x).tolist() == [1, -2]

    def test_what_is_not_chosen_gets_no_gradient_however_wild_it_is(self) -> None:
        x = tg.tensor([0.0, 4.0] * 600, requires_grad=True)
        tg.where(x > 0, x, 1 / x).sum().backward()
        assert not np.isfinite(x.grad.array[::2]).any()  # 1/x is chosen there
        x.grad = None
        tg.where(x > 0, 1 / x, x).sum().backward()
        np.testing.assert_array_equal(x.grad.array[1::2], -1 / 16)
        np.testing.assert_array_equal(np.isnan(x.grad.array[::2]), True)  # 0 · ∞, in 1/x's own rule
        y = tg.tensor([INF, NAN] * 600, requires_grad=True)
        tg.where(y > 0, y, 0.0).sum().backward(tg.tensor(INF))
        np.testing.assert_array_equal(y.grad.array, [INF, 0] * 600)


class OfTwoSelected(OfTwo):
    """max and min of two: samples with integers."""

    samples = [*PAIRS, sample(whole, -whole)]


class TestMaximum(OfTwoSelected):
    op = staticmethod(tg.maximum)
    expected = staticmethod(np.maximum)


class TestMinimum(OfTwoSelected):
    op = staticmethod(tg.minimum)
    expected = staticmethod(np.minimum)


class TestFmax(OfTwoSelected):
    op = staticmethod(tg.fmax)
    expected = staticmethod(np.fmax)


class TestFmin(OfTwoSelected):
    op = staticmethod(tg.fmin)
    expected = staticmethod(np.fmin)


class TestClamp(OpTest):
    op = staticmethod(tg.clamp)
    aliases = ["clip"]
    samples = [
        sample((3, 4), -1.0, 1),
        sample((), min=0.1),
        sample((0, 2), max=0.1),
        sample((31,), max=0.5),
        sample((3, 4), (4,), F((3, 1), 2.0, 3.0)),
        sample((3,), F((2, 3), -1, 1), None),
        sample((2, 3), None, F((), -1, 1)),
        sample(whole, -1, 3),
        sample(whole, np.array([0, 1, 2, 3]), None),
    ]
    errors = [
        (lambda: tg.clamp(tg.ones(2)), ValueError, "clamp: give min, max or both."),
        (
            lambda: tg.clamp(tg.ones(2), tg.ones(3), tg.ones(1)),
            ValueError,
            "clamp: these shapes do not broadcast.\n    input  (2,)\n    min    (3,)\n    max    (1,)",
        ),
        (lambda: tg.clamp("x", 0), TypeError, "clamp: each operand must be a Tensor, got str."),
        (
            lambda: tg.clamp(tg.tensor([1], dtype=tg.int8), max=128),
            ValueError,
            "clamp: 128 is outside of the range of tensorgrad.int8, -128 to 127.",
        ),
    ]

    def expected(self, x: Any, min: Any = None, max: Any = None) -> Any:
        return np.clip(x, min, max)

    def test_a_tensor_and_a_number_as_ends(self) -> None:
        x = tg.tensor([-1.0, 0.5, 3.0])
        assert x.clamp(tg.tensor([0.0, 1.0, 0.0]), 2.0).tolist() == [0, 1, 2]

    def test_nan_and_ends_in_the_wrong_order(self) -> None:
        x = tg.tensor([1.0, NAN, 3.0])
        np.testing.assert_array_equal(x.clamp(2, 1).array, [1, NAN, 1])
        assert x.clamp(NAN, 3).isnan().all()
        np.testing.assert_array_equal(tg.tensor([1.0, 2.0]).clamp(min=tg.tensor([1.5, NAN])).array, [1.5, NAN])

    def test_a_float_end_makes_floats_of_integers(self) -> None:
        assert tg.clamp(tg.tensor([1, 2, 3]), 1.5).tolist() == [1.5, 2, 3]
        assert tg.clamp(tg.tensor([True, False]), 0, 1).dtype is tg.int64

    def test_gradient_at_the_ends(self) -> None:
        x = tg.tensor([-2.0, -1.0, 0.0, 1.0, 2.0, NAN], requires_grad=True)
        x.clamp(-1, 1).sum().backward()
        assert x.grad.tolist() == [0, 1, 1, 1, 0, 0]

    def test_gradient_towards_tensor_ends(self) -> None:
        x, low, high = (
            tg.tensor(v, requires_grad=True)
            for v in ([-1.0, 0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 2.5, 2.0], [1.0, 1.0, 1.0, 2.0, 3.0])
        )
        x.clamp(low, high).sum().backward()
        assert x.grad.tolist() == [0, 1, 1, 0, 1]
        assert low.grad.tolist() == [1, 0, 0, 0, 0]
        assert high.grad.tolist() == [0, 0, 0, 1, 0]


class TestClampMin(OpTest):
    op = staticmethod(tg.clamp_min)
    samples = [sample((3, 4), 0.5), sample((3,), (2, 3)), sample(whole, 2)]
    errors = [(lambda: tg.clamp_min(tg.ones(2), None), ValueError, "clamp_min: give min, max or both.")]
    expected = staticmethod(np.maximum)


class TestClampMax(OpTest):
    op = staticmethod(tg.clamp_max)
    samples = [sample((3, 4), 0.5), sample((3,), (2, 3)), sample(whole, 2)]
    errors = [(lambda: tg.clamp_max(tg.ones(2), None), ValueError, "clamp_max: give min, max or both.")]
    expected = staticmethod(np.minimum)


class TestTies:
    """Equal numbers, and nan: who has the gradient."""

    x, z = [1.0, 2.0, NAN, 3.0, NAN], [1.0, 3.0, 1.0, NAN, NAN]

    def gradients(self, op: Any) -> tuple[list[float], list[float]]:
        x, z = tg.tensor(self.x, requires_grad=True), tg.tensor(self.z, requires_grad=True)
        op(x, z).sum().backward()
        return x.grad.tolist(), z.grad.tolist()

    def test_maximum_shares(self) -> None:
        assert self.gradients(tg.maximum) == ([0.5, 0, 1, 1, 1], [0.5, 1, 1, 1, 1])
        assert self.gradients(tg.minimum) == ([0.5, 1, 1, 1, 1], [0.5, 0, 1, 1, 1])

    def test_a_number_as_the_other_operand(self) -> None:
        x = tg.tensor([1.0, 5.0])
        assert tg.maximum(x, 3).tolist() == [3, 5] and tg.minimum(3.5, x).tolist() == [1, 3.5]
        assert tg.fmax(x, 3).tolist() == [3, 5] and tg.atan2(x, 0.0).shape == (2,) and tg.gcd(tg.tensor([4, 6]), 4)[1] == 2

    def test_fmax_gives_it_to_the_first(self) -> None:
        assert self.gradients(tg.fmax) == ([1, 0, 0, 1, 1], [0, 1, 1, 0, 0])
        assert self.gradients(tg.fmin) == ([1, 1, 0, 1, 1], [0, 0, 1, 0, 0])

    def test_values_with_nan(self) -> None:
        x, z = tg.tensor(self.x), tg.tensor(self.z)
        np.testing.assert_array_equal(tg.maximum(x, z).array, [1, 3, NAN, NAN, NAN])
        np.testing.assert_array_equal(tg.fmax(x, z).array, [1, 3, 1, 3, NAN])


# ---- three operands -------------------------------------------------------------------------------------------------


class TestLerp(OpTest):
    op = staticmethod(tg.lerp)
    samples = [
        sample((3, 4), (3, 4), 0.3),
        sample((3,), (2, 1), 0.8),
        sample((), (), 2),
        sample((2, 3), (3,), F((3,), 0.0, 1.0)),
        sample((0,), (0,), F((), 0.0, 1.0)),
    ]
    errors = [
        (lambda: tg.lerp(tg.tensor([1]), tg.tensor([2]), 0.5), TypeError, "lerp: input needs a floating dtype"),
        (
            lambda: tg.lerp(tg.ones(2), tg.ones(2, dtype=tg.float64), 0.5),
            TypeError,
            "lerp: needs operands of one dtype.\n    input  tensorgrad.float32\n    end  tensorgrad.float64\nConvert",
        ),
        (lambda: tg.lerp(tg.ones(2), tg.ones(3), 0.5), ValueError, "lerp: these shapes do not broadcast."),
        (lambda: tg.lerp(tg.ones(2), tg.ones(2), "x"), TypeError, "lerp: weight must be a Tensor, got str."),
    ]

    def expected(self, x: Any, z: Any, w: Any) -> Any:
        return x + w * (z - x)

    def test_the_ends_are_exact(self) -> None:
        x, z = tg.tensor([0.1, 1e8]), tg.tensor([0.3, -1e-8])
        assert tg.lerp(x, z, 0.0).equal(x) and tg.lerp(x, z, 1.0).equal(z)
        assert tg.lerp(x, z, tg.tensor([0.0, 1.0])).tolist() == [x[0].item(), z[1].item()]


class TestAddcmul(OpTest):
    op = staticmethod(tg.addcmul)
    samples = [
        sample((3, 4), (3, 4), (3, 4)),
        sample((3,), (2, 1), (), value=-0.5),
        sample((), (), (), value=2),
        sample(whole, whole, np.array(3), value=2),
    ]
    errors = [
        (lambda: tg.addcmul(tg.ones(2), tg.ones(3), tg.ones(1)), ValueError, "addcmul: these shapes do not broadcast."),
        (
            lambda: tg.addcmul(tg.tensor([1]), tg.tensor([1]), tg.tensor([1]), value=0.5),
            TypeError,
            "addcmul: value must be a whole number for integer tensors, got 0.5.",
        ),
    ]

    def expected(self, x: Any, a: Any, b: Any, value: Any = 1) -> Any:
        return x + value * a * b


class TestAddcdiv(OpTest):
    op = staticmethod(tg.addcdiv)
    low, high = 0.5, 2.0
    samples = [sample((3, 4), (3, 4), (3, 4)), sample((3,), (2, 1), (), value=-0.5), sample((), (), (), value=2)]
    errors = [
        (lambda: tg.addcdiv(tg.ones(2), tg.ones(3), tg.ones(1)), ValueError, "addcdiv: these shapes do not broadcast."),
        (
            lambda: tg.addcdiv(tg.ones(1), tg.tensor([1]), tg.tensor([1])),
            TypeError,
            "addcdiv: tensor1 / tensor2 needs a floating dtype. Convert one of them first: x.float().",
        ),
    ]

    def expected(self, x: Any, a: Any, b: Any, value: Any = 1) -> Any:
        return x + value * a / b


# ---- functions of one number ----------------------------------------------------------------------------------------


class TestAbs(Unary):
    op = staticmethod(tg.abs)
    aliases = ["absolute"]
    samples = [*SHAPES, sample(whole)]
    errors = [(lambda: abs(tg.tensor([True])), TypeError, "abs: not for bool tensors. Convert it first: x.int().")]
    expected = staticmethod(np.abs)

    def test_gradient_at_zero(self) -> None:
        x = tg.tensor([0.0, -0.0, NAN, -2.0], requires_grad=True)
        x.abs().sum().backward()
        assert x.grad.tolist() == [0, 0, 0, -1]


class TestSign(Unary):
    op = staticmethod(tg.sign)
    samples = [*SHAPES, sample(whole), sample(mask)]

    def expected(self, x: Any) -> Any:
        return x if x.dtype == bool else np.sign(x)

    def test_of_nan_and_zero(self) -> None:
        x = tg.tensor([NAN, -0.0, 0.0, INF, -INF])
        assert type(self).op(x).tolist() == [0, 0, 0, 1, -1]


class TestSgn(TestSign):
    op = staticmethod(tg.sgn)


class TestAngle(Unary):
    op = staticmethod(tg.angle)

    def expected(self, x: Any) -> Any:
        return np.where(x < 0, np.pi, 0.0)

    def test_of_zero_and_nan(self) -> None:
        np.testing.assert_array_equal(tg.angle(tg.tensor([0.0, -0.0, NAN])).array, [0, 0, NAN])


class TestFloor(Unary):
    op = staticmethod(tg.floor)
    samples = [*SHAPES, sample(whole)]
    errors = [(lambda: tg.floor(tg.tensor([True])), TypeError, "floor: not for bool tensors.")]
    expected = staticmethod(np.floor)


class TestCeil(Unary):
    op = staticmethod(tg.ceil)
    samples = [*SHAPES, sample(whole)]
    errors = [(lambda: tg.ceil(tg.tensor([True])), TypeError, "ceil: not for bool tensors.")]
    expected = staticmethod(np.ceil)


class TestTrunc(Unary):
    op = staticmethod(tg.trunc)
    aliases = ["fix"]
    samples = [*SHAPES, sample(whole)]
    errors = [(lambda: tg.trunc(tg.tensor([True])), TypeError, "trunc: not for bool tensors.")]
    expected = staticmethod(np.trunc)


class TestRound(Unary):
    op = staticmethod(tg.round)
    samples = [
        *SHAPES,
        sample((3,), decimals=1),
        sample(F((3,), 0, 100), decimals=-1),
        sample(whole),
    ]
    errors = [
        (lambda: tg.round(tg.tensor([True])), TypeError, "round: not for bool tensors."),
        (lambda: tg.round(tg.tensor([15]), decimals=-1), TypeError, "round: input needs a floating dtype"),
    ]

    def expected(self, x: Any, decimals: int = 0) -> Any:
        return np.round(x, decimals)

    def test_halves_go_to_the_even_neighbour(self) -> None:
        assert tg.round(tg.tensor([0.5, 1.5, 2.5, -0.5])).tolist() == [0, 2, 2, 0]

    def test_half_numbers_do_not_overflow_on_the_way(self) -> None:
        assert tg.tensor([1000.0], dtype=tg.float16).round(decimals=2).tolist() == [1000]


class TestFrac(Unary):
    op = staticmethod(tg.frac)
    errors = [(lambda: tg.frac(tg.tensor([1])), TypeError, "frac: input needs a floating dtype, got tensorgrad.int64.")]

    def expected(self, x: Any) -> Any:
        return x - np.trunc(x)


class TestReciprocal(Unary):
    op = staticmethod(tg.reciprocal)
    low, high = 0.5, 2.0

    def expected(self, x: Any) -> Any:
        return 1 / x


class TestSqrt(Unary):
    op = staticmethod(tg.sqrt)
    low, high = 0.2, 3.0
    expected = staticmethod(np.sqrt)


class TestRsqrt(Unary):
    op = staticmethod(tg.rsqrt)
    low, high = 0.2, 3.0

    def expected(self, x: Any) -> Any:
        return 1 / np.sqrt(x)


class TestExp(Unary):
    op = staticmethod(tg.exp)
    expected = staticmethod(np.exp)


class TestExp2(Unary):
    op = staticmethod(tg.exp2)
    expected = staticmethod(np.exp2)


class TestExpm1(Unary):
    op = staticmethod(tg.expm1)
    samples = [*SHAPES, sample(np.array([1e-12, -1e-12]))]
    atol = {"float64": 0.0, "float32": 0.0}
    expected = staticmethod(np.expm1)


class TestLog(Unary):
    op = staticmethod(tg.log)
    low, high = 0.2, 3.0
    expected = staticmethod(np.log)

    def test_at_and_below_zero(self) -> None:
        np.testing.assert_array_equal(tg.log(tg.tensor([0.0, -1.0, INF])).array, [-INF, NAN, INF])


class TestLog2(Unary):
    op = staticmethod(tg.log2)
    low, high = 0.2, 3.0
    expected = staticmethod(np.log2)


class TestLog10(Unary):
    op = staticmethod(tg.log10)
    low, high = 0.2, 3.0
    expected = staticmethod(np.log10)


class TestLog1p(Unary):
    op = staticmethod(tg.log1p)
    low, high = -0.8, 3.0
    samples = [*SHAPES, sample(np.array([1e-12, -1e-12]))]
    atol = {"float64": 0.0, "float32": 0.0}
    expected = staticmethod(np.log1p)


class TestSin(Unary):
    op = staticmethod(tg.sin)
    expected = staticmethod(np.sin)


class TestCos(Unary):
    op = staticmethod(tg.cos)
    expected = staticmethod(np.cos)


class TestTan(Unary):
    op = staticmethod(tg.tan)
    low, high = -1.2, 1.2
    expected = staticmethod(np.tan)


class TestAsin(Unary):
    op = staticmethod(tg.asin)
    aliases = ["arcsin"]
    low, high = -0.9, 0.9
    expected = staticmethod(np.arcsin)


class TestAcos(Unary):
    op = staticmethod(tg.acos)
    aliases = ["arccos"]
    low, high = -0.9, 0.9
    expected = staticmethod(np.arccos)


class TestAtan(Unary):
    op = staticmethod(tg.atan)
    aliases = ["arctan"]
    expected = staticmethod(np.arctan)


class TestSinh(Unary):
    op = staticmethod(tg.sinh)
    expected = staticmethod(np.sinh)


class TestCosh(Unary):
    op = staticmethod(tg.cosh)
    expected = staticmethod(np.cosh)


class TestTanh(Unary):
    op = staticmethod(tg.tanh)
    samples = [*SHAPES, sample(np.array([-800.0, 800.0]))]
    expected = staticmethod(np.tanh)


class TestAsinh(Unary):
    op = staticmethod(tg.asinh)
    aliases = ["arcsinh"]
    expected = staticmethod(np.arcsinh)


class TestAcosh(Unary):
    op = staticmethod(tg.acosh)
    aliases = ["arccosh"]
    low, high = 1.2, 4.0
    expected = staticmethod(np.arccosh)


class TestAtanh(Unary):
    op = staticmethod(tg.atanh)
    aliases = ["arctanh"]
    low, high = -0.9, 0.9
    expected = staticmethod(np.arctanh)


class TestSigmoid(Unary):
    op = staticmethod(tg.sigmoid)
    samples = [*SHAPES, sample(np.array([-800.0, -30.0, 30.0, 800.0])), sample((2000,))]

    def expected(self, x: Any) -> Any:
        return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


class TestDeg2rad(Unary):
    op = staticmethod(tg.deg2rad)
    expected = staticmethod(np.deg2rad)


class TestRad2deg(Unary):
    op = staticmethod(tg.rad2deg)
    expected = staticmethod(np.rad2deg)


class TestNanToNum(Unary):
    op = staticmethod(tg.nan_to_num)
    samples = [
        *SHAPES,
        sample(np.array([NAN, 1.0]), 2.0),
        sample(np.array([NAN, INF, -INF, 1.0]), nan=1.0, posinf=2.0, neginf=3.0),
        sample(whole),
    ]

    def expected(self, x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
        return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)

    def test_the_largest_numbers_of_the_dtype(self) -> None:
        largest = tg.finfo(tg.float32).max
        assert tg.nan_to_num(tg.tensor([INF, -INF, NAN])).tolist() == [largest, -largest, 0]


class TestReal(OpTest):
    op = staticmethod(tg.real)
    samples = SHAPES

    def expected(self, x: Any) -> Any:
        return x


class TestConj(OpTest):
    op = staticmethod(tg.conj)
    samples = SHAPES

    def expected(self, x: Any) -> Any:
        return x

    def test_the_tensor_itself(self) -> None:
        x = tg.ones(2)
        assert x.conj() is x and x.real is x and x.resolve_conj() is x and x.resolve_neg() is x
        assert not x.is_conj() and not x.is_neg()


class TestFrexp(Unary):
    op = staticmethod(tg.frexp)
    errors = [(lambda: tg.frexp(tg.tensor([1])), TypeError, "frexp: input needs a floating dtype, got tensorgrad.int64.")]

    def expected(self, x: Any) -> Any:
        return np.frexp(x)

    def test_fields(self) -> None:
        r = tg.tensor([0.0, 1.0, 3.0, -5.5]).frexp()
        assert r.mantissa.tolist() == [0, 0.5, 0.75, -0.6875]
        assert r.exponent.tolist() == [0, 1, 2, 3] and r.exponent.dtype is tg.int32


class TestIntegersGiveTheDefaultDtype:
    names = (
        "acos asin atan asinh cos cosh exp exp2 expm1 log1p reciprocal sigmoid sin sinh sqrt tan tanh deg2rad rad2deg angle"
    )

    @pytest.mark.parametrize("name", names.split())
    @pytest.mark.parametrize("dtype", [tg.int64, tg.uint8, tg.bool])
    def test_floating_functions(self, name: str, dtype: Any) -> None:
        x = tg.tensor([0, 1]).to(dtype)
        y = getattr(tg, name)(x)
        assert y.dtype is tg.float32
        np.testing.assert_array_equal(y.array, getattr(tg, name)(x.float()).array)

    def test_the_default_may_be_another(self) -> None:
        try:
            tg.set_default_dtype(tg.float64)
            assert tg.exp(tg.tensor([1])).dtype is tg.float64 and (tg.tensor([1]) / 2).dtype is tg.float64
        finally:
            tg.set_default_dtype(tg.float32)


# ---- functions of two numbers ---------------------------------------------------------------------------------------


class TestHypot(OfTwo):
    op = staticmethod(tg.hypot)
    low, high = 0.5, 2.0
    expected = staticmethod(np.hypot)


class TestAtan2(OfTwo):
    op = staticmethod(tg.atan2)
    aliases = ["arctan2"]
    expected = staticmethod(np.arctan2)

    def test_quadrants_and_the_origin(self) -> None:
        y = tg.tensor([0.0, -0.0, 0.0], requires_grad=True)
        x = tg.tensor([-1.0, -1.0, 0.0], requires_grad=True)
        out = tg.atan2(y, x)
        np.testing.assert_allclose(out.detach().array, [np.pi, -np.pi, 0], rtol=1e-6)
        out.sum().backward()
        assert y.grad.tolist() == [-1, -1, 0] and x.grad.tolist() == [0, 0, 0]


class TestCopysign(OfTwo):
    op = staticmethod(tg.copysign)
    samples = [*PAIRS, sample((3,), -0.0), sample((3,), 2)]
    expected = staticmethod(np.copysign)


class TestLogaddexp(OfTwo):
    op = staticmethod(tg.logaddexp)
    samples = [*PAIRS, sample(np.array([1000.0, -1000.0]), np.array([1000.0, -999.0]))]
    expected = staticmethod(np.logaddexp)


class TestLogaddexp2(OfTwo):
    op = staticmethod(tg.logaddexp2)
    samples = [*PAIRS, sample(np.array([2000.0, -2000.0]), np.array([2000.0, -1999.0]))]
    expected = staticmethod(np.logaddexp2)


class TestHeaviside(OpTest):
    op = staticmethod(tg.heaviside)
    torch_gradient = False  # PyTorch has none
    samples = [sample((3, 4), (4,)), sample(np.array([-1.0, 2.0]), (2,)), sample(np.array([-1, 0, 2]), np.array([5, 5, 5]))]
    errors = [
        (lambda: tg.heaviside(tg.ones(2), tg.ones(3)), ValueError, "heaviside: these shapes do not broadcast."),
        (lambda: tg.heaviside(tg.ones(2), tg.tensor([1])), TypeError, "heaviside: needs operands of one dtype."),
        (lambda: tg.heaviside(tg.ones(2), "x"), TypeError, "heaviside: values must be a Tensor, got str."),
    ]
    expected = staticmethod(np.heaviside)

    def test_at_zero_and_nan(self) -> None:
        x, z = tg.tensor([0.0, NAN, -0.0], requires_grad=True), tg.tensor([5.0], requires_grad=True)
        y = tg.heaviside(x, z)
        assert y.tolist() == [5, 0, 5]
        y.sum().backward()
        assert x.grad.tolist() == [0, 0, 0] and z.grad.tolist() == [2]


class TestNextafter(OfTwo):
    op = staticmethod(tg.nextafter)
    errors = [(lambda: tg.nextafter(tg.tensor([1]), tg.tensor([2])), TypeError, "nextafter: input needs a floating dtype")]

    def test_value(self, case: int) -> None:  # type: ignore[override]  # one step of float32 is not one of float64
        args, _ = self.arguments(case)
        np.testing.assert_array_equal(tg.nextafter(*map(Tensor._of, args)).array, np.nextafter(*args))


class TestLdexp(OfTwo):
    op = staticmethod(tg.ldexp)
    torch_gradient = False  # PyTorch rounds 2⁻¹ to 0 there
    samples = [sample((3, 4), np.array([3, -1, 0, 7])), sample((2, 1), (3,)), sample((3,), np.array(2))]

    def expected(self, x: Any, z: Any) -> Any:
        return x * 2.0**z


class TestGcd(OfTwo):
    op = staticmethod(tg.gcd)
    dtype = tg.int64
    samples = [sample(whole, np.array([6, 0, 9, 0])), sample(whole, np.array(4))]
    errors = [(lambda: tg.gcd(tg.ones(1), tg.ones(1)), TypeError, "gcd: needs integer dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.gcd)


class TestLcm(OfTwo):
    op = staticmethod(tg.lcm)
    dtype = tg.int64
    samples = [sample(whole, np.array([6, 0, 9, 0])), sample(whole, np.array(4))]
    errors = [(lambda: tg.lcm(tg.ones(1), tg.ones(1)), TypeError, "lcm: needs integer dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.lcm)


class TestBitwiseAnd(OfTwo):
    op = staticmethod(tg.bitwise_and)
    dtype = tg.int64
    samples = [sample(whole, 6), sample(whole, np.array([[3], [5]])), sample(mask, np.array([[True], [False]]))]
    errors = [(lambda: tg.ones(1) & 1, TypeError, "bitwise_and: needs integer or bool dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.bitwise_and)


class TestBitwiseOr(OfTwo):
    op = staticmethod(tg.bitwise_or)
    dtype = tg.int64
    samples = [sample(whole, 6), sample(whole, np.array([[3], [5]])), sample(mask, np.array([[True], [False]]))]
    errors = [(lambda: tg.ones(1) | 1, TypeError, "bitwise_or: needs integer or bool dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.bitwise_or)


class TestBitwiseXor(OfTwo):
    op = staticmethod(tg.bitwise_xor)
    dtype = tg.int64
    samples = [sample(whole, 6), sample(whole, np.array([[3], [5]])), sample(mask, np.array([[True], [False]]))]
    errors = [(lambda: tg.ones(1) ^ 1, TypeError, "bitwise_xor: needs integer or bool dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.bitwise_xor)


class TestBitwiseNot(Unary):
    op = staticmethod(tg.bitwise_not)
    samples = [sample(whole), sample(mask), sample(np.array(5))]
    errors = [(lambda: ~tg.ones(1), TypeError, "bitwise_not: needs an integer or bool dtype, got tensorgrad.float32.")]
    expected = staticmethod(np.invert)


class TestBitwiseLeftShift(OfTwo):
    op = staticmethod(tg.bitwise_left_shift)
    dtype = tg.int64
    samples = [sample(whole, 2), sample(whole, np.array([0, 1, 2, 70]))]
    errors = [(lambda: tg.tensor([True]) << 1.0, TypeError, "bitwise_left_shift: needs integer dtypes, got")]
    expected = staticmethod(np.left_shift)


class TestBitwiseRightShift(OfTwo):
    op = staticmethod(tg.bitwise_right_shift)
    dtype = tg.int64
    samples = [sample(whole, 2), sample(whole, np.array([0, 1, 2, 70]))]
    errors = [(lambda: tg.ones(1) >> 1, TypeError, "bitwise_right_shift: needs integer dtypes, got")]
    expected = staticmethod(np.right_shift)


# ---- operators ------------------------------------------------------------------------------------------------------

FLOATING = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
INTEGER = [*FLOATING[:3], "floordiv", "mod", "and_", "or_", "xor", "lshift", "rshift"]


class TestOperators:
    @pytest.mark.parametrize("name", FLOATING)
    @pytest.mark.parametrize("other", [2, 2.0, np.float64(2.0), np.array([2.0, 3.0]), "tensor"], ids=repr)
    def test_floating_from_both_sides(self, name: str, other: Any) -> None:
        op, x = getattr(operator, name), tg.tensor([1.5, 2.5], dtype=tg.float64)
        z = tg.tensor([2.0, 3.0], dtype=tg.float64) if isinstance(other, str) else other
        plain = z.array if isinstance(z, Tensor) else z
        for got, want in ((op(x, z), op(x.array, plain)), (op(z, x), op(plain, x.array))):
            assert type(got) is Tensor and got.dtype is tg.float64
            np.testing.assert_allclose(got.array, want, rtol=1e-15)

    @pytest.mark.parametrize("name", INTEGER)
    @pytest.mark.parametrize("other", [2, np.int64(2), np.array([2, 3]), "tensor"], ids=repr)
    def test_integers_from_both_sides(self, name: str, other: Any) -> None:
        op, x = getattr(operator, name), tg.tensor([5, 3])
        z = tg.tensor([2, 3]) if isinstance(other, str) else other
        plain = z.array if isinstance(z, Tensor) else z
        for got, want in ((op(x, z), op(x.array, plain)), (op(z, x), op(plain, x.array))):
            assert type(got) is Tensor and got.dtype is tg.int64
            np.testing.assert_array_equal(got.array, want)

    @pytest.mark.parametrize("name", FLOATING)
    def test_gradients_of_reflected_operators(self, name: str) -> None:
        op = getattr(operator, name)
        x = tg.tensor([1.5, 2.6], dtype=tg.float64, requires_grad=True)
        assert tg.autograd.gradcheck(lambda x: op(2.0, x), (x,))
        assert tg.autograd.gradcheck(lambda x: op(np.array([3.7, 2.2]), x), (x,))

    @pytest.mark.parametrize("name", FLOATING)
    def test_in_place(self, name: str) -> None:
        op = getattr(operator, "i" + name)
        x = tg.tensor([1.5, 2.5], dtype=tg.float64)
        before, memory = x.array.copy(), x.data_ptr()
        y = op(x, 2)
        assert y is x and x.data_ptr() == memory and x._version == 1
        np.testing.assert_allclose(x.array, getattr(operator, name)(before, 2))

    @pytest.mark.parametrize("name", INTEGER)
    def test_in_place_on_integers(self, name: str) -> None:
        x = tg.tensor([5, 3])
        before, memory = x.array.copy(), x.data_ptr()
        y = getattr(operator, "i" + name.strip("_"))(x, 2)
        assert y is x and x.data_ptr() == memory and x.dtype is tg.int64
        np.testing.assert_array_equal(x.array, getattr(operator, name)(before, 2))

    def test_reversed(self) -> None:
        assert reversed(tg.tensor([1, 2])).tolist() == [2, 1] and reversed(tg.tensor(3)).item() == 3

    def test_of_one(self) -> None:
        x = tg.tensor([-1.5, 2.0])
        assert (-x).tolist() == [1.5, -2] and (+x) is x and abs(x).tolist() == [1.5, 2]
        assert (~tg.tensor([True, False])).tolist() == [False, True] and (~tg.tensor([1, -3])).tolist() == [-2, 2]

    def test_something_else_on_the_other_side(self) -> None:
        for op in (operator.add, operator.mul, operator.pow, operator.truediv):
            with pytest.raises(TypeError):
                op(tg.ones(2), [1, 2])
            with pytest.raises(TypeError):
                op(None, tg.ones(2))

    def test_divmod_is_left_to_python(self) -> None:
        with pytest.raises(TypeError):
            divmod(tg.ones(2), 2)


class TestInPlace:
    """The forms with an underscore: results go into the tensor's own memory, in its own dtype."""

    @pytest.mark.parametrize(
        "name",
        "abs_ acos_ asin_ atan_ ceil_ cos_ cosh_ exp_ exp2_ expm1_ floor_ frac_ log1p_ neg_ reciprocal_ round_ rsqrt_ sigmoid_ "
        "sign_ sin_ sinh_ sqrt_ square_ tan_ tanh_ trunc_ absolute_ arccos_ negative_ fix_ asinh_ deg2rad_ nan_to_num_".split(),
    )
    def test_of_one(self, name: str) -> None:
        x = tg.tensor([0.3, 0.7], dtype=tg.float64)
        want = getattr(x, name[:-1])()
        y = getattr(x, name)()
        assert y is x and x.equal(want) and x._version == 1

    @pytest.mark.parametrize(
        "name",
        "add_ sub_ mul_ div_ pow_ remainder_ fmod_ floor_divide_ atan2_ hypot_ copysign_ subtract_ multiply_ divide_ "
        "true_divide_ float_power_ xlogy_ nextafter_".split(),
    )
    def test_of_two(self, name: str) -> None:
        x, z = tg.tensor([0.3, 0.7], dtype=tg.float64), tg.tensor([1.5, 2.5], dtype=tg.float64)
        want = getattr(x, name[:-1])(z)
        y = getattr(x, name)(z)
        assert y is x and x.equal(want)

    DIRECT = {
        "add_": [lambda z: ((z,), {}), lambda z: ((2.5,), {}), lambda z: ((z,), {"alpha": -0.5})],
        "sub_": [lambda z: ((z,), {}), lambda z: ((2,), {"alpha": 3})],
        "mul_": [lambda z: ((z,), {}), lambda z: ((2,), {}), lambda z: ((), {"other": z})],
        "div_": [lambda z: ((z,), {}), lambda z: ((z,), {"rounding_mode": "floor"}), lambda z: ((3,), {})],
        "addcmul_": [lambda z: ((z, z), {}), lambda z: ((z, z), {"value": -0.5})],
        "addcdiv_": [lambda z: ((z, z + 1), {}), lambda z: ((z, z), {"value": 2})],
        "lerp_": [lambda z: ((z, 0.3), {}), lambda z: ((z, 0.9), {}), lambda z: ((z, z), {})],
        "clamp_": [lambda z: ((0.4,), {}), lambda z: ((), {"max": 0.5}), lambda z: ((0.4, 0.5), {}), lambda z: ((z, z), {})],
    }

    @pytest.mark.parametrize("name", DIRECT)
    @pytest.mark.parametrize("shape", [(3, 4), (), (0,), (2000,)])
    def test_written_directly_where_nothing_is_recorded(self, name: str, shape: Any) -> None:
        rng = np.random.default_rng(0)
        for make in self.DIRECT[name]:
            x, z = (Tensor._of(np.asarray(rng.uniform(0.2, 0.9, shape))) for _ in range(2))
            args, kwargs = make(z)
            before = x.clone()
            want = getattr(x, name[:-1])(*args, **kwargs)
            memory, old_z = x.array, z.clone()
            with tg.no_grad():
                y = getattr(x, name)(*args, **kwargs)
            assert y is x and x.array is memory and x._version == 1 and z.equal(old_z)
            np.testing.assert_allclose(x.array, want.array, rtol=1e-15)
            # and the same where the graph has to learn of it
            w = before.clone().requires_grad_()
            moved = w * 1
            getattr(moved, name)(*args, **kwargs)
            np.testing.assert_array_equal(moved.detach().array, want.array)
            moved.sum().backward()
            (g,) = tg.autograd.grad(getattr(before.requires_grad_(), name[:-1])(*args, **kwargs).sum(), before)
            np.testing.assert_allclose(w.grad.array, g.array)

    def test_functions_with_an_underscore(self) -> None:
        x = tg.tensor([1.0, 4.0])
        assert tg.sqrt_(x) is x and x.tolist() == [1, 2]
        assert tg.clamp_(x, max=1.5) is x and tg.relu_(x) is x and tg.zero_(x).tolist() == [0, 0]
        with pytest.raises(AttributeError, match="module 'tensorgrad' has no attribute 'no_such_'"):
            tg.no_such_

    def test_apply(self) -> None:
        x = tg.tensor([[1.0, -2.0], [3.0, 4.0]]).T
        assert x.apply_(lambda v: v * 2) is x and x.tolist() == [[2, 6], [-4, 8]] and x._version == 1
        with pytest.raises(RuntimeError, match="apply_: a Python function has no gradient"):
            tg.ones(2, requires_grad=True).apply_(abs)

    def test_map(self) -> None:
        x, y = tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([10.0, 20.0])
        assert x.map_(y, lambda a, b: a + b) is x and x.tolist() == [[11, 22], [13, 24]] and x._version == 1
        assert x.map2_(y, x, lambda a, b, c: b - 0 * c).tolist() == [[10, 20], [10, 20]]
        with pytest.raises(RuntimeError, match="map_: a Python function has no gradient"):
            x.map_(tg.ones(2, requires_grad=True), max)
        with pytest.raises(ValueError, match=r"map_: the tensor does not broadcast to self.\n    self   \(2,\)"):
            y.map_(x, max)
        with pytest.raises(TypeError, match="map_: each tensor must be a Tensor, got str"):
            y.map_("x", max)

    def test_operands_that_share_memory(self) -> None:
        x = tg.arange(9.0).reshape(3, 3)
        want = x + x.T
        assert x.add_(x.T).equal(want)
        x = tg.arange(9.0).reshape(3, 3)
        want = x.maximum(tg.ones(3, 3)).minimum(x.T)
        assert x.clamp_(tg.ones(3, 3), x.T).equal(want)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda x: x.add_(1.5), "add_: the result is tensorgrad.float32 and does not fit into a tensor of tensorgrad.int64."),
            (lambda x: x.mul_(tg.tensor([0.5])), "mul_: the result is tensorgrad.float32"),
            (lambda x: x.div_(2), "div_: the result is tensorgrad.float32"),
            (lambda x: x.exp_(), "exp_: the result is tensorgrad.float32"),
            (lambda x: x.clamp_(0.5), "clamp_: the result is tensorgrad.float32"),
            (lambda x: operator.itruediv(x, 2), "div_: the result is tensorgrad.float32"),
        ],
    )
    def test_a_float_does_not_fit_into_integers(self, change: Any, words: str) -> None:
        x = tg.tensor([1, 2])
        with pytest.raises(TypeError, match=words):
            change(x)
        assert x.tolist() == [1, 2] and x._version == 0

    def test_nor_a_number_into_bools(self) -> None:
        with pytest.raises(TypeError, match="add_: the result is tensorgrad.int64 and does not fit into a tensor of"):
            tg.tensor([True]).add_(1)

    def test_what_fits(self) -> None:
        assert tg.tensor([1.0]).add_(tg.ones(1, dtype=tg.float64)).dtype is tg.float32
        assert tg.tensor([1, 2]).add_(tg.tensor([True, False])).tolist() == [2, 2]
        assert tg.tensor([1.0, 2.0]).ge_(2).tolist() == [0, 1]
        assert tg.tensor([2.0, 0.0]).logical_not_().tolist() == [0, 1]

    def test_shapes(self) -> None:
        x = tg.ones(1)
        with pytest.raises(ValueError, match=r"add_: the result has shape \(2,\), which does not fit into the tensor's \(1,\)"):
            x.add_(tg.ones(2))
        with pytest.raises(ValueError, match="add: these shapes do not broadcast"):
            tg.ones(3).add_(tg.ones(2))
        assert x.tolist() == [1] and x._version == 0

    def test_a_leaf_that_requires_grad(self) -> None:
        x = tg.ones(2, requires_grad=True)
        with pytest.raises(RuntimeError, match="mul_: a leaf that requires grad cannot be changed in place"):
            x.mul_(2)
        with tg.no_grad():
            x.mul_(2)
        assert x.tolist() == [2, 2] and x.requires_grad

    def test_a_constant_that_a_recorded_operand_is_added_to(self) -> None:
        x, w = tg.ones(2), tg.tensor([3.0, 4.0], requires_grad=True)
        x.add_(w, alpha=2)
        assert x.requires_grad
        x.sum().backward()
        assert w.grad.tolist() == [2, 2]

    def test_the_form_without_arguments_is_refused_in_place_as_well(self) -> None:
        with pytest.raises(ValueError, match="clamp: give min, max or both"):
            tg.ones(2).clamp_()

    def test_read_only_memory(self) -> None:
        x = tg.ones(1).expand(3)
        with pytest.raises(RuntimeError, match="add_: this memory cannot be written to"):
            x.add_(1)


def test_derivatives_of_saved_results_know_in_place_changes() -> None:
    x = tg.tensor([0.5], requires_grad=True)
    y = x.tanh()
    y.mul_(2)
    with pytest.raises(RuntimeError, match="backward through tanh: a value it saved"):
        y.sum().backward()


def test_half_sigmoid_is_computed_in_single() -> None:
    x = tg.tensor([6.0, -20.0], dtype=tg.float16, requires_grad=True)
    y = x.sigmoid()
    y.sum().backward()
    want = 1 / (1 + np.exp(-x.detach().array.astype(np.float32)))
    np.testing.assert_array_equal(y.detach().array, want.astype(np.float16))
    np.testing.assert_allclose(x.grad.array, y.detach().array.astype(np.float32) * (1 - y.detach().array), rtol=1e-3)


@pytest.mark.parametrize("size", [7, 5000])
def test_kinks_stop_infinite_gradients(size: int) -> None:
    """0 · ∞ would be nan: a mask has to cut, not to multiply."""
    x = tg.full((size,), -1.0, requires_grad=True)
    for f in (tg.relu, lambda x: x.clamp(min=0), lambda x: tg.maximum(x, tg.zeros(()))):
        (g,) = tg.autograd.grad(f(x).sum(), x, tg.tensor(INF))
        assert g.tolist() == [0] * size


def test_numbers_beside_16_bits_are_not_rounded_to_them() -> None:
    x = tg.tensor([0.5, 0.001, 3.0], dtype=tg.float16)
    for y, want in (
        (x * 65536, [32768.0, 65.5625, math.inf]),
        (1e5 * x, [49984.0, 100.0625, math.inf]),
        (x / 1e5, [5.0067901611328125e-06, 0.0, 2.9981136322021484e-05]),
        (x * 1e-8, [0.0, 0.0, 5.960464477539063e-08]),
        (x.clone().mul_(1e5), [49984.0, 100.0625, math.inf]),
        (x.clone().div_(1e5), [5.0067901611328125e-06, 0.0, 2.9981136322021484e-05]),
    ):
        assert y.dtype is tg.float16 and y.tolist() == want
