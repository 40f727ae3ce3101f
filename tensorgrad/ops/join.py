"""Several tensors to one, and one to several."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import axis, fits, integer, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .expand import Expand
from .keywords import also, numpy_words
from .promote import as_operand, cast, mixed_dtypes
from .shape import Reshape, atleast_1d, atleast_2d, atleast_3d, sizes_of
from .slice import Narrow, Select

# ---- joining --------------------------------------------------------------------------------------------------------


class Cat(Function):
    """Tensors one after the other along an axis."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, *xs: Any) -> Any:
        self.sizes = [x.shape[self.dim] for x in xs]
        return on(xs[0]).cat(xs, self.dim)

    def backward(self, grad: Tensor) -> Any:
        before, grads, start = (slice(None),) * self.dim, [], 0
        for size, needed in zip(self.sizes, self.needs):
            grads.append(Narrow((*before, slice(start, start + size), ...))(grad) if needed else None)
            start += size
        return tuple(grads)


def cat(tensors: Any, dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors one after the other along `dim`, in their common dtype.

    Shapes: (…, nᵢ, …) → (…, Σnᵢ, …), all other sizes equal; tensors of shape (0,) may stand anywhere and add nothing.
    """
    return _cat("cat", tensors, dim if axis is None else axis)


def concat(tensors: Any, dim: int = 0, *, axis: int | None = None) -> Tensor:
    """`cat` by another name."""
    return _cat("concat", tensors, dim if axis is None else axis)


def concatenate(tensors: Any, dim: int = 0, *, axis: int | None = None) -> Tensor:
    """`cat`, by NumPy's name."""
    return _cat("concatenate", tensors, dim if axis is None else axis)


def _cat(op: str, tensors: Any, dim: int) -> Tensor:
    if type(tensors) in (list, tuple) and tensors:
        try:  # the usual case, where NumPy finds that the shapes fit
            first = tensors[0].array
            if first.ndim and all([x.array.dtype is first.dtype for x in tensors]):
                return Cat(axis(op, dim, first.ndim))(*tensors)
        except (AttributeError, IndexError, ValueError):
            pass
    xs = _alike(op, tensors)
    filled = [x for x in xs if x.array.shape != (0,)]
    if not filled:
        axis(op, dim, 1)
        return Cat(0)(*xs)
    first = filled[0].array
    if not first.ndim:
        raise ValueError(f"{op}: a 0-d tensor cannot be joined to others; use stack, or reshape it to (1,).")
    d = axis(op, dim, first.ndim)
    for x in filled[1:]:
        a, b = first.shape, x.array.shape
        if len(a) != len(b) or a[:d] != b[:d] or a[d + 1 :] != b[d + 1 :]:
            i = next(i for i, y in enumerate(xs) if y is x)
            shapes = {"first": a, f"tensor {i}": b}
            raise ValueError(mismatch(op, f"sizes differ elsewhere than in dim {dim}", _JOIN, **shapes))
    nothing = (*first.shape[:d], 0, *first.shape[d + 1 :])
    # An empty one adds nothing, and has a gradient all the same: as empty as it is.
    return Cat(d)(*[Reshape(nothing)(x) if x.array.shape == (0,) else x for x in xs if x.array.shape != (0,) or x.requires_grad])


_JOIN = "Only along the dim of joining may sizes differ."


def _alike(op: str, tensors: Any) -> list[Tensor]:
    """A non-empty list of tensors, brought to their common dtype."""
    if isinstance(tensors, Tensor) or not isinstance(tensors, Sequence):
        raise TypeError(f"{op}: needs a list or tuple of tensors, got {type(tensors).__name__}. Write {op}([a, b]).")
    if not tensors:
        raise ValueError(f"{op}: needs at least one tensor, got an empty list.")
    xs = [x if isinstance(x, Tensor) else as_operand(op, x, f"tensor {i}") for i, x in enumerate(tensors)]
    first = xs[0].array.dtype
    for x in xs:
        if x.array.dtype != first:
            break
    else:
        return xs
    common = xs[0].dtype
    for x in xs:
        common = dtypes.promote_types(common, x.dtype)
    return [cast(x, common) for x in xs]


class Stack(Function):
    """Tensors side by side along a new axis."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, *xs: Any) -> Any:
        return on(xs[0]).stack(xs, self.dim)

    def backward(self, grad: Tensor) -> Any:
        before = (slice(None),) * self.dim
        return tuple([Select((*before, i, ...))(grad) if needed else None for i, needed in enumerate(self.needs)])


@numpy_words
def stack(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new axis at `dim`, in their common dtype."""
    xs = _alike("stack", tensors)
    shape = xs[0].array.shape
    for i, x in enumerate(xs):
        if x.array.shape != shape:
            shapes = {"tensor 0": shape, f"tensor {i}": x.array.shape}
            cure = "Use cat to join along an axis."
            raise ValueError(mismatch("stack", "all tensors must have the same shape", cure, **shapes))
    return Stack(axis("stack", dim, len(shape), extra=1))(*xs)


def hstack(tensors: Any) -> Tensor:
    """Joined from left to right: along axis 1, or axis 0 of one-dimensional tensors; 0-d ones count as (1,)."""
    xs = atleast_1d(_alike("hstack", tensors))
    return _cat("hstack", xs, 0 if xs[0].array.ndim == 1 else 1)


def vstack(tensors: Any) -> Tensor:
    """Joined from top to bottom: along axis 0, vectors as rows."""
    return _cat("vstack", atleast_2d(_alike("vstack", tensors)), 0)


def row_stack(tensors: Any) -> Tensor:
    """`vstack` by another name."""
    return _cat("row_stack", atleast_2d(_alike("row_stack", tensors)), 0)


def dstack(tensors: Any) -> Tensor:
    """Joined in depth: along axis 2, after (n,) → (1, n, 1) and (m, n) → (m, n, 1)."""
    return _cat("dstack", atleast_3d(_alike("dstack", tensors)), 2)


def column_stack(tensors: Any) -> Tensor:
    """Joined from left to right, vectors as columns: (n,) → (n, 1)."""
    xs = [Reshape((x.array.size, 1))(x) if x.array.ndim <= 1 else x for x in _alike("column_stack", tensors)]
    return _cat("column_stack", xs, 1)


@in_own_name
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Grids of coordinates: of vectors (nᵢ,), tensors of shape (n₀, n₁, …), the i-th varying along axis i.  Views.

    Args:
        indexing: 'ij' (the default), or 'xy', which exchanges the first two axes as plotting wants it.
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    if indexing not in (None, "ij", "xy"):
        raise ValueError(f"meshgrid: indexing is 'ij' or 'xy', got {indexing!r}.")
    if not tensors:
        raise ValueError("meshgrid: needs at least one tensor.")
    xs = [as_operand("meshgrid", x, f"tensor {i}") for i, x in enumerate(tensors)]
    for i, x in enumerate(xs):
        if x.array.ndim > 1:
            raise ValueError(f"meshgrid: needs tensors of at most one dimension, tensor {i} is {tuple(x.array.shape)}.")
        if x.array.dtype != xs[0].array.dtype:
            raise mixed_dtypes("meshgrid", **{f"tensors[{j}]": x for j, x in enumerate(xs)})
    places = list(range(len(xs)))
    if indexing == "xy" and len(xs) > 1:
        places[:2] = [1, 0]
    shape = [1] * len(xs)
    for x, place in zip(xs, places):
        shape[place] = x.array.size
    grids = []
    for x, place in zip(xs, places):
        along = tuple([n if i == place else 1 for i, n in enumerate(shape)])
        grids.append(Expand(tuple(shape))(Reshape(along)(x)))
    return tuple(grids)


@in_own_name
def cartesian_prod(*tensors: Any) -> Tensor:
    """All choices of one element of each vector, as rows.  Shapes: (n₀,), (n₁,), … → (n₀·n₁·…, number of vectors)."""
    xs = [as_operand("cartesian_prod", x, f"tensor {i}") for i, x in enumerate(tensors)]
    for i, x in enumerate(xs):
        if x.array.ndim != 1:
            raise ValueError(f"cartesian_prod: needs one-dimensional tensors, tensor {i} is {tuple(x.array.shape)}.")
    if len(xs) == 1:
        return xs[0]
    return stack([Reshape((-1,) if g.array.size else (0,))(g) for g in meshgrid(*xs)], 1)


@in_own_name
def combinations(input: TensorLike, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of r elements of a vector, in order, as rows.  Shapes: (n,) → (n over r, r)."""
    x = as_operand("combinations", input)
    if x.array.ndim != 1:
        raise ValueError(f"combinations: needs a one-dimensional tensor, got shape {tuple(x.array.shape)}.")
    r = integer("combinations", "r", r, 0)
    if r == 0:
        return Tensor._of(on(x.array).empty((0,), x.array.dtype))
    n = x.array.size
    rows = comb(n + r - 1, r) if with_replacement and n else comb(n, r) if r <= n else 0
    fits("combinations", (rows, r), 8)
    if not rows:
        return x[:0].reshape(0, 1).expand(0, r)
    return x.take(Tensor._of(on(x.array).combinations(x.array.size, r, bool(with_replacement))))


# ---- taking apart ---------------------------------------------------------------------------------------------------


class Unbind(Function):
    """The slices along an axis, without it."""

    is_view = True

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        before = (slice(None),) * self.dim
        return tuple([x[(*before, i, ...)] for i in range(x.shape[self.dim])])

    def part(self, i: int) -> Function:
        return Select((*(slice(None),) * self.dim, i, ...), self.before)

    def backward(self, *grads: Tensor) -> Tensor:
        return Stack(self.dim)(*grads)


@numpy_words
def unbind(input: TensorLike, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along `dim`, without that axis.  Views."""
    x = as_operand("unbind", input)
    if not x.array.ndim:
        raise IndexError("unbind: a 0-d tensor has no axis to take apart.")
    return Unbind(axis("unbind", dim, x.array.ndim))(x)


class Split(Function):
    """Parts of an axis that follow one another and leave nothing out."""

    is_view = True

    def __init__(self, sizes: Sequence[int], dim: int) -> None:
        self.dim = dim
        before, self.keys, start = (slice(None),) * dim, [], 0
        for size in sizes:
            self.keys.append((*before, slice(start, start + size), ...))
            start += size

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return tuple([x[key] for key in self.keys])

    def part(self, i: int) -> Function:
        return Narrow(self.keys[i], self.before)

    def backward(self, *grads: Tensor) -> Tensor:
        return Cat(self.dim)(*grads)


@numpy_words
def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of `split_size` places each along `dim` (the last may be smaller), or of the given sizes.  Views."""
    return _split("split", tensor, split_size_or_sections, dim)


@numpy_words
def split_with_sizes(input: TensorLike, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of the given sizes along `dim`.  Views."""
    return _split("split_with_sizes", input, sizes_of("split_with_sizes", (split_sizes,)), dim)


def _split_method(self: Tensor, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of `split_size` places each along `dim` (the last may be smaller), or of the given sizes.  Views."""
    return _split("split", self, split_size, dim)


def _split(op: str, tensor: Any, size: Any, dim: int) -> tuple[Tensor, ...]:
    x = as_operand(op, tensor)
    if not x.array.ndim:
        raise ValueError(f"{op}: a 0-d tensor has no axis to split.")
    d = axis(op, dim, x.array.ndim)
    n = x.array.shape[d]
    if isinstance(size, (list, tuple)):
        sizes = list(sizes_of(op, (size,)))
        if sum(sizes) != n or min(sizes, default=0) < 0:
            shape = tuple(x.array.shape)
            raise ValueError(f"{op}: sizes {sizes} do not add up to the size {n} of dim {dim}, shape {shape}.")
        return Split(sizes, d)(x)
    step = sizes_of(op, (size,) if not isinstance(size, Tensor) else ([size],))[0]
    if step < 0 or (step == 0 and n):
        raise ValueError(f"{op}: parts need at least one place, got split_size {step}.")
    return Split([min(step, n - i) for i in range(0, n, step)] if n else [0], d)(x)


@numpy_words
def chunk(input: TensorLike, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` parts of one size along `dim`, the last one smaller if need be.  Views."""
    x = as_operand("chunk", input)
    if not x.array.ndim:
        raise ValueError("chunk: a 0-d tensor has no axis to split.")
    chunks = integer("chunk", "chunks", chunks)
    if chunks <= 0:
        raise ValueError(f"chunk: needs at least 1 chunk, got {chunks}.")
    n = x.array.shape[axis("chunk", dim, x.array.ndim)]
    if n == 0:
        return Split([0] * chunks, axis("chunk", dim, x.array.ndim))(x)
    return _split("chunk", x, -(-n // chunks), dim)


_parts = also(
    axis="dim", sections="indices_or_sections", indices="indices_or_sections",
    tensor_indices_or_sections="indices_or_sections",
)  # fmt: skip


@in_own_name
@_parts
def tensor_split(input: TensorLike, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """`n` parts of sizes that differ by one at most, or the parts between the given indices.  Views."""
    return _tensor_split("tensor_split", as_operand("tensor_split", input), indices_or_sections, dim)


def _tensor_split(op: str, x: Tensor, where: Any, dim: int) -> tuple[Tensor, ...]:
    if not x.array.ndim:
        raise ValueError(f"{op}: a 0-d tensor has no axis to split.")
    d = axis(op, dim, x.array.ndim)
    n = x.array.shape[d]
    if isinstance(where, Tensor):
        if where.array.ndim > 1 or where.array.dtype.kind not in "iu":
            raise TypeError(f"{op}: indices_or_sections must be an int, several, or an integer tensor.")
        where = where.array.tolist()
    if isinstance(where, (list, tuple)):
        bounds = [0, *sizes_of(op, (where,)), n]
        before = (slice(None),) * d
        if all(0 <= a <= b <= n for a, b in zip(bounds, bounds[1:])):
            return Split([b - a for a, b in zip(bounds, bounds[1:])], d)(x)
        # indices out of order or beyond the ends: what the slices between them give, each alone
        return tuple([Narrow((*before, slice(a, b), ...))(x) for a, b in zip(bounds, bounds[1:])])
    sections = sizes_of(op, ([where],))[0]
    if sections <= 0:
        raise ValueError(f"{op}: needs at least 1 section, got {sections}.")
    fits(op, (sections,), 500, "sections")
    least, more = divmod(n, sections)
    return Split([least + (i < more) for i in range(sections)], d)(x)


@_parts
def hsplit(input: TensorLike, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Parts from left to right: `tensor_split` along axis 1 (0 of a vector); sections must divide the size.  Views."""
    x = as_operand("hsplit", input)
    if not x.array.ndim:
        raise ValueError("hsplit: needs at least 1 dimension, got a 0-d tensor.")
    return _even("hsplit", x, indices_or_sections, 0 if x.array.ndim == 1 else 1)


@_parts
def vsplit(input: TensorLike, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Parts from top to bottom: `tensor_split` along axis 0; sections must divide the size.  Views."""
    x = as_operand("vsplit", input)
    if x.array.ndim < 2:
        raise ValueError(f"vsplit: needs at least 2 dimensions, got shape {tuple(x.array.shape)}.")
    return _even("vsplit", x, indices_or_sections, 0)


@_parts
def dsplit(input: TensorLike, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Parts in depth: `tensor_split` along axis 2; sections must divide the size.  Views."""
    x = as_operand("dsplit", input)
    if x.array.ndim < 3:
        raise ValueError(f"dsplit: needs at least 3 dimensions, got shape {tuple(x.array.shape)}.")
    return _even("dsplit", x, indices_or_sections, 2)


def _even(op: str, x: Tensor, where: Any, dim: int) -> tuple[Tensor, ...]:
    if not isinstance(where, (list, tuple, Tensor)):
        n, sections = x.array.shape[dim], sizes_of(op, ([where],))[0]
        if sections <= 0 or n % sections:
            shape = tuple(x.array.shape)
            raise ValueError(f"{op}: {sections} equal parts do not fit the size {n} of dim {dim}, shape {shape}.")
    return _tensor_split(op, x, where, dim)


unsafe_chunk = chunk
unsafe_split_with_sizes = split_with_sizes
unsafe_split = also(input="tensor", split_size="split_size_or_sections")(split)


__all__ = [
    "cartesian_prod", "cat", "chunk", "column_stack", "combinations", "concat", "concatenate", "dsplit", "dstack",
    "hsplit", "hstack", "meshgrid", "row_stack", "split", "split_with_sizes", "stack", "tensor_split", "unbind",
    "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "vsplit", "vstack",
]  # fmt: skip
