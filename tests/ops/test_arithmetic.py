"""Arithmetic of two and three operands."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import F, OpTest, sample
from tests.ops.pointwise import INF, NAN, PAIRS, SHAPES, Binary, Unary, whole


class TestAdd(Binary):
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


class TestSub(Binary):
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


class TestRsub(Binary):
    op = staticmethod(tg.rsub)
    samples = [*PAIRS, sample((3,), 2.5), sample((3,), (3,), alpha=2)]

    def expected(self, x: Any, z: Any, alpha: Any = 1) -> Any:
        return z - alpha * x


TestRsub.errors = [(lambda: tg.rsub(tg.ones(2), "x"), TypeError, "sub: each operand must be a Tensor, got str.")]


class TestMul(Binary):
    op = staticmethod(tg.mul)
    aliases = ["multiply"]
    samples = [*PAIRS, sample((3,), 2), sample(-1.5, (3,)), sample(whole, whole)]

    def expected(self, x: Any, z: Any) -> Any:
        return x * z


class TestDiv(Binary):
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


class TestTrueDivide(Binary):
    op = staticmethod(tg.true_divide)
    low, high = 0.5, 3.0

    def expected(self, x: Any, z: Any) -> Any:
        return x / z


TestTrueDivide.errors = [(lambda: tg.true_divide(tg.ones(2), "x"), TypeError, "true_divide: each operand must be a Tensor")]


class TestFloorDivide(Binary):
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


class TestRemainder(Binary):
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


class TestFmod(Binary):
    op = staticmethod(tg.fmod)
    samples = [sample((3, 4), F((4,), 0.5, 2.0)), sample((3,), -0.7), sample(whole, 3), sample(whole, np.array([-2, 3, 4, -5]))]
    errors = [
        (lambda: tg.fmod(tg.tensor([1]), 0), ValueError, "fmod: ZeroDivisionError: an integer has been divided by 0"),
        (lambda: tg.fmod(tg.tensor([True]), True), TypeError, "fmod: not for bool tensors."),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return np.fmod(x, z)


class TestPow(Binary):
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
            "lerp: needs operands of one dtype.\n    input  tensorgrad.float32\n    end    tensorgrad.float64\nConvert: end.",
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
