"""x[key], and picking and writing by masks and places."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import F, OpTest, sample

T = tg.Tensor
x23 = tg.ones(2, 3)
x234 = tg.arange(24.0).reshape(2, 3, 4)
x0 = tg.tensor(1.0)
i_ = np.array
yes = np.array([True, False, True])


# ---- x[key] ---------------------------------------------------------------------------------------------------------

KEYS: list[Any] = [
    0,
    -1,
    slice(None, None, 2),
    slice(5, 1),
    (0, slice(1, 3)),
    (slice(None), 1, -2),
    None,
    ...,
    (..., 0),
    (None, 1, ..., None),
    (1, 2, 3),
    (),
    # integer arrays
    i_([0, 1, 0]),
    i_([[0, -1], [1, 1]]),
    (slice(None), i_([2, 0])),
    (i_([0, 1]), i_([2, 0])),
    (i_([[0], [1]]), i_([2, 0])),
    (i_([0, 1]), slice(None), i_([3, 0])),  # parted by a slice: their axes come first
    (slice(0, 1), i_([0, 1]), i_([3, 0])),
    (..., i_([3, 0])),
    (i_([1, 0]), None, i_([1, 0])),
    i_([], dtype=int),
    (slice(0, 0), i_([0])),
    # an int is not an array: it moves nothing
    (0, slice(None), i_([1, 2])),
    (slice(None), 0, i_([1, 2])),
    # masks
    i_([True, False]),
    (slice(None), yes),
    (0, yes),
    (i_([True, True]), yes[:2].nonzero()[0]),
    np.arange(24).reshape(2, 3, 4) % 5 == 0,
    np.arange(6).reshape(2, 3) % 2 == 0,
    (np.arange(6).reshape(2, 3) % 2 == 0, 0),
    (slice(None), np.arange(12).reshape(3, 4) % 3 == 0),
    np.zeros((2, 3), bool),
    True,
    False,
    (slice(None), True, i_([0])),
    (i_([1]), np.arange(12).reshape(3, 4) % 4 == 0),
]


def spans(k: Any) -> int:
    """How many axes an entry of a key takes."""
    if isinstance(k, np.ndarray) and k.dtype == bool:
        return k.ndim
    return int(k is not None and k is not ... and not isinstance(k, bool))


def picked(x: Any, key: Any) -> Any:
    """PyTorch's rule in NumPy: ints are taken first, and only then everything else."""
    key = key if isinstance(key, tuple) else (key,)
    missing = x.ndim - sum(spans(k) for k in key)
    first: list[Any] = []
    rest: list[Any] = []
    for k in key:
        if isinstance(k, int) and not isinstance(k, bool):
            first.append(k)
        else:
            n = missing if k is ... else spans(k)
            first += [slice(None)] * n
            rest += [slice(None)] * n if k is ... else [k]
    return x[tuple(first)][tuple(rest)]


