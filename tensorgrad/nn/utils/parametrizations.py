"""Parametrizations to use: weight norm, spectral norm, orthogonal."""

from __future__ import annotations

from typing import Any

from ...autograd.modes import no_grad
from ...ops import create
from ...ops.factorize import qr
from ...ops.powers import matrix_exp
from ...ops.solve import solve
from ...refusals import in_own_name
from ...tensor import Tensor
from .. import functional as F
from ..module import Module
from . import parametrize
from .spectral_norm import as_matrix, default_dim, power_iteration
from .weight_norm import norm_except_dim, normalized


class _WeightNorm(Module):
    """(g, v) ↦ g · v / ‖v‖."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return normalized(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except_dim(weight, self.dim), weight


@in_own_name
def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """name = g · v / ‖v‖: length and direction learned apart (Salimans & Kingma, arXiv:1602.07868). The length is
    `parametrizations.{name}.original0`, the direction `original1`; a state dict of the older `utils.weight_norm` loads.

    Args:
        dim: the axis whose slices have a length each; None: one length for all.
    """
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(module: Module, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        for old, new in (("_g", "original0"), ("_v", "original1")):
            if f"{prefix}{name}{old}" in state_dict:
                state_dict[f"{prefix}parametrizations.{name}.{new}"] = state_dict.pop(f"{prefix}{name}{old}")

    module.register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    """W ↦ W / σ, σ the largest singular value, followed by power iteration."""

    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(f"spectral_norm: dim {dim} is out of range for a weight of {weight.ndim} dimensions.")
        if not 0 < n_power_iterations <= 10_000:
            raise ValueError(
                f"spectral_norm: n_power_iterations must be above 0 and at most 10000, got {n_power_iterations}."
            )
        self.dim, self.eps, self.n_power_iterations = dim % weight.ndim, eps, n_power_iterations
        if weight.ndim > 1:  # of a vector the largest singular value is its length
            with no_grad():
                matrix = as_matrix(weight, self.dim)
                for name, n in zip(("_u", "_v"), matrix.shape):
                    start: Any = create.empty(n, dtype=weight.dtype)
                    self.register_buffer(name, F.normalize(start.normal_(0, 1), dim=0, eps=eps))
                power_iteration(matrix.mT, self._v, self._u, 15, eps)

    def forward(self, weight: Any) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            power_iteration(matrix.mT, self._v, self._u, self.n_power_iterations, self.eps)  # u first, then v
        u, v = self._u.clone(), self._v.clone()  # the next iteration writes to them, and backward wants these
        return weight / (u @ (matrix @ v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


@in_own_name
def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """name = W / σ, σ the largest singular value of W (Miyato et al., arXiv:1802.05957): a map that stretches nothing.

    Args:
        n_power_iterations: steps towards σ at each use in training.
        dim: the axis of the output features; found by itself if left out.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"spectral_norm: {type(module).__name__} has no parameter or buffer {name!r}.")
    dim = default_dim(module) if dim is None else dim
    return parametrize.register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


class _Orthogonal(Module):
    """X ↦ a matrix with orthonormal columns (rows, if there are fewer): of A = X's lower triangle minus its transpose,
    exp(A) or the Cayley map (I − A/2)⁻¹(I + A/2)."""

    base: Any

    def __init__(self, orthogonal_map: str) -> None:
        super().__init__()
        self.map = orthogonal_map
        self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        n, k = x.shape[-2:]
        wide = n < k
        tall = x.mT if wide else x
        n, k = max(n, k), min(n, k)
        lower = F.pad(tall.tril(-1), (0, n - k))
        skew = lower - lower.mT
        if self.map == "matrix_exp":
            q = matrix_exp(skew)
        else:
            eye = create.eye(n, dtype=skew.dtype)
            q = solve(eye - skew / 2, eye + skew / 2)
        q = q[..., :k]
        q = q if self.base is None else self.base @ q
        return q.mT if wide else q


class _OrthogonalFrom(_Orthogonal):
    """Times `base`, an orthogonal matrix: the one to begin with, or the last assigned."""

    @no_grad()
    def right_inverse(self, value: Any) -> Any:
        """Move the base to the value, or the orthogonal matrix that QR finds in it; the learned part begins again."""
        tall = value.mT if value.shape[-2] < value.shape[-1] else value
        q, r = qr(tall, mode="complete")
        signs = r.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
        q[..., : tall.shape[-1]] *= signs + (signs == 0)
        self.base = q
        start = create.zeros_like(value)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1)  # not read; PyTorch's start
        return start


@in_own_name
def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Keep a matrix orthogonal: its columns orthonormal (rows, if there are fewer), whatever the optimizer does
    (Lezcano Casado, arXiv:1909.09501). It begins as the orthogonal matrix nearest by QR to its value.

    Args:
        orthogonal_map: 'matrix_exp' (default) or 'cayley'.
        use_trivialization: learn the way from that first matrix; otherwise the parameter's own value is mapped, and it
            cannot be assigned.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"orthogonal: {type(module).__name__} has no parameter or buffer {name!r}.")
    if weight.ndim < 2:
        raise ValueError(f"orthogonal: {name!r} must be a matrix or a batch of them, got {tuple(weight.shape)}.")
    chosen = orthogonal_map or "matrix_exp"
    if chosen not in ("matrix_exp", "cayley"):
        raise ValueError(f"orthogonal: orthogonal_map must be 'matrix_exp' or 'cayley', got {orthogonal_map!r}.")
    made = (_OrthogonalFrom if use_trivialization else _Orthogonal)(chosen)
    return parametrize.register_parametrization(module, name, made, unsafe=True)
