"""Products of matrices, contractions, triangles and diagonals, norms and distances."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import linalg
from tensorgrad.nn import functional
from tests.ops.optest import OpTest, sample

inf = float("inf")
one, two, three = tg.ones(2), tg.ones(2, 3), tg.ones(2, 2, 3)
whole = tg.ones(2, 3, dtype=tg.int64)
WHOLE = np.arange(6).reshape(2, 3)


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


# ---- products -------------------------------------------------------------------------------------------------------


class TestMatmul(OpTest):
    op = staticmethod(tg.matmul)
    samples = [
        sample((2, 3), (3, 4)),
        sample((3,), (3,)),
        sample((2, 3), (3,)),
        sample((3,), (3, 2)),
        sample((4, 2, 3), (3,)),
        sample((3,), (4, 3, 2)),
        sample((4, 2, 3), (3, 5)),
        sample((2, 3), (4, 3, 5)),
        sample((4, 1, 2, 3), (5, 3, 2)),
        sample((1, 31), (31, 33)),
        sample((0, 3), (3, 2)),
        sample((2, 0), (0, 3)),
        sample((4, 2, 0), (0, 3)),
        sample((0,), (0,)),
        sample(WHOLE, WHOLE.T),
        sample(WHOLE.astype(np.int32), np.ones(3, np.int32)),
    ]
    errors = [
        (
            lambda: tg.matmul(two, two),
            ValueError,
            "matmul: the last axis of input has 3 entries, the second to last one of other 2.\n    input  (2, 3)\n"
            "    other  (2, 3)\n(…, m, 3) needs (…, 3, n). Transpose one with .mT?",
        ),
        (lambda: tg.matmul(two, one), ValueError, "the last axis of input has 3 entries, the only one of other 2"),
        (
            lambda: tg.matmul(tg.ones(2, 2, 3), tg.ones(4, 3, 1)),
            ValueError,
            "matmul: the leading axes do not broadcast",
        ),
        (lambda: tg.matmul(two, tg.tensor(2.0)), ValueError, "matmul: a single number is no matrix"),
        (lambda: tg.matmul(tg.tensor(2.0), two), ValueError, "Use * for it"),
        (
            lambda: tg.matmul(two, tg.ones(3, 2).double()),
            TypeError,
            "input is tensorgrad.float32, other tensorgrad.float64",
        ),
        (lambda: tg.matmul(two.bool(), tg.ones(3, 2).bool()), TypeError, "matmul: bools have no product of matrices"),
        (lambda: tg.matmul(two, "x"), TypeError, "matmul: other must be a Tensor, got str"),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return np.matmul(x, z)


def test_the_operator_takes_arrays_on_both_sides() -> None:
    x, a = tg.tensor([[1.0, 2.0]], requires_grad=True), np.array([[3.0], [4.0]])
    left, right = x @ a, a @ x
    assert isinstance(right, tg.Tensor) and right.tolist() == [[3.0, 6.0], [4.0, 8.0]] and left.tolist() == [[11.0]]
    assert left.dtype is right.dtype is tg.float64  # promoted, as in arithmetic
    right.sum().backward()
    assert x.grad.tolist() == [[7.0, 7.0]] and x.grad.dtype is tg.float32


def test_half_precision_adds_up_in_single() -> None:
    x = tg.full((1, 4096), 0.5, dtype=tg.float16)
    assert (x @ x.mT).tolist() == [[1024.0]]
    assert tg.dot(x[0], x[0]).item() == tg.mv(x, x[0]).item() == 1024.0
    x.requires_grad_()
    (x @ x.mT).sum().backward()
    assert x.grad.dtype is tg.float16 and x.grad[0, 0].item() == 1.0


def test_a_shared_matrix_gets_one_gradient_for_the_whole_batch() -> None:
    x, w = tg.randn(5, 4, 3, dtype=tg.float64), tg.randn(3, 2, dtype=tg.float64, requires_grad=True)
    (x @ w).square().sum().backward()
    y = x.reshape(20, 3)
    assert tg.allclose(w.grad, 2 * y.mT @ (y @ w))


class TestMm(OpTest):
    op = staticmethod(tg.mm)
    samples = [sample((2, 3), (3, 4)), sample((2, 0), (0, 4)), sample(WHOLE, WHOLE.T)]
    errors = [
        (lambda: tg.mm(two, one), ValueError, "mm: needs a matrix and a matrix, got 2 and 1 axes.\n    input  (2, 3)"),
        (lambda: tg.mm(two, two), ValueError, "mm: the last axis of input has 3 entries"),
        (lambda: tg.mm(two, tg.ones(3, 2, dtype=tg.int64)), TypeError, "mm: input is tensorgrad.float32"),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return x @ z


class TestBmm(OpTest):
    op = staticmethod(tg.bmm)
    samples = [sample((4, 2, 3), (4, 3, 5)), sample((0, 2, 3), (0, 3, 2)), sample((4, 2, 0), (4, 0, 3))]
    errors = [
        (lambda: tg.bmm(two, two), ValueError, "bmm: needs a stack of matrices (b, m, k) and a stack"),
        (lambda: tg.bmm(three, tg.ones(3, 3, 1)), ValueError, "bmm: different numbers of matrices"),
        (lambda: tg.bmm(three, three), ValueError, "bmm: the last axis of input has 3 entries"),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return x @ z


class TestMv(OpTest):
    op = staticmethod(tg.mv)
    samples = [sample((2, 3), (3,)), sample((0, 3), (3,)), sample((2, 0), (0,)), sample(WHOLE, np.arange(3))]
    errors = [(lambda: tg.mv(one, two), ValueError, "mv: needs a matrix and a vector, got 1 and 2 axes")]

    def expected(self, x: Any, z: Any) -> Any:
        return x @ z


class TestDot(OpTest):
    op = staticmethod(tg.dot)
    samples = [sample((3,), (3,)), sample((0,), (0,)), sample(np.arange(3), np.arange(3))]
    errors = [
        (lambda: tg.dot(two, two), ValueError, "dot: needs a vector and a vector, got 2 and 2 axes"),
        (
            lambda: tg.dot(one, tg.ones(3)),
            ValueError,
            "dot: the last axis of input has 2 entries, the only one of other 3",
        ),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return x @ z


class TestVdot(TestDot):
    op = staticmethod(tg.vdot)
    errors = [(lambda: tg.vdot(two, two), ValueError, "vdot: needs a vector and a vector")]


class TestInner(OpTest):
    op = staticmethod(tg.inner)
    samples = [
        sample((3,), (3,)),
        sample((2, 3), (4, 3)),
        sample((2, 1, 3), (3,)),
        sample((2, 3), ()),
        sample((), (3,)),
    ]
    errors = [
        (lambda: tg.inner(two, one), ValueError, "inner: the last axes differ.\n    input  (2, 3)\n    other  (2,)")
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return np.inner(x, z)


class TestOuter(OpTest):
    op = staticmethod(tg.outer)
    aliases = ["ger"]
    samples = [sample((3,), (4,)), sample((0,), (4,)), sample((3,), np.arange(2)), sample(np.arange(3), np.arange(2))]
    errors = [(lambda: tg.outer(two, one), ValueError, "outer: needs two vectors.\n    input  (2, 3)\n    vec2   (2,)")]

    def expected(self, x: Any, z: Any) -> Any:
        return np.outer(x, z)


class TestLinear(OpTest):
    op = staticmethod(functional.linear)
    samples = [
        sample((2, 3), (4, 3)),
        sample((2, 3), (4, 3), (4,)),
        sample((3,), (4, 3), (4,)),
        sample((3,), (4, 3)),
        sample((5, 2, 3), (4, 3), (4,)),
        sample((5, 2, 3), (4, 3)),
        sample((2, 3), (3,)),
        sample((0, 3), (4, 3), (4,)),
        sample((2, 3), (4, 3), ()),
    ]
    errors = [
        (
            lambda: functional.linear(two, tg.ones(4, 2), tg.ones(4)),
            ValueError,
            "linear: input has 3 features, weight expects 2.\n    input  (…, in)    (2, 3)\n    weight (out, in)  (4, 2)\n"
            "    bias   (out,)     (4,)\nBuild the weight as (out, 3), or give input 2 features.",
        ),
        (lambda: functional.linear(two, tg.ones(4, 2)), ValueError, "linear: input has 3 features, weight expects 2"),
        (lambda: functional.linear(two, tg.ones(4, 3), tg.ones(5)), ValueError, "linear: the shapes do not fit"),
        (lambda: functional.linear(two, tg.ones(3), tg.ones(1)), ValueError, "linear: the shapes do not fit"),
        (lambda: functional.linear(two, tg.ones(4, 3).double()), TypeError, "linear: input is tensorgrad.float32"),
        (lambda: functional.linear(two.long(), tg.ones(4, 3)), TypeError, "Convert: input.to(weight.dtype)."),
        (lambda: functional.linear(two, tg.ones(4, 3), tg.ones(4).double()), TypeError, "bias tensorgrad.float64"),
    ]

    def expected(self, x: Any, w: Any, b: Any = 0) -> Any:
        return x @ w.T + b


class TestBilinear(OpTest):
    op = staticmethod(functional.bilinear)
    samples = [
        sample((5, 2), (5, 3), (4, 2, 3), (4,)),
        sample((5, 2), (5, 3), (4, 2, 3)),
        sample((2,), (3,), (4, 2, 3)),
        sample((6, 5, 2), (6, 5, 3), (1, 2, 3), (1,)),
        sample((0, 2), (0, 3), (4, 2, 3)),
    ]
    errors = [
        (
            lambda: functional.bilinear(tg.ones(5, 2), tg.ones(5, 3), tg.ones(4, 3, 2)),
            ValueError,
            "bilinear: the shapes do not fit.\n    input1  (5, 2)\n    input2  (5, 3)\n    weight  (4, 3, 2)",
        )
    ]

    def expected(self, x: Any, z: Any, w: Any, b: Any = 0) -> Any:
        return np.einsum("...m,omn,...n->...o", x, w, z) + b


# ---- products and sums ----------------------------------------------------------------------------------------------


class TestAddmm(OpTest):
    op = staticmethod(tg.addmm)
    samples = [
        sample((2, 4), (2, 3), (3, 4)),
        sample((4,), (2, 3), (3, 4), beta=0.5, alpha=2),
        sample((), (2, 3), (3, 4), beta=0, alpha=0.5),
        sample(np.ones((2, 2), int), WHOLE, WHOLE.T, beta=2, alpha=3),
    ]
    errors = [
        (lambda: tg.addmm(one, two, one), ValueError, "addmm: needs a matrix and a matrix, got 2 and 1 axes"),
        (lambda: tg.addmm(tg.ones(5), two, two.mT), ValueError, "addmm: these shapes do not broadcast"),
        (lambda: tg.addmm(tg.ones(4, 2, 2), two, two.mT), ValueError, "addmm: input is larger than the product"),
        (lambda: tg.addmm(one.double(), two, two.mT), TypeError, "addmm: input is tensorgrad.float64, the product"),
        (
            lambda: tg.addmm(whole[0, :2], whole, whole.mT, alpha=0.5),
            TypeError,
            "beta and alpha must be whole, got 1 and 0.5",
        ),
    ]

    def expected(self, x: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
        return beta * x + alpha * (a @ b)


def test_addmm_with_beta_0_does_not_look_at_its_input() -> None:
    assert tg.addmm(tg.full((2, 2), float("nan")), two, two.mT, beta=0).tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_addmm_in_place() -> None:
    x = tg.ones(2, 2)
    assert x.addmm_(two, two.mT, alpha=2) is x and x.tolist() == [[7.0, 7.0], [7.0, 7.0]]
    assert x.tril_().tolist() == [[7.0, 0.0], [7.0, 7.0]] and x.triu_(1).tolist() == [[0.0, 0.0], [0.0, 0.0]]


class TestAddmv(OpTest):
    op = staticmethod(tg.addmv)
    samples = [sample((2,), (2, 3), (3,)), sample((), (2, 3), (3,), beta=2, alpha=0.5)]
    errors = [(lambda: tg.addmv(one, two, two), ValueError, "addmv: needs a matrix and a vector")]

    def expected(self, x: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
        return beta * x + alpha * (a @ b)


class TestBaddbmm(TestAddmm):
    op = staticmethod(tg.baddbmm)
    samples = [sample((5, 2, 4), (5, 2, 3), (5, 3, 4)), sample((4,), (5, 2, 3), (5, 3, 4), beta=0.5, alpha=2)]
    errors = [(lambda: tg.baddbmm(one, two, two), ValueError, "baddbmm: needs a stack of matrices (b, m, k)")]


class TestAddbmm(OpTest):
    op = staticmethod(tg.addbmm)
    samples = [sample((2, 4), (5, 2, 3), (5, 3, 4)), sample((4,), (5, 2, 3), (5, 3, 4), beta=0.5, alpha=2)]
    errors = [(lambda: tg.addbmm(one, two, two), ValueError, "addbmm: needs a stack of matrices (b, m, k)")]

    def expected(self, x: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
        return beta * x + alpha * (a @ b).sum(0)


class TestAddr(OpTest):
    op = staticmethod(tg.addr)
    samples = [
        sample((3, 4), (3,), (4,)),
        sample((4,), (3,), (4,), beta=0.5, alpha=2),
        sample(np.ones((3, 2), bool), np.array([True, False, True]), np.array([True, False]), beta=0),
        sample(np.ones((3, 2), int), np.arange(3), np.arange(2)),
    ]
    errors = [(lambda: tg.addr(two, one, two), ValueError, "addr: needs two vectors")]

    def expected(self, x: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
        if x.dtype == bool:
            return x & bool(beta) | np.outer(a, b) & bool(alpha)
        return beta * x + alpha * np.outer(a, b)


class TestMultiDot(OpTest):
    op = staticmethod(linalg.multi_dot)
    samples = [
        sample([(2, 3), (3, 4)]),
        sample([(2, 9), (9, 1), (1, 7), (7, 3)]),
        sample([(3,), (3, 4), (4, 2)]),
        sample([(2, 3), (3, 4), (4,)]),
        sample([(3,), (3, 4), (4,)]),
        sample([(3,), (3,)]),
    ]
    errors = [
        (lambda: linalg.multi_dot([two]), ValueError, "multi_dot: needs at least two tensors, got 1"),
        (
            lambda: linalg.multi_dot([two, one, two]),
            ValueError,
            "multi_dot: tensor 1 has 1 axes, shape (2,); needs a matrix.",
        ),
        (lambda: linalg.multi_dot([three, two]), ValueError, "needs a matrix (or, at the ends, a vector)"),
        (lambda: linalg.multi_dot([two, two, two]), ValueError, "multi_dot: the last axis of input has 3 entries"),
    ]

    def expected(self, tensors: Any) -> Any:
        return np.linalg.multi_dot(tensors)


def test_multi_dot_multiplies_the_cheapest_way() -> None:
    from tensorgrad.ops.products import _best_splits

    assert _best_splits((10, 100, 5, 50))[0, 2] == 1  # (AB)C: 7500 multiplications, A(BC): 75000
    assert _best_splits((30, 35, 15, 5, 10, 20, 25))[0, 5] == 2  # Cormen et al., figure 14.5: (A(BC))((DE)F)


class TestChainMatmul(OpTest):
    op = staticmethod(tg.chain_matmul)
    samples = [sample((2, 3), (3, 4), (4, 1)), sample((2, 3))]
    errors = [(lambda: tg.chain_matmul(two, one, two), ValueError, "chain_matmul: tensor 1 has 1 axes")]

    def expected(self, *x: Any) -> Any:
        return np.linalg.multi_dot(x) if len(x) > 1 else x[0]


# ---- einsum -----------------------------------------------------------------------------------------------------------


class TestKron(OpTest):
    op = staticmethod(tg.kron)
    samples = [
        sample((2, 3), (4, 5)),
        sample((2,), (3,)),
        sample((2, 3), (4,)),
        sample((), (2, 2)),
        sample((2, 1, 2), (3, 2)),
        sample((0, 2), (3, 1)),
        sample(np.arange(2), (2,)),
    ]

    def expected(self, x: Any, z: Any) -> Any:
        return np.kron(x, z)


class TestCross(OpTest):
    op = staticmethod(tg.cross)
    samples = [
        sample((2, 3), (2, 3), 1),
        sample((3, 4), (3, 4)),
        sample((3,), (3,), dim=-1),
        sample((4, 1, 3), (1, 2, 3), 2),
        sample((0, 3), (0, 3), 1),
        sample(np.arange(3), np.array([2, 0, 1]), 0),
    ]
    errors = [
        (lambda: tg.cross(two, one), ValueError, "cross: needs two tensors of as many axes"),
        (lambda: tg.cross(two, two, 0), ValueError, "cross: dim 0 is not of size 3 in both"),
        (lambda: tg.cross(tg.ones(2, 4), tg.ones(2, 4)), ValueError, "cross: no axis has size 3"),
        (lambda: tg.cross(two, two.double(), 1), TypeError, "cross: input is tensorgrad.float32"),
    ]

    def expected(self, x: Any, z: Any, dim: Any = None) -> Any:
        return np.cross(x, z, axis=0 if dim is None else dim)


class TestLinalgCross(OpTest):
    op = staticmethod(linalg.cross)
    torch = "linalg.cross"
    samples = [sample((2, 3), (2, 3)), sample((3, 2), (3, 2), dim=0), sample((4, 1, 3), (1, 2, 3))]
    errors = [(lambda: linalg.cross(one, one), ValueError, "cross: dim 0 is not of size 3 in both")]

    def expected(self, x: Any, z: Any, dim: int = -1) -> Any:
        return np.cross(x, z, axis=dim)


class TestVecdot(OpTest):
    op = staticmethod(linalg.vecdot)
    samples = [sample((2, 3), (2, 3)), sample((2, 3), (3,)), sample((2, 3), (2, 3), dim=0), sample((3,), (3,))]
    errors = [(lambda: linalg.vecdot(two, one), ValueError, "vecdot: these shapes do not broadcast.\n    x  (2, 3)")]

    def expected(self, x: Any, y: Any, dim: int = -1) -> Any:
        return (x * y).sum(dim)


# ---- triangles and diagonals ------------------------------------------------------------------------------------------


class TestTril(OpTest):
    op = staticmethod(tg.tril)
    samples = [
        sample((3, 4)),
        sample((3, 4), 1),
        sample((2, 4, 3), diagonal=-1),
        sample((3, 3), 9),
        sample((0, 3)),
        sample(np.ones((3, 3), bool)),
        sample(WHOLE, -1),
    ]
    errors = [
        (lambda: tg.tril(one), ValueError, "tril: needs a matrix (…, m, n), got 1 axes, shape (2,)"),
        (lambda: tg.tril(two, 1.5), TypeError, "tril: diagonal must be an int, got float 1.5"),
    ]

    def expected(self, x: Any, diagonal: int = 0) -> Any:
        return np.tril(x, diagonal)


class TestTriu(OpTest):
    op = staticmethod(tg.triu)
    samples = TestTril.samples
    errors = [(lambda: tg.triu(one), ValueError, "triu: needs a matrix (…, m, n), got 1 axes, shape (2,)")]

    def expected(self, x: Any, diagonal: int = 0) -> Any:
        return np.triu(x, diagonal)


class TestDiagonal(OpTest):
    op = staticmethod(tg.diagonal)
    samples = [
        sample((3, 4)),
        sample((3, 4), 1),
        sample((3, 4), -2),
        sample((3, 4), 9),
        sample((2, 3, 4), 0, -2, -1),
        sample((2, 3, 4), offset=1, dim1=2, dim2=0),
        sample((0, 3)),
        sample(WHOLE),
    ]
    errors = [
        (lambda: tg.diagonal(one), ValueError, "diagonal: needs at least two axes, got shape (2,)"),
        (lambda: tg.diagonal(two, 0, 1, -1), ValueError, "diagonal: dim1 and dim2 are the same axis, 1 and -1"),
        (lambda: tg.diagonal(two, 0, 0, 2), IndexError, "diagonal: dim 2 is out of range"),
    ]

    def expected(self, x: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        return np.diagonal(x, offset, dim1, dim2)


def test_a_diagonal_is_a_view() -> None:
    x = tg.zeros(3, 3)
    x.diagonal()[...] = 2
    x.diagonal(1).fill_(5)
    assert x.tolist() == [[2.0, 5.0, 0.0], [0.0, 2.0, 5.0], [0.0, 0.0, 2.0]]
    y = tg.ones(2, 2, requires_grad=True) * 1
    y.diagonal().mul_(3)
    y.square().sum().backward()
    assert y.tolist() == [[3.0, 1.0], [1.0, 3.0]]


class TestLinalgDiagonal(OpTest):
    op = staticmethod(linalg.diagonal)
    torch = "linalg.diagonal"
    samples = [sample((2, 3, 4)), sample((2, 3, 4), offset=-1), sample((2, 3, 4), dim1=0, dim2=1)]

    def expected(self, A: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
        return np.diagonal(A, offset, dim1, dim2)


class TestDiag(OpTest):
    op = staticmethod(tg.diag)
    samples = [sample((3,)), sample((3,), 1), sample((3, 4)), sample((3, 4), -1), sample((0,)), sample(np.arange(3), 2)]
    errors = [(lambda: tg.diag(three), ValueError, "diag: needs a vector or a matrix, got shape (2, 2, 3)")]

    def expected(self, x: Any, diagonal: int = 0) -> Any:
        return np.diag(x, diagonal)


class TestDiagEmbed(OpTest):
    op = staticmethod(tg.diag_embed)
    samples = [
        sample((2, 3)),
        sample((2, 3), 1),
        sample((2, 3), -1),
        sample((2, 3), 0, 0, 2),
        sample((2, 3), 1, 0, 1),
        sample((2, 3), 1, 1, 0),
        sample((0,)),
        sample(WHOLE),
    ]
    errors = [
        (lambda: tg.diag_embed(tg.tensor(1.0)), ValueError, "diag_embed: needs at least one axis, got a 0-d tensor"),
        (lambda: tg.diag_embed(two, 0, 1, 1), ValueError, "diag_embed: dim1 and dim2 are the same axis, 1 and 1"),
        (lambda: tg.diag_embed(two, 0, 0, 3), IndexError, "diag_embed: dim 3 is out of range"),
    ]

    def expected(self, x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
        n = x.shape[-1] + abs(offset)
        full = np.zeros((*x.shape[:-1], n, n), x.dtype)
        for i in np.ndindex(x.shape[:-1]):
            full[i] = np.diag(x[i], offset)
        a, b = dim1 % full.ndim, dim2 % full.ndim
        return np.moveaxis(full, (-2, -1), (a, b)) if a < b else np.moveaxis(full, (-1, -2), (b, a))


class TestDiagflat(OpTest):
    op = staticmethod(tg.diagflat)
    samples = [sample((2, 2)), sample((3,), 1), sample((), -1)]

    def expected(self, x: Any, offset: int = 0) -> Any:
        return np.diagflat(x, offset)


class TestTrace(OpTest):
    op = staticmethod(tg.trace)
    samples = [sample((3, 4)), sample((4, 3)), sample((0, 3)), sample(WHOLE), sample(WHOLE.astype(np.int32))]
    errors = [
        (lambda: tg.trace(three), ValueError, "trace: needs a matrix, got shape (2, 2, 3). For a stack"),
        (lambda: tg.trace(two.bool()), TypeError, "trace: bools do not add up"),
    ]

    def expected(self, x: Any) -> Any:
        return np.trace(x)


class TestBlockDiag(OpTest):
    op = staticmethod(tg.block_diag)
    samples = [
        sample((2, 3), (1, 2)),
        sample((2, 3), (2,), (), (0, 1)),
        sample((2, 2)),
        sample(WHOLE, WHOLE.astype(np.int32)),
        sample(np.ones((1, 2), bool), WHOLE),
    ]
    errors = [
        (lambda: tg.block_diag(), ValueError, "block_diag: needs at least one tensor"),
        (lambda: tg.block_diag(two, three), ValueError, "block_diag: tensor 1 has shape (2, 2, 3); at most two axes"),
    ]

    def expected(self, *blocks: Any) -> Any:
        blocks = tuple(np.atleast_2d(b) for b in blocks)
        out = np.zeros((sum(len(b) for b in blocks), sum(b.shape[1] for b in blocks)), np.result_type(*blocks))
        i = j = 0
        for b in blocks:
            out[i : i + len(b), j : j + b.shape[1]] = b
            i, j = i + len(b), j + b.shape[1]
        return out


# ---- norms --------------------------------------------------------------------------------------------------------------


class TestVectorNorm(OpTest):
    op = staticmethod(linalg.vector_norm)
    samples = [
        sample((2, 3)),
        sample((2, 3), 2, 1),
        sample((2, 3), 1, dim=(0, 1), keepdim=True),
        sample((2, 3), inf, -1),
        sample((2, 3), -inf, 0, True),
        sample((2, 3), 0),
        sample((2, 3, 4), 3, dim=(0, 2)),
        sample((2, 3), 1.5, 1),
        sample((2, 3), 0.5, 1),
        sample((2, 3), -1, 1),
        sample((2, 3), 3.5, dim=0, keepdim=True),
        sample(()),
        sample((0, 3)),
        sample((0, 3), 3, 0),
        sample((2, 3), ord=2, dtype=tg.float64),
    ]
    errors = [
        (
            lambda: linalg.vector_norm(whole),
            TypeError,
            "vector_norm: input needs a floating dtype, got tensorgrad.int64",
        ),
        (lambda: linalg.vector_norm(two, "fro"), TypeError, "vector_norm: ord must be a number, got 'fro'"),
        (lambda: linalg.vector_norm(two, 2, 2), IndexError, "vector_norm: dim 2 is out of range"),
        (
            lambda: linalg.vector_norm(tg.ones(0, 3), inf),
            ValueError,
            "vector_norm: the inf norm of nothing has no value",
        ),
        (
            lambda: linalg.vector_norm(two, dtype=tg.int64),
            TypeError,
            "dtype must be a floating one, got tensorgrad.int64",
        ),
    ]

    def expected(self, x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        axes = tuple(range(x.ndim)) if dim is None else dim
        a = np.abs(x)
        if ord == inf:
            return a.max(axes, keepdims=keepdim)
        if ord == -inf:
            return a.min(axes, keepdims=keepdim)
        if ord == 0:
            return (a != 0).sum(axes, keepdims=keepdim).astype(x.dtype)
        return (a**ord).sum(axes, keepdims=keepdim) ** (1 / ord)


def test_norms_of_half_precision_add_up_in_single() -> None:
    x = tg.full((4, 4096), 2.0, dtype=tg.float16)
    assert linalg.vector_norm(x, 1, 1).tolist() == [8192.0] * 4 and linalg.vector_norm(x[0]).item() == 128
    assert linalg.matrix_norm(x, "nuc", dtype=tg.float64).dtype is tg.float64


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, inf, -inf, -1.0])
def test_the_gradient_of_a_norm_at_zero_is_zero(p: float) -> None:
    x = tg.zeros(3, dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(linalg.vector_norm(x, p), x, create_graph=True)
    assert g.tolist() == [0.0, 0.0, 0.0]
    if g.requires_grad:
        (h,) = tg.autograd.grad(g.sum(), x, allow_unused=True)
        assert h is None or h.tolist() == [0.0, 0.0, 0.0]


def test_the_largest_share_the_gradient_of_the_infinity_norm() -> None:
    x = tg.tensor([1.0, -3.0, 3.0], requires_grad=True)
    linalg.vector_norm(x, inf).backward()
    assert x.grad.tolist() == [0.0, -0.5, 0.5]


class TestMatrixNorm(OpTest):
    op = staticmethod(linalg.matrix_norm)
    samples = [
        sample((3, 4)),
        *[sample((2, 3, 4), p) for p in ("fro", "nuc", 1, -1, 2, -2, inf, -inf)],
        sample((3, 2, 4), 1, dim=(0, 2), keepdim=True),
        sample((3, 2, 4), "nuc", dim=(2, 0), keepdim=True),
        sample((3, 2, 4), -inf, dim=(-1, 0)),
        sample((3, 2, 4), "fro", dim=(0, 1), keepdim=True),
        *[sample((0, 3), p) for p in ("fro", "nuc", 1, -1, 2, inf)],
        sample((2, 3, 0), inf, keepdim=True),
    ]
    errors = [
        (lambda: linalg.matrix_norm(one), ValueError, "matrix_norm: needs a matrix (…, m, n), got shape (2,)"),
        (lambda: linalg.matrix_norm(two, 3), ValueError, "matrix_norm: ord 3 is not a norm of matrices; choose 'fro'"),
        (lambda: linalg.matrix_norm(two, "x"), ValueError, "matrix_norm: ord 'x' is not a norm of matrices"),
        (
            lambda: linalg.matrix_norm(two, dim=(0,)),
            ValueError,
            "matrix_norm: dim must be two axes (rows, columns), got (0,)",
        ),
        (lambda: linalg.matrix_norm(two, dim=(0, -2)), ValueError, "matrix_norm: dim (0, -2) names one axis twice"),
        (
            lambda: linalg.matrix_norm(tg.ones(0, 3), -inf),
            ValueError,
            "the -inf norm of a matrix of shape (0, 3) has no value",
        ),
        (lambda: linalg.matrix_norm(whole), TypeError, "matrix_norm: input needs a floating dtype"),
    ]

    def expected(self, A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Any:
        if not A.size:
            return np.zeros((*A.shape[:-2], *((1, 1) if keepdim else ())))
        return np.linalg.norm(A, ord, dim, keepdim)


class TestLinalgNorm(OpTest):
    op = staticmethod(linalg.norm)
    torch = "linalg.norm"
    samples = [
        sample((2, 3)),
        sample((2, 3, 4)),
        sample((3,), 1),
        sample((3,), inf),
        sample((2, 3), 2),
        sample((2, 3), "nuc"),
        sample((2, 3), 3, 1),
        sample((2, 3, 4), 1, dim=(0, 1), keepdim=True),
        sample((2, 3, 4), None, dim=(0, 1)),
        sample((2, 3, 4), None, 1),
    ]
    errors = [
        (
            lambda: linalg.norm(three, 2),
            ValueError,
            "linalg.norm: with ord and without dim A is a vector or a matrix; got",
        ),
        (lambda: linalg.norm(three, dim=(0, 1, 2)), ValueError, "linalg.norm: dim names 3 axes, (0, 1, 2)"),
        (lambda: linalg.norm(one, "fro"), ValueError, "linalg.norm: needs a matrix (…, m, n), got shape (2,)"),
        (lambda: linalg.norm(whole), TypeError, "linalg.norm: input needs a floating dtype"),
    ]

    def expected(self, A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
        return np.linalg.norm(A, ord, dim, keepdim)


class TestNorm(OpTest):
    op = staticmethod(tg.norm)
    torch = "norm"
    samples = [
        sample((2, 3)),
        sample((2, 3), 2),
        sample((2, 3), None),
        sample((2, 3), 3, dim=(0, 1)),
        sample((2, 3), 1, 0, True),
        sample((2, 3), "fro", dim=(0, 1)),
        sample((2, 3), "nuc"),
        sample((2, 3, 4), "nuc", dim=(0, 1)),
        sample((2, 3), inf),
        sample((2, 3), 0, 1),
    ]
    errors = [
        (lambda: tg.norm(two, "x"), ValueError, "norm: p must be a number, 'fro' or 'nuc', got 'x'"),
        (lambda: tg.norm(three, dim=(0, 1, 2)), ValueError, "norm: 'fro' is a norm of matrices"),
        (lambda: tg.norm(whole), TypeError, "norm: input needs a floating dtype"),
        (lambda: tg.norm(one, "nuc"), ValueError, "norm: needs a matrix (…, m, n)"),
    ]

    def expected(self, x: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Any:
        if p == "nuc":
            return np.linalg.norm(x, p, (-2, -1) if dim is None else dim, keepdim)
        p = 2 if p in (None, "fro") else p
        return TestVectorNorm().expected(x, p, dim, keepdim)


class TestDist(OpTest):
    op = staticmethod(tg.dist)
    samples = [sample((2, 3), (2, 3)), sample((2, 3), (3,), 1), sample((3,), (3,), inf), sample((3,), (3,), p=3)]
    errors = [(lambda: tg.dist(whole, whole), TypeError, "dist: input needs a floating dtype")]

    def expected(self, x: Any, z: Any, p: float = 2) -> Any:
        return TestVectorNorm().expected(x - z, p)


class TestCdist(OpTest):
    op = staticmethod(tg.cdist)
    samples = [
        sample((4, 3), (5, 3)),
        sample((2, 4, 3), (5, 3), 1.0),
        sample((2, 1, 4, 3), (3, 5, 3), inf),
        sample((4, 3), (5, 3), 0.0),
        sample((4, 3), (5, 3), 3.0),
        sample((4, 3), (5, 3), compute_mode="use_mm_for_euclid_dist"),
        sample((2, 4, 3), (5, 3), compute_mode="use_mm_for_euclid_dist"),
        sample((30, 3), (2, 3)),
        sample((30, 3), (2, 3), compute_mode="donot_use_mm_for_euclid_dist"),
        sample((0, 3), (2, 3)),
        sample((4, 0), (5, 0)),
    ]
    atol = {"float64": 1e-7, "float32": 2e-3}
    errors = [
        (lambda: tg.cdist(two, tg.ones(2, 4)), ValueError, "cdist: the rows are not of one length.\n    x1  (2, 3)"),
        (lambda: tg.cdist(one, two), ValueError, "cdist: the rows are not of one length"),
        (lambda: tg.cdist(two, two, -1), ValueError, "cdist: p must not be negative, got -1"),
        (lambda: tg.cdist(two, two, compute_mode="x"), ValueError, "cdist: compute_mode 'x' is unknown"),
        (lambda: tg.cdist(whole, whole), TypeError, "cdist: x1 needs a floating dtype"),
        (lambda: tg.cdist(two, two.double()), TypeError, "cdist: x1 is tensorgrad.float32, x2 tensorgrad.float64"),
        (lambda: tg.cdist(tg.ones(2, 2, 3), tg.ones(3, 2, 3)), ValueError, "cdist: these shapes do not broadcast"),
    ]

    def expected(self, x: Any, z: Any, p: float = 2.0, compute_mode: str = "") -> Any:
        d = x[..., :, None, :] - z[..., None, :, :]
        if not d.shape[-1]:
            return d.sum(-1)
        return TestVectorNorm().expected(d, p, -1)


@pytest.mark.parametrize("mode", ["use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"])
def test_the_distance_of_a_row_to_itself_has_no_gradient(mode: str) -> None:
    x = tg.tensor([[3.0, 4.0], [0.0, 0.0]], requires_grad=True)
    y = tg.cdist(x, x.detach(), compute_mode=mode)
    y.sum().backward()
    assert y.tolist() == [[0.0, 5.0], [5.0, 0.0]]
    assert tg.allclose(x.grad, tg.tensor([[0.6, 0.8], [-0.6, -0.8]]))


class TestPdist(OpTest):
    op = staticmethod(functional.pdist)
    samples = [sample((4, 3)), sample((4, 3), 1), sample((4, 3), p=inf), sample((1, 3)), sample((3, 0))]
    errors = [
        (lambda: functional.pdist(one), ValueError, "pdist: needs (N, M), got shape (2,)"),
        (lambda: functional.pdist(two, -1), ValueError, "pdist: p must not be negative, got -1"),
        (lambda: functional.pdist(whole), TypeError, "pdist: input needs a floating dtype"),
    ]

    def expected(self, x: Any, p: float = 2) -> Any:
        pairs = [(i, j) for i in range(len(x)) for j in range(i + 1, len(x))]
        d = np.asarray([x[i] - x[j] for i, j in pairs]).reshape(len(pairs), x.shape[1])
        return TestVectorNorm().expected(d, p, 1) if d.shape[1] else np.zeros(len(d))


def test_distances_of_no_rows() -> None:
    x = tg.zeros(0, 3, requires_grad=True)  # in PyTorch the gradient of this ends the process
    y = functional.pdist(x)
    y.sum().backward()
    assert y.shape == (0,) and x.grad.shape == (0, 3)


def test_infinities_and_overflow_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for numbers in ([[math.inf, -math.inf], [1.0, 2.0]], [[3e38, 3e38], [3e38, -3e38]]):
            x = tg.tensor(numbers, requires_grad=True)
            y = (x @ x).sum() + x.sum() + (x @ x[0]).sum() + tg.dot(x[0], x[1]) + tg.nn.functional.linear(x, x).sum()
            y.backward()


class TestRenorm(OpTest):
    op = staticmethod(tg.renorm)
    samples = [
        sample((3, 4), 2, 0, 1.5),
        sample((3, 4), 1.0, -1, 2.0),
        sample((2, 3, 4), inf, 1, 1.0),
        sample((2, 3), 2, 0, 100.0),
        sample((0, 3), 2, 1, 1.0),
    ]
    errors = [
        (lambda: tg.renorm(one, 2, 0, 1.0), ValueError, "renorm: needs at least 2 dimensions, got shape (2,)"),
        (lambda: tg.renorm(two, 0, 0, 1.0), ValueError, "renorm: p must be above 0 and maxnorm 0 or more, got 0 and 1.0"),
        (lambda: tg.renorm(two, 2, 0, -1.0), ValueError, "renorm: p must be above 0 and maxnorm 0 or more, got 2 and -1.0"),
        (lambda: tg.renorm(two, 2, 2, 1.0), IndexError, "renorm: dim 2 is out of range"),
        (lambda: tg.renorm(whole, 2, 0, 1.0), TypeError, "renorm: input needs a floating dtype"),
    ]

    def expected(self, x: Any, p: float, dim: int, maxnorm: float) -> Any:
        if not x.size:
            return x
        others = tuple(i for i in range(x.ndim) if i != dim % x.ndim)
        a = np.abs(x)
        norms = a.max(others, keepdims=True) if p == inf else (a**p).sum(others, keepdims=True) ** (1 / p)
        return np.where(norms > maxnorm, x * (maxnorm / (norms + 1e-7)), x)


def test_renorm_in_place() -> None:
    x = tg.tensor([[3.0, 4.0], [0.3, 0.4]])
    assert x.renorm_(2, 0, 1.0) is x and tg.allclose(x, tg.tensor([[0.6, 0.8], [0.3, 0.4]]))
