"""Adafactor: a scale for every row and every column instead of every element."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from ..kernels import on
from ..tensor import Tensor
from .flags import accepts
from .optimizer import Optimizer, Params, check, counted, counter, number, positive, zeros_like
from .rules import count_step, rms


@accepts("foreach maximize")
class Adafactor(Optimizer):
    """The mean squares of a matrix's gradients from those of its rows and columns: V = r·cᵀ/max(mean r, ε₁) with
    r ← βr + (1 − β)·mean(G², columns), c likewise over the rows and β = 1 − t^τ; then U = G/max(√V, ε₁), and
    p ← p − max(ε₂, rms p)·min(lr, 1/√t) · U/max(1, rms(U)/d), rms being the root mean square (Shazeer & Stern,
    arXiv:1804.04235). Vectors keep a V of their own.

    Args:
        lr: the most that min(lr, 1/√t) lets through, and the share of the weight decay.
        beta2_decay: τ. eps: (ε₁, ε₂); None stands for the resolution of the dtype. d: updates longer than this are cut.
        weight_decay: λ; p shrinks by lr·λ first. maximize: go up.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        check("Adafactor", lr=positive(lr), weight_decay=positive(weight_decay))
        check(
            "Adafactor", beta2_decay=(beta2_decay, lambda v: v <= 0, "at most 0"), d=(d, lambda v: v >= 1, "at least 1")
        )
        check("Adafactor", **{"eps[0]": positive(eps[0] or 0.0), "eps[1]": positive(eps[1])})
        super().__init__(
            params,
            dict(
                lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay,
                maximize=maximize,
            ),
        )  # fmt: skip

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        if p.array.ndim < 2:
            return {"step": counter(), "variance": zeros_like(p)}
        *batch, rows, columns = p.array.shape
        zeros = [Tensor._of(np.zeros(shape, p.array.dtype)) for shape in ((*batch, rows, 1), (*batch, 1, columns))]
        return {"step": counter(), "row_var": zeros[0], "col_var": zeros[1]}

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """r ← βr + (1 − β)·mean(G², columns), c likewise, β = 1 − t^τ;  V = r·cᵀ/max(mean r, ε₁), U = G/max(√V, ε₁);
        p ← p − max(ε₂, rms p)·min(lr, 1/√t)·U/max(1, rms(U)/d)."""
        lr, (eps1, eps2) = number(group["lr"]), group["eps"]
        eps1 = float(np.finfo(p.dtype).eps) if eps1 is None else eps1
        t = count_step(state)
        g = -g if group["maximize"] else g
        size = max(eps2, rms(p)) * min(lr, 1 / sqrt(t))
        p = (1 - lr * group["weight_decay"]) * p
        share = t ** group["beta2_decay"]  # 1 − β
        if "variance" in state:
            state["variance"] = v = (1 - share) * state["variance"] + share * g**2
        else:
            state["row_var"] = r = (1 - share) * state["row_var"] + share * (g**2).mean(-1, keepdims=True)
            state["col_var"] = c = (1 - share) * state["col_var"] + share * (g**2).mean(-2, keepdims=True)
            v = r * c / np.maximum(r.mean(-2, keepdims=True), eps1)
        u = g / np.maximum(np.sqrt(v), eps1)
        return p - size * u / max(1.0, rms(u) / group["d"])

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        variances = [tuple(s[k].array for k in ("row_var", "col_var", "variance") if k in s) for s in states]
        on(params[0]).adafactor_step(
            params, grads, variances, counted(states), number(group["lr"]), group["beta2_decay"], *group["eps"],
            group["d"], group["weight_decay"], group["maximize"],
        )  # fmt: skip
