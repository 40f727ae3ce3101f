"""Orthogonal polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

import tensorgrad as tg
from tensorgrad import special
from tests.ops.optest import OpTest, sample


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
