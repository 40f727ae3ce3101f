"""Where weights start: large enough for the signal to reach the last layer, small enough not to drown it.

A neuron adds up `fan_in` products. If each weight has variance 1 / fan_in, the sum varies as much as one input does,
and the signal passes through any number of layers without growing or fading. Two papers, two refinements:

    Xavier (Glorot & Bengio, 2010)            variance 2 / (fan_in + fan_out), fair to the way back as well
    Kaiming (He et al., arXiv:1502.01852)     variance gain² / fan_in; a relu passes on half the signal: gain² = 2

Biases start at zero.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Protocol

from .choice import Choice


class Generator(Protocol):
    """What draws the numbers: a `random.Random`, or the module `random` itself."""

    def uniform(self, a: float, b: float, /) -> float: ...

    def gauss(self, mu: float, sigma: float, /) -> float: ...


class Init(Choice):
    """How the weights of a layer are drawn."""

    MICROGRAD = "micrograd"  # uniform in [-1, 1), whatever the width
    KAIMING_UNIFORM = "kaiming_uniform"
    KAIMING_NORMAL = "kaiming_normal"
    XAVIER_UNIFORM = "xavier_uniform"
    XAVIER_NORMAL = "xavier_normal"

    def std(self, fan_in: int, fan_out: int, gain: float = 1.0) -> float:
        """The standard deviation of the weights. Only Kaiming looks at the gain of the activation."""
        if self in (Init.KAIMING_UNIFORM, Init.KAIMING_NORMAL):
            return gain / math.sqrt(fan_in)
        if self in (Init.XAVIER_UNIFORM, Init.XAVIER_NORMAL):
            return math.sqrt(2.0 / (fan_in + fan_out))
        return 1.0 / math.sqrt(3.0)

    def draws(self, fan_in: int, fan_out: int, gain: float = 1.0, generator: Generator = random) -> Callable[[], float]:
        """A function that returns one weight after the other."""
        std = self.std(fan_in, fan_out, gain)
        if self in (Init.KAIMING_NORMAL, Init.XAVIER_NORMAL):
            return lambda: generator.gauss(0.0, std)
        if self is Init.MICROGRAD:
            return lambda: generator.uniform(-1.0, 1.0)
        bound = math.sqrt(3.0) * std  # a uniform number in [-a, a] has variance a² / 3
        return lambda: generator.uniform(-bound, bound)
