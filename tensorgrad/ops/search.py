"""Finding places: of what is not 0, and of values in sorted sequences."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..kernels import on
from ..kernels.shapes import integer, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .index import in_range, whole_index
from .promote import as_operand, cast


@in_own_name
def nonzero(input: TensorLike, *, as_tuple: bool = False) -> Any:
    """The places of what is not 0, in row-major order: rows (n, ndim), or with `as_tuple` one index tensor per axis."""
    array = as_operand("nonzero", input).array
    if not as_tuple:
        return Tensor._of(on(array).nonzero_rows(array))
    return tuple([Tensor._of(i) for i in on(array).nonzero(array if array.ndim else array.reshape(1))])


@in_own_name
def argwhere(input: TensorLike) -> Tensor:
    """The places of what is not 0, as rows (n, ndim)."""
    return nonzero(input)


@in_own_name
def nonzero_static(input: TensorLike, *, size: int, fill_value: int = -1) -> Tensor:
    """As `nonzero`, of exactly `size` rows: the first ones, or filled up with fill_value.  Shape: (size, ndim)."""
    size, fill_value = integer("nonzero_static", "size", size, 0), integer("nonzero_static", "fill_value", fill_value)
    array = as_operand("nonzero_static", input).array
    rows = on(array).nonzero_rows(array)[:size]
    out = on(array).full((size, array.ndim), fill_value, dtypes.int64.numpy)
    out[: len(rows)] = rows
    return Tensor._of(out)


@in_own_name
def searchsorted(
    sorted_sequence: TensorLike,
    input: TensorLike,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Tensor:
    """Where each value of input belongs in the sorted rows: i with row[i − 1] < value ≤ row[i]  (right: ≤ and <).

    Shapes: (…, n), (…, m) → (…, m); a sequence (n,) serves values of any shape.
    """
    return _searchsorted("searchsorted", sorted_sequence, input, out_int32, right, side, sorter)


@in_own_name
def bucketize(input: TensorLike, boundaries: TensorLike, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The number of the bucket between sorted boundaries that each value of input falls in: 0 below the first one."""
    edges = as_operand("bucketize", boundaries, "boundaries")
    if edges.array.ndim != 1:
        raise ValueError(f"bucketize: boundaries must have one dimension, got shape {tuple(edges.array.shape)}.")
    return _searchsorted("bucketize", edges, input, out_int32, right, None, None)


def _searchsorted(
    op: str, sequence: Any, input: Any, int32: bool, right: bool, side: str | None, sorter: Any
) -> Tensor:
    rows, values = as_operand(op, sequence, "sorted_sequence").array, as_operand(op, input).array
    if side not in (None, "left", "right"):
        raise ValueError(f"{op}: side is 'left' or 'right', got {side!r}.")
    if side == "left" and right:
        raise ValueError(f"{op}: side='left' contradicts right=True.")
    if not rows.ndim:
        raise ValueError(f"{op}: the sorted sequence needs at least one dimension.")
    if rows.ndim > 1 and rows.shape[:-1] != values.shape[:-1]:
        shapes = {"sorted_sequence": rows.shape, "input": values.shape}
        cure = "Or give a sequence of one dimension."
        raise ValueError(mismatch(op, "all sizes but the last must be equal", cure, **shapes))
    order = None
    if sorter is not None:
        order = whole_index(op, sorter)
        if order.shape != rows.shape:
            shapes = {"sorter": order.shape, "sequence": rows.shape}
            raise ValueError(mismatch(op, "sorter must have the sequence's shape", **shapes))
        in_range(op, order, rows.shape[-1], -1)
    found = on(rows).searchsorted(rows, values, "right" if right or side == "right" else "left", order)
    return cast(Tensor._of(on(rows).whole(found)), dtypes.int32 if int32 else dtypes.int64)


__all__ = ["argwhere", "bucketize", "nonzero", "nonzero_static", "searchsorted"]
