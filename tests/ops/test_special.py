"""The error function, logits, entropies."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

import tensorgrad as tg
from tensorgrad import special
from tests.ops.optest import F, sample
from tests.ops.pointwise import INF, NAN, SHAPES
from tests.ops.specials import Binary, Unary

# Tested here under one of their names: the module has them as `special.name` as well.
TESTED = [special.expit, special.exp2, special.expm1, special.log1p, special.round, special.softmax, special.log_softmax]


class TestErf(Unary):
    op = staticmethod(tg.erf)
    samples = [*SHAPES, sample((2000,))]  # from some size on, float32 has a kernel of its own
    of = staticmethod(sp.erf)

    def test_every_float32_to_the_last_digits(self) -> None:
        x = np.concatenate([np.linspace(-6, 6, 20001), [INF, -INF, NAN, 1e30, -1e-30, -0.0]]).astype(np.float32)
        y, want = tg.erf(tg.tensor(x)).array, sp.erf(x.astype(np.float64))
        np.testing.assert_allclose(y, want, rtol=3e-7)
        assert np.signbit(y[-1]) and y[-6] == 1 and y[-5] == -1 and np.isnan(y[-4])


class TestErfc(Unary):
    op = staticmethod(tg.erfc)
    of = staticmethod(sp.erfc)


class TestErfcx(Unary):
    op = staticmethod(special.erfcx)
    of = staticmethod(sp.erfcx)


class TestErfinv(Unary):
    op = staticmethod(tg.erfinv)
    low, high = -0.9, 0.9
    of = staticmethod(sp.erfinv)

    def test_at_the_ends(self) -> None:
        np.testing.assert_array_equal(tg.erfinv(tg.tensor([-1.0, 1.0, 1.5])).array, [-INF, INF, NAN])


class TestNdtr(Unary):
    op = staticmethod(special.ndtr)
    of = staticmethod(sp.ndtr)


class TestNdtri(Unary):
    op = staticmethod(special.ndtri)
    low, high = 0.1, 0.9
    of = staticmethod(sp.ndtri)


class TestLogNdtr(Unary):
    op = staticmethod(special.log_ndtr)
    samples = [*SHAPES, sample(np.array([-50.0, -10.0, 5.0]))]
    of = staticmethod(sp.log_ndtr)


class TestLogit(Unary):
    op = staticmethod(tg.logit)
    low, high = 0.1, 0.9
    samples = [*SHAPES, sample((3,), 0.2), sample(F((31,), -1, 2), eps=0.1)]

    def expected(self, x: Any, eps: float | None = None) -> Any:
        return sp.logit(x if eps is None else np.clip(x, eps, 1 - eps))

    def test_outside(self) -> None:
        x = tg.tensor([0.0, 1.0, 2.0, -1.0], requires_grad=True)
        y = tg.logit(x)
        np.testing.assert_array_equal(y.detach().array, [-INF, INF, NAN, NAN])
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.array, [INF, INF, NAN, NAN])


class TestEntr(Unary):
    op = staticmethod(special.entr)
    low, high = 0.2, 2.0
    of = staticmethod(sp.entr)

    def test_at_and_below_zero(self) -> None:
        np.testing.assert_array_equal(special.entr(tg.tensor([0.0, -1.0])).array, [0, -INF])


class TestXlogy(Binary):
    op = staticmethod(tg.xlogy)
    low, high = 0.2, 2.0
    samples = [*Binary.samples, sample((3,), 2.0), sample(2, (3,))]
    of = staticmethod(sp.xlogy)

    def test_where_the_factor_is_zero(self) -> None:
        x = tg.tensor([0.0, 0.0, 1.0, 0.0], requires_grad=True)
        z = tg.tensor([0.0, 1.0, 0.0, NAN], requires_grad=True)
        y = tg.xlogy(x, z)
        np.testing.assert_array_equal(y.detach().array, [0, 0, -INF, NAN])
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.array, [0, 0, -INF, NAN])
        np.testing.assert_array_equal(z.grad.array, [NAN, 0, INF, NAN])


class TestXlog1py(Binary):
    op = staticmethod(special.xlog1py)
    low, high = 0.2, 2.0
    samples = [*Binary.samples, sample((3,), 2.0), sample(2, (3,))]
    of = staticmethod(sp.xlog1py)

    def test_where_the_factor_is_zero(self) -> None:
        x, z = tg.tensor([0.0, 1.0], requires_grad=True), tg.tensor([-1.0, -1.0])
        y = special.xlog1py(x, z)
        np.testing.assert_array_equal(y.detach().array, [0, -INF])
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.array, [0, -INF])


class TestSinc(Unary):
    op = staticmethod(tg.sinc)
    torch_atol = {"float32": 1e-3}  # theirs cancels near 0
    samples = [*SHAPES, sample(np.array([0.0, 1e-8, -1e-4]))]
    of = staticmethod(np.sinc)

    def test_the_second_derivative_at_zero(self) -> None:
        x = tg.tensor([0.0], dtype=tg.float64, requires_grad=True)
        (g,) = tg.autograd.grad(tg.sinc(x).sum(), x, create_graph=True)
        (h,) = tg.autograd.grad(g.sum(), x)
        assert g.item() == 0 and h.item() == pytest.approx(-(math.pi**2) / 3)


def test_numbers_and_integers_as_operands() -> None:
    assert special.chebyshev_polynomial_t(2.0, tg.tensor([0, 1, 2])).tolist() == [1, 2, 7]
    assert special.legendre_polynomial_p(tg.tensor([1, 3]), 1).dtype is tg.float32
    assert special.shifted_chebyshev_polynomial_t(1.0, tg.tensor([3])).tolist() == [1]
    assert special.gammainc(1.0, tg.tensor([0.0])).tolist() == [0]
    assert special.legendre_polynomial_p(tg.tensor([3.0]), tg.tensor([1.9, -0.5])).tolist() == [3, 1]  # cut off


@pytest.mark.parametrize("name", "erf digamma lgamma i0 sinc".split())
def test_integers_and_halves(name: str) -> None:
    x = tg.tensor([1, 2])
    op = getattr(tg, name)
    assert op(x).dtype is tg.float32
    half = op(x.half())
    assert half.dtype is tg.float16
    np.testing.assert_allclose(half.array.astype(float), op(x.double()).array, rtol=2e-3, atol=1e-3)


def test_the_aliases_are_the_functions() -> None:
    for alias, function in (
        (special.expit, tg.sigmoid), (special.psi, tg.digamma), (special.gammaln, tg.lgamma),
        (special.gammainc, tg.igamma), (special.multigammaln, tg.mvlgamma), (special.logsumexp, tg.logsumexp),
    ):  # fmt: skip
        assert inspect.unwrap(alias) is inspect.unwrap(function)
    assert set(special.__all__) <= set(dir(special))
