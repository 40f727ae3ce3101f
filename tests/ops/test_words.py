"""Arguments by other names."""

from __future__ import annotations

import inspect

import pytest

import tensorgrad as tg

x = tg.tensor([[1.0, 2.0], [3.0, 5.0]])


def test_numpy_words() -> None:
    assert tg.softmax(x, axis=1).sum(axis=1, keepdims=True).round().tolist() == [[1.0], [1.0]]
    assert x.unsqueeze(axis=0).squeeze(axis=0).gather(axis=1, index=tg.tensor([[0], [1]])).tolist() == [[1.0], [5.0]]


def test_the_argument_itself_is_taken_once() -> None:
    with pytest.raises(TypeError, match="mean: axis is another name of dim; give one of them"):
        tg.mean(x, dim=0, axis=0)


def test_names_of_the_same_matrix() -> None:
    assert tg.linalg.cholesky(A=tg.eye(2)).equal(tg.linalg.cholesky(input=tg.eye(2)))
    assert [len(p) for p in tg.tensor_split(x, sections=2, axis=1)] == [2, 2]
    assert tg.hsplit(x, indices=[1])[1].tolist() == [[2.0], [5.0]]


def test_signatures_show_the_names_of_the_documentation() -> None:
    assert list(inspect.signature(tg.linalg.cholesky).parameters) == ["A", "upper", "out"]
    assert list(inspect.signature(tg.Tensor.softmax).parameters)[:2] == ["input", "dim"]
