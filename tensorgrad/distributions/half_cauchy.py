"""The half-Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any

from ..tensor import Tensor
from .cauchy import Cauchy
from .folded import Folded
from .utils import everywhere


class HalfCauchy(Folded):
    """|x| for x of Cauchy(0, scale)."""

    base_dist: Cauchy

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args=False), validate_args)

    @property
    def mean(self) -> Tensor:
        return everywhere(math.inf, self.scale)

    @property
    def variance(self) -> Tensor:
        return everywhere(math.inf, self.scale)


__all__ = ["HalfCauchy"]