class TestGetitem(OpTest):
    op = staticmethod(lambda x, key: x[key])
    torch = staticmethod(lambda x, key: x[key])
    samples = [sample((2, 3, 4), key=k) for k in KEYS] + [sample((), key=k) for k in (..., None, (), True, False)]
    samples += [  # so many elements that gradients are added up in another way
        sample((7, 40), key=i_(range(-7, 7)).repeat(5)),
        sample((7, 5), key=i_(range(-7, 7)).repeat(9)),
        sample((400,), key=np.arange(300) % 7),
        sample((5, 4, 6), key=(np.arange(60) % 5, slice(None), -(np.arange(60) % 4))),
        sample((4, 5, 6), key=(slice(None), (np.arange(70) % 5).reshape(10, 7), i_([[-1]]))),
    ]
    errors = [
        (lambda: x23[2], IndexError, "getitem: index 2 is out of range for dim 0 of size 2; use -2 to 1."),
        (lambda: x23[0, -4], IndexError, "getitem: index -4 is out of range for dim 1 of size 3; use -3 to 2."),
        (lambda: x23[:, [0, 3]], IndexError, "getitem: index 3 is out of range for dim 1 of size 3; use -3 to 2."),
        (lambda: x234[0, :, [4]], IndexError, "getitem: index 4 is out of range for dim 2 of size 4; use -4 to 3."),
        (
            lambda: tg.ones(0)[0],
            IndexError,
            "getitem: index 0 is out of range for dim 0 of size 0: there is nothing to pick.",
        ),
        (lambda: x0[0], IndexError, "getitem: 1 indices are too many for a tensor of 0 dimensions, shape ()."),
        (
            lambda: x23[0, 0, 0],
            IndexError,
            "getitem: 3 indices are too many for a tensor of 2 dimensions, shape (2, 3).",
        ),
        (lambda: x23[..., ...], IndexError, "getitem: an index can have one Ellipsis (...) only."),
        (
            lambda: x23[::-1],
            ValueError,
            "getitem: a slice's step must be at least 1, got -1. To reverse an axis use flip(dims).",
        ),
        (lambda: x23[:, ::0], ValueError, "getitem: a slice's step must be at least 1, got 0."),
        (lambda: x23[1.0:], TypeError, "getitem: the ends and the step of a slice are ints, got float."),
        (
            lambda: x23[1.5],
            TypeError,
            "getitem: an index is an int, slice, None, Ellipsis, mask or integer array, got float.",
        ),
        (
            lambda: x23["a"],
            TypeError,
            "getitem: an index is an int, slice, None, Ellipsis, mask or integer array, got str.",
        ),
        (lambda: x23[[0.5]], TypeError, "getitem: an index must have an integer or bool dtype, got float64."),
        (lambda: x23[tg.ones(1)], TypeError, "getitem: an index must have an integer or bool dtype, got float32."),
        (
            lambda: x23[[0, slice(None)], 0],
            TypeError,
            "getitem: a list inside of [] picks elements; for one index per axis use x[tuple(key)].",
        ),
        (
            lambda: x23[[[0, 1], [1]], 0],
            TypeError,
            "getitem: a list inside of [] must be numbers or rows of equal length, got [[0, 1], [1]].",
        ),
        (lambda: x0[tg.tensor([-1])], IndexError, "getitem: 1 indices are too many for a tensor of 0 dimensions, shape ()."),
        (lambda: x23[np.zeros(0, bool)], IndexError, "getitem: a mask of shape (0,) does not fit dim 0 of shape (2, 3)."),
        (
            lambda: x23[tg.tensor([True])],
            IndexError,
            "getitem: a mask of shape (1,) does not fit dim 0 of shape (2, 3).",
        ),
        (
            lambda: x234[:, x23 > 0],
            IndexError,
            "getitem: a mask of shape (2, 3) does not fit dim 1 to 2 of shape (2, 3, 4).",
        ),
        (
            lambda: x23[[0, 1], [0, 1, 2]],
            IndexError,
            "getitem: index arrays of shapes (2,), (3,) do not broadcast together.",
        ),
    ]

    def expected(self, x: Any, key: Any) -> Any:
        return np.asarray(picked(x, key))

    def test_what_is_an_index(self) -> None:
        x, two = x234, x234[1].tolist()
        for one in (1, np.int64(1), np.array(1), tg.tensor(1), tg.tensor(1, dtype=tg.int32)):
            assert x[one].tolist() == two and x[one]._base is x, one  # a 0-d integer tensor is an int: a view
        for both in ([0, 1], (0, 1), range(2), np.array([0, 1]), tg.tensor([0, 1]), [tg.tensor(0), tg.tensor(1)]):
            assert x[both, ...].shape == (2, 3, 4) and x[both, ...]._base is None, both
        assert x[[True, False]].shape == (1, 3, 4)
        assert x[tg.tensor(True)].shape == (1, 2, 3, 4) and x[np.True_].shape == (1, 2, 3, 4)
        assert x[tg.tensor(1) : tg.tensor(2)].shape == (1, 3, 4)
        assert x[[[0, 1], [1, 0]],].shape == (2, 2, 3, 4)

        class One:
            def __index__(self) -> int:
                return 1

        assert x[One()].tolist() == two

    def test_a_list_of_more_than_numbers_is_one_index_per_axis(self) -> None:
        x = x234
        for key in ([[0, 1], [1, 0]], [tg.tensor(1), tg.tensor(0)], [slice(None), 0], [None, 1], [..., [0, 2]], [[]]):
            with pytest.warns(UserWarning, match="one index per axis"):
                assert x[key].tolist() == x[tuple(key)].tolist(), key
        y = x.clone()
        with pytest.warns(UserWarning, match="one index per axis"):
            y[[[0, 1], [1, 0]]] = 0
        assert (y != x).sum() == 8
        assert x[[[0, 1]] * 32].shape == (32, 2, 3, 4)  # a long one is an array

    def test_uint8_is_a_mask_with_a_warning(self) -> None:
        with pytest.warns(UserWarning, match="a uint8 index is a mask, as in PyTorch"):
            assert x23[tg.tensor([0, 1], dtype=tg.uint8)].shape == (1, 3)

    def test_ints_slices_none_and_ellipsis_give_views(self) -> None:
        x = tg.zeros(2, 3)
        for i, y in enumerate((x[0], x[:, 1:], x[None], x[..., 0], x[0, 0], x[()])):
            y.fill_(i + 1.0)
            assert (x == i + 1).any(), i
        assert x[[0]].storage is None


def assigned(x: Any, value: Any, key: Any) -> Any:
    y = x.clone()
    y[key] = value
    return y


def write(x: Any, key: Any, value: Any) -> Any:
    return assigned(x, value, key)


