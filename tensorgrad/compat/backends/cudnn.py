"""Accepted: there is no cuDNN here, and every operation is deterministic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

enabled = False
benchmark = False
deterministic = True
allow_tf32 = False


def is_available() -> bool:
    return False


def version() -> None:
    return None


@contextmanager
def flags(
    enabled: bool = False, benchmark: bool = False, benchmark_limit: int = 10, deterministic: bool = False,
    allow_tf32: bool = True,
) -> Iterator[None]:  # fmt: skip
    """Accepted."""
    yield
