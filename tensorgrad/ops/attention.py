"""Attention: every query takes a mean of the values, weighted by how well it fits their keys."""

from __future__ import annotations

from math import inf, prod, sqrt
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, broadcast, mismatch
from ..random import stream
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .create import zeros
from .dropout import dropout
from .join import cat
from .linear import linear
from .promote import as_operand, mixed_dtypes, needs_floating, number
from .softmax import softmax
from .vision import pad


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
        out, *self.sums = on(q).attention(q, k, v, mask, self.keep, self.kept, self.scale, self.causal)
        return out

    def fused_backward(self, grad: Any, q: Any, k: Any, v: Any, mask: Any, out: Any) -> Any:
        settings = self.keep, self.kept, self.scale, self.causal
        return on(q).attention_backward(grad, q, k, v, mask, *settings, out, *self.sums, self.needs[3])


@in_own_name
def scaled_dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
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
        raise mixed_dtypes(op, query=query, key=key, value=value)
    if min(len(s) for s in shapes.values()) < 2:
        raise ValueError(mismatch(op, "needs at least two axes each", "Add a batch axis with unsqueeze.", **shapes))
    if q.array.shape[-1] != k.array.shape[-1] or k.array.shape[-2] != v.array.shape[-2]:
        what = "query and key must be of one width E, key and value of one length S"
        raise ValueError(mismatch(op, what, "Look for a missing transpose of heads and positions.", **shapes))
    if not 0 <= number(op, "dropout_p", dropout_p) <= 1:
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
    scale = (e or 1) ** -0.5 if scale is None else float(number(op, "scale", scale))
    attention = Attention(scale, is_causal, keep, 1 - dropout_p or 1.0)
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


# ---- in several heads -----------------------------------------------------------------------------------------------


