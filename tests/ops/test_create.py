"""New tensors: from data, from memory of others, from nothing."""

from __future__ import annotations

import array
import math
from collections import deque

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor
from tests.ops.optest import OpTest, sample

# Compared with NumPy one by one below; these are no operations on tensors.
TESTED = [
    tg.tensor, tg.as_tensor, tg.asarray, tg.from_numpy, tg.from_dlpack, tg.frombuffer, tg.scalar_tensor, tg.empty,
    tg.empty_like, tg.empty_strided,
]  # fmt: skip


class Creation(OpTest):
    differentiable = False
    layouts = False


class TestZeros(Creation):
    op = staticmethod(tg.zeros)
    samples = [sample(2, 3), sample([2, 3]), sample(size=(0, 2)), sample(3, dtype=tg.int32), sample(1, dtype=tg.bool)]
    errors = [
        (lambda: tg.zeros(2, -1), ValueError, "zeros: sizes must be 0 or more, got (2, -1)"),
        (lambda: tg.zeros(2.5), TypeError, "zeros: sizes and dims are ints, got (2.5,)"),
        (lambda: tg.zeros(), TypeError, "zeros: needs one size, as in zeros(2, 3) or zeros((2, 3))"),
        (lambda: tg.zeros(2, size=(3,)), TypeError, "zeros: needs one size"),
        (lambda: tg.zeros(2, dtype="complex64"), TypeError, "dtype: 'complex64' is not an element type here"),
        (lambda: tg.zeros(2, dtype=tg.int64, requires_grad=True), RuntimeError, "only floating tensors have gradients"),
        (lambda: tg.zeros(2, device="cuda"), RuntimeError, "zeros: no CUDA device"),
    ]

    def expected(self, *sizes, size=None, dtype=tg.float32):
        return np.zeros(sizes if size is None and not isinstance(sizes[0], list) else size or sizes[0], dtype.numpy)


class TestOnes(Creation):
    op = staticmethod(tg.ones)
    samples = TestZeros.samples
    errors = [(lambda: tg.ones(-1), ValueError, "ones: sizes must be 0 or more, got (-1,)")]

    def expected(self, *sizes, size=None, dtype=tg.float32):
        return np.ones(sizes if size is None and not isinstance(sizes[0], list) else size or sizes[0], dtype.numpy)


class TestFull(Creation):
    op = staticmethod(tg.full)
    samples = [sample([2, 3], 1.5), sample([2], 3), sample([2], True), sample([], 2.0), sample([2], 2.7, dtype=tg.int32)]
    errors = [
        (lambda: tg.full(2, 3.0), TypeError, "full: size must be a tuple of ints, got 2. Write full((n,), value)"),
        (lambda: tg.full((2,), "x"), TypeError, "full: fill_value must be a number, got str"),
        (lambda: tg.full((2,), tg.ones(2)), TypeError, "full: fill_value must be a number, got Tensor of shape (2,)"),
        (lambda: tg.full((2,), 300, dtype=tg.uint8), ValueError, "full: 300 does not fit into tensorgrad.uint8"),
        (lambda: tg.full((2,), math.nan, dtype=tg.int64), ValueError, "full: nan does not fit into tensorgrad.int64"),
    ]

    def expected(self, size, value, dtype=None):
        return np.full(size, value, None if dtype is None else dtype.numpy)


X = np.arange(6.0).reshape(2, 3)


class TestZerosLike(Creation):
    op = staticmethod(tg.zeros_like)
    samples = [sample(X), sample(X.astype(int)), sample(X, dtype=tg.int32), sample(())]
    errors = [(lambda: tg.zeros_like([1]), TypeError, "zeros_like: input must be a Tensor, got list")]

    def expected(self, x, dtype=None):
        return np.zeros_like(x, dtype and dtype.numpy)


class TestOnesLike(Creation):
    op = staticmethod(tg.ones_like)
    samples = TestZerosLike.samples
    errors = [(lambda: tg.ones_like(1.0), TypeError, "ones_like: input must be a Tensor, got float")]

    def expected(self, x, dtype=None):
        return np.ones_like(x, dtype and dtype.numpy)


class TestFullLike(Creation):
    op = staticmethod(tg.full_like)
    samples = [sample(X, 2.5), sample(X.astype(int), 2.5), sample(X, 2, dtype=tg.int32), sample((), 1.0)]
    errors = [(lambda: tg.full_like(tg.tensor([1], dtype=tg.uint8), 256), ValueError, "full_like: 256 does not fit into")]

    def expected(self, x, value, dtype=None):
        return np.full_like(x, value, dtype and dtype.numpy)


