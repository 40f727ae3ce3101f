"""`tensorgrad.serialization.skeleton`: what `serialization/tree.py` and `Flattened` were called; its `tree` was `skeleton`."""

from typing import Any

from ...serialization.tree import Flattened, unflatten


class TakenApart(Flattened):
    @property
    def skeleton(self) -> Any:
        return self.tree


__all__ = ["TakenApart", "unflatten"]
