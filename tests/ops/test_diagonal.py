"""Triangles and diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad import linalg
from tests.ops.operands import WHOLE, one, seed, three, two  # noqa: F401  (seed is used by pytest)
from tests.ops.optest import OpTest, sample


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
