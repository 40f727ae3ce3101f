"""Linear and bilinear layers: a product with a matrix of weights, and a bias."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .einsum import einsum
from .keywords import renamed
from .products import Matmul, Mv, as_rows, matmul, product, product_operands
from .promote import as_operand, mixed_dtypes, same_dtype


class Linear(Function):
    """y = x·wᵀ + bias."""

    serves = {"x": "w", "w": "x"}

    def forward(self, x: Any, w: Any, bias: Any) -> Any:
        return on(x).linear(x, w, bias)

    def backward(self, grad: Tensor, x: Any, w: Any) -> Any:
        gx = None if w is None else Matmul()(grad, w)
        grad = grad if grad.array.ndim == 2 else as_rows(grad)
        gw = None if x is None else product(True, False)(grad, x if x.array.ndim == 2 else as_rows(x))
        return gx, gw, grad.sum(0) if self.needs[2] else None


def linear(input: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """y = x·Wᵀ + b.

    Shape: input (…, in), weight (out, in) or (in,), bias (out,) or () → (…, out), or (…) for a weight of one axis.
    """
    if not isinstance(input, Tensor):
        as_operand("linear", input)
        same_dtype("linear", "weight", input=input, weight=as_operand("linear", weight, "weight"))
    x, w = product_operands("linear", input, weight, ("input", "weight"))
    if bias is None:
        if w.array.ndim == 1:
            try:
                return matmul(x, w)
            except ValueError as error:
                raise renamed("linear", error) from None
        try:
            return product(False, True)(x, w) if x.array.ndim > 1 else Mv()(w, x)
        except ValueError:
            raise ValueError(_linear_mismatch(x.array.shape, w.array.shape)) from None
    b = bias if isinstance(bias, Tensor) else as_operand("linear", bias, "bias")
    a, c, d = x.array.shape, w.array.shape, b.array.shape
    if len(c) != 2 or not a or a[-1] != c[1] or d != c[:1] and d not in ((1,), ()):
        raise ValueError(_linear_mismatch(a, c, d))
    if b.array.dtype != x.array.dtype:
        raise mixed_dtypes("linear", "weight", input=x, weight=w, bias=b)
    if d != c[:1]:
        b = b.expand(c[0])
    return Linear()(x, w, b) if len(a) > 1 else Linear()(x.unsqueeze(0), w, b).squeeze(0)


def _linear_mismatch(x: Shape, w: Shape, b: Shape | None = None) -> str:
    what, cure = "the shapes do not fit", "x·Wᵀ + b needs (…, in), (out, in) and (out,)."
    if x and len(w) == 2 and x[-1] != w[1]:
        what = f"input has {x[-1]} features, weight expects {w[1]}"
        cure = f"Build the weight as (out, {x[-1]}), or give input {w[1]} features."
    shapes = {"input  (…, in)  ": x, "weight (out, in)": w}
    if b is not None:
        shapes["bias   (out,)   "] = b
    return mismatch("linear", what, cure, **shapes)


@in_own_name
def bilinear(input1: TensorLike, input2: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """yₒ = x₁ᵀ·Wₒ·x₂ + bₒ.  Shape: (…, m), (…, n), weight (out, m, n), bias (out,) → (…, out)."""
    x, z = product_operands("bilinear", input1, input2, ("input1", "input2"))
    w = as_operand("bilinear", weight, "weight")
    a, b, c = x.array.shape, z.array.shape, w.array.shape
    if len(c) != 3 or not a or not b or a[:-1] != b[:-1] or (a[-1], b[-1]) != c[1:]:
        cure = "Needs (…, m), (…, n) with equal leading axes, and weight (out, m, n)."
        raise ValueError(mismatch("bilinear", "the shapes do not fit", cure, input1=a, input2=b, weight=c))
    bias = None if bias is None else as_operand("bilinear", bias, "bias")
    if bias is not None and bias.array.shape != (c[0],):
        raise ValueError(mismatch("bilinear", "bias has one number per output", weight=c, bias=bias.array.shape))
    same_dtype("bilinear", "weight", input1=x, input2=z, weight=w, **({} if bias is None else {"bias": bias}))
    x, z = as_rows(x), as_rows(z)
    y = einsum("bm,omn,bn->bo", x, w, z).reshape(*a[:-1], c[0])
    return y if bias is None else y + bias


__all__: list[str] = []
