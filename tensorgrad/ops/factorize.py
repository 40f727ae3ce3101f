"""Factorisations: Cholesky, QR, LU, and Householder's reflections.

All take stacks of matrices (…, m, n), of float32 or float64. The gradients are written in ops, so they have gradients
themselves. Their formulas: M. Seeger et al., arXiv:1710.08717 (QR, Cholesky).
"""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import mismatch
from ..printing import Result
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .choose import copysign, where
from .diagonal import tril, triu
from .join import cat
from .keywords import also
from .linalg_norm import vector_norm
from .matrices import (
    NOT_POSITIVE,
    SINGULAR,
    identity,
    info_of,
    matrices,
    one_dtype,
    refuse,
    right_hand_side,
    side_by_side,
    squares,
)
from .promote import as_operand
from .solve import SolveTriangular
from .trigonometry import hypot

# ---- Cholesky -------------------------------------------------------------------------------------------------------


class Cholesky(Function):
    """L with A = L·Lᵀ. With Φ the lower triangle, its diagonal halved: S = L⁻ᵀ·Φ(Lᵀ·g)·L⁻¹, and gA = (S + Sᵀ)/2."""

    def __init__(self, upper: bool, strict: bool = True) -> None:
        self.upper, self.strict = upper, strict

    def forward(self, x: Any) -> Any:
        out, self.info = on(x).cholesky(x, self.upper)
        if self.strict:
            refuse("cholesky", self.info, NOT_POSITIVE)
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
def cholesky(A: TensorLike, *, upper: bool = False) -> Tensor:
    """L, lower triangular with a positive diagonal, with A = L·Lᵀ; or U = Lᵀ if `upper`.

    Shape: (…, n, n) → the same. A must be symmetric (one triangle is read; the gradient counts both) and
    positive-definite, else LinAlgError.
    """
    return Cholesky(upper)(squares("cholesky", A))


class linalg_cholesky_ex_result(Result):
    L: Tensor
    info: Tensor


@also(input="A")
def cholesky_ex(A: TensorLike, *, upper: bool = False, check_errors: bool = False) -> linalg_cholesky_ex_result:
    """As `cholesky`, without an error: where A is not positive-definite, L is nan and `info` the order of the first
    leading minor that is not positive. (PyTorch leaves what LAPACK leaves in L.)"""
    x = squares("cholesky_ex", A)
    op = Cholesky(upper, check_errors)
    out = op(x)
    return linalg_cholesky_ex_result(out, info_of(x, op.info))


# ---- QR -------------------------------------------------------------------------------------------------------------


class linalg_qr_result(Result):
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
        return side_by_side(gx, gy)

    def _square(self, grad_q: Any, grad_r: Any, q: Tensor, r: Tensor) -> Tensor:
        """The rule where R is square."""
        inner: Any = r @ grad_r.mT if grad_r is not None else None
        if grad_q is not None:
            inner = -(grad_q.mT @ q) if inner is None else inner - grad_q.mT @ q
        c = q @ (tril(inner) + tril(inner, -1).mT)
        if grad_q is not None:
            c = grad_q + c
        return SolveTriangular(True)(r, c.mT).mT  # … ·R⁻ᵀ


def qr(A: TensorLike, mode: str = "reduced") -> linalg_qr_result:
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


# ---- LU -------------------------------------------------------------------------------------------------------------


class linalg_lu_factor_result(Result):
    LU: Tensor
    pivots: Tensor


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
            refuse("lu_factor", self.info, SINGULAR)
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
            gx = side_by_side(gx, SolveTriangular(False, True, True)(square, beside))
        if below is not None:
            gx = side_by_side(gx.mT, SolveTriangular(True)(square, below.mT)).mT
        return _permutation(pivots, m, lu) @ gx


def lu_factor(A: TensorLike, *, pivot: bool = True) -> linalg_lu_factor_result:
    """The LU factorisation in LAPACK's packed form, for `lu_solve` and `lu_unpack`.

    Shape: (…, m, n) → LU the same, pivots (…, min(m, n)) int32, from 1. A singular matrix is a LinAlgError.
    """
    _pivoting("lu_factor", pivot)
    return linalg_lu_factor_result(*LuFactor(True)(matrices("lu_factor", A)))


class linalg_lu_factor_ex_result(Result):
    LU: Tensor
    pivots: Tensor
    info: Tensor


@in_own_name
def lu_factor_ex(A: TensorLike, *, pivot: bool = True, check_errors: bool = False) -> linalg_lu_factor_ex_result:
    """As `lu_factor`, without an error: `info` is the number of the first zero pivot, 0 if there is none."""
    _pivoting("lu_factor_ex", pivot)
    op = LuFactor(check_errors)
    lu, pivots = op(matrices("lu_factor_ex", A))
    return linalg_lu_factor_ex_result(lu, pivots, Tensor._of(op.info))


