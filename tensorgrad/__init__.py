"""Tensors with reverse-mode differentiation: PyTorch's names and semantics, small enough to read.

    >>> import tensorgrad as tg
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    tensor([2., 4.])
"""

from . import (
    accelerator,
    aliases,
    amp,
    autograd,
    backends,
    cuda,
    func,
    linalg,
    nn,
    optim,
    out,
    return_types,
    special,
    utils,
)
from .amp import autocast, get_autocast_dtype, is_autocast_enabled
from .autograd.anomaly import is_anomaly_check_nan_enabled, is_anomaly_enabled
from .autograd.anomaly import set_detect_anomaly as set_anomaly_enabled
from .autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .compat import *
from .device import device
from .dtypes import (
    bfloat16,
    bool,
    can_cast,
    double,
    dtype,
    finfo,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
)
from .func import vmap
from .ops import methods as _methods
from .ops.activation import *
from .ops.compare import *
from .ops.conv import *
from .ops.copies import *
from .ops.create import *
from .ops.decompose import *
from .ops.einsum import *
from .ops.elementwise import *
from .ops.index import *
from .ops.join import *
from .ops.legacy import *
from .ops.linalg import *
from .ops.loss import *
from .ops.mask import *
from .ops.norm import *
from .ops.pool import *
from .ops.promote import result_type
from .ops.reduce import *
from .ops.rnn import *
from .ops.sampling import *
from .ops.scan import *
from .ops.scatter import *
from .ops.search import *
from .ops.shape import *
from .ops.sort import *
from .ops.special import *
from .ops.vision import *
from .ops.windows import *
from .ops.write import *
from .printing import set_printoptions
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from .serialization import load, save
from .tensor import Size, Tensor
from .tensor_types import *

__version__ = "0.1.0"

# Parts that are imported when first used.
_WHEN_ASKED = {
    "compiler", "data", "distributed", "distributions", "hub", "jit", "metrics", "mps", "multiprocessing", "onnx", "text",
    "testing", "training", "version", "vision", "xpu",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)  # tensorgrad.exp_(x), as PyTorch has it, is x.exp_()
    if name.startswith("_foreach_"):
        from .ops.foreach import foreach

        return foreach(name)
    if name not in _WHEN_ASKED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return import_module(f".{name}", __name__)



aliases.install()
out.install(
    globals(),
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
    "unfold_copy unsqueeze_copy var vdot view_copy vstack where xlogy zeros",
)
