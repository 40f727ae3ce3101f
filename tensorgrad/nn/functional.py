"""`tensorgrad.nn.functional`: the functions behind the modules, under PyTorch's names.

The page is a list: each family's functions come from `ops`.
"""

from ..ops.activation import relu
from ..ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "relu",
]
