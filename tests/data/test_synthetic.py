"""Data made up: shapes, classes, seeds, and what is known of each."""

from __future__ import annotations

import math
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad import data


def seeded(seed: int = 0) -> tg.Generator:
    return tg.Generator().manual_seed(seed)


def test_xor_and_parity() -> None:
    x, y = data.xor()
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]] and y.tolist() == [0, 1, 1, 0]
    assert x.dtype is tg.float32 and y.dtype is tg.int64
    x, y = data.xor(400, 0.1, generator=seeded())
    assert ((x.round()[:, 0] != x.round()[:, 1]).long() == y).all() and x.std(0).min() > 0.4
    x, y = data.parity(3)
    assert x.shape == (8, 3) and x[5].tolist() == [1, 0, 1] and y.tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
    assert [len(data.parity(n)[0]) for n in (1, 4, 10)] == [2, 16, 1024]


def test_moons_and_circles() -> None:
    x, y = data.moons(101, noise=0, generator=seeded())
    upper, lower = x[y == 0], x[y == 1]
    assert len(upper) == 51 and len(lower) == 50
    assert ((upper.square().sum(1) - 1).abs() < 1e-6).all() and (upper[:, 1] >= -1e-6).all()
    assert (((lower - tg.tensor([1.0, 0.5])).square().sum(1) - 1).abs() < 1e-6).all() and (lower[:, 1] <= 0.5).all()
    x, y = data.circles(60, noise=0, factor=0.3, generator=seeded())
    radius = x.square().sum(1).sqrt()
    assert ((radius[y == 0] - 1).abs() < 1e-6).all() and ((radius[y == 1] - 0.3).abs() < 1e-6).all()
    assert y.tolist() != sorted(y.tolist())  # mixed


def test_spirals_and_blobs() -> None:
    x, y = data.spirals(99, classes=3, turns=0.5, noise=0, generator=seeded())
    assert tg.bincount(y).tolist() == [33, 33, 33] and x.square().sum(1).max() <= 1 + 1e-6
    for c in range(3):
        arm = x[y == c]
        radius = arm.square().sum(1).sqrt()
        expected = 2 * math.pi * (0.5 * radius + c / 3)
        assert ((arm[:, 0] - radius * expected.cos()).abs() < 1e-5).all()
    x, y = data.blobs(10, classes=4, noise=0, features=3, generator=seeded())
    assert x.shape == (10, 3) and tg.bincount(y).tolist() == [3, 3, 2, 2]
    assert all((x[y == c] == x[y == c][0]).all() for c in range(4))


def test_regression() -> None:
    x, y, w, b = data.regression(500, 3, noise=0.1, coefficients=True, generator=seeded())
    assert (x.shape, y.shape, w.shape, b.shape) == ((500, 3), (500, 1), (3, 1), (1,))
    rest = y - (x @ w + b)
    assert 0.08 < rest.std() < 0.12
    assert len(data.regression(5, noise=0)) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda **g: data.xor(20, **g),
        lambda **g: data.moons(20, **g),
        lambda **g: data.circles(20, **g),
        lambda **g: data.spirals(20, **g),
        lambda **g: data.blobs(20, **g),
        lambda **g: data.regression(20, **g),
    ],
)
def test_seeds(make: Any) -> None:
    def listed(pair: Any) -> Any:
        return [t.tolist() for t in pair]

    first = listed(make(generator=seeded(1)))
    assert first == listed(make(generator=seeded(1))) != listed(make(generator=seeded(2)))
    tg.manual_seed(1)
    assert listed(make()) == first
    before = tg.get_default_dtype()
    try:
        tg.set_default_dtype(tg.float64)
        assert make(generator=seeded(1))[0].dtype is tg.float64
    finally:
        tg.set_default_dtype(before)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: data.moons(0), "moons: n must be a whole number above 0, got 0"),
        (lambda: data.spirals(10, classes=2.5), "spirals: classes must be a whole number above 0, got 2.5"),
        (lambda: data.moons(10, noise=-1), "moons: noise is a deviation, at least 0, got -1"),
        (lambda: data.circles(10, factor=1), "circles: factor must lie between 0 and 1, got 1"),
        (lambda: data.parity(0), "parity: bits must be a whole number above 0, got 0"),
        (lambda: data.parity(40), r"parity: 40 bits have 2\*\*40 rows; at most 20 bits"),
    ],
)
def test_errors(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
