"""Arithmetic at every place of an array: NumPy's loops, under PyTorch's names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .choose import where
from .compiled import arithmetic as _compiled
from .compiled import plain, worth
from .constants import ZERO, widened
from .elementwise import rsqrt
from .half import arithmetic, is_half, rounded, single, wide
from .workspace import workspace

neg = np.negative


def add(x: Any, z: Any) -> Any:
    """x + z."""
    return arithmetic(np.add, x, z)


def sub(x: Any, z: Any) -> Any:
    """x − z."""
    return arithmetic(np.subtract, x, z)


def mul(x: Any, z: Any) -> Any:
    """x · z."""
    return arithmetic(np.multiply, x, z)


def div(x: Any, z: Any) -> Any:
    """x / z."""
    return arithmetic(np.true_divide, x, z)


@wide
def fmod(x: Any, z: Any) -> Any:
    """x − z·trunc(x/z), with the sign of x."""
    out = _left_over(x, z, False, False)
    return np.fmod(x, z) if out is None else out


@wide
def remainder(x: Any, z: Any) -> Any:
    """x − z·⌊x/z⌋, with the sign of z; a zero keeps the sign of x, where NumPy's own takes that of z."""
    r = _left_over(x, z, True, False)
    if r is not None:
        return r
    if (x if isinstance(x, np.ndarray) else z).dtype.kind in "iu":
        return np.remainder(x, z)
    r = np.asarray(np.fmod(x, z))
    zero = ZERO[r.dtype]
    np.add(r, z, out=r, where=(r != zero) & ((r < zero) != (np.asarray(z) < zero)))
    return r


@wide
def floor_divide(x: Any, z: Any) -> Any:
    """⌊x/z⌋."""
    out = _left_over(x, z, True, True)
    return np.floor_divide(x, z) if out is None else out


# quotients up to which their whole part can be trusted
_LIMITS = {np.dtype(np.float32): np.float32(2**22), np.dtype(np.float64): np.float64(2**51)}


def _left_over(x: Any, z: Any, floored: bool, quotient: bool) -> Any:
    """The three above by a compiled loop; None where NumPy is to do it."""
    array = x if isinstance(x, np.ndarray) else z
    dtype = array.dtype
    if max(array.size, np.size(z)) < 1024:
        return None
    if dtype not in _LIMITS and (dtype.kind != "i" or dtype.itemsize < 4 or not floored):
        return None
    shape = np.broadcast_shapes(np.shape(x), np.shape(z))
    if not worth(math.prod(shape)):
        return None
    a, b = (plain(np.broadcast_to(np.asarray(v, dtype), shape)).reshape(-1) for v in (x, z))
    out = np.empty(shape, dtype)
    if dtype.kind == "f":
        _compiled.left_over(a, b, _LIMITS[dtype], floored, quotient, out.reshape(-1))
    else:
        _compiled.whole_left_over(a, b, quotient, out.reshape(-1))
    return out


@wide
def trunc_divide(x: Any, z: Any) -> Any:
    """x / z, rounded towards zero."""
    if np.result_type(x, z).kind == "f":
        return np.trunc(np.true_divide(x, z))
    x, z = np.asarray(x), np.asarray(z)
    q = np.floor_divide(x, z)
    return q + ((np.remainder(x, z) != 0) & ((x < 0) != (z < 0)))


def pow(x: Any, z: Any) -> Any:
    """xᶻ; of integers modulo 2ⁿ, as the hardware has it, and x⁻ⁿ rounded towards zero: 0 unless x is ±1."""
    if not isinstance(z, np.ndarray):
        if x.dtype.kind == "f" and (z == 3 or z == -0.5):
            return x * x * x if z == 3 else rsqrt(x)
        if is_half(x):
            return rounded(single(x) ** z, x.dtype)
        return x**z  # NumPy's operator knows a shorter way for −1, 0, ½, 1 and 2
    if z.dtype.kind not in "iub":
        return np.power(x, z)
    if z.dtype.kind == "b":
        return x | ~z
    negative = z < 0
    if not np.any(negative):
        return np.power(x, z)
    base = np.asarray(x, z.dtype)
    unit = np.where(base == -1, 1 - 2 * (z & 1), base == 1).astype(z.dtype)
    return np.where(negative, unit, np.power(base, np.where(negative, 0, z)))


@widened
def addcmul(x: Any, a: Any, b: Any, value: Any) -> Any:
    """x + value·a·b."""
    t = a * b
    return x + (t if value == 1 else t * value)


@widened
def addcdiv(x: Any, a: Any, b: Any, value: Any) -> Any:
    """x + value·a/b."""
    t = a / b
    return x + (t if value == 1 else t * value)


@widened
def lerp(x: Any, end: Any, weight: Any) -> Any:
    """x + weight·(end − x); from the other end where the weight is at least ½, so that weight 1 gives `end` exactly."""
    t = end - x
    if not isinstance(weight, np.ndarray):
        return x + t * weight if np.absolute(weight) < 0.5 else end - t * (1 - weight)
    return where(np.asarray(np.absolute(weight) < 0.5), np.asarray(x + weight * t), np.asarray(end - t * (1 - weight)))


def add_(x: Any, other: Any, alpha: Any = 1) -> None:
    """x += alpha·other."""
    np.add(x, other if alpha == 1 else _product(other, alpha), x)


def sub_(x: Any, other: Any, alpha: Any = 1) -> None:
    """x −= alpha·other."""
    np.subtract(x, other if alpha == 1 else _product(other, alpha), x)


def mul_(x: Any, other: Any) -> None:
    """x ·= other."""
    np.multiply(x, other, x)


def div_(x: Any, other: Any) -> None:
    """x /= other."""
    np.true_divide(x, other, x)


def addcmul_(x: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> None:
    """x += value·tensor1·tensor2."""
    t = _product(tensor1, tensor2)
    if value != 1:
        t *= value
    np.add(x, t, x)


def addcdiv_(x: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> None:
    """x += value·tensor1/tensor2."""
    t = workspace(np.broadcast_shapes(tensor1.shape, tensor2.shape), tensor1.dtype)
    np.true_divide(tensor1, tensor2, t)
    if value != 1:
        t *= value
    np.add(x, t, x)


def lerp_(x: Any, end: Any, weight: Any) -> None:
    """x += weight·(end − x), for a number as the weight; as in `lerp` from the nearer end."""
    t = workspace(np.broadcast_shapes(x.shape, end.shape), x.dtype)
    np.subtract(end, x, t)
    if np.absolute(weight) < 0.5:
        t *= weight
        np.add(x, t, x)
    else:
        t *= 1 - weight
        np.subtract(end, t, x)


def _product(a: Any, b: Any) -> Any:
    """a·b in memory that is used again."""
    if not isinstance(a, np.ndarray):
        return a * b
    return np.multiply(a, b, workspace(np.broadcast_shapes(a.shape, np.shape(b)), a.dtype))


square = np.square
