"""Norms of vectors and of matrices, and the condition number. (Layers that normalise: `norm.py`.)"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axes, axis
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .choose import where
from .keywords import also, numpy_words
from .matrices import matrices, squares
from .promote import cast, needs_floating, number
from .solve import Inv
from .spectral import svdvals

# ---- vectors --------------------------------------------------------------------------------------------------------


class VectorNorm(Function):
    """(Σ|x|ᵖ)^(1/p) along some axes. At 0, where it has a corner, the gradient is 0; the largest share theirs."""

    def __init__(self, p: float, axes: Shape, keepdim: bool) -> None:
        self.p, self.axes, self.keepdim = p, axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        return on(x).vector_norm(x, self.p, self.axes, self.keepdim)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Any:
        p = self.p
        if p == 0:
            return Tensor._of(on(x.array).zeros(x.array.shape, x.array.dtype))
        if not self.keepdim:
            kept = [1 if i in self.axes else n for i, n in enumerate(x.array.shape)]
            grad, out = grad.reshape(kept), out.reshape(kept)
        if p == 1:
            return grad * x.sign()
        if p in (inf, -inf):
            largest = (x.abs() == out).to(x.dtype)
            return x.sign() * largest * (grad / largest.sum(self.axes, keepdim=True))
        if p == 2:
            return x / out.masked_fill(out == 0, inf) * grad  # not grad / out, which overflows beside small numbers
        zero = out == 0  # for p > 0 because all of x is, and so is the slope; for p < 0 because one of x is
        out = out.masked_fill(zero, 1)
        if p < 0:
            grad = grad.masked_fill(zero, 0)
        share = x.abs() / out
        return x.sign() * share.masked_fill(x == 0, 1) ** (p - 1) * grad


@also(input="x", axis="dim", keepdims="keepdim")
def vector_norm(
    x: TensorLike, ord: float = 2, dim: int | Sequence[int] | None = None, keepdim: bool = False, *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:  # fmt: skip
    """(Σ|x|ᵖ)^(1/p) with p = ord, over `dim` (all of them, flattened, if None).

    Args:
        ord: any number; ±inf gives the largest or smallest magnitude, 0 counts what is not 0.
        dtype: convert to it first.
    """
    return p_norm("vector_norm", x, ord, dim, keepdim, dtype)


def p_norm(
    op: str, x: TensorLike, p: Any, dim: int | Sequence[int] | None, keepdim: bool, dtype: dtypes.dtype | None = None
) -> Tensor:
    """`vector_norm`, with errors under the name `op`."""
    t = needs_floating(op, x)
    if not isinstance(p, (int, float)):
        raise TypeError(f"{op}: ord must be a number, got {p!r}. 'fro' and 'nuc' are norms of matrices.")
    if dtype is not None:
        t = cast(t, _floating_dtype(op, dtype))
    over = axes(op, dim, t.array.ndim)
    if (p < 0 or p == inf) and any(t.array.shape[i] == 0 for i in over):
        raise ValueError(
            f"{op}: the {p} norm of nothing has no value; shape {tuple(t.array.shape)} is empty along {list(over)}."
        )
    return VectorNorm(float(p), over, keepdim)(t)


def _floating_dtype(op: str, dtype: Any) -> dtypes.dtype:
    d = dtypes.as_dtype(dtype)
    if not d.is_floating_point:
        raise TypeError(f"{op}: dtype must be a floating one, got {d}.")
    return d


# ---- matrices -------------------------------------------------------------------------------------------------------


@also(input="A", axis="dim", keepdims="keepdim")
@in_own_name
def matrix_norm(
    A: TensorLike, ord: float | str = "fro", dim: Sequence[int] = (-2, -1), keepdim: bool = False, *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:  # fmt: skip
    """A norm of matrices.

    Args:
        ord: 'fro' √Σaᵢⱼ², 'nuc' Σσᵢ, 2 and −2 the largest and smallest singular value σ, 1 and −1 the largest and
            smallest column Σ|aᵢⱼ|, inf and −inf the same of rows.
        dim: the two axes (rows, columns).
    """
    return _matrix_norm("matrix_norm", A, ord, dim, keepdim, dtype)


def _matrix_norm(op: str, A: Any, p: Any, dim: Any, keepdim: bool, dtype: Any = None) -> Tensor:
    t = needs_floating(op, A)
    if dtype is not None:
        t = cast(t, _floating_dtype(op, dtype))
    n = t.array.ndim
    if n < 2:
        raise ValueError(f"{op}: needs a matrix (…, m, n), got shape {tuple(t.array.shape)}.")
    if not isinstance(dim, (tuple, list)) or len(dim) != 2:
        raise ValueError(f"{op}: dim must be two axes (rows, columns), got {dim!r}.")
    i, j = axis(op, dim[0], n), axis(op, dim[1], n)
    if i == j:
        raise ValueError(f"{op}: dim {tuple(dim)} names one axis twice.")
    if isinstance(p, Tensor):
        p = number(op, "ord", p)
    if p == "fro":
        return VectorNorm(2.0, (i, j), keepdim)(t)
    if p not in ("nuc", 1, -1, 2, -2, inf, -inf):
        raise ValueError(f"{op}: ord {p!r} is not a norm of matrices; choose 'fro', 'nuc', ±1, ±2 or ±inf.")
    along = {1: (i, j), inf: (j, i)}.get(abs(p) if p != "nuc" else 0)
    shape = t.array.shape
    choices = (
        min(shape[i], shape[j]) if along is None else shape[along[1]]
    )  # so many sums or singular values to choose from
    if p != "nuc" and choices == 0:
        if p > 0:
            return t.abs().sum((i, j), keepdim)  # the largest of nothing: 0, with its place in the graph
        raise ValueError(f"{op}: the {p} norm of a matrix of shape {tuple(shape)} has no value; it is empty.")
    if along is not None:
        summed, last = along
        sums = t.abs().sum(summed, keepdim=True)
        y = sums.amax(last, keepdim=True) if p > 0 else sums.amin(last, keepdim=True)
        return y if keepdim else y.squeeze((i, j))
    s = svdvals(t.movedim((i, j), (-2, -1)))
    y = s.sum(-1) if p == "nuc" else s.amax(-1) if p == 2 else s.amin(-1)
    return y.reshape([1 if k in (i, j) else m for k, m in enumerate(t.array.shape)]) if keepdim else y


@also(input="A")
def cond(A: TensorLike, p: float | str | None = None) -> Tensor:
    """The condition number ‖A‖·‖A⁻¹‖ in the norm p (see `linalg.matrix_norm`; None for 2).  Shape: (…, n, n) → (…).

    For p = None, 2 or −2, A need not be square. Of a singular matrix it is inf (nan for ‖A‖ = 0 and p = ±2), of an empty
    one 0.
    """
    x = matrices("cond", A)
    if not prod(x.array.shape[-2:]):
        return x.sum((-2, -1))
    if isinstance(p, Tensor):
        p = number("cond", "p", p)
    if p is None or p in (2, -2):
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    x = squares("cond", A)
    if p not in ("fro", "nuc", 1, -1, inf, -inf):
        raise ValueError(f"cond: p must be None, 'fro', 'nuc', ±1, ±2 or ±inf, got {p!r}.")
    invert = Inv()
    inverse = invert(x)
    if invert.info is None:
        return matrix_norm(x, p) * matrix_norm(inverse, p)
    singular = Tensor._of(invert.info != 0)
    inverse = inverse.masked_fill(singular[..., None, None], 0)
    return (matrix_norm(x, p) * matrix_norm(inverse, p)).masked_fill(singular, inf)


# ---- either ---------------------------------------------------------------------------------------------------------


def norm(
    input: TensorLike, p: float | str | None = "fro", dim: int | Sequence[int] | None = None, keepdim: bool = False, *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:  # fmt: skip
    """The p-norm of all elements together, or over `dim`: `linalg.vector_norm`, with 'fro' for 2; 'nuc' is the nuclear
    norm of matrices."""
    if p == "nuc":
        x = needs_floating("norm", input)
        return _matrix_norm("norm", x, "nuc", (-2, -1) if dim is None else dim, keepdim, dtype)
    if p is None or p == "fro":
        if isinstance(dim, (tuple, list)) and len(dim) > 2:
            raise ValueError(f"norm: 'fro' is a norm of matrices, at most two axes; got dim {tuple(dim)}. Use p=2.")
        p = 2
    elif isinstance(p, str):
        raise ValueError(f"norm: p must be a number, 'fro' or 'nuc', got {p!r}.")
    return p_norm("norm", input, p, dim, keepdim, dtype)


@also(input="A", axis="dim", keepdims="keepdim")
def linalg_norm(
    A: TensorLike, ord: float | str | None = None, dim: int | Sequence[int] | None = None, keepdim: bool = False, *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:  # fmt: skip
    """`vector_norm` or `matrix_norm`, by what is asked: one axis in `dim`, or two; without `dim`, the axes of A.

    Without `ord`: the 2-norm of all elements together.
    """
    x = needs_floating("linalg.norm", A)
    n = x.array.ndim
    if ord is None:
        if isinstance(dim, (tuple, list)) and len(dim) > 2:
            raise ValueError(f"linalg.norm: dim names {len(dim)} axes, {tuple(dim)}; one (vectors) or two (matrices).")
        return p_norm("linalg.norm", x, 2, dim, keepdim, dtype)
    if dim is None:
        if n not in (1, 2):
            raise ValueError(
                f"linalg.norm: with ord and without dim A is a vector or a matrix; got shape {tuple(x.array.shape)}. "
                "Say which axes: dim=-1 or dim=(-2, -1)."
            )
        dim = 0 if n == 1 and not isinstance(ord, str) else (-2, -1)
    if isinstance(dim, (tuple, list)) and len(dim) == 2:
        return _matrix_norm("linalg.norm", x, ord, dim, keepdim, dtype)
    return p_norm("linalg.norm", x, ord, dim, keepdim, dtype)


linalg_norm.__name__ = "norm"


@numpy_words
def renorm(input: TensorLike, p: float, dim: int, maxnorm: float) -> Tensor:
    """Slices along `dim` whose p-norm is above maxnorm scaled down to it.  Shape: at least two axes → the same."""
    x = needs_floating("renorm", input)
    shape = x.array.shape
    d = axis("renorm", dim, len(shape))
    if len(shape) < 2:
        raise ValueError(f"renorm: needs at least 2 dimensions, got shape {tuple(shape)}.")
    p, maxnorm = number("renorm", "p", p), number("renorm", "maxnorm", maxnorm)
    if not p > 0 or not maxnorm >= 0:
        raise ValueError(f"renorm: p must be above 0 and maxnorm 0 or more, got {p} and {maxnorm}.")
    if not x.array.size:
        return x.clone()
    norms = VectorNorm(float(p), tuple([i for i in range(len(shape)) if i != d]), True)(x)
    return x * where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)


__all__ = ["norm", "renorm"]
