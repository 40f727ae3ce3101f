"""`vmap` of every operation of the tables beside the operation on one element after the other: values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorgrad import Tensor, func
from tests.ops.batches import batch_of, gradients, name_of, sample_of, tables, weighted
from tests.ops.optest import OpTest, is_float

N = 3


def one_by_one(f: Any, tensors: list[Tensor], dims: list[int | None]) -> list[list[Tensor]]:
    return [
        f([t if d is None else Tensor._of(t.array[i, ...].copy()) for t, d in zip(tensors, dims)]) for i in range(N)
    ]


def compare(f: Any, tensors: list[Tensor], dims: list[int | None]) -> bool:
    """Hold vmap to one element after the other, if those are one shape; whether there was a result."""
    try:
        want = one_by_one(f, tensors, dims)
    except (ValueError, RuntimeError, np.linalg.LinAlgError):  # a neighbour of the sample that the operation refuses
        return False
    if not want[0] or len({tuple([y.shape for y in row]) for row in want}) > 1:
        return False
    got = func.vmap(f, in_dims=(dims,), randomness="same")(tensors)
    assert len(got) == len(want[0])
    for y, rows in zip(got, zip(*want)):
        stacked = np.stack([row.array for row in rows])
        assert y.array.shape == stacked.shape and y.array.dtype == stacked.dtype
        np.testing.assert_allclose(y.array, stacked, rtol=1e-7, atol=1e-9)
    return any(y.is_floating_point() for y in want[0])


@pytest.mark.parametrize("table", tables(), ids=name_of)
def test_a_batch_is_one_element_after_the_other(table: type[OpTest]) -> None:
    """With everything batched, the floating operands, one of them, or all but the first."""
    for case in range(len(table.samples)):
        arrays, run = sample_of(table, case)
        floats = [i for i, a in enumerate(arrays) if is_float(a)]
        some = floats or list(range(len(arrays)))
        for batched in {tuple(range(len(arrays))), tuple(floats), tuple(some[1:]), *[(i,) for i in some]} - {()}:
            dims = [0 if i in batched else None for i in range(len(arrays))]
            tensors = [Tensor._of(a.copy()) if d is None else batch_of(a, N) for a, d in zip(arrays, dims)]
            if compare(run, tensors, dims) and table.differentiable and floats:
                compare(gradients(run), tensors, dims)


@pytest.mark.parametrize("table", tables(), ids=name_of)
def test_batches_of_batches(table: type[OpTest]) -> None:
    """The first floating operand varies within, the last without; of one alone, both."""
    arrays, run = sample_of(table, 0)
    floats = [i for i, a in enumerate(arrays) if is_float(a)]
    if not floats:
        return
    inner: list[int | None] = [0 if i == floats[0] else None for i in range(len(arrays))]
    outer: list[int | None] = [0 if i == floats[-1] else None for i in range(len(arrays))]
    tensors = []
    for a, within, without in zip(arrays, inner, outer):
        t = Tensor._of(a.copy()) if within is None else batch_of(a, 2)
        tensors.append(t if without is None else batch_of(t.array, N))
    for f in [run, gradients(run)] if table.differentiable else [run]:
        mapped = func.vmap(f, in_dims=(inner,), randomness="same")
        compare(mapped, tensors, outer)


@pytest.mark.parametrize("table", [t for t in tables() if t.differentiable], ids=name_of)
def test_gradients_from_outside(table: type[OpTest]) -> None:
    """What is recorded beneath the batch: gradients of a sum over the elements, towards what is batched and what is not."""
    for case in range(min(len(table.samples), 3)):
        arrays, run = sample_of(table, case)
        floats = [i for i, a in enumerate(arrays) if is_float(a)]
        for batched in {tuple(floats), *[(i,) for i in floats]} - {()}:
            dims = [0 if i in batched else None for i in range(len(arrays))]
            tensors = [Tensor._of(a.copy()) if d is None else batch_of(a, N) for a, d in zip(arrays, dims)]
            f = func.vmap(lambda ts: [weighted(run(ts))], in_dims=(dims,), randomness="same")  # noqa: B023
            try:
                each = one_by_one(gradients(run), tensors, dims)
            except (ValueError, RuntimeError, np.linalg.LinAlgError):
                continue
            if not isinstance(weighted(run([Tensor._of(a) for a in arrays])), Tensor):
                continue
            got = gradients(lambda ts: [f(ts)[0].sum()])(tensors)  # noqa: B023
            for g, i, rows in zip(got, floats, zip(*each)):
                stacked = np.stack([r.array for r in rows])
                want = stacked if dims[i] == 0 else stacked.sum(0)
                np.testing.assert_allclose(g.array, want, rtol=1e-6, atol=1e-8, err_msg=f"sample {case}, operand {i}")
