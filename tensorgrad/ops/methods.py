"""The one page that hangs operations on Tensor: `Tensor.exp` is `ops.elementwise.exp` itself, not a wrapper.

In-place forms (`exp_`) are the same operations with their result written back: see `in_place`.
"""

from __future__ import annotations

from functools import wraps
from types import ModuleType
from typing import Any

from ..autograd.inplace import before_write, check_writable
from ..autograd.inplace import write as write_back
from ..tensor import Tensor
from . import (
    activation,
    conv,
    create,
    decompose,
    elementwise,
    index,
    join,
    legacy,
    linalg,
    mask,
    reduce,
    sampling,
    scan,
    scatter,
    search,
    shape,
    sort,
    write,
)

# ---- operators ------------------------------------------------------------------------------------------------------

_OPERATORS = {
    "__add__": elementwise.add,
    "__radd__": elementwise.add,
    "__sub__": elementwise.sub,
    "__mul__": elementwise.mul,
    "__rmul__": elementwise.mul,
    "__truediv__": elementwise.div,
    "__pow__": elementwise.pow,
    "__neg__": elementwise.neg,
    "__matmul__": linalg.matmul,
    "__rmatmul__": linalg.rmatmul,
    "__getitem__": index.getitem,
    "__setitem__": index.setitem,
}

# ---- methods of the same name as the function, a family a line ---------------------------------------------------------

_METHODS: dict[ModuleType, str] = {
    elementwise: "add sub mul div pow neg exp log",
    activation: "relu",
    reduce: "sum mean nansum nanmean count_nonzero logsumexp var std prod max min amax amin aminmax argmax argmin all any "
    "cov corrcoef",
    scan: "cumsum cumprod logcumsumexp cummax cummin diff",
    sort: "sort argsort msort topk kthvalue median nanmedian mode quantile nanquantile unique unique_consecutive bincount "
    "histc histogram",
    create: "new_zeros new_ones new_empty new_empty_strided new_full new_tensor",
    sampling: "bernoulli multinomial normal_ uniform_ log_normal_ exponential_ cauchy_ geometric_ bernoulli_ random_",
    linalg: "matmul mm bmm mv dot vdot inner outer ger addmm addmv addbmm baddbmm addr kron cross trace diag diagonal "
    "diag_embed diagflat tril triu norm dist",
    decompose: "det slogdet logdet matrix_power matrix_exp cholesky_solve cholesky_inverse",
    legacy: "inverse pinverse svd qr cholesky lu_solve",
    shape: "reshape view view_as reshape_as flatten unflatten ravel squeeze unsqueeze permute transpose swapaxes swapdims "
    "movedim moveaxis t adjoint expand expand_as broadcast_to repeat tile repeat_interleave flip fliplr flipud roll rot90 "
    "select narrow unfold as_strided clone contiguous squeeze_ unsqueeze_ transpose_ t_ as_strided_",
    join: "unbind chunk tensor_split split_with_sizes hsplit vsplit dsplit",
    index: "index_put take put index_put_ put_",
    scatter: "gather scatter scatter_add scatter_reduce take_along_dim index_select index_add index_copy index_fill "
    "index_reduce scatter_ scatter_add_ index_add_ index_copy_ index_fill_",
    mask: "masked_fill masked_select masked_scatter masked_fill_ masked_scatter_",
    search: "nonzero argwhere",
    write: "select_scatter slice_scatter diagonal_scatter fill_ zero_ copy_ set_ resize_",
    conv: "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
}

# ---- operations that also have an in-place form --------------------------------------------------------------------------

_IN_PLACE: dict[ModuleType, str] = {
    elementwise: "add sub mul div pow neg exp log",
    activation: "relu",
    scatter: "scatter_reduce index_reduce",
    linalg: "addmm addmv addbmm baddbmm addr tril triu",
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
}


def in_place(op: Any, name: str) -> Any:
    """The in-place form of an operation: compute, write into the first operand's memory, take the result's place."""

    @wraps(op)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self, name)
        old = before_write(self, *args, *kwargs.values())
        return write_back(self, op(old, *args, **kwargs), name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In place: x.{name}(…) writes {op.__name__}(x, …) into x's memory and returns x."
    return method


def hang() -> None:
    """Put everything on the class."""
    for name, function in _OPERATORS.items():
        setattr(Tensor, name, function)
    for module, names in _METHODS.items():
        for name in names.split():
            setattr(Tensor, name, getattr(module, name))
    for module, names in _IN_PLACE.items():
        for name in names.split():
            setattr(Tensor, name + "_", in_place(getattr(module, name), name + "_"))
    for name, member in _RENAMED.items():
        setattr(Tensor, name, member)
    for operator in ("add", "sub", "mul", "pow"):
        setattr(Tensor, f"__i{operator}__", getattr(Tensor, operator + "_"))
    Tensor.__itruediv__ = Tensor.div_  # type: ignore[attr-defined]


hang()
