"""Shapes without numbers: the kernels of the device "meta".

    big = nn.Linear(100_000, 100_000, device="meta")      40 GB of weights that nobody has to hold

An array of the device has a shape and a dtype, and memory for one element: all its strides are 0. Views of it, transposed or
cut, are NumPy's. A kernel called with one gives arrays of the same kind, by one of three ways:

- What computes element by element is run on one element, for the dtype; the shape is that of the broadcast.
- Products, convolutions, attention, normalization, what is drawn and what is filled have their shape written down below.
- Anything else runs on the CPU, on zeros that are forgotten at once. It is right, and no faster than there.

A result whose shape depends on numbers is refused, and so is to read a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from . import cpu
from .shapes import Shape


class MetaArray(np.ndarray):
    """An array without numbers."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if method != "__call__" or ufunc.signature is not None:
            return _as_meta(getattr(ufunc, method)(*_zeros(inputs), **options))
        return _by_one_element(ufunc, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _as_meta(function(*_zeros(args), **{k: _zeros(v) for k, v in kwargs.items()}))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        return meta(self.shape, dtype)

    def copy(self, order: Any = "C") -> Any:
        return meta(self.shape, self.dtype)

    def _no_numbers(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(
            "a meta tensor has a shape and a dtype, and no numbers to read. Make it on the device 'cpu', or give a module "
            "memory there with to_empty(device='cpu')."
        )

    def __setitem__(self, key: Any, value: Any) -> None:
        """Nothing to write to."""

    def all(self, *args: Any, **kwargs: Any) -> Any:
        """Asked before a division: nothing is known to be 0."""
        return np.True_

    item = tolist = tobytes = __bool__ = __float__ = __int__ = __index__ = _no_numbers


def meta(shape: Any, dtype: Any) -> Any:
    """An array of the device."""
    one = np.zeros(1, dtype)
    return np.ndarray.__new__(MetaArray, shape, one.dtype, one, 0, (0,) * len(shape))


def _as_meta(x: Any) -> Any:
    """Results of a CPU kernel without their numbers; truths, by which a kernel's caller decides, stay what they are."""
    if isinstance(x, (np.ndarray, np.floating, np.integer)):
        return meta(x.shape, x.dtype)
    if isinstance(x, (tuple, list)):
        return type(x)(map(_as_meta, x)) if not hasattr(x, "_fields") else type(x)(*map(_as_meta, x))
    return x


def _zeros(x: Any) -> Any:
    """Arguments with zeros in place of arrays of the device. The system gives such memory when it is first touched."""
    if isinstance(x, MetaArray):
        return np.zeros(x.shape, x.dtype)
    if isinstance(x, (tuple, list)) and not hasattr(x, "_fields"):
        return type(x)(map(_zeros, x))
    return x


# ---- element by element -----------------------------------------------------------------------------------------------


def _by_one_element(kernel: Any, args: Any, options: Any) -> Any:
    """What a kernel that computes element by element gives for arrays of these shapes."""
    arrays = [a for a in args if isinstance(a, np.ndarray)]
    shape = np.broadcast_shapes(*[a.shape for a in arrays])
    one = [np.ones((1,) * a.ndim, a.dtype) if isinstance(a, np.ndarray) else a for a in args]
    found = kernel(*one, **options)

    def spread(x: Any) -> Any:
        if isinstance(x, tuple):
            return tuple(map(spread, x))
        return meta(shape, x.dtype) if isinstance(x, (np.ndarray, np.generic)) and x.size == 1 else _as_meta(x)

    return spread(found)


_FILES = "activation arithmetic bessel bitwise choose compare elementwise gamma special trigonometry".split()
_ALIKE = "dropout alpha_shift softmax softmax_backward log_softmax log_softmax_backward cast".split()
_NO_ELEMENTS = {"equal", "isin"}  # of these files


# ---- by a rule --------------------------------------------------------------------------------------------------------


def _matmul(x: Any, z: Any, tx: bool = False, tz: bool = False) -> Any:
    x, z = (np.swapaxes(x, -1, -2) if tx else x), (np.swapaxes(z, -1, -2) if tz else z)
    rows, columns = x.shape[-2:-1], z.shape[-1:] if z.ndim > 1 else ()
    return meta((*np.broadcast_shapes(x.shape[:-2], z.shape[:-2]), *rows, *columns), x.dtype)


def _linear(x: Any, w: Any, bias: Any) -> Any:
    return meta((*x.shape[:-1], w.shape[0]), x.dtype)


def _conv(x: Any, w: Any, bias: Any, out: Shape, *rest: Any) -> Any:
    return meta((x.shape[0], w.shape[0], *out), x.dtype)


def _conv_transpose(x: Any, w: Any, bias: Any, out: Shape, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    return meta((x.shape[0], w.shape[1] * groups, *out), x.dtype)


def _conv_weight(x: Any, grad: Any, kernel: Shape, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    return meta((grad.shape[1], x.shape[1] // groups, *kernel), x.dtype)


def _attention(q: Any, k: Any, v: Any, *rest: Any) -> Any:
    one_q, one_k, one_v = _zeros((q[:1, :1, :1], k[:1, :1], v[:1, :1]))
    small = cpu.attention(one_q, one_k, one_v, None, None, 1.0, 1.0, False)
    return tuple(meta((*q.shape[:3], *s.shape[3:]), s.dtype) for s in small)


def _normalize(x: Any, weight: Any, bias: Any, axes: Shape, eps: float, centre: bool) -> Any:
    kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
    wide = np.float32 if x.dtype.itemsize == 2 else x.dtype
    return meta(x.shape, x.dtype), meta(kept, wide) if centre else None, meta(kept, wide)


def _filled(shape: Shape, dtype: Any) -> Any:
    return meta(shape, dtype)


def _full(shape: Shape, value: Any, dtype: Any) -> Any:
    return meta(shape, dtype)


def _drawn(rng: Any, shape: Shape, dtype: Any, *rest: Any) -> Any:
    return meta(shape, dtype)


def _take_rows(table: Any, index: Any) -> Any:
    return meta((*index.shape, *table.shape[1:]), table.dtype)


def _asarray(data: Any, dtype: Any = None, copy: Any = None) -> Any:
    return _as_meta(np.asarray(data, dtype)) if not isinstance(data, MetaArray) else meta(data.shape, dtype or data.dtype)


_RULES: dict[str, Callable[..., Any]] = {
    "mm": _matmul, "matmul": _matmul, "linear": _linear, "conv": _conv, "conv_transpose": _conv_transpose,
    "conv_weight": _conv_weight, "attention": _attention, "normalize": _normalize, "zeros": _filled, "ones": _filled,
    "empty": _filled, "full": _full, "empty_alike": lambda x, dtype: meta(x.shape, dtype),
    "empty_strided": lambda shape, steps, dtype: meta(shape, dtype), "take_rows": _take_rows, "asarray": _asarray,
    "array": _asarray, "eye": lambda n, m, dtype: meta((n, m), dtype), "owned": lambda x: meta(x.shape, x.dtype),
    "in_copy": lambda x, owner, copied: meta(x.shape, x.dtype),
    **dict.fromkeys("unit uniform normal exponential log_normal cauchy geometric integers bernoulli".split(), _drawn),
}  # fmt: skip

# What reads numbers to know the shape of its result.
_REFUSED = set("nonzero nonzero_rows masked_select masked_scatter unique unique_consecutive repeated bincount lstsq".split())
_BY_KEY = {"index", "key_shape", "index_put", "index_add_at"}  # refuse masks
_AS_THEY_ARE = {"is_array", "writable", "memory_of"}


class _Kernels:
    """Looks a kernel up once, and keeps it with its way."""

    def __getattr__(self, name: str) -> Any:
        kernel = getattr(cpu, name)
        home = getattr(kernel, "__module__", "").rpartition(".")[2]
        if name in _RULES:
            found = _RULES[name]
        elif name in _REFUSED:
            found = _refusal(name)
        elif not callable(kernel) or name in _AS_THEY_ARE:
            found = kernel
        elif name in _BY_KEY:
            found = _by_key(name, kernel)
        elif name in _ALIKE or (home in _FILES or isinstance(kernel, np.ufunc)) and name not in _NO_ELEMENTS:
            found = _pointwise(kernel)
        else:
            found = _on_zeros(kernel)
        setattr(self, name, found)
        return found


def _pointwise(kernel: Any) -> Any:
    return lambda *args, **options: _by_one_element(kernel, args, options)


def _on_zeros(kernel: Any) -> Any:
    return lambda *args, **options: _as_meta(kernel(*_zeros(args), **{k: _zeros(v) for k, v in options.items()}))


def _by_key(name: str, kernel: Any) -> Any:
    run, refuse = _on_zeros(kernel), _refusal(name)

    def by_key(x: Any, key: Any, *rest: Any) -> Any:
        if any(isinstance(k, MetaArray) and k.dtype.kind == "b" for k in key):
            refuse()
        return run(x, key, *rest)

    return by_key


def _refusal(name: str) -> Any:
    def refuse(*args: Any, **options: Any) -> NoReturn:
        raise RuntimeError(
            f"{name}: the shape of the result depends on numbers, and a meta tensor has none. Use a tensor on the device 'cpu'."
        )

    return refuse


kernels: Any = _Kernels()

__all__ = ["MetaArray", "kernels", "meta"]
