"""Other shapes, other orders of axes, copies."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tests.ops.optest import OpTest, sample

T = tg.Tensor
x23 = tg.ones(2, 3)
x0 = tg.tensor(1.0)
AXIS = "out of range for a tensor of 2 dimensions; use -2 to 1"


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