class TestEye(Creation):
    op = staticmethod(tg.eye)
    samples = [sample(3), sample(2, 4), sample(4, 2, dtype=tg.bool), sample(0)]
    errors = [
        (lambda: tg.eye(-1), ValueError, "eye: n must be 0 or more, got -1"),
        (lambda: tg.eye(2, -1), ValueError, "eye: m must be 0 or more, got -1"),
    ]

    def expected(self, n, m=None, dtype=tg.float32):
        return np.eye(n, m, dtype=dtype.numpy)


TRIANGLES = [sample(3, 3), sample(4, 2, 1), sample(2, 4, -1), sample(3, 4, 2, dtype=tg.int32), sample(0, 3), sample(3, 3, 9)]


class TestTrilIndices(Creation):
    op = staticmethod(tg.tril_indices)
    samples = TRIANGLES
    errors = [(lambda: tg.tril_indices(-1, 3), ValueError, "tril_indices: row must be 0 or more, got -1")]

    def expected(self, row, col, offset=0, dtype=None):
        return np.stack(np.tril_indices(row, offset, col))


class TestTriuIndices(Creation):
    op = staticmethod(tg.triu_indices)
    samples = TRIANGLES
    errors = [(lambda: tg.triu_indices(3, -2), ValueError, "triu_indices: col must be 0 or more, got -2")]

    def expected(self, row, col, offset=0, dtype=None):
        return np.stack(np.triu_indices(row, offset, col))


# ---- from data ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, tg.int64), (1.5, tg.float32), (True, tg.bool), ([1, 2.5], tg.float32), ([True, 2], tg.int64),
        ([], tg.float32), ([[], []], tg.float32), (np.float32(1), tg.float32), (np.float64(1), tg.float64),
        (np.arange(3), tg.int64), (np.uint8([1]), tg.uint8), ([np.float16(1), 2.0], tg.float32),
        ([1, np.int32(2)], tg.int64), ([np.array([1.0]), np.array([2])], tg.float64), (range(3), tg.int64),
        (((1, 2), (3, 4)), tg.int64), ([tg.tensor(1.0), 2], tg.float32), ([[tg.tensor(1), 2.5]], tg.float32),
        (tg.tensor([1.0], dtype=tg.float64), tg.float64), (array.array("d", [1, 2]), tg.float32),
        (deque([1, 2]), tg.int64),
    ],
)  # fmt: skip
def test_the_dtype_of_data(data, dtype) -> None:
    t = tg.tensor(data)
    assert t.dtype is dtype
    want = np.asarray([[float(y) for y in x] if isinstance(x, (list, tuple)) else x for x in data]) if (
        isinstance(data, (list, tuple)) and data and not isinstance(data[0], np.ndarray)
    ) else np.asarray(data)
    assert t.array.astype(float).ravel().tolist() == np.asarray(want, float).ravel().tolist()


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: tg.tensor([[1], [2, 3]]), ValueError, "ragged: at depth 1, entry 0 is a sequence of 1 and entry 1 is a"),
        (lambda: tg.tensor([1, [2]]), ValueError, "ragged: at depth 1, entry 0 is a number and entry 1 is a sequence of 1"),
        (lambda: tg.tensor([[[1, 2]], [[1]]]), ValueError, "ragged"),
        (lambda: tg.tensor([1, None]), TypeError, "tensor: None of type NoneType is not a number"),
        (lambda: tg.tensor("1"), TypeError, "tensor: data must be numbers, nested lists of them or an array, got str"),
        (lambda: tg.tensor(["1"]), TypeError, "tensor: <U1 is not an element type here"),
        (lambda: tg.tensor({1: 2}), TypeError, "got dict"),
        (lambda: tg.tensor(object()), TypeError, "got object"),
        (lambda: tg.tensor(2**63), ValueError, "tensor: 9223372036854775808 does not fit into int64"),
        (lambda: tg.tensor([2**70, 1]), ValueError, "does not fit into int64"),
        (lambda: tg.tensor([1, 256], dtype=tg.uint8), ValueError, "tensor: 256 does not fit into tensorgrad.uint8, which"),
        (lambda: tg.tensor([-129], dtype=tg.int8), ValueError, "tensor: -129 does not fit into tensorgrad.int8"),
        (lambda: tg.tensor([1.0, math.nan], dtype=tg.int64), ValueError, "does not fit into tensorgrad.int64"),
        (lambda: tg.tensor([1j]), TypeError, "tensor: complex128 is not an element type here"),
        (lambda: tg.tensor(1, requires_grad=True), RuntimeError, "requires_grad: only floating tensors have gradients"),
        (lambda: tg.from_numpy([1]), TypeError, "from_numpy: needs a NumPy array, got list"),
        (lambda: tg.from_numpy(np.array(["a"])), TypeError, "from_numpy: <U1 is not an element type here"),
        (lambda: tg.from_numpy(np.ones(2, ">f4")), ValueError, "from_numpy: the bytes are in foreign order"),
        (lambda: tg.from_dlpack([1]), TypeError, "from_dlpack: needs an object with __dlpack__, got list"),
        (lambda: tg.asarray([1.0], copy=False), ValueError, "asarray: list as a tensor takes a copy; copy=False forbids"),
        (lambda: tg.asarray(np.ones(1), dtype=tg.int32, copy=False), ValueError, "asarray: ndarray as tensorgrad.int32"),
        (lambda: tg.frombuffer(b"", dtype=tg.uint8), ValueError, "frombuffer: nothing to look at"),
        (lambda: tg.frombuffer(b"abc", dtype=tg.int16), ValueError, "frombuffer: 3 bytes are no whole number of"),
        (lambda: tg.frombuffer(b"abcd", dtype=tg.int16, count=3), ValueError, "frombuffer: 3 of tensorgrad.int16 from byte 0"),
        (lambda: tg.frombuffer(b"ab", dtype=tg.uint8, offset=2), ValueError, "frombuffer: offset 2 is outside"),
        (lambda: tg.empty_strided((2,), (1, 1)), ValueError, "empty_strided: 1 sizes (2,) but 2 strides (1, 1)"),
        (lambda: tg.scalar_tensor([1]), TypeError, "scalar_tensor: s must be a number, got list"),
        (lambda: Tensor(2.5), TypeError, "Tensor: data must be a sequence, got a float"),
    ],
)  # fmt: skip
def test_refused(make, kind, words) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert words in str(caught.value)


