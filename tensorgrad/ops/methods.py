"""The one page that attaches operations to Tensor: `Tensor.exp` is `ops.elementwise.exp` itself, not a wrapper.

In-place forms (`exp_`) are the same operations with their result written back: see `in_place`.
"""

from __future__ import annotations

from functools import wraps
from types import ModuleType
from typing import Any

from ..autograd import regions
from ..autograd.inplace import check_writable, saved_operand, store_by_kernel, store_checked
from ..refusals import CAUGHT, in_own_name, leave_as, worded
from ..tensor import Tensor
from . import (
    activation,
    arithmetic,
    assign,
    bessel,
    bitwise,
    choose,
    compare,
    conv,
    create,
    determinant,
    diagonal,
    distance,
    elementwise,
    expand,
    extremes,
    factorize,
    gamma,
    histogram,
    index,
    index_along,
    join,
    linalg_norm,
    mask,
    new,
    powers,
    products,
    promote,
    reduce,
    sampling,
    scan,
    scatter,
    search,
    shape,
    slice,
    softmax,
    solve,
    sort,
    special,
    statistics,
    trigonometry,
    ufunc,
)
from .keywords import factors_last

# ---- operators ------------------------------------------------------------------------------------------------------


def swapped(op: Any) -> Any:
    """The reflected operator: `2 ** x` asks x, with the operands the other way round."""

    def reflected(self: Tensor, other: Any) -> Tensor:
        return op(other, self)

    reflected.__doc__ = f"{op.__name__}(other, self)"
    return reflected


_OPERATORS = {
    "__add__": arithmetic.add,
    "__radd__": arithmetic.add,
    "__sub__": arithmetic.sub,
    "__rsub__": arithmetic.rsub,
    "__mul__": arithmetic.mul,
    "__rmul__": arithmetic.rmul,
    "__truediv__": arithmetic.div,
    "__rtruediv__": swapped(arithmetic.div),
    "__floordiv__": arithmetic.floor_divide,
    "__rfloordiv__": swapped(arithmetic.floor_divide),
    "__mod__": arithmetic.remainder,
    "__rmod__": swapped(arithmetic.remainder),
    "__pow__": arithmetic.pow,
    "__rpow__": swapped(arithmetic.pow),
    "__neg__": arithmetic.neg,
    "__pos__": arithmetic.positive,
    "__abs__": elementwise.abs,
    "__invert__": bitwise.bitwise_not,
    "__and__": bitwise.bitwise_and,
    "__rand__": bitwise.bitwise_and,
    "__or__": bitwise.bitwise_or,
    "__ror__": bitwise.bitwise_or,
    "__xor__": bitwise.bitwise_xor,
    "__rxor__": bitwise.bitwise_xor,
    "__lshift__": bitwise.bitwise_left_shift,
    "__rlshift__": swapped(bitwise.bitwise_left_shift),
    "__rshift__": bitwise.bitwise_right_shift,
    "__rrshift__": swapped(bitwise.bitwise_right_shift),
    "__eq__": compare.__eq__,
    "__ne__": compare.__ne__,
    "__lt__": compare.__lt__,
    "__le__": compare.__le__,
    "__gt__": compare.__gt__,
    "__ge__": compare.__ge__,
    "__matmul__": products.matmul,
    "__rmatmul__": products.rmatmul,
    "__getitem__": index.getitem,
    "__setitem__": index.setitem,
}

# ---- methods of the same name as the function, a family a line ---------------------------------------------------------

