"""A module as a function of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...refusals import in_own_name
from ...tensor import Tensor
from ..module import Module


@contextmanager
def _swapped(module: Module, tensors: Mapping[str, Tensor], tie_weights: bool, strict: bool) -> Iterator[None]:
    """Inside, the module's parameters and buffers of these paths are these tensors."""
    own: dict[str, tuple[Any, str]] = {}
    for path, m in module.named_modules(remove_duplicate=False):
        for home in (m._parameters, m._buffers):
            for name in home:
                own[f"{path}.{name}" if path else name] = (home, name)
    unknown = [key for key in tensors if key not in own]
    missing = [key for key, (home, name) in own.items() if home[name] is not None and key not in tensors]
    if unknown or (strict and missing):
        raise ValueError(
            f"functional_call: {type(module).__name__} has no {', '.join(unknown)}."
            if unknown
            else f"functional_call: strict, and there is nothing for {', '.join(missing)}."
        )
    places = {key: tensors[key] for key in tensors}
    if tie_weights:  # what stands in several places is replaced in all of them
        shared = {id(own[key][0][own[key][1]]): tensors[key] for key in tensors}
        for key, (home, name) in own.items():
            if key not in places and home[name] is not None and id(home[name]) in shared:
                places[key] = shared[id(home[name])]
    before = {key: own[key][0][own[key][1]] for key in places}
    try:
        for key, tensor in places.items():
            home, name = own[key]
            home[name] = tensor
        yield
    finally:
        for key, tensor in before.items():
            home, name = own[key]
            home[name] = tensor


@in_own_name
def functional_call(
    module: Module,
    parameters_and_buffers: Mapping[str, Tensor] | tuple[Mapping[str, Tensor], ...],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """module(*args, **kwargs) with other tensors in the place of its parameters and buffers, for this call only.

        functional_call(model, {"weight": w, "bias": b}, x)

    Args:
        parameters_and_buffers: path → tensor, or several such dicts; what is not named stays as it is.
        args: the arguments, a tuple; or the only one.
        tie_weights: a parameter that stands in several places is replaced in all of them.
        strict: every parameter and buffer must be named.
    """
    if isinstance(parameters_and_buffers, (tuple, list)):
        tensors = {k: v for each in parameters_and_buffers for k, v in each.items()}
    else:
        tensors = dict(parameters_and_buffers)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with _swapped(module, tensors, tie_weights, strict):
        return module(*args, **(kwargs or {}))
