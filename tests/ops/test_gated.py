"""Activations that are x times a gate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

import tensorgrad as tg
import tensorgrad.nn.functional as F
from tests.ops.activation_samples import SHAPES, WIDE, Activation
from tests.ops.optest import OpTest, sample


class TestHardswish(Activation):
    op = staticmethod(F.hardswish)

    def expected(self, x: Any) -> Any:
        return x * np.clip(x + 3, 0, 6) / 6


class TestSilu(Activation):
    op = staticmethod(F.silu)
    samples = [*SHAPES, sample(WIDE)]

    def expected(self, x: Any) -> Any:
        return x * sp.expit(x)


class TestGelu(Activation):
    op = staticmethod(F.gelu)
    samples = [*SHAPES, sample(WIDE), sample((31,), approximate="tanh"), sample(WIDE, approximate="tanh")]
    errors = [
        (
            lambda: F.gelu(tg.ones(1), approximate="erf"),
            ValueError,
            'gelu: approximate must be "none" or "tanh", got \'erf\'.',
        )
    ]

    def expected(self, x: Any, approximate: str = "none") -> Any:
        if approximate == "none":
            return x * sp.ndtr(x)
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class TestMish(Activation):
    op = staticmethod(F.mish)
    samples = [*SHAPES, sample(WIDE)]

    def expected(self, x: Any) -> Any:
        return x * np.tanh(np.logaddexp(0, x))


class TestGlu(OpTest):
    op = staticmethod(F.glu)
    samples = [sample((3, 4)), sample((4, 3), 0), sample((2, 6, 5), dim=-2), sample((0, 4)), sample((2,))]
    errors = [
        (
            lambda: F.glu(tg.ones(2, 3)),
            ValueError,
            "glu: dim -1 has the odd size 3, which has no halves.\n    input  (2, 3)\nGive it an even size.",
        ),
        (lambda: F.glu(tg.tensor(1.0)), ValueError, "glu: dim -1 has the odd size 1"),
        (
            lambda: F.glu(tg.ones(2, 4), 2),
            IndexError,
            "glu: dim 2 is out of range for a tensor of 2 dimensions; use -2 to 1.",
        ),
        (lambda: F.glu(tg.tensor([1, 2])), TypeError, "glu: input needs a floating dtype, got tensorgrad.int64."),
    ]

    def expected(self, x: Any, dim: int = -1) -> Any:
        a, b = np.split(x, 2, dim)
        return a * sp.expit(b)


def test_small_activations_of_halves_do_not_overflow_on_the_way() -> None:
    x = tg.tensor([1000.0, -1000.0], dtype=tg.float16, requires_grad=True)
    y = F.gelu(x, approximate="tanh")
    y.sum().backward()
    assert y.tolist() == [1000, 0] and x.grad.tolist() == [1, 0]
