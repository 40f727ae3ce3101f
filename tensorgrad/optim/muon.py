"""Muon: momentum, orthogonalized."""

from __future__ import annotations

from math import sqrt
from typing import Any

from ..kernels import on
from ..tensor import Tensor
from .optimizer import Optimizer, Params, arrays, check, number, positive, zeros_like


class Muon(Optimizer):
    """b ← μ·b + (1 − μ)·g, p ← (1 − lr·λ)·p − lr′·orthogonal(g + μ(b − g)): every singular value of the step becomes
    about 1, by a few rounds of Newton–Schulz (Jordan et al., 2024). For the matrices of hidden layers.

    PyTorch runs Newton–Schulz in bfloat16, here it runs in the parameter's dtype, so steps agree to three digits.

    Args:
        params: matrices only. momentum: μ. weight_decay: λ.
        ns_coefficients, ns_steps, eps: of Newton–Schulz.
        adjust_lr_fn: lr′ of an A × B matrix: "original" lr·√max(1, A/B), "match_rms_adamw" lr·0.2·√max(A, B).
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check("Muon", lr=positive(lr), momentum=positive(momentum), weight_decay=positive(weight_decay))
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Muon: adjust_lr_fn must be None, 'original' or 'match_rms_adamw', got {adjust_lr_fn!r}.")
        super().__init__(
            params,
            dict(
                lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov, ns_coefficients=ns_coefficients,
                eps=eps, ns_steps=ns_steps, adjust_lr_fn=adjust_lr_fn,
            ),
        )  # fmt: skip
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        f"Muon: optimizes matrices only, one parameter has shape {tuple(p.shape)}. "
                        "Give vectors and embeddings to AdamW."
                    )

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"momentum_buffer": zeros_like(p)}

    @staticmethod
    def adjusted(lr: float, shape: tuple[int, ...], group: dict[str, Any]) -> float:
        """lr′, the learning rate of a matrix of this shape."""
        if group["adjust_lr_fn"] == "match_rms_adamw":
            return lr * 0.2 * sqrt(max(shape))
        return lr * sqrt(max(1, shape[0] / shape[1]))

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """b ← μ·b + (1 − μ)·g;  p ← (1 − lr·λ)·p − lr′·orthogonal(b), or of g + μ(b − g) with nesterov."""
        lr, mu = number(group["lr"]), group["momentum"]
        state["momentum_buffer"] = b = mu * state["momentum_buffer"] + (1 - mu) * g
        u = (1 - mu) * g + mu * b if group["nesterov"] else b
        u = on(u).orthogonalized(u, tuple(group["ns_coefficients"]), group["eps"], group["ns_steps"])
        return (1 - lr * group["weight_decay"]) * p - self.adjusted(lr, p.shape, group) * u

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        lr = number(group["lr"])
        lrs = [self.adjusted(lr, p.shape, group) for p in params]
        on(params[0]).muon_step(
            params, grads, arrays(states, "momentum_buffer"), lrs, [lr * group["weight_decay"]] * len(params),
            group["momentum"], group["nesterov"], tuple(group["ns_coefficients"]), group["eps"], group["ns_steps"],
        )  # fmt: skip
