"""Products of matrices, vectors and stacks."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.operands import WHOLE, inf, one, seed, three, two, whole  # noqa: F401  (seed is used by pytest)
from tests.ops.optest import OpTest, sample

# ---- products --------------------------------------------------------------------------------------------------------


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
            "Convert: other.float() (NumPy",
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
        (lambda: tg.mm(two, tg.ones(3, 2, dtype=tg.int64)), TypeError, "Convert: other.float()."),
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


def test_infinities_and_overflow_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for numbers in ([[math.inf, -math.inf], [1.0, 2.0]], [[3e38, 3e38], [3e38, -3e38]]):
            x = tg.tensor(numbers, requires_grad=True)
            y = (x @ x).sum() + x.sum() + (x @ x[0]).sum() + tg.dot(x[0], x[1]) + tg.nn.functional.linear(x, x).sum()
            y.backward()


# ---- products and sums -----------------------------------------------------------------------------------------------


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
        (lambda: tg.addmm(one.double(), two, two.mT), TypeError, "Convert: input.float() (NumPy"),
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


# ---- several matrices ------------------------------------------------------------------------------------------------


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


# ---- other products --------------------------------------------------------------------------------------------------


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
        (lambda: tg.cross(two, two.double(), 1), TypeError, "Convert: other.float() (NumPy"),
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
