"""What PyTorch's programs find on Tensor, Module and the pages, put there: flags of devices and layouts that do not exist
here, methods under older names, `autograd.Variable`, `Module.compile`, `out=`.
"""

from __future__ import annotations

from typing import Any

from .. import autograd, nn
from ..ops.promote import cast
from ..refusals import in_own_name
from ..tensor import Tensor
from ..utils.when_asked import when_asked
from . import import_hook, legacy, out_argument
from .autograd.variable import Variable
from .tensor_types import dtype_of, name_of

# What programs ask before they treat a tensor in a special way; here the answer never changes.
NO = "is_xpu is_mps is_mtia is_xla is_ipu is_vulkan is_maia is_sparse is_sparse_csr is_quantized is_nested is_mkldnn"


@in_own_name
def type(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """Without an argument the name of this tensor's type, as in "tensorgrad.FloatTensor"; with a dtype, such a type or
    its name the tensor converted."""
    return f"tensorgrad.{name_of(self.dtype)}" if dtype is None else cast(self, dtype_of(dtype))


def is_inference(self: Tensor) -> bool:
    """Whether it was made under inference_mode: here such tensors are like any other."""
    return False


def is_shared(self: Tensor) -> bool:
    """Whether its memory is shared between processes."""
    return False


def is_pinned(self: Tensor, device: Any = None) -> bool:
    """Whether its memory is pinned for the way to a GPU."""
    return False


def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """This tensor: memory is pinned for the way to a GPU."""
    return self


def compile(self: nn.Module, *args: Any, **kwargs: Any) -> None:
    """Accepted, does nothing: modules run as they are."""


OLDER = "cholesky inverse lu lu_solve pinverse qr svd triangular_solve"  # of `legacy`
METHODS: dict[str, Any] = {
    **{f.__name__: f for f in (type, is_inference, is_shared, is_pinned, pin_memory)},
    **{name: getattr(legacy, name) for name in OLDER.split()},
}


def install() -> None:
    """Put everything in its place; the top page calls this once all parts are there."""
    import_hook.install()
    for name in NO.split():
        setattr(Tensor, name, False)
    for name, method in METHODS.items():
        setattr(Tensor, name, method)
    nn.Module.compile = compile  # type: ignore[attr-defined]
    paths = ["common_types", "modules"]
    nn.__getattr__ = when_asked(nn.__name__, paths)  # type: ignore[method-assign]
    nn.__all__.extend(paths)
    autograd.Variable = Variable
    autograd.__all__.append("Variable")
    out_argument.install()
