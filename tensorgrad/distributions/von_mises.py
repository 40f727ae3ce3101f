"""The normal distribution of angles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.bessel import i0e, i1e
from ..ops.trigonometry import cos
from ..random import stream
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all


class VonMises(Distribution):
    """p(x) = e^(κ·cos(x − loc)) / (2π·I₀(κ)) for an angle x, κ = concentration; angles in radians, modulo 2π.

    `mean` and `variance` are those of directions: loc, and 1 − I₁(κ)/I₀(κ), from 0 to 1.
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    has_rsample = False

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Angles from −π to π (Best & Fisher, "Efficient simulation of the von Mises distribution", Applied Statistics 28,
        1979): drawn from a wrapped Cauchy distribution, and kept with the share that its density is too high."""
        shape = self._extended_shape(sample_shape)
        rng = stream("VonMises", None)
        k = np.broadcast_to(
            np.asarray(self.concentration.array, np.float64), shape
        ).ravel()  # small ones need the digits
        tau = 1 + np.sqrt(1 + 4 * k * k)
        rho = (tau - np.sqrt(2 * tau)) / (2 * k)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = np.where(k < 1e-5, 1 / k + k, (1 + rho * rho) / (2 * rho))
        turned = np.empty(k.shape)
        left = np.arange(k.size)
        while left.size:
            u, v, side = rng.random((3, left.size))
            z = np.cos(np.pi * u)
            f = (1 + r[left] * z) / (r[left] + z)
            c = k[left] * (r[left] - f)
            with np.errstate(divide="ignore"):
                kept = (c * (2 - c) > v) | (np.log(c / v) + 1 - c >= 0)
            turned[left[kept]] = np.copysign(np.arccos(np.clip(f[kept], -1, 1)), side[kept] - 0.5)
            left = left[~kept]
        x = turned.reshape(shape) + self.loc.array
        return Tensor._of(((x + np.pi) % (2 * np.pi) - np.pi).astype(self.loc.array.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        k = self.concentration  # ln I₀(κ) = ln(I₀(κ)·e^−κ) + κ, which does not overflow
        return k * (cos(value - self.loc) - 1) - math.log(2 * math.pi) - i0e(k).log()

    def entropy(self) -> Tensor:
        k = self.concentration
        return math.log(2 * math.pi) + i0e(k).log() + k * self.variance


__all__ = ["VonMises"]
