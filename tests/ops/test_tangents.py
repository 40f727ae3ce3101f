"""Forward mode of every operation of the tables beside reverse mode: ⟨c, J·ẋ⟩ is ⟨Jᵀ·c, ẋ⟩, also of a batch of directions, and of
the gradients of directions (forward over reverse is reverse over forward)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorgrad import Tensor, func
from tests.ops.batches import name_of, of_floats, sample_of, tables, weighted
from tests.ops.optest import OpTest, is_float


def inner(xs: Any, zs: Any) -> Any:
    return sum((float((x.array * z.array).sum()) for x, z in zip(xs, zs)), 0.0)


# A gradient with factors for rows that come often is not that of the value.
ON_PURPOSE = ("TestTopLevelEmbedding",)


TABLES = [t for t in tables() if t.differentiable and t.__name__ not in ON_PURPOSE]


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_a_direction_is_the_transpose_of_a_gradient(table: type[OpTest]) -> None:
    rng = np.random.default_rng(11)
    for case in range(len(table.samples)):
        arrays, run = sample_of(table, case)
        inputs = tuple([Tensor._of(a.copy()) for a in arrays if is_float(a)])
        if not inputs or any([not x.array.size for x in inputs]):
            continue
        f = of_floats(run, [Tensor._of(a) for a in arrays])
        moves = tuple([Tensor._of(np.asarray(rng.standard_normal(x.shape), x.array.dtype)) for x in inputs])
        outs, moved = func.jvp(f, inputs, moves)
        if not outs:
            continue
        plain, pull = func.vjp(f, *inputs)
        cs = [Tensor._of(np.asarray(rng.standard_normal(y.shape), y.array.dtype)) for y in outs]
        for y, z, t in zip(outs, plain, moved):
            np.testing.assert_array_equal(y.array, z.array)
            assert t.array.shape == y.array.shape and t.array.dtype == y.array.dtype and not t.requires_grad
        pulled = pull(cs)
        size = max([float(np.abs(g.array).max(initial=1)) for g in pulled])
        assert inner(cs, moved) == pytest.approx(inner(pulled, moves), rel=1e-7, abs=1e-8 * size), f"sample {case}"
        two = [Tensor._of(np.stack([t.array, -2 * t.array])) for t in moves]
        for both, t in zip(func.vmap(lambda *ts: func.jvp(f, inputs, ts)[1], randomness="same")(*two), moved):  # noqa: B023
            np.testing.assert_allclose(both.array, np.stack([t.array, -2 * t.array]), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("table", [t for t in TABLES if t.second_order], ids=name_of)
def test_forward_over_reverse_is_reverse_over_forward(table: type[OpTest]) -> None:
    rng = np.random.default_rng(12)
    for case in range(min(len(table.samples), 4)):
        arrays, run = sample_of(table, case)
        inputs = tuple([Tensor._of(a.copy()) for a in arrays if is_float(a)])
        if not inputs or any([not x.array.size for x in inputs]):
            continue
        f = of_floats(run, [Tensor._of(a) for a in arrays])
        loss = lambda *xs: weighted(f(*xs))  # noqa: B023, E731
        moves = tuple([Tensor._of(np.asarray(rng.standard_normal(x.shape), x.array.dtype)) for x in inputs])
        if not f(*inputs):
            continue
        places = tuple(range(len(inputs)))
        outer = func.jvp(func.grad(loss, places), inputs, moves)[1]
        inner = func.grad(lambda *xs: func.jvp(loss, xs, moves)[1], places)(*inputs)  # noqa: B023
        for a, b in zip(outer, inner):
            size = max(float(np.abs(b.array).max(initial=1)), 1.0)
            np.testing.assert_allclose(a.array, b.array, rtol=1e-6, atol=1e-7 * size, err_msg=f"sample {case}")
