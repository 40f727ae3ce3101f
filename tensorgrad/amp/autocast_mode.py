"""autocast, and what programs ask about it."""

from __future__ import annotations

from functools import wraps
from typing import Any

from ..dtypes import bfloat16, dtype, float16


class autocast:
    """A context manager and decorator that changes nothing: operations keep the dtype of their inputs."""

    def __init__(
        self, device_type: str = "cpu", dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        self.device_type, self.dtype, self.enabled = device_type, dtype, enabled

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, function: Any) -> Any:
        @wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return within


def is_autocast_available(device_type: str) -> bool:
    """Whether operations could be cast: no."""
    return False


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether operations are cast here: no, also inside `autocast`."""
    return False


def get_autocast_dtype(device_type: str) -> dtype:
    """What PyTorch casts to on a device: float16 on GPUs, bfloat16 on CPUs."""
    return float16 if device_type == "cuda" else bfloat16


def custom_fwd(fwd: Any = None, *, device_type: str = "cuda", cast_inputs: Any = None) -> Any:
    """The forward of a `Function` as it is. A decorator, with or without arguments."""
    return (lambda function: function) if fwd is None else fwd


def custom_bwd(bwd: Any = None, *, device_type: str = "cuda") -> Any:
    """The backward of a `Function` as it is. A decorator, with or without arguments."""
    return (lambda function: function) if bwd is None else bwd


__all__ = ["autocast", "custom_bwd", "custom_fwd", "get_autocast_dtype", "is_autocast_available", "is_autocast_enabled"]
