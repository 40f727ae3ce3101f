"""Distances between vectors, and losses of pairs and triplets of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..kernels.shapes import axis, broadcast, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .keywords import numpy_words, older_reduction
from .linalg_norm import vector_norm
from .loss import check_reduction, reduced
from .promote import as_operand, floating, needs_floating, number, paired

# ---- distances ------------------------------------------------------------------------------------------------------


@numpy_words
def cosine_similarity(x1: TensorLike, x2: TensorLike, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Σ x1·x2 / (max(‖x1‖, eps)·max(‖x2‖, eps)) along `dim`.  Shape: broadcast, without `dim`."""
    op = "cosine_similarity"
    x, z = paired(op, as_operand(op, x1, "x1"), as_operand(op, x2, "x2"))
    eps = number(op, "eps", eps)
    x, z = needs_floating(op, x, "x1"), needs_floating(op, z, "x2")
    shape = broadcast(op, x1=x.array.shape, x2=z.array.shape)
    d = axis(op, dim, len(shape))
    if x.array.shape != shape:
        x = x.expand(shape)
    if z.array.shape != shape:
        z = z.expand(shape)
    x = x / vector_norm(x, 2, d, keepdim=True).clamp(min=eps)
    z = z / vector_norm(z, 2, d, keepdim=True).clamp(min=eps)
    return (x * z).sum(d)


@numpy_words
@in_own_name
def pairwise_distance(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """‖x1 − x2 + eps‖ₚ along the last axis.  Shape: (…, D), broadcast → (…), or (…, 1) with keepdim."""
    op = "pairwise_distance"
    x, z = paired(op, as_operand(op, x1, "x1"), as_operand(op, x2, "x2"))
    eps = number(op, "eps", eps)
    broadcast(op, x1=x.array.shape, x2=z.array.shape)
    return vector_norm(floating(op, x) - z + eps, p, -1, keepdim)


@in_own_name
def normalize(input: TensorLike, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12) -> Tensor:
    """x / max(‖x‖ₚ, eps) along `dim`.  Shape: any → the same."""
    x = needs_floating("normalize", input)
    return x / vector_norm(x, p, dim, keepdim=True).clamp(min=eps)


# ---- losses ---------------------------------------------------------------------------------------------------------


@in_own_name
@older_reduction
def margin_ranking_loss(
    input1: TensorLike, input2: TensorLike, target: TensorLike, margin: float = 0, *, reduction: str = "mean"
) -> Tensor:
    """max(0, −target·(input1 − input2) + margin): target 1 wants input1 larger, −1 input2.  Shape: broadcast."""
    op = "margin_ranking_loss"
    x, z, t = as_operand(op, input1, "input1"), as_operand(op, input2, "input2"), as_operand(op, target, "target")
    shapes = {"input1": x.array.shape, "input2": z.array.shape, "target": t.array.shape}
    if len({len(s) for s in shapes.values()}) > 1:
        raise ValueError(mismatch(op, "needs three tensors of as many axes", **shapes))
    broadcast(op, **shapes)
    losses = (margin - t * (x - z)).clamp(min=0)
    return reduced(losses, check_reduction(op, reduction))


@in_own_name
@older_reduction
def hinge_embedding_loss(
    input: TensorLike, target: TensorLike, margin: float = 1.0, *, reduction: str = "mean"
) -> Tensor:
    """input where the target is 1, max(0, margin − input) where it is −1.  Shape as for `mse_loss`."""
    x, z = as_operand("hinge_embedding_loss", input), as_operand("hinge_embedding_loss", target, "target")
    broadcast("hinge_embedding_loss", input=x.array.shape, target=z.array.shape)
    losses = (margin - x).clamp(min=0) * (z != 1) + x * (z != -1)
    return reduced(losses, check_reduction("hinge_embedding_loss", reduction))


@older_reduction
def cosine_embedding_loss(
    input1: TensorLike, input2: TensorLike, target: TensorLike, margin: float = 0, *, reduction: str = "mean"
) -> Tensor:
    """1 − cos(input1, input2) where the target is 1, max(0, cos − margin) where it is −1.

    Shape: (N, D), (N, D), (N,), or (D,), (D,), () → (), or the target's with reduction='none'.
    """
    op = "cosine_embedding_loss"
    x, z = floating(op, as_operand(op, input1, "input1")), floating(op, as_operand(op, input2, "input2"))
    t, margin = as_operand(op, target, "target"), number(op, "margin", margin)
    n = t.array.ndim
    if n > 1 or x.array.ndim != n + 1 or z.array.ndim != n + 1:
        shapes = {"input1": x.array.shape, "input2": z.array.shape, "target": t.array.shape}
        cure = "Needs (N, D), (N, D), (N,), or (D,), (D,), ()."
        raise ValueError(mismatch(op, "the shapes do not belong together", cure, **shapes))
    broadcast(op, input1=x.array.shape, input2=z.array.shape)
    eps = 1e-12  # PyTorch's
    squares = (x.square().sum(-1) + eps) * (z.square().sum(-1) + eps)
    cos = (x * z).sum(-1) / squares.sqrt()
    broadcast(op, cosine=cos.array.shape, target=t.array.shape)
    losses = (1 - cos) * (t == 1) + (cos - margin).clamp(min=0) * (t == -1)
    return reduced(losses, check_reduction(op, reduction))


@older_reduction
def triplet_margin_loss(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) − d(anchor, negative) + margin), d the `pairwise_distance` with p and eps.

    Shape: (N, D) or (D,), three times → (), or (N,) with reduction='none'. With `swap` the smaller of d(anchor,
    negative) and d(positive, negative) counts (Balntas et al., 2016).
    """
    op = "triplet_margin_loss"
    p, eps = number(op, "p", p), number(op, "eps", eps)
    losses = _triplets(op, lambda x, z: pairwise_distance(x, z, p, eps), anchor, positive, negative, margin, swap)
    return reduced(losses, check_reduction(op, reduction))


@in_own_name
def triplet_margin_with_distance_loss(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """As `triplet_margin_loss`, with any distance: a function of two tensors; `pairwise_distance` if None."""
    op = "triplet_margin_with_distance_loss"
    if distance_function is not None and not callable(distance_function):
        raise TypeError(f"{op}: distance_function must be a function, got {type(distance_function).__name__}.")
    distance = pairwise_distance if distance_function is None else distance_function
    losses = _triplets(op, distance, anchor, positive, negative, margin, swap)
    return reduced(losses, check_reduction(op, reduction))


def _triplets(op: str, distance: Any, anchor: Any, positive: Any, negative: Any, margin: float, swap: bool) -> Tensor:
    a, p, n = (
        as_operand(op, anchor, "anchor"),
        as_operand(op, positive, "positive"),
        as_operand(op, negative, "negative"),
    )
    shapes = {"anchor": a.array.shape, "positive": p.array.shape, "negative": n.array.shape}
    margin = number(op, "margin", margin)
    if margin <= 0:
        raise ValueError(f"{op}: margin must be above 0, got {margin}.")
    if len({len(s) for s in shapes.values()}) > 1:
        raise ValueError(mismatch(op, "needs three tensors of as many axes", **shapes))
    broadcast(op, **shapes)
    near, far = distance(a, p), distance(a, n)
    if swap:
        far = far.minimum(distance(p, n))
    return (margin + near - far).clamp(min=0)


__all__ = ["cosine_similarity", "pairwise_distance"]