class TestSetitem(OpTest):
    op = staticmethod(assigned)
    torch = staticmethod(assigned)
    # no key here names a place twice: which value stays is not defined, and neither is the gradient
    samples = [
        sample((2, 3, 4), 2.5, key=key)
        for key in (0, (0, slice(1, 3)), ..., (1, 2, 3), i_([1, 0]), (0, slice(None), i_([1, 2])), yes[:2], True, False)
    ] + [
        sample((2, 3, 4), (3, 4), key=0),
        sample((2, 3, 4), (1, 4), key=-1),
        sample((2, 3, 4), (), key=(..., 1)),
        sample((2, 3, 4), (1, 1, 2, 3, 4), key=...),  # ones in front do not count
        sample((2, 3, 4), (3, 2), key=(slice(0, 1), slice(None), slice(0, 4, 2))),
        sample((2, 3, 4), (2, 4), key=(slice(None), 1)),
        sample((2, 3, 4), (2, 4), key=(i_([1, 0]), i_([2, 0]))),
        sample((2, 3, 4), (4,), key=(i_([1, 0]), i_([2, 0]))),
        sample((2, 3, 4), (2, 3), key=(i_([1, 0]), slice(None), i_([2, 0]))),
        sample((2, 3, 4), (3, 2), key=(0, slice(None), i_([1, 3]))),
        sample((2, 3, 4), (2, 1, 4), key=(slice(None), i_([0, 2]), None)),
        sample((2, 3, 4), (1, 2, 4), key=(slice(None), yes)),
        sample((2, 3, 4), (2, 2, 4), key=(slice(None), yes)),
        sample((2, 3, 4), (5,), key=np.arange(24).reshape(2, 3, 4) % 5 == 0),
        sample((2, 3, 4), (), key=np.arange(24).reshape(2, 3, 4) % 5 == 0),
        sample((2, 3, 4), (1, 3), key=(0, np.arange(12).reshape(3, 4) % 4 == 0)),
        sample((2, 3, 4), (0, 4), key=np.zeros((2, 3), bool)),
        sample((0, 2), (2,), key=slice(None)),
        sample((), (), key=...),
        sample((3,), (), key=1),
    ]
    errors = [
        (lambda: write(x23, 2, 0), IndexError, "setitem: index 2 is out of range for dim 0 of size 2; use -2 to 1."),
        (
            lambda: write(x23, [0, 2], 0),
            IndexError,
            "setitem: index 2 is out of range for dim 0 of size 2; use -2 to 1.",
        ),
        (
            lambda: write(x23, 0, tg.ones(4)),
            ValueError,
            "setitem: the value does not broadcast to what it is written to.\n    value  (4,)\n    to     (3,)",
        ),
        (
            lambda: write(x23, [0], tg.ones(2, 3)),
            ValueError,
            "setitem: the value does not broadcast to what it is written to.\n    value   (2, 3)\n    x[key]  (1, 3)",
        ),
        (lambda: write(x23, x23 > 0, tg.ones(2)), ValueError, "setitem: the value does not broadcast"),
        (lambda: write(x23, 0, "a"), TypeError, "setitem: value must be a Tensor, got str."),
        (lambda: write(x23, 0, [1, 2, 3]), TypeError, "setitem: value must be a Tensor, got list."),
        (
            lambda: write(x23, slice(None, None, -1), 0),
            ValueError,
            "setitem: a slice's step must be at least 1, got -1.",
        ),
        (
            lambda: tg.ones(1, 3).expand(2, 3).__setitem__(0, 1.0),
            RuntimeError,
            "setitem: this memory cannot be written to",
        ),
    ]

    def expected(self, x: Any, value: Any, key: Any) -> Any:
        places = picked(np.arange(x.size).reshape(x.shape), key)
        value = np.asarray(value)
        while value.ndim > places.ndim:
            value = value[0]
        out = x.copy()
        out.reshape(-1)[places] = value
        return out

    def test_the_value_takes_the_dtype_of_the_tensor(self) -> None:
        x = tg.zeros(3, dtype=tg.int64)
        x[0], x[1:], x[[2]] = 2.7, tg.tensor([1.5, -1.5]), tg.tensor([9.9], dtype=tg.float64)
        assert x.tolist() == [2, 1, 9]
        m = tg.zeros(2, dtype=tg.bool)
        m[0] = 3
        assert m.tolist() == [True, False]
        w = tg.ones(2, dtype=tg.float64, requires_grad=True)
        y = tg.zeros(3)
        y[1:] = w
        y.sum().backward()
        assert w.grad.dtype is tg.float64 and w.grad.tolist() == [1, 1]

    def test_keys_and_values_of_all_kinds(self) -> None:
        x = tg.zeros(3, 2)
        x[tg.tensor(1)] = np.float64(5)
        x[0] = x.select(0, 1)
        x[2] = np.array([1.0, 2.0])
        assert x.tolist() == [[5, 5], [5, 5], [1, 2]]
        y = x * tg.ones(1, requires_grad=True)
        with pytest.raises(ValueError, match="setitem: the value does not broadcast to what it is written to"):
            y[0] = tg.ones(3)

    def test_what_overlaps_is_read_before_it_is_written(self) -> None:
        x = tg.arange(5)
        x[1:] = x[:-1]
        assert x.tolist() == [0, 0, 1, 2, 3]
        x = tg.arange(5)
        x[1:] += x[:-1]
        assert x.tolist() == [0, 1, 3, 5, 7]

    def test_an_error_changes_nothing(self) -> None:
        x = tg.zeros(2, 3)
        for key, value in (([0, 5], 1.0), ((0, 3), 1.0), (0, tg.ones(2)), ([0, 1], tg.ones(4))):
            with pytest.raises((IndexError, ValueError)):
                x[key] = value
        assert x.sum() == 0 and x._version == 0


# ---- by places of the flattened tensor ------------------------------------------------------------------------------


