"""The record itself: shapes, copies."""

from __future__ import annotations

import copy
import pickle
from typing import Any

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


# ---- copies of tensors that share memory ----------------------------------------------------------------------------


@pytest.mark.parametrize("d", [tg.float32, tg.float64, tg.float16, tg.bfloat16, tg.int64, tg.bool])
def test_in_one_deepcopy_what_shares_memory_shares_it(d: Any) -> None:
    x = tg.zeros(4, 3, dtype=d)
    parts = [x[1:], x, x.t(), x[0], x[:, 1:], x.expand(2, 4, 3), x.view(2, 6), x.detach(), x.view(12)[::5]]
    twins = copy.deepcopy({"parts": parts, "again": x})
    for a, b in zip(parts, twins["parts"]):
        assert a.stride() == b.stride() and a.shape == b.shape and a.dtype is b.dtype
    assert twins["again"] is twins["parts"][1]
    twins["again"].fill_(1)
    for b in twins["parts"]:
        assert bool((b == 1).all()) and b._version == 1
    assert x.sum() == 0
    with pytest.raises(RuntimeError, match="stand for the same place"):
        twins["parts"][5].logical_not_()


def test_two_deepcopies_share_nothing() -> None:
    x = tg.zeros(3)
    a, b = copy.deepcopy(x), copy.deepcopy(x[:2])
    a.fill_(1)
    b.fill_(2)
    assert x.tolist() == [0, 0, 0] and a.tolist() == [1, 1, 1] and b.tolist() == [2, 2]


def test_deepcopy_of_modules_and_optimizers() -> None:
    class Buffers(tg.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("whole", tg.zeros(4))
            self.register_buffer("head", self.whole[:2])
            self.lin = tg.nn.Linear(2, 2)
            self.tied = tg.nn.Parameter(self.lin.weight.data.t())

    net = Buffers()
    optimizer = tg.optim.Adam(net.parameters())
    net.lin(net.head).sum().backward()
    optimizer.step()
    twin, other = copy.deepcopy((net, optimizer))
    twin.whole[0] = 5.0
    assert twin.head[0] == 5 and net.whole[0] == 0
    with tg.no_grad():
        twin.lin.weight[0, 1] = 7.0
    assert twin.tied[1, 0] == 7 and net.tied[1, 0] != 7
    assert other.param_groups[0]["params"][0] is next(iter(twin.parameters()))
    twin.lin(twin.head).sum().backward()
    other.step()
    assert not tg.equal(twin.lin.bias, net.lin.bias)


def test_deepcopy_with_numpys_own_array_and_with_gradients() -> None:
    import numpy as np

    array = np.zeros((2, 3))
    a, x = copy.deepcopy([array, tg.from_numpy(array)])
    x[0, 1] = 3.0
    assert a[0, 1] == 3 and array.sum() == 0
    flat = tg.zeros(4)
    p, q = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    p.grad, q.grad = flat[:2], flat[2:]
    twins = copy.deepcopy([p, q, flat])
    twins[2].add_(1)
    assert twins[0].grad.tolist() == twins[1].grad.tolist() == [1, 1] and p.grad.tolist() == [0, 0]
