"""Inverses, systems of linear equations and least squares.

All take stacks of matrices (…, m, n), of float32 or float64. The gradients are written in ops, so they have gradients
themselves. Their formulas: M. Giles, *Collected matrix derivative results for forward and reverse mode algorithmic
differentiation* (2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import mismatch
from ..printing import Result
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .diagonal import tril, triu
from .keywords import also
from .matrices import SINGULAR, converged, identity, info_of, matrices, one_dtype, refuse, right_hand_side, squares
from .promote import as_operand, number
from .shape import sizes_of
from .spectral import Pinv

# ---- inverses -------------------------------------------------------------------------------------------------------


class Inv(Function):
    """Y = A⁻¹; the gradient is −Yᵀ·g·Yᵀ. Unless it is `strict`, a singular matrix gives nan."""

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict

    def forward(self, x: Any) -> Any:
        out, self.info = on(x).inv(x)
        if self.strict:
            refuse("inv", self.info, SINGULAR)
        return out

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return -(out.mT @ grad @ out.mT)


@also(input="A")
def inv(A: TensorLike) -> Tensor:
    """A⁻¹.  Shape: (…, n, n) → the same.

    A singular matrix is a LinAlgError. For A⁻¹·B, `linalg.solve` is faster and more exact.
    """
    return Inv(True)(squares("inv", A))


class linalg_inv_ex_result(Result):
    inverse: Tensor
    info: Tensor


def inv_ex(A: TensorLike, *, check_errors: bool = False) -> linalg_inv_ex_result:
    """A⁻¹ without an error for singular matrices: there the inverse is nan, and `info` the number of the zero pivot.

    (PyTorch leaves whatever LAPACK has left; here it is nan.)
    """
    x = squares("inv_ex", A)
    op = Inv(check_errors)
    out = op(x)
    return linalg_inv_ex_result(out, info_of(x, op.info))


# ---- systems of equations -------------------------------------------------------------------------------------------


class Solve(Function):
    """X = A⁻¹·B; with gB = A⁻ᵀ·g the gradient towards A is −gB·Xᵀ. If not `strict`, a singular A gives nan."""

    broadcasts = True

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict

    def forward(self, a: Any, b: Any) -> Any:
        out, self.info = on(a).solve(a, b)
        if self.strict:
            refuse("solve", self.info, SINGULAR)
        return out

    def backward(self, grad: Tensor, a: Tensor, out: Tensor) -> Any:
        gb = Solve(self.strict)(a.mT, grad)
        return -(gb @ out.mT) if self.needs[0] else None, gb


def solve(A: TensorLike, B: TensorLike, *, left: bool = True) -> Tensor:
    """X with A·X = B, or with X·A = B if not `left`.

    Shape: A (…, n, n); B (…, n, k) (for X·A = B: (…, k, n)), the leading axes broadcast, or one vector (n,), or a
    vector for each matrix: A's shape without its last axis. X has B's shape. A singular A is a LinAlgError.
    """
    return _solve(Solve(), A, B, left)


class linalg_solve_ex_result(Result):
    result: Tensor
    info: Tensor


@in_own_name
def solve_ex(A: TensorLike, B: TensorLike, *, left: bool = True, check_errors: bool = False) -> linalg_solve_ex_result:
    """As `solve`, without an error: where A is singular the result is nan and `info` the number of the zero pivot."""
    op = Solve(check_errors)
    out = _solve(op, A, B, left)
    return linalg_solve_ex_result(out, info_of(as_operand("solve_ex", A), op.info))


def _solve(op: Solve, A: Any, B: Any, left: bool) -> Tensor:
    a, b = squares("solve", A), as_operand("solve", B, "B")
    one_dtype("solve", a, b)
    if b.array.ndim == 1 or a.array.ndim - 1 == b.array.ndim and a.array.shape[:-1] == b.array.shape:
        if not left:
            raise ValueError(
                mismatch("solve", "with left=False B is a matrix", "Reshape it to (k, n).", B=b.array.shape)
            )
        return op(a, right_hand_side("solve", a, b.unsqueeze(-1), True)).squeeze(-1)
    b = right_hand_side("solve", a, b, left)
    return op(a, b) if left else op(a.mT, b.mT).mT


class SolveTriangular(Function):
    """X with A·X = B (or Aᵀ·X = B), A a triangular matrix, of which only that triangle is read."""

    broadcasts = True

    def __init__(self, upper: bool, unitriangular: bool = False, transposed: bool = False) -> None:
        self.upper, self.unitriangular, self.transposed = upper, unitriangular, transposed

    def forward(self, a: Any, b: Any) -> Any:
        return on(a).solve_triangular(a, b, self.upper, self.unitriangular, self.transposed)

    def backward(self, grad: Tensor, a: Tensor, out: Tensor) -> Any:
        gb = SolveTriangular(self.upper, self.unitriangular, not self.transposed)(a, grad)
        ga = None
        if self.needs[0]:
            ga = -(out @ gb.mT) if self.transposed else -(gb @ out.mT)
            ga = triu(ga, int(self.unitriangular)) if self.upper else tril(ga, -int(self.unitriangular))
        return ga, gb


@also(input="A")
def solve_triangular(
    A: TensorLike, B: TensorLike, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """X with A·X = B, or X·A = B if not `left`, for a triangular A: half the work of `solve`.

    Shape: (…, n, n), (…, n, k) (or (…, k, n)) → B's shape, the leading axes broadcast. Only the triangle that `upper`
    says is read, and with `unitriangular` its diagonal counts as ones. A 0 on the diagonal gives inf or nan.
    """
    a, b = squares("solve_triangular", A), matrices("solve_triangular", B, "B")
    one_dtype("solve_triangular", a, b)
    b = right_hand_side("solve_triangular", a, b, left)
    if left:
        return SolveTriangular(bool(upper), bool(unitriangular))(a, b)
    return SolveTriangular(bool(upper), bool(unitriangular), True)(a, b.mT).mT


@also(input="B", input2="L")
def cholesky_solve(B: TensorLike, L: TensorLike, upper: bool = False) -> Tensor:
    """X with A·X = B, given A's Cholesky factor L (A = L·Lᵀ; with `upper` A = Lᵀ·L).  Shape: (…, n, k), (…, n, n)."""
    factor, b = squares("cholesky_solve", L, "L"), matrices("cholesky_solve", B, "B")
    one_dtype("cholesky_solve", factor, b, "L and B")
    b = right_hand_side("cholesky_solve", factor, b, True)
    half = SolveTriangular(bool(upper), False, bool(upper))(factor, b)
    return SolveTriangular(bool(upper), False, not upper)(factor, half)


