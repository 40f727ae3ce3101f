"""Where the first nan or inf of a batch came from: the batch is computed once more, and every operation looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import random
from ..autograd.anomaly import detect_anomaly
from ..autograd.frames import describe_frame
from ..autograd.modes import watched
from ..nn.module import Module
from ..tensor import Tensor
from ..utils.running import running
from .batches import tensors_of

# Operations whose business is to put an infinity somewhere: a mask in front of a softmax.
_ON_PURPOSE = {"masked_fill", "where", "fill", "copy", "add", "sub"}


def where_from(model: Any, forward: Callable[[Any], Tensor], batch: Any, rng: Tensor) -> str:
    """Lines about the operation that made the first nan or inf of a batch, forward or backward.

    Args:
        forward: from the batch to the loss.
        rng: the state of the default generator before the batch, so that dropout drops the same again.
    """
    bad = [i for i, x in enumerate(tensors_of(batch)) if not _finite(x)]
    if bad:
        return f"    made by  the batch itself: its tensor number {bad[0] + 1} holds nan or inf\n"
    parameters = model.named_parameters() if isinstance(model, Module) else ()
    if held := [name for name, x in parameters if not _finite(x)]:
        return f"    made by  the model itself: before this batch its {held[0]} holds nan or inf\n"
    now = random.get_rng_state()
    random.set_rng_state(rng)
    finder = _Finder()
    try:
        with running(model) as finder.modules:
            with watched(finder):
                loss = forward(_recorded(batch))
            if finder.nan or finder.inf:
                return finder.lines()
            try:
                with detect_anomaly():
                    loss.backward()
            except RuntimeError as error:
                return f"    {error}\n"
    finally:
        random.set_rng_state(now)
    return "    made by  something that is not repeated when the batch is computed again\n"


class _Finder:
    """Sees each operation in turn, and keeps the first whose result is nan, or inf, while its inputs are not."""

    def __init__(self) -> None:
        self.nan: list[str] = []
        self.inf: list[str] = []
        self.modules: list[tuple[str, Any]] = []

    def __call__(self, node: Any, args: tuple[Any, ...], out: Any) -> None:
        results = [y for y in (out if isinstance(out, tuple) else (out,)) if isinstance(y, Tensor)]
        inputs = [x for x in args if isinstance(x, Tensor)]
        for kind, test, found in (("nan", np.isnan, self.nan), ("inf", np.isinf, self.inf)):
            if found or kind == "inf" and node.name in _ON_PURPOSE:
                continue
            if _any(test, results) and not _any(test, inputs):
                shapes = ", ".join(str(tuple(x.array.shape)) for x in inputs)
                there = ", ".join(str(tuple(y.array.shape)) for y in results)
                found.append(f"    made by  {node.name}, {shapes} → {there}: the first {kind}\n")
                if kind == "nan" and _any(np.isinf, inputs):
                    found.append("             out of an inf\n")
                if self.modules:
                    path, module = self.modules[-1]
                    found.append(f"    in       {path or 'the model'} ({type(module).__name__})\n")
                found.append(f"    at       {describe_frame(node.where)}\n")

    def lines(self) -> str:
        both = any("out of an inf" in line for line in self.nan)
        return "".join(self.inf + self.nan if both else self.nan or self.inf)


def _recorded(x: Any) -> Any:
    """A batch whose floating tensors require grad, so that what is done with them is seen."""
    if isinstance(x, Tensor):
        return x.detach().requires_grad_() if x.is_floating_point() else x
    if isinstance(x, Mapping):
        return {k: _recorded(v) for k, v in x.items()}
    if isinstance(x, (tuple, list)):
        parts = [_recorded(v) for v in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return x


def _any(test: Any, tensors: list[Tensor]) -> bool:
    return any(t.array.dtype.kind not in "iub" and bool(test(t.array).any()) for t in tensors)


def _finite(t: Tensor) -> bool:
    return t.array.dtype.kind in "iub" or bool(np.isfinite(t.array).all())
