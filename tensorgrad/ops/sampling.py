"""Random tensors, and tensors filled with random numbers in place.

Every function takes `generator=`, a `tensorgrad.Generator`, or uses the default one. The gradient of what is drawn towards
parameters that are tensors is 0, as in PyTorch, but for `standard_gamma`, which distributions are made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import check_writable, store_checked
from ..autograd.modes import quiet
from ..kernels import at, on
from ..kernels.shapes import Shape, broadcast, integer, mismatch
from ..random import Generator, stream
from ..refusals import in_own_name
from ..tensor import Tensor
from .choose import zeros_of
from .create import DeviceLike, beside, leaf, shape_of
from .elementwise import exp
from .gamma import gammainc_by_a, lgamma
from .keywords import also
from .promote import as_operand, needs_floating, number
from .special import xlogy


class Draw(Function):
    """Numbers drawn with parameters of their own: a small change of these leads nowhere, the gradient is 0."""

    broadcasts = True

    def __init__(self, name: str, rng: Any, draw: Any) -> None:
        self.name, self.rng, self.draw = name, rng, draw  # type: ignore[misc]

    def forward(self, *parameters: Any) -> Any:
        return self.draw(self.rng, *parameters)

    def backward(self, grad: Tensor) -> Any:
        return tuple([zeros_of(grad) if needed else None for needed in self.needs])


# ---- uniform, normal, whole numbers --------------------------------------------------------------------------------


def rand(
    *sizes: int | Sequence[int], size: int | Sequence[int] | None = None, generator: Generator | None = None,
    dtype: dtypes.dtype | None = None, layout: Any = None, device: DeviceLike = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Uniform in [0, 1): `rand(2, 3)`, `rand((2, 3))`."""
    shape = shape_of("rand", sizes, size)
    return _drawn("rand", "unit", shape, _floating("rand", dtype), device, generator, requires_grad)


