"""The error function, the gamma function, Bessel functions, orthogonal polynomials and their relatives."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

import tensorgrad as tg
from tensorgrad import special
from tests.ops.optest import F, OpTest, sample

NAN, INF = math.nan, math.inf
SHAPES = [sample((3, 4)), sample(()), sample((0, 2)), sample((31,))]

# Tested here under one of their names: the module has them as `special.name` as well.
TESTED = [special.expit, special.exp2, special.expm1, special.log1p, special.round, special.softmax, special.log_softmax]


class Unary(OpTest):
    """A function of one number; `of` is SciPy's."""

    samples = SHAPES
    of: Any = None
    rtol = {"float32": 2e-5}

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        cls.errors = [(lambda: cls.op("x"), TypeError, f"{name}: input must be a Tensor, got str.")]

    def expected(self, x: Any) -> Any:
        return type(self).of(x)


class OfTwo(OpTest):
    samples = [sample((3, 4), (3, 4)), sample((2, 1, 3), (4, 1)), sample((), (3,)), sample((0, 2), (1, 2))]
    of: Any = None

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        words = f"{name}: these shapes do not broadcast.\n    input  (2, 3)\n    other  (4,)"
        cls.errors = [(lambda: cls.op(tg.ones(2, 3), tg.ones(4)), ValueError, words)]

    def expected(self, x: Any, z: Any) -> Any:
        return type(self).of(x, z)


# ---- the error function and the normal distribution -----------------------------------------------------------------


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


# ---- logarithms -----------------------------------------------------------------------------------------------------


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


class TestXlogy(OfTwo):
    op = staticmethod(tg.xlogy)
    low, high = 0.2, 2.0
    samples = [*OfTwo.samples, sample((3,), 2.0), sample(2, (3,))]
    of = staticmethod(sp.xlogy)

    def test_where_the_factor_is_zero(self) -> None:
        x = tg.tensor([0.0, 0.0, 1.0, 0.0], requires_grad=True)
        z = tg.tensor([0.0, 1.0, 0.0, NAN], requires_grad=True)
        y = tg.xlogy(x, z)
        np.testing.assert_array_equal(y.detach().array, [0, 0, -INF, NAN])
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.array, [0, 0, -INF, NAN])
        np.testing.assert_array_equal(z.grad.array, [NAN, 0, INF, NAN])


class TestXlog1py(OfTwo):
    op = staticmethod(special.xlog1py)
    low, high = 0.2, 2.0
    samples = [*OfTwo.samples, sample((3,), 2.0), sample(2, (3,))]
    of = staticmethod(sp.xlog1py)

    def test_where_the_factor_is_zero(self) -> None:
        x, z = tg.tensor([0.0, 1.0], requires_grad=True), tg.tensor([-1.0, -1.0])
        y = special.xlog1py(x, z)
        np.testing.assert_array_equal(y.detach().array, [0, -INF])
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.array, [0, -INF])


# ---- the gamma function ---------------------------------------------------------------------------------------------


class TestLgamma(Unary):
    op = staticmethod(tg.lgamma)
    aliases = ["gammaln"]
    low, high = 0.3, 4.0
    of = staticmethod(sp.gammaln)

    def test_poles_and_infinities(self) -> None:
        np.testing.assert_array_equal(tg.lgamma(tg.tensor([0.0, -1.0, INF, -INF])).array, [INF] * 4)


class TestDigamma(Unary):
    op = staticmethod(tg.digamma)
    aliases = ["psi"]
    low, high = 0.3, 4.0
    samples = [*SHAPES, sample(np.array([-1.5, -0.3]))]
    of = staticmethod(sp.psi)

    def test_poles(self) -> None:
        np.testing.assert_array_equal(tg.digamma(tg.tensor([0.0, -0.0, -1.0])).array, [-INF, INF, NAN])


class TestPolygamma(OpTest):
    op = staticmethod(tg.polygamma)
    low, high = 0.5, 4.0
    rtol = {"float32": 2e-5}
    samples = [sample(0, (3, 4)), sample(1, (31,)), sample(2, ()), sample(3, (0, 2))]
    errors = [
        (lambda: tg.polygamma(-1, tg.ones(1)), ValueError, "polygamma: n must not be negative, got -1."),
        (lambda: tg.polygamma(1.5, tg.ones(1)), TypeError, "polygamma: n must be an int, got float."),
        (lambda: tg.polygamma(1, "x"), TypeError, "polygamma: input must be a Tensor, got str."),
    ]

    def expected(self, n: int, x: Any) -> Any:
        return sp.polygamma(n, x)

    def test_as_a_method(self) -> None:
        x = tg.tensor([1.0, 2.0])
        want = tg.polygamma(2, x)
        assert x.polygamma(2).equal(want) and x.polygamma_(2).equal(want) and x.equal(want)


