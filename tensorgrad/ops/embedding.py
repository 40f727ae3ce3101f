"""Tables of vectors, looked up by number."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..autograd.inplace import bump_version
from ..autograd.modes import no_grad
from ..kernels import on
from ..kernels.shapes import integer, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .keywords import also
from .promote import as_operand, mixed_dtypes, number


class Embedding(Function):
    """table[index]. The gradient adds rows up where they came from, and multiplies each by its own factor, if any."""

    def __init__(self, factors: Tensor | None = None) -> None:
        self.factors = factors

    def formula(self, table: Tensor, index: Tensor) -> Tensor:
        if self.factors is not None:  # of the gradient alone: the value stays
            table = self.factors * table + ((1 - self.factors) * table).detach()
        return table[index]

    def forward(self, table: Any, index: Any) -> Any:
        self.rows = table.shape[0]
        return on(table).take_rows(table, index)

    def backward(self, grad: Tensor, index: Tensor) -> Any:
        g = AddRows(self.rows)(grad, index)
        return g if self.factors is None else g * self.factors, None


class AddRows(Function):
    """Zeros with x[i] added at row index[i]; the gradient looks the rows up."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def formula(self, x: Tensor, index: Tensor) -> Tensor:
        width = x.array.shape[-1]
        return x.new_zeros((self.rows, width)).index_add(0, index.reshape(-1), x.reshape(index.array.size, width))

    def forward(self, x: Any, index: Any) -> Any:
        return on(x).add_rows(x, index, self.rows)

    def backward(self, grad: Tensor, index: Tensor) -> Any:
        return Embedding()(grad, index), None


