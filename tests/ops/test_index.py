"""x[key], x[key] = value, and their functions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.indexing import T, i_, x0, x23, x234, yes
from tests.ops.optest import F, OpTest, sample

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
            lambda: tg.ones(1, 3).expand(2, 3).__setitem__(slice(None), 1.0),
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
            "Convert: values.float().",
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
            "Convert: source.float().",
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


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = tg.zeros(2, dtype=tg.int64)
        x.copy_(tg.tensor([float("inf"), 1e30]))
        x[:] = tg.tensor(float("nan"))
        x[[0]] = tg.tensor(float("nan"))


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
