"""`tensorgrad.cuda.amp`, the older place of `tensorgrad.amp`."""

from __future__ import annotations

from typing import Any

from ..amp import GradScaler, autocast_mode, custom_bwd, custom_fwd, grad_scaler
from ..amp import autocast as _autocast


class autocast(_autocast):
    """`amp.autocast("cuda")`."""

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


__all__ = ["GradScaler", "autocast", "autocast_mode", "custom_bwd", "custom_fwd", "grad_scaler"]
