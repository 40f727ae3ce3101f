"""Small things PyTorch programs touch: questions about tensors, switches without effect here, legacy constructors."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

from . import dtypes
from .tensor import Tensor

inf, nan, pi, e = math.inf, math.nan, math.pi, math.e
newaxis = None
strided = "strided"
contiguous_format, channels_last, preserve_format = "contiguous_format", "channels_last", "preserve_format"


def is_tensor(obj: Any) -> bool:
    """Whether something is a Tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether a tensor's dtype is floating."""
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Never: complex numbers are left out."""
    return False


def is_nonzero(input: Tensor) -> bool:
    """Whether a single number is not zero."""
    return bool(input)


def numel(input: Tensor) -> int:
    """How many elements a tensor has."""
    return input.numel()


def typename(obj: Any) -> str:
    """The name of something's type."""
    return type(obj).__name__ if not isinstance(obj, Tensor) else f"tensorgrad.{type(obj).__name__}"


def compile(model: Any = None, **options: Any) -> Any:
    """Gives back its argument: everything runs as it is. Also a decorator with options."""
    return (lambda f: f) if model is None else model


_threads = os.cpu_count() or 1


def get_num_threads() -> int:
    """How many threads NumPy's BLAS may use, as far as is known: what was set last, or the number of cores."""
    return _threads


def set_num_threads(n: int) -> None:
    """Limit BLAS to n threads; takes effect where the package threadpoolctl is installed."""
    global _threads
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"set_num_threads: needs a whole number of at least 1, got {n!r}.")
    _threads = n
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return
    threadpool_limits(n)


def set_float32_matmul_precision(precision: str) -> None:
    """Accepted: products of float32 are computed in float32."""
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f"set_float32_matmul_precision: must be 'highest', 'high' or 'medium', got {precision!r}.")


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted: everything is deterministic."""


def are_deterministic_algorithms_enabled() -> bool:
    """Yes: the same program gives the same bits."""
    return True


def _legacy(name: str, dtype: dtypes.dtype) -> Callable[..., Tensor]:
    def make(*args: Any) -> Tensor:
        from .ops.create import empty, tensor

        if args and all(isinstance(a, int) for a in args):
            return empty(*args, dtype=dtype)
        return tensor(args[0] if args else [], dtype=dtype)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"PyTorch's legacy constructor: {name}([…]) copies into {dtype.name}, {name}(2, 3) is unset memory."
    return make


FloatTensor = _legacy("FloatTensor", dtypes.float32)
DoubleTensor = _legacy("DoubleTensor", dtypes.float64)
HalfTensor = _legacy("HalfTensor", dtypes.float16)
LongTensor = _legacy("LongTensor", dtypes.int64)
IntTensor = _legacy("IntTensor", dtypes.int32)
ByteTensor = _legacy("ByteTensor", dtypes.uint8)
BoolTensor = _legacy("BoolTensor", dtypes.bool)

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "are_deterministic_algorithms_enabled",
    "channels_last",
    "compile",
    "contiguous_format",
    "e",
    "get_num_threads",
    "inf",
    "is_complex",
    "is_floating_point",
    "is_nonzero",
    "is_tensor",
    "nan",
    "newaxis",
    "numel",
    "pi",
    "preserve_format",
    "set_float32_matmul_precision",
    "set_num_threads",
    "strided",
    "typename",
    "use_deterministic_algorithms",
]
