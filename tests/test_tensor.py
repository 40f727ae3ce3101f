"""The record itself: shapes, copies."""

from __future__ import annotations

import copy
import pickle

import pytest

import tensorgrad as tg


def test_sizes_stay_sizes() -> None:
    s = tg.ones(2, 3).shape
    for size, want in ((s + (4,), (2, 3, 4)), ((4,) + s, (4, 2, 3)), (s * 2, (2, 3, 2, 3)), (2 * s, (2, 3, 2, 3)), (s[1:], (3,))):
        assert type(size) is tg.Size and size == want
    assert s[0] == 2 and s.numel() == 6 and tg.Size().numel() == 1 and hash(s) == hash((2, 3))
    assert repr(tg.Size([2, 3])) == "tensorgrad.Size([2, 3])" and type(pickle.loads(pickle.dumps(s))) is tg.Size
    with pytest.raises(TypeError, match="Size: sizes are ints, got float 1.5"):
        tg.Size([1.5])


def test_copies() -> None:
    x = tg.nn.Parameter(tg.ones(2))
    x.note = "mine"
    (x * 2).sum().backward()
    y = copy.copy(x)
    assert type(y) is tg.nn.Parameter and y is not x and y.requires_grad and y.note == "mine" and y.grad is None
    with tg.no_grad():
        y.add_(1)
    assert x.tolist() == [2.0, 2.0] and x._version == y._version == 1
    z = copy.copy(x * 2)  # of a result: a leaf with its memory
    assert z.is_leaf and z.requires_grad and z.tolist() == [4.0, 4.0]
    deep = copy.deepcopy(x)
    assert type(deep) is tg.nn.Parameter and deep.tolist() == x.tolist() and deep.data_ptr() != x.data_ptr()
    assert copy.deepcopy(tg.ones(2, 3).T).stride() == (1, 3)
    first, second = copy.deepcopy([x, x])
    assert first is second
    with pytest.raises(RuntimeError, match="deepcopy: this tensor is the result of mul; only leaves can be copied"):
        copy.deepcopy(x * 2)
