"""Whole numbers as rows of bits, and their divisors."""

from __future__ import annotations

from typing import Any

from ..kernels import on
from ..tensor import Tensor, TensorLike
from .pointwise import broadcast_error, tensors
from .promote import as_operand, result_dtype


def _of_integers(op: str, input: Any, other: Any, bools: bool = False) -> Tensor:
    """The kernel of this name for two operands of a whole dtype; it has no gradient."""
    x, z = tensors(op, input, other)
    kind = x.array.dtype.kind
    if kind not in "iu" and not (bools and kind == "b"):
        wanted = "integer or bool dtypes" if bools else "integer dtypes"
        raise TypeError(f"{op}: needs {wanted}, got {result_dtype(op, input, other)}. Convert first: x.long().")
    kernels = on(x.array)
    try:
        return Tensor._of(kernels.as_array(getattr(kernels, op)(x.array, z.array)))
    except ValueError as error:
        raise broadcast_error(op, error, input=x, other=z) from None


def bitwise_and(input: TensorLike, other: TensorLike) -> Tensor:
    """input & other, of integers or bools.  Shape: broadcast."""
    return _of_integers("bitwise_and", input, other, bools=True)


def bitwise_or(input: TensorLike, other: TensorLike) -> Tensor:
    """input | other, of integers or bools.  Shape: broadcast."""
    return _of_integers("bitwise_or", input, other, bools=True)


def bitwise_xor(input: TensorLike, other: TensorLike) -> Tensor:
    """input ^ other, of integers or bools.  Shape: broadcast."""
    return _of_integers("bitwise_xor", input, other, bools=True)


def bitwise_not(input: TensorLike) -> Tensor:
    """~input: of integers −x − 1, of bools the opposite."""
    x = as_operand("bitwise_not", input)
    if x.array.dtype.kind not in "iub":
        raise TypeError(f"bitwise_not: needs an integer or bool dtype, got {x.dtype}.")
    return Tensor._of(on(x.array).as_array(on(x.array).bitwise_not(x.array)))


def bitwise_left_shift(input: TensorLike, other: TensorLike) -> Tensor:
    """input << other, of integers; 0 when all bits are shifted out.  Shape: broadcast."""
    return _of_integers("bitwise_left_shift", input, other)


def bitwise_right_shift(input: TensorLike, other: TensorLike) -> Tensor:
    """input >> other, of integers, keeping the sign.  Shape: broadcast."""
    return _of_integers("bitwise_right_shift", input, other)


def gcd(input: TensorLike, other: TensorLike) -> Tensor:
    """The greatest common divisor of integers, never negative; gcd(0, 0) = 0.  Shape: broadcast."""
    return _of_integers("gcd", input, other)


def lcm(input: TensorLike, other: TensorLike) -> Tensor:
    """The least common multiple of integers, never negative.  Shape: broadcast."""
    return _of_integers("lcm", input, other)


__all__ = [
    "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "gcd",
    "lcm",
]  # fmt: skip