class TestIndexPut(OpTest):
    op = staticmethod(tg.index_put)
    samples = [
        sample((3, 4), indices=(i_([0, 2]), i_([1, 3])), values=F((2,))),
        sample((3, 4), indices=(i_([0, 2]),), values=F((2, 4))),
        sample((3, 4), indices=(i_([0, 2]),), values=F(())),
        sample((3, 4), indices=(i_([0, -1]),), values=F((1, 4))),
        sample((3, 4), indices=(i_([0, 0, 2]),), accumulate=True, values=F((3, 4))),
        sample((3, 4), indices=(i_([0, 0, 2]),), accumulate=True, values=F((4,))),
        sample((3, 4), indices=(i_([1, 1]), i_([1, 1])), accumulate=True, values=F(())),
        sample((3, 4), indices=(np.arange(12).reshape(3, 4) % 5 == 0,), values=F(())),
        sample((3, 4), indices=(np.arange(12).reshape(3, 4) % 5 == 0,), accumulate=True, values=F((3,))),
        sample((3, 4), indices=(yes, i_([1, 2])), values=F((2,))),
    ]
    errors = [
        (
            lambda: tg.index_put(x23, (tg.tensor([0]),), tg.tensor(1)),
            TypeError,
            "index_put: values is tensorgrad.int64, input tensorgrad.float32; they must be the same.",
        ),
        (
            lambda: tg.index_put(x23, (tg.tensor([2]),), x0),
            IndexError,
            "index_put: index 2 is out of range for dim 0 of size 2; use -2 to 1.",
        ),
        (
            lambda: tg.index_put(x23, (tg.tensor([0]),), tg.ones(2)),
            ValueError,
            "index_put: values do not broadcast to what they are written to.\n    values      (2,)",
        ),
        (
            lambda: tg.index_put(x23, (), x0),
            TypeError,
            "index_put: indices must be a tuple of tensors, one per dim, got ().",
        ),
        (lambda: tg.index_put(x23, tg.tensor([0]), x0), TypeError, "index_put: indices must be a tuple of tensors"),
        (
            lambda: tg.index_put(x23, (tg.tensor([0]),) * 3, x0),
            IndexError,
            "index_put: 3 indices are too many for a tensor of 2 dimensions, shape (2, 3).",
        ),
        (
            lambda: tg.index_put(x23, (tg.tensor([0.0]),), x0),
            TypeError,
            "index_put: an index must have an integer or bool dtype, got float32.",
        ),
    ]

    def expected(self, x: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
        out = x.copy()
        if accumulate:
            np.add.at(out, indices, values)
        else:
            out[indices] = values
        return out

    def test_in_place(self) -> None:
        x, w = tg.zeros(3), tg.ones(2, requires_grad=True)
        assert x.index_put_((tg.tensor([0, 0]),), w, accumulate=True) is x
        assert x.tolist() == [2, 0, 0]
        (x * tg.tensor([5.0, 1, 1])).sum().backward()
        assert w.grad.tolist() == [5, 5]
        with pytest.raises(IndexError, match="index_put_: index 3"):
            x.index_put_((tg.tensor([3]),), tg.ones(1))


class TestTake(OpTest):
    op = staticmethod(tg.take)
    samples = [
        sample((2, 3), i_([0, 5, 0])),
        sample((2, 3), i_([[-1], [2]])),
        sample((2, 3), i_(4)),
        sample((), i_([0, 0])),
        sample((2, 3), i_([], dtype=int)),
    ]
    errors = [
        (
            lambda: tg.take(x23, tg.tensor([6])),
            IndexError,
            "take: index 6 is out of range for 6 elements; use -6 to 5.",
        ),
        (lambda: tg.take(x23, tg.tensor([1.0])), TypeError, "take: index must have an integer dtype, got float32."),
        (
            lambda: tg.take(tg.ones(0), tg.tensor([0])),
            IndexError,
            "take: index 0 is out of range for 0 elements: there is nothing to pick.",
        ),
    ]

    def expected(self, x: Any, index: Any) -> Any:
        return np.take(x, index)


class TestPut(OpTest):
    op = staticmethod(T.put)
    torch = "Tensor.put"
    samples = [
        sample((2, 3), i_([0, 5]), (2,)),
        sample((2, 3), i_([[0], [-2]]), (1, 2)),
        sample((2, 3), i_([0, 0, 1]), (3,), accumulate=True),
        sample((), i_([0]), (1,)),
    ]
    errors = [
        (
            lambda: x23.put(tg.tensor([6]), tg.ones(1)),
            IndexError,
            "put: index 6 is out of range for 6 elements; use -6 to 5.",
        ),
        (
            lambda: x23.put(tg.tensor([0]), tg.ones(2)),
            ValueError,
            "put: source has 2 elements, index 1; they must be as many.",
        ),
        (
            lambda: x23.put(tg.tensor([0]), tg.tensor([1])),
            TypeError,
            "put: source is tensorgrad.int64, input tensorgrad.float32",
        ),
    ]

    def expected(self, x: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
        out = x.copy()
        if accumulate:
            np.add.at(out.reshape(-1), index.ravel(), source.ravel())
        else:
            np.put(out, index, source)
        return out

    def test_in_place_also_where_a_row_of_all_is_a_copy(self) -> None:
        x, w = tg.zeros(2, 3).T, tg.ones(2, requires_grad=True)
        assert x.put_(tg.tensor([1, 5]), w) is x
        assert x.tolist() == [[0, 1], [0, 0], [0, 1]]
        y = tg.zeros(2, 2)
        y.put_(tg.tensor([1, 1]), w, accumulate=True)
        assert y.tolist() == [[0, 2], [0, 0]]
        (x.sum() + 3 * y.sum()).backward()
        assert w.grad.tolist() == [4, 4]


# ---- masks ----------------------------------------------------------------------------------------------------------


class TestMaskedFill(OpTest):
    op = staticmethod(tg.masked_fill)
    samples = [
        sample((2, 3), yes, 2.5),
        sample((3,), np.arange(6).reshape(2, 3) > 2, -1.0),
        sample((2, 3), np.arange(6).reshape(2, 3) > 2, ()),
        sample((), i_(True), 1.0),
        sample((0, 3), yes, 1.0),
    ]
    errors = [
        (lambda: tg.masked_fill(x23, x23, 0.0), TypeError, "masked_fill: mask must be bool, got float32."),
        (
            lambda: tg.masked_fill(x23, x23 > 0, tg.ones(1)),
            ValueError,
            "masked_fill: value must be a number or a 0-d tensor, got shape (1,).",
        ),
        (
            lambda: tg.masked_fill(x23, tg.tensor([True, False]), 0.0),
            ValueError,
            "masked_fill: these shapes do not broadcast.",
        ),
        (
            lambda: tg.masked_fill(tg.tensor([1], dtype=tg.uint8), tg.tensor([True]), 300),
            ValueError,
            "masked_fill: 300 is outside of the range of tensorgrad.uint8, 0 to 255.",
        ),
        (
            lambda: tg.ones(3).masked_fill_(tg.ones(2, 3) > 0, 0.0),
            ValueError,
            "masked_fill_: in place, the mask must broadcast to the tensor's shape.",
        ),
    ]

    def expected(self, x: Any, mask: Any, value: Any) -> Any:
        return np.where(mask, value, x)

    def test_dtypes(self) -> None:
        m = tg.tensor([True, False])
        assert tg.tensor([1, 1]).masked_fill(m, 2.5).tolist() == [2, 1]
        assert tg.tensor([True, True]).masked_fill(m, 0.0).tolist() == [False, True]
        assert tg.ones(2).masked_fill(m, float("-inf"))[0] == float("-inf")
        assert tg.ones(2).masked_fill(m, tg.tensor(3)).dtype is tg.float32

    def test_in_place(self) -> None:
        x, v = tg.zeros(2, 3), tg.tensor(2.0, requires_grad=True)
        assert x.masked_fill_(tg.tensor(yes), v) is x
        x.sum().backward()
        assert x.sum() == 8 and v.grad == 4


class TestMaskedSelect(OpTest):
    op = staticmethod(tg.masked_select)
    samples = [
        sample((2, 3), yes),
        sample((3,), np.arange(6).reshape(2, 3) > 2),
        sample((), i_(True)),
        sample((2, 3), np.zeros((2, 3), bool)),
    ]
    errors = [
        (lambda: tg.masked_select(x23, x23), TypeError, "masked_select: mask must be bool, got float32."),
        (
            lambda: tg.masked_select(x23, tg.tensor([True, False])),
            ValueError,
            "masked_select: these shapes do not broadcast.",
        ),
    ]

    def expected(self, x: Any, mask: Any) -> Any:
        x, mask = np.broadcast_arrays(x, mask)
        return x[mask]


class TestMaskedScatter(OpTest):
    op = staticmethod(tg.masked_scatter)
    samples = [
        sample((3,), yes, (2,)),
        sample((2, 3), yes, (3, 2)),
        sample((3,), np.arange(6).reshape(2, 3) > 2, (4,)),
        sample((), i_(True), (1,)),
        sample((2,), i_([False, False]), (0,)),
    ]
    errors = [
        (
            lambda: tg.masked_scatter(x23, x23 > 0, tg.ones(5)),
            ValueError,
            "masked_scatter: source has 5 elements, the mask asks for 6.",
        ),
        (
            lambda: tg.masked_scatter(x23, x23 > 0, tg.arange(6)),
            TypeError,
            "masked_scatter: source is tensorgrad.int64, input tensorgrad.float32",
        ),
        (
            lambda: tg.ones(3).masked_scatter_(x23 > 0, tg.ones(6)),
            ValueError,
            "masked_scatter_: in place, the mask must broadcast",
        ),
    ]

    def expected(self, x: Any, mask: Any, source: Any) -> Any:
        x, mask = (a.copy() for a in np.broadcast_arrays(x, mask))
        x[mask] = source.ravel()[: mask.sum()]
        return x

    def test_in_place(self) -> None:
        x, w = tg.zeros(3), tg.arange(1.0, 4.0).requires_grad_()
        assert x.masked_scatter_(tg.tensor(yes), w) is x
        x.sum().backward()
        assert x.tolist() == [1, 0, 2] and w.grad.tolist() == [1, 1, 0]


# ---- finding places -------------------------------------------------------------------------------------------------


class TestNonzero(OpTest):
    op = staticmethod(tg.nonzero)
    differentiable = False
    samples = [
        sample(i_([[0, 1], [2, 0]])),
        sample(i_(5)),
        sample(i_(0)),
        sample(i_([[0.0, np.nan]])),
        sample(np.zeros((0, 2))),
        sample(yes),
    ]

    def expected(self, x: Any) -> Any:
        return np.argwhere(x) if x.ndim else np.empty((int(x != 0), 0))

    def test_as_tuple(self) -> None:
        rows, columns = tg.nonzero(tg.tensor([[0, 1], [2, 0]]), as_tuple=True)
        assert rows.tolist() == [0, 1] and columns.tolist() == [1, 0] and rows.dtype is tg.int64
        assert [i.tolist() for i in tg.nonzero(x0, as_tuple=True)] == [[0]]


class TestArgwhere(TestNonzero):
    op = staticmethod(tg.argwhere)


class TestSearchsorted(OpTest):
    op = staticmethod(tg.searchsorted)
    differentiable = False
    samples = [
        sample(i_([1, 3, 5, 7]), i_([[0, 3, 9], [1, 6, 7]])),
        sample(i_([1, 3, 5, 7]), i_([[0, 3, 9], [1, 6, 7]]), right=True),
        sample(i_([1.0, 3.0, 3.0]), i_([3.0, np.nan]), side="right"),
        sample(i_([[1, 3], [0, 2]]), i_([[3, 4, 0], [1, 2, 3]])),
        sample(i_([5, 1, 3]), i_([2, 3]), sorter=i_([1, 2, 0])),
        sample(i_([1, 3]), 2),
        sample(np.zeros((0,)), i_([1.0])),
    ]
    errors = [
        (
            lambda: tg.searchsorted(x0, x23),
            ValueError,
            "searchsorted: the sorted sequence needs at least one dimension.",
        ),
        (
            lambda: tg.searchsorted(x23, tg.ones(3, 1)),
            ValueError,
            "searchsorted: all sizes but the last must be equal.",
        ),
        (
            lambda: tg.searchsorted(x23, x23, side="middle"),
            ValueError,
            "searchsorted: side is 'left' or 'right', got 'middle'.",
        ),
        (
            lambda: tg.searchsorted(x23, x23, side="left", right=True),
            ValueError,
            "searchsorted: side='left' contradicts right=True.",
        ),
        (
            lambda: tg.searchsorted(tg.ones(3), x0, sorter=tg.tensor([0])),
            ValueError,
            "searchsorted: sorter must have the sequence's shape.",
        ),
        (
            lambda: tg.searchsorted(tg.ones(1), x0, sorter=tg.tensor([1])),
            IndexError,
            "searchsorted: index 1 is out of range for dim -1 of size 1; use 0 to 0.",
        ),
    ]

    def expected(self, x: Any, values: Any, right: bool = False, side: str = "left", sorter: Any = None) -> Any:
        side = "right" if right else side
        if x.ndim == 1:
            return np.searchsorted(x, values, side, sorter)
        return np.stack([np.searchsorted(a, v, side) for a, v in zip(x, values)])

    def test_int32(self) -> None:
        assert tg.searchsorted(tg.arange(3), 1, out_int32=True).dtype is tg.int32


class TestBucketize(OpTest):
    op = staticmethod(tg.bucketize)
    differentiable = False
    samples = [
        sample(i_([0.5, 1.0, 9.0]), i_([1.0, 2.0])),
        sample(i_([[1, 2], [3, 0]]), i_([1, 2]), right=True),
        sample(2, i_([1, 3])),
    ]
    errors = [
        (lambda: tg.bucketize(x0, x23), ValueError, "bucketize: boundaries must have one dimension, got shape (2, 3).")
    ]

    def expected(self, x: Any, edges: Any, right: bool = False) -> Any:
        return np.searchsorted(edges, x, "right" if right else "left")


# ---- whole tensors and parts of them --------------------------------------------------------------------------------


class TestFill(OpTest):
    op = staticmethod(tg.fill)
    samples = [sample((2, 3), 2.5), sample((2, 3), ()), sample((), 1)]
    errors = [
        (lambda: tg.fill(x23, tg.ones(1)), ValueError, "fill: value must be a number or a 0-d tensor, got shape (1,).")
    ]

    def expected(self, x: Any, value: Any) -> Any:
        return np.full_like(x, value)


class TestSelectScatter(OpTest):
    op = staticmethod(tg.select_scatter)
    samples = [sample((2, 3), (3,), 0, 1), sample((2, 3), (2,), -1, -1)]
    errors = [
        (
            lambda: tg.select_scatter(x23, tg.ones(1), 0, 0),
            ValueError,
            "select_scatter: src must have the shape of what it replaces.\n    src   (1,)\n    part  (3,)",
        ),
        (
            lambda: tg.select_scatter(x23, tg.ones(3), 0, 2),
            IndexError,
            "select_scatter: index 2 is out of range for dim 0 of size 2",
        ),
    ]

    def expected(self, x: Any, src: Any, dim: int, index: int) -> Any:
        out = x.copy()
        np.moveaxis(out, dim, 0)[index] = src
        return out


class TestSliceScatter(OpTest):
    op = staticmethod(tg.slice_scatter)
    samples = [
        sample((4, 3), (2, 3), 0, 1, 3),
        sample((4, 3), (4, 2), 1, 0, 3, 2),
        sample((4, 3), (4, 3)),
        sample((4, 3), (1, 3), start=-1),
    ]
    errors = [
        (
            lambda: tg.slice_scatter(x23, x23, 0, 1),
            ValueError,
            "slice_scatter: src must have the shape of what it replaces.",
        ),
        (lambda: tg.slice_scatter(x23, x23, step=0), ValueError, "slice_scatter: step must be at least 1, got 0."),
    ]

    def expected(self, x: Any, src: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
        out = x.copy()
        np.moveaxis(out, dim, 0)[start:end:step] = np.moveaxis(src, dim, 0)
        return out


class TestAsStridedScatter(OpTest):
    op = staticmethod(tg.as_strided_scatter)
    torch_gradient = False  # PyTorch's is that of the elements replaced, not of the others
    samples = [
        sample((3, 3), (2, 2), [2, 2], [1, 4]),
        sample((6,), (3,), [3], [2], 1),
        sample((2, 3), (2, 3), [2, 3], [3, 1]),
    ]
    errors = [
        (
            lambda: tg.as_strided_scatter(x23, x23, (2, 2), (1, 2)),
            ValueError,
            "as_strided_scatter: src must have the shape of what it replaces.",
        ),
        (lambda: tg.as_strided_scatter(x23, x23, (9,), (9,)), ValueError, "as_strided_scatter: sizes (9,), strides (9,)"),
    ]

    def expected(self, x: Any, src: Any, size: Any, stride: Any, offset: int = 0) -> Any:
        out = x.copy()
        places = offset + sum(np.ix_(*[np.arange(n) * s for n, s in zip(size, stride)]))
        out.reshape(-1)[places.reshape(-1)] = src.reshape(-1)
        return out


class TestDiagonalScatter(OpTest):
    op = staticmethod(tg.diagonal_scatter)
    samples = [
        sample((3, 3), (3,)),
        sample((3, 4), (2,), 2),
        sample((3, 4), (2,), -1),
        sample((2, 3, 3), (2, 3), 0, 1, 2),
    ]
    errors = [
        (
            lambda: tg.diagonal_scatter(x23, tg.ones(3)),
            ValueError,
            "diagonal_scatter: src must have the shape of what it replaces.",
        )
    ]

    def expected(self, x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        places = np.arange(x.size).reshape(x.shape).diagonal(offset, dim1, dim2)
        out = x.copy()
        out.reshape(-1)[places] = src
        return out


class TestWholeTensors:
    def test_fill_diagonal(self) -> None:
        x = tg.zeros(3, 4)
        assert x.fill_diagonal_(2) is x and x.tolist() == np.eye(3, 4).__mul__(2).tolist()
        tall = np.zeros((7, 2))
        np.fill_diagonal(tall, 5, wrap=True)
        assert tg.zeros(7, 2).fill_diagonal_(5, wrap=True).tolist() == tall.tolist()
        assert tg.zeros(3, 3, 3).fill_diagonal_(1).sum() == 3
        y = tg.zeros(4, 3).T
        y.fill_diagonal_(1.0)
        assert y.tolist() == np.eye(3, 4).tolist()
        w = tg.ones(2, 2, requires_grad=True)
        (w * 1).fill_diagonal_(0.0).sum().backward()
        assert w.grad.tolist() == [[0, 1], [1, 0]]
        with pytest.raises(ValueError, match="fill_diagonal_: needs a matrix, or more axes that are equal"):
            tg.zeros(2, 2, 3).fill_diagonal_(1)

    def test_copy_broadcasts_and_casts(self) -> None:
        x = tg.zeros(2, 3, dtype=tg.int64)
        assert x.copy_(tg.tensor([1.9, -1.9, 0.0])) is x
        assert x.tolist() == [[1, -1, 0]] * 2
        x.copy_(np.ones(3), non_blocking=True)
        assert x.sum() == 6
        for bad in (tg.ones(2), tg.ones(1, 2, 3)):
            with pytest.raises(
                ValueError, match=re.escape("copy_: the value does not broadcast to what it is written to.")
            ):
                x.copy_(bad)
        with pytest.raises(TypeError, match="copy_: src must be a Tensor, got list"):
            x.copy_([1])

    def test_copy_sends_its_gradient_to_the_source(self) -> None:
        w = tg.ones(3, dtype=tg.float64, requires_grad=True)
        x = tg.zeros(2, 3).copy_(w)
        (x * 2).sum().backward()
        assert w.grad.tolist() == [4] * 3 and w.grad.dtype is tg.float64

    def test_a_copy_of_a_leaf_is_not_the_leaf(self) -> None:
        w = tg.ones(2, requires_grad=True)
        x = tg.zeros(2).copy_(w)
        x.retain_grad()
        (3 * x).sum().backward()
        assert x.grad.tolist() == w.grad.tolist() == [3, 3] and not x.is_leaf
        assert tg.autograd.grad((w * 1).sum(), x, allow_unused=True) == (None,)

    def test_fill_and_zero(self) -> None:
        x = tg.ones(2, dtype=tg.int64)
        assert x.fill_(2.5).tolist() == [2, 2] and x.zero_().tolist() == [0, 0]
        v = tg.tensor(2.0, requires_grad=True)
        tg.zeros(3).fill_(v).sum().backward()
        assert v.grad == 3
        with pytest.raises(ValueError, match="fill_: value must be a number or a 0-d tensor, got shape"):
            x.fill_(tg.ones(2))
        y = tg.zeros(1, dtype=tg.float64, requires_grad=True) * 1
        assert y.fill_(0.1).item() == 0.1  # not 0.1 in float32

    def test_resize(self) -> None:
        x = tg.arange(6)
        assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
        assert tg.ones(1).resize_as_(x).shape == (2, 2)
        assert x.resize_((2, 4)).shape == (2, 4) and x[0].tolist() == [0, 1, 2, 3]
        with pytest.raises(ValueError, match=re.escape("resize_: sizes must be 0 or more, got (-1,).")):
            x.resize_(-1)
        with pytest.raises(RuntimeError, match="resize_: a tensor that requires grad cannot be resized"):
            tg.ones(2, requires_grad=True).resize_(3)

    def test_set_gives_a_tensor_other_memory(self) -> None:
        x, y = tg.zeros(2), tg.ones(3)
        assert x.set_(y) is x and x.tolist() == [1, 1, 1]
        y.add_(1)
        assert x.tolist() == [2, 2, 2] and x._version == y._version
        assert x.set_().shape == (0,)
        with pytest.raises(TypeError, match="set_: the source is tensorgrad.int64, the tensor tensorgrad.float32"):
            x.set_(tg.arange(3))

    def test_who_saved_the_old_memory_sees_that_it_is_gone(self) -> None:
        w = tg.ones(2, requires_grad=True)
        for change in (lambda x: x.set_(tg.ones(2)), lambda x: x.resize_(2), lambda x: x.t_()):
            x = tg.zeros(2)
            y = (w * x).sum()
            change(x)
            with pytest.raises(RuntimeError, match="backward through mul: a value it saved"):
                y.backward()


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = tg.zeros(2, dtype=tg.int64)
        x.copy_(tg.tensor([float("inf"), 1e30]))
        x[:] = tg.tensor(float("nan"))
        x[[0]] = tg.tensor(float("nan"))


def test_numbers_out_of_range() -> None:
    for dtype, bad in (
        (tg.uint8, 256),
        (tg.uint8, -256),
        (tg.int64, float("nan")),
        (tg.int8, 1e9),
        (tg.float16, -1e6),
        (tg.float32, 1e39),
    ):
        x = tg.zeros(2, dtype=dtype)
        for write in (x.fill_, lambda v, x=x: x.__setitem__(0, v), lambda v, x=x: x.__setitem__([0], v)):
            with pytest.raises(ValueError, match=r"is outside of the range of tensorgrad\."):
                write(bad)
        assert x.sum() == 0
    assert tg.zeros(1, dtype=tg.uint8).fill_(-1).item() == 255
    assert tg.zeros(1, dtype=tg.float16).fill_(float("inf")).item() == float("inf")
    assert tg.zeros(1, dtype=tg.bool).fill_(7).item() is True
    assert tg.zeros(1, dtype=tg.float64).fill_(1e300).item() == 1e300


class TestUnravelIndex(OpTest):
    op = staticmethod(tg.unravel_index)
    torch = "unravel_index"
    differentiable = False
    samples = [
        sample(np.array([0, 5, 11]), [3, 4]),
        sample(np.array([[7, 1]]), [2, 2, 2]),
        sample(np.array(3), [5]),
        sample(np.array([2, 4]), 6),
        sample(np.empty(0, np.int64), [0, 3]),
    ]
    errors = [
        (lambda: tg.unravel_index(tg.tensor([6]), (2, 3)), ValueError, "unravel_index: indices must be from 0 to 5"),
        (lambda: tg.unravel_index(tg.tensor([-1]), (2, 3)), ValueError, "unravel_index: indices must be from 0 to 5"),
        (lambda: tg.unravel_index(tg.tensor([1.0]), (2, 3)), TypeError, "unravel_index: indices must be whole numbers"),
        (lambda: tg.unravel_index(tg.tensor([1]), (2, -3)), ValueError, "unravel_index: sizes must be 0 or more, got (2, -3)"),
    ]

    def expected(self, indices: Any, shape: Any) -> Any:
        return np.unravel_index(indices, shape) if indices.size else (indices, indices)


class TestNonzeroStatic(OpTest):
    op = staticmethod(tg.nonzero_static)
    torch = "nonzero_static"
    differentiable = False
    samples = [
        sample(np.array([[1, 0, 2], [0, 3, 0]]), size=3),
        sample(np.array([[1, 0, 2], [0, 3, 0]]), size=5, fill_value=9),
        sample(np.array([1, 0, 2]), size=1),
        sample(np.zeros(3), size=2),
        sample(np.array(True), size=0),
    ]
    errors = [(lambda: tg.nonzero_static(tg.ones(2), size=-1), ValueError, "nonzero_static: size must be 0 or more, got -1")]

    def expected(self, x: Any, size: int, fill_value: int = -1) -> Any:
        rows = np.stack(np.nonzero(x), 1)[:size] if x.ndim else np.zeros((0, 0), np.int64)
        return np.concatenate([rows, np.full((size - len(rows), x.ndim), fill_value)])
