"""Linear and bilinear layers."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad.nn import functional
from tests.ops.operands import seed, two  # noqa: F401  (seed is used by pytest)
from tests.ops.optest import OpTest, sample


class TestLinear(OpTest):
    op = staticmethod(functional.linear)
    samples = [
        sample((2, 3), (4, 3)),
        sample((2, 3), (4, 3), (4,)),
        sample((3,), (4, 3), (4,)),
        sample((3,), (4, 3)),
        sample((5, 2, 3), (4, 3), (4,)),
        sample((5, 2, 3), (4, 3)),
        sample((2, 3), (3,)),
        sample((0, 3), (4, 3), (4,)),
        sample((2, 3), (4, 3), ()),
    ]
    errors = [
        (
            lambda: functional.linear(two, tg.ones(4, 2), tg.ones(4)),
            ValueError,
            "linear: input has 3 features, weight expects 2.\n    input  (…, in)    (2, 3)\n    weight (out, in)  (4, 2)\n"
            "    bias   (out,)     (4,)\nBuild the weight as (out, 3), or give input 2 features.",
        ),
        (lambda: functional.linear(two, tg.ones(4, 2)), ValueError, "linear: input has 3 features, weight expects 2"),
        (lambda: functional.linear(two, tg.ones(4, 3), tg.ones(5)), ValueError, "linear: the shapes do not fit"),
        (lambda: functional.linear(two, tg.ones(3), tg.ones(1)), ValueError, "linear: the shapes do not fit"),
        (lambda: functional.linear(two, tg.ones(4, 3).double()), TypeError, "Convert: input.double()."),
        (lambda: functional.linear(two.long(), tg.ones(4, 3)), TypeError, "Convert: input.float()."),
        (lambda: functional.linear(two, tg.ones(4, 3), tg.ones(4).double()), TypeError, "Convert: bias.float() (NumPy"),
    ]

    def expected(self, x: Any, w: Any, b: Any = 0) -> Any:
        return x @ w.T + b


class TestBilinear(OpTest):
    op = staticmethod(functional.bilinear)
    samples = [
        sample((5, 2), (5, 3), (4, 2, 3), (4,)),
        sample((5, 2), (5, 3), (4, 2, 3)),
        sample((2,), (3,), (4, 2, 3)),
        sample((6, 5, 2), (6, 5, 3), (1, 2, 3), (1,)),
        sample((0, 2), (0, 3), (4, 2, 3)),
    ]
    errors = [
        (
            lambda: functional.bilinear(tg.ones(5, 2), tg.ones(5, 3), tg.ones(4, 3, 2)),
            ValueError,
            "bilinear: the shapes do not fit.\n    input1  (5, 2)\n    input2  (5, 3)\n    weight  (4, 3, 2)",
        )
    ]

    def expected(self, x: Any, z: Any, w: Any, b: Any = 0) -> Any:
        return np.einsum("...m,omn,...n->...o", x, w, z) + b
