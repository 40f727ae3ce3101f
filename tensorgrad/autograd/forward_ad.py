"""Dual numbers: PyTorch's `autograd.forward_ad`. See `dual.py` for how operations carry directions along.

    with dual_level():
        x = make_dual(primal, tangent)
        y = unpack_dual(f(x))               # y.primal is f(primal), y.tangent is J·tangent

A dual tensor belongs to its level: what is wanted of it is unpacked before the level ends.
"""

from __future__ import annotations

from typing import NamedTuple

from ..tensor import Tensor
from .dual import Dual, carrying

_levels: list[Dual] = []


class UnpackedDualTensor(NamedTuple):
    """The value of a dual tensor, and its direction; None where it has none."""

    primal: Tensor
    tangent: Tensor | None


def enter_dual_level() -> int:
    """Open a level and return its number; `exit_dual_level` closes it. PyTorch knows one at a time, and so do we."""
    if _levels:
        raise RuntimeError(
            "forward_ad: nested levels are not supported; use func.jvp of func.jvp for second directions."
        )
    level = Dual()
    level.__enter__()
    _levels.append(level)
    return len(_levels) - 1


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level."""
    if not _levels or level not in (None, len(_levels) - 1):
        raise RuntimeError(
            f"forward_ad: cannot close level {level}; {'it is not the last that was opened' if _levels else 'none is open'}."
        )
    _levels.pop().__exit__()


class dual_level:
    """`with dual_level():` opens a level, and closes it at the end."""

    def __enter__(self) -> int:
        self.level = enter_dual_level()
        return self.level

    def __exit__(self, *error: object) -> None:
        exit_dual_level(level=self.level)


class _set_fwd_grad_enabled:
    """`with _set_fwd_grad_enabled(False):` operations do not carry directions along."""

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)

    def __enter__(self) -> None:
        self._token = carrying.set(self.mode)

    def __exit__(self, *error: object) -> None:
        carrying.reset(self._token)


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A tensor with the value of `tensor` that moves in the direction `tangent`.

    Both are floating tensors of one shape and dtype. In-place changes of the value or the direction are seen in the dual.
    """
    here = _level("make_dual", level)
    if not (isinstance(tensor, Tensor) and isinstance(tangent, Tensor)):
        raise TypeError(f"make_dual: needs two Tensors, got {type(tensor).__name__} and {type(tangent).__name__}.")
    if not tensor.is_floating_point() or not tangent.is_floating_point():
        raise ValueError(
            f"make_dual: only floating tensors have directions, got {tensor.dtype} and {tangent.dtype}. Convert with x.float()."
        )
    if tensor.shape != tangent.shape or tensor.dtype != tangent.dtype:
        raise RuntimeError(
            "make_dual: the direction has the shape and the dtype of the value.\n"
            f"    tensor   {tuple(tensor.shape)} {tensor.dtype}\n    tangent  {tuple(tangent.shape)} {tangent.dtype}"
        )
    return here.make(tensor, tangent)


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """The value and the direction of a tensor; outside of any level, and for constants, the direction is None."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"unpack_dual: needs a Tensor, got {type(tensor).__name__}.")
    if not _levels:
        return UnpackedDualTensor(tensor, None)
    return UnpackedDualTensor(*_level("unpack_dual", level).take(tensor))


def _level(op: str, level: int | None) -> Dual:
    if not _levels:
        raise RuntimeError(f"{op}: no level is open. Do this within `with forward_ad.dual_level():`.")
    if level not in (None, len(_levels) - 1):
        raise RuntimeError(f"{op}: there is no level {level}; the one that is open has the number {len(_levels) - 1}.")
    return _levels[-1]


__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]
