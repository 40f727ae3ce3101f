"""Modules made without drawing weights."""

from __future__ import annotations

from typing import Any

from ...refusals import in_own_name
from ..module import Module


@in_own_name
def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """module_cls(*args, **kwargs), its parameters to be set by the caller. Here they are drawn all the same, which
    costs little; their values are not to be relied on."""
    return module_cls(*args, **kwargs)
