"""Windows: weights that fade out towards both ends, for cutting pieces out of signals.

At the places t = n/(N − 1) of N numbers. A `periodic` window is that of one number more without its last, so that it
repeats without a seam (what spectra want); otherwise it is symmetric (what filters want). Of one number it is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

from .. import dtypes
from ..kernels import at
from ..kernels.shapes import integer
from ..refusals import in_own_name
from ..tensor import Tensor
from .bessel import i0
from .create import leaf
from .promote import cast, number
from .ranges import arange


def _window(
    op: str, length: Any, periodic: bool, weights: Callable[[Tensor], Tensor], dtype: Any, device: Any, grad: bool
) -> Tensor:
    n, d = integer(op, "window_length", length, 0), dtypes.as_dtype(dtype or dtypes.get_default_dtype())
    if not d.is_floating_point:
        raise TypeError(f"{op}: needs a floating dtype, got {d}.")
    if n < 2:
        return leaf(at(op, device).ones((n,), d.numpy), grad)
    places = arange(n, dtype=dtypes.float64, device=device) / (n if periodic else n - 1)
    return leaf(cast(weights(places), d).array, grad)


@in_own_name
def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """1 − |2t − 1|: a triangle.  Shape: (window_length,)."""

    def weights(t: Tensor) -> Tensor:
        return 1 - (2 * t - 1).abs()

    return _window("bartlett_window", window_length, periodic, weights, dtype, device, requires_grad)


@in_own_name
def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """½ − ½·cos 2πt = sin² πt.  Shape: (window_length,)."""

    def weights(t: Tensor) -> Tensor:
        return 0.5 - 0.5 * (2 * pi * t).cos()

    return _window("hann_window", window_length, periodic, weights, dtype, device, requires_grad)


@in_own_name
def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: Any = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """α − β·cos 2πt.  Shape: (window_length,)."""

    alpha, beta = number("hamming_window", "alpha", alpha), number("hamming_window", "beta", beta)

    def weights(t: Tensor) -> Tensor:
        return alpha - beta * (2 * pi * t).cos()

    return _window("hamming_window", window_length, periodic, weights, dtype, device, requires_grad)


@in_own_name
def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """0.42 − 0.5·cos 2πt + 0.08·cos 4πt.  Shape: (window_length,)."""

    def weights(t: Tensor) -> Tensor:
        return (0.42 - 0.5 * (2 * pi * t).cos() + 0.08 * (4 * pi * t).cos()).clamp(min=0)

    return _window("blackman_window", window_length, periodic, weights, dtype, device, requires_grad)


@in_own_name
def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """I₀(β·√(1 − (2t − 1)²)) / I₀(β): of all windows about the one with the most weight in the middle of its spectrum.

    Shape: (window_length,).
    """

    beta = number("kaiser_window", "beta", beta)

    def weights(t: Tensor) -> Tensor:
        return i0(beta * (1 - (2 * t - 1).square()).clamp(min=0).sqrt()) / i0(float(beta) + t.new_zeros(()))

    return _window("kaiser_window", window_length, periodic, weights, dtype, device, requires_grad)


__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]
