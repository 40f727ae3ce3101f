"""Attention against its definition, written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn.functional import multi_head_attention_forward, scaled_dot_product_attention
from tensorgrad.ops.attention import Attention
from tests.ops.optest import F, OpTest, sample

SOME = np.array([[True, False, True, True], [False, False, False, False], [True, True, True, True]])
ADDED = np.where(SOME, 0.5, -np.inf)


class TestScaledDotProductAttention(OpTest):
    op = staticmethod(scaled_dot_product_attention)
    samples = [
        sample((3, 2), (4, 2), (4, 5)),
        sample((2, 3, 3, 2), (2, 3, 4, 2), (2, 3, 4, 2)),
        sample((2, 1, 3, 2), (3, 4, 2), (1, 4, 2), is_causal=True),
        sample((2, 3, 2), (2, 3, 2), (2, 3, 2), is_causal=True, scale=0.3),
        sample((2, 3, 2), (2, 4, 2), (2, 4, 2), attn_mask=SOME),
        sample((2, 3, 2), (2, 4, 2), (2, 4, 2), attn_mask=F((3, 4))),
        sample((2, 6, 3, 2), (2, 2, 4, 2), (2, 2, 4, 2), enable_gqa=True),
        sample((0, 3, 2), (0, 4, 2), (0, 4, 2)),
        sample((1, 31, 8), (1, 33, 8), (1, 33, 1)),
    ]
    errors = [
        (
            lambda: scaled_dot_product_attention(tg.ones(3, 2), tg.ones(4, 3), tg.ones(4, 3)),
            ValueError,
            "query and key must be of one width E, key and value of one length S.\n    query (…, L, E)  (3, 2)",
        ),
        (
            lambda: scaled_dot_product_attention(tg.ones(3, 2), tg.ones(4, 2), tg.ones(5, 2)),
            ValueError,
            "value (…, S, V)  (5, 2)",
        ),
        (
            lambda: scaled_dot_product_attention(tg.ones(3), tg.ones(3), tg.ones(3)),
            ValueError,
            "needs at least two axes each",
        ),
        (
            lambda: scaled_dot_product_attention(tg.ones(3, 2), tg.ones(4, 2), tg.ones(4, 2), tg.ones(3, 4).long()),
            TypeError,
            "attn_mask must be bool, or of query's dtype tensorgrad.float32, got tensorgrad.int64",
        ),
        (
            lambda: scaled_dot_product_attention(tg.ones(3, 2), tg.ones(4, 2), tg.ones(4, 2).double()),
            TypeError,
            "Convert: value.float() (NumPy",
        ),
        (
            lambda: scaled_dot_product_attention(tg.ones(3, 2).long(), tg.ones(4, 2), tg.ones(4, 2)),
            TypeError,
            "query needs a floating",
        ),
        (
            lambda: scaled_dot_product_attention(tg.ones(3, 3, 2), tg.ones(2, 4, 2), tg.ones(2, 4, 2), enable_gqa=True),
            ValueError,
            "with enable_gqa query needs a multiple of the heads of key and value",
        ),
        (
            lambda: scaled_dot_product_attention(tg.ones(3, 2), tg.ones(4, 2), tg.ones(4, 2), tg.ones(5, 4).bool()),
            ValueError,
            "attn_mask  (5, 4)",
        ),
    ]

    def expected(
        self,
        q: Any,
        k: Any,
        v: Any,
        attn_mask: Any = None,
        is_causal: bool = False,
        scale: Any = None,
        enable_gqa: bool = False,
    ) -> Any:
        if enable_gqa:
            k, v = (np.repeat(x, q.shape[-3] // x.shape[-3], -3) for x in (k, v))
        s = q @ np.swapaxes(k, -1, -2) * (1 / np.sqrt(q.shape[-1]) if scale is None else scale)
        if is_causal:
            s = np.where(np.tri(*s.shape[-2:], dtype=bool), s, -np.inf)
        if attn_mask is not None:
            s = np.where(attn_mask, s, -np.inf) if attn_mask.dtype == bool else s + attn_mask
        e = np.exp(s - np.max(s, -1, keepdims=True, initial=-1e300))
        total = e.sum(-1, keepdims=True)
        return np.where(total > 0, e / np.where(total > 0, total, 1), 0) @ v


def test_a_query_that_sees_nothing_gets_zeros_and_gives_none_of_its_gradient() -> None:
    for mask in (tg.tensor(SOME), tg.tensor(ADDED)):
        q, k, v = (tg.randn(*s, dtype=tg.float64, requires_grad=True) for s in ((3, 2), (4, 2), (4, 2)))
        y = scaled_dot_product_attention(q, k, v, mask)
        y.sum().backward()
        assert y[1].tolist() == [0.0, 0.0] and q.grad[1].tolist() == [0.0, 0.0]
        assert all(bool(t.grad.isfinite().all()) for t in (q, k, v))


def test_dropout_drops_weights() -> None:
    tg.manual_seed(0)
    q, v = tg.zeros(1, 2), tg.eye(1000)
    y = scaled_dot_product_attention(q, tg.zeros(1000, 2), v, dropout_p=0.25)
    kept = y[y != 0]
    assert 700 < len(kept) < 800 and kept[0].item() == pytest.approx(1 / 1000 / 0.75)
    with pytest.raises(ValueError, match="dropout"):
        scaled_dot_product_attention(q, tg.zeros(3, 2), tg.eye(3), dropout_p=1.5)


def by_formula(
    q: tg.Tensor, k: tg.Tensor, v: tg.Tensor, mask: Any = None, causal: bool = False, keep: Any = None
) -> tg.Tensor:
    return Attention(0.5, causal, keep, 0.75).formula(q, k, v, mask)


def by_kernel(
    q: tg.Tensor, k: tg.Tensor, v: tg.Tensor, mask: Any = None, causal: bool = False, keep: Any = None
) -> tg.Tensor:
    return Attention(0.5, causal, keep, 0.75)(q, k, v, mask)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", ["", "bool", "float"])
@pytest.mark.parametrize("dropped", [False, True])
def test_the_kernel_is_the_formula(causal: bool, masked: str, dropped: bool) -> None:
    tg.manual_seed(1)
    q, k, v = (tg.randn(2, 3, n, 4, dtype=tg.float64, requires_grad=True) for n in (5, 6, 6))
    mask = {
        "": None,
        "bool": tg.rand(2, 3, 5, 6) < 0.5,
        "float": tg.randn(2, 3, 5, 6, dtype=tg.float64, requires_grad=True),
    }[masked]
    keep = (tg.rand(2, 3, 5, 6) < 0.75).numpy() if dropped else None
    wanted = (q, k, v) if masked != "float" else (q, k, v, mask)
    c = tg.randn(2, 3, 5, 4, dtype=tg.float64)
    results = []
    for way in (by_formula, by_kernel):
        y = way(q, k, v, mask, causal, keep)
        results.append([y.detach(), *tg.autograd.grad(y, wanted, c)])
    for a, b in zip(*results):
        assert tg.allclose(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("batch", "heads", "length", "keys"), [(2, 2, 700, 600), (5, 3, 150, 200), (300, 2, 20, 33)])
def test_in_blocks_it_is_the_same(causal: bool, batch: int, heads: int, length: int, keys: int) -> None:
    tg.manual_seed(2)
    q, k, v = (tg.randn(batch, heads, n, 3, dtype=tg.float64, requires_grad=True) for n in (length, keys, keys))
    mask = tg.rand(batch, heads, length, keys) < 0.9
    results = []
    for way in (by_formula, by_kernel):
        y = way(q, k, v, mask, causal)
        results.append([y.detach(), *tg.autograd.grad(y.square().sum(), (q, k, v))])
    for a, b in zip(*results):
        assert tg.allclose(a, b, rtol=1e-8, atol=1e-10)


def test_it_keeps_no_scores() -> None:
    q, k, v = (tg.randn(1, 1, 512, 4, requires_grad=True) for _ in range(3))
    node = scaled_dot_product_attention(q, k, v).grad_fn
    kept = [x for x in (*node.saved, *vars(node).values()) if x is not None]
    assert max(getattr(x, "size", 0) if isinstance(x, np.ndarray) else 0 for x in kept) <= 512


def test_what_attention_refuses_of_masks_and_shapes() -> None:
    q, k = tg.ones(2, 3, 2), tg.ones(2, 4, 2)
    with pytest.raises(ValueError, match=r"attn_mask is larger than the scores.\n    scores     \(2, 3, 4\)"):
        scaled_dot_product_attention(q, k, k, tg.ones(5, 2, 3, 4).bool())
    with pytest.raises(ValueError, match=r"these shapes do not broadcast.\n    query  \(2,\)\n    key    \(3,\)"):
        scaled_dot_product_attention(q, tg.ones(3, 4, 2), tg.ones(3, 4, 2))
    with pytest.raises(TypeError, match="attn_mask must be bool, or of query's dtype"):
        scaled_dot_product_attention(q, k, k, tg.ones(3, 4).double())


def test_half_precision() -> None:
    tg.manual_seed(3)
    q, k, v = (tg.randn(2, 8, 4) for _ in range(3))
    y = scaled_dot_product_attention(q.half(), k.half(), v.half())
    assert y.dtype is tg.float16 and tg.allclose(y.float(), scaled_dot_product_attention(q, k, v), atol=1e-2)


TESTED = [multi_head_attention_forward]  # by MultiheadAttention in tests/nn as well


def multi_head(*shape: int, **options: Any) -> tuple[Any, Any]:
    """Of one random tensor, with random weights."""
    rng = np.random.default_rng(0)
    e = shape[-1]

    def make(*size: int) -> tg.Tensor:
        return tg.tensor(rng.standard_normal(size))

    x, w, b, out, end = make(*shape), make(3 * e, e), make(3 * e), make(e, e), make(e)
    return multi_head_attention_forward(x, x, x, e, 2, w, b, None, None, False, 0.0, out, end, **options)


class TestMultiHeadAttentionForward:
    def test_is_the_module_with_its_last_map(self) -> None:
        net = tg.nn.MultiheadAttention(4, 2).double()
        x = tg.randn(3, 2, 4, dtype=tg.float64)
        given = (net.in_proj_weight, net.in_proj_bias, None, None, False, 0.0)
        both = multi_head_attention_forward(x, x, x, 4, 2, *given, net.out_proj.weight, net.out_proj.bias)
        for a, b in zip(both, net(x, x, x)):
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12)
        bare, _ = multi_head_attention_forward(x, x, x, 4, 2, *given, None, None)
        np.testing.assert_allclose(net.out_proj(bare).detach().numpy(), both[0].detach().numpy(), rtol=1e-12)

    def test_given_keys_and_values(self) -> None:
        out, weights = multi_head(1, 1, 4, static_k=tg.zeros(2, 3, 2).double(), static_v=tg.ones(2, 3, 2).double())
        assert out.shape == (1, 1, 4) and weights.tolist() == [[[pytest.approx(1 / 3)] * 3]]

    def test_without_a_batch(self) -> None:
        out, weights = multi_head(3, 4, average_attn_weights=False)
        again, _ = multi_head(3, 1, 4, need_weights=False)
        assert weights.shape == (2, 3, 3)
        np.testing.assert_allclose(out.numpy(), again.numpy()[:, 0], rtol=1e-12)

    def test_errors(self) -> None:
        x, w = tg.ones(3, 4), tg.ones(12, 4)
        with pytest.raises(ValueError, match=r"query \(3, 4\) must be \(L, N, E\) or \(L, E\) with E = 6"):
            multi_head_attention_forward(x, x, x, 6, 2, w, None, None, None, False, 0.0, None, None)
        with pytest.raises(ValueError, match="must divide into 3 heads"):
            multi_head_attention_forward(x, x, x, 4, 3, w, None, None, None, False, 0.0, None, None)
        with pytest.raises(ValueError, match="is_causal only says that attn_mask is causal; pass the mask too"):
            multi_head(3, 4, is_causal=True)


def test_large_scores_count_by_their_differences() -> None:
    """float32: the gradients at scores of 1e6 are those at scores of their differences."""
    rng = np.random.default_rng(0)
    v, up = rng.standard_normal((1, 1, 3, 2)), rng.standard_normal((1, 1, 2, 2))
    found = []
    for large in (0.0, 2.0**20):
        q = tg.tensor([[[[1.0, 1.0], [1.0, 0.5]]]], requires_grad=True)
        k = tg.tensor([[[[large, 0.0], [large, 0.5], [large, 1.0]]]], requires_grad=True)
        values = tg.tensor(v, dtype=tg.float32, requires_grad=True)
        y = scaled_dot_product_attention(q, k, values, scale=1.0)
        found.append([y.detach(), *tg.autograd.grad(y, [values, k], tg.tensor(up, dtype=tg.float32))])
    for a, b in zip(*found):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=1e-4, atol=1e-5)
