"""Utilities around the engine: `data`, `checkpoint`, `tensorboard` and others. Each is imported when first used."""

from importlib import import_module
from typing import Any

__all__ = ["_pytree", "checkpoint", "data", "dlpack", "hooks", "model_zoo", "tensorboard"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f".{name}", __name__)
