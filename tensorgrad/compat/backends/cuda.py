"""Accepted: there is no CUDA here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class matmul:
    """Precision switches of products."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = False
    allow_bf16_reduced_precision_reduction = False


def is_built() -> bool:
    return False


def enable_flash_sdp(enabled: bool) -> None:
    """Accepted: attention has one way here."""


enable_mem_efficient_sdp = enable_math_sdp = enable_cudnn_sdp = enable_flash_sdp


def flash_sdp_enabled() -> bool:
    return False


mem_efficient_sdp_enabled = cudnn_sdp_enabled = flash_sdp_enabled


def math_sdp_enabled() -> bool:
    return True


@contextmanager
def sdp_kernel(
    enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True
) -> Iterator[None]:
    """Accepted: attention has one way here."""
    yield
