"""Tensors with reverse-mode differentiation: PyTorch's names and semantics, small enough to read.

    >>> import tensorgrad as tg
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    tensor([2., 4.])
"""

from . import amp, autograd, cuda, func, linalg, nn, optim, special, utils
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
from .compat import attach as _attach
from .compat.copies import *
from .compat.dtypes import *
from .compat.foreach import foreach as _foreach
from .compat.legacy import *
from .compat.questions import *
from .compat.tensor_types import *
from .device import default_device as get_default_device
from .device import device, set_default_device
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
from .ops.arithmetic import *
from .ops.assign import *
from .ops.bessel import *
from .ops.bitwise import *
from .ops.choose import *
from .ops.compare import *
from .ops.conv import *
from .ops.create import *
from .ops.determinant import *
from .ops.diagonal import *
from .ops.distance import *
from .ops.einsum import *
from .ops.elementwise import *
from .ops.expand import *
from .ops.extremes import *
from .ops.factorize import *
from .ops.gamma import *
from .ops.histogram import *
from .ops.index import *
from .ops.index_along import *
from .ops.join import *
from .ops.linalg_norm import *
from .ops.loss import *
from .ops.loss_pairs import *
from .ops.lowrank import *
from .ops.mask import *
from .ops.norm import *
from .ops.pool import *
from .ops.powers import *
from .ops.products import *
from .ops.promote import result_type
from .ops.ranges import *
from .ops.reduce import *
from .ops.rnn import *
from .ops.sampling import *
from .ops.scan import *
from .ops.scatter import *
from .ops.search import *
from .ops.shape import *
from .ops.signal_windows import *
from .ops.slice import *
from .ops.softmax import *
from .ops.solve import *
from .ops.sort import *
from .ops.special import *
from .ops.statistics import *
from .ops.trigonometry import *
from .ops.vision import *
from .printing import set_printoptions
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from .serialization import load, save
from .tensor import Size, Tensor
from .utils.when_asked import when_asked as _when_asked

__version__ = "0.1.0"

_part = _when_asked(
    __name__,
    "_C accelerator backends compiler data distributed distributions functional futures fx hub jit metrics mps multiprocessing "
    "onnx profiler return_types testing text training types version vision xpu".split(),
)


def __getattr__(name: str) -> object:
    if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)  # tensorgrad.exp_(x), as PyTorch has it, is x.exp_()
    if name.startswith("_foreach_"):
        return _foreach(name)
    if name == "Future":
        return _part("futures").Future
    return _part(name)


_attach.install()
