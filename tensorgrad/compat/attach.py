"""What PyTorch's programs find on Tensor, Module and the pages, put there: flags of devices and layouts that do not exist
here, methods under older names, `autograd.Variable`, `Module.compile`, `out=`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .. import autograd, nn
from ..ops.promote import cast
from ..tensor import Tensor
from . import import_hook, legacy, out_argument
from .autograd.variable import Variable
from .tensor_types import dtype_of, name_of

# What programs ask before they treat a tensor in a special way; here the answer never changes.
NO = "is_xpu is_mps is_mtia is_xla is_ipu is_vulkan is_maia is_meta is_sparse is_sparse_csr is_quantized is_nested is_mkldnn"


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


METHODS: dict[str, Any] = {
    **{f.__name__: f for f in (type, is_inference, is_shared, is_pinned, pin_memory)},
    **{f.__name__: f for f in (
        legacy.lu, legacy.pinverse, legacy.svd, legacy.qr, legacy.cholesky, legacy.lu_solve, legacy.triangular_solve,
    )},
    "inverse": legacy.inverse,
}  # fmt: skip


def _path_below_nn(name: str) -> Any:
    """`nn.modules` and `nn.common_types`, imported when first used."""
    if name in ("common_types", "modules"):
        return import_module(f"{nn.__name__}.{name}")
    raise AttributeError(f"module {nn.__name__!r} has no attribute {name!r}")


def install() -> None:
    """Put everything in its place; the top page calls this once all parts are there."""
    import_hook.install()
    for name in NO.split():
        setattr(Tensor, name, False)
    for name, method in METHODS.items():
        setattr(Tensor, name, method)
    nn.Module.compile = compile  # type: ignore[attr-defined]
    nn.__getattr__ = _path_below_nn  # type: ignore[method-assign]
    nn.__all__.extend(["common_types", "modules"])
    autograd.Variable = Variable  # type: ignore[attr-defined]
    autograd.__all__.append("Variable")
    out_argument.install()
