"""Weight normalisation, in its first form: a hook before forward (Salimans & Kingma, arXiv:1602.07868). The form of
today is `parametrizations.weight_norm`."""

from __future__ import annotations

from typing import Any, TypeVar

from ...refusals import in_own_name
from ...tensor import Tensor
from ..module import Module
from ..parameter import Parameter

M = TypeVar("M", bound=Module)


@in_own_name
def norm_except_dim(v: Any, dim: int | None) -> Any:
    """The length of each slice along `dim`, kept as axes of 1; of all of v with None or −1."""
    if dim is None or dim == -1:
        return v.square().sum().sqrt()
    return v.square().sum([i for i in range(v.ndim) if i != dim % v.ndim], keepdim=True).sqrt()


@in_own_name
def normalized(v: Any, g: Any, dim: int | None) -> Tensor:
    """v / ‖v‖ · g, slice by slice along `dim`."""
    return v * (g / norm_except_dim(v, dim))


class WeightNorm:
    """The hook: module.name = g · v / ‖v‖ before every forward."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        """The weight of now."""
        v, g = getattr(module, self.name + "_v"), getattr(module, self.name + "_g")
        return normalized(v, g, self.dim)

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def _hook(module: Module, kind: type, name: str) -> tuple[int | None, Any]:
    for k, hook in module._forward_pre_hooks.items():
        if isinstance(hook, kind) and hook.name == name:  # type: ignore[attr-defined]
            return k, hook
    return None, None


@in_own_name
def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Replace a parameter by its length `{name}_g` and its direction `{name}_v`: name = g · v / ‖v‖.

    Args:
        dim: the axis whose slices have a length each; None: one length for all.
    """
    if _hook(module, WeightNorm, name)[1] is not None:
        raise RuntimeError(f"weight_norm: {name!r} of this {type(module).__name__} has it already.")
    weight: Any = getattr(module, name)
    hook = WeightNorm(name, dim)
    length = Parameter(norm_except_dim(weight, hook.dim).detach())
    del module._parameters[name]
    module.register_parameter(name + "_g", length)
    module.register_parameter(name + "_v", Parameter(weight.detach()))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


@in_own_name
def remove_weight_norm(module: M, name: str = "weight") -> M:
    """One parameter again, of the value it has now."""
    key, hook = _hook(module, WeightNorm, name)
    if hook is None:
        raise ValueError(f"remove_weight_norm: {name!r} of this {type(module).__name__} has no weight_norm.")
    weight = hook.compute_weight(module)
    delattr(module, name)
    del module._parameters[name + "_g"], module._parameters[name + "_v"]
    setattr(module, name, Parameter(weight.detach()))
    del module._forward_pre_hooks[key]
    module._note_hooks()
    return module
