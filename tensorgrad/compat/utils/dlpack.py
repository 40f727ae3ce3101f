"""`tensorgrad.utils.dlpack`: memory shared with other libraries, under PyTorch's older names."""

from typing import Any

from ...ops.create import from_dlpack
from ...tensor import Tensor


def to_dlpack(tensor: Tensor) -> Any:
    """The tensor's memory as a DLPack capsule, for libraries that do not take the tensor itself."""
    return tensor.__dlpack__()


__all__ = ["from_dlpack", "to_dlpack"]
