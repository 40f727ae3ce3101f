"""Operations on one element as operations on a batch, family by family: the rules of `vmap`.

A rule gets the operation and its operands, some of them with the batch as their first axis, and gives the results with the
batch as theirs, by the same operation, adjusted, or by others. What has no rule here is run for one element after the other.
Convolutions, pooling and layers: `batching_layers.py`; picking and writing elements: `batching_index.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import regions
from ..autograd.batched import Ask, Rule, loop, rules
from ..autograd.custom import Once
from ..autograd.function import Function
from ..kernels.layered import Layered
from ..tensor import Tensor
from . import (
    activation,
    arithmetic,
    bessel,
    choose,
    determinant,
    diagonal,
    distance,
    dropout,
    einsum,
    elementwise,
    expand,
    extremes,
    factorize,
    gamma,
    gated,
    join,
    linalg_norm,
    linear,
    loss,
    mask,
    pointwise,
    powers,
    products,
    promote,
    reduce,
    sampling,
    scan,
    shape,
    slice,
    softmax,
    solve,
    special,
    spectral,
    statistics,
    trigonometry,
)


def rule(*kinds: type[Function]) -> Callable[[Rule], Rule]:
    """Decorates the rule of some Functions, which those derived from them have as well."""

    def note(found: Rule) -> Rule:
        for kind in kinds:
            rules[kind] = found
        return found

    return note


# ---- elementwise ----------------------------------------------------------------------------------------------------


@rule(
    pointwise.Unary, activation.Elu, activation.Hardshrink, activation.Hardsigmoid, activation.Hardtanh,
    activation.LeakyRelu, activation.Relu, activation.Slopes, activation.Softplus, activation.Threshold, arithmetic.Add,
    arithmetic.Addcdiv, arithmetic.Addcmul, arithmetic.Div, arithmetic.DivBy, arithmetic.Fmod, arithmetic.Lerp,
    arithmetic.Mul, arithmetic.Neg, arithmetic.Pow, arithmetic.Remainder, arithmetic.Rounded, arithmetic.Scale,
    arithmetic.Sub, bessel.Bessel, choose.Clamp, choose.ClampBetween, choose.Copysign, choose.Extreme, choose.Heaviside,
    choose.Masked, choose.NumberExtreme, choose.Where, dropout.Dropout, elementwise.Frexp, elementwise.Ldexp,
    elementwise.Logaddexp, elementwise.Logaddexp2, elementwise.Nextafter, gamma.Gammainc, gamma.Polygamma, gamma.Zeta,
    gated.Hardswish, loss.Huber, promote.To, regions.Alias, shape.Clone,
    special.Xlog1py, special.Xlogy, trigonometry.Atan2, trigonometry.Hypot,
)  # fmt: skip
def elementwise_rule(ask: Ask, *xs: Any) -> Any:
    """Operands, and arrays among the attributes, which broadcast: those with a batch get as many axes as the widest."""
    most = max([ask.ndim(i, x) for i, x in enumerate(xs) if isinstance(x, Tensor)])
    arrays = [(k, v) for k, v in vars(ask.op).items() if isinstance(v, (np.ndarray, Layered))]
    for name, value in arrays:
        most = max(most, value.ndim - bool(ask.held.get(name)))
    for name, value in arrays:
        if ask.held.get(name) and value.ndim <= most:
            n, *rest = value.shape
            setattr(ask.op, name, value.reshape(n, *[1] * (most + 1 - value.ndim), *rest))
    first = ask.aligned(0, xs[0], most) if ask.op.broadcasts else ask.full(0, xs[0], most)
    return ask.op(first, *[ask.aligned(i, x, most) for i, x in enumerate(xs) if i])


@rule(Once)
def as_it_is(ask: Ask, *xs: Any) -> Any:
    return ask.op(*[ask.full(i, x) for i, x in enumerate(xs)])


@rule(sampling.Draw)
def draw(ask: Ask, *xs: Tensor) -> Any:
    """For each element by itself: from its own numbers, or all from the same ones."""
    rng = getattr(ask.op.rng, "rng", ask.op.rng)
    ask.op.rng = Again(rng) if ask.level.randomness == "same" else rng
    return loop(ask, *xs)


class Again:
    """A stream that gives the same numbers each time it is asked."""

    def __init__(self, rng: Any) -> None:
        self._rng, self._start = rng, rng.bit_generator.state

    def __getattr__(self, name: str) -> Any:
        self._rng.bit_generator.state = self._start
        return getattr(self._rng, name)


@rule(mask.MaskedFill)
def masked_fill(ask: Ask, x: Tensor, value: Any) -> Tensor:
    if not ask.batched[1]:
        return elementwise_rule(ask, x, value)
    most, where = ask.ndim(0, x), ask.op.mask
    if ask.held.get("mask"):
        n, *rest = where.shape
        where = where.reshape(n, *[1] * (most - len(rest)), *rest)
    return choose.Where(where)(ask.full(1, value, most), ask.full(0, x))  # a value for each element is not one number


@rule(activation.Prelu)
def prelu(ask: Ask, x: Tensor, weight: Tensor) -> Tensor:
    return ask.op(ask.full(0, x, ask.ndim(1, weight)), ask.aligned(1, weight, ask.ndim(0, x)))


@rule(loss.BinaryCrossEntropy, loss.BinaryCrossEntropyWithLogits)
def of_equal_shapes(ask: Ask, x: Tensor, z: Tensor) -> Tensor:
    return ask.op(ask.full(0, x), ask.full(1, z))


@rule(loss.MseLoss)
def mse_loss(ask: Ask, x: Tensor, z: Tensor) -> Tensor:
    reduction, ask.op.reduction = ask.op.reduction, "none"
    losses = elementwise_rule(ask, x, z)
    if reduction == "none":
        return losses
    rows = losses.reshape(ask.n, -1)
    return rows.sum(1) if reduction == "sum" else rows.mean(1)


# ---- shapes ---------------------------------------------------------------------------------------------------------


def shifted(d: int, ndim: int) -> int:
    """The place of an axis of one element among those of the batch."""
    if not -ndim <= d < ndim:
        raise IndexError(f"dim {d} of {ndim}")
    return d % ndim + 1


@rule(shape.Reshape)
def reshape(ask: Ask, x: Tensor) -> Tensor:
    to = ask.op.to
    ask.op.to = (ask.n, *to) if not isinstance(to, int) else (ask.n, to)
    return ask.op(x)


@rule(shape.Permute)
def permute(ask: Ask, x: Tensor) -> Tensor:
    n = ask.ndim(0, x)
    if len(ask.op.order) != n:
        raise ValueError(f"{len(ask.op.order)} axes for {n}")
    ask.op.order = (0, *[shifted(d, n) for d in ask.op.order])
    return ask.op(x)


@rule(shape.Transpose)
def transpose(ask: Ask, x: Tensor) -> Tensor:
    n = ask.ndim(0, x)
    ask.op.a, ask.op.b = shifted(ask.op.a, n), shifted(ask.op.b, n)
    return ask.op(x)


@rule(expand.Expand)
def expand_(ask: Ask, x: Tensor) -> Tensor:
    to = ask.op.to
    if ask.ndim(0, x) > len(to):
        raise ValueError("too few axes")
    ask.op.to = (ask.n, *to)
    return ask.op(ask.full(0, x, len(to)))


@rule(slice.Slice)
def slice_(ask: Ask, x: Tensor) -> Tensor:
    ask.op.key = (np.s_[:], *ask.op.key)
    return ask.op(x)


@rule(slice.SliceBackward)
def slice_backward(ask: Ask, x: Tensor) -> Tensor:
    ask.op.key, ask.op.to = (np.s_[:], *ask.op.key), (ask.n, *ask.op.to)
    return ask.op(x)


@rule(slice.Unfold, slice.UnfoldBackward)
def unfold(ask: Ask, x: Tensor) -> Tensor:
    if type(ask.op) is slice.Unfold and not ask.ndim(0, x):
        return None  # type: ignore[return-value]  # a number has no axis to take windows of: one after the other
    ask.op.dim += 1
    if type(ask.op) is slice.UnfoldBackward:
        if not ask.op.to:
            return None  # type: ignore[return-value]
        ask.op.to = (ask.n, *ask.op.to)
    return ask.op(x)


@rule(slice.Flip)
def flip(ask: Ask, x: Tensor) -> Tensor:
    n = ask.ndim(0, x)
    ask.op.axes = tuple([shifted(d, n) for d in ask.op.axes]) if n else ()
    return ask.op(x)


@rule(slice.Roll)
def roll(ask: Ask, x: Tensor) -> Tensor:
    n = ask.ndim(0, x)
    ask.op.axes = tuple([shifted(d, n) for d in ask.op.axes])
    return ask.op(x)


@rule(diagonal.Diagonal, diagonal.EmbedDiagonal)
def diagonal_(ask: Ask, x: Tensor) -> Tensor:
    offset, a, b = ask.op.place
    n = len(ask.op.to) if isinstance(ask.op, diagonal.EmbedDiagonal) else ask.ndim(0, x)
    ask.op.place = offset, shifted(a, n), shifted(b, n)
    if isinstance(ask.op, diagonal.EmbedDiagonal):
        ask.op.to = (ask.n, *ask.op.to)
    return ask.op(x)


@rule(join.Cat)
def cat(ask: Ask, *xs: Any) -> Tensor:
    n = max([ask.ndim(i, x) for i, x in enumerate(xs)])
    ask.op.dim = shifted(ask.op.dim, n)
    return ask.op(*[ask.full(i, x) for i, x in enumerate(xs)])


@rule(join.Stack)
def stack(ask: Ask, *xs: Any) -> Tensor:
    ask.op.dim = shifted(ask.op.dim, ask.ndim(0, xs[0]) + 1)
    return ask.op(*[ask.full(i, x) for i, x in enumerate(xs)])


@rule(join.Split)
def split(ask: Ask, x: Tensor) -> Any:
    ask.op.dim += 1
    ask.op.keys = [(np.s_[:], *key) for key in ask.op.keys]
    return ask.op(x)


@rule(join.Unbind)
def unbind(ask: Ask, x: Tensor) -> Any:
    ask.op.dim = shifted(ask.op.dim, ask.ndim(0, x))
    return ask.op(x)


@rule(regions.AsStrided)
def as_strided(ask: Ask, x: Tensor) -> Any:
    """The geometry on one element, and the batch's own step."""
    full, (before, steps) = x.array, ask.op.before
    here = regions.steps_of(full)
    if full.shape[1:] != before or here[1:] != steps:
        return None
    ask.op.before = full.shape, here
    ask.op.to, ask.op.strides = (ask.n, *ask.op.to), (here[0], *ask.op.strides)
    return ask.op(x)