@also(input="L")
def cholesky_inverse(L: TensorLike, upper: bool = False) -> Tensor:
    """A⁻¹, given A's Cholesky factor L (A = L·Lᵀ; with `upper` A = Lᵀ·L).  Shape: (…, n, n) → the same."""
    factor = squares("cholesky_inverse", L, "L")
    return cholesky_solve(identity(factor, factor.array.shape[-1]), factor, upper)


# ---- least squares --------------------------------------------------------------------------------------------------


class linalg_lstsq_result(Result):
    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


class Lstsq(Function):
    """X of least ‖A·X − B‖; its gradient is that of A⁺·B."""

    def __init__(self, rcond: float, singular_values: bool = False) -> None:
        self.rcond, self.singular_values = rcond, singular_values

    def formula(self, a: Tensor, b: Tensor) -> Tensor:
        return Pinv(0.0, self.rcond, False)(a) @ b

    def forward(self, a: Any, b: Any) -> Any:
        out, self.rank, self.singular = converged("lstsq", on(a).lstsq, a, b, self.rcond, self.singular_values)
        return out


@also(input="A", b="B")
def lstsq(
    A: TensorLike, B: TensorLike, rcond: float | None = None, *, driver: str | None = None
) -> linalg_lstsq_result:
    """X of least ‖A·X − B‖; of several such, the shortest.

    Shape: A (…, m, n), B (…, m, k) or (…, m) → solution (…, n, k) or (…, n); residuals Σ(A·X − B)² (…, k), empty
    unless m > n and A has full rank; rank (…); singular_values (…, min(m, n)). As in PyTorch some are empty:
    residuals for driver 'gelsy' (the default), rank for 'gels', singular_values unless it is 'gelsd' or 'gelss'. (The
    four drivers of LAPACK are one here; only what they report differs.)

    Args:
        rcond: singular values up to rcond·largest count as 0; max(m, n)·ε if None.
    """
    a, b = matrices("lstsq", A), as_operand("lstsq", B, "B")
    one_dtype("lstsq", a, b)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise ValueError(f"lstsq: driver {driver!r} is unknown; choose 'gels', 'gelsy', 'gelsd' or 'gelss'.")
    vector = a.array.ndim - 1 == b.array.ndim and a.array.shape[:-1] == b.array.shape
    if vector:
        b = b.unsqueeze(-1)
    m, n = a.array.shape[-2:]
    if b.array.ndim != a.array.ndim or b.array.shape[:-1] != a.array.shape[:-1]:
        cure = "Needs A (…, m, n) and B (…, m, k) or (…, m) with the same leading axes."
        raise ValueError(mismatch("lstsq", "the shapes do not belong together", cure, A=a.array.shape, B=b.array.shape))
    least = max(m, n) * dtypes.finfo(a.dtype).eps if rcond is None else float(number("lstsq", "rcond", rcond))
    op = Lstsq(least, driver in ("gelsd", "gelss"))
    x = op(a, b)
    residuals = x.reshape(-1)[:0]
    if driver not in (None, "gelsy") and m > n and (op.rank == n).all():
        residuals = (a @ x - b).square().sum(-2)
    singular, rank = Tensor._of(op.singular), Tensor._of(op.rank)
    if driver not in ("gelsd", "gelss"):
        singular = singular.reshape(-1)[:0]
    if driver == "gels":
        rank = rank.reshape(-1)[:0]
    return linalg_lstsq_result(x.squeeze(-1) if vector else x, residuals, rank, singular)


