"""Neural-network functions."""

from . import functional  # noqa: F401
