"""Views and other arrangements of the same numbers."""

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


# ---- another shape --------------------------------------------------------------------------------------------------


class TestReshape(OpTest):
    op = staticmethod(tg.reshape)
    samples = [
        sample((2, 3), [3, 2]),
        sample((4, 1, 3), [-1]),
        sample((), [1, 1]),
        sample((0, 3), [3, 0, 1]),
        sample((6,), [2, -1]),
    ]
    errors = [
        (
            lambda: tg.reshape(x23, (4, 2)),
            ValueError,
            "reshape: 6 elements of shape (2, 3) cannot take the shape (4, 2).",
        ),
        (
            lambda: x23.reshape(-1, -1),
            ValueError,
            "reshape: (-1, -1) is no shape; sizes are 0 or more, and at most one",
        ),
        (lambda: x23.reshape(-2, 3), ValueError, "reshape: (-2, 3) is no shape"),
        (lambda: tg.ones(0).reshape(0, -1), ValueError, "reshape: the -1 in (0, -1) could be any number"),
        (lambda: x23.reshape(2.0, 3), TypeError, "reshape: sizes and dims are ints, got (2.0, 3)."),
        (lambda: tg.reshape("a", (1,)), TypeError, "reshape: input must be a Tensor, got str."),
    ]

    def expected(self, x: Any, shape: Any) -> Any:
        return x.reshape(shape)

    def test_sizes_in_every_form(self) -> None:
        for y in (x23.reshape(3, 2), x23.reshape((3, 2)), x23.reshape([3, 2]), x23.reshape(tg.Size([3, 2]))):
            assert y.shape == (3, 2)
        assert x23.reshape(shape=(3, 2)).shape == (3, 2)
        assert x23.reshape(tg.tensor(3), np.int64(2)).shape == (3, 2)

    def test_a_view_where_memory_allows_it(self) -> None:
        x = tg.zeros(2, 3)
        y, z = x.reshape(6), x.T.reshape(6)
        x[0, 1] = 1.0
        assert y[1] == 1 and z[2] == 0
        assert y._base is x and z._base is None


class TestView(OpTest):
    op = staticmethod(T.view)
    torch = "Tensor.view"
    layouts = False  # other layouts have no view
    samples = [sample((2, 3), 3, 2), sample((2, 3), [6]), sample((), 1), sample((0, 3), 3, 0)]
    errors = [
        (lambda: x23.T.view(6), ValueError, "view: a tensor of shape (3, 2) and strides (1, 3) cannot be seen as (6,)"),
        (lambda: x23.view(7), ValueError, "view: 6 elements of shape (2, 3) cannot take the shape (7,)."),
        (lambda: x0.view(tg.float64), ValueError, "view: a 0-d tensor of tensorgrad.float32 cannot be read as"),
        (
            lambda: x23.view(tg.float64),
            ValueError,
            "view: a tensor of tensorgrad.float32, shape (2, 3), strides (3, 1)",
        ),
    ]

    def expected(self, x: Any, *shape: Any) -> Any:
        return x.reshape(*shape)

    def test_another_dtype_reads_the_same_bytes(self) -> None:
        x = tg.tensor([1.0, -2.0])
        bits = x.view(tg.int32)
        assert bits.tolist() == [1065353216, -1073741824]
        bits[0] = 0
        assert x[0] == 0
        assert x.view(dtype=tg.float64).shape == (1,)
        assert tg.zeros(2, 4, dtype=tg.int64).view(tg.uint8).shape == (2, 32)
        assert x.view(tg.float32).tolist() == x.tolist()
        assert x.view(size=(2, 1)).shape == (2, 1)

    def test_of_a_transposed_tensor_where_strides_allow_it(self) -> None:
        x = tg.zeros(2, 3, 4)
        assert x.transpose(0, 1).view(3, 2, 2, 2)._base is not None


class TestViewAs(OpTest):
    op = staticmethod(T.view_as)
    torch = "Tensor.view_as"
    layouts = False
    samples = [sample((2, 3), (3, 2)), sample((1,), ())]
    errors = [
        (lambda: x23.view_as(tg.ones(4)), ValueError, "view_as: 6 elements of shape (2, 3) cannot take the shape (4,)")
    ]

    def expected(self, x: Any, other: Any) -> Any:
        return x.reshape(other.shape)


