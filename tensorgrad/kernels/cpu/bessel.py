"""Bessel and Airy functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .scipy_special import scipy_function

_BESSEL = {
    "J0": scipy_function("j0"), "J1": scipy_function("j1"), "J": scipy_function("jv"),
    "Y0": scipy_function("y0"), "Y1": scipy_function("y1"), "Y": scipy_function("yn"),
    "I0": scipy_function("i0"), "I1": scipy_function("i1"), "I": scipy_function("iv"),
    "K0": scipy_function("k0"), "K1": scipy_function("k1"), "K": scipy_function("kn"),
    "Ie0": scipy_function("i0e"), "Ie1": scipy_function("i1e"), "Ie": scipy_function("ive"),
    "Ke0": scipy_function("k0e"), "Ke1": scipy_function("k1e"), "Ke": scipy_function("kve"),
    "j": scipy_function("spherical_jn"),
}  # fmt: skip


def bessel(kind: str, n: int, x: Any) -> Any:
    """A Bessel function of order n: J, Y, I, K, Ie, Ke or j. Orders 0 and 1 have faster loops of their own."""
    own = _BESSEL.get(f"{kind}{n}")
    return own(x) if own is not None else _BESSEL[kind](n, x)


def airy_ai(x: Any) -> Any:
    """Airy's function Ai."""
    return _airy(x, 0)


def airy_ai_prime(x: Any) -> Any:
    """Its derivative."""
    return _airy(x, 1)


def _airy(x: Any, which: int) -> Any:
    from scipy.special import airy

    return np.asarray(airy(x.astype(np.float64))[which]).astype(x.dtype)