class TestMultigammaln(OpTest):
    op = staticmethod(special.multigammaln)
    aliases = ["mvlgamma"]
    low, high = 2.0, 5.0
    samples = [sample((3, 4), 1), sample((31,), 3), sample((), 2)]
    errors = [(lambda: tg.mvlgamma(tg.ones(1), 0), ValueError, "multigammaln: p must be at least 1, got 0.")]

    def expected(self, x: Any, p: int) -> Any:
        return np.vectorize(lambda a: sp.multigammaln(a, p))(x)


class TestGammainc(OfTwo):
    op = staticmethod(special.gammainc)
    aliases = ["igamma"]
    low, high = 0.3, 4.0
    samples = [*OfTwo.samples, sample(F((3,), 0.5, 20), F((3,), 10, 30))]
    torch_gradient = False
    of = staticmethod(sp.gammainc)

    def test_the_gradient_at_the_ends(self) -> None:
        a = tg.tensor([1.0, 2.0, 2.0], requires_grad=True)
        special.gammainc(a, tg.tensor([0.0, 0.0, INF])).sum().backward()
        assert a.grad.tolist() == [0, 0, 0]


class TestGammaincc(OfTwo):
    op = staticmethod(special.gammaincc)
    aliases = ["igammac"]
    low, high = 0.3, 4.0
    torch_gradient = False
    of = staticmethod(sp.gammaincc)


class TestZeta(OfTwo):
    op = staticmethod(special.zeta)
    samples = [
        sample(F((3, 4), 1.5, 5), F((3, 4), 0.3, 3)),
        sample(F((2, 1), 1.2, 9), F((3,), 5, 20)),
        sample(2.0, F((3,), 0.3, 3)),
        sample(F((3,), 1.5, 3), 1),
    ]
    torch_gradient = False
    rtol = {"float32": 2e-5}
    of = staticmethod(sp.zeta)


# ---- Bessel functions -----------------------------------------------------------------------------------------------


class UnaryPositive(Unary):
    low, high = 0.5, 6.0


class TestAiryAi(Unary):
    op = staticmethod(special.airy_ai)
    torch_gradient = False

    def expected(self, x: Any) -> Any:
        return sp.airy(x)[0]


class TestBesselJ0(Unary):
    op = staticmethod(special.bessel_j0)
    low, high = -4.0, 4.0
    torch_gradient = False
    of = staticmethod(sp.j0)


class TestBesselJ1(Unary):
    op = staticmethod(special.bessel_j1)
    low, high = -4.0, 4.0
    torch_gradient = False
    of = staticmethod(sp.j1)


class TestBesselY0(UnaryPositive):
    op = staticmethod(special.bessel_y0)
    high = 4.0
    torch_gradient = False
    of = staticmethod(sp.y0)


class TestBesselY1(UnaryPositive):
    op = staticmethod(special.bessel_y1)
    high = 4.0
    torch_gradient = False
    of = staticmethod(sp.y1)


class TestI0(Unary):
    op = staticmethod(tg.i0)
    aliases = ["modified_bessel_i0"]
    of = staticmethod(sp.i0)


class TestI1(Unary):
    op = staticmethod(special.i1)
    aliases = ["modified_bessel_i1"]
    of = staticmethod(sp.i1)


class TestI0e(Unary):
    op = staticmethod(special.i0e)
    of = staticmethod(sp.i0e)


class TestI1e(Unary):
    op = staticmethod(special.i1e)
    of = staticmethod(sp.i1e)


class TestModifiedBesselK0(UnaryPositive):
    op = staticmethod(special.modified_bessel_k0)
    torch_gradient = False
    of = staticmethod(sp.k0)


class TestModifiedBesselK1(UnaryPositive):
    op = staticmethod(special.modified_bessel_k1)
    torch_gradient = False
    of = staticmethod(sp.k1)


class TestScaledModifiedBesselK0(UnaryPositive):
    op = staticmethod(special.scaled_modified_bessel_k0)
    torch_gradient = False
    of = staticmethod(sp.k0e)


class TestScaledModifiedBesselK1(UnaryPositive):
    op = staticmethod(special.scaled_modified_bessel_k1)
    torch_gradient = False
    of = staticmethod(sp.k1e)


class TestSphericalBesselJ0(Unary):
    op = staticmethod(special.spherical_bessel_j0)
    samples = [*SHAPES, sample(np.array([0.0, 1e-8, -1e-4]))]
    torch_gradient = False

    def expected(self, x: Any) -> Any:
        return sp.spherical_jn(0, x)


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


