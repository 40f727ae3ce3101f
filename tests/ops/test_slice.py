"""Parts, and orders reversed or moved on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor
from tests.ops.optest import OpTest, sample

T = tg.Tensor
x23 = tg.ones(2, 3)
x0 = tg.tensor(1.0)
AXIS = "out of range for a tensor of 2 dimensions; use -2 to 1"


class TestFlip(OpTest):
    op = staticmethod(tg.flip)
    samples = [sample((2, 3), [0]), sample((2, 3), [0, -1]), sample((2, 3), []), sample((), []), sample((0, 2), [1])]
    errors = [
        (lambda: tg.flip(x23, (0, 0)), ValueError, "flip: dims (0, 0) names a dimension twice."),
        (lambda: x23.flip(2), IndexError, "flip: dim 2 is " + AXIS),
    ]

    def expected(self, x: Any, dims: Any) -> Any:
        return np.flip(x, dims)

    def test_dims_in_every_form_and_a_copy(self) -> None:
        x = tg.arange(3)
        assert x.flip(0).tolist() == x.flip((0,)).tolist() == x.flip(dims=[0]).tolist() == [2, 1, 0]
        assert x.flip(0).storage is None


class TestFliplr(OpTest):
    op = staticmethod(tg.fliplr)
    samples = [sample((2, 3)), sample((2, 3, 2))]
    errors = [(lambda: tg.fliplr(tg.ones(3)), ValueError, "fliplr: needs at least 2 dimensions, got shape (3,).")]

    def expected(self, x: Any) -> Any:
        return np.fliplr(x)


class TestFlipud(OpTest):
    op = staticmethod(tg.flipud)
    samples = [sample((2, 3)), sample((3,))]
    errors = [(lambda: tg.flipud(x0), ValueError, "flipud: needs at least 1 dimension, got a 0-d tensor.")]

    def expected(self, x: Any) -> Any:
        return np.flipud(x)


class TestRoll(OpTest):
    op = staticmethod(tg.roll)
    samples = [
        sample((2, 3), 1),
        sample((2, 3), -4),
        sample((2, 3), 1, 1),
        sample((2, 3), [1, -1], [0, 1]),
        sample((2, 3), [1, 1], [1, 1]),
        sample((0, 2), 1),
        sample((), 1),
    ]
    errors = [
        (
            lambda: tg.roll(x23, (1, 2)),
            ValueError,
            "roll: 2 shifts without dims; give one dim per shift, or one shift alone.",
        ),
        (lambda: tg.roll(x23, 1, (0, 1)), ValueError, "roll: 1 shifts (1,) for 2 dims (0, 1); give one of each."),
        (lambda: tg.roll(x23, 1, 2), IndexError, "roll: dim 2 is " + AXIS),
        (lambda: tg.roll(x0, 1, 0), IndexError, "roll: a 0-d tensor has no dims to roll along, got (0,)."),
    ]

    def expected(self, x: Any, shifts: Any, dims: Any = None) -> Any:
        return np.roll(x, shifts, dims)


class TestRot90(OpTest):
    op = staticmethod(tg.rot90)
    samples = [
        sample((2, 3)),
        sample((2, 3), 2),
        sample((2, 3), -1),
        sample((2, 3), 4),
        sample((2, 3, 4), 1, [1, 2]),
        sample((2, 3, 4), 3, [-1, 0]),
    ]
    errors = [
        (
            lambda: tg.rot90(tg.ones(3)),
            ValueError,
            "rot90: needs at least 2 dimensions and 2 dims, got (3,) and (0, 1).",
        ),
        (
            lambda: tg.rot90(x23, 1, (0,)),
            ValueError,
            "rot90: needs at least 2 dimensions and 2 dims, got (2, 3) and (0,).",
        ),
        (lambda: tg.rot90(x23, 1, (0, 0)), ValueError, "rot90: dims (0, 0) names a dimension twice."),
    ]

    def expected(self, x: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
        return np.rot90(x, k, dims)


class TestSelect(OpTest):
    op = staticmethod(tg.select)
    samples = [sample((2, 3), 0, 1), sample((2, 3), -1, -3), sample((2, 3, 4), 1, 2), sample((3,), 0, 1)]
    errors = [
        (lambda: tg.select(x0, 0, 0), IndexError, "select: a 0-d tensor has no axis to select from."),
        (lambda: tg.select(x23, 1, 3), IndexError, "select: index 3 is out of range for dim 1 of size 3; use -3 to 2."),
        (
            lambda: tg.select(tg.ones(0), 0, 0),
            IndexError,
            "select: index 0 is out of range for dim 0 of size 0: there is nothing",
        ),
        (lambda: tg.select(x23, 2, 0), IndexError, "select: dim 2 is " + AXIS),
    ]

    def expected(self, x: Any, dim: int, index: int) -> Any:
        return np.take(x, index, dim)


class TestNarrow(OpTest):
    op = staticmethod(tg.narrow)
    samples = [
        sample((4, 3), 0, 1, 2),
        sample((4, 3), -1, -2, 2),
        sample((4, 3), 0, 4, 0),
        sample((4,), 0, np.array(1), 3),
    ]
    errors = [
        (lambda: tg.narrow(x0, 0, 0, 1), IndexError, "narrow: a 0-d tensor has no axis to narrow."),
        (lambda: tg.narrow(x23, 0, 1, 2), ValueError, "narrow: 2 places from 1 on do not fit into dim 0 of size 2."),
        (
            lambda: tg.narrow(x23, 0, 3, 0),
            IndexError,
            "narrow: start 3 is out of range for dim 0 of size 2; use -2 to 2.",
        ),
        (lambda: tg.narrow(x23, 0, 0, -1), ValueError, "narrow: length must be 0 or more, got -1."),
        (lambda: tg.narrow(x23, 0, tg.tensor(1.0), 1), TypeError, "narrow: start must be an int or 0-d integer tensor"),
    ]

    def expected(self, x: Any, dim: int, start: Any, length: int) -> Any:
        start = int(start) % x.shape[dim] if start < 0 else int(start)
        return np.take(x, range(start, start + length), dim)


class TestNarrowCopy(TestNarrow):
    op = staticmethod(tg.narrow_copy)
    torch = None
    torch_note = "a copy of narrow; PyTorch's has no gradient"
    errors = []


class TestUnfold(OpTest):
    op = staticmethod(T.unfold)
    torch = "Tensor.unfold"
    samples = [
        sample((7,), 0, 3, 2),
        sample((2, 5), 1, 2, 1),
        sample((5, 2), 0, 5, 1),
        sample((5, 2), -2, 2, 2),
        sample((), 0, 1, 1),
        sample((4,), 0, 0, 2),
    ]
    errors = [
        (lambda: x23.unfold(1, 4, 1), ValueError, "unfold: windows of 4 do not fit into dim 1 of size 3."),
        (lambda: x23.unfold(1, 2, 0), ValueError, "unfold: step must be at least 1, got 0."),
        (lambda: x23.unfold(2, 1, 1), IndexError, "unfold: dim 2 is " + AXIS),
    ]

    def expected(self, x: Any, dim: int, size: int, step: int) -> Any:
        if not x.ndim:
            return x.reshape(1)[:size]
        d = dim % x.ndim
        rows = [np.take(x, range(i, i + size), d) for i in range(0, x.shape[d] - size + 1, step)]
        return np.moveaxis(np.stack(rows, d), d + 1, -1)

    def test_a_view_that_is_written_to_only_where_windows_are_apart(self) -> None:
        x = tg.zeros(6)
        x.unfold(0, 2, 2).fill_(1)
        assert x.sum() == 6
        with pytest.raises(RuntimeError, match="add_: this memory cannot be written to"):
            x.unfold(0, 2, 1).add_(1)
        x.unfold(0, 2, 1).fill_(3)  # one number everywhere: it does not matter who comes last
        assert x.tolist() == [3] * 6


class TestAsStrided(OpTest):
    op = staticmethod(tg.as_strided)
    layouts = False  # it is about the layout
    samples = [
        sample((12,), [3, 2], [4, 1]),
        sample((12,), [3, 2], [4, 1], 1),
        sample((3, 4), [2, 2, 2], [1, 2, 3]),  # elements come more than once
        sample((3, 4), [3], [5]),
        sample((3,), [2, 3], [0, 1]),
        sample((2, 2), [], [], 3),
        sample((2, 2), [0, 2], [1, 1]),
    ]
    errors = [
        (lambda: tg.as_strided(x23, (2,), (1, 1)), ValueError, "as_strided: 1 sizes (2,) but 2 strides (1, 1)."),
        (
            lambda: tg.as_strided(x23, (2,), (-1,)),
            ValueError,
            "as_strided: sizes and strides must be 0 or more, got (2,) and (-1,).",
        ),
        (
            lambda: tg.as_strided(tg.ones(3), (4,), (1,)),
            ValueError,
            "as_strided: sizes (4,), strides (1,) from element 0 on reach outside of the memory.",
        ),
        (
            lambda: tg.as_strided(tg.ones(3), (1,), (1,), 3),
            ValueError,
            "from element 3 on reach outside of the memory.",
        ),
    ]

    def expected(self, x: Any, size: Any, stride: Any, storage_offset: int = 0) -> Any:
        steps = tuple(s * x.itemsize for s in stride)
        return np.lib.stride_tricks.as_strided(x.ravel()[storage_offset:], size, steps).copy()

    def test_the_offset_counts_from_the_beginning_of_the_memory(self) -> None:
        x = tg.arange(6)[2:5]
        assert x.as_strided((2,), (2,)).tolist() == [2, 4]
        assert x.as_strided((2,), (2,), 1).tolist() == [1, 3]
        assert tg.arange(6).reshape(2, 3).T.as_strided((6,), (1,)).tolist() == list(range(6))

    def test_gradients_of_other_arrangements(self) -> None:
        x = tg.tensor(np.arange(6.0).reshape(2, 3).T, requires_grad=True)  # memory in the order of the columns
        c = tg.tensor([1.0, 10.0, 100.0], dtype=tg.float64)
        y = x.as_strided((3,), (1,))
        (y * c).sum().backward()
        order = y.tolist()
        for value, weight in zip(order, c.tolist()):
            assert x.grad.array[x.array == value] == weight

    def test_elements_in_one_place_share_the_gradient(self) -> None:
        x = tg.ones(2, dtype=tg.float64, requires_grad=True)
        y = x.expand(3, 2).as_strided((2,), (1,))
        y.sum().backward()
        assert x.grad.tolist() == [1, 1]
        z = Tensor._of(np.broadcast_to(np.ones(2), (3, 2))).requires_grad_()
        (w,) = tg.autograd.grad(z.as_strided((2,), (1,)).sum(), z)
        np.testing.assert_allclose(w.array, np.full((3, 2), 1 / 3))

    def test_and_so_does_the_gradient_of_that(self) -> None:
        z = Tensor._of(np.broadcast_to(np.ones(2), (3, 2))).requires_grad_()
        c = tg.ones(2, dtype=tg.float64, requires_grad=True)
        (w,) = tg.autograd.grad(z.as_strided((2,), (1,)), z, c, create_graph=True)
        h = np.arange(6.0).reshape(3, 2)
        (g,) = tg.autograd.grad(w, c, tg.tensor(h))
        np.testing.assert_allclose(g.array, h.mean(0))

    def test_what_is_seen_beyond_the_tensor_is_not_written_to_while_recording(self) -> None:
        w = tg.ones(2, requires_grad=True)
        y = tg.zeros(4)[:2].as_strided((3,), (1,))
        with pytest.raises(RuntimeError, match="mul_: this tensor, shape .* would not learn"):
            y.mul_(w.sum())
        with pytest.raises(RuntimeError, match="cannot be written to"):
            tg.zeros(4).as_strided((2, 2), (0, 1)).mul_(2)
