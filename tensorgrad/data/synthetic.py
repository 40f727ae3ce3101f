"""Data made up on the spot, for problems whose answer one knows. Inputs (n, 2) unless said otherwise, in the default
dtype; classes (n,), int64.

Every function takes `generator=`, a `tensorgrad.Generator`, or uses the default one: the same seed gives the same data.
"""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from ..dtypes import get_default_dtype
from ..random import stream
from ..refusals import in_own_name
from ..tensor import Tensor

Pair = tuple[Tensor, Tensor]


@in_own_name
def xor(n: int | None = None, noise: float = 0.1, *, generator: Any = None) -> Pair:
    """Are two bits different? The four rows of the truth table or, for a number n, so many points scattered around them
    with deviation `noise`. The smallest question that one neuron cannot answer."""
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    classes = np.array([0, 1, 1, 0])
    if n is None:
        return _pair(corners, classes)
    _positive("xor", n=n)
    _noise("xor", noise)
    rng = stream("xor", generator)
    which = np.arange(n) % 4
    return _pair(*_mixed(rng, corners[which] + noise * rng.standard_normal((n, 2)), classes[which]))


@in_own_name
def parity(bits: int = 3) -> Pair:
    """Is the number of ones odd? All 2ⁿ rows of n bits, (2ⁿ, n). Every bit counts: no part of the input tells anything."""
    _positive("parity", bits=bits)
    if bits > 20:
        raise ValueError(f"parity: {bits} bits have 2**{bits} rows; at most 20 bits.")
    rows = (np.arange(2**bits)[:, None] >> np.arange(bits)[::-1]) & 1
    return _pair(rows, rows.sum(1) % 2)


@in_own_name
def moons(n: int = 100, noise: float = 0.1, *, generator: Any = None) -> Pair:
    """Two half circles that reach into each other, each of radius 1."""
    _positive("moons", n=n)
    _noise("moons", noise)
    rng = stream("moons", generator)
    first = np.linspace(0, pi, n - n // 2)
    second = np.linspace(0, pi, n // 2)
    upper = np.stack([np.cos(first), np.sin(first)], 1)
    lower = np.stack([1 - np.cos(second), 0.5 - np.sin(second)], 1)
    return _scattered(rng, [upper, lower], noise)


@in_own_name
def circles(n: int = 100, noise: float = 0.05, factor: float = 0.5, *, generator: Any = None) -> Pair:
    """A circle of radius 1 (class 0) around one of radius `factor` (class 1)."""
    _positive("circles", n=n)
    _noise("circles", noise)
    if not 0 < factor < 1:
        raise ValueError(f"circles: factor must lie between 0 and 1, got {factor}.")
    rng = stream("circles", generator)
    rings = []
    for radius, points in ((1.0, n - n // 2), (factor, n // 2)):
        angle = np.linspace(0, 2 * pi, points, endpoint=False)
        rings.append(radius * np.stack([np.cos(angle), np.sin(angle)], 1))
    return _scattered(rng, rings, noise)


@in_own_name
def spirals(n: int = 200, classes: int = 2, turns: float = 1.0, noise: float = 0.02, *, generator: Any = None) -> Pair:
    """Arms that wind around each other: radius from 0 to 1 along an arm, which makes so many turns."""
    _positive("spirals", n=n, classes=classes)
    _noise("spirals", noise)
    rng = stream("spirals", generator)
    arms = []
    for c in range(classes):
        radius = np.linspace(0, 1, len(range(c, n, classes)))
        angle = 2 * pi * (turns * radius + c / classes)
        arms.append(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1))
    return _scattered(rng, arms, noise)


@in_own_name
def blobs(n: int = 100, classes: int = 3, noise: float = 0.5, features: int = 2, *, generator: Any = None) -> Pair:
    """Clouds of points, each normal around a centre that is uniform in [−5, 5].  (n, features)."""
    _positive("blobs", n=n, classes=classes, features=features)
    _noise("blobs", noise)
    rng = stream("blobs", generator)
    centres = rng.uniform(-5, 5, (classes, features))
    return _scattered(rng, [np.repeat(centres[c : c + 1], len(range(c, n, classes)), 0) for c in range(classes)], noise)


@in_own_name
def regression(
    n: int = 100, features: int = 1, noise: float = 0.1, *, coefficients: bool = False, generator: Any = None
) -> Any:
    """y = x·w + b + noise, with x, w and b normal.  x (n, features), y (n, 1).

    Args:
        noise: deviation of what is added to y.
        coefficients: return w (features, 1) and b (1,) too, what a perfect fit would find.
    """
    _positive("regression", n=n, features=features)
    _noise("regression", noise)
    rng = stream("regression", generator)
    w, b, x = rng.standard_normal((features, 1)), rng.standard_normal(1), rng.standard_normal((n, features))
    y = x @ w + b + noise * rng.standard_normal((n, 1))
    found = tuple(Tensor._of(a.astype(get_default_dtype().numpy)) for a in (x, y, w, b))
    return found if coefficients else found[:2]


# ---- helpers ---------------------------------------------------------------------------------------------------------


def _scattered(rng: Any, groups: list[Any], noise: float) -> Pair:
    """Points of several classes, moved a little and mixed."""
    points = np.concatenate(groups)
    classes = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    return _pair(*_mixed(rng, points + noise * rng.standard_normal(points.shape), classes))


def _mixed(rng: Any, points: Any, classes: Any) -> tuple[Any, Any]:
    order = rng.permutation(len(points))
    return points[order], classes[order]


def _pair(points: Any, classes: Any) -> Pair:
    return Tensor._of(points.astype(get_default_dtype().numpy)), Tensor._of(classes.astype(np.int64))


def _positive(name: str, **counts: int) -> None:
    for what, n in counts.items():
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise ValueError(f"{name}: {what} must be a whole number above 0, got {n!r}.")


def _noise(name: str, noise: float) -> None:
    if not noise >= 0:
        raise ValueError(f"{name}: noise is a deviation, at least 0, got {noise}.")


__all__ = ["blobs", "circles", "moons", "parity", "regression", "spirals", "xor"]