# ---- tensors as matrices ---------------------------------------------------------------------------------------------


@also(input="A")
@in_own_name
def tensorinv(A: TensorLike, ind: int = 2) -> Tensor:
    """The inverse of `tensordot(A, ·, A.ndim − ind)`: the first `ind` axes of A are the rows of a matrix, the others
    its columns.  Shape: (rows…, columns…) → (columns…, rows…)."""
    x = as_operand("tensorinv", A)
    shape = x.array.shape
    if not isinstance(ind, int) or ind <= 0:
        raise ValueError(f"tensorinv: ind must be an int above 0, got {ind!r}.")
    m, n = prod(shape[:ind]), prod(shape[ind:])
    if m != n:
        raise ValueError(
            f"tensorinv: the first {ind} axes of shape {tuple(shape)} have {m} entries together, the others {n}; both "
            "must have as many. Choose ind."
        )
    return inv(x.reshape(m, n)).reshape(*shape[ind:], *shape[:ind])


@also(input="A", other="B")
@in_own_name
def tensorsolve(A: TensorLike, B: TensorLike, dims: Sequence[int] | None = None) -> Tensor:
    """X with tensordot(A, X, X.ndim) = B; `dims` are axes of A that are moved to its end first.

    Shape: A (B's axes…, X's axes…), as many entries in both groups.
    """
    a, b = as_operand("tensorsolve", A), as_operand("tensorsolve", B, "B")
    if dims is not None:
        over = list(sizes_of("tensorsolve", (dims,)))
        a = a.movedim(over, list(range(-len(over), 0)))
    shape = a.array.shape[b.array.ndim :]
    if prod(shape) != b.array.size or a.array.size != b.array.size**2:
        cure = "Needs A (B's axes…, X's axes…) with as many entries in both groups."
        raise ValueError(
            mismatch("tensorsolve", "the shapes do not belong together", cure, A=a.array.shape, B=b.array.shape)
        )
    return solve(a.reshape(b.array.size, -1), b.reshape(-1)).reshape(shape)


__all__ = ["cholesky_inverse", "cholesky_solve"]
