"""`out=`: results written into tensors that are there already."""

from __future__ import annotations

import inspect
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor
from tests.ops import optest
from tests.ops.optest import OpTest, convert, tensors_in

x = tg.tensor([1.0, 2.0, 3.0])


def takes_out(function: Any) -> bool:
    return function is not None and "out" in inspect.signature(function).parameters


def rows() -> list[Any]:
    """The classes in tests/ops whose function takes `out=`."""
    tables = (optest.rows(module) for module in optest.tables())
    found = [pytest.param(cls, id=name) for table in tables for name, cls in table if takes_out(cls.op)]
    assert len(found) > 200
    return found


@pytest.mark.filterwarnings("ignore:range includes its end")
@pytest.mark.parametrize("cls", rows())
def test_the_result_is_written_into_out(cls: type[OpTest]) -> None:
    """The same numbers as without, in the memory that was given."""
    args, kwargs = (convert(a, Tensor._of) for a in cls.arguments(0))
    want = cls.op(*args, **kwargs)
    several = isinstance(want, tuple)
    outs = [tg.full_like(r, 1) for r in (want if several else (want,))]
    memory = [o.array for o in outs]
    got = cls.op(*args, **kwargs, out=tuple(outs) if several else outs[0])
    assert type(got) is type(want)
    for g, w, o, m in zip(tensors_in(got), tensors_in(want), outs, memory):
        assert g is o and o.array is m
        np.testing.assert_array_equal(g.array, w.array)


@pytest.mark.parametrize("module", [tg, tg.linalg, tg.special])
def test_who_takes_it_says_so(module: Any) -> None:
    wrapped = {n: f for n, f in vars(module).items() if inspect.isfunction(f) and not n.startswith("_") and takes_out(f)}
    assert len(wrapped) > 25
    for name, function in wrapped.items():
        assert "receives the result" in function.__doc__, name
        assert function.__name__ == name and function.__module__ == module.__name__
        assert pickle.loads(pickle.dumps(function)) is function


def test_methods_and_functional_are_the_plain_functions() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'out'"):
        x.add(x, out=tg.empty(3))
    assert takes_out(tg.nn.functional.normalize)  # PyTorch has it among its arguments
    assert not takes_out(tg.nn.functional.softmax) and not takes_out(Tensor.exp) and takes_out(tg.softmax)


def test_none_is_no_out() -> None:
    assert tg.add(x, 1, out=None).tolist() == [2.0, 3.0, 4.0]


