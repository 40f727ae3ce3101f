"""What is often given where a module or its parameters belong, in words for errors. A module is told by its methods."""

from __future__ import annotations

from inspect import getgeneratorlocals, isgenerator
from typing import Any

from ..tensor import Tensor


def not_a_module(caller: str, what: str, x: Any) -> TypeError:
    """The error for something else in the place of a module.

    Args:
        what: the place, "entry 0" say.
    """
    kind, cure = type(x).__name__, ""
    if isinstance(x, type):
        kind = f"the class {x.__name__}"
        cure = f" Make a module of it: {x.__name__}(…)." if _is_module(x) else ""
    elif isinstance(x, (list, tuple)) and any(map(_is_module, x)):
        kind, cure = f"a {kind} of modules", " Unpack it, *modules, or make it an nn.Sequential or nn.ModuleList."
    elif callable(x) and hasattr(x, "__name__"):
        kind, cure = f"the function {x.__name__}", " Call it in forward, or give the module: nn.ReLU() for relu."
    return TypeError(f"{caller}: {what} must be a Module or None, got {kind}.{cure}")


def owner_of(parameters: Any) -> Any:
    """The module whose parameters() this is, as long as nobody has begun to read it; None for other lists."""
    return getgeneratorlocals(parameters).get("self") if isgenerator(parameters) else None


def without_parameters(model: Any) -> str:
    """What to do about a model in which no parameters were found: a sentence that names the list they may be in."""
    if not _is_module(model):
        return "Pass model.parameters()."
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            entries = value.values() if isinstance(value, dict) else value
            if name.startswith("_") or not isinstance(value, (list, tuple, dict)):
                continue
            kind = "Module" if any(map(_is_module, entries)) else "Parameter"
            if kind == "Module" or any(isinstance(x, Tensor) and x.requires_grad for x in entries):
                where = ".".join(filter(None, ("model", path, name)))
                right = f"nn.{kind}{'Dict' if isinstance(value, dict) else 'List'}"
                what = f"a plain {type(value).__name__}, in which no {kind.lower()}s are found"
                return f"{where} is {what}: make it an {right}, self.{name} = {right}(…)."
    return f"{type(model).__name__} has none: are its layers made in __init__, each an attribute (self.layer = …)?"


def _is_module(x: Any) -> bool:
    return hasattr(x, "named_modules")
