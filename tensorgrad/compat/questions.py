"""Small things PyTorch programs touch: questions about tensors, and switches without effect here."""

from __future__ import annotations

import math
from typing import Any

from ..kernels.cpu import threads
from ..layout import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    sparse_coo,
    strided,
)
from ..refusals import in_own_name
from ..tensor import Tensor

inf, nan, pi, e = math.inf, math.nan, math.pi, math.e
newaxis = None


@in_own_name
def is_tensor(obj: Any) -> bool:
    """Whether something is a Tensor."""
    return isinstance(obj, Tensor)


@in_own_name
def is_floating_point(input: Tensor) -> bool:
    """Whether a tensor's dtype is floating."""
    return input.is_floating_point()


@in_own_name
def is_signed(input: Tensor) -> bool:
    """Whether a tensor's dtype has negative numbers."""
    return input.is_signed()


@in_own_name
def is_complex(input: Tensor) -> bool:
    """Never: complex numbers are left out."""
    return False


@in_own_name
def is_nonzero(input: Tensor) -> bool:
    """Whether a single number is not zero."""
    return bool(input)


@in_own_name
def numel(input: Tensor) -> int:
    """How many elements a tensor has."""
    return input.numel()


@in_own_name
def is_inference(input: Tensor) -> bool:
    """Never: what `inference_mode` makes are ordinary constants here."""
    return False


@in_own_name
def typename(obj: Any) -> str:
    """The name of something's type."""
    return type(obj).__name__ if not isinstance(obj, Tensor) else f"tensorgrad.{type(obj).__name__}"


@in_own_name
def compile(model: Any = None, **options: Any) -> Any:
    """Gives back its argument: everything runs as it is. Also a decorator with options."""
    return (lambda f: f) if model is None else model


def get_num_threads() -> int:
    """How many threads a large product of matrices is computed with."""
    return threads.get()


@in_own_name
def set_num_threads(n: int) -> None:
    """Compute with n threads: NumPy's BLAS, and SciPy's and Numba's where they are in use.

    Without it one thread does what takes less than some ten milliseconds, and all cores what takes longer: threads that
    wait for one another are slow where other programs keep the cores busy (`kernels/cpu/threads.py`). On a machine of
    one's own `set_num_threads(os.cpu_count())` is faster for products in between. It holds for the whole process, for
    the program's own use of NumPy too.
    """
    if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n < 2**31:
        raise ValueError(f"set_num_threads: needs a whole number of at least 1, got {n!r}.")
    threads.choose(n)


def get_num_interop_threads() -> int:
    """How many operations run side by side: one after the other."""
    return 1


@in_own_name
def set_num_interop_threads(n: int) -> None:
    """Accepted: operations run one after the other."""


@in_own_name
def set_flush_denormal(mode: bool) -> bool:
    """Whether the smallest numbers can be rounded to 0: no, False."""
    return False


@in_own_name
def set_warn_always(b: bool) -> None:
    """Accepted: Python's `warnings` filters decide what is shown how often."""


_precision = "highest"


def get_float32_matmul_precision() -> str:
    """What was set last; products of float32 are computed in float32."""
    return _precision


@in_own_name
def set_float32_matmul_precision(precision: str) -> None:
    """Accepted: products of float32 are computed in float32."""
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f"set_float32_matmul_precision: must be 'highest', 'high' or 'medium', got {precision!r}.")
    global _precision
    _precision = precision


@in_own_name
def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted: everything is deterministic."""


def are_deterministic_algorithms_enabled() -> bool:
    """Yes: the same program gives the same bits."""
    return True


__all__ = [
    "are_deterministic_algorithms_enabled",
    "channels_last",
    "channels_last_3d",
    "compile",
    "contiguous_format",
    "e",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "inf",
    "is_complex",
    "is_floating_point",
    "is_inference",
    "is_nonzero",
    "is_signed",
    "is_tensor",
    "layout",
    "memory_format",
    "nan",
    "newaxis",
    "numel",
    "pi",
    "preserve_format",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_num_threads",
    "set_warn_always",
    "sparse_coo",
    "strided",
    "typename",
    "use_deterministic_algorithms",
]
