"""Older names and conventions that `tensorgrad` has at the top level, as `tensorgrad.svd` or `tensorgrad.dropout` …; new
code uses `tensorgrad.linalg` and `nn.functional`."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from .. import dtypes
from ..autograd.frames import warn
from ..kernels.shapes import integer
from ..ops import dropout as _dropout
from ..ops import embedding as _embedding
from ..ops import factorize, linear, powers, ranges, solve, spectral
from ..ops.conv import conv1d
from ..ops.create import DeviceLike
from ..ops.keywords import also
from ..ops.matrices import squares
from ..ops.products import mm
from ..ops.promote import as_operand, number
from ..ops.solve import inv as inverse
from ..ops.vision import pad as _pad
from ..printing import Result
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike


class svd_result(Result):
    U: Tensor
    S: Tensor
    V: Tensor


@in_own_name
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> svd_result:
    """input = U·diag(S)·Vᵀ, with V where `linalg.svd` has Vᵀ; reduced unless `some` is False.

    With compute_uv=False U and V are zeros, as in PyTorch.
    """
    if not compute_uv:
        s = spectral.svdvals(input)
        m, n = input.shape[-2:]
        zero = s.detach().sum() * 0
        return svd_result(zero.expand(*s.shape[:-1], m, m).clone(), s, zero.expand(*s.shape[:-1], n, n).clone())
    u, s, vh = spectral.svd(input, full_matrices=not some)
    return svd_result(u, s, vh.mT)


@in_own_name
def qr(input: TensorLike, some: bool = True) -> factorize.linalg_qr_result:
    """`linalg.qr`: reduced, or complete if `some` is False."""
    return factorize.qr(input, "reduced" if some else "complete")


@in_own_name
def cholesky(input: TensorLike, upper: bool = False) -> Tensor:
    """`linalg.cholesky`."""
    return factorize.cholesky(input, upper=upper)


@also(input="b")
@in_own_name
def lu_solve(b: TensorLike, LU_data: TensorLike, LU_pivots: TensorLike) -> Tensor:
    """`linalg.lu_solve(LU_data, LU_pivots, b)`."""
    return factorize.lu_solve(LU_data, LU_pivots, b)


@in_own_name
def pinverse(input: TensorLike, rcond: float = 1e-15) -> Tensor:
    """`linalg.pinv(input, rtol=rcond)`."""
    return spectral.pinv(input, rtol=rcond)


@in_own_name
def lu(A: TensorLike, pivot: bool = True, get_infos: bool = False) -> tuple[Tensor, ...]:
    """`linalg.lu_factor`: (LU, pivots); with `get_infos` also `info`, and no error for singular matrices."""
    return factorize.lu_factor_ex(A, pivot=pivot) if get_infos else factorize.lu_factor(A, pivot=pivot)


class triangular_solve_result(Result):
    solution: Tensor
    cloned_coefficient: Tensor


@also(input="b")
@in_own_name
def triangular_solve(
    b: TensorLike, A: TensorLike, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> triangular_solve_result:
    """(X, a copy of A) with A·X = b, or Aᵀ·X = b: `linalg.solve_triangular`."""
    a = squares("triangular_solve", A)
    factor, up = (a.mT, not upper) if transpose else (a, upper)
    x = solve.solve_triangular(factor, b, upper=up, unitriangular=unitriangular)
    return triangular_solve_result(x, a.expand(*x.shape[:-2], *a.shape[-2:]).clone())


@in_own_name
def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers N − 1, …, 1, 0 of every number of a vector, or 0, 1, … if `increasing`.  Shape: (n,) → (n, N)."""
    t = as_operand("vander", x, "x")
    if t.array.ndim != 1:
        raise ValueError(f"vander: x must be a vector, got shape {tuple(t.array.shape)}. linalg.vander takes stacks.")
    N = None if N is None else integer("vander", "N", N)
    rising = powers.vander(t, N=N) if N != 0 else t.unsqueeze(1)[:, :0]
    return rising if increasing else rising.flip(1)