# ---- orthogonal polynomials -----------------------------------------------------------------------------------------


class Polynomial(OpTest):
    """`of` is SciPy's, with the degree first."""

    samples = [
        sample((3, 4), 3),
        sample((4,), np.array([0, 1, 2, 7])),
        sample((2, 1), np.array([0, 2, 5])),
        sample((), -1),
        sample((0, 2), 2),
    ]
    layouts = False
    torch_gradient = False
    of: Any = None

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        words = f"{name}: these shapes do not broadcast.\n    input  (2, 3)\n    n      (4,)"
        cls.errors = [
            (lambda: cls.op(tg.ones(2, 3), tg.ones(4)), ValueError, words),
            (lambda: cls.op(tg.ones(1), "x"), TypeError, f"{name}: each operand must be a Tensor, got str."),
        ]

    def expected(self, x: Any, n: Any) -> Any:
        degree = np.trunc(n)
        return np.where(degree < 0, 0, type(self).of(np.maximum(degree, 0), x))


class TestChebyshevT(Polynomial):
    op = staticmethod(special.chebyshev_polynomial_t)
    of = staticmethod(sp.eval_chebyt)


class TestChebyshevU(Polynomial):
    op = staticmethod(special.chebyshev_polynomial_u)
    of = staticmethod(sp.eval_chebyu)


class TestChebyshevV(Polynomial):
    op = staticmethod(special.chebyshev_polynomial_v)
    low, high = -0.9, 0.9

    def expected(self, x: Any, n: Any) -> Any:
        n, t = np.trunc(n), np.arccos(x)
        return np.where(n < 0, 0, np.cos((n + 0.5) * t) / np.cos(t / 2))


class TestChebyshevW(Polynomial):
    op = staticmethod(special.chebyshev_polynomial_w)
    low, high = -0.9, 0.9

    def expected(self, x: Any, n: Any) -> Any:
        n, t = np.trunc(n), np.arccos(x)
        return np.where(n < 0, 0, np.sin((n + 0.5) * t) / np.sin(t / 2))


class Shifted(Polynomial):
    """Of 2x − 1; the message names the function that was shifted."""


    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        cls.errors = [
            (lambda: cls.op(tg.ones(2, 3), tg.ones(4)), ValueError, f"{name.removeprefix('shifted_')}: these shapes do not"),
            (lambda: cls.op("x", 1), TypeError, f"{name}: input must be a Tensor, got str."),
        ]


class TestShiftedChebyshevT(Shifted):
    op = staticmethod(special.shifted_chebyshev_polynomial_t)
    of = staticmethod(sp.eval_sh_chebyt)


class TestShiftedChebyshevU(Shifted):
    op = staticmethod(special.shifted_chebyshev_polynomial_u)
    of = staticmethod(sp.eval_sh_chebyu)


class TestShiftedChebyshevV(Shifted):
    op = staticmethod(special.shifted_chebyshev_polynomial_v)
    low, high = 0.05, 0.95

    def expected(self, x: Any, n: Any) -> Any:
        n, t = np.trunc(n), np.arccos(2 * x - 1)
        return np.where(n < 0, 0, np.cos((n + 0.5) * t) / np.cos(t / 2))


class TestShiftedChebyshevW(Shifted):
    op = staticmethod(special.shifted_chebyshev_polynomial_w)
    low, high = 0.05, 0.95

    def expected(self, x: Any, n: Any) -> Any:
        n, t = np.trunc(n), np.arccos(2 * x - 1)
        return np.where(n < 0, 0, np.sin((n + 0.5) * t) / np.sin(t / 2))


class TestHermiteH(Polynomial):
    op = staticmethod(special.hermite_polynomial_h)
    rtol = {"float32": 5e-5}

    @staticmethod
    def of(n: Any, x: Any) -> Any:
        return np.vectorize(lambda k, v: np.polynomial.hermite.hermval(v, [0] * int(k) + [1]), otypes=[float])(n, x)


class TestHermiteHe(Polynomial):
    op = staticmethod(special.hermite_polynomial_he)
    rtol = {"float32": 5e-5}
    of = staticmethod(sp.eval_hermitenorm)


class TestLaguerre(Polynomial):
    op = staticmethod(special.laguerre_polynomial_l)
    of = staticmethod(sp.eval_laguerre)


class TestLegendre(Polynomial):
    op = staticmethod(special.legendre_polynomial_p)
    of = staticmethod(sp.eval_legendre)


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