def test_tensor_copies_and_as_tensor_shares() -> None:
    a = np.arange(3.0)
    copy, shared, same = tg.tensor(a), tg.as_tensor(a), tg.from_numpy(a)
    a[0] = 7
    assert (copy[0].item(), shared[0].item(), same[0].item()) == (0, 7, 7)
    assert tg.as_tensor(same) is same and tg.as_tensor(a, dtype=tg.float32).dtype is tg.float32
    same[1] = 8
    assert a[1] == 8 and tg.from_numpy(a[::-1]).tolist() == a[::-1].tolist()
    x = tg.ones(2, requires_grad=True)
    assert tg.as_tensor(x, dtype=tg.float64).requires_grad and not tg.tensor(x).requires_grad


def test_dlpack_there_and_back() -> None:
    a = np.arange(4, dtype=np.int32)
    t = tg.from_dlpack(a)
    back = np.from_dlpack(t)
    assert t.data_ptr() == a.ctypes.data == back.ctypes.data and t.dtype is tg.int32
    assert tg.from_dlpack(t) is t


def test_a_capsule() -> None:
    x = tg.arange(3)
    y = tg.utils.dlpack.from_dlpack(tg.utils.dlpack.to_dlpack(x))
    x[0] = 7
    assert y.tolist() == [7, 1, 2]


def test_asarray() -> None:
    a = np.arange(3.0)
    assert tg.asarray(a).data_ptr() == a.ctypes.data != tg.asarray(a, copy=True).data_ptr()
    x = tg.ones(2, requires_grad=True)
    assert not tg.asarray(x).requires_grad and tg.asarray(x).data_ptr() == x.data_ptr()
    assert tg.asarray(x, requires_grad=True).is_leaf and tg.asarray([1, 2.0]).dtype is tg.float32
    assert tg.asarray(a, dtype=tg.int32).dtype is tg.int32 and tg.asarray(5).shape == ()
    assert tg.asarray(memoryview(b"ab")).tolist() == [97, 98]


def test_frombuffer_looks_at_the_bytes() -> None:
    memory = bytearray(range(8))
    t = tg.frombuffer(memory, dtype=tg.int16, count=2, offset=2)
    memory[2] = 9
    assert t.tolist() == [9 + 3 * 256, 4 + 5 * 256]
    assert tg.frombuffer(memory, dtype=tg.float32, requires_grad=True).requires_grad


def test_scalars_are_of_the_default_dtype() -> None:
    assert tg.scalar_tensor(3).dtype is tg.float32 and tg.scalar_tensor(3, dtype=tg.int64).dtype is tg.int64
    assert tg.scalar_tensor(2.5).shape == ()