class linalg_lu_result(Result):
    P: Tensor
    L: Tensor
    U: Tensor


def lu(A: TensorLike, *, pivot: bool = True) -> linalg_lu_result:
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


def _permutation(pivots: Tensor, m: int, like: Tensor) -> Tensor:
    return Tensor._of(on(like.array).permutation_matrix(pivots.array, m, like.array.dtype))


def lu_unpack(
    LU_data: TensorLike, LU_pivots: TensorLike, unpack_data: bool = True, unpack_pivots: bool = True
) -> linalg_lu_result:
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
        raise IndexError(
            f"{op}: pivots are rows of LU, from 1 to {m}; got {pivots.array.min()} to {pivots.array.max()}."
        )


def lu_solve(LU: TensorLike, pivots: TensorLike, B: TensorLike, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """X with A·X = B (X·A = B if not `left`; Aᵀ in place of A if `adjoint`), given `lu_factor(A)`."""
    factors, b = squares("lu_solve", LU, "LU"), matrices("lu_solve", B, "B")
    exchanges = as_operand("lu_solve", pivots, "pivots")
    one_dtype("lu_solve", factors, b, "LU and B")
    _check_pivots("lu_solve", factors, exchanges)
    b = right_hand_side("lu_solve", factors, b, left)
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
    one_dtype(op, a, t, f"{what} and tau")
    m, n = a.array.shape[-2:]
    if t.array.ndim != a.array.ndim - 1 or t.array.shape[:-1] != a.array.shape[:-2] or t.array.shape[-1] > min(m, n):
        cure = f"{what} is (…, m, n), tau (…, k) with k ≤ m and k ≤ n."
        raise ValueError(
            mismatch(op, "the reflections do not fit", cure, **{what: a.array.shape, "tau": t.array.shape})
        )
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
def householder_product(A: TensorLike, tau: TensorLike) -> Tensor:
    """The first n columns of Q = H₁·H₂·…·Hₖ, Hᵢ = I − τᵢ·vᵢ·vᵢᵀ: the orthogonal factor, from what `geqrf` gives.

    vᵢ is 0 above row i, 1 there, and column i of A below.

    Shape: A (…, m, n) with m ≥ n, tau (…, k) with k ≤ n → (…, m, n).
    """
    a = matrices("householder_product", A)
    m, n = a.array.shape[-2:]
    if m < n:
        raise ValueError(f"householder_product: A must not be wider than high, got shape {tuple(a.array.shape)}.")
    start = Tensor._of(on(a.array).identity(a.array, m)[:, :n]).expand(a.array.shape)
    q = _reflect(*_reflectors("householder_product", a, tau, "A"), start, False)
    return where(start == start, q, a)  # even without reflections its place is above A


@also(input2="tau")
@in_own_name
def orgqr(input: TensorLike, tau: TensorLike) -> Tensor:
    """`linalg.householder_product`, by LAPACK's name."""
    return householder_product(input, tau)


@also(input2="tau", input3="other")
def ormqr(input: TensorLike, tau: TensorLike, other: TensorLike, left: bool = True, transpose: bool = False) -> Tensor:
    """Q·other, or other·Q if not `left`; Qᵀ in place of Q if `transpose`; Q (…, m, m) as in `householder_product`.

    Shape: input (…, m, n), tau (…, k), other (…, m, p), or (…, p, m) if not left → that of other.
    """
    v, t = _reflectors("ormqr", input, tau, "input")
    x = matrices("ormqr", other, "other")
    one_dtype("ormqr", v, x, "input and other")
    m = v.array.shape[-2]
    if x.array.shape[-2 if left else -1] != m or x.array.shape[:-2] != v.array.shape[:-2]:
        shapes = {"input": v.array.shape, "other": x.array.shape}
        raise ValueError(
            mismatch("ormqr", f"Q is {m} × {m}, which does not fit other", "Set left accordingly.", **shapes)
        )
    return _reflect(v, t, x, transpose) if left else _reflect(v, t, x.mT, not transpose).mT


class geqrf_result(Result):
    a: Tensor
    tau: Tensor


def geqrf(input: TensorLike) -> geqrf_result:
    """The QR factorisation as LAPACK packs it: R on and above the diagonal of `a`, below it the vectors of the
    reflections of `householder_product`, and their τ.

    Shape: (…, m, n) → the same, (…, min(m, n)). For Q and R themselves, `linalg.qr` is faster.
    """
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


__all__ = ["geqrf", "lu_unpack", "orgqr", "ormqr"]
