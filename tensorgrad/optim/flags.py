"""PyTorch's switches between implementations of a step. Here there is one, so they are accepted, kept in the parameter
groups (programs and checkpoints read them there), and otherwise without effect.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

C = TypeVar("C", bound=type)

_DEFAULTS: dict[str, bool | None] = {"foreach": None, "fused": None, "capturable": False, "differentiable": False}


def accepts(keywords: str = "", **places: int) -> Callable[[C], C]:
    """Let an optimizer's constructor take some of foreach, fused, capturable and differentiable.

    Args:
        keywords: all arguments by keyword only, the constructor's own among them, in PyTorch's order.
        places: those that PyTorch also takes by position, each with the number of arguments before it.
    """
    names = [*places, *(name for name in keywords.split() if name in _DEFAULTS)]

    def decorate(cls: C) -> C:
        init = cls.__init__  # type: ignore[misc]

        @wraps(init)
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            flags = {name: kwargs.pop(name) for name in names if name in kwargs}
            rest = list(args)
            for name in sorted(places, key=places.__getitem__, reverse=True):
                if len(rest) > places[name]:
                    if name in flags:
                        raise TypeError(f"{cls.__name__}: {name} is given twice, by position and by keyword.")
                    flags[name] = rest.pop(places[name])
            kept = self.__dict__.setdefault("_flags", {})  # a subclass has been here before, and its word holds
            for name in names:
                kept.setdefault(name, flags.get(name, _DEFAULTS[name]))
            init(self, *rest, **kwargs)

        __init__.__signature__ = _signature(init, places, keywords.split())  # type: ignore[attr-defined]
        cls.__init__ = __init__  # type: ignore[misc]
        doc = (cls.__doc__ or "").rstrip()
        cls.__doc__ = f"{doc}\n\n    Also {', '.join(names)}: accepted; there is one implementation.\n    "
        return cls

    return decorate


def _signature(init: Any, places: dict[str, int], keywords: list[str]) -> inspect.Signature:
    """That of the constructor with the flags in their places."""
    own = inspect.signature(init).parameters
    parameters = [p for p in own.values() if p.kind is not p.KEYWORD_ONLY]
    for name in sorted(places, key=places.__getitem__):
        parameters.insert(places[name] + 1, _parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD))
    parameters += [own.get(name) or _parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in keywords]
    return inspect.signature(init).replace(parameters=parameters)


def _parameter(name: str, kind: Any) -> inspect.Parameter:
    annotation = "bool | None" if _DEFAULTS[name] is None else "bool"
    return inspect.Parameter(name, kind, default=_DEFAULTS[name], annotation=annotation)
