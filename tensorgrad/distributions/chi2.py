"""The χ² distribution."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import constraints
from .gamma import Gamma


class Chi2(Gamma):
    """The sum of `df` squares of standard normal numbers: Gamma(df/2, 1/2)."""

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    def _tensor_dims(self) -> dict[str, int]:
        return {"concentration": 0, "rate": 0}

    @property
    def df(self) -> Tensor:
        return self.concentration * 2


__all__ = ["Chi2"]
