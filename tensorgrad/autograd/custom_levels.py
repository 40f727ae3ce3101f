"""Operations in PyTorch's style within vmap and forward mode: the user's `vmap` and `jvp`, and what stands in for them.

Without a `vmap` of its own, `forward` is run on tensors that look like one element, and so is `backward`
(`generate_vmap_rule` asks PyTorch for that). Without a `jvp`, the direction comes from `backward`, see `dual.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

from ..kernels.layered import active, level_of
from ..tensor import Tensor
from .batched import Batch
from .dual import Dual, DualArray, by_two_pulls
from .lifted import recorded_beneath
from .modes import OFF, no_grad, recording

Forward = Callable[[Any, Any, tuple[Any, ...]], Any]  # the class, the ctx, the arguments: runs forward


class VmapInfo(NamedTuple):
    """What a `vmap` static method is told beside the dims and the arguments."""

    batch_size: int
    randomness: str


def level_among(args: tuple[Any, ...]) -> Any:
    return level_of([x.array for x in args if isinstance(x, Tensor)])


def run_at_level(level: Any, cls: Any, ctx: Any, args: tuple[Any, ...], forward: Forward, apply: Any) -> Any:
    """forward on arguments of this level, with the ctx filled for whoever differentiates at it."""
    if isinstance(level, Batch):
        return _batched(level, cls, ctx, args, forward, apply)
    return _dual(level, cls, ctx, args, forward)


# ---- batches ----------------------------------------------------------------------------------------------------------


def _batched(level: Batch, cls: Any, ctx: Any, args: tuple[Any, ...], forward: Forward, apply: Any) -> Any:
    beneath = [level.beneath(x) for x in args]
    dims = tuple([0 if isinstance(x, Tensor) and level.is_batched(x) else None for x in args])
    if hasattr(cls, "vmap"):
        if not hasattr(cls, "setup_context") or getattr(cls, "generate_vmap_rule", False):
            raise RuntimeError(
                f"{cls.__name__}: a vmap static method needs setup_context, and generate_vmap_rule = False beside it."
            )
        outs, places = cls.vmap(VmapInfo(level.n, level.randomness), dims, *beneath)
        out = _layered(level, outs, places)
        with no_grad():
            cls.setup_context(ctx, args, out)
        return out
    with no_grad():
        out = forward(cls, ctx, args)
    if recording.get() != OFF and _recorded(beneath):
        found = apply(_Mapped(cls, level, dims, forward), *beneath)
        for y, full in zip(*map(_as_tuple, (out, found))):
            if isinstance(y, Tensor):
                y.array = level.layer(full, True)
    return out


def _layered(level: Batch, outs: Any, places: Any) -> Any:
    if isinstance(outs, (tuple, list)):
        spread = places if isinstance(places, (tuple, list)) else [places] * len(outs)
        return tuple([_layered(level, y, d) for y, d in zip(outs, spread)])
    if not isinstance(outs, Tensor):
        return outs
    if isinstance(places, (tuple, list)):
        (places,) = places
    if places is None:
        return Tensor._of(level.layer(outs, False))
    return Tensor._of(level.layer(outs.movedim(places, 0) if places else outs, True))


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _recorded(beneath: list[Any]) -> bool:
    tensors = [x for x in beneath if isinstance(x, Tensor)]
    return any([x.requires_grad for x in tensors]) or recorded_beneath(*tensors)


class _Mapped:
    """The operation on whole batches, beneath its level: forward and backward for one element, each mapped."""

    def __init__(self, cls: Any, level: Batch, dims: tuple[int | None, ...], forward: Forward) -> None:
        self.cls, self.level, self.dims, self.run = cls, level, dims, forward
        self.__name__ = cls.__name__

    def forward(self, ctx: Any, *beneath: Any) -> Any:
        level = self.level
        args = [
            Tensor._of(level.layer(x, d is not None)) if isinstance(x, Tensor) else x
            for x, d in zip(beneath, self.dims)
        ]
        ctx.one = type(ctx)(ctx.needs_input_grad)
        with nullcontext() if level in active else level:
            out = self.run(self.cls, ctx.one, tuple(args))
            found = [level.lower(y) if isinstance(y, Tensor) else y for y in _as_tuple(out)]
        return tuple(found) if isinstance(out, tuple) else found[0]

    def backward(self, ctx: Any, *grads: Any) -> Any:
        level = self.level
        with nullcontext() if level in active else level:
            layered = [Tensor._of(level.layer(g, True)) if isinstance(g, Tensor) else g for g in grads]
            found = []
            for g, d in zip(_as_tuple(self.cls.backward(ctx.one, *layered)), self.dims):
                if isinstance(g, Tensor):
                    g = level.lower(g)
                    g = g if d is not None else g.sum(0)  # the same for all: it receives from all
                found.append(g)
        return tuple(found)


# ---- directions -------------------------------------------------------------------------------------------------------


def _dual(level: Dual, cls: Any, ctx: Any, args: tuple[Any, ...], forward: Forward) -> Any:
    pairs = [level.take(x) if isinstance(x, Tensor) else (x, None) for x in args]
    primals, tangents = [x for x, _ in pairs], [t for _, t in pairs]
    with no_grad():
        out = forward(cls, ctx, args)
    outs = _as_tuple(out)
    found = _as_tuple(cls.apply(*primals))
    if all([t is None for t in tangents]):
        moved: tuple[Any, ...] = (None,) * len(outs)
    elif hasattr(cls, "jvp"):
        here = type(ctx)(ctx.needs_input_grad)
        with no_grad():
            forward(cls, here, tuple(primals))
        here.forward_mode = True
        moved = _as_tuple(cls.jvp(here, *tangents))
    else:
        moved = tuple(by_two_pulls(_Again(cls), primals, tangents, list(found)))
    for y, x, t in zip(outs, found, moved):
        if isinstance(y, Tensor):
            y.array = DualArray(level, x, t if x.is_floating_point() else None)
    return out


class _Again:
    """The operation as `dual.py` runs one again."""

    def __init__(self, cls: Any) -> None:
        self.cls = cls

    def again(self) -> Any:
        return self.cls.apply


__all__ = ["VmapInfo", "level_among", "run_at_level"]
