"""Is a gradient right? Compare it with finite differences: in full, or along random directions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..refusals import in_words, shown
from ..tensor import Tensor
from .engine import grad
from .modes import enable_grad


class GradcheckError(RuntimeError):
    """A gradient differs from its finite differences."""


@in_words
def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    fast_mode: bool = False,
    **more: bool,
) -> bool:
    """Compare the gradients of `func` with central differences (f(x + ε) − f(x − ε)) / 2ε.

    Args:
        func: takes the inputs, returns a tensor or several.
        inputs: tensors (float64, or the differences drown in rounding) and other arguments; those that require grad
            are checked.
        eps: ε. atol, rtol: how far the two may differ.
        raise_exception: False returns False where the check would raise GradcheckError.
        nondet_tol: how much two backward passes may differ.
        fast_mode: one random direction per input and result instead of every element.
        more: PyTorch's further switches (check_undefined_grad, check_batched_grad …) are accepted; what they check
            cannot go wrong here.
    """
    _known("gradcheck", more)
    _check_numbers("gradcheck", eps=eps, atol=atol, rtol=rtol, nondet_tol=nondet_tol)
    try:
        _check("gradcheck", func, inputs, eps, atol, rtol, nondet_tol, fast_mode)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check_numbers(op: str, **numbers: Any) -> None:
    for what, x in numbers.items():
        if not isinstance(x, (int, float)) or not 0 <= x < math.inf or (what == "eps" and x == 0):
            raise ValueError(f"{op}: {what} must be a number {'above 0' if what == 'eps' else 'of 0 or more'}, got {shown(x)}.")


@in_words
def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    fast_mode: bool = False,
    **more: bool,
) -> bool:
    """As `gradcheck`, for the gradient of the gradient, towards the inputs and the incoming gradient.

    Args:
        grad_outputs: incoming gradients; random ones when not given.
    """
    _known("gradgradcheck", more)
    arguments = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    outs = _outputs(func(*arguments))
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        seeds = [Tensor._of(np.asarray(rng.standard_normal(y.array.shape), y.array.dtype)) for y in outs]
        for s in seeds:
            s.requires_grad_()
    else:
        seeds = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)

    def first(*both: Any) -> tuple[Tensor, ...]:
        args, gs = both[: len(arguments)], both[len(arguments) :]
        wanted = [a for a in args if isinstance(a, Tensor) and a.requires_grad]
        found = grad(_outputs(func(*args)), wanted, list(gs), create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    try:
        _check("gradgradcheck", first, [*arguments, *seeds], eps, atol, rtol, nondet_tol, fast_mode)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


_SWITCHES = {
    "check_undefined_grad", "check_grad_dtypes", "check_batched_grad", "check_fwd_over_rev", "check_rev_over_rev",
    "check_batched_forward_grad", "check_forward_ad", "check_backward_ad", "gen_non_contig_grad_outputs", "masked",
}  # fmt: skip


def _known(name: str, more: dict[str, bool]) -> None:
    for switch in more:
        if switch not in _SWITCHES:
            raise TypeError(f"{name}() got an unexpected keyword argument {switch!r}")


def _check(name: str, func: Any, inputs: Any, eps: float, atol: float, rtol: float, nondet: float, fast: bool) -> None:
    arguments = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [x for x in arguments if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError(f"{name}: none of the inputs requires grad; there is nothing to check.")
    for i, x in enumerate(checked):
        if 0 in x.array.strides and x.array.size > 1:
            raise ValueError(
                f"{name}: input {i} is an expanded tensor; its elements cannot move one by one. Use clone()."
            )
    outs = _floating(func(*arguments))
    rng = np.random.default_rng(0)
    for j, y in enumerate(outs):
        for i, x in enumerate(checked):
            if fast:
                v, u = rng.standard_normal(x.array.shape), rng.standard_normal(y.array.shape)
                numeric = np.asarray((_difference(func, arguments, x, v, j, eps) * u).sum())
                exact = np.asarray((_pulled(y, x, u) * v).sum())
            else:
                numeric = np.zeros((y.array.size, x.array.size))
                exact = np.zeros_like(numeric)
                for k in range(x.array.size):
                    v = np.zeros(x.array.size)
                    v[k] = 1.0
                    numeric[:, k] = _difference(func, arguments, x, v.reshape(x.array.shape), j, eps).reshape(-1)
                for k in range(y.array.size):
                    u = np.zeros(y.array.size)
                    u[k] = 1.0
                    exact[k] = _pulled(y, x, u.reshape(y.array.shape)).reshape(-1)
                    again = _pulled(y, x, u.reshape(y.array.shape)).reshape(-1)
                    if not np.allclose(exact[k], again, rtol=0, atol=nondet, equal_nan=True):
                        raise GradcheckError(f"{name}: two backward passes of result {j} towards input {i} differ.")
            if not np.allclose(numeric, exact, rtol=rtol, atol=atol, equal_nan=True):
                worst = np.unravel_index(np.argmax(np.abs(numeric - exact)), numeric.shape)
                raise GradcheckError(
                    f"{name}: the gradient of result {j} towards input {i} is wrong.\n"
                    f"    backward     {exact[worst]:.8g}\n    differences  {numeric[worst]:.8g}\n"
                    f"at {tuple(int(w) for w in worst)} of the Jacobian {numeric.shape}, the largest difference. "
                    + ("Use float64 inputs; " if x.array.dtype != np.float64 else "")
                    + "a kink (relu at 0) or a random operation shows up here as well."
                )


def _floating(out: Any) -> list[Tensor]:
    found = out if isinstance(out, (tuple, list)) else (out,)
    return [y for y in found if isinstance(y, Tensor) and y.is_floating_point()]


def _outputs(out: Any) -> list[Tensor]:
    return [y for y in _floating(out) if y.requires_grad]


def _pulled(y: Tensor, x: Tensor, u: Any) -> Any:
    if not y.requires_grad:
        return np.zeros(x.array.shape)
    (g,) = grad([y], [x], [Tensor._of(np.asarray(u, y.array.dtype))], retain_graph=True, allow_unused=True)
    return np.zeros(x.array.shape) if g is None else g.array


def _difference(func: Any, arguments: list[Any], x: Tensor, v: Any, j: int, eps: float) -> Any:
    """(f(x + εv) − f(x − εv)) / 2ε of result j; the input is moved where it is and put back."""
    start = x.array.copy()
    ends = []
    try:
        for step in (eps, -eps):
            x.array[...] = start + step * v
            with enable_grad():
                ends.append(_floating(func(*arguments))[j].array.copy())
    finally:
        x.array[...] = start
    return (ends[0] - ends[1]) / (2 * eps)
