"""`tensorgrad.nn.functional`: the functions behind the modules, under PyTorch's names.

The page is a list: each family's functions come from `ops`.
"""

from ..ops.activation import relu

__all__ = ["relu"]
