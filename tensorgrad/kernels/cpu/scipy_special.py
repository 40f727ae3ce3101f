"""SciPy's special functions, imported when first called: importing them takes a tenth of a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .half import is_half


def scipy_function(name: str) -> Any:
    """A function of scipy.special. Half numbers are computed in float32; the result has the input's dtype."""
    found: Callable[..., Any] | None = None

    def kernel(*args: Any) -> Any:
        nonlocal found
        if found is None:
            import scipy.special

            found = getattr(scipy.special, name)
        x = args[-1]
        if is_half(x):
            args = tuple(a.astype(np.float32) if isinstance(a, np.ndarray) and a.dtype == x.dtype else a for a in args)
        return np.asarray(found(*args)).astype(x.dtype, copy=False)

    kernel.__name__ = name
    return kernel