@in_own_name
def embedding(
    input: TensorLike,
    weight: TensorLike,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """weight[input]: for each number a row of the table.

    Shape: input (…) of int64 or int32, weight (V, D) → (…, D).

    Args:
        padding_idx: a row that gets no gradient; counted from the end if negative.
        max_norm: rows that are used and longer are scaled down to this `norm_type`-norm, in the table itself.
        scale_grad_by_freq: divide each row's gradient by how often it is used here.
        sparse: accepted; gradients are dense here.
    """
    index, table = _checked("embedding", input, weight)
    v = table.array.shape[0]
    padding = _row("embedding", padding_idx, v)
    if max_norm is not None:
        _clip(table, index, max_norm, norm_type, "embedding")
    return Embedding(_factors(table, index, padding, scale_grad_by_freq))(table, index)


@in_own_name
def embedding_bag(
    input: TensorLike,
    weight: TensorLike,
    offsets: TensorLike | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: TensorLike | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sums, means or maxima of rows of a table, a bag of row numbers at a time.

    Shape: input (B, n), a bag a row, or all bags in one (M,) with `offsets` (B,), where each begins; weight (V, D) →
    (B, D). An empty bag gives zeros.

    Args:
        mode: 'sum', 'mean' or 'max'.
        per_sample_weights: a factor for each row number, of input's shape; for 'sum' only.
        include_last_offset: offsets has one entry more, the end of the last bag.
        padding_idx: row numbers that are left out of the bags.
        max_norm, norm_type, scale_grad_by_freq, sparse: see `embedding`.
    """
    op = "embedding_bag"
    index, table = _checked(op, input, weight)
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"{op}: mode {mode!r} is unknown; choose 'sum', 'mean' or 'max'.")
    if per_sample_weights is not None and mode != "sum":
        raise ValueError(f"{op}: per_sample_weights go with mode='sum' only, not {mode!r}.")
    if scale_grad_by_freq and mode == "max":
        raise ValueError(f"{op}: scale_grad_by_freq does not go with mode='max'.")
    factors = None
    if per_sample_weights is not None:
        factors = as_operand(op, per_sample_weights, "per_sample_weights")
        if factors.array.shape != index.array.shape:
            cure = "One factor per row number."
            shapes = {"input": index.array.shape, "per_sample_weights": factors.array.shape}
            raise ValueError(mismatch(op, "per_sample_weights has another shape than input", cure, **shapes))
        if factors.array.dtype != table.array.dtype:
            raise mixed_dtypes(op, "weight", weight=weight, per_sample_weights=per_sample_weights)
    starts = _starts(op, index, offsets, include_last_offset)
    padding = _row(op, padding_idx, table.array.shape[0])
    if max_norm is not None:
        _clip(table, index, max_norm, norm_type, op)
    kept, bags, starts, counts = on(index.array).bags(index.array, starts, padding)
    rows = index.reshape(-1)
    if kept is not None:
        rows = rows[kept]
    y = Embedding(_factors(table, rows, None, scale_grad_by_freq))(table, rows)
    n = len(starts)
    if mode == "max":
        which = Tensor._of(on(y.array).largest_rows(y.array, starts, counts))
        empty = Tensor._of((counts == 0)[:, None])
        return (y.gather(0, which) if y.array.size else y.sum() + y.new_zeros(n, y.array.shape[1])).masked_fill(
            empty, 0
        )
    if factors is not None:
        factors = factors.reshape(-1, 1)
        y = y * (factors if kept is None else factors[kept])
    y = AddRows(n)(y, Tensor._of(bags))
    if mode == "mean":
        y = y / Tensor._of(counts.clip(1)[:, None].astype(y.array.dtype))
    return y


@also(input="tensor")
def one_hot(tensor: TensorLike, num_classes: int = -1) -> Tensor:
    """1 at the place each number names, 0 elsewhere.  Shape: (…) int64 → (…, num_classes) int64.

    num_classes −1 stands for the largest number plus one.
    """
    x = as_operand("one_hot", tensor, "tensor")
    if x.array.dtype.kind != "i" or x.array.dtype.itemsize < 8:
        raise TypeError(f"one_hot: needs class numbers, int64, got {x.dtype}. Convert them: tensor.long().")
    num_classes = integer("one_hot", "num_classes", num_classes)
    if x.array.size == 0 and num_classes <= 0:
        raise ValueError("one_hot: of an empty tensor num_classes cannot be found out; give it, above 0.")
    if num_classes == -1 and x.is_meta:
        raise RuntimeError("one_hot: the number of classes depends on numbers, and a meta tensor has none. Give num_classes.")
    low, high = on(x.array).bounds(x.array)
    if low < 0:
        raise ValueError(f"one_hot: class numbers must not be negative, got {low}.")
    if num_classes == -1:
        num_classes = high + 1
    elif num_classes < 1:
        raise ValueError(f"one_hot: num_classes must be above 0 (or -1), got {num_classes}.")
    elif high >= num_classes:
        raise ValueError(f"one_hot: class {high} with num_classes {num_classes}; classes are 0 to {num_classes - 1}.")
    return Tensor._of(on(x.array).one_hot(x.array, num_classes))


# ---- helpers --------------------------------------------------------------------------------------------------------


def _checked(op: str, input: Any, weight: Any) -> tuple[Tensor, Tensor]:
    index, table = as_operand(op, input), as_operand(op, weight, "weight")
    if index.array.dtype.kind != "i" or index.array.dtype.itemsize < 4:
        raise TypeError(f"{op}: input holds row numbers, int64 or int32, got {index.dtype}. Convert it: input.long().")
    if table.array.ndim != 2:
        raise ValueError(f"{op}: weight must be a table (V, D), got shape {tuple(table.array.shape)}.")
    low, high = on(index.array).bounds(index.array)
    v = table.array.shape[0]
    if low < 0 or high >= v:
        bad = low if low < 0 else high
        raise IndexError(f"{op}: input holds {bad}, but the table has {v} rows, 0 to {v - 1}.")
    return index, table


def _row(op: str, row: int | None, v: int) -> int | None:
    """padding_idx, counted from the front."""
    if row is None:
        return None
    row = integer(op, "padding_idx", row)
    if not -v <= row < v:
        raise ValueError(f"{op}: padding_idx {row} is out of range for a table of {v} rows; use {-v} to {v - 1}.")
    return row % v


def _factors(table: Tensor, index: Tensor, padding: int | None, by_frequency: bool) -> Tensor | None:
    """What each row's gradient is multiplied by, (V, 1); None for nothing."""
    if padding is None and not by_frequency or not table.is_floating_point():
        return None
    return Tensor._of(on(table.array).row_factors(table.array, index.array, padding, by_frequency))


def _clip(table: Tensor, index: Tensor, max_norm: float, p: float, op: str) -> None:
    """Scale rows down in the table's memory; not recorded."""
    max_norm, p = number(op, "max_norm", max_norm), number(op, "norm_type", p)
    with no_grad():
        if on(table.array).clip_rows(table.array, index.array, max_norm, p):
            bump_version(table, f"{op} (max_norm)")


def _starts(op: str, index: Tensor, offsets: Any, include_last: bool) -> Any:
    """Where each bag begins in the flattened input, and the end: B + 1 whole numbers."""
    shape = index.array.shape
    if len(shape) == 2:
        if offsets is not None:
            raise ValueError(f"{op}: a two-dimensional input {tuple(shape)} has a bag a row; leave out offsets.")
        return on(index.array).even_starts(*shape)
    if len(shape) != 1:
        raise ValueError(f"{op}: input must be (B, n) or (M,), got shape {tuple(shape)}.")
    if offsets is None:
        raise ValueError(f"{op}: a one-dimensional input {tuple(shape)} needs offsets, where each bag begins.")
    o = as_operand(op, offsets, "offsets")
    if o.array.ndim != 1 or o.array.dtype.kind != "i":
        raise ValueError(f"{op}: offsets must be whole numbers (B,), got {o.dtype}, shape {tuple(o.array.shape)}.")
    if include_last and not o.array.size:
        raise ValueError(f"{op}: with include_last_offset offsets has at least one entry.")
    found = on(o.array).starts(o.array, shape[0], include_last)
    if found is None:
        raise ValueError(
            f"{op}: offsets must begin with 0, not fall, and not go beyond the input's {shape[0]} entries; "
            f"got {o.array.tolist()[:8]}."
        )
    return found


__all__: list[str] = []
