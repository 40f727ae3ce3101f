"""First values of parameters, written in place. In PyTorch's words, with its formulas.

A tensor's fan-in is how many inputs one output adds up, its fan-out how many outputs one input reaches: for a weight of
shape (out, in, *window) they are in · window and out · window. Random numbers come from `generator`, or the default one
that `tensorgrad.manual_seed` sets.
"""

from __future__ import annotations

from math import ceil, erf, prod, sqrt
from typing import Any

from ..autograd import frames
from ..autograd.modes import no_grad
from ..ops import create
from ..ops.factorize import qr
from ..ops.promote import number
from ..ops.sampling import randperm
from ..refusals import in_own_name
from ..tensor import Tensor


@in_own_name
def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a nonlinearity shrinks the standard deviation, as the factor that makes up for it: 1 for linear maps
    and sigmoid, 5/3 for tanh, √2 for relu, √(2 / (1 + slope²)) for leaky_relu (slope `param`, 0.01 by default), 3/4 for
    selu."""
    linear = ("linear", "sigmoid", *[f"conv{t}{d}d" for t in ("", "_transpose") for d in (1, 2, 3)])
    if nonlinearity in linear:
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is None:
            param = 0.01
        if isinstance(param, bool) or not isinstance(param, (int, float)):
            raise ValueError(f"calculate_gain: the slope of leaky_relu must be a number, got {param!r}.")
        return sqrt(2.0 / (1 + param**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    known = ", ".join([*linear, "tanh", "relu", "leaky_relu", "selu"])
    raise ValueError(f"calculate_gain: {nonlinearity!r} is not known here. Choose one of {known}.")


# ---- plain ----------------------------------------------------------------------------------------------------------


@in_own_name
@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Numbers from U(a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@in_own_name
@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Numbers from N(mean, std²)."""
    return tensor.normal_(mean, std, generator=generator)


@in_own_name
@no_grad()
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Numbers from N(mean, std²), those outside [a, b] drawn again. The limits are values, not deviations."""
    if mean < a - 2 * std or mean > b + 2 * std:
        frames.warn(
            f"trunc_normal_: mean {mean} is more than two deviations outside [{a}, {b}]; "
            "the numbers will not be distributed as a normal distribution's."
        )

    def below(x: float) -> float:
        """The normal distribution up to x."""
        return (1 + erf((x - mean) / std / sqrt(2.0))) / 2

    # Φ⁻¹ of a uniform number between Φ(a) and Φ(b); erfinv wants it scaled to (−1, 1)
    tensor.uniform_(2 * below(a) - 1, 2 * below(b) - 1, generator=generator)
    return tensor.erfinv_().mul_(std * sqrt(2.0)).add_(mean).clamp_(min=a, max=b)


@in_own_name
@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """One number everywhere."""
    return tensor.fill_(val)


@in_own_name
@no_grad()
def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere."""
    return tensor.fill_(1.0)


@in_own_name
@no_grad()
def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere."""
    return tensor.fill_(0.0)


@in_own_name
@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """The identity, for a matrix: as many inputs as possible pass a Linear unchanged."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_: needs a matrix, got a tensor of shape {tuple(tensor.shape)}.")
    tensor.zero_()
    tensor.diagonal().fill_(1.0)
    return tensor


@in_own_name
@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The identity, for a convolution's weight: as many channels as possible of each group pass unchanged."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_: needs a convolution's weight, of 3 to 5 axes, got shape {tuple(tensor.shape)}.")
    filters, channels, *window = tensor.shape
    if filters % groups:
        raise ValueError(f"dirac_: {filters} filters do not divide into {groups} groups.")
    tensor.zero_()
    middle = tuple([n // 2 for n in window])
    for g in range(groups):
        first = g * (filters // groups)
        for c in range(min(filters // groups, channels)):
            tensor[(first + c, c, *middle)] = 1
    return tensor


# ---- by the fans ----------------------------------------------------------------------------------------------------


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ValueError(f"init: a tensor of shape {tuple(tensor.shape)} has no fan-in and fan-out; it needs two axes.")
    window = prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"init: mode must be 'fan_in' or 'fan_out', got {mode!r}.")
    return _calculate_fan_in_and_fan_out(tensor)[mode.lower() == "fan_out"]


@in_own_name
def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """U(−a, a) with a = gain·√(6 / (fan_in + fan_out)) (Glorot & Bengio, 2010)."""
    a = gain * sqrt(6.0 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -a, a, generator)


@in_own_name
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """N(0, σ²) with σ = gain·√(2 / (fan_in + fan_out)) (Glorot & Bengio, 2010)."""
    return normal_(tensor, 0.0, gain * sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor))), generator)


@in_own_name
def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """U(−b, b) with b = gain·√(3 / fan) (He et al., arXiv:1502.01852).

    Args:
        a: the slope of the leaky_relu that follows.
        mode: 'fan_in' keeps the size of values on the way forward, 'fan_out' of gradients on the way back.
    """
    fan = _calculate_correct_fan(tensor, mode)
    gain = calculate_gain(nonlinearity, a)
    if 0 in tensor.shape:
        return tensor
    bound = gain / sqrt(fan) * sqrt(3.0)
    return uniform_(tensor, -bound, bound, generator)


@in_own_name
def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """N(0, σ²) with σ = gain / √fan; see `kaiming_uniform_`."""
    fan = _calculate_correct_fan(tensor, mode)
    gain = calculate_gain(nonlinearity, a)
    if 0 in tensor.shape:
        return tensor
    return normal_(tensor, 0.0, gain / sqrt(fan), generator)


@in_own_name
def bias_uniform_(bias: Tensor, weight: Tensor) -> Tensor:
    """The first bias beside a weight, as PyTorch's layers have it: U(−1/√fan_in, 1/√fan_in) of the weight's fan_in."""
    fan = _calculate_fan_in_and_fan_out(weight)[0]
    return uniform_(bias, -1 / sqrt(fan), 1 / sqrt(fan)) if fan else bias


@in_own_name
@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """A random matrix with orthonormal rows (or columns, if there are fewer), times gain (Saxe et al.,
    arXiv:1312.6120). More axes than two: those after the first are taken as one."""
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: needs at least two axes, got shape {tuple(tensor.shape)}.")
    if tensor.numel() == 0:
        return tensor
    gain = number("orthogonal_", "gain", gain)
    rows = tensor.shape[0]
    flat = create.empty(rows, tensor.numel() // rows, dtype=tensor.dtype).normal_(0, 1, generator=generator)
    wide = flat.shape[1] > rows
    q, r = qr(flat.mT if wide else flat)
    q = q * r.diagonal().sign()  # makes the distribution uniform (Mezzadri, arXiv:math-ph/0609050)
    return tensor.copy_((q.mT if wide else q).reshape(tensor.shape)).mul_(gain)


@in_own_name
@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """A matrix of numbers from N(0, std²), with the fraction `sparsity` of each column 0 (Martens, 2010)."""
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: needs a matrix, got a tensor of shape {tuple(tensor.shape)}.")
    rows, columns = tensor.shape
    zeros = ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for c in range(columns):
        tensor[randperm(rows, generator=generator)[:zeros], c] = 0
    return tensor


# ---- the names of old, without the underscore -----------------------------------------------------------------------

uniform, normal, constant, eye, dirac = uniform_, normal_, constant_, eye_, dirac_
xavier_uniform, xavier_normal = xavier_uniform_, xavier_normal_
kaiming_uniform, kaiming_normal = kaiming_uniform_, kaiming_normal_
orthogonal, sparse = orthogonal_, sparse_
