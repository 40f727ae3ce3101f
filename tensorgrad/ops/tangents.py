"""Which operations are linear or have a symmetric Jacobian, for forward mode (`autograd/dual.py`)."""

from __future__ import annotations

from typing import Any

from ..autograd import dual, regions
from ..autograd.batched import rules
from ..kernels.shapes import Shape
from ..tensor import Tensor
from . import (
    arithmetic,
    batching,
    choose,
    conv,
    determinant,
    diagonal,
    dropout,
    einsum,
    embedding,
    expand,
    index,
    index_along,
    join,
    linear,
    linear_map,
    products,
    promote,
    reduce,
    scan,
    scatter,
    shape,
    slice,
    softmax,
)

dual.linear |= {
    arithmetic.DivBy, arithmetic.Neg, arithmetic.Scale, choose.Masked, diagonal.BlockDiag, diagonal.Diagonal,
    diagonal.EmbedDiagonal, diagonal.Tril, diagonal.Triu, dropout.Dropout, expand.Expand, index.Index, index.PutAt,
    index_along.IndexSelect, index_along.IndexSum, join.Cat, join.Split, join.Stack, join.Unbind, linear_map.LinearMap,
    promote.To, reduce.Mean, reduce.Sum, reduce.SumAll, regions.Alias, regions.AsStrided, regions.AsStridedBackward,
    regions.ClearRegion, scan.Cumsum, scatter.Gather, scatter.ScatterSum, shape.Clone, shape.Permute, shape.Reshape,
    shape.Transpose, slice.Flip, slice.Roll, slice.Slice, slice.SliceBackward, slice.Unfold, slice.UnfoldBackward,
}  # fmt: skip
dual.multilinear |= {
    conv.Conv, conv.ConvTranspose, conv.ConvWeight, einsum.Contract, embedding.AddRows, embedding.Embedding,
    products.Cross, products.Dot,
    products.Matmul, products.Mv,
}  # fmt: skip
dual.symmetric |= {determinant.Cofactor, softmax.Softmax}
dual.symmetric |= {
    kind
    for kind, rule in rules.items()
    if rule in (batching.elementwise_rule, batching.masked_fill, batching.of_equal_shapes, batching.prelu)
}


def _widened(t: Tensor, shape: Shape) -> Tensor:
    return t if t.array.shape == shape else t.expand(shape)


def _of_sum(xs: Any, ts: Any, shape: Shape) -> Tensor:
    """ẋ + ż."""
    t, u = ts
    return _widened(u if t is None else t, shape) if t is None or u is None else t + u


def _of_difference(xs: Any, ts: Any, shape: Shape) -> Tensor:
    """ẋ − ż."""
    t, u = ts
    return _widened(-u if t is None else t, shape) if t is None or u is None else t - u


def _of_product(xs: Any, ts: Any, shape: Shape) -> Tensor:
    """ẋ·z + x·ż."""
    (x, z), (t, u) = xs, ts
    return t * z + x * u if t is not None is not u else x * u if t is None else t * z


def _of_linear(xs: Any, ts: Any, shape: Shape) -> Tensor:
    """ẋ·wᵀ + x·ẇᵀ + ḃ."""
    (x, w, _), (t, u, b) = xs, ts
    terms = [] if t is None else [products.product(False, True)(t, w)]
    terms += [] if u is None else [products.product(False, True)(x, u)]
    terms += [] if b is None else [_widened(b, shape)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


dual.rules |= {
    linear.Linear: _of_linear,
    arithmetic.Add: _of_sum,
    arithmetic.Sub: _of_difference,
    arithmetic.Mul: _of_product,
}

__all__: list[str] = []