class TestReshapeAs(OpTest):
    op = staticmethod(T.reshape_as)
    torch = "Tensor.reshape_as"
    samples = [sample((2, 3), (3, 2)), sample((1,), ())]
    errors = [(lambda: x23.reshape_as(tg.ones(4)), ValueError, "reshape_as: 6 elements of shape (2, 3)")]

    def expected(self, x: Any, other: Any) -> Any:
        return x.reshape(other.shape)


class TestFlatten(OpTest):
    op = staticmethod(tg.flatten)
    samples = [
        sample((2, 3, 4)),
        sample((2, 3, 4), 1),
        sample((2, 3, 4), 0, 1),
        sample((2, 3), 1, 1),
        sample((2, 3, 4), -2, -1),
        sample(()),
        sample((2, 0, 3), 1),
    ]
    errors = [
        (lambda: tg.flatten(x23, 1, 0), ValueError, "flatten: start_dim 1 comes after end_dim 0 in shape (2, 3)."),
        (lambda: tg.flatten(x23, 2), IndexError, "flatten: dim 2 is " + AXIS),
    ]

    def expected(self, x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
        a, b = start_dim % max(x.ndim, 1), end_dim % max(x.ndim, 1)
        n = int(np.prod(x.shape[a : b + 1]))
        return x.reshape(*x.shape[:a], n, *x.shape[b + 1 :])


class TestUnflatten(OpTest):
    op = staticmethod(tg.unflatten)
    samples = [
        sample((2, 6), 1, [2, 3]),
        sample((6, 2), 0, [-1, 2]),
        sample((2, 6), -1, [3, 2, 1]),
        sample((0, 2), 0, [0, 3]),
    ]
    errors = [
        (
            lambda: tg.unflatten(x23, 1, (2, 2)),
            ValueError,
            "unflatten: sizes (2, 2) do not multiply to the size 3 of dim 1",
        ),
        (lambda: tg.unflatten(x23, 1, (-1, 2)), ValueError, "unflatten: sizes (-1, 2) do not multiply to the size 3"),
        (lambda: tg.unflatten(x23, 2, (3,)), IndexError, "unflatten: dim 2 is " + AXIS),
    ]

    def expected(self, x: Any, dim: int, sizes: Any) -> Any:
        d = dim % x.ndim
        known = int(np.prod([s for s in sizes if s != -1]))
        sizes = [x.shape[d] // known if s == -1 else s for s in sizes]
        return x.reshape(*x.shape[:d], *sizes, *x.shape[d + 1 :])


class TestRavel(OpTest):
    op = staticmethod(tg.ravel)
    samples = [sample((2, 3)), sample(()), sample((0, 2))]

    def expected(self, x: Any) -> Any:
        return x.ravel()


class TestSqueeze(OpTest):
    op = staticmethod(tg.squeeze)
    samples = [
        sample((1, 2, 1, 3)),
        sample((1, 2, 1), 0),
        sample((1, 2, 1), 1),
        sample((1, 2, 1), -1),
        sample((1, 2, 1), [0, 2]),
        sample((1, 2, 1), [0, 1]),
        sample((1, 2), dim=()),
        sample((), 0),
        sample((1, 0)),
    ]
    errors = [
        (lambda: tg.squeeze(x23, 2), IndexError, "squeeze: dim 2 is " + AXIS),
        (lambda: tg.squeeze(x23, (0, 0)), ValueError, "squeeze: dim (0, 0) names a dimension twice."),
        (lambda: tg.squeeze(x23, 1.0), TypeError, "squeeze: dim must be an int, got float 1.0."),
    ]

    def expected(self, x: Any, dim: Any = None) -> Any:
        dims = range(x.ndim) if dim is None else [d % x.ndim for d in np.atleast_1d(dim).astype(int)] if x.ndim else []
        return x.reshape([s for i, s in enumerate(x.shape) if s != 1 or i not in dims])


class TestUnsqueeze(OpTest):
    op = staticmethod(tg.unsqueeze)
    samples = [
        sample((2, 3), 0),
        sample((2, 3), 2),
        sample((2, 3), -1),
        sample((), 0),
        sample((), -1),
        sample((0, 2), 1),
    ]
    errors = [
        (
            lambda: tg.unsqueeze(x23, 3),
            IndexError,
            "unsqueeze: dim 3 is out of range for a tensor of 2 dimensions; use -3 to 2.",
        ),
        (lambda: tg.unsqueeze(x23, "a"), TypeError, "unsqueeze: dim must be an int, got str 'a'."),
    ]

    def expected(self, x: Any, dim: int) -> Any:
        return np.expand_dims(x, dim)


def rows_of(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


class TestAtleast1d(OpTest):
    op = staticmethod(tg.atleast_1d)
    numpy: Any = staticmethod(np.atleast_1d)
    samples = [sample(()), sample((2, 3)), sample((3,)), sample((), (2,)), sample([(), (2, 2)]), sample((2, 1, 3, 2))]

    def expected(self, *xs: Any) -> Any:
        if len(xs) == 1 and not isinstance(xs[0], list):
            return self.numpy(xs[0])
        return tuple(self.numpy(x) for x in rows_of(xs[0] if len(xs) == 1 else xs))


class TestAtleast2d(TestAtleast1d):
    op = staticmethod(tg.atleast_2d)
    numpy = staticmethod(np.atleast_2d)


class TestAtleast3d(TestAtleast1d):
    op = staticmethod(tg.atleast_3d)
    numpy = staticmethod(np.atleast_3d)


# ---- another order of axes ------------------------------------------------------------------------------------------


class TestPermute(OpTest):
    op = staticmethod(tg.permute)
    samples = [sample((2, 3, 4), [2, 0, 1]), sample((2, 3), [-1, 0]), sample((), []), sample((0, 2), [1, 0])]
    errors = [
        (
            lambda: tg.permute(x23, (0,)),
            ValueError,
            "permute: dims (0,) has 1 entries for 2 dimensions; name each once.",
        ),
        (lambda: x23.permute(0, 0), ValueError, "permute: dims (0, 0) names a dimension twice; each must come once."),
        (lambda: x23.permute(0, 2), IndexError, "permute: dim 2 is " + AXIS),
    ]

    def expected(self, x: Any, dims: Any) -> Any:
        return x.transpose(dims)

    def test_dims_in_every_form(self) -> None:
        for y in (x23.permute(1, 0), x23.permute((1, 0)), x23.permute([1, 0]), x23.permute(dims=(1, 0))):
            assert y.shape == (3, 2)


class TestTranspose(OpTest):
    op = staticmethod(tg.transpose)
    samples = [
        sample((2, 3), 0, 1),
        sample((2, 3, 4), -1, 0),
        sample((2, 3), 1, 1),
        sample((), 0, -1),
        sample((0, 2), 0, 1),
    ]
    errors = [
        (lambda: tg.transpose(x23, 0, 2), IndexError, "transpose: dim 2 is " + AXIS),
        (lambda: tg.transpose(x23, 0, "a"), TypeError, "transpose: dim must be an int, got str 'a'."),
    ]

    def expected(self, x: Any, a: int, b: int) -> Any:
        return np.swapaxes(x, a, b) if x.ndim else x


class TestSwapaxes(TestTranspose):
    op = staticmethod(tg.swapaxes)
    errors = [(lambda: tg.swapaxes(x23, 0, 2), IndexError, "swapaxes: dim 2 is " + AXIS)]


class TestSwapdims(TestTranspose):
    op = staticmethod(tg.swapdims)
    errors = [(lambda: tg.swapdims(x23, 0, 2), IndexError, "swapdims: dim 2 is " + AXIS)]


class TestMovedim(OpTest):
    op = staticmethod(tg.movedim)
    samples = [
        sample((2, 3, 4), 0, 2),
        sample((2, 3, 4), -1, 0),
        sample((2, 3, 4), [0, 1], [2, 0]),
        sample((2, 3), [], []),
        sample((), 0, 0),
    ]
    errors = [
        (
            lambda: tg.movedim(x23, (0, 1), 0),
            ValueError,
            "movedim: 2 axes to move to 1 places: source (0, 1), destination 0.",
        ),
        (lambda: tg.movedim(x23, (0, 0), (0, 1)), ValueError, "movedim: an axis is named twice: source (0, 0)"),
        (lambda: tg.movedim(x23, 2, 0), IndexError, "movedim: dim 2 is " + AXIS),
    ]

    def expected(self, x: Any, source: Any, destination: Any) -> Any:
        return np.moveaxis(x, source, destination) if x.ndim else x


class TestMoveaxis(TestMovedim):
    op = staticmethod(tg.moveaxis)
    errors = [(lambda: tg.moveaxis(x23, 2, 0), IndexError, "moveaxis: dim 2 is " + AXIS)]


class TestT(OpTest):
    op = staticmethod(tg.t)
    samples = [sample((2, 3)), sample((3,)), sample(())]
    errors = [(lambda: tg.t(tg.ones(1, 2, 3)), ValueError, "t: needs at most 2 dimensions, got (1, 2, 3).")]

    def expected(self, x: Any) -> Any:
        return x.T


class TestAdjoint(OpTest):
    op = staticmethod(tg.adjoint)
    samples = [sample((2, 3)), sample((4, 2, 3))]
    errors = [(lambda: tg.adjoint(tg.ones(3)), ValueError, "adjoint: needs at least 2 dimensions, got shape (3,).")]

    def expected(self, x: Any) -> Any:
        return np.swapaxes(x, -1, -2)


class TestPropertyT(OpTest):
    op = staticmethod(lambda x: x.T)
    torch = staticmethod(lambda x: x.permute(tuple(range(x.ndim - 1, -1, -1))))
    samples = [sample((2, 3)), sample((2, 3, 4)), sample((3,)), sample(())]

    def expected(self, x: Any) -> Any:
        return x.T


class TestPropertyMT(OpTest):
    op = staticmethod(lambda x: x.mT)
    torch = staticmethod(lambda x: x.mT)
    samples = [sample((2, 3)), sample((4, 2, 3))]
    errors = [(lambda: tg.ones(3).mT, ValueError, "mT: needs at least 2 dimensions, got shape (3,).")]

    def expected(self, x: Any) -> Any:
        return np.swapaxes(x, -1, -2)


class TestPropertyMH(TestPropertyMT):
    op = staticmethod(lambda x: x.mH)
    torch = staticmethod(lambda x: x.mH)
    errors = [(lambda: tg.ones(3).mH, ValueError, "mH: needs at least 2 dimensions, got shape (3,).")]


class TestPropertyH(OpTest):
    op = staticmethod(lambda x: x.H)
    torch = staticmethod(lambda x: x.H)
    samples = [sample((2, 3)), sample(())]
    errors = [(lambda: tg.ones(2, 2, 2).H, ValueError, "H: needs a matrix, got shape (2, 2, 2).")]

    def expected(self, x: Any) -> Any:
        return x.T


# ---- repeating ------------------------------------------------------------------------------------------------------


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


# ---- reversing and moving -------------------------------------------------------------------------------------------


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


# ---- parts ----------------------------------------------------------------------------------------------------------


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
        with pytest.raises(RuntimeError, match="fill_: this memory cannot be written to"):
            x.unfold(0, 2, 1).fill_(1)


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
            tg.zeros(4).as_strided((2, 2), (0, 1)).fill_(1)


# ---- copies ---------------------------------------------------------------------------------------------------------


class TestClone(OpTest):
    op = staticmethod(tg.clone)
    samples = [sample((2, 3)), sample(()), sample((0,))]

    def expected(self, x: Any) -> Any:
        return x

    def test_memory_of_its_own(self) -> None:
        x = tg.zeros(2)
        x.clone().add_(1)
        assert x.sum() == 0


class TestDetach(OpTest):
    op = staticmethod(tg.detach)
    samples = [sample((2, 3)), sample(())]
    differentiable = False  # that is what it is for

    def expected(self, x: Any) -> Any:
        return x


class TestContiguous(OpTest):
    op = staticmethod(T.contiguous)
    torch = "Tensor.contiguous"
    samples = [sample((2, 3)), sample(())]

    def expected(self, x: Any) -> Any:
        return x

    def test_the_tensor_itself_where_it_is(self) -> None:
        assert x23.contiguous() is x23
        assert x23.T.contiguous().is_contiguous() and not x23.T.is_contiguous()
