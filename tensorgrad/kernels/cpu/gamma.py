"""The gamma function and what is built of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .scipy_special import scipy_function

_gammaln = scipy_function("gammaln")
digamma = scipy_function("psi")
gammainc = scipy_function("gammainc")
gammaincc = scipy_function("gammaincc")
zeta = scipy_function("zeta")


def lgamma(x: Any) -> Any:
    """ln |Γ(x)|; ∞ at −∞ as in C, where SciPy says −∞."""
    return np.where(x == -np.inf, np.asarray(np.inf, x.dtype), _gammaln(x))


def polygamma(n: int, x: Any) -> Any:
    """The n-th derivative of digamma: (−1)ⁿ⁺¹·n!·ζ(n + 1, x)."""
    if n == 0:
        return digamma(x)
    t = zeta(np.asarray(n + 1, x.dtype), x)
    factor = float(math.factorial(n)) if n <= 170 else math.inf  # 171! is beyond float64
    return np.multiply(t, factor if n % 2 else -factor, out=t)
