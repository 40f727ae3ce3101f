"""Orthogonal polynomials, by their recurrences."""

from __future__ import annotations

from typing import Any

from ..kernels.shapes import broadcast
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .choose import where
from .compare import eq
from .keywords import also
from .pointwise import floating_tensors
from .promote import NUMBERS, floating

HIGHEST = 10_000  # a second on small tensors; the rounding errors of so many steps have grown too large by then


def _polynomial(op: str, input: Any, n: Any, first: Any, step: Any) -> Tensor:
    """P of degree n at x, n whole (a fraction is cut off), 0 for negative n, and where n is no number.  Shape: broadcast.

    From P₀ = 1 and P₁ = first(x) upwards by Pₖ₊₁ = step(k, x, Pₖ, Pₖ₋₁): plain operations, so it can be differentiated.
    """
    x, degree = floating_tensors(op, input, n)
    degree = degree.detach().trunc().nan_to_num(-1, -1, -1)
    broadcast(op, input=x.array.shape, n=degree.array.shape)
    before, here = x * 0 + 1, first(x)
    total = where(eq(degree, 0), before, 0.0)
    highest = int(degree.array.max()) if degree.array.size else 0
    if highest > HIGHEST:
        raise ValueError(f"{op}: n of {highest} is too high for a recurrence; degrees up to {HIGHEST} are computed.")
    for k in range(1, highest + 1):
        total = where(eq(degree, k), here, total)
        before, here = here, step(k, x, here, before)
    return total


def _chebyshev(k: int, x: Tensor, here: Tensor, before: Tensor) -> Tensor:
    return x * here * 2 - before


@also(x="input")
def chebyshev_polynomial_t(input: TensorLike, n: Any) -> Tensor:
    """Tₙ(x) = cos(n·arccos x).  Shape: broadcast."""
    return _polynomial("chebyshev_polynomial_t", input, n, lambda x: x, _chebyshev)


@also(x="input")
def chebyshev_polynomial_u(input: TensorLike, n: Any) -> Tensor:
    """Uₙ(x) = sin((n + 1)·θ)/sin θ for x = cos θ.  Shape: broadcast."""
    return _polynomial("chebyshev_polynomial_u", input, n, lambda x: x * 2, _chebyshev)


@also(x="input")
def chebyshev_polynomial_v(input: TensorLike, n: Any) -> Tensor:
    """Vₙ(x) = cos((n + ½)·θ)/cos(θ/2) for x = cos θ.  Shape: broadcast."""
    return _polynomial("chebyshev_polynomial_v", input, n, lambda x: x * 2 - 1, _chebyshev)


@also(x="input")
def chebyshev_polynomial_w(input: TensorLike, n: Any) -> Tensor:
    """Wₙ(x) = sin((n + ½)·θ)/sin(θ/2) for x = cos θ.  Shape: broadcast."""
    return _polynomial("chebyshev_polynomial_w", input, n, lambda x: x * 2 + 1, _chebyshev)


def _shifted(op: str, input: Any) -> Any:
    return input * 2 - 1 if isinstance(input, NUMBERS) else floating(op, input) * 2 - 1


@also(x="input")
@in_own_name
def shifted_chebyshev_polynomial_t(input: TensorLike, n: Any) -> Tensor:
    """Tₙ(2x − 1).  Shape: broadcast."""
    return chebyshev_polynomial_t(_shifted("shifted_chebyshev_polynomial_t", input), n)


@also(x="input")
@in_own_name
def shifted_chebyshev_polynomial_u(input: TensorLike, n: Any) -> Tensor:
    """Uₙ(2x − 1).  Shape: broadcast."""
    return chebyshev_polynomial_u(_shifted("shifted_chebyshev_polynomial_u", input), n)


@also(x="input")
@in_own_name
def shifted_chebyshev_polynomial_v(input: TensorLike, n: Any) -> Tensor:
    """Vₙ(2x − 1).  Shape: broadcast."""
    return chebyshev_polynomial_v(_shifted("shifted_chebyshev_polynomial_v", input), n)


@also(x="input")
@in_own_name
def shifted_chebyshev_polynomial_w(input: TensorLike, n: Any) -> Tensor:
    """Wₙ(2x − 1).  Shape: broadcast."""
    return chebyshev_polynomial_w(_shifted("shifted_chebyshev_polynomial_w", input), n)


@also(x="input")
def hermite_polynomial_h(input: TensorLike, n: Any) -> Tensor:
    """Hₙ, orthogonal under e^(−x²) (the physicists').  Shape: broadcast."""
    op = "hermite_polynomial_h"
    return _polynomial(op, input, n, lambda x: x * 2, lambda k, x, here, before: (x * here - before * k) * 2)


@also(x="input")
def hermite_polynomial_he(input: TensorLike, n: Any) -> Tensor:
    """Heₙ, orthogonal under e^(−x²/2) (the probabilists').  Shape: broadcast."""
    op = "hermite_polynomial_he"
    return _polynomial(op, input, n, lambda x: x, lambda k, x, here, before: x * here - before * k)


@also(x="input")
def laguerre_polynomial_l(input: TensorLike, n: Any) -> Tensor:
    """Lₙ, orthogonal under e⁻ˣ.  Shape: broadcast."""
    op = "laguerre_polynomial_l"

    def step(k: int, x: Tensor, here: Tensor, before: Tensor) -> Tensor:
        return ((2 * k + 1 - x) * here - before * k) / (k + 1)

    return _polynomial(op, input, n, lambda x: 1 - x, step)


@also(x="input")
def legendre_polynomial_p(input: TensorLike, n: Any) -> Tensor:
    """Pₙ, orthogonal on [−1, 1].  Shape: broadcast."""
    op = "legendre_polynomial_p"

    def step(k: int, x: Tensor, here: Tensor, before: Tensor) -> Tensor:
        return (x * here * (2 * k + 1) - before * k) / (k + 1)

    return _polynomial(op, input, n, lambda x: x, step)
