"""One number in, one number out, at every place of an array: NumPy's loops, under PyTorch's names.

A name that is bound to a NumPy function takes what that takes, `out` included: in-place arithmetic uses it. Numbers
that meet an array are arrays of no dimension and its dtype, `_ZERO[x.dtype]`: beside a small array a Python number
would cost as much again as the arithmetic.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

import numpy as np

from .workspace import in_single, is_half, workspace


class _Constant(dict[Any, Any]):
    """One number in every dtype, as an array without dimensions."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def __missing__(self, dtype: Any) -> Any:
        made = self[dtype] = np.asarray(self.value, dtype)
        made.flags.writeable = False
        return made


_ZERO, _ONE, _INFINITY = _Constant(0), _Constant(1), _Constant(np.inf)
_BITS: dict[int, Any] = {1: np.dtype(np.int8), 2: np.dtype(np.int16), 4: np.dtype(np.int32), 8: np.dtype(np.int64)}
_INT8 = np.dtype(np.int8)

as_array = np.asarray


def widened(kernel: Any) -> Any:
    """A kernel that computes in float32 where it is given 16-bit floats: NumPy's arithmetic of those is slow, and rounds
    after every step."""

    @wraps(kernel)
    def run(x: Any, *rest: Any) -> Any:
        if not is_half(x):
            return kernel(x, *rest)
        return np.asarray(kernel(*in_single((x, *rest)))).astype(x.dtype)

    return run


# ---- arithmetic ----------------------------------------------------------------------------------------------------

add = np.add
sub = np.subtract
mul = np.multiply
div = np.true_divide
neg = np.negative
maximum = np.maximum
minimum = np.minimum
fmax = np.fmax
fmin = np.fmin
fmod = np.fmod
floor_divide = np.floor_divide


def remainder(x: Any, z: Any) -> Any:
    """x − z·⌊x/z⌋, with the sign of z; a zero keeps the sign of x, where NumPy's own takes that of z."""
    if (x if isinstance(x, np.ndarray) else z).dtype.kind in "iu":
        return np.remainder(x, z)
    r = np.asarray(np.fmod(x, z))
    zero = _ZERO[r.dtype]
    np.add(r, z, out=r, where=(r != zero) & ((r < zero) != (np.asarray(z) < zero)))
    return r


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
            return (x.astype(np.float32) ** z).astype(x.dtype)
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


@widened
def clamp(x: Any, min: Any, max: Any) -> Any:
    """The nearest number between min and max, either of which may be None; max where they are in the wrong order."""
    return x.clip(min, max)


def clamp_backward(grad: Any, x: Any, min: float | None, max: float | None) -> Any:
    """grad where min ≤ x ≤ max."""
    inside = x >= min if min is not None else True
    if max is not None:
        inside = inside & (x <= max)
    return keep(grad, np.asarray(inside))


hypot = np.hypot
atan2 = np.arctan2
copysign = np.copysign
nextafter = np.nextafter
logaddexp = np.logaddexp
logaddexp2 = np.logaddexp2
gcd = np.gcd
lcm = np.lcm
bitwise_and = np.bitwise_and
bitwise_or = np.bitwise_or
bitwise_xor = np.bitwise_xor
bitwise_not = np.invert
bitwise_left_shift = np.left_shift
bitwise_right_shift = np.right_shift


def heaviside(x: Any, z: Any) -> Any:
    """1 above 0, z at 0, 0 elsewhere."""
    return np.where(x == 0, z, (x > 0).astype(x.dtype))


# ---- in place: the result goes into x's memory; the operands have the user's names, for who calls with them ------------


def half_mul(x: Any, z: float) -> Any:
    """x·z of 16-bit floats and a number, which need not be one of theirs."""
    return (x.astype(np.float32) * z).astype(x.dtype)


def half_div(x: Any, z: float) -> Any:
    """x/z of 16-bit floats and a number, which need not be one of theirs."""
    return (x.astype(np.float32) / z).astype(x.dtype)


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


def clamp_(x: Any, min: Any = None, max: Any = None) -> None:
    """x held between min and max, or on one side of the one that is not None."""
    if min is None:
        np.minimum(x, max, out=x)
    elif max is None:
        np.maximum(x, min, out=x)
    else:  # an array `max` may look at x's memory: leave that alone until it has been read
        np.minimum(np.maximum(x, min, out=None if isinstance(max, np.ndarray) else x), max, out=x)


def _product(a: Any, b: Any) -> Any:
    """a·b in memory that is used again."""
    if not isinstance(a, np.ndarray):
        return a * b
    return np.multiply(a, b, workspace(np.broadcast_shapes(a.shape, np.shape(b)), a.dtype))


# ---- a choice at every place ---------------------------------------------------------------------------------------
# Where the truth values are in no order, a processor guesses half of its branches wrong, and that is all np.where
# spends its time on. Multiplying the bit patterns by 0 or 1 needs no branch: twenty times faster on a large array, and
# exact, as multiplying the numbers would not be (∞ · 0 is nan).

_LARGE = 1024  # elements from which this pays


def keep(x: Any, mask: Any) -> Any:
    """x where mask, 0 elsewhere, in the larger of their shapes."""
    if x.size < _LARGE and x.shape == mask.shape:
        out = x.copy()
        np.copyto(out, _ZERO[x.dtype], where=~mask)
        return out
    return (x.view(_BITS[x.itemsize]) * mask.view(_INT8)).view(x.dtype)


