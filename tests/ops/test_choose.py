"""Choices between two values."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tests.ops.optest import F, OpTest, sample
from tests.ops.pointwise import INF, NAN, PAIRS, SHAPES, Binary, Unary, mask, whole


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
        sample(np.arange(1600).reshape(40, 40) % 3 == 0, (40, 1), (40, 1)),
        sample(np.arange(1600).reshape(40, 40) % 3 == 0, (40,), (40,)),
        sample(np.arange(40).reshape(40, 1) % 3 == 0, (40, 1), (1, 40)),
        sample(np.arange(1600).reshape(40, 40) % 3 == 0, (40, 1), 2.5),
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


class Selected(Binary):
    """max and min of two: samples with integers."""

    samples = [*PAIRS, sample(whole, -whole)]


class TestMaximum(Selected):
    op = staticmethod(tg.maximum)
    expected = staticmethod(np.maximum)


class TestMinimum(Selected):
    op = staticmethod(tg.minimum)
    expected = staticmethod(np.minimum)


class TestFmax(Selected):
    op = staticmethod(tg.fmax)
    expected = staticmethod(np.fmax)


class TestFmin(Selected):
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


class TestCopysign(Binary):
    op = staticmethod(tg.copysign)
    samples = [*PAIRS, sample((3,), -0.0), sample((3,), 2)]
    expected = staticmethod(np.copysign)


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
