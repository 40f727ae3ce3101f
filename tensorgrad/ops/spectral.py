"""Singular values and eigenvalues, and what is made of them: the pseudo-inverse and the rank.

All take stacks of matrices (…, m, n), of float32 or float64. The gradients are written in ops, so they have gradients
themselves. Their formulas: M. Giles, *Collected matrix derivative results for forward and reverse mode algorithmic
differentiation* (2008); J. Townsend, *Differentiating the singular value decomposition* (2016).
"""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..printing import Result
from ..tensor import Tensor, TensorLike
from .keywords import also
from .matrices import converged, identity, matrices, squares
from .promote import number

# ---- singular values ------------------------------------------------------------------------------------------------


class linalg_svd_result(Result):
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
        return converged("svd", on(x).svd, x, self.full)

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


def svd(A: TensorLike, full_matrices: bool = True, *, driver: str | None = None) -> linalg_svd_result:
    """U, S, Vh with A = U·diag(S)·Vh; the columns of U and the rows of Vh orthonormal, S falling and not negative.

    Shape: (…, m, n) → U (…, m, k), S (…, k), Vh (…, k, n), k = min(m, n); with `full_matrices` U (…, m, m) and Vh
    (…, n, n). The signs of each pair of vectors are arbitrary. The gradients of U and Vh need singular values that all
    differ. `driver` chooses among CUDA's routines and does nothing here.
    """
    return linalg_svd_result(*Svd(bool(full_matrices))(matrices("svd", A)))


class Svdvals(Function):
    """The singular values alone; gA = U·diag(g)·Vᵀ."""

    def forward(self, x: Any) -> Any:
        return converged("svd", on(x).svdvals, x)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        u, _, vh = Svd(False)(x)
        return (u * grad.unsqueeze(-2)) @ vh


def svdvals(A: TensorLike, *, driver: str | None = None) -> Tensor:
    """The singular values, falling.  Shape: (…, m, n) → (…, min(m, n))."""
    return Svdvals()(matrices("svdvals", A))


# ---- eigenvalues of symmetric matrices ------------------------------------------------------------------------------


class linalg_eigh_result(Result):
    eigenvalues: Tensor
    eigenvectors: Tensor


class Eigh(Function):
    """A = V·diag(λ)·Vᵀ. With E[i, j] = λⱼ − λᵢ (1 on the diagonal): gA = V·(skew(Vᵀ·gV)/2E + diag(gλ))·Vᵀ."""

    materialize = False

    def __init__(self, uplo: str) -> None:
        self.uplo = uplo

    def forward(self, x: Any) -> Any:
        return converged("eigh", on(x).eigh, x, self.uplo)

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


@also(input="A")
def eigh(A: TensorLike, UPLO: str = "L") -> linalg_eigh_result:
    """Eigenvalues, rising, and orthonormal eigenvectors (columns) of a symmetric matrix: A = V·diag(λ)·Vᵀ.

    Shape: (…, n, n) → (…, n), (…, n, n). Only one triangle of A is read, the lower or the upper as `UPLO` says; the
    gradient counts both. That of the vectors needs eigenvalues that all differ, and may not depend on their signs.
    """
    return linalg_eigh_result(*Eigh(_uplo("eigh", UPLO))(squares("eigh", A)))


class Eigvalsh(Function):
    """The eigenvalues alone; gA = V·diag(g)·Vᵀ."""

    def __init__(self, uplo: str) -> None:
        self.uplo = uplo

    def forward(self, x: Any) -> Any:
        return converged("eigh", on(x).eigvalsh, x, self.uplo)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        _, v = Eigh(self.uplo)(x)
        return (v * grad.unsqueeze(-2)) @ v.mT


@also(input="A")
def eigvalsh(A: TensorLike, UPLO: str = "L") -> Tensor:
    """The eigenvalues, rising, of a symmetric matrix; see `eigh`.  Shape: (…, n, n) → (…, n)."""
    return Eigvalsh(_uplo("eigvalsh", UPLO))(squares("eigvalsh", A))


def _uplo(op: str, uplo: str) -> str:
    if not isinstance(uplo, str) or uplo.upper() not in ("L", "U"):
        raise ValueError(f"{op}: UPLO must be 'L' or 'U', got {uplo!r}.")
    return uplo.upper()


# ---- pseudo-inverse and rank ----------------------------------------------------------------------------------------


class Pinv(Function):
    """P = A⁺. While the rank stays what it is: gA = −Pᵀ·g·Pᵀ + (I − A·P)·gᵀ·P·Pᵀ + Pᵀ·P·gᵀ·(I − P·A)."""

    def __init__(self, atol: Any, rtol: Any, hermitian: bool) -> None:
        self.atol, self.rtol, self.hermitian = atol, rtol, hermitian

    def forward(self, x: Any) -> Any:
        return converged("pinv", on(x).pinv, x, self.atol, self.rtol, self.hermitian)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        pt, gt = out.mT, grad.mT
        right = gt @ out @ pt
        left = pt @ out @ gt
        return right - x @ (out @ right) + left - (left @ out) @ x - pt @ grad @ pt


@also(input="A")
def pinv(
    A: TensorLike, rcond: float | Tensor | None = None, hermitian: bool = False, *, atol: float | Tensor | None = None,
    rtol: float | Tensor | None = None,
) -> Tensor:  # fmt: skip
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


@also(input="A")
def matrix_rank(
    A: TensorLike, tol: float | Tensor | None = None, hermitian: bool = False, *, atol: float | Tensor | None = None,
    rtol: float | Tensor | None = None,
) -> Tensor:  # fmt: skip
    """How many singular values are larger than max(atol, rtol·largest); `tol` is the old name of atol. See `pinv`.

    Shape: (…, m, n) → (…), int64. No gradient.
    """
    x = squares("matrix_rank", A) if hermitian else matrices("matrix_rank", A)
    atol, rtol = _tolerances("matrix_rank", x, tol if atol is None else atol, rtol)
    return Tensor._of(converged("matrix_rank", on(x.array).matrix_rank, x.array, atol, rtol, hermitian))


def _tolerances(op: str, x: Tensor, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """Numbers or arrays; PyTorch's defaults."""
    atol, rtol = (
        t if t is None or isinstance(t, Tensor) else number(op, what, t) for what, t in (("atol", atol), ("rtol", rtol))
    )
    if rtol is None:
        rtol = (
            0.0
            if atol is not None and not isinstance(atol, Tensor) and atol > 0
            else (0.0 if isinstance(atol, Tensor) else max(x.array.shape[-2:]) * dtypes.finfo(x.dtype).eps)
        )
    if atol is None:
        atol = 0.0
    return tuple(t.array if isinstance(t, Tensor) else float(t) for t in (atol, rtol))  # type: ignore[return-value]


__all__: list[str] = []
