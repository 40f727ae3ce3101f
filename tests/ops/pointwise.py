"""What the tables of pointwise operations share: samples, and what is said to bad operands."""

from __future__ import annotations

import math

import numpy as np

import tensorgrad as tg
from tests.ops.optest import OpTest, sample

T = tg.Tensor
NAN = math.nan
INF = math.inf
whole = np.array([[-7, -2, -1, 0], [1, 2, 5, 9]])
mask = np.array([True, False, True])
# from 1024 elements on kernels may take another way; so they may where it is only the broadcast result that has as many
SHAPES = [sample((3, 4)), sample(()), sample((0, 2)), sample((31,)), sample((33, 34))]
PAIRS = [
    sample((3, 4), (3, 4)), sample((2, 1, 3), (4, 1)), sample((), (3,)), sample((0, 2), (1, 2)), sample((), ()),
    sample((36, 1), (1, 37)), sample((34,), (33, 34)),
]  # fmt: skip


class Unary(OpTest):
    """A function of one number: the samples, and what it says to a word instead of a tensor."""

    samples = SHAPES

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        refused = (lambda: cls.op("x"), TypeError, f"{name}: input must be a Tensor, got str.")
        cls.errors = [refused, *cls.__dict__.get("errors", [])]


class Binary(OpTest):
    """A function of two: broadcasting, and what it says to shapes that do not broadcast."""

    samples = PAIRS
    dtype = tg.float32

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        x, z = tg.ones(2, 3, dtype=cls.dtype), tg.ones(4, dtype=cls.dtype)
        apart = (lambda: cls.op(x, z), ValueError, f"{name}: these shapes do not broadcast.\n")
        refused = (lambda: cls.op(tg.ones(2), "x"), TypeError, f"{name}: ")
        cls.errors = [apart, refused, *cls.__dict__.get("errors", [])]