def randn(
    *sizes: int | Sequence[int], size: int | Sequence[int] | None = None, generator: Generator | None = None,
    dtype: dtypes.dtype | None = None, layout: Any = None, device: DeviceLike = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Normal with mean 0 and variance 1: `randn(2, 3)`, `randn((2, 3))`."""
    shape = shape_of("randn", sizes, size)
    return _drawn("randn", "normal", shape, _floating("randn", dtype), device, generator, requires_grad)


def randint(
    *bounds_and_size: int | Sequence[int], low: int | None = None, high: int | None = None,
    size: int | Sequence[int] | None = None, generator: Generator | None = None, dtype: dtypes.dtype = dtypes.int64,
    layout: Any = None, device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Uniform whole numbers from low to high − 1: `randint(high, size)`, `randint(low, high, size)`."""
    given = list(bounds_and_size)
    if size is None and given and not hasattr(given[-1], "__index__"):
        size = given.pop()
    if size is None:
        raise TypeError("randint: needs a size, a tuple of ints: randint(high, size) or randint(low, high, size).")
    a, b = _bounds("randint", given, low, high)
    d = dtypes.as_dtype(dtype)
    _range("randint", a, b, d)
    return _drawn("randint", "integers", shape_of("randint", (size,)), d, device, generator, requires_grad, a, b)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: dtypes.dtype = dtypes.int64, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """0 … n − 1 in random order.  Shape: (n,)."""
    d, count = dtypes.as_dtype(dtype), integer("randperm", "n", n, 0)
    if count:
        _range("randperm", 0, count, d)
    rng = stream("randperm", generator)
    return leaf(at("randperm", device).permutation(rng, count, d.numpy), requires_grad)


@in_own_name
def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Uniform in [0, 1), in the shape and dtype of `input`."""
    d = _floating("rand_like", dtype or _dtype_of("rand_like", input))
    return _drawn("rand_like", "unit", input.array.shape, d, beside(input, device), generator, requires_grad)


@in_own_name
def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Normal with mean 0 and variance 1, in the shape and dtype of `input`."""
    d = _floating("randn_like", dtype or _dtype_of("randn_like", input))
    return _drawn("randn_like", "normal", input.array.shape, d, beside(input, device), generator, requires_grad)


@in_own_name
def randint_like(
    input: Tensor, *bounds: int, low: int | None = None, high: int | None = None, generator: Generator | None = None,
    dtype: dtypes.dtype | None = None, layout: Any = None, device: DeviceLike = None, requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Uniform whole numbers from low to high − 1, in the shape and dtype of `input`: `randint_like(x, low, high)`."""
    d = dtypes.as_dtype(dtype or _dtype_of("randint_like", input))
    a, b = _bounds("randint_like", list(bounds), low, high)
    _range("randint_like", a, b, d)
    return _drawn("randint_like", "integers", input.array.shape, d, beside(input, device), generator, requires_grad, a, b)


def _drawn(
    op: str, kernel: str, shape: Shape, d: dtypes.dtype, device: Any, generator: Any, requires_grad: bool, *rest: Any
) -> Tensor:
    rng = stream(op, generator)
    return leaf(getattr(at(op, device), kernel)(rng, shape, d.numpy, *rest), requires_grad)


def _dtype_of(op: str, x: Any) -> dtypes.dtype:
    if not isinstance(x, Tensor):
        raise TypeError(f"{op}: input must be a Tensor, got {type(x).__name__}.")
    return x.dtype


def _floating(op: str, dtype: Any) -> dtypes.dtype:
    d = dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    if not d.is_floating_point:
        raise TypeError(f"{op}: needs a floating dtype, got {d}. For whole numbers use randint.")
    return d


def _bounds(op: str, given: list[Any], low: Any, high: Any) -> tuple[int, int]:
    """(low, high) from `f(high)`, `f(low, high)` or keywords."""
    if high is None and given:
        high = given.pop()
    if low is None:
        low = given.pop() if given else 0
    if given or high is None:
        raise TypeError(f"{op}: needs high, or low and high.")
    return integer(op, "low", low), integer(op, "high", high)


def _range(op: str, low: int, high: int, d: dtypes.dtype) -> None:
    """Whether a dtype holds the whole numbers from low to high − 1, and there are any."""
    if low >= high:
        raise ValueError(f"{op}: no whole number is at least {low} and less than {high}; low must be less than high.")
    least, most = _whole_numbers(d)
    if low < least or high - 1 > most:
        raise ValueError(f"{op}: {d} holds whole numbers from {least} to {most}; asked for {low} to {high - 1}.")


def _whole_numbers(d: dtypes.dtype) -> tuple[int, int]:
    """The range in which a dtype tells one whole number from the next."""
    if d is dtypes.bool:
        return 0, 1
    if d.is_floating_point:
        most = round(2 / dtypes.finfo(d).eps)  # 2 to the bits of the mantissa
        return -most, most
    info = dtypes.iinfo(d)
    return info.min, info.max


# ---- other distributions -------------------------------------------------------------------------------------------


def normal(
    mean: float | Tensor = 0.0, std: float | Tensor = 1.0, size: int | Sequence[int] | None = None, *,
    generator: Generator | None = None, dtype: dtypes.dtype | None = None, layout: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Normal with a mean and a standard deviation: tensors, for an element each (broadcast), or numbers with a size."""
    op = "normal"
    parameters = [x for x in (mean, std) if isinstance(x, Tensor)]
    if size is not None:
        if parameters:
            raise TypeError("normal: a size goes with numbers; with tensors for mean or std theirs is taken.")
        numbers = float(number(op, "mean", mean)), _not_negative_std(op, std)
        shape = shape_of(op, (size,))
        return _drawn(op, "normal", shape, _floating(op, dtype), device, generator, requires_grad, *numbers)
    if not parameters:
        raise TypeError("normal: numbers for mean and std need a size: normal(0.0, 1.0, (2, 3)).")
    first = needs_floating(op, parameters[0], "mean" if parameters[0] is mean else "std")
    if len(parameters) == 2:
        needs_floating(op, std, "std")
    shapes = {k: x.array.shape for k, x in (("mean", mean), ("std", std)) if isinstance(x, Tensor)}
    shape = broadcast(op, **shapes)
    a = mean if isinstance(mean, Tensor) else float(number(op, "mean", mean))
    least = _not_negative_std(op, std.array.min(initial=0) if isinstance(std, Tensor) else std)
    b: Any = std if isinstance(std, Tensor) else least
    rng, dtype_ = stream(op, generator), first.array.dtype
    return Draw(op, rng, lambda rng, a, b: on(first.array).normal(rng, shape, dtype_, a, b))(a, b)


def _not_negative_std(op: str, std: Any) -> float:
    if not number(op, "std", std) >= 0:
        raise ValueError(f"{op}: std must be 0 or more, got {std}.")
    return float(std)


@in_own_name
def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability in each element of `input` (or with `p` everywhere), else 0, in the dtype of `input`."""
    if p is None:
        x: Tensor = needs_floating("bernoulli", input)
        _probabilities("bernoulli", x.array)
    else:
        x, p = as_operand("bernoulli", input), _probability("bernoulli", p)
    rng = stream("bernoulli", generator)
    draw = Draw("bernoulli", rng, lambda rng, a: on(a).bernoulli(rng, a.shape, a.dtype, a if p is None else p))
    return draw(x)


def _probability(op: str, p: Any) -> float:
    if not 0 <= number(op, "p", p) <= 1:
        raise ValueError(f"{op}: p must be a probability from 0 to 1, got {p}.")
    return float(p)


def _probabilities(op: str, p: Any) -> None:
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"{op}: probabilities must be from 0 to 1; here they go from {p.min()} to {p.max()}.")


@in_own_name
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices drawn with the weights in each row of `input` (they need not sum to one).

    Shapes: (categories,) → (num_samples,); (rows, categories) → (rows, num_samples).  Without replacement no index
    comes twice, so each row needs num_samples weights above 0.
    """
    op = "multinomial"
    x = needs_floating(op, input)
    p, n = x.array, integer(op, "num_samples", num_samples)
    if p.ndim not in (1, 2):
        raise ValueError(f"{op}: input must be of shape (categories,) or (rows, categories), got {p.shape}.")
    if n < 1:
        raise ValueError(f"{op}: num_samples must be at least 1, got {n}.")
    if p.size and not (p.min() >= 0 and p.max() < float("inf")):
        raise ValueError(f"{op}: weights must be finite and 0 or more; here they go from {p.min()} to {p.max()}.")
    possible = (p > 0).sum(-1)
    fewest = int(possible.min()) if possible.size else n
    if not replacement and n > fewest:
        raise ValueError(
            f"{op}: {n} samples without replacement, but only {fewest} categories have a weight above 0. "
            "Draw fewer, or pass replacement=True."
        )
    if fewest == 0:
        raise ValueError(f"{op}: the weights of a row are all 0; at least one must be above.")
    return Tensor._of(on(p).multinomial(stream(op, generator), p, n, replacement))


@in_own_name
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Whole numbers with the rate in each element of `input`, in its dtype."""
    x = needs_floating("poisson", input)
    if x.array.size and not x.array.min() >= 0:
        raise ValueError(f"poisson: rates must be 0 or more, the least is {x.array.min()}.")
    rng = stream("poisson", generator)
    return Draw("poisson", rng, lambda rng, rate: on(rate).poisson(rng, rate))(x)


@in_own_name
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of `count` trials succeed, each with probability `prob`, in the dtype of `count`.  Shape: broadcast."""
    n, p = needs_floating("binomial", count, "count"), needs_floating("binomial", prob, "prob")
    broadcast("binomial", count=n.array.shape, prob=p.array.shape)
    if n.array.size and not (n.array.min() >= 0 and n.array.max() < 2.0**63):  # nan neither
        raise ValueError("binomial: count must be 0 or more, and below 2**63.")
    rng = stream("binomial", generator)
    return Draw("binomial", rng, lambda rng, n, p: on(n).binomial(rng, n, p))(n, p)


class StandardGamma(Function):
    """Numbers drawn from the gamma distribution of concentration a and rate 1.

    The gradient holds the place of x in the distribution: P(a, x) = u stays, so ∂x/∂a = −(∂P/∂a) / (∂P/∂x) (Figurnov et
    al., arXiv:1805.08498).
    """

    def __init__(self, rng: Any) -> None:
        self.rng = rng

    def forward(self, a: Any) -> Any:
        return on(a).standard_gamma(self.rng, a)

    def backward(self, grad: Tensor, a: Tensor, out: Tensor) -> Tensor:
        density = exp(xlogy(a - 1, out) - out - lgamma(a))
        return grad * -gammainc_by_a(a, out) / density

    def fused_backward(self, grad: Any, a: Any, out: Any) -> Any:
        return on(a).standard_gamma_backward(grad, a, out)


def standard_gamma(concentration: Tensor, generator: Generator | None = None) -> Tensor:
    """Numbers with density x^(a − 1)·e⁻ˣ / Γ(a), a = concentration, with a gradient towards it."""
    a = needs_floating("standard_gamma", concentration)
    return StandardGamma(stream("standard_gamma", generator))(a)


# ---- in place ------------------------------------------------------------------------------------------------------


def _filled(x: Tensor, op: str, kernel: str, generator: Any, *rest: Any) -> Tensor:
    """x's memory written over with what a kernel draws."""
    check_writable(x, op)
    with quiet():
        array = getattr(on(x.array), kernel)(stream(op, generator), x.array.shape, x.array.dtype, *rest)
    return store_checked(x, Tensor._of(array), op)


@also(**{"from": "from_"})
def uniform_(x: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """x ~ uniform in [from, to)."""
    needs_floating("uniform_", x)
    from_, to = number("uniform_", "from", from_), number("uniform_", "to", to)
    if not from_ <= to:
        raise ValueError(f"uniform_: there is nothing from {from_} up to {to}; the first must not exceed the second.")
    if not to - from_ <= dtypes.finfo(x.dtype).max:
        raise ValueError(f"uniform_: from {from_} to {to} is further than {x.dtype} can say.")
    return _filled(x, "uniform_", "uniform", generator, float(from_), float(to))


@in_own_name
def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """x ~ normal with mean `mean` and standard deviation `std`."""
    needs_floating("normal_", x)
    numbers = float(number("normal_", "mean", mean)), _not_negative_std("normal_", std)
    return _filled(x, "normal_", "normal", generator, *numbers)


@in_own_name
def log_normal_(x: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """x ~ eᶻ for z normal with mean `mean` and standard deviation `std`."""
    needs_floating("log_normal_", x)
    numbers = float(number("log_normal_", "mean", mean)), _positive("log_normal_", "std", std)
    return _filled(x, "log_normal_", "log_normal", generator, *numbers)


@in_own_name
def exponential_(x: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """x ~ λ·e^(−λ·x), x > 0."""
    needs_floating("exponential_", x)
    return _filled(x, "exponential_", "exponential", generator, _positive("exponential_", "lambd", lambd))


@in_own_name
def cauchy_(x: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """x ~ σ / (π·((x − median)² + σ²))."""
    needs_floating("cauchy_", x)
    numbers = float(number("cauchy_", "median", median)), _positive("cauchy_", "sigma", sigma)
    return _filled(x, "cauchy_", "cauchy", generator, *numbers)


@in_own_name
def geometric_(x: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """x ~ (1 − p)^(x−1) · p, x = 1, 2, …: how many trials until the first success."""
    if not 0 < number("geometric_", "p", p) < 1:
        raise ValueError(f"geometric_: p must be a probability above 0 and below 1, got {p}.")
    return _filled(x, "geometric_", "geometric", generator, float(p))


@in_own_name
def bernoulli_(x: Tensor, p: float | Tensor = 0.5, *, generator: Generator | None = None) -> Tensor:
    """x ~ 1 with probability p (a number, or a tensor that broadcasts to x), else 0."""
    if not isinstance(p, Tensor):
        return _filled(x, "bernoulli_", "bernoulli", generator, _probability("bernoulli_", p))
    needs_floating("bernoulli_", p, "p")
    _probabilities("bernoulli_", p.array)
    if broadcast("bernoulli_", x=x.array.shape, p=p.array.shape) != x.array.shape:
        raise ValueError(mismatch("bernoulli_", "p is larger than x", x=x.array.shape, p=p.array.shape))
    return _filled(x, "bernoulli_", "bernoulli", generator, p.array)


@also(**{"from": "from_"})
def random_(
    x: Tensor, from_: int | None = None, to: int | None = None, *, generator: Generator | None = None
) -> Tensor:
    """x ~ uniform whole numbers: `random_(to)` from 0, `random_(from, to)`; without bounds, all that the dtype holds
    from 0 on. `to` is not included."""
    if to is None:
        from_, to = 0, from_
    d = x.dtype
    high = _whole_numbers(d)[1] + 1 if to is None else integer("random_", "to", to)
    low = 0 if from_ is None else integer("random_", "from", from_)
    _range("random_", low, high, d)
    return _filled(x, "random_", "integers", generator, low, high)


def _positive(op: str, what: str, value: Any) -> float:
    if not number(op, what, value) > 0:
        raise ValueError(f"{op}: {what} must be above 0, got {value}.")
    return float(value)


__all__ = [
    "bernoulli", "binomial", "multinomial", "normal", "poisson", "rand", "rand_like", "randint", "randint_like",
    "randn", "randn_like", "randperm",
]  # fmt: skip
