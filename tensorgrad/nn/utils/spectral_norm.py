"""Spectral normalisation, in its first form: a hook before forward (Miyato et al., arXiv:1802.05957). The form of today
is `parametrizations.spectral_norm`."""

from __future__ import annotations

from typing import Any, TypeVar

from ...autograd.modes import no_grad
from ...ops import create
from ...refusals import in_own_name
from ...tensor import Tensor
from .. import functional as F
from ..conv import _ConvTransposeNd
from ..module import Module
from ..parameter import Parameter
from .weight_norm import _hook

M = TypeVar("M", bound=Module)


@in_own_name
def default_dim(module: Module) -> int:
    """The axis of the output features in a module's weight."""
    return 1 if isinstance(module, _ConvTransposeNd) else 0


@in_own_name
def as_matrix(weight: Any, dim: int) -> Any:
    """The axis `dim` by all others: (rows, the rest)."""
    return (weight if dim == 0 else weight.transpose(0, dim) if weight.ndim == 2 else _moved(weight, dim)).reshape(
        weight.shape[dim], -1
    )


def _moved(weight: Any, dim: int) -> Any:
    return weight.permute(dim, *[i for i in range(weight.ndim) if i != dim])


@in_own_name
@no_grad()
def power_iteration(matrix: Any, u: Any, v: Any, times: int, eps: float) -> None:
    """Move u and v, in place, towards the singular vectors of the largest singular value: v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖,
    so many `times`."""
    for _ in range(times):
        v.copy_(F.normalize(matrix.mT @ u, dim=0, eps=eps))
        u.copy_(F.normalize(matrix @ v, dim=0, eps=eps))


class SpectralNorm:
    """The hook: module.name = W / σ before every forward, σ = uᵀWv the largest singular value of W."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        if not 0 < n_power_iterations <= 10_000:
            raise ValueError(
                f"spectral_norm: n_power_iterations must be above 0 and at most 10000, got {n_power_iterations}."
            )
        self.name, self.n_power_iterations, self.dim, self.eps = name, n_power_iterations, dim, eps

    def compute_weight(self, module: Module, iterate: bool) -> Tensor:
        """The weight of now; with `iterate`, u and v come closer first."""
        weight = getattr(module, self.name + "_orig")
        u, v = getattr(module, self.name + "_u"), getattr(module, self.name + "_v")
        matrix = as_matrix(weight, self.dim)
        if iterate:
            power_iteration(matrix, u, v, self.n_power_iterations, self.eps)
            u, v = u.clone(), v.clone()  # the next iteration writes to them, and backward wants these
        return weight / (u @ (matrix @ v))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


@in_own_name
def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Divide a parameter by its largest singular value, which `n_power_iterations` steps per training call follow. The
    parameter becomes `{name}_orig`; `{name}_u` and `{name}_v` are buffers.

    Args:
        dim: the axis of the output features; found by itself if left out.
    """
    if _hook(module, SpectralNorm, name)[1] is not None:
        raise RuntimeError(f"spectral_norm: {name!r} of this {type(module).__name__} has it already.")
    weight: Any = module._parameters[name]
    hook = SpectralNorm(name, n_power_iterations, default_dim(module) if dim is None else dim, eps)
    with no_grad():
        rows, rest = as_matrix(weight, hook.dim).shape
        u = F.normalize(create.empty(rows, dtype=weight.dtype).normal_(0, 1), dim=0, eps=eps)
        v = F.normalize(create.empty(rest, dtype=weight.dtype).normal_(0, 1), dim=0, eps=eps)
    del module._parameters[name]
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.detach())  # until the first forward; not a parameter
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    module.register_forward_pre_hook(hook)
    return module


@in_own_name
def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """One parameter again, of the value it has now."""
    key, hook = _hook(module, SpectralNorm, name)
    if hook is None:
        raise ValueError(f"remove_spectral_norm: {name!r} of this {type(module).__name__} has no spectral_norm.")
    with no_grad():
        weight = hook.compute_weight(module, iterate=False)
    delattr(module, name)
    for part in ("_u", "_v", "_orig"):
        delattr(module, name + part)
    module.register_parameter(name, Parameter(weight.detach()))
    del module._forward_pre_hooks[key]
    module._note_hooks()
    return module
