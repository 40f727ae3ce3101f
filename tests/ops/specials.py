"""What the tables of special functions share."""

from __future__ import annotations

from typing import Any

import tensorgrad as tg
from tests.ops.optest import OpTest, sample
from tests.ops.pointwise import SHAPES


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


class Binary(OpTest):
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
