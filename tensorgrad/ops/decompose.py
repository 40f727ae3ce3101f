"""Factorisations of matrices, what is solved with them, and determinants.

All take stacks of matrices (…, m, n), of float32 or float64. The gradients are written in ops, so they have gradients
themselves. Their formulas: M. Giles, *Collected matrix derivative results for forward and reverse mode algorithmic
differentiation* (2008); J. Townsend, *Differentiating the singular value decomposition* (2016); M. Seeger et al.,
arXiv:1710.08717 (QR, Cholesky).
"""

from __future__ import annotations

from math import inf, prod
from typing import Any, NamedTuple

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import broadcast, integer, mismatch
from ..printing import by_field
from ..tensor import Tensor
from .keywords import also, in_own_name
from .linalg import matrix_norm, tril, triu, vector_norm
from .promote import as_operand, cast, number
from .shape import sizes_of


class LinAlgError(RuntimeError):
    """A matrix that is singular, or not positive-definite, where that is asked for."""


# ---- checks ---------------------------------------------------------------------------------------------------------


def matrices(op: str, A: Any, what: str = "A") -> Tensor:
    """A stack of matrices in a precision that LAPACK has."""
    x = as_operand(op, A, what)
    if x.array.ndim < 2:
        raise ValueError(f"{op}: {what} must be a matrix or a stack (…, m, n), got shape {tuple(x.array.shape)}.")
    if x.array.dtype.kind != "f" or x.array.dtype.itemsize < 4:
        raise TypeError(f"{op}: {what} needs float32 or float64, got {x.dtype}. Convert it first: {what}.float().")
    return x


def squares(op: str, A: Any, what: str = "A") -> Tensor:
    """A stack of square matrices."""
    x = matrices(op, A, what)
    m, n = x.array.shape[-2:]
    if m != n:
        raise ValueError(f"{op}: {what} must be square, (…, n, n), got shape {tuple(x.array.shape)}.")
    return x


def _same_dtype(op: str, x: Tensor, z: Tensor, names: str = "A and B") -> None:
    if x.array.dtype != z.array.dtype:
        raise TypeError(f"{op}: {names} must have one dtype, got {x.dtype} and {z.dtype}. Convert one with .to(…).")


def refuse(op: str, info: Any, what: str) -> None:
    """LinAlgError for the first matrix that broke down. `what` has a place {k} for the pivot."""
    if info is None or not info.any():
        return
    first = tuple(int(i[0]) for i in info.nonzero()) if info.ndim else ()
    k = int(info[first])
    which = f" {first[0] if len(first) == 1 else first} of the stack" if first else ""
    raise LinAlgError(f"{op}: matrix{which} is {what.format(k=k)}")


def _converged(op: str, kernel: Any, *args: Any) -> Any:
    """Run an iterative kernel."""
    try:
        return kernel(*args)
    except ValueError as error:  # NumPy's LinAlgError is one
        raise LinAlgError(f"{op}: did not converge ({error}). Does the input hold nan or inf?") from None


_SINGULAR = (
    "singular: pivot {k} of its LU factorisation is 0. "
    "Use linalg.pinv or linalg.lstsq, or add a little to the diagonal."
)
_NOT_POSITIVE = (
    "not positive-definite: its leading minor of order {k} is not positive. "
    "Is it symmetric? A little added to the diagonal may help."
)


# ---- inverses and determinants --------------------------------------------------------------------------------------


class Inv(Function):
    """Y = A⁻¹; the gradient is −Yᵀ·g·Yᵀ. Unless it is `strict`, a singular matrix gives nan."""

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict

    def forward(self, x: Any) -> Any:
        out, self.info = on(x).inv(x)
        if self.strict:
            refuse("inv", self.info, _SINGULAR)
        return out

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return -(out.mT @ grad @ out.mT)


@also(input="A")
def inv(A: Any) -> Tensor:
    """A⁻¹.  Shape: (…, n, n) → the same.

    A singular matrix is a LinAlgError. For A⁻¹·B, `linalg.solve` is faster and more exact.
    """
    return Inv(True)(squares("inv", A))


@by_field
class linalg_inv_ex_result(NamedTuple):
    inverse: Tensor
    info: Tensor


def inv_ex(A: Any, *, check_errors: bool = False) -> linalg_inv_ex_result:
    """A⁻¹ without an error for singular matrices: there the inverse is nan, and `info` the number of the zero pivot.

    (PyTorch leaves whatever LAPACK has left; here it is nan.)
    """
    x = squares("inv_ex", A)
    op = Inv(check_errors)
    out = op(x)
    return linalg_inv_ex_result(out, _info(x, op.info))


def _info(x: Tensor, info: Any) -> Tensor:
    return Tensor._of(on(x.array).no_info(x.array) if info is None else info)


