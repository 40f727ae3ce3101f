"""Single layers."""

from __future__ import annotations

from typing import Any

from ... import ones, zeros
from ...nn import Module
from ...tensor import Tensor


class FrozenBatchNorm2d(Module):
    """Batch normalization whose statistics and weights never change:  y = (x − μ) / √(σ² + ε) · γ + β, all of them buffers.

    Shapes: (N, C, H, W) → (N, C, H, W).

    Args:
        num_features: C.
        eps: ε.
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        for name, value in (("weight", ones), ("bias", zeros), ("running_mean", zeros), ("running_var", ones)):
            self.register_buffer(name, value(num_features))

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        state_dict.pop(f"{prefix}num_batches_tracked", None)  # of the BatchNorm2d that was trained
        super()._load_from_state_dict(state_dict, prefix, *args)

    def forward(self, x: Tensor) -> Tensor:
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        return x * scale.reshape(1, -1, 1, 1) + shift.reshape(1, -1, 1, 1)

    def extra_repr(self) -> str:
        return f"{self.weight.shape[0]}, eps={self.eps}"


__all__ = ["FrozenBatchNorm2d"]