def where(mask: Any, x: Any, z: Any) -> Any:
    """x where mask, z elsewhere; arrays of one dtype, or Python numbers."""
    if mask.size < _LARGE or not (isinstance(x, np.ndarray) and isinstance(z, np.ndarray)):
        return np.where(mask, x, z)
    bits = _BITS[x.itemsize]
    a, b = x.view(bits), z.view(bits)
    either = a ^ b
    out = either if either.shape == np.broadcast_shapes(either.shape, mask.shape) else None
    out = np.multiply(either, mask.view(_INT8), out=out)
    out ^= b
    return out.view(x.dtype)


def relu(x: Any) -> Any:
    """max(x, 0); nan stays nan. NumPy's clip is vectorised, its maximum beside a number is not."""
    if x.size < _LARGE or x.dtype.kind != "f":
        return np.maximum(x, _ZERO[x.dtype])
    return x.clip(_ZERO[x.dtype], _INFINITY[x.dtype])


def relu_backward(grad: Any, out: Any) -> Any:
    """grad where relu has let x through."""
    return keep(grad, np.asarray(out != _ZERO[out.dtype]))


# ---- functions of one number ---------------------------------------------------------------------------------------

abs = np.absolute
sqrt = np.sqrt
square = np.square
exp = np.exp
exp2 = np.exp2
expm1 = np.expm1
log = np.log
log2 = np.log2
log10 = np.log10
log1p = np.log1p
sin = np.sin
cos = np.cos
tan = np.tan
asin = np.arcsin
acos = np.arccos
atan = np.arctan
sinh = np.sinh
cosh = np.cosh
tanh = np.tanh
asinh = np.arcsinh
acosh = np.arccosh
atanh = np.arctanh
floor = np.floor
ceil = np.ceil
trunc = np.trunc
isnan = np.isnan
isinf = np.isinf
isfinite = np.isfinite
signbit = np.signbit
frexp = np.frexp
ldexp = np.ldexp


@widened
def round(x: Any, decimals: int = 0) -> Any:
    """To the nearest, a half to the even neighbour."""
    return np.rint(x) if decimals == 0 else np.round(x, decimals)


def sign(x: Any) -> Any:
    """1, 0 or −1; 0 for nan."""
    zero = _ZERO[x.dtype]
    if x.dtype.kind in "bu":
        return (x > zero).astype(x.dtype)
    return ((x > zero).view(_INT8) - (x < zero).view(_INT8)).astype(x.dtype)


def reciprocal(x: Any) -> Any:
    """1/x."""
    return np.true_divide(_ONE[x.dtype], x)


@widened
def rsqrt(x: Any) -> Any:
    """1/√x."""
    t = _like(x)
    np.sqrt(x, t)
    return np.true_divide(_ONE[x.dtype], t, t)


def frac(x: Any) -> Any:
    """x without its whole part."""
    return x - np.trunc(x)


def nan_to_num(x: Any, nan: float, posinf: float | None, neginf: float | None) -> Any:
    """Other numbers for nan, ∞ and −∞; None for an infinity is the largest number of its sign."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def angle(x: Any) -> Any:
    """0 for numbers from 0, π below, nan for nan."""
    pi = np.asarray(np.pi, x.dtype)
    return np.where(np.isnan(x), x, keep(np.broadcast_to(pi, x.shape), np.asarray(x < 0)))


@widened
def sigmoid(x: Any) -> Any:
    """1/(1 + e⁻ˣ). Where the exponential overflows, one over infinity is the right answer."""
    t, one = _like(x), _ONE[x.dtype]
    np.negative(x, t)
    np.exp(t, t)
    np.add(t, one, t)
    return np.true_divide(one, t, t)


@widened
def sigmoid_backward(grad: Any, out: Any) -> Any:
    """grad · out · (1 − out)."""
    t = _like(out)
    np.subtract(_ONE[out.dtype], out, t)
    np.multiply(t, out, t)
    return np.multiply(t, grad, t)


@widened
def tanh_backward(grad: Any, out: Any) -> Any:
    """grad · (1 − out²)."""
    t = _like(out)
    np.multiply(out, out, t)
    np.subtract(_ONE[out.dtype], t, t)
    return np.multiply(t, grad, t)


def _like(x: Any) -> Any:
    """Memory for a result of x's shape and dtype (also without dimensions, where NumPy would give a scalar)."""
    return np.empty(x.shape, x.dtype)


# ---- comparisons ---------------------------------------------------------------------------------------------------

eq = np.equal
ne = np.not_equal
lt = np.less
le = np.less_equal
gt = np.greater
ge = np.greater_equal
logical_and = np.logical_and
logical_or = np.logical_or
logical_xor = np.logical_xor
logical_not = np.logical_not
isreal = np.isreal
isposinf = np.isposinf
isneginf = np.isneginf


def isclose(x: Any, z: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    """|x − z| ≤ atol + rtol·|z|, and whatever is equal; nan beside nan if `equal_nan`."""
    close = x == z
    if equal_nan and x.dtype.kind == "f":
        close |= (x != x) & (z != z)
    if rtol == 0 and atol == 0:
        return close
    if x.dtype.kind in "iub":
        x, z = x.astype(np.float64), z.astype(np.float64)
    apart = np.absolute(x - z)
    return close | (np.isfinite(apart) & (apart <= atol + np.absolute(rtol * z)))


def isin(x: Any, values: Any, assume_unique: bool, invert: bool) -> Any:
    """Whether each number is among the values."""
    return np.isin(x, values, assume_unique=assume_unique, invert=invert)


def equal(x: Any, z: Any) -> bool:
    """Whether two arrays have the same shape and numbers."""
    return bool(np.array_equal(x, z))
