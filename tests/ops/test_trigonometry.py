"""Angles, circular and hyperbolic functions."""

from __future__ import annotations

import numpy as np

import tensorgrad as tg
from tests.ops.optest import sample
from tests.ops.pointwise import SHAPES, Binary, Unary


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


class TestAtan2(Binary):
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


class TestHypot(Binary):
    op = staticmethod(tg.hypot)
    low, high = 0.5, 2.0
    expected = staticmethod(np.hypot)


class TestDeg2rad(Unary):
    op = staticmethod(tg.deg2rad)
    expected = staticmethod(np.deg2rad)


class TestRad2deg(Unary):
    op = staticmethod(tg.rad2deg)
    expected = staticmethod(np.rad2deg)


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
