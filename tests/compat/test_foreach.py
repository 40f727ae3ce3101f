"""Functions of lists: each the method of every tensor."""

from __future__ import annotations

import pytest
from tensorgrad.utils._foreach_utils import _group_tensors_by_device_and_dtype

import tensorgrad as tg


def values(*tensors: tg.Tensor) -> list[list[float]]:
    return [t.tolist() for t in tensors]


def test_lists_and_numbers() -> None:
    xs, ys = [tg.tensor([1.0, 4.0]), tg.tensor([9.0])], [tg.tensor([2.0, 2.0]), tg.tensor([3.0])]
    assert values(*tg._foreach_add(xs, ys, alpha=2)) == [[5.0, 8.0], [15.0]]
    assert values(*tg._foreach_mul(xs, [2.0, 3.0])) == [[2.0, 8.0], [27.0]]
    assert values(*tg._foreach_sqrt(xs)) == [[1.0, 2.0], [3.0]] and tg._foreach_norm(ys)[1].item() == 3.0
    assert values(*tg._foreach_maximum(xs, 3.0)) == [[3.0, 4.0], [9.0]]
    assert tg._foreach_addcdiv_(xs, ys, ys, [1.0, 2.0]) is None and values(*xs) == [[2.0, 5.0], [11.0]]
    tg._foreach_minimum_(xs, ys)
    tg._foreach_lerp_(xs, [y * 3 for y in ys], 0.5)
    assert values(*xs) == [[4.0, 4.0], [6.0]]
    tg._foreach_zero_(xs)
    tg._foreach_copy_(xs, ys)
    assert values(*xs) == values(*ys)
    with pytest.raises(AttributeError, match="no_such_thing"):
        tg._foreach_no_such_thing


def test_groups() -> None:
    a, b, c = tg.ones(1), tg.ones(1, dtype=tg.float64), tg.zeros(1)
    groups = _group_tensors_by_device_and_dtype([[a, b, c], [1, 2, 3]], with_indices=True)
    assert list(groups.values()) == [([[a, c], [1, 3]], [0, 2]), ([[b], [2]], [1])]
    assert [indices for _, indices in _group_tensors_by_device_and_dtype([[a, b, c]]).values()] == [[], []]


def test_what_a_tensor_holds() -> None:
    x = tg.tensor([1.0, 2.0])
    assert 2 in x and tg.tensor(1.0) in x and 3.0 not in x
    with pytest.raises(RuntimeError, match="in: a tensor holds numbers; it cannot hold a str"):
        assert "a" in x
