"""Softmax and its kin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

import tensorgrad as tg
import tensorgrad.nn.functional as F
from tests.ops.optest import OpTest, sample

INF = math.inf


class AlongOne(OpTest):
    samples = [
        sample((3, 4), 1),
        sample((3, 4), dim=0),
        sample((2, 3, 5), -2),
        sample((), 0),
        sample((0, 3), 1),
        sample((3, 0), 1),
        sample((7,), -1),
        sample(np.array([[1e4, 1e4 - 1], [-1e4, 0.0]]), 1),
        sample(np.array([[-INF, 0.0, 1.0]]), 1),
    ]
    of: Any = None

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        cls.errors = [
            (
                lambda: cls.op(tg.ones(2, 3), 2),
                IndexError,
                f"{name}: dim 2 is out of range for a tensor of 2 dimensions; use -2 to 1.",
            ),
            (lambda: cls.op(tg.ones(2, 3), "x"), TypeError, f"{name}: dim must be an int, got str 'x'."),
            (
                lambda: cls.op(tg.tensor([1, 2]), 0),
                TypeError,
                f"{name}: input needs a floating dtype, got tensorgrad.int64.",
            ),
            (lambda: cls.op(tg.ones(2), 0, dtype=tg.int64), TypeError, f"{name}: input needs a floating dtype"),
            (lambda: cls.op("x", 0), TypeError, f"{name}: input must be a Tensor, got str."),
        ]

    def expected(self, x: Any, dim: int) -> Any:
        return type(self).of(x, dim)

    def test_dtype_converts_first(self) -> None:
        op = type(self).op
        want = type(self).of(np.array([1.0, 2.0]), 0)
        for y in (op(tg.tensor([1, 2]), 0, dtype=tg.float64), op(tg.tensor([1, 2]), 0, tg.float64)):
            assert y.dtype is tg.float64
            np.testing.assert_allclose(y.array, want)
        x = tg.tensor([1.0, 2.0], dtype=tg.float16, requires_grad=True)
        op(x, 0, dtype=tg.float32).sum().backward()
        assert x.grad.dtype is tg.float16

    def test_a_missing_dim_is_chosen_with_a_warning(self) -> None:
        op = type(self).op
        for shape, dim in (((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((1, 2, 3, 4), 1)):
            x = tg.arange(24.0)[: math.prod(shape)].reshape(shape)
            with pytest.warns(UserWarning, match=f"dim was left out; {dim} is taken"):
                y = op(x)
            assert y.equal(op(x, dim))

    def test_a_row_of_minus_infinity_is_nan(self) -> None:
        x = tg.full((1, 3), -INF)
        assert type(self).op(x if self.op is not F.softmin else -x, 1).isnan().all()

    def test_half_numbers_are_added_up_in_single(self) -> None:
        x = tg.zeros(1, 5000, dtype=tg.float16, requires_grad=True)
        y = type(self).op(x, 1)
        assert y.dtype is tg.float16
        np.testing.assert_allclose(y.detach().array, type(self).of(np.zeros((1, 5000)), 1), rtol=1e-2)
        y[0, 0].backward()
        assert x.grad.isfinite().all()


class TestSoftmax(AlongOne):
    op = staticmethod(F.softmax)
    of = staticmethod(lambda x, dim: sp.softmax(x, dim) if x.size else x)


class TestLogSoftmax(AlongOne):
    op = staticmethod(F.log_softmax)
    samples = AlongOne.samples[:-1]  # −∞ in the result: its differences are nan
    of = staticmethod(lambda x, dim: sp.log_softmax(x, dim) if x.size else x)


class TestSoftmin(AlongOne):
    op = staticmethod(F.softmin)
    samples = AlongOne.samples[:-1]
    of = staticmethod(lambda x, dim: sp.softmax(-x, dim) if x.size else x)


class TestGumbelSoftmax(OpTest):
    op = staticmethod(F.gumbel_softmax)
    torch = None
    torch_note = "random numbers: the generators differ; compared here with softmax around the same noise"
    samples = [sample((3, 4)), sample((3, 4), 0.5, dim=0), sample((0, 4)), sample((5,), tau=2.0)]
    errors = [(lambda: F.gumbel_softmax(tg.tensor([1])), TypeError, "gumbel_softmax: input needs a floating dtype")]

    @classmethod
    def call(cls, args: Any, kwargs: Any, requires_grad: bool = False) -> Any:
        return super().call(args, {**kwargs, "generator": tg.Generator().manual_seed(0)}, requires_grad)

    @pytest.mark.parametrize("dtype", ["float64"])
    def test_value(self, case: int, dtype: str) -> None:
        super().test_value(case, dtype)

    def expected(self, x: Any, tau: float = 1.0, dim: int = -1) -> Any:
        noise = -np.log(tg.empty(x.shape, dtype=tg.float64).exponential_(generator=tg.Generator().manual_seed(0)).array)
        return sp.softmax((x + noise) / tau, dim) if x.size else x

    def test_frequencies(self) -> None:
        p = tg.tensor([0.1, 0.2, 0.7])
        draws = F.gumbel_softmax(p.log().expand(20000, 3), hard=True, generator=tg.Generator().manual_seed(0))
        np.testing.assert_allclose(draws.mean(0).array, p.array, atol=0.01)

    def test_hard_is_one_hot_with_the_gradient_of_soft(self) -> None:
        x = tg.tensor([[0.1, 0.5, -0.3], [1.0, 2.0, 0.0]], dtype=tg.float64, requires_grad=True)
        weights = tg.tensor([1.0, 2.0, 3.0], dtype=tg.float64)
        grads = []
        for hard in (False, True):
            y = F.gumbel_softmax(x, hard=hard, generator=tg.Generator().manual_seed(5))
            (g,) = tg.autograd.grad((y * weights).sum(), x)
            grads.append(g.array)
        assert sorted(y.detach().array.ravel()) == pytest.approx([0, 0, 0, 0, 1, 1])
        np.testing.assert_allclose(grads[0], grads[1])


def test_log_softmax_of_far_away_logits_keeps_its_digits() -> None:
    x = tg.tensor([[0.0, 200.0]], requires_grad=True)
    y = F.log_softmax(x, 1)
    assert y.tolist() == [[-200.0, 0.0]]
    y[0, 0].backward()
    assert x.grad.tolist() == [[1.0, -1.0]]


@pytest.mark.parametrize("op", [F.softmax, F.log_softmax, F.softmin])
def test_only_differences_count(op: Any) -> None:
    """Also in the definitions that the kernels are tested against."""
    near = np.array([0.0, 0.0, -16.0, 8.0], np.float32)
    found = []
    for large in (0.0, 1e8):
        x = tg.tensor(near + np.float32(large), requires_grad=True)
        y = op(x, 0)
        (g,) = tg.autograd.grad((y * tg.arange(4)).sum(), x)
        found.append((y.detach().numpy(), g.numpy()))
        if op is not F.softmin:
            np.testing.assert_allclose(y.node.formula(x.detach()).numpy(), found[-1][0], rtol=1e-5)
    for a, b in zip(*found):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-7)
