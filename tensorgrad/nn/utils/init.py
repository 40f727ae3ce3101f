"""Modules made without drawing weights."""

from __future__ import annotations

from typing import Any

from ..module import Module


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """module_cls(*args, **kwargs), its parameters to be set by the caller. Here they are drawn all the same, which
    costs little; their values are not to be relied on."""
    return module_cls(*args, **kwargs)
