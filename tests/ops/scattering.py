"""Operands and shorthands of the tables about scatter and index_add."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg

T = tg.Tensor
i_ = np.array
x23 = tg.ones(2, 3)
x0 = tg.tensor(1.0)
here = tg.tensor([[0, 1, 0]])
NONE = np.zeros((0, 2), int)


def places(index: Any, axis: int, shape: Any) -> Any:
    """Each element of index as a full place in an array of this shape, one after the other."""
    for p in np.ndindex(index.shape):
        yield p, (*p[:axis], int(index[p]), *p[axis + 1 :])


REDUCE: dict[str, Any] = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}