def test_the_default_dtype_is_that_of_new_tensors() -> None:
    tg.set_default_dtype(tg.float64)
    try:
        made = [tg.zeros(1), tg.tensor(1.5), tg.rand(1), tg.linspace(0, 1, 2), tg.full((1,), 0.5), tg.arange(1.0), Tensor([1])]
        assert all(t.dtype is tg.float64 for t in made)
    finally:
        tg.set_default_dtype(tg.float32)
    assert tg.zeros(1, dtype=float).dtype is tg.float64 and tg.zeros(1, dtype=int).dtype is tg.int64


def test_the_old_constructor() -> None:
    assert Tensor(2, 3).shape == (2, 3) and Tensor(5).shape == (5,) and Tensor().shape == (0,)
    assert Tensor([5]).tolist() == [5.0] and Tensor((2, 3)).tolist() == [2.0, 3.0] and Tensor(tg.Size([2, 3])).shape == (2, 3)
    assert Tensor(np.array([1, 2])).dtype is tg.float32 and Tensor(tg.tensor([1])).tolist() == [1.0]


def test_unset_memory() -> None:
    assert tg.empty(2, 3).shape == (2, 3) and tg.empty((2,), dtype=tg.int8).dtype is tg.int8
    assert tg.empty_strided((2, 3), (1, 2)).stride() == (1, 2) and tg.empty_strided((0, 3), (3, 1)).shape == (0, 3)
    assert tg.empty(3, requires_grad=True).requires_grad
    assert tg.empty_like(tg.ones(2, 3), dtype=tg.bool).dtype is tg.bool


def test_like_keeps_the_order_of_axes() -> None:
    assert tg.zeros_like(tg.ones(2, 3).T).stride() == (1, 3)
    assert tg.ones_like(tg.ones(1, 3).expand(2, 3)).stride() == (3, 1)
    spread = tg.ones_like(tg.ones(1, 3).expand(2, 3))
    spread[0, 0] = 5
    assert spread.sum().item() == 10
    assert tg.zeros_like(tg.ones(2), requires_grad=True).requires_grad


def test_new_ones_take_the_dtype() -> None:
    x = tg.ones(1, dtype=tg.float64)
    assert x.new_zeros(2, 3).dtype is x.new_ones((2,)).dtype is x.new_empty(2).dtype is tg.float64
    assert x.new_full((2,), 3).tolist() == [3.0, 3.0] and x.new_tensor([1, 2]).dtype is tg.float64
    assert x.new_zeros(2, dtype=tg.int8).dtype is tg.int8 and x.new_ones(size=(2,)).sum().item() == 2
    assert x.new_empty_strided((2, 2), (1, 2)).stride() == (1, 2)
    assert tg.tensor([1]).new_full((2,), 3.7).tolist() == [3, 3]
    assert x.new(2, 3).shape == (2, 3) and x.new([1, 2]).dtype is tg.float64 and x.new(tg.ones(2)).tolist() == [1, 1]


def test_numbers_may_be_tensors() -> None:
    assert tg.arange(tg.tensor(3)).tolist() == [0, 1, 2] and tg.full((2,), tg.tensor(3)).dtype is tg.int64
    assert tg.linspace(tg.tensor(0.0), np.float64(1), 3).tolist() == [0, 0.5, 1]


@pytest.mark.filterwarnings("error")
def test_infinities_are_no_news() -> None:
    assert tg.full((1,), 1e50).item() == tg.tensor(1e50).item() == math.inf
    assert tg.full_like(tg.ones(1, dtype=tg.float16), 1e10).item() == math.inf
    assert tg.linspace(0, 1e50, 2)[1].item() == tg.logspace(0, 400, 2)[1].item() == math.inf
    assert tg.arange(0, 1e39, 5e38)[1].item() == math.inf and tg.linspace(0, math.inf, 3).isnan().any()


def test_empty_permuted() -> None:
    x = tg.empty_permuted((2, 3, 4), (2, 0, 1), dtype=tg.float64)
    assert tuple(x.shape) == (2, 3, 4) and x.stride() == (3, 1, 6) and x.dtype is tg.float64
    assert x.dim_order() == (2, 0, 1) and tg.ones(2, 3).dim_order() == (0, 1)
    with pytest.raises(ValueError, match=r"empty_permuted: physical_layout \(0, 0\) must name each axis of \(2, 3\) once"):
        tg.empty_permuted((2, 3), (0, 0))


TESTED.append(tg.empty_permuted)
