"""Operations that carry their definition: the gradient of a fused operation by differentiating its `formula`."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .engine import grad as gradient_of
from .modes import OFF, enable_grad, recording
from .saving import OUT


def formula_gradient(self: Any, *grads_and_saved: Any) -> tuple[Any, ...]:
    """`backward` of an operation that has a formula and no rule of its own: run the formula on the saved inputs, recorded,
    and differentiate it."""
    n, needs = len(self.inputs), self.needs
    saved = grads_and_saved[-(n + (OUT in self._saves)):]
    grads, inputs = grads_and_saved[: len(grads_and_saved) - len(saved)], saved[:n]
    recorded = recording.get() != OFF
    with enable_grad():
        places = [x._alias() if isinstance(x, Tensor) and wanted else x for x, wanted in zip(inputs, needs)]
        xs = [x for x, wanted in zip(places, needs) if wanted]
        out = self.formula(*places)
        outs = [y for y in (out if isinstance(out, tuple) else (out,)) if y.is_floating_point()]
        found = iter(gradient_of(outs, xs, list(grads), create_graph=recorded, allow_unused=True))
    return tuple(next(found) if wanted else None for wanted in needs)
