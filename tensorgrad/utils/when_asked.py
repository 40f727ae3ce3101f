"""Parts of a package that are imported when first used, so that importing the package does not wait for them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from typing import Any


def when_asked(package: str, parts: Collection[str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package's page: these modules below it are imported when their name is looked up."""

    def part(name: str) -> Any:
        if name not in parts:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_module(f".{name}", package)

    return part
