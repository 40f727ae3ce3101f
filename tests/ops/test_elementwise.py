"""Functions of one number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor
from tests.ops.optest import F, OpTest, sample
from tests.ops.pointwise import INF, NAN, PAIRS, SHAPES, Binary, Unary, mask, whole

TESTED = [tg.resolve_conj, tg.resolve_neg, tg.is_conj, tg.is_neg]  # in TestConj


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


class TestSigmoid(Unary):
    op = staticmethod(tg.sigmoid)
    samples = [*SHAPES, sample(np.array([-800.0, -30.0, 30.0, 800.0])), sample((2000,))]

    def expected(self, x: Any) -> Any:
        return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


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


class TestLogaddexp(Binary):
    op = staticmethod(tg.logaddexp)
    samples = [*PAIRS, sample(np.array([1000.0, -1000.0]), np.array([1000.0, -999.0]))]
    expected = staticmethod(np.logaddexp)


class TestLogaddexp2(Binary):
    op = staticmethod(tg.logaddexp2)
    samples = [*PAIRS, sample(np.array([2000.0, -2000.0]), np.array([2000.0, -1999.0]))]
    expected = staticmethod(np.logaddexp2)


class TestNextafter(Binary):
    op = staticmethod(tg.nextafter)
    errors = [(lambda: tg.nextafter(tg.tensor([1]), tg.tensor([2])), TypeError, "nextafter: input needs a floating dtype")]

    def test_value(self, case: int) -> None:  # type: ignore[override]  # one step of float32 is not one of float64
        args, _ = self.arguments(case)
        np.testing.assert_array_equal(tg.nextafter(*map(Tensor._of, args)).array, np.nextafter(*args))


class TestLdexp(Binary):
    op = staticmethod(tg.ldexp)
    torch_gradient = False  # PyTorch rounds 2⁻¹ to 0 there
    samples = [sample((3, 4), np.array([3, -1, 0, 7])), sample((2, 1), (3,)), sample((3,), np.array(2))]

    def expected(self, x: Any, z: Any) -> Any:
        return x * 2.0**z


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
