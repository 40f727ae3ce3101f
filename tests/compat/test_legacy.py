"""Older names at the top level."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional as TF
from tests.ops.optest import F, OpTest, sample

TESTED = [tg.dropout, tg.dropout_, tg.alpha_dropout, tg.feature_alpha_dropout, tg.feature_dropout, tg.lu]
one = tg.ones(2)
two = tg.ones(2, 3)


class TestVander(OpTest):
    op = staticmethod(tg.vander)
    torch = "vander"
    torch_gradient = False  # PyTorch writes over what its backward needs
    samples = [sample((3,)), sample((3,), 4), sample((3,), increasing=True), sample((3,), N=2), sample((2,), 0), sample((0,))]
    errors = [(lambda: tg.vander(two), ValueError, "vander: x must be a vector, got shape (2, 3)")]

    def expected(self, x: Any, N: int | None = None, increasing: bool = False) -> Any:
        return np.vander(x, N, increasing)


class TestSpmm(OpTest):
    op = staticmethod(tg.spmm)
    torch = "mm"  # its own takes no two dense matrices that need gradients alike
    samples = [sample((2, 3), (3, 4)), sample((2, 0), (0, 4))]
    errors = [(lambda: tg.spmm(two, one), ValueError, "spmm: needs a matrix and a matrix, got 2 and 1 axes")]

    def expected(self, x: Any, z: Any) -> Any:
        return x @ z


@pytest.mark.filterwarnings("ignore:range includes its end")
class TestRange(OpTest):
    op = staticmethod(tg.range)
    torch = "range"
    differentiable = False
    samples = [sample(a, b, s, dtype=tg.float64) for a, b, s in ((1, 4, 1), (0, 1, 0.25), (3, -1, -2), (2, 2, 1), (1, 2.4, 0.5))]
    errors = [
        (lambda: tg.range(1, 0), ValueError, "range: a step of 1 does not lead from 1 to 0"),
        (lambda: tg.range(1, 2, 0), ValueError, "range: a step of 0 does not lead from 1 to 2"),
    ]

    def expected(self, start: float, end: float, step: float = 1, dtype: Any = None) -> Any:
        return start + step * np.arange(int((end - start) / step) + 1)


def test_range_warns_of_its_end() -> None:
    with pytest.warns(UserWarning, match="range includes its end, unlike Python's; use arange"):
        assert tg.range(2, 4).tolist() == [2.0, 3.0, 4.0]


class TestConstantPadNd(OpTest):
    op = staticmethod(tg.constant_pad_nd)
    torch = "constant_pad_nd"
    samples = [sample((2, 3), [1, 2]), sample((2, 3), [0, 1, 2, 0], 1.5), sample((2, 3), [-1, 1], value=-2)]
    errors = [(lambda: tg.constant_pad_nd(two, (1,)), ValueError, "constant_pad_nd: (1,) has 1 numbers; give two")]

    def sample_pad(self, pad: Any) -> Any:
        return [tuple(pad[i : i + 2]) for i in range(0, len(pad), 2)][::-1]

    def expected(self, x: Any, pad: Any, value: float = 0) -> Any:
        for axis, (before, after) in zip(reversed(range(x.ndim)), reversed(self.sample_pad(list(pad)))):
            parts = [np.full((*x.shape[:axis], max(n, 0), *x.shape[axis + 1 :]), value) for n in (before, after)]
            kept = x[(slice(None),) * axis + (slice(max(-before, 0), x.shape[axis] - max(-after, 0)),)]
            x = np.concatenate([parts[0], kept, parts[1]], axis)
        return x


class TestTopLevelEmbedding(OpTest):
    op = staticmethod(tg.embedding)
    torch = "embedding"
    samples = [
        sample(F((4, 3)), np.array([[0, 3], [1, 1]])),
        sample(F((4, 3)), np.array([2, 0]), 2),
        sample(F((4, 3)), np.array([2, 2, 0]), -1, True),
    ]
    errors = [(lambda: tg.embedding(two, tg.tensor([2])), IndexError, "embedding: ")]

    def expected(self, weight: Any, input: Any, padding_idx: int = -1, scale: bool = False) -> Any:
        return weight[input]

    second_order = False  # tested with nn.functional.embedding; scaled by frequency its gradient is no derivative

    def test_gradient(self, case: int) -> None:
        if case == 0:  # the others leave a row out, or share it, on purpose
            super().test_gradient(case)


class TestTopLevelBilinear(OpTest):
    op = staticmethod(tg.bilinear)
    torch = "bilinear"
    samples = [sample((3, 2), (3, 4), (5, 2, 4), None), sample((3, 2), (3, 4), (5, 2, 4), (5,))]
    errors = [(lambda: tg.bilinear(two, two, tg.ones(1, 2, 3)), ValueError, "bilinear: ")]

    def expected(self, a: Any, b: Any, w: Any, bias: Any) -> Any:
        y = np.einsum("ni,kij,nj->nk", a, w, b)
        return y if bias is None else y + bias


class TestConvTbc(OpTest):
    op = staticmethod(tg.conv_tbc)
    torch = "conv_tbc"
    samples = [sample((5, 2, 3), (2, 3, 4), (4,)), sample((5, 1, 2), (3, 2, 1), (1,), 1)]
    errors = [(lambda: tg.conv_tbc(two, two, one), ValueError, "conv_tbc: input must be (T, B, C) and weight (width, C, K)")]

    def expected(self, x: Any, w: Any, b: Any, pad: int = 0) -> Any:
        x = np.pad(x, ((pad, pad), (0, 0), (0, 0)))
        n = len(w)
        return np.stack([np.einsum("nbc,nck->bk", x[t : t + n], w) for t in range(len(x) - n + 1)]) + b


class TestTriangularSolve(OpTest):
    op = staticmethod(lambda b, a, **kw: tg.triangular_solve(b, a + 4 * tg.eye(3, dtype=a.dtype), **kw))
    torch = staticmethod(lambda b, a, **kw: _theirs(b, a, **kw))
    samples = [sample((3, 2), (3, 3)), sample((3, 1), (3, 3), upper=False), sample((2, 3, 2), (2, 3, 3), transpose=True)]
    errors = [(lambda: tg.triangular_solve(two, two), ValueError, "triangular_solve: A must be square")]

    def expected(self, b: Any, a: Any, upper: bool = True, transpose: bool = False) -> Any:
        a = a + 4 * np.eye(3)
        t = np.triu(a) if upper else np.tril(a)
        return np.linalg.solve(np.swapaxes(t, -1, -2) if transpose else t, b), a


TESTED.append(tg.triangular_solve)


def _theirs(b: Any, a: Any, **kw: Any) -> Any:
    import torch

    return torch.triangular_solve(b, a + 4 * torch.eye(3, dtype=a.dtype), **kw)


@pytest.mark.parametrize(
    ("top", "own"),
    [
        (tg.dropout, TF.dropout),
        (tg.alpha_dropout, TF.alpha_dropout),
        (tg.feature_dropout, TF.dropout2d),
        (tg.feature_alpha_dropout, TF.feature_alpha_dropout),
    ],
)
def test_dropouts_are_those_of_functional(top: Any, own: Any) -> None:
    x = tg.randn(4, 5, 3)
    tg.manual_seed(1)
    a = top(x, 0.5, True)
    tg.manual_seed(1)
    assert a.equal(own(x, 0.5, True)) and top(x, 0.5, False) is x
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'train'"):
        top(x, 0.5)


def test_dropout_in_place() -> None:
    x = tg.ones(100)
    assert tg.dropout_(x, 0.5, True) is x and 0 < (x == 0).sum() < 100


def test_lu() -> None:
    a = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    packed, pivots = tg.lu(a)
    assert tg.allclose(packed, tg.linalg.lu_factor(a).LU) and pivots.tolist() == [2, 2]
    assert a.lu(get_infos=True)[2].item() == 0 and tg.lu(a * 0, get_infos=True)[2].item() == 1
    with pytest.raises(tg.linalg.LinAlgError, match="singular"):
        tg.lu(a * 0)
