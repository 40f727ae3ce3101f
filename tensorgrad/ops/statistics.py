"""Variance and deviation, covariance and correlation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import elements_along
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .keywords import numpy_words
from .promote import as_operand, floating, needs_floating, number
from .reduce import Axes, Mean, keep_axes, reduced_axes
from .shape import Reshape, Unsqueeze, squeeze

# ---- variance and deviation ------------------------------------------------------------------------------------------


class Var(Function):
    """Σ(x − x̄)² / (n − correction) over some axes."""

    def __init__(self, axes: Axes, keepdim: bool, correction: float) -> None:
        self.axes, self.keepdim, self.correction = axes, bool(keepdim), correction

    def forward(self, x: Any) -> Any:
        return on(x).var(x, self.axes, self.keepdim, self.correction)

    def backward(self, grad: Tensor, x: Tensor) -> Tensor:
        return _var_backward(grad, x, self.axes, self.keepdim, self.correction)


@numpy_words
def var(
    input: TensorLike, dim: int | Sequence[int] | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """Σ(x − x̄)² / (n − correction) over `dim` (an int, several, or all).

    `correction` is 1 (Bessel's: the estimate from a sample) unless given; `unbiased=False` is `correction=0`.  nan or
    inf where n − correction ≤ 0.
    """
    x = needs_floating("var", input)
    dim, c = _dim_and_correction("var", dim, unbiased, correction)
    return Var(reduced_axes("var", dim, x), keepdim, c)(x)


class Std(Function):
    """√(Σ(x − x̄)² / (n − correction)) over some axes; where that is 0, so is the gradient."""

    def __init__(self, axes: Axes, keepdim: bool, correction: float) -> None:
        self.axes, self.keepdim, self.correction = axes, bool(keepdim), correction

    def forward(self, x: Any) -> Any:
        return on(x).std(x, self.axes, self.keepdim, self.correction)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Tensor:
        half = (grad / (out * 2)).masked_fill(Tensor._of(on(x.array).asarray(out.array == 0)), 0)
        return _var_backward(half, x, self.axes, self.keepdim, self.correction)


@numpy_words
def std(
    input: TensorLike, dim: int | Sequence[int] | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """The square root of `var`.  Where it is 0 its gradient is 0."""
    x = needs_floating("std", input)
    dim, c = _dim_and_correction("std", dim, unbiased, correction)
    return Std(reduced_axes("std", dim, x), keepdim, c)(x)


def _var_backward(grad: Tensor, x: Tensor, axes: Axes, keepdim: bool, correction: float) -> Tensor:
    """2/(n − correction) · grad · (x − x̄)."""
    freedom = elements_along(x.array.shape, axes) - correction
    factor = 2 / freedom if freedom > 0 else float("inf")
    return keep_axes(grad, x.array.shape, axes, keepdim) * factor * (x - Mean(axes, True)(x))


def _dim_and_correction(op: str, dim: Any, unbiased: Any, correction: Any) -> tuple[Any, float]:
    """(dim, correction) from either of PyTorch's signatures: `var(x, unbiased)`, `var(x, dim, unbiased, keepdim)`, or
    `var(x, dim, *, correction, keepdim)`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError(f"{op}: unbiased and correction say the same; pass one of them.")
        if not isinstance(unbiased, (bool, int)):
            raise TypeError(f"{op}: unbiased must be True or False, got {type(unbiased).__name__}.")
        correction = int(unbiased)
    return dim, 1 if correction is None else number(op, "correction", correction)


@numpy_words
def var_mean(
    input: TensorLike, dim: int | Sequence[int] | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """(var, mean) over `dim`; the arguments are those of `var`."""
    x = needs_floating("var_mean", input)
    dim, c = _dim_and_correction("var_mean", dim, unbiased, correction)
    a = reduced_axes("var_mean", dim, x)
    return Var(a, keepdim, c)(x), Mean(a, keepdim)(x)


@numpy_words
def std_mean(
    input: TensorLike, dim: int | Sequence[int] | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """(std, mean) over `dim`; the arguments are those of `var`."""
    x = needs_floating("std_mean", input)
    dim, c = _dim_and_correction("std_mean", dim, unbiased, correction)
    a = reduced_axes("std_mean", dim, x)
    return Std(a, keepdim, c)(x), Mean(a, keepdim)(x)


# ---- covariance and correlation --------------------------------------------------------------------------------------


@in_own_name
def cov(
    input: TensorLike, *, correction: float = 1, fweights: TensorLike | None = None, aweights: TensorLike | None = None
) -> Tensor:
    """The covariances of variables (rows) over observations (columns): Σ w(x − x̄)(x − x̄)ᵀ / normaliser.

    Shapes: (variables, observations) → (variables, variables); (observations,) → ().  `fweights`: how often each
    observation came (integers); `aweights`: how much it counts.
    """
    x = floating("cov", input)
    if x.array.ndim > 2:
        raise ValueError(f"cov: needs at most two dimensions, (variables, observations), got {tuple(x.array.shape)}.")
    x = Reshape((1, x.array.size))(x) if x.array.ndim < 2 else x
    n, correction = x.array.shape[1], number("cov", "correction", correction)
    given = [_weights(w, what, n) for what, w in (("fweights", fweights), ("aweights", aweights)) if w is not None]
    if not given:
        d, freedom = x - Mean((1,), True)(x), n - correction
        scaled = d
    else:
        w = given[0] if len(given) == 1 else given[0] * given[1]
        total = w.sum()
        d = x - (x * w).sum(1, True) / total
        scaled = d * w
        freedom = total - (correction if aweights is None else (w * given[-1]).sum() / total * correction)
    return squeeze((scaled @ d.mT) / (freedom if freedom > 0 else 0.0))


def _weights(w: Any, what: str, n: int) -> Tensor:
    w = as_operand("cov", w, what)
    if w.array.shape != (n,):
        raise ValueError(f"cov: {what} must have shape ({n},), one per observation, got {tuple(w.array.shape)}.")
    if (w.array.dtype.kind in "iu") != (what == "fweights"):
        kind = "integers" if what == "fweights" else "a floating dtype"
        raise TypeError(f"cov: {what} must be {kind}, got {w.dtype}.")
    if n and not w.array.min() >= 0:
        raise ValueError(f"cov: {what} must be 0 or more, the least is {w.array.min()}.")
    return w


@in_own_name
def corrcoef(input: TensorLike) -> Tensor:
    """Pearson's correlation of variables (rows) over observations (columns), in [−1, 1].

    Shapes: (variables, observations) → (variables, variables); (observations,) → ().
    """
    c = cov(input)
    if not c.array.ndim:
        return c / c
    deviation = c.diagonal().sqrt()
    n = deviation.array.size
    return (c / Unsqueeze((n, 1))(deviation) / Unsqueeze((1, n))(deviation)).clamp(-1, 1)


__all__ = ["corrcoef", "cov", "std", "std_mean", "var", "var_mean"]
