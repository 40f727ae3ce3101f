"""Arrays and tensors in one expression; NumPy's functions on tensors."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg

A, B = np.array([[1.5, -2.0], [3.0, 4.0]]), np.array([2.0, -3.0])
NAMES = "add sub mul truediv floordiv mod pow matmul eq ne lt le gt ge"
WHOLE_NAMES = "and_ or_ xor lshift rshift"


@pytest.mark.parametrize("name", NAMES.split() + WHOLE_NAMES.split())
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int8"])
def test_operators_from_both_sides(name: str, dtype: str) -> None:
    if name in WHOLE_NAMES.split() and dtype[0] == "f":
        return
    op, a, b = getattr(operator, name), A.astype(dtype), abs(B).astype(dtype)
    want = op(tg.tensor(a), tg.tensor(b))
    for got in (op(a, tg.tensor(b)), op(tg.tensor(a), b)):
        assert type(got) is tg.Tensor and got.dtype is want.dtype
        np.testing.assert_array_equal(got.array, want.array)


def test_numbers_of_numpys_are_numbers() -> None:
    x, y = tg.tensor([2, 250], dtype=tg.uint8), tg.tensor([1.0, 3.0])
    for number in (np.int16(-6), np.float32(2.0), np.float64(2.0)):
        for name in NAMES.split():
            if name in ("matmul", "pow") or (name in ("floordiv", "mod") and number < 0):
                continue
            op = getattr(operator, name)
            for t in (x, y):
                for got, want in ((op(number, t), op(number.item(), t)), (op(t, number), op(t, number.item()))):
                    assert got.dtype is want.dtype and got.tolist() == want.tolist(), (name, number, t)


def test_the_result_is_recorded() -> None:
    x = tg.tensor(B, requires_grad=True)
    (A * x + np.matmul(A, x) - np.float64(2) * x).sum().backward()
    np.testing.assert_allclose(x.grad.array, A.sum(0) + 2 * A.sum(0) - 4)


def test_in_place_the_array_is_written_to() -> None:
    for name in ("iadd", "isub", "imul", "itruediv", "ipow", "ifloordiv", "imod"):
        a = abs(A)
        same, want = a, getattr(operator, name)(abs(A), abs(B))
        a = getattr(operator, name)(a, tg.tensor(abs(B)))
        assert a is same and type(a) is np.ndarray
        np.testing.assert_array_equal(a, want)
    with pytest.raises(RuntimeError, match="numpy: this tensor requires grad"):
        a += tg.tensor(B, requires_grad=True)


def test_functions_of_numpys() -> None:
    x = tg.tensor([1.0, 4.0])
    for got, want in (
        (np.sqrt(x), [1.0, 2.0]),
        (np.maximum(x, 2), [2.0, 4.0]),
        (np.add.reduce(x), 5.0),
        (np.multiply.outer(x, x), [[1.0, 4.0], [4.0, 16.0]]),
        (np.add(x, 1, dtype=np.float64), [2.0, 5.0]),
        (np.modf(x)[1], [1.0, 4.0]),
    ):
        assert type(got) is tg.Tensor and got.tolist() == want
    assert np.sqrt(x).dtype is tg.float32 and np.add(x, 1, dtype=np.float64).dtype is tg.float64
    with pytest.raises(RuntimeError, match="numpy: this tensor requires grad"):
        np.sqrt(x.requires_grad_())
    with pytest.raises(TypeError, match="sqrt: out must be an array. Write to a tensor with x.copy_"):
        np.sqrt(np.ones(2), out=tg.ones(2))


def test_sequences_are_repeated_as_by_an_int() -> None:
    two = tg.tensor(2)
    assert [0] * two == [0, 0] and "ab" * two == "abab" and (1,) * two == (1, 1)
    wrong: Any = tg.tensor([1, 2])
    with pytest.raises(RuntimeError, match="index: a tensor of shape"):
        [0] * wrong