def test_out_is_resized_and_says_so_unless_it_was_empty() -> None:
    with pytest.warns(UserWarning, match=r"add: out had shape \(2, 2\) and has been resized to the result's, \(3,\)"):
        out = tg.add(x, x, out=tg.zeros(2, 2))
    assert out.tolist() == [2.0, 4.0, 6.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tg.add(x, x, out=tg.empty(0)).tolist() == [2.0, 4.0, 6.0]
    for shape in ((1, 3), (3, 1), ()):
        with pytest.warns(UserWarning, match="has been resized"):
            assert tuple(tg.exp(x, out=tg.zeros(shape)).shape) == (3,)


def test_out_keeps_its_memory_and_layout() -> None:
    whole = tg.zeros(3, 4)
    column = whole[:, 1]
    assert tg.mul(x, 2, out=column) is column
    assert whole.tolist() == [[0.0, 2.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 6.0, 0.0, 0.0]]
    turned = tg.zeros(2, 3).T
    assert tg.exp(tg.zeros(3, 2), out=turned).stride() == (1, 3) and turned.sum() == 6


def test_out_may_be_an_operand() -> None:
    y = x.clone()
    tg.add(y, y, out=y)
    assert y.tolist() == [2.0, 4.0, 6.0]
    a = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert tg.mm(a, a, out=a).tolist() == [[7.0, 10.0], [15.0, 22.0]]
    tg.add(y[:2], y[1:], out=y[1:])  # overlapping: as if computed first, and then written
    assert y.tolist() == [2.0, 6.0, 10.0]
    assert tg.cat([y, y], out=y[:0]).tolist() == [2.0, 6.0, 10.0] * 2


def test_another_dtype_within_the_category_or_above() -> None:
    assert tg.add(x, 1, out=tg.empty(3, dtype=tg.float64)).tolist() == [2.0, 3.0, 4.0]
    assert tg.add(x, 1, out=tg.empty(3, dtype=tg.float16)).dtype is tg.float16
    assert tg.eq(x, 2, out=tg.empty(3)).tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(TypeError, match=r"add: the result is tensorgrad.float32 and cannot be written into an out of .*int64"):
        tg.add(x, 1, out=tg.empty(3, dtype=tg.int64))
    with pytest.raises(TypeError, match="cannot be written into an out of tensorgrad.bool. Make out with dtype=tensorgrad.int64"):
        tg.add(tg.arange(3), 1, out=tg.empty(3, dtype=tg.bool))


def test_sums_add_up_in_the_dtype_of_out() -> None:
    big = tg.tensor([2**24, 1.0])
    assert tg.sum(big, 0, out=tg.empty((), dtype=tg.float64)).item() == 2**24 + 1
    assert tg.cumsum(tg.arange(3), 0, out=tg.empty(3)).tolist() == [0.0, 1.0, 3.0]
    assert tg.mean(tg.arange(4), 0, out=tg.empty(())).item() == 1.5
    with pytest.raises(TypeError, match="sum: the result is tensorgrad.float32 and cannot be written"):
        tg.sum(x, 0, out=tg.empty((), dtype=tg.int64))
    with pytest.raises(TypeError, match="sum: dtype is tensorgrad.float64, but out is tensorgrad.float32. Leave dtype away"):
        tg.sum(x, 0, dtype=tg.float64, out=tg.empty(()))


def test_new_numbers_take_the_dtype_of_out() -> None:
    assert tg.arange(3, out=tg.empty(0)).dtype is tg.float32
    assert tg.full((2,), 3.5, out=tg.empty(2, dtype=tg.int64)).tolist() == [3, 3]
    assert tg.zeros(2, 2, out=tg.ones(2, 2, dtype=tg.bool)).tolist() == [[False, False], [False, False]]
    tg.manual_seed(0)
    a = tg.randn(4, out=tg.empty(4, dtype=tg.float64))
    tg.manual_seed(0)
    assert a.tolist() == tg.randn(4, dtype=tg.float64).tolist()
    assert tg.randint(5, (2,), out=tg.empty(2)).dtype is tg.float32
    assert tg.ones(2, out=tg.empty(2), requires_grad=True).requires_grad
    with pytest.raises(TypeError, match="ones: dtype is tensorgrad.int32, but out is tensorgrad.float32"):
        tg.ones(2, dtype=tg.int32, out=tg.empty(2))


def test_several_results() -> None:
    values, indices = tg.empty(0), tg.empty(0, dtype=tg.int64)
    found = tg.max(tg.tensor([[1.0, 5.0], [7.0, 2.0]]), 1, out=(values, indices))
    assert found.values is values and found.indices is indices
    assert values.tolist() == [5.0, 7.0] and indices.tolist() == [1, 0]
    assert tg.sort(x, descending=True, out=[tg.empty(3), tg.empty(3, dtype=tg.int64)])[0].tolist() == [3.0, 2.0, 1.0]
    with pytest.raises(TypeError, match=r"max: out must be a tuple of 2 tensors \(values, indices\), got one tensor"):
        tg.max(x, 0, out=tg.empty(()))
    with pytest.raises(TypeError, match=r"max: out must be a tuple of 2 tensors \(values, indices\), got 1 tensors"):
        tg.max(x, 0, out=(tg.empty(()),))
    with pytest.raises(TypeError, match="exp: out must be one tensor, got 1 tensors"):
        tg.exp(x, out=[tg.empty(3)])


def test_what_is_recorded_is_refused() -> None:
    w = tg.ones(3, requires_grad=True)
    out = tg.zeros(3)
    with pytest.raises(RuntimeError, match="add: an argument requires grad, and what is written into out is not recorded"):
        tg.add(w, 1, out=out)
    assert out.tolist() == [0.0, 0.0, 0.0] and out._version == 0
    for target in (w, w * 2):
        with pytest.raises(RuntimeError, match=r"add: out requires grad, and what is written into it is not recorded.\n.*\(3,\)"):
            tg.add(x, 1, out=target)
    with tg.no_grad():
        assert tg.add(w, 1, out=out) is out and tg.add(x, 1, out=w) is w
        assert out.tolist() == [2.0, 2.0, 2.0] and w.tolist() == [2.0, 3.0, 4.0] and w.is_leaf and w.requires_grad
        with pytest.raises(RuntimeError, match="add: out requires grad and cannot be resized"):
            tg.add(x[:2], 1, out=w)
    assert tg.eq(w, 3, out=tg.empty(3, dtype=tg.bool)).tolist() == [False, True, False]  # nothing to record


def test_a_value_needed_by_backward_is_missed() -> None:
    w = tg.ones(3, requires_grad=True)
    y = w.exp()
    with tg.no_grad():
        tg.add(x, 1, out=y)
    with pytest.raises(RuntimeError, match="a value it saved, shape .*, has been changed in place by add"):
        y.sum().backward()
    saved = x.clone()
    z = w * saved
    tg.add(x, 1, out=saved)
    with pytest.raises(RuntimeError, match="backward through mul: a value it saved"):
        z.sum().backward()


@pytest.mark.parametrize("bad", [3, [1.0], np.zeros(3), "x"])
def test_out_must_be_a_tensor(bad: Any) -> None:
    with pytest.raises(TypeError, match="add: out must be a Tensor, got"):
        tg.add(x, x, out=bad)


def test_memory_that_cannot_be_written() -> None:
    with pytest.raises(RuntimeError, match="add: this memory cannot be written to"):
        tg.add(x, x, out=tg.zeros(1).expand(3))
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        tg.add(x, out=tg.zeros(3))
