"""`vmap`'s rules of convolutions, pooling, normalization, losses over classes and attention.

These have an axis of images already, so a batch of theirs is more images: it is folded into that axis. Filters that differ
from element to element are groups of one convolution.
"""

from __future__ import annotations

from typing import Any

from ..autograd.batched import Ask
from ..tensor import Tensor
from .attention import Attention
from .batching import rule
from .conv import Conv, ConvTranspose, ConvWeight
from .linear_map import LinearMap
from .loss_classes import CrossEntropy, NllLoss, NllLossBackward
from .norm import Normalize
from .pool import MaxPool
from .rnn import _Recurrence
from .vision import FoldCoordinates, PadConstant

# ---- the batch in another axis -------------------------------------------------------------------------------------


def folded(x: Tensor, axis: int = 0) -> Tensor:
    """The batch, in front, as the slower part of another axis of one element: (n, …, s, …) → (…, n·s, …)."""
    n, *shape = x.array.shape
    if axis:
        x = x.movedim(0, axis)
    return x.reshape(*shape[:axis], n * shape[axis], *shape[axis + 1 :])


def unfolded(y: Tensor, n: int, axis: int = 0) -> Tensor:
    """The way back: (…, n·s, …) → (n, …, s, …)."""
    shape = y.array.shape
    y = y.reshape(*shape[:axis], n, shape[axis] // n, *shape[axis + 1 :])
    return y.movedim(axis, 0) if axis else y


# ---- convolutions ---------------------------------------------------------------------------------------------------


def in_groups(op: Any, times: int) -> Any:
    """The convolution with `times` as many groups."""
    return type(op)(op.out, op.stride, op.padding, op.dilation, op.groups * times)


@rule(Conv, ConvTranspose)
def convolution(ask: Ask, x: Tensor, w: Tensor, bias: Any) -> Tensor:
    op, n = ask.op, ask.n
    if not (ask.batched[1] or ask.batched[2]):  # more images
        return unfolded(op(folded(x), w, bias), n)
    if not (ask.batched[0] or ask.batched[1]):
        y = op(x, w, None)
    elif not ask.batched[1]:
        y = unfolded(op(folded(x), w, None), n)
    elif not ask.batched[0] and isinstance(op, Conv) and op.groups == 1:  # more filters
        y = unfolded(op(x, folded(w), None), n, 1)
    else:  # filters for each element: groups
        y = unfolded(in_groups(op, n)(folded(ask.full(0, x), 1), folded(w), None), n, 1)
    if bias is None:
        return y
    ones = [1] * len(op.out)
    return y + (bias.reshape(n, 1, -1, *ones) if ask.batched[2] else bias.reshape(-1, *ones))


@rule(ConvWeight)
def convolution_weight(ask: Ask, x: Tensor, y: Tensor) -> Tensor:
    op, n = ask.op, ask.n
    if not ask.batched[0] and op.groups == 1:
        return unfolded(op(x, folded(y, 1)), n)
    return unfolded(in_groups(op, n)(folded(ask.full(0, x), 1), folded(ask.full(1, y), 1)), n)


# ---- pooling and other linear maps of images ------------------------------------------------------------------------------


@rule(MaxPool)
def max_pool(ask: Ask, x: Tensor) -> Tensor:
    y = unfolded(ask.op(folded(x)), ask.n)
    if ask.op.choice is not None:
        choice = ask.op.choice
        ask.node.choice = ask.layered(choice.reshape(ask.n, choice.shape[0] // ask.n, *choice.shape[1:]))
    else:
        ask.node.choice = None
    return y


_OF_IMAGES = ("avg_pool", "adaptive_avg_pool", "resample", "im2col", "pad_edges")


@rule(LinearMap)
def linear_map(ask: Ask, x: Tensor) -> Any:
    op = ask.op
    if op.map in ("pick", "place"):
        return at_indices(ask, x)
    if op.map == "max_pool_choice" and ask.held.get("how") and ask.held["how"][0]:
        choice = op.how[0]
        op.how = (choice.reshape(choice.shape[0] * choice.shape[1], *choice.shape[2:]), *op.how[1:])
    elif op.map not in _OF_IMAGES or ask.held:
        return None
    axes = len(op.to) if op.to is not None else ask.ndim(0, x)
    if axes < 2:
        return None
    if op.to is not None:
        op.to = (ask.n * op.to[0], *op.to[1:])
    return unfolded(op(folded(ask.full(0, x))), ask.n)


def at_indices(ask: Ask, x: Tensor) -> Tensor:
    """Elements picked from images, or put on them, at places that may differ from image to image."""
    op, n, (at, *rest) = ask.op, ask.n, ask.op.how
    if not (ask.held.get("how") and ask.held["how"][0]):
        at = Tensor._of(at).expand(n, *at.shape).array
    op.how, x = (at, *rest), ask.full(0, x)
    if op.to is not None:
        op.to = (n, *op.to)
    elif op.map == "pick" and at.shape[: at.ndim - rest[0]] != x.array.shape[: x.array.ndim - rest[0]]:
        op.how = (at.reshape(n * at.shape[1], *at.shape[2:]), *rest)  # the same places for all channels of an image
        return unfolded(op(folded(x)), n)
    return op(x)


@rule(PadConstant)
def pad_constant(ask: Ask, x: Tensor) -> Tensor:
    n, pads = ask.ndim(0, x), ask.op.pads
    ask.op.pads = ((0, 0),) * (n + 1 - len(pads)) + tuple(pads)
    return ask.op(x)


@rule(FoldCoordinates)
def fold_coordinates(ask: Ask, x: Tensor) -> Tensor:
    return ask.op(x)


# ---- normalization, classes, attention -----------------------------------------------------------------------------------


@rule(Normalize)
def normalize(ask: Ask, x: Tensor, weight: Any, bias: Any) -> Tensor:
    op = ask.op
    axes = len(op.view)
    op.axes = tuple([d % axes + 1 for d in op.axes])
    op.view = (ask.n, *op.view)
    affine = (1,) * (axes - len(op.affine)) + tuple(op.affine)
    op.affine = (1, *affine)
    x = ask.full(0, x)
    if not (ask.batched[1] or ask.batched[2]):
        return op(x, weight, bias)
    y = op(x, None, None).reshape(op.view)
    if weight is not None:
        y = y * weight.reshape(ask.n if ask.batched[1] else 1, *affine)
    if bias is not None:
        y = y + bias.reshape(ask.n if ask.batched[2] else 1, *affine)
    return y.reshape(x.array.shape)


@rule(CrossEntropy, NllLoss, NllLossBackward, _Recurrence)
def by_formula(ask: Ask, *xs: Any) -> Any:
    """The definition, on tensors that look like one element: its operations have rules."""
    level = ask.level
    operands = [
        Tensor._of(level.layer(x, b)) if isinstance(x, Tensor) else x for x, b in zip(xs, ask.batched)
    ]  # fmt: skip
    out = ask.node.again().formula(*operands)
    return tuple([level.lower(y) for y in out]) if isinstance(out, tuple) else level.lower(out)


@rule(Attention)
def attention(ask: Ask, q: Tensor, k: Tensor, v: Tensor, mask: Any) -> Any:
    op = ask.op
    if op.keep is not None:
        keep = op.keep
        if ask.held.get("keep"):
            op.keep = keep.reshape(keep.shape[0] * keep.shape[1], *keep.shape[2:])
        else:
            op.keep = Tensor._of(keep).expand(ask.n, *keep.shape).reshape(-1, *keep.shape[1:]).array
    return unfolded(op(*[x if x is None else folded(ask.full(i, x)) for i, x in enumerate((q, k, v, mask))]), ask.n)


__all__: list[str] = []