@rule(regions.ReplaceRegion)
def replace_region(ask: Ask, root: Tensor, value: Any) -> Any:
    return root if ask.batched[0] else None  # memory has the region already


# ---- reductions and what goes along an axis ----------------------------------------------------------------------------


@rule(
    reduce.Sum, reduce.Mean, reduce.Nansum, reduce.Logsumexp, extremes.Amax, linalg_norm.VectorNorm, statistics.Var,
    statistics.Std,
)  # fmt: skip
def reduction(ask: Ask, x: Tensor) -> Tensor:
    n, axes = ask.ndim(0, x), ask.op.axes
    if n:
        ask.op.axes = tuple(range(1, n + 1)) if axes is None else tuple([shifted(d, n) for d in axes])
        y = ask.op(x)
    else:  # a number: along an axis of size 1, however the axes are named
        ask.op.axes, ask.op.keepdim = (1,), False
        y = ask.op(x.reshape(ask.n, 1))
    if isinstance(ask.op, reduce.Nansum):
        ask.node.numbers = ask.layered(ask.op.numbers.reshape(x.array.shape))
    return y


@rule(reduce.SumAll)
def sum_all(ask: Ask, x: Tensor) -> Tensor:
    return reduce.Sum(tuple(range(1, x.array.ndim)), False)(x)


