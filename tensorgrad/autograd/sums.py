"""The gradients of a sweep: the first to arrive is borrowed, the sum of two is owned and may be added to in place."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels.layered import active
from ..tensor import Tensor
from .modes import OFF, recording
from .node import Source
from .outputs import Parts


class Zero:
    """The gradient of values that have been overwritten: zero for all that they were computed from.

    It goes down the graph by itself, without a rule being run: what those rules had saved may be gone or overwritten, and
    0 · ∞ is no gradient. At a leaf, a wanted tensor or a hook it becomes numbers; added to numbers, it is them.
    """

    __slots__ = ("dtype",)

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def at(self, source: Source) -> Any:
        """Zeros for this source; of an operation with several results, for each."""
        if not source.is_op:  # a leaf, or any tensor whose gradient is wanted
            return Tensor._of(np.zeros_like(source.array))
        if len(getattr(source, "edges", ())) > 1:
            return Parts().of(source)
        return Tensor._of(np.zeros(source.shape, self.dtype))


class Sums(dict[Source, Any]):
    """A gradient per source (on its way to an operation with several results, `Parts` of one).

    A gradient that arrives alone is kept as it came: others may hold it too, a rule may have passed it on unchanged. The
    sum of two is a new array that nobody else knows, so the third is added to it in place. Not when the pass itself is
    recorded: then every sum is an operation in the new graph.
    """

    _owned: set[Source] | None = None

    def meet(self, source: Source, grad: Any) -> None:
        """Add a gradient to the one that is there already."""
        if type(grad) is Zero:
            return
        if type(self[source]) is Zero:
            self[source] = grad
            return
        if self._owned is not None and source in self._owned and not active:
            self[source].array += grad.array
            return
        self[source] = self[source] + grad
        if type(grad) is Tensor and grad.array.ndim and recording.get() == OFF:
            if self._owned is None:
                self._owned = set()
            self._owned.add(source)
