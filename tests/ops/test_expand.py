"""The same numbers several times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import OpTest, sample

T = tg.Tensor
x23 = tg.ones(2, 3)
AXIS = "out of range for a tensor of 2 dimensions; use -2 to 1"


class TestExpand(OpTest):
    op = staticmethod(T.expand)
    torch = "Tensor.expand"
    samples = [
        sample((1, 3), 2, 3),
        sample((3,), [2, 3]),
        sample((1, 3), [2, -1]),
        sample((), 2),
        sample((2, 3), 2, 3),
        sample((1, 0), 2, 0),
    ]
    errors = [
        (lambda: x23.expand(2, 4), ValueError, "expand: shape (2, 3) cannot be expanded to (2, 4)."),
        (lambda: x23.expand(3), ValueError, "expand: shape (2, 3) cannot be expanded to (3,)."),
        (lambda: tg.ones(3, 3).expand(3), ValueError, "expand: shape (3, 3) cannot be expanded to (3,)."),
        (lambda: x23.expand(-1, 2, 3), ValueError, "expand: shape (2, 3) cannot be expanded to (-1, 2, 3)."),
    ]

    def expected(self, x: Any, *sizes: Any) -> Any:
        sizes = tuple(np.atleast_1d(sizes[0])) if len(sizes) == 1 else sizes
        extra = len(sizes) - x.ndim
        return np.broadcast_to(x, [x.shape[i - extra] if s == -1 else s for i, s in enumerate(sizes)]).copy()

    def test_what_stands_for_several_elements_cannot_be_written_to(self) -> None:
        with pytest.raises(RuntimeError, match="add_: this memory cannot be written to: several elements"):
            tg.ones(1, 3).expand(2, 3).add_(1)
        x = tg.zeros(2, 3)
        x.expand(2, 3).add_(1)
        assert x.sum() == 6
        assert tg.ones(3).expand(size=(2, 3)).shape == (2, 3)


class TestExpandAs(OpTest):
    op = staticmethod(T.expand_as)
    torch = "Tensor.expand_as"
    samples = [sample((1, 3), (2, 3)), sample((), (2,))]
    errors = [(lambda: x23.expand_as(tg.ones(4)), ValueError, "expand_as: shape (2, 3) cannot be expanded to (4,).")]

    def expected(self, x: Any, other: Any) -> Any:
        return np.broadcast_to(x, other.shape).copy()


class TestBroadcastTo(OpTest):
    op = staticmethod(tg.broadcast_to)
    samples = [sample((1, 3), [2, 3]), sample((), [2]), sample((2, 1), [4, 2, 3])]
    errors = [
        (lambda: tg.broadcast_to(x23, (4,)), ValueError, "broadcast_to: shape (2, 3) cannot be expanded to (4,).")
    ]

    def expected(self, x: Any, size: Any) -> Any:
        return np.broadcast_to(x, size).copy()


class TestBroadcastTensors(OpTest):
    op = staticmethod(tg.broadcast_tensors)
    samples = [sample((1, 3), (2, 1)), sample((), (2,), (3, 1)), sample((2, 3))]
    errors = [
        (
            lambda: tg.broadcast_tensors(x23, tg.ones(2)),
            ValueError,
            "broadcast_tensors: these shapes do not broadcast.\n    tensor 0  (2, 3)",
        ),
    ]

    def expected(self, *xs: Any) -> Any:
        xs = tuple(xs[0]) if isinstance(xs[0], list) else xs
        return tuple(a.copy() for a in np.broadcast_arrays(*xs))


def test_broadcast_shapes() -> None:
    assert tg.broadcast_shapes((2, 1), (3,), 1) == (2, 3)
    assert tg.broadcast_shapes((0, 1), (1, 5)) == (0, 5)
    assert tg.broadcast_shapes() == () and isinstance(tg.broadcast_shapes((2,)), tg.Size)
    with pytest.raises(ValueError, match=r"broadcast_shapes: these shapes do not broadcast"):
        tg.broadcast_shapes((2, 3), (2,))
    with pytest.raises(ValueError, match=r"broadcast_shapes: \(-1,\) is no shape"):
        tg.broadcast_shapes((-1,))


class TestRepeat(OpTest):
    op = staticmethod(T.repeat)
    torch = "Tensor.repeat"
    samples = [
        sample((2, 3), 2, 2),
        sample((3,), [2, 2]),
        sample((2, 3), 1, 1),
        sample((), 3),
        sample((), []),
        sample((2, 3), 0, 1),
        sample((1,), 3),
    ]
    errors = [
        (lambda: x23.repeat(2), ValueError, "repeat: 1 repeats for a tensor of 2 dimensions; give one for each."),
        (lambda: x23.repeat(2, -1), ValueError, "repeat: repeats must be 0 or more, got (2, -1)."),
    ]

    def expected(self, x: Any, *times: Any) -> Any:
        return np.tile(x, times[0] if len(times) == 1 and isinstance(times[0], list) else times)

    def test_it_is_a_copy(self) -> None:
        x = tg.zeros(1)
        for y in (x.repeat(1), x.repeat(3), x.tile(2), x.repeat_interleave(2), x.repeat(repeats=(2, 2))):
            assert y.storage is None and y.array.flags.writeable
            y.add_(1)
        assert x == 0


class TestTile(OpTest):
    op = staticmethod(tg.tile)
    samples = [sample((2, 3), [2]), sample((2, 3), [2, 2, 1]), sample((), [2])]
    errors = [(lambda: x23.tile(-1), ValueError, "tile: repeats must be 0 or more, got (1, -1).")]

    def expected(self, x: Any, dims: Any) -> Any:
        return np.tile(x, dims)


class TestRepeatInterleave(OpTest):
    op = staticmethod(tg.repeat_interleave)
    samples = [
        sample((2, 3), 2),
        sample((2, 3), 2, 0),
        sample((2, 3), 3, -1),
        sample((2, 3), np.array([1, 2]), 0),
        sample((2, 3), np.array([0, 2, 1]), 1, output_size=3),
        sample((4,), np.array([2, 0, 1, 3])),
        sample((2, 3), np.array([2]), 1),
        sample((), 3),
        sample((2, 3), 0, 1),
        sample(np.array([2, 0, 3])),
    ]
    errors = [
        (
            lambda: tg.repeat_interleave(x23, tg.tensor([1, 2, 3]), 0),
            ValueError,
            "repeat_interleave: 3 repeats for 2 places of dim 0, shape (2, 3).",
        ),
        (lambda: tg.repeat_interleave(x23, -1), ValueError, "repeat_interleave: repeats must be 0 or more, got -1."),
        (
            lambda: tg.repeat_interleave(x23, tg.tensor([-1, 2]), 0),
            ValueError,
            "repeats must be 0 or more, the smallest is -1.",
        ),
        (
            lambda: tg.repeat_interleave(x23, tg.tensor([1.5])),
            TypeError,
            "repeat_interleave: repeats must be an int or a one-dim",
        ),
        (
            lambda: tg.repeat_interleave(x23, 2, 0, output_size=3),
            ValueError,
            "repeat_interleave: output_size is 3, but the repeats add up to 4.",
        ),
        (lambda: tg.repeat_interleave(x23, 2, 2), IndexError, "repeat_interleave: dim 2 is " + AXIS),
    ]

    def expected(self, x: Any, repeats: Any = None, dim: Any = None, output_size: Any = None) -> Any:
        if repeats is None:
            return np.repeat(np.arange(len(x)), x)
        return np.repeat(x, repeats, dim)
