"""Tensors with reverse-mode differentiation: PyTorch's names and semantics, small enough to read.

    >>> import tensorgrad as tg
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    tensor([2., 4.])
"""

from . import aliases, amp, autograd, backends, cuda, func, linalg, nn, optim, special, utils  # noqa: F401
from .autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .compat import *  # noqa: F403
from .device import device
from .dtypes import (
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
from .ops import methods as _methods
from .ops.activation import *  # noqa: F403
from .ops.compare import *  # noqa: F403
from .ops.conv import *  # noqa: F403
from .ops.create import *  # noqa: F403
from .ops.decompose import *  # noqa: F403
from .ops.elementwise import *  # noqa: F403
from .ops.index import *  # noqa: F403
from .ops.join import *  # noqa: F403
from .ops.legacy import *  # noqa: F403
from .ops.linalg import *  # noqa: F403
from .ops.loss import *  # noqa: F403
from .ops.mask import *  # noqa: F403
from .ops.norm import *  # noqa: F403
from .ops.pool import *  # noqa: F403
from .ops.promote import result_type
from .ops.reduce import *  # noqa: F403
from .ops.sampling import *  # noqa: F403
from .ops.scan import *  # noqa: F403
from .ops.scatter import *  # noqa: F403
from .ops.search import *  # noqa: F403
from .ops.shape import *  # noqa: F403
from .ops.sort import *  # noqa: F403
from .ops.special import *  # noqa: F403
from .ops.write import *  # noqa: F403
from .ops.vision import *  # noqa: F403
from .printing import set_printoptions
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from .serialization import load, save
from .tensor import Size, Tensor

__version__ = "0.1.0"

aliases.install()
