"""`tensorgrad.version`: what programs print about themselves."""

from .. import __version__

cuda = hip = xpu = None  # the versions of what is not used

__all__ = ["__version__", "cuda", "hip", "xpu"]