class Det(Function):
    """det A; the gradient is g times the matrix of cofactors, also where A is singular."""

    def forward(self, x: Any) -> Any:
        return on(x).det(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return grad[..., None, None] * Cofactor()(x)


class Cofactor(Function):
    """∂det/∂A = det(A)·A⁻ᵀ, or its limit."""

    def forward(self, x: Any) -> Any:
        return on(x).cofactor(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return CofactorGradient()(grad, x)


class CofactorGradient(Function):
    """∂⟨g, cofactor(A)⟩/∂A. (The third derivative goes through the formula, so it needs a regular matrix.)"""

    def formula(self, g: Tensor, x: Tensor) -> Tensor:
        y = Inv()(x).mT
        return Det()(x)[..., None, None] * (y * (y * g).sum((-2, -1), keepdim=True) - y @ g.mT @ y)

    def forward(self, g: Any, x: Any) -> Any:
        return on(x).cofactor_gradient(g, x)


@also(input="A")
def det(A: Any) -> Tensor:
    """The determinant.  Shape: (…, n, n) → (…). Its gradient is exact for singular matrices as well."""
    return Det()(squares("det", A))


@by_field
class linalg_slogdet_result(NamedTuple):
    sign: Tensor
    logabsdet: Tensor


class Slogdet(Function):
    """sign(det A), ln|det A|; the gradient of the latter is A⁻ᵀ."""

    materialize = False

    def forward(self, x: Any) -> Any:
        return on(x).slogdet(x)

    def backward(self, grad_sign: Any, grad_log: Any, x: Tensor) -> Any:
        return None if grad_log is None else grad_log[..., None, None] * Inv()(x).mT


@also(input="A")
def slogdet(A: Any) -> linalg_slogdet_result:
    """(sign, logabsdet) with det A = sign·e^logabsdet: no overflow. A singular matrix gives (0, −inf).

    Shape: (…, n, n) → (…), (…).
    """
    return linalg_slogdet_result(*Slogdet()(squares("slogdet", A)))


def logdet(input: Any) -> Tensor:
    """ln det A; −inf for a singular matrix, nan where the determinant is negative.  Shape: (…, n, n) → (…)."""
    sign, logabsdet = Slogdet()(squares("logdet", input, "input"))
    return logabsdet.masked_fill(sign < 0, float("nan"))


# ---- solving --------------------------------------------------------------------------------------------------------


class Solve(Function):
    """X = A⁻¹·B; with gB = A⁻ᵀ·g the gradient towards A is −gB·Xᵀ. If not `strict`, a singular A gives nan."""

    broadcasts = True

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict

    def forward(self, a: Any, b: Any) -> Any:
        out, self.info = on(a).solve(a, b)
        if self.strict:
            refuse("solve", self.info, _SINGULAR)
        return out

    def backward(self, grad: Tensor, a: Tensor, out: Tensor) -> Any:
        gb = Solve(self.strict)(a.mT, grad)
        return -(gb @ out.mT) if self.needs[0] else None, gb


def solve(A: Any, B: Any, *, left: bool = True) -> Tensor:
    """X with A·X = B, or with X·A = B if not `left`.

    Shape: A (…, n, n); B (…, n, k) (for X·A = B: (…, k, n)), the leading axes broadcast, or one vector (n,), or a
    vector for each matrix: A's shape without its last axis. X has B's shape. A singular A is a LinAlgError.
    """
    return _solve(Solve(), A, B, left)


@by_field
class linalg_solve_ex_result(NamedTuple):
    result: Tensor
    info: Tensor


@in_own_name
def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> linalg_solve_ex_result:
    """As `solve`, without an error: where A is singular the result is nan and `info` the number of the zero pivot."""
    op = Solve(check_errors)
    out = _solve(op, A, B, left)
    return linalg_solve_ex_result(out, _info(as_operand("solve_ex", A), op.info))


def _solve(op: Solve, A: Any, B: Any, left: bool) -> Tensor:
    a, b = squares("solve", A), as_operand("solve", B, "B")
    _same_dtype("solve", a, b)
    if b.array.ndim == 1 or a.array.ndim - 1 == b.array.ndim and a.array.shape[:-1] == b.array.shape:
        if not left:
            raise ValueError(
                mismatch("solve", "with left=False B is a matrix", "Reshape it to (k, n).", B=b.array.shape)
            )
        return op(a, _fits("solve", a, b.unsqueeze(-1), True)).squeeze(-1)
    b = _fits("solve", a, b, left)
    return op(a, b) if left else op(a.mT, b.mT).mT


def _fits(op: str, a: Tensor, b: Tensor, left: bool) -> Tensor:
    """B, if A and B belong to one system of equations."""
    m, n = a.array.shape, b.array.shape
    if len(n) < 2 or n[-2 if left else -1] != m[-1]:
        cure = f"{'A·X = B needs B (…, n, k)' if left else 'X·A = B needs B (…, k, n)'} for A (…, n, n)."
        raise ValueError(mismatch(op, "the shapes do not belong together", cure, A=m, B=n))
    broadcast(op, A=m[:-2], B=n[:-2])
    return b


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
def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Tensor:
    """X with A·X = B, or X·A = B if not `left`, for a triangular A: half the work of `solve`.

    Shape: (…, n, n), (…, n, k) (or (…, k, n)) → B's shape, the leading axes broadcast. Only the triangle that `upper`
    says is read, and with `unitriangular` its diagonal counts as ones. A 0 on the diagonal gives inf or nan.
    """
    a, b = squares("solve_triangular", A), matrices("solve_triangular", B, "B")
    _same_dtype("solve_triangular", a, b)
    b = _fits("solve_triangular", a, b, left)
    if left:
        return SolveTriangular(bool(upper), bool(unitriangular))(a, b)
    return SolveTriangular(bool(upper), bool(unitriangular), True)(a, b.mT).mT


@also(input="B", input2="L")
def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Tensor:
    """X with A·X = B, given A's Cholesky factor L (A = L·Lᵀ; with `upper` A = Lᵀ·L).  Shape: (…, n, k), (…, n, n)."""
    factor, b = squares("cholesky_solve", L, "L"), matrices("cholesky_solve", B, "B")
    _same_dtype("cholesky_solve", factor, b, "L and B")
    b = _fits("cholesky_solve", factor, b, True)
    half = SolveTriangular(bool(upper), False, bool(upper))(factor, b)
    return SolveTriangular(bool(upper), False, not upper)(factor, half)


@also(input="L")
def cholesky_inverse(L: Any, upper: bool = False) -> Tensor:
    """A⁻¹, given A's Cholesky factor L (A = L·Lᵀ; with `upper` A = Lᵀ·L).  Shape: (…, n, n) → the same."""
    factor = squares("cholesky_inverse", L, "L")
    return cholesky_solve(identity(factor, factor.array.shape[-1]), factor, upper)


def identity(like: Tensor, n: int) -> Tensor:
    """(n, n), a constant of the dtype of `like`."""
    return Tensor._of(on(like.array).identity(like.array, n))


# ---- Cholesky, QR ---------------------------------------------------------------------------------------------------


class Cholesky(Function):
    """L with A = L·Lᵀ. With Φ the lower triangle, its diagonal halved: S = L⁻ᵀ·Φ(Lᵀ·g)·L⁻¹, and gA = (S + Sᵀ)/2."""

    def __init__(self, upper: bool, strict: bool = True) -> None:
        self.upper, self.strict = upper, strict

    def forward(self, x: Any) -> Any:
        out, self.info = on(x).cholesky(x, self.upper)
        if self.strict:
            refuse("cholesky", self.info, _NOT_POSITIVE)
        return out

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        if self.upper:
            grad, out = grad.mT, out.mT
        inner = out.mT @ tril(grad)
        phi = (tril(inner) + tril(inner, -1)) / 2
        s = SolveTriangular(False, False, True)(out, phi)  # L⁻ᵀ·Φ
        s = SolveTriangular(False, False, True)(out, s.mT).mT  # … ·L⁻¹
        return (s + s.mT) / 2


@also(input="A")
def cholesky(A: Any, *, upper: bool = False) -> Tensor:
    """L, lower triangular with a positive diagonal, with A = L·Lᵀ; or U = Lᵀ if `upper`.

    Shape: (…, n, n) → the same. A must be symmetric (one triangle is read; the gradient counts both) and
    positive-definite, else LinAlgError.
    """
    return Cholesky(upper)(squares("cholesky", A))


@by_field
class linalg_cholesky_ex_result(NamedTuple):
    L: Tensor
    info: Tensor


@also(input="A")
def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False) -> linalg_cholesky_ex_result:
    """As `cholesky`, without an error: where A is not positive-definite, L is nan and `info` the order of the first
    leading minor that is not positive. (PyTorch leaves what LAPACK leaves in L.)"""
    x = squares("cholesky_ex", A)
    op = Cholesky(upper, check_errors)
    out = op(x)
    return linalg_cholesky_ex_result(out, _info(x, op.info))


@by_field
class linalg_qr_result(NamedTuple):
    Q: Tensor
    R: Tensor


class Qr(Function):
    """A = Q·R. With M = R·gRᵀ − gQᵀ·Q and C its lower triangle mirrored up: gA = (gQ + Q·C)·R⁻ᵀ. Of a wide A = [X, Y],
    R = [U, V] it is X = Q·U that is factorised, and V = Qᵀ·Y."""

    materialize = False

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def forward(self, x: Any) -> Any:
        self.size = x.shape[-2:]
        return on(x).qr(x, self.mode)

    def backward(self, grad_q: Any, grad_r: Any, out: Any) -> Any:
        q, r = out
        m, n = self.size
        if self.mode == "complete" and m > n:
            raise RuntimeError(
                f"qr: mode='complete' has no gradient for a tall matrix, here {(m, n)}: the last {m - n} columns of Q "
                "are arbitrary. Use mode='reduced'."
            )
        if m >= n:
            return self._square(grad_q, grad_r, q, r)
        u, v = r[..., :m], r[..., m:]
        grad_u = grad_v = None
        if grad_r is not None:
            grad_u, grad_v = grad_r[..., :m], grad_r[..., m:]
            from_v = q @ v @ grad_v.mT
            grad_q = from_v if grad_q is None else grad_q + from_v
        gx = self._square(grad_q, grad_u, q, u)
        gy = q @ grad_v if grad_v is not None else (q @ v) * 0
        return _side_by_side(gx, gy)

    def _square(self, grad_q: Any, grad_r: Any, q: Tensor, r: Tensor) -> Tensor:
        """The rule where R is square."""
        inner = r @ grad_r.mT if grad_r is not None else None
        if grad_q is not None:
            inner = -(grad_q.mT @ q) if inner is None else inner - grad_q.mT @ q
        c = q @ (tril(inner) + tril(inner, -1).mT)
        if grad_q is not None:
            c = grad_q + c
        return SolveTriangular(True)(r, c.mT).mT  # … ·R⁻ᵀ


def _side_by_side(x: Tensor, z: Tensor) -> Tensor:
    from .join import cat

    return cat((x, z), -1)


def qr(A: Any, mode: str = "reduced") -> linalg_qr_result:
    """Q, R with A = Q·R, the columns of Q orthonormal, R upper triangular.

    Shape: (…, m, n) → Q (…, m, k), R (…, k, n), k = min(m, n).

    Args:
        mode: 'reduced'; 'complete' for k = m; 'r' for R alone (Q is empty). The gradient wants the first k columns of A
            independent, and k < m or a square Q.
    """
    x = matrices("qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode {mode!r} is unknown; choose 'reduced', 'complete' or 'r'.")
    q, r = Qr("reduced" if mode == "r" else mode)(x)
    return linalg_qr_result(q[..., :0, :0].reshape(0).detach() if mode == "r" else q, r)


# ---- singular values and eigenvalues --------------------------------------------------------------------------------


@by_field
class linalg_svd_result(NamedTuple):
    U: Tensor
    S: Tensor
    Vh: Tensor


class Svd(Function):
    """A = U·diag(s)·Vᵀ. With E[i, j] = sⱼ² − sᵢ² (1 on the diagonal) and skew(X) = X − Xᵀ:

    gA = U·(skew(Uᵀ·gU)/E·diag(s) + diag(s)·skew(Vᵀ·gV)/E + diag(gs))·Vᵀ
         + (I − U·Uᵀ)·gU·diag(1/s)·Vᵀ + U·diag(1/s)·gVᵀ·(I − V·Vᵀ).
    """

    materialize = False

    def __init__(self, full: bool) -> None:
        self.full = full

    def forward(self, x: Any) -> Any:
        self.size = x.shape[-2:]
        return _converged("svd", on(x).svd, x, self.full)

    def backward(self, grad_u: Any, grad_s: Any, grad_vh: Any, out: Any) -> Any:
        u, s, vh = out
        m, n = self.size
        k = min(m, n)
        if self.full and m != n:
            u, grad_u = u[..., :k], self._cut(grad_u, k, "U", -1)
            vh, grad_vh = vh[..., :k, :], self._cut(grad_vh, k, "Vh", -2)
        row = s.unsqueeze(-2)
        core: Any = 0
        if grad_s is not None:
            core = identity(s, k) * grad_s.unsqueeze(-2)
        if grad_u is not None or grad_vh is not None:
            differences = (row - row.mT) * (row + row.mT) + identity(s, k)
            if grad_u is not None:
                inner = u.mT @ grad_u
                core = core + (inner - inner.mT) / differences * row
            if grad_vh is not None:
                inner = vh @ grad_vh.mT
                core = core + (inner - inner.mT) / differences * row.mT
        gx = u @ core @ vh
        if grad_u is not None and m > k:
            outside = grad_u / row
            gx = gx + (outside - u @ (u.mT @ outside)) @ vh
        if grad_vh is not None and n > k:
            outside = grad_vh / row.mT
            gx = gx + u @ (outside - (outside @ vh.mT) @ vh)
        return gx

    def _cut(self, grad: Any, k: int, name: str, dim: int) -> Any:
        """Of all the singular vectors those that belong to singular values; the others are arbitrary."""
        if grad is None:
            return None
        kept, rest = (grad[..., :k], grad[..., k:]) if dim == -1 else (grad[..., :k, :], grad[..., k:, :])
        if k and rest.array.any():
            raise RuntimeError(
                f"svd: with full_matrices=True the {'columns' if dim == -1 else 'rows'} of {name} from {k} on are "
                f"arbitrary for a matrix of {self.size}; they have no gradient. Use full_matrices=False."
            )
        return kept


class Svdvals(Function):
    """The singular values alone; gA = U·diag(g)·Vᵀ."""

    def forward(self, x: Any) -> Any:
        return _converged("svd", on(x).svdvals, x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        u, _, vh = Svd(False)(x)
        return (u * grad.unsqueeze(-2)) @ vh


def svd(A: Any, full_matrices: bool = True, *, driver: Any = None) -> linalg_svd_result:
    """U, S, Vh with A = U·diag(S)·Vh; the columns of U and the rows of Vh orthonormal, S falling and not negative.

    Shape: (…, m, n) → U (…, m, k), S (…, k), Vh (…, k, n), k = min(m, n); with `full_matrices` U (…, m, m) and Vh
    (…, n, n). The signs of each pair of vectors are arbitrary. The gradients of U and Vh need singular values that all
    differ. `driver` chooses among CUDA's routines and does nothing here.
    """
    return linalg_svd_result(*Svd(bool(full_matrices))(matrices("svd", A)))


def svdvals(A: Any, *, driver: Any = None) -> Tensor:
    """The singular values, falling.  Shape: (…, m, n) → (…, min(m, n))."""
    return Svdvals()(matrices("svdvals", A))


@by_field
class linalg_eigh_result(NamedTuple):
    eigenvalues: Tensor
    eigenvectors: Tensor


class Eigh(Function):
    """A = V·diag(λ)·Vᵀ. With E[i, j] = λⱼ − λᵢ (1 on the diagonal): gA = V·(skew(Vᵀ·gV)/2E + diag(gλ))·Vᵀ."""

    materialize = False

    def __init__(self, uplo: str) -> None:
        self.uplo = uplo

    def forward(self, x: Any) -> Any:
        return _converged("eigh", on(x).eigh, x, self.uplo)

    def backward(self, grad_values: Any, grad_vectors: Any, out: Any) -> Any:
        values, v = out
        row = values.unsqueeze(-2)
        eye = identity(values, v.array.shape[-1])
        core: Any = 0
        if grad_values is not None:
            core = eye * grad_values.unsqueeze(-2)
        if grad_vectors is not None:
            inner = v.mT @ grad_vectors
            core = core + (inner - inner.mT) / (2 * (row - row.mT) + eye)
        return v @ core @ v.mT


class Eigvalsh(Function):
    """The eigenvalues alone; gA = V·diag(g)·Vᵀ."""

    def __init__(self, uplo: str) -> None:
        self.uplo = uplo

    def forward(self, x: Any) -> Any:
        return _converged("eigh", on(x).eigvalsh, x, self.uplo)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        _, v = Eigh(self.uplo)(x)
        return (v * grad.unsqueeze(-2)) @ v.mT


@also(input="A")
def eigh(A: Any, UPLO: str = "L") -> linalg_eigh_result:
    """Eigenvalues, rising, and orthonormal eigenvectors (columns) of a symmetric matrix: A = V·diag(λ)·Vᵀ.

    Shape: (…, n, n) → (…, n), (…, n, n). Only one triangle of A is read, the lower or the upper as `UPLO` says; the
    gradient counts both. That of the vectors needs eigenvalues that all differ, and may not depend on their signs.
    """
    return linalg_eigh_result(*Eigh(_uplo("eigh", UPLO))(squares("eigh", A)))


@also(input="A")
def eigvalsh(A: Any, UPLO: str = "L") -> Tensor:
    """The eigenvalues, rising, of a symmetric matrix; see `eigh`.  Shape: (…, n, n) → (…, n)."""
    return Eigvalsh(_uplo("eigvalsh", UPLO))(squares("eigvalsh", A))


def _uplo(op: str, uplo: str) -> str:
    if not isinstance(uplo, str) or uplo.upper() not in ("L", "U"):
        raise ValueError(f"{op}: UPLO must be 'L' or 'U', got {uplo!r}.")
    return uplo.upper()


# ---- LU -------------------------------------------------------------------------------------------------------------


@by_field
class linalg_lu_factor_result(NamedTuple):
    LU: Tensor
    pivots: Tensor


@by_field
class linalg_lu_result(NamedTuple):
    P: Tensor
    L: Tensor
    U: Tensor


class LuFactor(Function):
    """A = P·L·U, L and U packed into one matrix. With A = P·[[L₁], [L₂]]·[U₁, U₂], L₁ and U₁ square, and
    M = tril(L₁ᵀ·gL₁ − gU₂·U₂ᵀ, −1) + triu(gU₁·U₁ᵀ − L₂ᵀ·gL₂):

    gA = P·[[L₁⁻ᵀ·M·U₁⁻ᵀ, L₁⁻ᵀ·gU₂], [gL₂·U₁⁻ᵀ, ·]]   with M less by gL₂ or gU₂ as it goes through the squares.
    """

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict

    def forward(self, x: Any) -> Any:
        lu, pivots, self.info = on(x).lu_factor(x)
        if self.strict:
            refuse("lu_factor", self.info, _SINGULAR)
        return lu, pivots

    def backward(self, grad: Tensor, out: Any) -> Tensor:
        lu, pivots = out
        m, n = lu.array.shape[-2:]
        k = min(m, n)
        square, g = lu[..., :k, :k], grad[..., :k, :k]
        lower = tril(square, -1) + identity(lu, k)
        left = lower.mT @ tril(g, -1)
        right = triu(g) @ triu(square).mT
        beside = below = None
        if n > k:
            beside = grad[..., k:]
            left = left - beside @ lu[..., k:].mT
        if m > k:
            below = grad[..., k:, :]
            right = right - lu[..., k:, :].mT @ below
        inner = tril(left, -1) + triu(right)
        inner = SolveTriangular(False, True, True)(square, inner)  # L₁⁻ᵀ·M
        gx = SolveTriangular(True)(square, inner.mT).mT  # … ·U₁⁻ᵀ
        if beside is not None:
            gx = _side_by_side(gx, SolveTriangular(False, True, True)(square, beside))
        if below is not None:
            gx = _side_by_side(gx.mT, SolveTriangular(True)(square, below.mT)).mT
        return _permutation(pivots, m, lu) @ gx


def _permutation(pivots: Tensor, m: int, like: Tensor) -> Tensor:
    return Tensor._of(on(like.array).permutation_matrix(pivots.array, m, like.array.dtype))


def lu_factor(A: Any, *, pivot: bool = True) -> linalg_lu_factor_result:
    """The LU factorisation in LAPACK's packed form, for `lu_solve` and `lu_unpack`.

    Shape: (…, m, n) → LU the same, pivots (…, min(m, n)) int32, from 1. A singular matrix is a LinAlgError.
    """
    _pivoting("lu_factor", pivot)
    return linalg_lu_factor_result(*LuFactor(True)(matrices("lu_factor", A)))


@by_field
class linalg_lu_factor_ex_result(NamedTuple):
    LU: Tensor
    pivots: Tensor
    info: Tensor


@in_own_name
def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False) -> linalg_lu_factor_ex_result:
    """As `lu_factor`, without an error: `info` is the number of the first zero pivot, 0 if there is none."""
    _pivoting("lu_factor_ex", pivot)
    op = LuFactor(check_errors)
    lu, pivots = op(matrices("lu_factor_ex", A))
    return linalg_lu_factor_ex_result(lu, pivots, Tensor._of(op.info))


def lu(A: Any, *, pivot: bool = True) -> linalg_lu_result:
    """P, L, U with A = P·L·U: P a permutation, L lower triangular with ones on its diagonal, U upper triangular.

    Shape: (…, m, n) → (…, m, m), (…, m, k), (…, k, n), k = min(m, n).
    """
    _pivoting("lu", pivot)
    return _unpacked(*LuFactor()(matrices("lu", A)))


def _pivoting(op: str, pivot: bool) -> None:
    if not pivot:
        raise ValueError(
            f"{op}: pivot=False is not possible on the CPU (nor in PyTorch): without exchanging rows the "
            "factorisation may not exist."
        )


def _unpacked(lu: Tensor, pivots: Tensor) -> linalg_lu_result:
    m, n = lu.array.shape[-2:]
    k = min(m, n)
    ones = Tensor._of(on(lu.array).identity(lu.array, m)[:, :k])
    return linalg_lu_result(_permutation(pivots, m, lu), tril(lu[..., :k], -1) + ones, triu(lu[..., :k, :]))


def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> linalg_lu_result:
    """P, L, U from what `lu_factor` gives; what is not asked for is empty."""
    lu, pivots = matrices("lu_unpack", LU_data, "LU_data"), as_operand("lu_unpack", LU_pivots, "LU_pivots")
    _check_pivots("lu_unpack", lu, pivots)
    P, L, U = _unpacked(lu, pivots)
    nothing = P.reshape(-1)[:0]
    return linalg_lu_result(P if unpack_pivots else nothing, *((L, U) if unpack_data else (nothing, nothing)))


def _check_pivots(op: str, lu: Tensor, pivots: Tensor) -> None:
    if pivots.array.dtype.kind != "i":
        raise TypeError(f"{op}: pivots must be whole numbers (int32), got {pivots.dtype}.")
    want = (*lu.array.shape[:-2], min(lu.array.shape[-2:]))
    if pivots.array.shape != want:
        raise ValueError(
            mismatch(
                op,
                "pivots do not belong to LU",
                f"They have shape {want}.",
                LU=lu.array.shape,
                pivots=pivots.array.shape,
            )
        )
    m = lu.array.shape[-2]
    if pivots.array.size and not 1 <= pivots.array.min() <= pivots.array.max() <= m:
        raise IndexError(f"{op}: pivots are rows of LU, from 1 to {m}; got {pivots.array.min()} to {pivots.array.max()}.")


def lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """X with A·X = B (X·A = B if not `left`; Aᵀ in place of A if `adjoint`), given `lu_factor(A)`."""
    factors, b = squares("lu_solve", LU, "LU"), matrices("lu_solve", B, "B")
    exchanges = as_operand("lu_solve", pivots, "pivots")
    _same_dtype("lu_solve", factors, b, "LU and B")
    _check_pivots("lu_solve", factors, exchanges)
    b = _fits("lu_solve", factors, b, left)
    if not left:  # X·A = B is Aᵀ·Xᵀ = Bᵀ
        return _lu_solve(factors, exchanges, b.mT, not adjoint).mT
    return _lu_solve(factors, exchanges, b, adjoint)


def _lu_solve(lu: Tensor, pivots: Tensor, b: Tensor, transposed: bool) -> Tensor:
    p = _permutation(pivots, lu.array.shape[-1], lu)
    if transposed:  # Aᵀ = Uᵀ·Lᵀ·Pᵀ
        y = SolveTriangular(True, False, True)(lu, b)
        return p @ SolveTriangular(False, True, True)(lu, y)
    return SolveTriangular(True)(lu, SolveTriangular(False, True)(lu, p.mT @ b))


# ---- reflections ----------------------------------------------------------------------------------------------------


def _reflectors(op: str, A: Any, tau: Any, what: str) -> tuple[Tensor, Tensor]:
    """V, unit lower triangular, its columns the vectors vᵢ of Hᵢ = I − τᵢ·vᵢ·vᵢᵀ, and τ."""
    a, t = matrices(op, A, what), as_operand(op, tau, "tau")
    _same_dtype(op, a, t, f"{what} and tau")
    m, n = a.array.shape[-2:]
    if t.array.ndim != a.array.ndim - 1 or t.array.shape[:-1] != a.array.shape[:-2] or t.array.shape[-1] > min(m, n):
        cure = f"{what} is (…, m, n), tau (…, k) with k ≤ m and k ≤ n."
        raise ValueError(mismatch(op, "the reflections do not fit", cure, **{what: a.array.shape, "tau": t.array.shape}))
    k = t.array.shape[-1]
    return tril(a[..., :k], -1) + Tensor._of(on(a.array).identity(a.array, m)[:, :k]), t


def _reflect(v: Tensor, tau: Tensor, x: Tensor, forwards: bool) -> Tensor:
    """H₁·H₂·…·Hₖ·x, or, forwards, Hₖ·…·H₂·H₁·x, each a change of rank one."""
    k = tau.array.shape[-1]
    for i in range(k) if forwards else reversed(range(k)):
        vi = v[..., i : i + 1]
        x = x - tau[..., i : i + 1].unsqueeze(-1) * (vi @ (vi.mT @ x))
    return x


@also(input="A")
def householder_product(A: Any, tau: Any) -> Tensor:
    """The first n columns of Q = H₁·H₂·…·Hₖ, Hᵢ = I − τᵢ·vᵢ·vᵢᵀ: the orthogonal factor, from what `geqrf` gives.

    vᵢ is 0 above row i, 1 there, and column i of A below.

    Shape: A (…, m, n) with m ≥ n, tau (…, k) with k ≤ n → (…, m, n).
    """
    from .choose import where

    a = matrices("householder_product", A)
    m, n = a.array.shape[-2:]
    if m < n:
        raise ValueError(f"householder_product: A must not be wider than high, got shape {tuple(a.array.shape)}.")
    start = Tensor._of(on(a.array).identity(a.array, m)[:, :n]).expand(a.array.shape)
    q = _reflect(*_reflectors("householder_product", a, tau, "A"), start, False)
    return where(start == start, q, a)  # even without reflections its place is above A


@also(input2="tau")
@in_own_name
def orgqr(input: Any, tau: Any) -> Tensor:
    """`linalg.householder_product`, by LAPACK's name."""
    return householder_product(input, tau)


@also(input2="tau", input3="other")
def ormqr(input: Any, tau: Any, other: Any, left: bool = True, transpose: bool = False) -> Tensor:
    """Q·other, or other·Q if not `left`; Qᵀ in place of Q if `transpose`; Q (…, m, m) as in `householder_product`.

    Shape: input (…, m, n), tau (…, k), other (…, m, p), or (…, p, m) if not left → that of other.
    """
    v, t = _reflectors("ormqr", input, tau, "input")
    x = matrices("ormqr", other, "other")
    _same_dtype("ormqr", v, x, "input and other")
    m = v.array.shape[-2]
    if x.array.shape[-2 if left else -1] != m or x.array.shape[:-2] != v.array.shape[:-2]:
        shapes = {"input": v.array.shape, "other": x.array.shape}
        raise ValueError(mismatch("ormqr", f"Q is {m} × {m}, which does not fit other", "Set left accordingly.", **shapes))
    return _reflect(v, t, x, transpose) if left else _reflect(v, t, x.mT, not transpose).mT


@by_field
class geqrf_result(NamedTuple):
    a: Tensor
    tau: Tensor


def geqrf(input: Any) -> geqrf_result:
    """The QR factorisation as LAPACK packs it: R on and above the diagonal of `a`, below it the vectors of the
    reflections of `householder_product`, and their τ.

    Shape: (…, m, n) → the same, (…, min(m, n)). For Q and R themselves, `linalg.qr` is faster.
    """
    from .choose import copysign, where
    from .join import cat
    from .trigonometry import hypot

    rest = matrices("geqrf", input, "input")
    m, n = rest.array.shape[-2:]
    columns, rows, taus = [], [], []
    for _ in range(min(m, n)):  # reflect the first column of what is left onto its first entry, −sign(α)·‖(α, x)‖
        alpha, x = rest[..., :1, :1], rest[..., 1:, :1]
        norm = vector_norm(x, 2, -2, keepdim=True)
        done = norm == 0
        beta = where(done, alpha, -copysign(hypot(where(done, 1.0, alpha), norm), alpha))
        tau = where(done, 0.0, (beta - alpha) / where(done, 1.0, beta))
        v = x / where(done, 1.0, alpha - beta)
        top, below = rest[..., :1, 1:], rest[..., 1:, 1:]
        along = tau * (top + v.mT @ below)
        columns.append(v)
        rows.append(cat([beta, top - along], -1))
        taus.append(tau[..., 0])
        rest = below - v @ along
    for v, row in zip(reversed(columns), reversed(rows)):
        rest = cat([row, cat([v, rest], -1)], -2)
    return geqrf_result(rest, cat(taus, -1) if taus else rest.sum(-1)[..., :0])


# ---- factorisations of low rank --------------------------------------------------------------------------------------


def svd_lowrank(A: Any, q: int = 6, niter: int = 2, M: Any = None) -> tuple[Tensor, Tensor, Tensor]:
    """U, S, V of a matrix of rank about q: A − M ≈ U·diag(S)·Vᵀ, by products with q random vectors (Halko et al.,
    arXiv:0909.4061). For smaller matrices `linalg.svd` is faster.

    Args:
        q: a little more than the rank, at most the smaller side of A. niter: rounds of refinement. M: subtracted from A.

    Shape: (…, m, n) → (…, m, q), (…, q), (…, n, q).
    """
    from .sampling import randn

    x = matrices("svd_lowrank", A)
    if M is not None:
        x = x - matrices("svd_lowrank", M, "M")
    m, n = x.array.shape[-2:]
    q, niter = integer("svd_lowrank", "q", q, 0), integer("svd_lowrank", "niter", niter, 0)
    if m < n:
        u, s, v = svd_lowrank(x.mT, q, niter)
        return v, s, u
    basis = qr(x @ randn(n, q, dtype=x.dtype)).Q
    for _ in range(niter):
        basis = qr(x @ qr(x.mT @ basis).Q).Q
    u, s, vh = svd(basis.mT @ x, full_matrices=False)
    return basis @ u, s, vh.mT


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """The principal components of the rows of A: U, S, V as in `svd_lowrank`, of A less its mean row if `center`.

    The columns of V are the directions, S²/(m − 1) the variances along them, A·V[:, :k] the rows in k coordinates.
    """
    x = matrices("pca_lowrank", A)
    m, n = x.array.shape[-2:]
    q, niter = min(6, m, n) if q is None else integer("pca_lowrank", "q", q), integer("pca_lowrank", "niter", niter, 0)
    if not 0 <= q <= min(m, n):
        raise ValueError(f"pca_lowrank: q must be from 0 to {min(m, n)}, the smaller side of A; got {q}.")
    return svd_lowrank(x - x.mean(-2, keepdim=True) if center else x, q, niter)


# ---- pseudo-inverse, least squares, rank ----------------------------------------------------------------------------


class Pinv(Function):
    """P = A⁺. While the rank stays what it is: gA = −Pᵀ·g·Pᵀ + (I − A·P)·gᵀ·P·Pᵀ + Pᵀ·P·gᵀ·(I − P·A)."""

    def __init__(self, atol: Any, rtol: Any, hermitian: bool) -> None:
        self.atol, self.rtol, self.hermitian = atol, rtol, hermitian

    def forward(self, x: Any) -> Any:
        return _converged("pinv", on(x).pinv, x, self.atol, self.rtol, self.hermitian)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        pt, gt = out.mT, grad.mT
        right = gt @ out @ pt
        left = pt @ out @ gt
        return right - x @ (out @ right) + left - (left @ out) @ x - pt @ grad @ pt


@also(input="A")
def pinv(
    A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """The pseudo-inverse A⁺ (Moore and Penrose): A⁻¹ where that exists; A⁺·b is the shortest x of least ‖A·x − b‖.

    Shape: (…, m, n) → (…, n, m).

    Args:
        atol, rtol: singular values up to max(atol, rtol·largest) count as 0. By default atol is 0, and rtol is
            max(m, n)·ε unless atol is given.
        rcond: an older name of rtol.
        hermitian: A is symmetric, which is faster; one triangle is read.
    """
    rtol = rcond if rtol is None else rtol
    x = squares("pinv", A) if hermitian else matrices("pinv", A)
    return Pinv(*_tolerances("pinv", x, atol, rtol), hermitian)(x)


def _tolerances(op: str, x: Tensor, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """Numbers or arrays; PyTorch's defaults."""
    from ..dtypes import finfo

    atol, rtol = (
        t if t is None or isinstance(t, Tensor) else number(op, what, t) for what, t in (("atol", atol), ("rtol", rtol))
    )
    if rtol is None:
        rtol = (
            0.0
            if atol is not None and not isinstance(atol, Tensor) and atol > 0
            else (0.0 if isinstance(atol, Tensor) else max(x.array.shape[-2:]) * finfo(x.dtype).eps)
        )
    if atol is None:
        atol = 0.0
    return tuple(t.array if isinstance(t, Tensor) else float(t) for t in (atol, rtol))  # type: ignore[return-value]


@also(input="A")
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Tensor:
    """How many singular values are larger than max(atol, rtol·largest); `tol` is the old name of atol. See `pinv`.

    Shape: (…, m, n) → (…), int64. No gradient.
    """
    x = squares("matrix_rank", A) if hermitian else matrices("matrix_rank", A)
    atol, rtol = _tolerances("matrix_rank", x, tol if atol is None else atol, rtol)
    return Tensor._of(_converged("matrix_rank", on(x.array).matrix_rank, x.array, atol, rtol, hermitian))


@by_field
class linalg_lstsq_result(NamedTuple):
    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


class Lstsq(Function):
    """X of least ‖A·X − B‖; its gradient is that of A⁺·B."""

    def __init__(self, rcond: float) -> None:
        self.rcond = rcond

    def formula(self, a: Tensor, b: Tensor) -> Tensor:
        return Pinv(0.0, self.rcond, False)(a) @ b

    def forward(self, a: Any, b: Any) -> Any:
        out, self.rank, self.singular = _converged("lstsq", on(a).lstsq, a, b, self.rcond)
        return out


@also(input="A", b="B")
def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> linalg_lstsq_result:
    """X of least ‖A·X − B‖; of several such, the shortest.

    Shape: A (…, m, n), B (…, m, k) or (…, m) → solution (…, n, k) or (…, n); residuals Σ(A·X − B)² (…, k), empty
    unless m > n and A has full rank; rank (…); singular_values (…, min(m, n)). As in PyTorch some are empty:
    residuals for driver 'gelsy' (the default), rank for 'gels', singular_values unless it is 'gelsd' or 'gelss'. (The
    four drivers of LAPACK are one here; only what they report differs.)

    Args:
        rcond: singular values up to rcond·largest count as 0; max(m, n)·ε if None.
    """
    from ..dtypes import finfo

    a, b = matrices("lstsq", A), as_operand("lstsq", B, "B")
    _same_dtype("lstsq", a, b)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise ValueError(f"lstsq: driver {driver!r} is unknown; choose 'gels', 'gelsy', 'gelsd' or 'gelss'.")
    vector = a.array.ndim - 1 == b.array.ndim and a.array.shape[:-1] == b.array.shape
    if vector:
        b = b.unsqueeze(-1)
    m, n = a.array.shape[-2:]
    if b.array.ndim != a.array.ndim or b.array.shape[:-1] != a.array.shape[:-1]:
        cure = "Needs A (…, m, n) and B (…, m, k) or (…, m) with the same leading axes."
        raise ValueError(mismatch("lstsq", "the shapes do not belong together", cure, A=a.array.shape, B=b.array.shape))
    op = Lstsq(max(m, n) * finfo(a.dtype).eps if rcond is None else float(number("lstsq", "rcond", rcond)))
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


# ---- powers and the rest --------------------------------------------------------------------------------------------


@also(input="A")
@in_own_name
def matrix_power(A: Any, n: int) -> Tensor:
    """A·A·…·A, n times, by repeated squaring; the inverse's powers for n < 0, the identity for n = 0."""
    x = as_operand("matrix_power", A)
    if x.array.ndim < 2 or x.array.shape[-1] != x.array.shape[-2]:
        raise ValueError(f"matrix_power: A must be square, (…, n, n), got shape {tuple(x.array.shape)}.")
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"matrix_power: n must be an int, got {n!r}.")
    if n < 0:
        x, n = inv(x), -n
    if n == 0:
        return (x * 0).masked_fill(Tensor._of(x.array == x.array), 0) + identity(x, x.array.shape[-1])
    result: Any = None
    while True:
        if n % 2:
            result = x if result is None else result @ x
        n //= 2
        if not n:
            return result.clone() if result is x else result
        x = x @ x


class MatrixExp(Function):
    """eᴬ; the gradient is the corner of e^[[Aᵀ, g], [0, Aᵀ]] (C. Van Loan, 1978)."""

    def forward(self, x: Any) -> Any:
        return on(x).matrix_exp(x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        n = x.array.shape[-1]
        xt = x.mT
        above, below = _side_by_side(xt, grad), _side_by_side(grad * 0, xt)
        return MatrixExp()(_side_by_side(above.mT, below.mT).mT)[..., :n, n:]


@also(input="A")
def matrix_exp(A: Any) -> Tensor:
    """eᴬ = I + A + A²/2 + A³/6 + …  Shape: (…, n, n) → the same."""
    return MatrixExp()(squares("matrix_exp", A))


@also(input="A")
def cond(A: Any, p: Any = None) -> Tensor:
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


@also(input="A")
@in_own_name
def tensorinv(A: Any, ind: int = 2) -> Tensor:
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
def tensorsolve(A: Any, B: Any, dims: Any = None) -> Tensor:
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


def vander(x: Any, *, N: int | None = None) -> Tensor:
    """Vandermonde's matrix: the powers 0, 1, …, N − 1 of every element.  Shape: (…, n) → (…, n, N), N = n if None."""
    from .join import stack

    t = as_operand("vander", x, "x")
    if not t.array.ndim:
        t = t.reshape(1)
    n = t.array.shape[-1] if N is None else integer("vander", "N", N)
    if n < 1 and N is not None:
        raise ValueError(f"vander: N must be above 0, got {N}.")
    if t.array.dtype.kind == "b":
        raise TypeError("vander: bools have no powers. Convert first: x.int() or x.float().")
    if t.array.dtype.kind in "iu":
        t = cast(t, dtypes.int64)
    powers = [t * 0 + 1]
    while len(powers) < n:
        powers.append(powers[-1] * t)
    return stack(powers[:n], -1) if n else t.unsqueeze(-1)[..., :0]


__all__ = [
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "geqrf",
    "logdet",
    "lu_unpack",
    "matrix_exp",
    "matrix_power",
    "orgqr",
    "ormqr",
    "pca_lowrank",
    "slogdet",
    "svd_lowrank",
]
