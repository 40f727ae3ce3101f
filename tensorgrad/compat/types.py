"""`tensorgrad.types`: names for type annotations."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from ..device import device as _device
from ..tensor import Size, Tensor, TensorLike

_int, _float, _bool = builtins.int, builtins.float, builtins.bool
_TensorOrTensors = Tensor | Sequence[Tensor]
_size = Size | list[int] | tuple[int, ...]
Device = _device | str | int | None
Number = (int, float, bool)
FileLike = Any
Storage = Any

__all__ = ["Device", "FileLike", "Number", "Size", "Storage", "Tensor", "TensorLike"]