@in_own_name
def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """softmax(q·kᵀ/√d)·v in several heads side by side, between linear maps: `MultiheadAttention` without the module.

    Shape: query (L, N, E), key (S, N, kdim), value (S, N, vdim) → (L, N, E) and the weights (N, L, S), averaged over
    the heads, or (N, heads, L, S); or all without N. in_proj_weight (3E, E), in_proj_bias (3E,), out_proj_weight (E, E),
    out_proj_bias (E,).

    Args:
        embed_dim_to_check: E.
        bias_k, bias_v: (1, 1, E), one more source step; or None.
        add_zero_attn: one more source step, of zeros.
        dropout_p: probability of dropping a weight, if `training`.
        out_proj_weight: None leaves the heads side by side, (L, N, E), without the map behind them.
        key_padding_mask: (N, S), True where a source step is padding; or numbers to add to its scores.
        attn_mask: (L, S) or (N·heads, L, S), True where a target step must not look; or numbers to add.
        use_separate_proj_weight: q_proj_weight (E, E), k_proj_weight (E, kdim) and v_proj_weight (E, vdim) stand for
            in_proj_weight.
        static_k, static_v: (N·heads, S, d), instead of what key and value give.
        is_causal: says that attn_mask is the causal one.
    """
    op = "multi_head_attention_forward"
    if query.ndim not in (2, 3) or query.shape[-1] != embed_dim_to_check or embed_dim_to_check % num_heads:
        raise ValueError(
            f"{op}: query {tuple(query.shape)} must be (L, N, E) or (L, E) with E = {embed_dim_to_check}, which must divide "
            f"into {num_heads} heads."
        )
    single = query.ndim == 2
    if single:
        query, key, value = each_once(lambda x: x.unsqueeze(1), query, key, value)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    if is_causal and attn_mask is None:
        raise ValueError(
            f"{op}: is_causal only says that attn_mask is causal; pass the mask too, "
            "Transformer.generate_square_subsequent_mask(L)."
        )
    (length, batch, width), source = query.shape, key.shape[0]
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    q, k, v = _projected(query, key, value, weights, in_proj_bias)
    if bias_k is not None:
        k, v = cat([k, bias_k.expand(1, batch, -1)]), cat([v, bias_v.expand(1, batch, -1)])

    def heads_of(x: Any) -> Any:
        return x.reshape(x.shape[0], batch, num_heads, width // num_heads).permute(1, 2, 0, 3)  # (N, heads, steps, d)

    q, k, v = heads_of(q), heads_of(k), heads_of(v)
    if static_k is not None:
        k = static_k.reshape(batch, num_heads, *static_k.shape[1:])
        source = k.shape[2] - (bias_k is not None)
    if static_v is not None:
        v = static_v.reshape(batch, num_heads, *static_v.shape[1:])
    if add_zero_attn:
        zero = zeros(batch, num_heads, 1, k.shape[3], dtype=k.dtype)
        k, v = cat([k, zero], 2), cat([v, zero], 2)
    mask = _both_masks(op, q, attn_mask, key_padding_mask, source)
    added = k.shape[2] - source
    if mask is not None and added:
        mask = pad(mask, (0, added))  # nothing forbids the steps added
    dropped = dropout_p if training else 0.0
    scores = None
    if need_weights:
        scores = (q * (1 / sqrt(width // num_heads))) @ k.transpose(-2, -1)
        scores = softmax(scores if mask is None else scores + mask, dim=-1)
        scores = dropout(scores, dropped) if dropped else scores
        out = scores @ v
        scores = scores.mean(1) if average_attn_weights else scores
    elif is_causal and key_padding_mask is None and not added:
        out = scaled_dot_product_attention(q, k, v, dropout_p=dropped, is_causal=True)
    else:
        out = scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropped)
    out = out.permute(2, 0, 1, 3).reshape(length, batch, width)
    if out_proj_weight is not None:
        out = linear(out, out_proj_weight, out_proj_bias)
    if single:
        return out.squeeze(1), None if scores is None else scores.squeeze(0)
    return out, scores


def each_once(turn: Any, query: Any, key: Any, value: Any) -> Any:
    """All three turned, those that are the same tensor once, so that they still are."""
    k = turn(key)
    return k if query is key else turn(query), k, k if value is key else turn(value)


def _projected(query: Any, key: Any, value: Any, weights: Any, bias: Any) -> Any:
    """q, k and v in E features each; one product where the inputs are the same tensor and the weights one."""
    if isinstance(weights, Tensor):
        if key is value and query is key:
            return linear(query, weights, bias).chunk(3, -1)
        weights = weights.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return [linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases)]


def _both_masks(op: str, q: Any, attn_mask: Any, padding: Any, source: int) -> Any:
    """Both masks as numbers to add to the scores, of (N, heads, L, S) or what broadcasts to it."""
    batch, heads, length, _ = q.shape
    mask = None
    if attn_mask is not None:
        wanted = ((length, source), (batch * heads, length, source))
        if tuple(attn_mask.shape) not in wanted:
            raise ValueError(f"{op}: attn_mask must be {wanted[0]} or {wanted[1]}, got {tuple(attn_mask.shape)}.")
        mask = _additive(op, "attn_mask", attn_mask, q.dtype)
        mask = mask if mask.ndim == 2 else mask.reshape(batch, heads, length, source)
    if padding is not None:
        if tuple(padding.shape) != (batch, source):
            raise ValueError(f"{op}: key_padding_mask must be {(batch, source)}, got {tuple(padding.shape)}.")
        padding = _additive(op, "key_padding_mask", padding, q.dtype).reshape(batch, 1, 1, source)
        mask = padding if mask is None else mask + padding
    return mask


def _additive(op: str, what: str, mask: Any, dtype: Any) -> Any:
    """A mask as numbers to add to scores: −inf where it is True."""
    if mask.array.dtype.kind == "b":
        return zeros(mask.shape, dtype=dtype).masked_fill_(mask, -inf)
    if not mask.is_floating_point():
        raise TypeError(f"{op}: {what} must be bool or floating, got {mask.dtype}.")
    return mask.to(dtype)


__all__: list[str] = []
