"""Utilities around the engine: `checkpoint` (recompute instead of remember) and `data` (datasets, loaders).

They are imported when first asked for: `tensorgrad.utils.data` needs no import of its own.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name in ("checkpoint", "data"):
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