_METHODS: dict[ModuleType, str] = {
    arithmetic: "add addcdiv addcmul div divide float_power floor_divide fmod lerp mul multiply neg negative pow remainder "
    "square sub subtract true_divide float_power_ positive",
    choose: "clamp clamp_max clamp_min clip copysign heaviside nan_to_num fmax fmin maximum minimum",
    trigonometry: "acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh cos cosh "
    "deg2rad hypot rad2deg sin sinh tan tanh",
    elementwise: "abs absolute ceil exp exp2 expm1 fix floor frac ldexp log log10 log1p log2 nextafter reciprocal round "
    "rsqrt sgn sigmoid sign sqrt trunc angle apply_ conj conj_physical frexp is_conj is_neg logaddexp "
    "logaddexp2 map2_ map_ resolve_conj resolve_neg",
    bitwise: "bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor gcd lcm",
    compare: "eq ge greater greater_equal gt le less less_equal logical_and logical_not logical_or logical_xor lt ne "
    "not_equal allclose equal is_same_size isclose isfinite isin isinf isnan isneginf isposinf isreal signbit",
    special: "erf erfc erfinv logit sinc xlogy",
    gamma: "digamma igamma igammac lgamma mvlgamma",
    bessel: "i0",
    promote: "bfloat16 byte char cpu cuda double half long short to type_as",
    activation: "relu hardshrink prelu",
    softmax: "log_softmax softmax",
    reduce: "sum mean nansum nanmean count_nonzero logsumexp prod all any sum_to_size",
    extremes: "max min amax amin aminmax argmax argmin",
    statistics: "var std cov corrcoef",
    scan: "cumsum cumprod logcumsumexp cummax cummin diff",
    sort: "sort argsort msort topk kthvalue median nanmedian mode quantile nanquantile unique unique_consecutive",
    histogram: "bincount histc histogram",
    new: "new new_zeros new_ones new_empty new_empty_strided new_full new_tensor",
    sampling: "bernoulli multinomial normal_ uniform_ log_normal_ exponential_ cauchy_ geometric_ bernoulli_ random_",
    products: "matmul mm bmm mv dot vdot inner outer ger addmm addmv addbmm baddbmm addr kron cross",
    diagonal: "trace diag diagonal diag_embed diagflat tril triu",
    linalg_norm: "norm renorm",
    distance: "dist",
    solve: "cholesky_solve cholesky_inverse",
    determinant: "det slogdet logdet",
    factorize: "geqrf orgqr ormqr",
    powers: "matrix_power matrix_exp",
    shape: "reshape view view_as reshape_as flatten unflatten ravel squeeze unsqueeze permute transpose swapaxes "
    "swapdims movedim moveaxis t adjoint clone contiguous squeeze_ unsqueeze_ transpose_ t_",
    expand: "expand expand_as broadcast_to repeat tile repeat_interleave",
    slice: "flip fliplr flipud roll rot90 select narrow narrow_copy unfold as_strided as_strided_",
    join: "unbind unsafe_chunk unsafe_split unsafe_split_with_sizes chunk tensor_split split_with_sizes hsplit vsplit dsplit",
    index: "index_put take put index_put_ put_",
    scatter: "gather scatter scatter_add scatter_reduce take_along_dim scatter_ scatter_add_",
    index_along: "index_select index_add index_copy index_fill index_reduce index_add_ index_copy_ index_fill_",
    mask: "masked_fill masked_select masked_scatter masked_fill_ masked_scatter_",
    search: "nonzero nonzero_static argwhere",
    assign: "as_strided_scatter select_scatter slice_scatter diagonal_scatter fill_ zero_ copy_ set_ "
    "resize_ resize_as_ fill_diagonal_",
    conv: "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
}

# ---- operations that also have an in-place form --------------------------------------------------------------------------

_IN_PLACE: dict[ModuleType, str] = {
    arithmetic: "add addcdiv addcmul div divide floor_divide fmod lerp mul multiply neg negative pow remainder square sub "
    "subtract true_divide",
    choose: "clamp clamp_max clamp_min clip copysign heaviside nan_to_num",
    trigonometry: "acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh cos cosh "
    "deg2rad hypot rad2deg sin sinh tan tanh",
    elementwise: "abs absolute ceil exp exp2 expm1 fix floor frac ldexp log log10 log1p log2 nextafter reciprocal round "
    "rsqrt sgn sigmoid sign sqrt trunc conj_physical",
    bitwise: "bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor gcd lcm",
    compare: "eq ge greater greater_equal gt le less less_equal logical_and logical_not logical_or logical_xor lt ne "
    "not_equal",
    special: "erf erfc erfinv logit sinc xlogy",
    gamma: "digamma igamma igammac lgamma mvlgamma",
    bessel: "i0",
    activation: "relu",
    scan: "cumsum cumprod",
    scatter: "scatter_reduce",
    index_along: "index_reduce",
    products: "addmm addmv addbmm baddbmm addr",
    diagonal: "tril triu",
    linalg_norm: "renorm",
}

# ---- methods under another name -----------------------------------------------------------------------------------------

