"""16-bit floats: NumPy computes with them slowly and rounds after every step, so kernels compute in float32."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .compiled import half as _compiled
from .compiled import worth

_SINGLE = np.dtype(np.float32)


def is_half(x: Any) -> bool:
    """Whether x holds 16-bit floats, in which NumPy computes slowly and nobody should add up."""
    return x.dtype.itemsize == 2 and x.dtype.kind not in "iu"


def upcast(x: Any) -> Any:
    """16-bit floats as float32, anything else as it is."""
    return single(x) if is_half(x) else x


def cast(x: Any, dtype: Any) -> Any:
    """x in another dtype, a copy."""
    if x.itemsize == 2 and dtype == _SINGLE:
        return single(x)
    return rounded(x, dtype) if dtype.itemsize == 2 and x.dtype == _SINGLE else x.astype(dtype)


def single(x: Any) -> Any:
    """x as float32, a copy."""
    if not is_half(x) or not _convertible(x.dtype, x.size):
        return x.astype(_SINGLE)
    if not x.flags.c_contiguous:
        return single(x.T).T if x.flags.f_contiguous else single(np.ascontiguousarray(x))
    out = np.empty(x.shape, _SINGLE)
    _compiled.widen[x.dtype.kind != "f"](_bits(x), out.reshape(-1))
    return out


def rounded(x: Any, dtype: Any) -> Any:
    """x rounded once to 16 bits (or cast to whatever dtype this is), an array."""
    x = np.asarray(x)
    if x.dtype != _SINGLE or dtype.itemsize != 2 or dtype.kind in "iu" or not _convertible(dtype, x.size):
        return x.astype(dtype)
    if not x.flags.c_contiguous:
        return rounded(x.T, dtype).T if x.flags.f_contiguous else rounded(np.ascontiguousarray(x), dtype)
    out = np.empty(x.shape, dtype)
    _compiled.narrow[dtype.kind != "f"](x.reshape(-1), _bits(out))
    return out


def _bits(x: Any) -> Any:
    return x.view(np.uint16).reshape(-1)


def _convertible(dtype: Any, size: int) -> bool:
    """Whether compiled loops convert this 16-bit float dtype; it is float16, or else bfloat16."""
    return worth(size) and (dtype.kind != "f" or _compiled.converts())


def in_single(args: Any) -> list[Any]:
    """Arguments of a kernel, the arrays among them as float32."""
    return [single(a) if isinstance(a, np.ndarray) else a for a in args]


_COMPILED = {np.add: 0, np.subtract: 1, np.multiply: 2, np.true_divide: 3, np.maximum: 4}
_FEW = 256  # elements: of fewer, converting takes as long as NumPy's own way


def arithmetic(ufunc: Any, x: Any, z: Any) -> Any:
    """A binary function of two arrays, or of an array and a number. Among 16-bit floats a number need not be one of
    theirs: it is computed with in float32 and rounded once, as in PyTorch."""
    array = x if isinstance(x, np.ndarray) else z
    arrays = array is x and isinstance(z, np.ndarray)
    if array.itemsize != 2 or array.dtype.kind in "iu" or (arrays and array.size < _FEW):
        return ufunc(x, z)
    found = _by_loop(ufunc, x, z, array.dtype) if array.size >= _FEW else None
    return _computed(ufunc, array.dtype, x, z) if found is None else found


def _by_loop(ufunc: Any, x: Any, z: Any, dtype: Any) -> Any:
    """What compiled loops compute at once: two arrays of one shape and layout, or an array and then a number."""
    op = _COMPILED.get(ufunc)
    if op is None or not isinstance(x, np.ndarray) or not x.flags.c_contiguous or not _convertible(dtype, x.size):
        return None
    if not isinstance(z, np.ndarray):
        out = np.empty(x.shape, dtype)
        _compiled.with_number[dtype.kind != "f"](op, _bits(x), np.float32(z), _bits(out))
        return out
    if x.shape != z.shape or not z.flags.c_contiguous:
        return None
    out = np.empty(x.shape, dtype)
    _compiled.arithmetic[dtype.kind != "f"](op, _bits(x), _bits(z), _bits(out))
    return out


def relu_16(x: Any) -> Any:
    """max(x, 0) of 16-bit floats; nan stays nan."""
    found = _by_loop(np.maximum, x, 0.0, x.dtype)
    return rounded(single(x).clip(0, np.inf), x.dtype) if found is None else found


def sum_16(x: Any, axes: Any, keepdim: bool) -> Any:
    """Σx of 16-bit floats over the last axes (None: all); None where there is no compiled loop for it."""
    over = x.ndim if axes is None else len(axes)
    if not x.flags.c_contiguous or not _convertible(x.dtype, x.size):
        return None
    if axes is not None and sorted(axes) != list(range(x.ndim - over, x.ndim)):
        return None
    kept = x.shape[: x.ndim - over]
    out = np.empty(kept, _SINGLE)
    _compiled.row_sums[x.dtype.kind != "f"](_bits(x).reshape(out.size, x.size // out.size), out.reshape(-1))
    return rounded(out.reshape(kept + (1,) * over) if keepdim else out, x.dtype)


def _computed(ufunc: Any, dtype: Any, *args: Any) -> Any:
    """A ufunc of 16-bit floats and numbers in float32, rounded once, unless it answers with truths."""
    y = ufunc(*in_single(args))
    return y if y.dtype.kind == "b" else rounded(y, dtype)


def unary(ufunc: Any) -> Any:
    """A function of one array, for 16-bit floats computed in float32 and rounded once."""

    def run(x: Any) -> Any:
        if x.itemsize != 2 or x.dtype.kind in "iu":
            return ufunc(x)
        return _computed(ufunc, x.dtype, x)

    return run


def wide(kernel: Any) -> Any:
    """A kernel of two arrays, or an array and a number, that is given 16-bit floats as float32; rounded once."""

    @functools.wraps(kernel)
    def run(x: Any, z: Any) -> Any:
        array = x if isinstance(x, np.ndarray) else z
        if array.itemsize != 2 or array.dtype.kind in "iu":
            return kernel(x, z)
        return rounded(kernel(*in_single((x, z))), array.dtype)

    return run


def binary(ufunc: Any) -> Any:
    """A function of two arrays that picks one of the two or compares them: exact, in whatever precision."""

    def run(x: Any, z: Any) -> Any:
        array = x if isinstance(x, np.ndarray) else z
        if array.itemsize != 2 or array.dtype.kind in "iu" or array.size < _FEW:
            return ufunc(x, z)
        found = _by_loop(ufunc, x, z, array.dtype)
        return _computed(ufunc, array.dtype, x, z) if found is None else found

    return run
