"""Powers and the exponential of matrices, and powers of numbers in a matrix."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import fits, integer
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .join import stack
from .keywords import also
from .matrices import identity, side_by_side, squares
from .promote import as_operand, cast
from .solve import inv


@also(input="A")
@in_own_name
def matrix_power(A: TensorLike, n: int) -> Tensor:
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
        above, below = side_by_side(xt, grad), side_by_side(grad * 0, xt)
        return MatrixExp()(side_by_side(above.mT, below.mT).mT)[..., :n, n:]


@also(input="A")
def matrix_exp(A: TensorLike) -> Tensor:
    """eᴬ = I + A + A²/2 + A³/6 + …  Shape: (…, n, n) → the same."""
    return MatrixExp()(squares("matrix_exp", A))


def vander(x: TensorLike, *, N: int | None = None) -> Tensor:
    """Vandermonde's matrix: the powers 0, 1, …, N − 1 of every element.  Shape: (…, n) → (…, n, N), N = n if None."""
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
    fits("vander", (n, t.array.size + 100), t.array.itemsize, "powers")  # 100: what the record of each takes
    powers = [t * 0 + 1]
    while len(powers) < n:
        powers.append(powers[-1] * t)
    return stack(powers[:n], -1) if n else t.unsqueeze(-1)[..., :0]


__all__ = ["matrix_exp", "matrix_power"]
