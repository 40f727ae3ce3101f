"""`vmap`'s rules of picking elements and of writing to them.

Where the places are the same for all elements, the batch is one more axis in front. Where they differ, the number of the
element is one more index. What is neither, an index of several parts with slices between them, goes one after the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batched import Ask
from ..kernels.layered import Layered
from ..tensor import Tensor
from .batching import rule, shifted
from .embedding import AddRows, Embedding
from .index import Index, IndexAddAt, IndexPut, PutAt
from .index_along import IndexAdd, IndexCopy, IndexSelect, IndexSum
from .scatter import Gather, Scatter, ScatterAdd, ScatterReduce, ScatterSum

# ---- by keys ----------------------------------------------------------------------------------------------------------


def batched_key(ask: Ask, flags: Any) -> bool:
    """Give the operation the key of the whole batch, if the result then has the batch in front; else False."""
    key = ask.op.key
    if not any(flags or ()):  # the same places for all
        places = [i for i, k in enumerate(key) if type(k) is not slice]
        if places[-1] - places[0] >= len(places):
            return False  # parted by slices: NumPy puts what they pick in front of the batch
        ask.op.key = (np.s_[:], *key)
        return True
    if any([type(k) is slice or k.dtype.kind == "b" or isinstance(k, Layered) for k in key]):
        return False
    most = max([k.ndim - bool(b) for k, b in zip(key, flags)])
    rows = np.arange(ask.n).reshape(ask.n, *[1] * most)
    ask.op.key = (
        rows,
        *[k.reshape(ask.n, *[1] * (most + 1 - k.ndim), *k.shape[1:]) if b else k for k, b in zip(key, flags)],
    )
    return True


@rule(Index)
def index(ask: Ask, x: Tensor) -> Any:
    *before, last = ask.op.key
    if (
        ask.held.get("key")
        and before
        and all([type(k) is slice and k == np.s_[:] for k in before])
        and not isinstance(last, Layered)
    ):
        if last.dtype.kind == "b":
            return None
        return along(ask, x, len(before), last)
    return ask.op(ask.full(0, x)) if batched_key(ask, ask.held.get("key")) else None


def along(ask: Ask, x: Tensor, d: int, at: Any) -> Tensor:
    """x[..., at, ...] along axis d of one element, at places that differ from element to element."""
    rows = np.arange(ask.n).reshape(ask.n, *[1] * (at.ndim - 1))
    y = Index((rows, at))(ask.full(0, x).movedim(d + 1, 1))
    places = range(at.ndim - 1)
    return y.movedim([1 + i for i in places], [1 + d + i for i in places]) if d and at.ndim > 1 else y


@rule(PutAt)
def put_at(ask: Ask, x: Tensor) -> Any:
    to = ask.op.to
    if not batched_key(ask, ask.held.get("key")):
        return None
    ask.op.to = (ask.n, *to)
    return ask.op(ask.full(0, x))


@rule(IndexPut, IndexAddAt)
def index_put(ask: Ask, x: Tensor, value: Any) -> Any:
    if not isinstance(value, Tensor):
        return ask.op(ask.full(0, x), value) if batched_key(ask, ask.held.get("key")) else None
    picked = Index(ask.node.key)(Tensor._of(ask.level.layer(x, ask.batched[0]))).array.ndim
    if not batched_key(ask, ask.held.get("key")):
        return None
    return ask.op(ask.full(0, x), ask.aligned(1, value, picked))


# ---- along an axis ----------------------------------------------------------------------------------------------------


@rule(IndexSelect)
def index_select(ask: Ask, x: Tensor) -> Any:
    op, n = ask.op, ask.ndim(0, x)
    if not n or isinstance(op.index, Layered):
        return None
    if ask.held.get("index"):
        return along(ask, x, op.dim % n, op.index)
    op.dim = shifted(op.dim, n)
    return op(x)


@rule(IndexSum)
def index_sum(ask: Ask, x: Tensor) -> Any:
    return None if ask.held.get("index") else index_select(ask, x)


@rule(IndexAdd, IndexCopy)
def index_add(ask: Ask, x: Tensor, source: Any) -> Any:
    n = ask.ndim(0, x)
    if ask.held.get("index") or not n or (isinstance(source, Tensor) and ask.ndim(1, source) not in (0, n)):
        return None
    d = ask.op.dim = shifted(ask.op.dim, n)
    if isinstance(source, Tensor) and not ask.ndim(1, source):
        if not ask.batched[1]:
            return ask.op(ask.full(0, x), source)
        x = ask.full(0, x)  # a value for each element is not one number: copied to all the places
        shape = x.array.shape
        places = np.unique(ask.op.index % shape[d])  # each once
        value = source.reshape(ask.n, *[1] * n).expand(*shape[:d], len(places), *shape[d + 1 :])
        return IndexCopy(d, places)(x, value)
    return ask.op(ask.full(0, x), ask.full(1, source))


@rule(Gather, ScatterSum, Scatter, ScatterAdd, ScatterReduce)
def gather(ask: Ask, *xs: Any) -> Any:
    """The index has as many axes as the operands, so the batch is one more of both."""
    op, at = ask.op, ask.op.index
    n = at.ndim - bool(ask.held.get("index"))
    if not n or any([isinstance(x, Tensor) and ask.ndim(i, x) != n for i, x in enumerate(xs)]):
        return None
    if not ask.held.get("index"):
        op.index = Tensor._of(at).expand(ask.n, *at.shape).array
    op.dim = shifted(op.dim, n)
    if isinstance(op, ScatterSum):
        op.to = (ask.n, *op.to)
    return op(*[ask.full(i, x) for i, x in enumerate(xs)])


# ---- tables -----------------------------------------------------------------------------------------------------------


@rule(Embedding)
def embedding(ask: Ask, table: Tensor, at: Tensor) -> Any:
    op = ask.op
    if op.factors is not None:
        return None
    if not ask.batched[0]:
        return op(table, at)
    if not ask.batched[1]:
        rows = table.index_select(1, at.reshape(-1))
        return rows.reshape(ask.n, *at.array.shape, table.array.shape[2])
    n, rows, width = table.array.shape
    return op(table.reshape(n * rows, width), at + first_rows(ask, rows, at))


@rule(AddRows)
def add_rows(ask: Ask, x: Tensor, at: Tensor) -> Tensor:
    rows = ask.op.rows
    at = ask.full(1, at)
    ask.op.rows = ask.n * rows
    return ask.op(ask.full(0, x), at + first_rows(ask, rows, at)).reshape(ask.n, rows, -1)


def first_rows(ask: Ask, rows: int, at: Tensor) -> Tensor:
    """The number of the first row of each element's table, where all tables stand one below the other."""
    starts = np.arange(0, ask.n * rows, rows, dtype=at.dtype.numpy)
    return Tensor._of(starts.reshape(ask.n, *[1] * (at.array.ndim - 1)))


__all__: list[str] = []
