"""`out=`: a result written into a tensor that is there already, for the functions where PyTorch has it.

    >>> import tensorgrad as tg
    >>> x, total = tg.ones(3), tg.empty(3)
    >>> tg.add(x, x, out=total) is total
    True

The pages `tensorgrad`, `tensorgrad.linalg` and `tensorgrad.special` wrap their functions when they are imported. Methods,
`nn.functional` and what the library itself calls are the plain functions.
"""

from __future__ import annotations

import inspect
import warnings
from functools import wraps
from typing import Any

from . import dtypes
from .autograd.inplace import check_writable, written
from .autograd.modes import is_grad_enabled
from .ops.promote import cast
from .ops.write import resize_
from .tensor import Tensor

# Their results take the dtype of `out`; the second ones only a floating one.
_NEW = frozenset("arange empty eye full linspace logspace ones rand randint randn randperm range zeros".split())
_SUMS = frozenset("cumprod cumsum mean nanmean nansum prod sum".split())

_OUT = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="Any")


def install(page: dict[str, Any], names: str) -> None:
    """Let the functions of a module (its `globals()`) that stand in `names` take `out=`."""
    for name in names.split():
        page[name] = takes_out(page[name], name, page["__name__"])


def takes_out(function: Any, name: str, module: str) -> Any:
    """A function that takes `out=` as well."""

    @wraps(function)
    def either(*args: Any, **kwargs: Any) -> Any:
        if "out" in kwargs:
            return _write(name, function, args, kwargs)
        return function(*args, **kwargs)

    either.__name__ = either.__qualname__ = name
    either.__module__ = module
    either.__doc__ = f"{function.__doc__}\n\n    out: a tensor (a tuple for several results) that receives the result."
    either.__signature__ = _with_out(function)  # type: ignore[attr-defined]
    return either


def _with_out(function: Any) -> inspect.Signature:
    signature = inspect.signature(function)
    return signature.replace(parameters=[*signature.parameters.values(), _OUT])


def _write(op: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute, check everything, and only then write."""
    out = kwargs.pop("out")
    if out is None:
        return function(*args, **kwargs)
    outs = tuple(out) if isinstance(out, (tuple, list)) else (out,)
    for o in outs:
        _check_target(op, o)
    first = outs[0] if outs else None
    if op in _NEW or op in _SUMS and first is not None and first.is_floating_point():
        _same_dtype(op, kwargs, first)
    wants_grad = kwargs.pop("requires_grad", False)
    result = function(*args, **kwargs)
    several = isinstance(result, tuple)
    results = result if several else (result,)
    if several != isinstance(out, (tuple, list)) or len(results) != len(outs):
        given = f"{len(outs)} tensors" if isinstance(out, (tuple, list)) else "one tensor"
        names = f" ({', '.join(result._fields)})" if hasattr(result, "_fields") else ""
        wanted = f"a tuple of {len(results)} tensors{names}" if several else "one tensor"
        raise TypeError(f"{op}: out must be {wanted}, got {given}.")
    for o, r in zip(outs, results):
        _check_result(op, o, r)
    for o, r in zip(outs, results):
        _put(op, o, r)
    if wants_grad:
        outs[0].requires_grad_()
    if several:
        return type(result)(*outs) if hasattr(result, "_fields") else outs
    return out


def _check_target(op: str, out: Any) -> None:
    if not isinstance(out, Tensor):
        raise TypeError(f"{op}: out must be a Tensor, got {type(out).__name__}. Make one with tensorgrad.empty(…).")
    if out.requires_grad and is_grad_enabled():
        raise RuntimeError(
            f"{op}: out requires grad, and what is written into it is not recorded.\n    out  {tuple(out.array.shape)}\n"
            "Leave out= away, or write under `with tensorgrad.no_grad():`."
        )
    check_writable(out, op)


def _same_dtype(op: str, kwargs: dict[str, Any], out: Any) -> None:
    """Let a function that is told the dtype of its result compute in that of `out`."""
    if kwargs.get("dtype") is None:
        kwargs["dtype"] = out.dtype
    elif dtypes.as_dtype(kwargs["dtype"]) is not out.dtype:
        raise TypeError(f"{op}: dtype is {dtypes.as_dtype(kwargs['dtype'])}, but out is {out.dtype}. Leave dtype away.")


def _check_result(op: str, out: Tensor, result: Tensor) -> None:
    if result.requires_grad:
        raise RuntimeError(
            f"{op}: an argument requires grad, and what is written into out is not recorded.\n"
            "Leave out= away, detach() the argument, or compute under `with tensorgrad.no_grad():`."
        )
    if not dtypes.can_cast(result.dtype, out.dtype):
        raise TypeError(
            f"{op}: the result is {result.dtype} and cannot be written into an out of {out.dtype}. "
            f"Make out with dtype={result.dtype}."
        )
    if out.requires_grad and out.array.shape != result.array.shape:
        raise RuntimeError(
            f"{op}: out requires grad and cannot be resized.\n    out     {tuple(out.array.shape)}\n"
            f"    result  {tuple(result.array.shape)}\nGive an out of the result's shape."
        )


def _put(op: str, out: Tensor, result: Tensor) -> None:
    array = cast(result, out.dtype).array
    if out.array.shape != array.shape:
        if out.array.size:
            warnings.warn(
                f"{op}: out had shape {tuple(out.array.shape)} and has been resized to the result's, "
                f"{tuple(array.shape)}. Give an out of that shape, or an empty one: out.resize_(0).",
                UserWarning,
                stacklevel=4,
            )
        resize_(out, array.shape)
    out.array[...] = array
    written(out, op)
