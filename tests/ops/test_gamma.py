"""The gamma function and its relatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

import tensorgrad as tg
from tensorgrad import special
from tests.ops.optest import F, OpTest, sample
from tests.ops.pointwise import INF, NAN, SHAPES
from tests.ops.specials import Binary, Unary


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
    errors = [(lambda: tg.mvlgamma(tg.ones(1), 0), ValueError, "mvlgamma: p must be at least 1, got 0.")]

    def expected(self, x: Any, p: int) -> Any:
        return np.vectorize(lambda a: sp.multigammaln(a, p))(x)


class TestGammainc(Binary):
    op = staticmethod(special.gammainc)
    aliases = ["igamma"]
    low, high = 0.3, 4.0
    samples = [*Binary.samples, sample(F((3,), 0.5, 20), F((3,), 10, 30))]
    torch_gradient = False
    of = staticmethod(sp.gammainc)

    def test_the_gradient_at_the_ends(self) -> None:
        a = tg.tensor([1.0, 2.0, 2.0], requires_grad=True)
        special.gammainc(a, tg.tensor([0.0, 0.0, INF])).sum().backward()
        assert a.grad.tolist() == [0, 0, 0]


class TestGammaincc(Binary):
    op = staticmethod(special.gammaincc)
    aliases = ["igammac"]
    low, high = 0.3, 4.0
    torch_gradient = False
    of = staticmethod(sp.gammaincc)


class TestZeta(Binary):
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
