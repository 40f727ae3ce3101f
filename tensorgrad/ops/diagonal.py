"""Triangles and diagonals of matrices: read, kept, and put together."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axis, integer
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .promote import as_operand, cast

# ---- triangles ------------------------------------------------------------------------------------------------------


class Tril(Function):
    """x on and below the k-th diagonal, zeros above."""

    def __init__(self, k: int) -> None:
        self.k = k

    def forward(self, x: Any) -> Any:
        return on(x).tril(x, self.k)

    def backward(self, grad: Tensor) -> Tensor:
        return Tril(self.k)(grad)


def tril(input: TensorLike, diagonal: int = 0) -> Tensor:
    """The lower triangle: zeros above the given diagonal (0 the main one, 1 above it).  Shape: (…, m, n) → the same."""
    return Tril(_at_diagonal("tril", diagonal))(_matrices("tril", input))


class Triu(Function):
    """x on and above the k-th diagonal, zeros below."""

    def __init__(self, k: int) -> None:
        self.k = k

    def forward(self, x: Any) -> Any:
        return on(x).triu(x, self.k)

    def backward(self, grad: Tensor) -> Tensor:
        return Triu(self.k)(grad)


def triu(input: TensorLike, diagonal: int = 0) -> Tensor:
    """The upper triangle: zeros below the given diagonal (0 the main one, 1 above it).  Shape: (…, m, n) → the same."""
    return Triu(_at_diagonal("triu", diagonal))(_matrices("triu", input))


def _at_diagonal(op: str, k: Any) -> int:
    return integer(op, "diagonal", k)


def _matrices(op: str, x: Any) -> Tensor:
    t = as_operand(op, x)
    if t.array.ndim < 2:
        raise ValueError(f"{op}: needs a matrix (…, m, n), got {t.array.ndim} axes, shape {tuple(t.array.shape)}.")
    return t


# ---- diagonals ------------------------------------------------------------------------------------------------------


class Diagonal(Function):
    """The offset-th diagonal of the plane of two axes, as the last axis."""

    is_view = True

    def __init__(self, offset: int, axis1: int, axis2: int) -> None:
        self.place = offset, axis1, axis2

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).diagonal(x, *self.place)

    def backward(self, grad: Tensor) -> Tensor:
        return EmbedDiagonal(self.before, *self.place)(grad)


def diagonal(input: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of the plane of two axes, as the last axis.  A view.

    Shape: the two axes are left out, min(n₁, n₂ − offset) entries come last.
    """
    x = as_operand("diagonal", input)
    n = x.array.ndim
    if n < 2:
        raise ValueError(f"diagonal: needs at least two axes, got shape {tuple(x.array.shape)}.")
    a, b = axis("diagonal", dim1, n), axis("diagonal", dim2, n)
    if a == b:
        raise ValueError(f"diagonal: dim1 and dim2 are the same axis, {dim1} and {dim2}.")
    return Diagonal(_at_diagonal("diagonal", offset), a, b)(x)


class EmbedDiagonal(Function):
    """Zeros of a shape with x on a diagonal."""

    def __init__(self, shape: Shape, offset: int, axis1: int, axis2: int) -> None:
        self.to, self.place = shape, (offset, axis1, axis2)

    def forward(self, x: Any) -> Any:
        return on(x).embed_diagonal(x, self.to, *self.place)

    def backward(self, grad: Tensor) -> Tensor:
        return Diagonal(*self.place)(grad)


def diag_embed(input: TensorLike, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The last axis as the diagonal of a square of two new axes.  Shape: (…, n) → (…, n + |offset|, n + |offset|)."""
    x = as_operand("diag_embed", input)
    shape = x.array.shape
    if not shape:
        raise ValueError("diag_embed: needs at least one axis, got a 0-d tensor; reshape(1) first.")
    k = _at_diagonal("diag_embed", offset)
    a, b = axis("diag_embed", dim1, len(shape), 1), axis("diag_embed", dim2, len(shape), 1)
    if a == b:
        raise ValueError(f"diag_embed: dim1 and dim2 are the same axis, {dim1} and {dim2}.")
    to = list(shape[:-1])
    for i in sorted((a, b)):
        to.insert(i, shape[-1] + abs(k))
    return EmbedDiagonal(tuple(to), k, a, b)(x)


@in_own_name
def diag(input: TensorLike, diagonal: int = 0) -> Tensor:
    """A vector as a diagonal matrix; of a matrix, its diagonal.  Shape: (n,) → (n, n) or (m, n) → (min(m, n),)."""
    x = as_operand("diag", input)
    if x.array.ndim == 1:
        return diag_embed(x, diagonal)
    if x.array.ndim == 2:
        return Diagonal(_at_diagonal("diag", diagonal), 0, 1)(x).clone()
    raise ValueError(
        f"diag: needs a vector or a matrix, got shape {tuple(x.array.shape)}. For stacks: diagonal or diag_embed."
    )


@in_own_name
def diagflat(input: TensorLike, offset: int = 0) -> Tensor:
    """All elements, in order, on the diagonal of a square matrix."""
    return diag_embed(as_operand("diagflat", input).reshape(-1), offset)


def trace(input: TensorLike) -> Tensor:
    """Σ of the diagonal.  Shape: (m, n) → ().  Integers add up in int64."""
    x = as_operand("trace", input)
    if x.array.ndim != 2:
        cure = "For a stack: x.diagonal(0, -2, -1).sum(-1)."
        raise ValueError(f"trace: needs a matrix, got shape {tuple(x.array.shape)}. {cure}")
    if x.array.dtype.kind == "b":
        raise TypeError("trace: bools do not add up. Convert first: x.int().")
    return Diagonal(0, 0, 1)(x).sum()


class BlockDiag(Function):
    """Blocks along the diagonal, zeros elsewhere."""

    def forward(self, *blocks: Any) -> Any:
        self.sizes = [b.shape for b in blocks]
        shape = sum(s[0] for s in self.sizes), sum(s[1] for s in self.sizes)
        return on(blocks[0]).block_diag(shape, *blocks)

    def backward(self, grad: Tensor) -> Any:
        grads = []
        i = j = 0
        for m, n in self.sizes:
            grads.append(grad[i : i + m, j : j + n])
            i, j = i + m, j + n
        return tuple(grads)


def block_diag(*tensors: TensorLike) -> Tensor:
    """A matrix with the given ones along its diagonal; a vector counts as a row, a number as (1, 1)."""
    if not tensors:
        raise ValueError("block_diag: needs at least one tensor.")
    blocks = [as_operand("block_diag", x, f"tensor {i}") for i, x in enumerate(tensors)]
    for i, b in enumerate(blocks):
        if b.array.ndim > 2:
            raise ValueError(f"block_diag: tensor {i} has shape {tuple(b.array.shape)}; at most two axes.")
    dtype = dtypes.of_array(blocks[0].array)
    for b in blocks:
        dtype = dtypes.promote_types(dtype, b.dtype)
    return BlockDiag()(*[cast(b if b.array.ndim == 2 else b.reshape(1, -1), dtype) for b in blocks])


__all__ = ["block_diag", "diag", "diag_embed", "diagflat", "diagonal", "trace", "tril", "triu"]
