"""What does not keep the layout of its operands comes out row by row, as in PyTorch, so that `view` works on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.utils.data import DataLoader

OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "cat": lambda x: tg.cat([x, x]),
    "cat, last": lambda x: tg.cat([x, x], -1),
    "cat of one": lambda x: tg.cat([x]),
    "stack": lambda x: tg.stack([x, x]),
    "stack, last": lambda x: tg.stack([x, x], -1),
    "hstack": lambda x: tg.hstack([x, x]),
    "vstack": lambda x: tg.vstack([x, x]),
    "dstack": lambda x: tg.dstack([x, x]),
    "column_stack": lambda x: tg.column_stack([x, x]),
    "block_diag": lambda x: tg.block_diag(x[0], x[1]),
    "roll": lambda x: tg.roll(x, 1, 1),
    "roll by nothing": lambda x: tg.roll(x, 0, 1),
    "tril": lambda x: tg.tril(x),
    "triu": lambda x: tg.triu(x, 1),
    "cumsum": lambda x: tg.cumsum(x, 0),
    "cumsum of integers": lambda x: tg.cumsum(x.long(), 0),
    "cumprod": lambda x: tg.cumprod(x, 1),
    "logcumsumexp": lambda x: tg.logcumsumexp(x, 0),
    "cummax": lambda x: tg.cummax(x, 1),
    "cummin": lambda x: tg.cummin(x, 0),
    "diff": lambda x: tg.diff(x, dim=0, prepend=x[:1]),
    "sum": lambda x: tg.sum(x, 1),
    "sum, kept": lambda x: tg.sum(x, -1, keepdim=True),
    "mean": lambda x: tg.mean(x, 1, keepdim=True),
    "prod": lambda x: tg.prod(x, 1),
    "var": lambda x: tg.var(x, 0),
    "std_mean": lambda x: tg.std_mean(x, 1),
    "amax": lambda x: tg.amax(x, 1),
    "max": lambda x: tg.max(x, 1, keepdim=True),
    "min": lambda x: tg.min(x, 0),
    "argmax": lambda x: tg.argmax(x, 1, keepdim=True),
    "all": lambda x: tg.all(x > 0, 1, keepdim=True),
    "logsumexp": lambda x: tg.logsumexp(x, 1),
    "cross": lambda x: tg.linalg.cross(x[:, :3], x[:, :3], dim=1),
    "x[:, [0, 1]]": lambda x: x[:, [0, 1]],
    "x[:, [[0, 1]]]": lambda x: x[:, tg.tensor([[0, 1]])],
    "x[[0, 1], :, [0, 1]]": lambda x: x[[0, 1], :, [0, 1]],
    "x[..., mask]": lambda x: x[..., tg.tensor([True, False, True, True, False])],
    "index_select": lambda x: tg.index_select(x, 1, tg.tensor([0, 2])),
}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 90, 5)])
def test_of_a_transposed_operand(name: str, dtype: str, shape: tuple[int, ...]) -> None:
    a = np.random.default_rng(3).standard_normal(shape).astype(dtype)
    row, column = tg.tensor(a), tg.Tensor._of(np.asfortranarray(a))
    assert not column.is_contiguous()
    want, got = (OPERATIONS[name](x) for x in (row, column))
    for w, g in zip(want, got) if isinstance(want, tuple) else [(want, got)]:
        assert g.is_contiguous() and g.dtype is w.dtype
        assert tg.allclose(g, w, rtol=1e-5, atol=1e-6)
        g.view(-1)


def test_a_batch_of_transposed_examples() -> None:
    x = tg.arange(6.0).reshape(3, 2).t()
    batch = next(iter(DataLoader([(x, x.numpy())] * 2, batch_size=2)))
    assert [b.is_contiguous() for b in batch] == [True, True]