_RENAMED: dict[str, Any] = {
    "T": property(shape._T),
    "mT": property(shape._mT),
    "H": property(shape._H),
    "mH": property(shape._mH),
    "split": join._split_method,
    "swapaxes_": shape.transpose_,
    "swapdims_": shape.transpose_,
    "where": choose._where_method,
    "is_nonzero": Tensor.__bool__,
    "__reversed__": lambda x: slice.flip(x, (0,)) if x.array.ndim else x,
    "real": property(elementwise.real),
    "polygamma": gamma._polygamma_method,
    "float": promote.float_,
    "int": promote.int_,
    "bool": promote.bool_,
    "__array_ufunc__": ufunc.array_ufunc,
}

# ---- what the engine and the rules of operations ask for, by private names --------------------------------------------------


_IN_PLACE_OPERATORS = {
    "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_", "__itruediv__": "div_", "__ifloordiv__": "floor_divide_",
    "__imod__": "remainder_", "__ipow__": "pow_", "__iand__": "bitwise_and_", "__ior__": "bitwise_or_",
    "__ixor__": "bitwise_xor_", "__ilshift__": "bitwise_left_shift_", "__irshift__": "bitwise_right_shift_",
}  # fmt: skip


# In-place forms with a kernel of their own (`add_`), which needs no memory for the result before it is written.
_DIRECT = {arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div} | {
    arithmetic.addcmul, arithmetic.addcdiv, arithmetic.lerp, choose.clamp
}  # fmt: skip


# What PyTorch's first versions took with the factor in front: `p.add_(-lr, grad)`, `p.addcdiv_(-lr, m, v)`.
_OLDER_ORDER = {
    arithmetic.add: (factors_last(("alpha",), 1), 1), arithmetic.sub: (factors_last(("alpha",), 1), 1),
    arithmetic.addcmul: (factors_last(("value",), 2), 2), arithmetic.addcdiv: (factors_last(("value",), 2), 2),
}  # fmt: skip


def in_place(op: Any, name: str) -> Any:
    """The in-place form of an operation: compute, write into the first operand's memory, take the result's place."""
    kernel = f"{op.__name__}_" if op in _DIRECT else None
    reordered, most = _OLDER_ORDER.get(op, (None, 0))

    @wraps(op)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        try:
            if reordered is not None and len(args) > most:
                args, kwargs = reordered(args, kwargs)
            if kernel is not None and store_by_kernel(self, kernel, args, kwargs, name):
                return self
            check_writable(self, name)
            old = saved_operand(self, *args, *kwargs.values())
            return store_checked(self, op(old, *args, **kwargs), name)
        except CAUGHT as error:
            leave_as(worded(error, op, (self, *args), kwargs, name), error)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In place: x.{name}(…) writes {op.__name__}(x, …) into x's memory and returns x."
    return method


# ---- what the engine asks of operations, which lie above it ----------------------------------------------------------------

_ENGINE: dict[str, Any] = {
    "_alias": regions.alias,
    "_cast": promote.cast,
    "_exclusive_cumprod": scan.exclusive_cumprod,
    "_products_of_others": scan.products_of_others,
    "_legacy_array": staticmethod(create.legacy_array),
    "_stack": staticmethod(join.stack),
    "_sum_to": reduce.sum_to,
    "_zeros_like": create.zeros_like,
}


# Methods that the class defines itself, below `refusals`: their errors in their own name as well.
_OF_THE_CLASS = "register_hook register_post_accumulate_grad_hook requires_grad_ is_set_to"


def attach() -> None:
    """Put everything on the class."""
    for name, function in _OPERATORS.items():
        setattr(Tensor, name, function)
    for module, names in _METHODS.items():
        for name in names.split():
            setattr(Tensor, name, getattr(module, name))
    for module, names in _IN_PLACE.items():
        for name in names.split():
            setattr(Tensor, name + "_", in_place(getattr(module, name), name + "_"))
    for name, member in (_RENAMED | _ENGINE).items():
        setattr(Tensor, name, member)
    for name in _OF_THE_CLASS.split():
        setattr(Tensor, name, in_own_name(getattr(Tensor, name)))
    Tensor.polygamma_ = in_place(gamma._polygamma_method, "polygamma_")
    for operator, name in _IN_PLACE_OPERATORS.items():
        setattr(Tensor, operator, getattr(Tensor, name))


attach()
