"""What the operations of `linalg` ask of a matrix, and how they say that one broke down."""

from __future__ import annotations

from typing import Any

from ..kernels import on
from ..kernels.shapes import broadcast, mismatch
from ..tensor import Tensor
from .join import cat
from .promote import as_operand, mixed_dtypes


class LinAlgError(RuntimeError):
    """A matrix that is singular, or not positive-definite, where that is asked for."""


SINGULAR = (
    "singular: pivot {k} of its LU factorisation is 0. "
    "Use linalg.pinv or linalg.lstsq, or add a little to the diagonal."
)
NOT_POSITIVE = (
    "not positive-definite: its leading minor of order {k} is not positive. "
    "Is it symmetric? A little added to the diagonal may help."
)


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


def one_dtype(op: str, x: Tensor, z: Tensor, names: str = "A and B") -> None:
    """Refuse two operands of different dtypes."""
    if x.array.dtype != z.array.dtype:
        raise mixed_dtypes(op, **dict(zip(names.split(" and "), (x, z))))


def right_hand_side(op: str, a: Tensor, b: Tensor, left: bool) -> Tensor:
    """B, if A and B belong to one system of equations."""
    m, n = a.array.shape, b.array.shape
    if len(n) < 2 or n[-2 if left else -1] != m[-1]:
        cure = f"{'A·X = B needs B (…, n, k)' if left else 'X·A = B needs B (…, k, n)'} for A (…, n, n)."
        raise ValueError(mismatch(op, "the shapes do not belong together", cure, A=m, B=n))
    broadcast(op, A=m[:-2], B=n[:-2])
    return b


def refuse(op: str, info: Any, what: str) -> None:
    """LinAlgError for the first matrix that broke down. `what` has a place {k} for the pivot."""
    if info is None or not info.any():
        return
    first = tuple(int(i[0]) for i in info.nonzero()) if info.ndim else ()
    k = int(info[first])
    which = f" {first[0] if len(first) == 1 else first} of the stack" if first else ""
    raise LinAlgError(f"{op}: matrix{which} is {what.format(k=k)}")


def info_of(x: Tensor, info: Any) -> Tensor:
    """A kernel's `info` as a Tensor: zeros where it is None."""
    return Tensor._of(on(x.array).no_info(x.array) if info is None else info)


def converged(op: str, kernel: Any, *args: Any) -> Any:
    """Run an iterative kernel."""
    try:
        return kernel(*args)
    except ValueError as error:  # NumPy's LinAlgError is one
        raise LinAlgError(f"{op}: did not converge ({error}). Does the input hold nan or inf?") from None


def identity(like: Tensor, n: int) -> Tensor:
    """(n, n), a constant of the dtype of `like`."""
    return Tensor._of(on(like.array).identity(like.array, n))


def side_by_side(x: Tensor, z: Tensor) -> Tensor:
    """(x, z) as one matrix: (…, m, n), (…, m, k) → (…, m, n + k)."""
    return cat((x, z), -1)


__all__: list[str] = []
