"""Dropout: in training each element, or each channel, is left out with probability p (Srivastava et al., 2014).

The masks come from the default generator, see `tensorgrad.manual_seed`.
"""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..autograd.inplace import check_writable, saved_operand, store_checked
from ..kernels import on
from ..random import stream
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .promote import as_operand, needs_floating, number


class Dropout(Function):
    """keep · scale · x with a mask drawn before: linear, and so its own gradient."""

    def __init__(self, keep: Any, scale: float) -> None:
        self.keep, self.scale = keep, scale

    def formula(self, x: Tensor) -> Tensor:
        return x * Tensor._of(self.keep) * self.scale

    def forward(self, x: Any) -> Any:
        return on(x).dropout(x, self.keep, self.scale)

    def backward(self, grad: Tensor) -> Tensor:
        return Dropout(self.keep, self.scale)(grad)


@in_own_name
def dropout(input: TensorLike, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element is 0 with probability p, and 1/(1 − p) times itself otherwise, so that its mean stays.

    Shape: any → the same. Not in training: the input itself. `inplace` writes into the input's memory.
    """
    return _dropped("dropout", input, p, training, inplace)


@in_own_name
def dropout1d(input: TensorLike, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """As `dropout`, of whole channels (Tompson et al., arXiv:1411.4280).  Shape: (N, C, L) or (C, L) → the same."""
    return _dropped("dropout1d", input, p, training, inplace, "(N, C, L) or (C, L)", {3: 2, 2: 1})


@in_own_name
def dropout2d(input: TensorLike, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """As `dropout`, of whole channels.  Shape: (N, C, H, W) → the same; fewer axes are (N, C, …), as in PyTorch."""
    return _dropped("dropout2d", input, p, training, inplace, "(N, C, H, W)", _BATCHED)


@in_own_name
def dropout3d(input: TensorLike, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """As `dropout`, of whole channels.  Shape: (N, C, D, H, W) or (C, D, H, W) → the same."""
    return _dropped("dropout3d", input, p, training, inplace, "(N, C, D, H, W) or (C, D, H, W)", _BATCHED | {4: 1})


@in_own_name
def alpha_dropout(input: TensorLike, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for SELU networks: what is left out becomes −λα, SELU's lowest value, and the result is scaled and
    shifted so that mean 0 and variance 1 stay (Klambauer et al., arXiv:1706.02515).  Shape: any → the same."""
    return _dropped("alpha_dropout", input, p, training, inplace, alpha=True)


@in_own_name
def feature_alpha_dropout(input: TensorLike, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """As `alpha_dropout`, of whole channels.  Shape: (N, C, …) → the same."""
    return _dropped("feature_alpha_dropout", input, p, training, inplace, "(N, C, …)", _BATCHED, alpha=True)


_LOWEST = 1.7580993408473766  # λα of SELU
_BATCHED = {n: 2 for n in range(2, 65)}  # with any number of axes, the first two are N and C


def _dropped(
    op: str,
    input: TensorLike,
    p: float,
    training: bool,
    inplace: bool,
    shapes: str = "",
    leading: dict[int, int] | None = None,
    alpha: bool = False,
) -> Tensor:
    """All six. `leading`: where channels are left out, by the number of axes, how many of them tell channels apart."""
    x = as_operand(op, input)
    if not 0 <= number(op, "p", p) <= 1:
        raise ValueError(f"{op}: p is a probability, in [0, 1], got {p}.")
    shape = x.array.shape
    if leading is not None and len(shape) not in leading:
        raise ValueError(f"{op}: needs {shapes}, got {len(shape)} axes, shape {tuple(shape)}.")
    if not training or p == 0 or x.array.size == 0:
        return x
    x = needs_floating(op, x)
    if inplace:
        check_writable(x, op)
    if leading is not None:
        n = leading[len(shape)]
        shape = shape[:n] + (1,) * (len(shape) - n)
    keep = on(x.array).keep_mask(stream(op, None), shape, p)
    old = saved_operand(x) if inplace else x
    if alpha:
        a = ((_LOWEST**2 * p + 1) * (1 - p)) ** -0.5 if p < 1 else 0.0
        shift = on(x.array).alpha_shift(x.array, keep, a * _LOWEST * p, a * _LOWEST * (p - 1))
        y = Dropout(keep, a)(old) + Tensor._of(shift)
    else:
        y = Dropout(keep, 1 / (1 - p) if p < 1 else 0.0)(old)
    return store_checked(x, y, op + "_") if inplace else y


__all__: list[str] = []