@rule(reduce.Prod)
def prod(ask: Ask, x: Tensor) -> Tensor:
    n = ask.ndim(0, x)
    if n and ask.op.dim is not None:
        ask.op.dim = shifted(ask.op.dim, n)
        return ask.op(x)
    keep, ask.op.dim, ask.op.keepdim = ask.op.keepdim, 1, False
    y = ask.op(x.reshape(ask.n, -1))
    return y.reshape(ask.n, *[1] * n) if keep else y


@rule(
    softmax.Softmax, softmax.LogSoftmax, scan.Cumsum, scan.Cumprod, scan.Logcumsumexp, scan.Recur, extremes.WithIndex,
)  # fmt: skip
def along_an_axis(ask: Ask, *xs: Any) -> Any:
    n, op = max([ask.ndim(i, x) for i, x in enumerate(xs)]), ask.op
    name = "axis" if hasattr(op, "axis") else "dim"
    number = getattr(op, name)
    if number is None:
        return None
    if not n:
        if isinstance(op, extremes.WithIndex):
            return None
        setattr(op, name, 1)
        return op(*[ask.full(i, x).reshape(ask.n, 1) for i, x in enumerate(xs)]).reshape(ask.n)
    setattr(op, name, shifted(number, n))
    return op(*[ask.full(i, x) for i, x in enumerate(xs)])


