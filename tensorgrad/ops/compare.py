"""Comparisons, logic and questions about numbers: bool tensors, which have no gradient."""

from __future__ import annotations

from typing import Any

from ..autograd.modes import quiet
from ..kernels import on
from ..kernels.shapes import broadcast
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .keywords import also
from .promote import NUMBERS, as_operand, number, paired, result_dtype, same_dtype


def _compared(op: str, input: Any, other: Any) -> Tensor:
    x, z = paired(op, input, other)
    a, b = (t.array if isinstance(t, Tensor) else t for t in (x, z))
    kernels = on(b if isinstance(x, NUMBERS) else a)
    try:
        return Tensor._of(kernels.as_array(getattr(kernels, op)(a, b)))
    except ValueError:
        broadcast(op, input=a.shape, other=b.shape)
        raise


def eq(input: TensorLike, other: TensorLike) -> Tensor:
    """input = other, place by place.  Shape: broadcast.  (`equal` compares whole tensors.)"""
    return _compared("eq", input, other)


def ne(input: TensorLike, other: TensorLike) -> Tensor:
    """input ≠ other, place by place.  Shape: broadcast.  True where one is nan."""
    return _compared("ne", input, other)


def lt(input: TensorLike, other: TensorLike) -> Tensor:
    """input < other, place by place.  Shape: broadcast."""
    return _compared("lt", input, other)


def le(input: TensorLike, other: TensorLike) -> Tensor:
    """input ≤ other, place by place.  Shape: broadcast."""
    return _compared("le", input, other)


def gt(input: TensorLike, other: TensorLike) -> Tensor:
    """input > other, place by place.  Shape: broadcast."""
    return _compared("gt", input, other)


def ge(input: TensorLike, other: TensorLike) -> Tensor:
    """input ≥ other, place by place.  Shape: broadcast."""
    return _compared("ge", input, other)


# ---- logic: every number but 0 is true -----------------------------------------------------------------------------


def logical_and(input: TensorLike, other: TensorLike) -> Tensor:
    """Both true, place by place; every number but 0 is true.  Shape: broadcast."""
    return _logical("logical_and", input, other)


def logical_or(input: TensorLike, other: TensorLike) -> Tensor:
    """One or both true, place by place; every number but 0 is true.  Shape: broadcast."""
    return _logical("logical_or", input, other)


def logical_xor(input: TensorLike, other: TensorLike) -> Tensor:
    """Exactly one true, place by place; every number but 0 is true.  Shape: broadcast."""
    return _logical("logical_xor", input, other)


def logical_not(input: TensorLike) -> Tensor:
    """True where input is 0."""
    return _asked("logical_not", input)


def _logical(op: str, input: Any, other: Any) -> Tensor:
    x, z = as_operand(op, input), as_operand(op, other, "other")
    kernels = on(x.array)
    try:
        return Tensor._of(kernels.as_array(getattr(kernels, op)(x.array, z.array)))
    except ValueError:
        broadcast(op, input=x.array.shape, other=z.array.shape)
        raise


# ---- questions -----------------------------------------------------------------------------------------------------


def _asked(op: str, input: Any) -> Tensor:
    x = as_operand(op, input).array
    kernels = on(x)
    return Tensor._of(kernels.as_array(getattr(kernels, op)(x)))


def isnan(input: TensorLike) -> Tensor:
    """Where input is not a number."""
    return _asked("isnan", input)


def isinf(input: TensorLike) -> Tensor:
    """Where input is ∞ or −∞."""
    return _asked("isinf", input)


def isfinite(input: TensorLike) -> Tensor:
    """Where input is neither infinite nor nan."""
    return _asked("isfinite", input)


def isposinf(input: TensorLike) -> Tensor:
    """Where input is ∞."""
    return _asked("isposinf", input)


def isneginf(input: TensorLike) -> Tensor:
    """Where input is −∞."""
    return _asked("isneginf", input)


def isreal(input: TensorLike) -> Tensor:
    """Where input is real: everywhere."""
    return _asked("isreal", input)


def signbit(input: TensorLike) -> Tensor:
    """Where the sign is negative; that of −0.0 is."""
    return _asked("signbit", input)


@in_own_name
def isclose(
    input: TensorLike, other: TensorLike, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Tensor:
    """|input − other| ≤ atol + rtol·|other|, or equal (infinities); nan beside nan if `equal_nan`.  Shape: broadcast.

    Both of one dtype; rtol and atol not negative.
    """
    x, z = as_operand("isclose", input), as_operand("isclose", other, "other")
    same_dtype("isclose", input=x, other=z)
    rtol, atol = number("isclose", "rtol", rtol), number("isclose", "atol", atol)
    if not (rtol >= 0 and atol >= 0):
        raise ValueError(f"isclose: rtol and atol must not be negative, got rtol={rtol}, atol={atol}.")
    kernels = on(x.array)
    try:
        with quiet():  # ∞ − ∞
            return Tensor._of(kernels.as_array(kernels.isclose(x.array, z.array, rtol, atol, equal_nan)))
    except ValueError:
        broadcast("isclose", input=x.array.shape, other=z.array.shape)
        raise


@in_own_name
def allclose(
    input: TensorLike, other: TensorLike, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether `isclose` holds everywhere."""
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


def equal(input: TensorLike, other: TensorLike) -> bool:
    """Whether two tensors have the same shape and the same numbers. nan equals nothing."""
    x, z = paired("equal", as_operand("equal", input), as_operand("equal", other, "other"))
    return on(x.array).equal(x.array, z.array)


@also(element="elements", test_element="test_elements")
def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each of `elements` is among `test_elements`.  Shape: that of `elements`.

    Args:
        assume_unique: both hold no number twice, which saves a sort.
        invert: whether it is not among them.
    """
    dtype = result_dtype("isin", elements, test_elements)
    x, z = (as_operand("isin", t).array.astype(dtype.numpy, copy=False) for t in (elements, test_elements))
    return Tensor._of(on(x).as_array(on(x).isin(x, z, assume_unique, invert)))


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape."""
    return as_operand("is_same_size", input).array.shape == as_operand("is_same_size", other, "other").array.shape


# ---- operators: a comparison with something that is no number is Python's to answer --------------------------------


def _operator(op: Any) -> Any:
    def compare(self: Tensor, other: Any) -> Any:
        if isinstance(other, (Tensor, *NUMBERS)) or hasattr(other, "__array_interface__"):
            return op(self, other)
        return NotImplemented

    compare.__name__ = compare.__qualname__ = f"__{op.__name__}__"
    compare.__doc__ = op.__doc__
    return compare


__eq__, __ne__, __lt__, __le__, __gt__, __ge__ = (_operator(op) for op in (eq, ne, lt, le, gt, ge))

# ---- second names --------------------------------------------------------------------------------------------------

not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge

__all__ = [
    "allclose", "eq", "equal", "ge", "greater", "greater_equal", "gt", "is_same_size",
    "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "isreal", "le", "less", "less_equal",
    "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "ne", "not_equal", "signbit",
]  # fmt: skip
