"""`tensorgrad.linalg`: products, norms, factorisations and solvers, under PyTorch's names.

    >>> import tensorgrad as tg
    >>> A = tg.tensor([[2.0, 0.0], [0.0, 4.0]])
    >>> tg.linalg.solve(A, tg.tensor([2.0, 4.0]))
    tensor([1., 1.])

The page is a list. Products are in `ops/products.py`; of matrices the rest is in `ops/diagonal.py`, `linalg_norm.py`,
`solve.py`, `determinant.py`, `factorize.py`, `spectral.py` and `powers.py`.
"""

from __future__ import annotations

from .ops import diagonal as _diagonal
from .ops import products as _products
from .ops.determinant import det, slogdet
from .ops.factorize import cholesky, cholesky_ex, householder_product, lu, lu_factor, lu_factor_ex, lu_solve, qr
from .ops.keywords import numpy_words
from .ops.linalg_norm import cond, matrix_norm, vector_norm
from .ops.linalg_norm import linalg_norm as norm
from .ops.matrices import LinAlgError
from .ops.powers import matrix_exp, matrix_power, vander
from .ops.products import matmul, multi_dot, vecdot
from .ops.solve import inv, inv_ex, lstsq, solve, solve_ex, solve_triangular, tensorinv, tensorsolve
from .ops.spectral import eigh, eigvalsh, matrix_rank, pinv, svd, svdvals
from .tensor import Tensor, TensorLike


@numpy_words
def cross(input: TensorLike, other: TensorLike, *, dim: int = -1) -> Tensor:
    """The vector product along `dim`, of size 3.  Shape: as many axes each; those of size 1 broadcast."""
    return _products.cross(input, other, dim)


def diagonal(A: TensorLike, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of a stack of matrices.  A view.  Shape: (…, m, n) → (…, min(m, n − offset))."""
    return _diagonal.diagonal(A, offset, dim1, dim2)


__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
