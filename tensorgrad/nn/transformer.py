"""Attention and the Transformer (Vaswani et al., arXiv:1706.03762).

N sequences in a batch   L steps of the target   S steps of the source   E features   heads of E / heads features
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from math import inf
from typing import Any

from ..kernels.shapes import fits, integer
from ..ops import create
from ..ops.attention import each_once
from ..tensor import Tensor
from . import functional as F
from . import init
from .containers import ModuleList
from .dropout import Dropout
from .linear import Linear, NonDynamicallyQuantizableLinear
from .module import Module
from .norm import LayerNorm
from .parameter import Parameter


class MultiheadAttention(Module):
    """softmax(q·kᵀ/√d)·v in several heads side by side, between linear maps: each target step q reads from the source
    steps v whose k it agrees with.

    Shape: query (L, N, E), key (S, N, kdim), value (S, N, vdim) → (L, N, E) and the attention weights (N, L, S),
    averaged over the heads, or (N, heads, L, S); with `batch_first` N comes first; or all without N. Parameters:
    in_proj_weight (3E, E) for q, k and v, or q_proj_weight, k_proj_weight and v_proj_weight if kdim or vdim differ from
    E; in_proj_bias (3E,); out_proj, a Linear(E, E).

    Args:
        dropout: probability of dropping an attention weight, in training.
        add_bias_kv: one more source step, learned.
        add_zero_attn: one more source step, of zeros.
    """

    in_proj_weight: Any
    in_proj_bias: Any
    q_proj_weight: Any
    k_proj_weight: Any
    v_proj_weight: Any
    bias_k: Any
    bias_v: Any

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"MultiheadAttention: embed_dim and num_heads must be above 0, got {embed_dim} and {num_heads}."
            )
        if embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: embed_dim={embed_dim} does not divide into {num_heads} heads.")
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn

        def parameter(wanted: bool, *shape: int) -> Parameter | None:
            return Parameter(create.empty(shape, device=device, dtype=dtype)) if wanted else None

        apart = not self._qkv_same_embed_dim
        self.register_parameter("q_proj_weight", parameter(apart, embed_dim, embed_dim))
        self.register_parameter("k_proj_weight", parameter(apart, embed_dim, self.kdim))
        self.register_parameter("v_proj_weight", parameter(apart, embed_dim, self.vdim))
        self.register_parameter("in_proj_weight", parameter(not apart, 3 * embed_dim, embed_dim))
        self.register_parameter("in_proj_bias", parameter(bias, 3 * embed_dim))
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.register_parameter("bias_k", parameter(add_bias_kv, 1, 1, embed_dim))
        self.register_parameter("bias_v", parameter(add_bias_kv, 1, 1, embed_dim))
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for p in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if p is not None:
                init.xavier_uniform_(p)
        for p in (self.in_proj_bias, self.out_proj.bias):
            if p is not None:
                init.zeros_(p)
        for p in (self.bias_k, self.bias_v):
            if p is not None:
                init.xavier_normal_(p)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """The attended values and, if `need_weights`, the attention weights.

        Args:
            key_padding_mask: (N, S), True where a source step is padding; or numbers to add to its scores.
            attn_mask: (L, S) or (N·heads, L, S), True where a target step must not look; or numbers to add.
            average_attn_weights: the mean over the heads instead of the weights of each.
            is_causal: says that attn_mask is the causal one.
        """
        if self._check(query, key, value) and self.batch_first:
            query, key, value = each_once(lambda x: x.transpose(0, 1), query, key, value)
        out, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, None, None, self.training, key_padding_mask, need_weights,
            attn_mask, not self._qkv_same_embed_dim, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        out = self.out_proj(out)
        return out.transpose(0, 1) if self.batch_first and out.ndim == 3 else out, weights

    def _check(self, query: Any, key: Any, value: Any) -> bool:
        """Refuse shapes that do not fit; whether there is a batch."""
        shapes = {"query": tuple(query.shape), "key": tuple(key.shape), "value": tuple(value.shape)}
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        if query.ndim not in (2, 3) or key.ndim != query.ndim or value.ndim != query.ndim:
            raise ValueError(f"MultiheadAttention: all three inputs need 3 axes, or 2 without a batch; got {found}.")
        if (query.shape[-1], key.shape[-1], value.shape[-1]) != (self.embed_dim, self.kdim, self.vdim):
            raise ValueError(
                f"MultiheadAttention: built for {self.embed_dim}, {self.kdim} and {self.vdim} features; got {found}."
            )
        if key.shape[:-1] != value.shape[:-1]:
            raise ValueError(f"MultiheadAttention: key and value must have the same steps and batch; got {found}.")
        at = 0 if self.batch_first else 1
        if query.ndim == 3 and query.shape[at] != key.shape[at]:
            raise ValueError(f"MultiheadAttention: query and key must have the same batch; got {found}.")
        return query.ndim == 3


def _activation(activation: Any) -> Any:
    """'relu' or 'gelu' as a function; a function or module as it is."""
    if not isinstance(activation, str):
        return activation
    if activation not in ("relu", "gelu"):
        raise ValueError(f"Transformer: activation must be 'relu', 'gelu' or a function, got {activation!r}.")
    return getattr(F, activation)


def _clones(layer: Module, n: int) -> ModuleList:
    n = integer("Transformer", "num_layers", n)
    fits("Transformer", (n,), 20_000 + sum(p.nbytes for p in layer.parameters()), "layers")
    return ModuleList([copy.deepcopy(layer) for _ in range(n)])


class _Layer(Module):
    """What encoder and decoder layers share: their parts, under the names that subclasses override in PyTorch, and how a
    part is added and normalised."""

    norm_first: bool

    def _sa_block(
        self, x: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None, is_causal: bool = False
    ) -> Tensor:
        """Self-attention."""
        me: Any = self
        masks = {"attn_mask": attn_mask, "key_padding_mask": key_padding_mask, "is_causal": is_causal}
        return me.dropout1(me.self_attn(x, x, x, need_weights=False, **masks)[0])

    def _ff_block(self, x: Tensor) -> Tensor:
        """The network for each step."""
        me: Any = self
        return me._last_dropout(me.linear2(me.dropout(me.activation(me.linear1(x)))))

    def _around(self, x: Any, norm: Module, sublayer: Callable[[Any], Any]) -> Any:
        """x + sublayer(norm(x)), or, as in the paper, norm(x + sublayer(x))."""
        return x + sublayer(norm(x)) if self.norm_first else norm(x + sublayer(x))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then a network of two Linears for each step; each added to what it reads, with layer norm.

    Shape: (S, N, d_model), or (N, S, d_model) with `batch_first`, or (S, d_model) → the same.

    Args:
        norm_first: normalise before each part rather than after it (Xiong et al., arXiv:2002.04745).
        activation: 'relu', 'gelu' or a function.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **place)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **place)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **place)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        self.activation = _activation(activation)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        masks = (src_mask, src_key_padding_mask, is_causal)
        x = self._around(src, self.norm1, lambda x: self._sa_block(x, *masks))
        return self._around(x, self.norm2, self._ff_block)

    @property
    def _last_dropout(self) -> Module:
        return self.dropout2


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the encoder's result, then a network of two Linears for each step.

    Shape: target (L, N, d_model) and memory (S, N, d_model), or with N first, or without it → the target's. Settings as
    in `TransformerEncoderLayer`.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **place)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **place)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **place)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **place)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.dropout1, self.dropout2, self.dropout3 = Dropout(dropout), Dropout(dropout), Dropout(dropout)
        self.activation = _activation(activation)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        own = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        others = (memory_mask, memory_key_padding_mask, memory_is_causal)
        x = self._around(tgt, self.norm1, lambda x: self._sa_block(x, *own))
        x = self._around(x, self.norm2, lambda x: self._mha_block(x, memory, *others))
        return self._around(x, self.norm3, self._ff_block)

    def _mha_block(
        self,
        x: Tensor,
        mem: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        """Attention to the encoder's result."""
        masks: dict[str, Any] = {"attn_mask": attn_mask, "key_padding_mask": key_padding_mask, "is_causal": is_causal}
        return self.dropout2(self.multihead_attn(x, mem, mem, need_weights=False, **masks)[0])

    @property
    def _last_dropout(self) -> Module:
        return self.dropout3


