"""`tensorgrad._C`: of PyTorch's private part, what packages call all the same. Nothing private computes anything here."""

from __future__ import annotations

from typing import Any

from ..autograd.modes import is_grad_enabled as _is_grad_enabled
from ..device import device
from ..dtypes import dtype
from ..tensor import Tensor as TensorBase
from ..tensor import Tensor as _TensorBase

_GLIBCXX_USE_CXX11_ABI = False  # nothing is compiled with a C++ library


def _log_api_usage_once(event: Any) -> None:
    """Accepted: nothing is logged or sent anywhere."""


def _get_tracing_state() -> None:
    """What records a model for compiling: nothing does."""
    return None


def _is_tracing() -> bool:
    """Whether a model is being recorded for compiling: never."""
    return False


def is_grad_enabled() -> bool:
    """Whether operations are recorded."""
    return _is_grad_enabled()


__all__ = ["TensorBase", "_TensorBase", "device", "dtype"]
