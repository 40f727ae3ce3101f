"""Evenly spaced numbers. The keywords are those of `create.py`."""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes
from ..autograd.modes import quiet
from ..kernels import at
from ..kernels.shapes import integer
from ..tensor import Tensor
from .create import DeviceLike, leaf, numpy_dtype
from .promote import number


def arange(
    start: float | None = None, end: float | None = None, step: float = 1, *, dtype: dtypes.dtype | None = None,
    layout: Any = None, device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """start, start + step, … up to but without end: ⌈(end − start) / step⌉ numbers.  `arange(end)` starts at 0.

    int64 when all three are whole, else the default dtype.
    """
    if end is None:
        start, end = None, start
    start = 0 if start is None else start
    start, end, step = [number("arange", w, v) for w, v in (("start", start), ("end", end), ("step", step))]
    whole = not any(isinstance(v, float) for v in (start, end, step))
    d = dtypes.as_dtype(dtype) if dtype is not None else dtypes.int64 if whole else dtypes.get_default_dtype()
    if not all(map(math.isfinite, (start, end, step))):
        raise ValueError(f"arange: start, end and step must be finite, got {start}, {end}, {step}.")
    if step == 0:
        raise ValueError("arange: step must not be 0.")
    if (end - start) * step < 0:
        raise ValueError(f"arange: a step of {step} does not lead from {start} to {end}; change its sign.")
    n = math.ceil(
        (end - start) / step
    )  # a small integer dtype rounds the numbers, not how many there are: PyTorch's rule
    if not d.is_floating_point:
        start, end, step = int(start), int(end), int(step)
        if step == 0:
            raise ValueError(f"arange: step must not be 0, which it is as {d}.")
    if whole or d is dtypes.int64:
        n = -((start - end) // step)
    with quiet():
        return leaf(at("arange", device).arange(start, step, n, d.numpy), requires_grad)


def linspace(
    start: float, end: float, steps: int, *, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """`steps` numbers from start to end, both included, evenly spaced."""
    a, b, n, d = _ends("linspace", start, end, steps, dtype)
    with quiet():
        return leaf(at("linspace", device).linspace(a, b, n, d), requires_grad)


def logspace(
    start: float, end: float, steps: int, base: float = 10.0, *, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """`steps` numbers from baseˢᵗᵃʳᵗ to baseᵉⁿᵈ, both included, their exponents evenly spaced."""
    a, b, n, d = _ends("logspace", start, end, steps, dtype)
    with quiet():
        return leaf(at("logspace", device).logspace(a, b, n, number("logspace", "base", base), d), requires_grad)


def _ends(op: str, start: Any, end: Any, steps: Any, dtype: Any) -> tuple[float, float, int, Any]:
    """The arguments as a kernel takes them: among integers the ends are whole as well."""
    n, d = integer(op, "steps", steps, 0), numpy_dtype(dtype)
    a, b = number(op, "start", start), number(op, "end", end)
    return (int(a), int(b), n, d) if d.kind in "iu" else (a, b, n, d)


__all__ = ["arange", "linspace", "logspace"]
