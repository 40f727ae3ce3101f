"""Attention: every query takes a mean of the values, weighted by how well it fits their keys."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, broadcast, mismatch
from ..random import stream
from ..tensor import Tensor
from .promote import as_operand, needs_floating


class Attention(Function):
    """softmax(scale·q·kᵀ + mask)·v (Vaswani et al., arXiv:1706.03762), the weights times `keep`/`kept` for dropout.

    q (B, H, L, E), k (B, H, S, E), v (B, H, S, V), mask (B, H, L, S) or None. The scores are never kept.
    """

    broadcasts = True

    def __init__(self, scale: float, causal: bool, keep: Any = None, kept: float = 1.0) -> None:
        self.scale, self.causal, self.keep, self.kept = scale, causal, keep, kept

    def formula(self, q: Tensor, k: Tensor, v: Tensor, mask: Any) -> Tensor:
        s = q @ k.mT * self.scale
        if self.causal:
            s = s.masked_fill(s.new_ones(s.array.shape[-2:]).tril() == 0, float("-inf"))
        if mask is not None:
            s = s + mask if mask.is_floating_point() else s.masked_fill(mask.logical_not(), float("-inf"))
        blind = (s == float("-inf")).all(-1, keepdim=True)  # queries that may see no key
        p = s.masked_fill(blind, 0).softmax(-1).masked_fill(blind, 0)
        if self.keep is not None:
            p = p * Tensor._of(self.keep) / self.kept
        return p @ v

    def forward(self, q: Any, k: Any, v: Any, mask: Any) -> Any:
        out, self.lse = on(q).attention(q, k, v, mask, self.keep, self.kept, self.scale, self.causal)
        return out

    def fused_backward(self, grad: Any, q: Any, k: Any, v: Any, mask: Any, out: Any) -> Any:
        settings = self.keep, self.kept, self.scale, self.causal
        return on(q).attention_backward(grad, q, k, v, mask, *settings, out, self.lse, self.needs[3])


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(scale·query·keyᵀ + attn_mask)·value.

    Shape: query (…, L, E), key (…, S, E), value (…, S, V) → (…, L, V); the leading axes broadcast.

    Args:
        attn_mask: broadcasts to (…, L, S). Bools: True where a query may see a key; floats are added to the scores. A
            query that may see nothing gives 0.
        dropout_p: each weight is left out with this probability. There is no training mode here: pass 0 to evaluate.
        is_causal: query i sees the keys 0 to i only.
        scale: 1/√E if None.
        enable_gqa: grouped queries: query (…, H, L, E) has a multiple of the heads of key and value, and each of these
            serves as many of its neighbours (Ainslie et al., arXiv:2305.13245).
    """
    op = "scaled_dot_product_attention"
    q, k, v = needs_floating(op, query, "query"), as_operand(op, key, "key"), as_operand(op, value, "value")
    shapes = {"query (…, L, E)": q.array.shape, "key   (…, S, E)": k.array.shape, "value (…, S, V)": v.array.shape}
    if not q.array.dtype == k.array.dtype == v.array.dtype:
        raise TypeError(f"{op}: query is {q.dtype}, key {k.dtype}, value {v.dtype}; they need one dtype.")
    if min(len(s) for s in shapes.values()) < 2:
        raise ValueError(mismatch(op, "needs at least two axes each", "Add a batch axis with unsqueeze.", **shapes))
    if q.array.shape[-1] != k.array.shape[-1] or k.array.shape[-2] != v.array.shape[-2]:
        what = "query and key must be of one width E, key and value of one length S"
        raise ValueError(mismatch(op, what, "Look for a missing transpose of heads and positions.", **shapes))
    if not 0 <= dropout_p <= 1:
        raise ValueError(f"{op}: dropout_p is a probability, in [0, 1], got {dropout_p}.")
    if enable_gqa:
        k, v = _serve_groups(op, q, k, shapes), _serve_groups(op, q, v, shapes)
    a, b, c = (x.array.shape[:-2] for x in (q, k, v))
    lead = a if a == b == c else broadcast(op, query=a, key=b, value=c)
    length, keys = q.array.shape[-2], k.array.shape[-2]
    mask = _mask(op, attn_mask, q, (*lead, length, keys))
    q, k, v = (_four_axes(x, lead) for x in (q, k, v))
    if mask is not None:
        mask = _four_axes(mask, lead)
    full = (*q.array.shape[:3], keys)
    keep = None
    if dropout_p > 0:
        keep = on(q.array).keep_mask(stream(op, None), full, dropout_p)
    e = q.array.shape[-1]
    attention = Attention((e or 1) ** -0.5 if scale is None else float(scale), is_causal, keep, 1 - dropout_p or 1.0)
    y = attention(q, k, v, mask)
    shape = (*lead, length, v.array.shape[-1])
    return y if y.array.shape == shape else y.reshape(shape)


def _serve_groups(op: str, q: Tensor, x: Tensor, shapes: dict[str, Shape]) -> Tensor:
    """Each head of x as often as there are heads of q for it."""
    if min(q.array.ndim, x.array.ndim) < 3 or not x.array.shape[-3] or q.array.shape[-3] % x.array.shape[-3]:
        what = "with enable_gqa query needs a multiple of the heads of key and value"
        raise ValueError(mismatch(op, what, "Heads are the third axis from the end.", **shapes))
    n = q.array.shape[-3] // x.array.shape[-3]
    return x if n == 1 else x.repeat_interleave(n, -3)


def _mask(op: str, mask: Any, q: Tensor, full: Shape) -> Tensor | None:
    """The mask, checked, with all axes."""
    if mask is None:
        return None
    m = as_operand(op, mask, "attn_mask")
    if m.array.dtype.kind != "b" and m.array.dtype != q.array.dtype:
        raise TypeError(f"{op}: attn_mask must be bool, or of query's dtype {q.dtype}, got {m.dtype}.")
    if broadcast(op, scores=full, attn_mask=m.array.shape) != full:
        cure = "It broadcasts to (…, L, S)."
        raise ValueError(
            mismatch(op, "attn_mask is larger than the scores", cure, scores=full, attn_mask=m.array.shape)
        )
    return m.expand(full)


def _four_axes(x: Tensor, lead: Shape) -> Tensor:
    """(…, m, n) → (B, H, m, n), without a copy where there are at most two leading axes."""
    tail = x.array.shape[-2:]
    if x.array.shape[:-2] != lead:
        x = x.expand(*lead, *tail)
    if len(lead) == 2:
        return x
    heads = lead[-1] if lead else 1
    return x.reshape(prod(lead[:-1]), heads, *tail)


__all__: list[str] = []