def range(
    start: float = 0, end: float | None = None, step: float = 1, *, dtype: dtypes.dtype | None = None,
    layout: Any = None, device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """start, start + step, … up to and with end, in the default dtype.  Use `arange`, as the field does."""
    warn("range includes its end, unlike Python's; use arange.")
    if end is None:
        start, end = 0, start
    start, end, step = [number("range", w, v) for w, v in (("start", start), ("end", end), ("step", step))]
    if not all(map(isfinite, (start, end, step))):
        raise ValueError(f"range: start, end and step must be finite, got {start}, {end}, {step}.")
    d = dtypes.as_dtype(dtype or dtypes.get_default_dtype())
    n = int((end - start) / step) if step else 0
    if step == 0 or n < 0:
        raise ValueError(f"range: a step of {step} does not lead from {start} to {end}.")
    return ranges.arange(start, start + (n + 0.5) * step, step, dtype=d, device=device, requires_grad=requires_grad)


def dropout(input: TensorLike, p: float, train: bool) -> Tensor:
    """`nn.functional.dropout`."""
    return _dropout.dropout(input, p, train)


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """`nn.functional.dropout`, in place."""
    return _dropout.dropout(input, p, train, True)


def alpha_dropout(input: TensorLike, p: float, train: bool) -> Tensor:
    """`nn.functional.alpha_dropout`."""
    return _dropout.alpha_dropout(input, p, train)


def feature_alpha_dropout(input: TensorLike, p: float, train: bool) -> Tensor:
    """`nn.functional.feature_alpha_dropout`."""
    return _dropout.feature_alpha_dropout(input, p, train)


def feature_dropout(input: TensorLike, p: float, train: bool) -> Tensor:
    """`nn.functional.dropout2d`: whole channels of (N, C, …)."""
    return _dropout.dropout2d(input, p, train)


def embedding(
    weight: TensorLike, input: TensorLike, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Tensor:
    """`nn.functional.embedding`, the table first; padding_idx −1 is none."""
    idx = None if integer("embedding", "padding_idx", padding_idx) == -1 else padding_idx
    return _embedding.embedding(input, weight, idx, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def bilinear(input1: TensorLike, input2: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """`nn.functional.bilinear`."""
    return linear.bilinear(input1, input2, weight, bias)


@in_own_name
def spmm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """`mm`: of sparse matrices there are none, and small graph networks call it with dense ones."""
    return mm(input, mat2)


@in_own_name
def constant_pad_nd(input: TensorLike, pad: Sequence[int], value: float = 0) -> Tensor:
    """`nn.functional.pad` with mode 'constant'."""
    return _pad(input, pad, "constant", value)


@in_own_name
def conv_tbc(input: TensorLike, weight: TensorLike, bias: TensorLike, pad: int = 0) -> Tensor:
    """`conv1d` with the axes in another order: input (T, B, C), weight (width, C, K), bias (K,) → (T′, B, K)."""
    x, w = as_operand("conv_tbc", input), as_operand("conv_tbc", weight, "weight")
    if x.array.ndim != 3 or w.array.ndim != 3 or x.array.shape[2] != w.array.shape[1]:
        raise ValueError(
            "conv_tbc: input must be (T, B, C) and weight (width, C, K).\n"
            f"    input   {tuple(x.array.shape)}\n    weight  {tuple(w.array.shape)}"
        )
    return conv1d(x.permute(1, 2, 0), w.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)


__all__ = [
    "alpha_dropout", "bilinear", "cholesky", "constant_pad_nd", "conv_tbc", "dropout", "dropout_", "embedding",
    "feature_alpha_dropout", "feature_dropout", "inverse", "lu", "lu_solve", "pinverse", "qr", "range", "spmm", "svd",
    "triangular_solve", "vander",
]  # fmt: skip
