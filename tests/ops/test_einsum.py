"""Contractions of labelled axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import OpTest, sample

one, two, three = tg.ones(2), tg.ones(2, 3), tg.ones(2, 2, 3)
whole = tg.ones(2, 3, dtype=tg.int64)
WHOLE = np.arange(6).reshape(2, 3)


@pytest.fixture(autouse=True)
def seed() -> None:
    tg.manual_seed(0)


class TestEinsum(OpTest):
    op = staticmethod(tg.einsum)
    samples = [
        sample("ij,jk->ik", (2, 3), (3, 4)),
        sample("bij, bjk", (2, 3, 4), (2, 4, 5)),
        sample("...ij,...jk->...ik", (5, 2, 3), (1, 3, 4)),
        sample("...ij,jk", (5, 2, 3), (3, 4)),
        sample("...,...->...", (2, 3), (3,)),
        sample("i...->...", (2, 3)),
        sample("ii->i", (3, 3)),
        sample("ii", (3, 3)),
        sample("iji->j", (3, 2, 3)),
        sample("...ii->...i", (4, 3, 3)),
        sample("ij->", (2, 3)),
        sample("ij->ji", (2, 3)),
        sample("ba", (2, 3)),
        sample("i,j->ij", (2,), (3,)),
        sample(",ij->ji", (), (2, 3)),
        sample("bqhd,bkhd->bhqk", (2, 3, 4, 5), (2, 6, 4, 5)),
        sample("ab,bc,cd,de->ae", (2, 3), (3, 4), (4, 5), (5, 1)),
        sample("bn,anm,bm->ba", (2, 3), (5, 3, 4), (2, 4)),
        sample("iij,jk->k", (2, 2, 3), (3, 4)),
        sample("ij,kl->", (2, 3), (4, 5)),
        sample("a,a,a->a", (3,), (3,), (3,)),
        sample("ij,ij->ij", (2, 1), (2, 3)),
        sample("bA,Ac", (2, 3), (3, 4)),
        sample((2, 3), [0, 1], (3, 4), [1, 2], [0, 2]),
        sample((2, 3), [1, 0]),
        sample("ij,jk->ik", (0, 3), (3, 4)),
        sample("ij,jk->ik", (2, 0), (0, 4)),
        sample("ij,jk->ik", WHOLE, WHOLE.T),
        sample("ij->j", WHOLE.astype(np.int32)),
        sample("ij,jk->ik", [(2, 3), (3, 4)]),
    ]
    errors = [
        (lambda: tg.einsum("ij,jk->ik", two), ValueError, "einsum: 'ij,jk->ik' describes 2 operands, got 1"),
        (lambda: tg.einsum("ij->i", one), ValueError, "einsum: 'ij->i' names 2 axes for operand 0, which has 1"),
        (lambda: tg.einsum("ij->k", two), ValueError, "einsum: axis 'k' of the result is in no operand of 'ij->k'"),
        (lambda: tg.einsum("ij->ii", two), ValueError, "einsum: axis 'i' is twice in the result"),
        (lambda: tg.einsum("i1->i", two), ValueError, "einsum: '1' in 'i1->i' is no axis"),
        (
            lambda: tg.einsum("ij,jk", two, two),
            ValueError,
            "einsum: axis 'j' has 2 entries in operand 1, shape (2, 3), and 3 in an earlier one.",
        ),
        (lambda: tg.einsum("ij,jk", two, two.mT.double()), TypeError, "Convert: other.float() (NumPy's numbers are float64)."),
        (lambda: tg.einsum(two, [0, 52]), ValueError, "einsum: axes are numbers from 0 to 51, or ..., got 52"),
        (lambda: tg.einsum(two, "ij"), TypeError, "einsum: after each operand comes the list of its axes, got str"),
        (lambda: tg.einsum(), ValueError, "einsum: needs an equation and operands"),
        (lambda: tg.einsum("ij"), ValueError, "einsum: needs at least one operand"),
    ]

    def expected(self, *args: Any) -> Any:
        if len(args) == 2 and isinstance(args[1], list) and isinstance(args[0], str):
            return np.einsum(args[0], *args[1])
        return np.einsum(*args)


def test_einsum_with_numbers_and_an_ellipsis() -> None:
    x, z = tg.randn(5, 2, 3, dtype=tg.float64), tg.randn(3, 4, dtype=tg.float64)
    assert tg.allclose(tg.einsum(x, [..., 1], z, [1, 2]), x @ z)
    assert tg.allclose(tg.einsum(x, [..., 0, 1], z, [1, 2], [2, ..., 0]), (x @ z).permute(2, 0, 1))


def test_einsum_broadcasts_named_axes_of_size_one() -> None:
    x, z = tg.randn(2, 1, dtype=tg.float64, requires_grad=True), tg.randn(3, 4, dtype=tg.float64)
    y = tg.einsum("ij,jk->ik", x, z)
    assert tg.allclose(y, x * z.sum(0))
    y.sum().backward()
    assert tg.allclose(x.grad, z.sum().expand(2, 1))
    assert tg.einsum("ij,kj->ijk", tg.ones(2, 1), tg.ones(3, 1)).shape == (2, 1, 3)


def test_einsum_takes_arrays() -> None:
    x, a = tg.ones(2, 3), np.ones((3, 2))
    assert tg.einsum("ij,jk->ik", x, a).dtype is tg.float64 and tg.einsum("ij,jk,kl->il", a, x, a).shape == (3, 2)


def test_einsum_takes_the_cheapest_pair_first() -> None:
    from tensorgrad.ops.einsum import _path

    sizes = ((0, 1), (1, 100), (2, 100), (3, 100))
    assert _path(((0, 1), (1, 2), (2, 3)), (0, 3), sizes)[0] == (0, 1)  # the vector goes first


class TestTensordot(OpTest):
    op = staticmethod(tg.tensordot)
    samples = [
        sample((2, 3, 4), (3, 4, 5)),
        sample((2, 3), (3, 4), 1),
        sample((2, 3), (4,), 0),
        sample((2, 3, 4), (4, 2, 5), ([0, 2], [1, 0])),
        sample((2, 3, 4), (4, 2, 5), dims=([-1], [0])),
        sample((2, 3), (2, 3), 2),
        sample((2, 3), (1, 4), ([1], [0])),
        sample(WHOLE, WHOLE.T, 1),
    ]
    errors = [
        (
            lambda: tg.tensordot(two, two, 1),
            ValueError,
            "tensordot: dims [1] of a, sizes [3], do not pair with dims [0] of b",
        ),
        (lambda: tg.tensordot(two, two, 3), ValueError, "tensordot: dims must be from 0 to 2 for 2 and 2 axes, got 3"),
        (lambda: tg.tensordot(two, two, ([0], [0, 1])), ValueError, "summed over together, so there must be as many"),
        (lambda: tg.tensordot(two, two, ([5], [0])), IndexError, "tensordot: dim 5 is out of range"),
    ]

    def expected(self, a: Any, b: Any, dims: Any = 2) -> Any:
        if b.shape == (1, 4):
            b = np.broadcast_to(b, (3, 4))
        return np.tensordot(a, b, dims)


def test_tensordot_takes_its_axes_as_a_tensor() -> None:
    assert tg.tensordot(two, two, tg.tensor([[0, 1], [0, 1]])).item() == 6
