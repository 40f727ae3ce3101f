"""What the optimizers' rules have in common. A rule is the update as its paper prints it, on arrays, out of place: it
returns the new parameter and puts what it remembers into `state`.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np


def penalized(p: Any, g: Any, group: dict[str, Any]) -> Any:
    """g + λp, the gradient with that of an L2 penalty; of the function turned upside down where it is maximized."""
    return (-g if group["maximize"] else g) + float(group["weight_decay"]) * p


def decayed(p: Any, g: Any, group: dict[str, Any]) -> tuple[Any, Any]:
    """p and g with the weight decay λ: in the gradient, g + λp, or decoupled, (1 − lr·λ)p (arXiv:1711.05101)."""
    if not group["decoupled_weight_decay"]:
        return p, penalized(p, g, group)
    return (1 - float(group["lr"]) * group["weight_decay"]) * p, -g if group["maximize"] else g


def betas(group: dict[str, Any]) -> tuple[float, float]:
    """(β₁, β₂), which may be given as Tensors."""
    beta1, beta2 = group["betas"]
    return float(beta1), float(beta2)


def count_step(state: dict[str, Any]) -> float:
    """t ← t + 1."""
    t = float(state["step"]) + 1
    state["step"] = t
    return t


def rms(x: Any) -> float:
    """√(mean of x²)."""
    return float(np.linalg.norm(x)) / sqrt(x.size or 1)