class TransformerEncoder(Module):
    """`num_layers` copies of a layer, one after another, then `norm`.

    Args:
        enable_nested_tensor, mask_check: accepted; there are no nested tensors here.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _clones(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        for layer in self.layers:
            src = layer(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=bool(is_causal))
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """`num_layers` copies of a layer, one after another, then `norm`."""

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _clones(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder, and a decoder that reads its result.

    Shape: src (S, N, d_model), tgt (L, N, d_model), or with N first, or without it → the target's. All matrices are
    drawn by `init.xavier_uniform_`.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        settings = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        place = {"device": device, "dtype": dtype}
        self.encoder = custom_encoder
        if custom_encoder is None:
            layer = TransformerEncoderLayer(*settings, **place)
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
            self.encoder = TransformerEncoder(layer, num_encoder_layers, norm)
        self.decoder = custom_decoder
        if custom_decoder is None:
            layer_ = TransformerDecoderLayer(*settings, **place)
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
            self.decoder = TransformerDecoder(layer_, num_decoder_layers, norm)
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        at = 0 if self.batch_first else 1
        shapes = f"src {tuple(src.shape)}, tgt {tuple(tgt.shape)}"
        if src.ndim != tgt.ndim or (src.ndim == 3 and src.shape[at] != tgt.shape[at]):
            raise ValueError(f"Transformer: src and tgt must have the same batch; got {shapes}.")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ValueError(f"Transformer: src and tgt must have d_model={self.d_model} features; got {shapes}.")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """(sz, sz): 0 where a step may look, at itself and before; −inf after."""
        return create.full((sz, sz), -inf, device=device, dtype=dtype).triu(1)

    def _reset_parameters(self) -> None:
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)
