"""Bessel and Airy functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

import tensorgrad as tg
from tensorgrad import special
from tests.ops.optest import sample
from tests.ops.pointwise import SHAPES
from tests.ops.specials import Unary


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
