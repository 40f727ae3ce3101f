"""`out=`: a result written into a tensor that is there already, for the functions where PyTorch has it.

    >>> import tensorgrad as tg
    >>> x, total = tg.ones(3), tg.empty(3)
    >>> tg.add(x, x, out=total) is total
    True

The functions of the public pages are wrapped once, by `install`. Methods and what the library itself calls are the plain
functions.
"""

from __future__ import annotations

import inspect
import sys
from functools import wraps
from typing import Any

from .. import dtypes
from ..autograd.frames import warn
from ..autograd.inplace import bump_version, check_writable
from ..autograd.modes import is_grad_enabled
from ..ops.assign import resize_
from ..ops.promote import cast
from ..refusals import CAUGHT, leave_as, worded
from ..tensor import Tensor

# Their results take the dtype of `out`; the second ones only a floating one.
_NEW = frozenset("arange empty eye full linspace logspace ones rand randint randn randperm range zeros".split())
_SUMS = frozenset("cumprod cumsum mean nanmean nansum prod sum".split())

_OUT = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="Any")


# The functions that have it, on each page.
_TOP = (
    "abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr alias_copy all amax amin aminmax angle any "
    "arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort as_strided_copy asin asinh "
    "atan atan2 atanh baddbmm bernoulli bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift "
    "bitwise_xor bmm bucketize cat ceil chain_matmul cholesky cholesky_inverse cholesky_solve clamp clamp_max "
    "clamp_min clip column_stack concat concatenate conj_physical copysign cos cosh cross cummax cummin cumprod "
    "cumsum deg2rad detach_copy diag diagonal_copy diff digamma div divide dot dstack empty eq erf erfc erfinv exp "
    "exp2 expand_copy expm1 eye fix float_power floor floor_divide fmax fmin fmod frac frexp full gather gcd ge geqrf "
    "ger greater greater_equal gt hardshrink heaviside histc histogram hstack hypot i0 igamma igammac index_add "
    "index_copy index_reduce index_select inner inverse isin isneginf isposinf kron kthvalue lcm ldexp le lerp less "
    "less_equal lgamma linspace log log10 log1p log2 log_softmax logaddexp logaddexp2 logcumsumexp logical_and "
    "logical_not logical_or logical_xor logit logspace logsumexp lt lu_solve lu_unpack masked_select matmul "
    "matrix_power max maximum mean median min minimum mm mode msort mul multinomial multiply mv mvlgamma nan_to_num "
    "nanmean nanmedian nanquantile nansum narrow_copy ne neg negative nextafter nonzero nonzero_static norm normal "
    "not_equal ones orgqr ormqr outer permute_copy polygamma pow prod qr quantile rad2deg rand randint randn randperm "
    "range reciprocal remainder renorm round row_stack rsqrt scatter scatter_add scatter_reduce searchsorted "
    "select_copy sgn sigmoid sign signbit sin sinc sinh slice_copy slice_scatter slogdet softmax sort split_copy "
    "split_with_sizes_copy sqrt square squeeze_copy stack std sub subtract sum svd t_copy take take_along_dim tan "
    "tanh tensordot threshold topk transpose_copy triangular_solve tril triu true_divide trunc unbind_copy "
    "unfold_copy unsqueeze_copy var vdot view_copy vstack where xlogy zeros"
)
_LINALG = (
    "cholesky cholesky_ex cond cross det eigh eigvalsh householder_product inv inv_ex lu lu_factor lu_factor_ex "
    "lu_solve matmul matrix_norm matrix_power matrix_rank multi_dot norm pinv qr slogdet solve solve_ex "
    "solve_triangular svd svdvals tensorinv tensorsolve vecdot vector_norm"
)


# In `special` all but these two.
_NOT_SPECIAL = ("softmax", "log_softmax")


def install() -> None:
    """Let these functions of the top page, `linalg`, `special` and `nn.functional` take `out=`."""
    top = __name__.partition(".")[0]
    special = [name for name in sys.modules[f"{top}.special"].__all__ if name not in _NOT_SPECIAL]
    pages = {"": _TOP.split(), ".linalg": _LINALG.split(), ".special": special, ".nn.functional": ["normalize"]}
    for page, names in pages.items():
        module = vars(sys.modules[top + page])
        for name in names:
            module[name] = takes_out(module[name], name, top + page)


def takes_out(function: Any, name: str, module: str) -> Any:
    """A function that takes `out=` as well."""

    @wraps(function)
    def either(*args: Any, **kwargs: Any) -> Any:
        try:
            if "out" in kwargs:
                return _write(name, function, args, kwargs)
            return function(*args, **kwargs)
        except CAUGHT as error:
            leave_as(worded(error, function, args, kwargs, name), error)

    either.__name__ = either.__qualname__ = name
    either.__module__ = module
    either.__doc__ = f"{function.__doc__}\n\n    out: a tensor (a tuple for several results) that receives the result."
    either.__signature__ = _Signature(function)  # type: ignore[attr-defined]
    return either


class _Signature(inspect.Signature):
    """A function's signature with `out`, read when somebody asks: reading all of them at import takes 5 ms."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __getattr__(self, name: str) -> Any:
        if name not in ("_parameters", "_return_annotation"):
            raise AttributeError(name)
        signature = inspect.signature(self.function)
        super().__init__([*signature.parameters.values(), _OUT], return_annotation=signature.return_annotation)
        return getattr(self, name)


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
            warn(
                f"{op}: out had shape {tuple(out.array.shape)} and has been resized to the result's, "
                f"{tuple(array.shape)}. Give an out of that shape, or an empty one: out.resize_(0)."
            )
        resize_(out, array.shape)
    out.array[...] = array
    bump_version(out, op)
