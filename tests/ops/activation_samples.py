"""Samples of activations, and what they say to words and integers."""

from __future__ import annotations

import numpy as np

import tensorgrad as tg
from tests.ops.optest import OpTest, sample

SHAPES = [sample((3, 4)), sample(()), sample((0, 2)), sample((31,)), sample((2000,))]
WIDE = np.array([-800.0, -30.0, -7.5, 7.5, 30.0, 800.0])
whole = np.array([[-7, -2, -1, 0], [1, 2, 5, 9]])


class Activation(OpTest):
    """Floating only: the samples, and what it says to words and integers."""

    samples = SHAPES
    low, high = -4.0, 4.0

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        words = f"{name}: input needs a floating dtype, got tensorgrad.int64. Convert it first: x.float()."
        cls.errors = [
            (lambda: cls.op("x"), TypeError, f"{name}: input must be a Tensor, got str."),
            (lambda: cls.op(tg.tensor([1, 2])), TypeError, words),
            *cls.__dict__.get("errors", []),
        ]


class OfIntegersToo(OpTest):
    """The same where integers are taken, but no bools."""

    samples = [*SHAPES, sample(whole)]
    low, high = -4.0, 4.0

    def __init_subclass__(cls) -> None:
        if cls.op is None:
            return
        name = cls.op.__name__
        cls.errors = [
            (lambda: cls.op("x"), TypeError, f"{name}: input must be a Tensor, got str."),
            (lambda: cls.op(tg.tensor([True])), TypeError, f"{name}: not for bool tensors."),
            *cls.__dict__.get("errors", []),
        ]
