"""The largest and the sum of rows: the same as NumPy's reductions, whichever way they take."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

rows = import_module("tensorgrad.kernels.cpu.row_reduce")

ARRAYS = {
    "many short rows": np.random.default_rng(0).standard_normal((300, 33)),
    "in more dimensions": np.random.default_rng(1).standard_normal((4, 50, 40)),
    "few": np.random.default_rng(2).standard_normal((3, 5)),
    "long rows": np.random.default_rng(3).standard_normal((3, 5000)),
    "columns": np.random.default_rng(4).standard_normal((40, 300)).T,
    "rows of one": np.random.default_rng(5).standard_normal((5000, 1)),
    "whole numbers": np.random.default_rng(6).integers(-9, 9, (300, 33)),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("axis", [-1, -2, 0, 1])
@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_as_a_reduction(name: str, axis: int, dtype: str) -> None:
    x = ARRAYS[name] if ARRAYS[name].dtype.kind == "i" else ARRAYS[name].astype(dtype)
    largest, total = rows.row_max(x, axis), rows.row_sum(x, axis)
    np.testing.assert_array_equal(largest, x.max(axis, keepdims=True))
    np.testing.assert_allclose(total, x.sum(axis, keepdims=True), rtol=1e-4 if dtype == "f4" else 1e-11, atol=1e-5)
    assert largest.shape == total.shape == x.max(axis, keepdims=True).shape
    assert largest.dtype == x.dtype and total.dtype == x.sum(axis).dtype


def test_nan_and_infinities() -> None:
    x = np.zeros((300, 33), np.float32)
    x[0, 3], x[1, 5], x[2] = np.nan, np.inf, -np.inf
    np.testing.assert_array_equal(rows.row_max(x, 1)[:4, 0], [np.nan, np.inf, -np.inf, 0])
    np.testing.assert_array_equal(rows.row_sum(x, 1)[:4, 0], [np.nan, np.inf, -np.inf, 0])


def test_rows_are_not_written_to() -> None:
    x = np.random.default_rng(0).standard_normal((300, 33))
    before = x.copy()
    rows.row_max(x, 1)[...] = 7
    np.testing.assert_array_equal(x, before)