# ---- products -------------------------------------------------------------------------------------------------------


@rule(products.Matmul)
def matmul(ask: Ask, x: Tensor, z: Tensor) -> Tensor:
    op = products.product(ask.op.tx, ask.op.tz)
    most = max(ask.ndim(0, x), ask.ndim(1, z))
    return op(ask.aligned(0, x, most), ask.aligned(1, z, most))


@rule(products.Mv)
def mv(ask: Ask, x: Tensor, z: Tensor) -> Tensor:
    tx = ask.op.tx
    if not ask.batched[1]:
        return ask.op(x, z)
    n = ask.ndim(0, x)
    if not ask.batched[0] and n == 2:
        return products.product(False, not tx)(z, x)  # (n, k) · op(x)ᵀ
    column = z.reshape(ask.n, *[1] * (n - 2), z.array.shape[1], 1)
    return products.product(tx, False)(x, column).squeeze(-1)


@rule(products.Dot)
def dot(ask: Ask, x: Tensor, z: Tensor) -> Tensor:
    if not ask.batched[1]:
        return products.Mv()(x, z)
    return products.Mv()(z, x) if not ask.batched[0] else einsum.Contract((0, 1), (0, 1), (0,))(x, z)


@rule(linear.Linear)
def linear_(ask: Ask, x: Tensor, w: Tensor, bias: Any) -> Tensor:
    if not (ask.batched[1] or ask.batched[2]):
        return ask.op(x, w, bias)
    most = max(ask.ndim(0, x), 2)
    y = products.product(False, True)(ask.aligned(0, x, most), ask.aligned(1, w, most))
    return y + ask.aligned(2, bias, most)


@rule(einsum.Contract)
def contract(ask: Ask, x: Tensor, z: Tensor) -> Tensor:
    op = ask.op
    new = max((*op.at_x, *op.at_z), default=0) + 1
    if ask.batched[0]:
        op.at_x = (new, *op.at_x)
    if ask.batched[1]:
        op.at_z = (new, *op.at_z)
    op.out = (new, *op.out)
    return op(x, z)


@rule(products.Cross)
def cross(ask: Ask, x: Tensor, z: Tensor) -> Tensor:
    return ask.op(ask.full(0, x), ask.full(1, z))


@rule(distance.Euclidean)
def from_the_end(ask: Ask, x: Tensor, z: Tensor) -> Tensor:
    """Axes counted from the end; those in front broadcast."""
    most = max(ask.ndim(0, x), ask.ndim(1, z))
    return ask.op(ask.aligned(0, x, most), ask.aligned(1, z, most))


@rule(solve.Solve, solve.SolveTriangular)
def solve_(ask: Ask, a: Tensor, b: Tensor) -> Tensor:
    return from_the_end(ask, a, b)


# ---- matrices: any axes may stand in front of theirs --------------------------------------------------------------------


@rule(
    determinant.Cofactor, determinant.Det, determinant.Slogdet, diagonal.Tril, diagonal.Triu, factorize.Cholesky,
    factorize.LuFactor, factorize.Qr, powers.MatrixExp, solve.Inv, spectral.Eigh, spectral.Eigvalsh, spectral.Svd,
    spectral.Svdvals,
)  # fmt: skip
def of_matrices(ask: Ask, x: Tensor) -> Any:
    return ask.op(x)


@rule(spectral.Pinv)
def pinv(ask: Ask, x: Tensor) -> Any:
    numbers = all([not hasattr(t, "shape") or not t.shape for t in (ask.op.atol, ask.op.rtol)])
    return ask.op(x) if numbers and not ask.held else None


__all__: list[str] = []
