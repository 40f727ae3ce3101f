"""`tensorgrad.functional`: where PyTorch defines some of its top page's functions."""

from ..ops.diagonal import block_diag
from ..ops.distance import cdist
from ..ops.einsum import einsum, tensordot
from ..ops.expand import broadcast_shapes, broadcast_tensors
from ..ops.join import cartesian_prod, meshgrid, split
from ..ops.linalg_norm import norm
from ..ops.products import chain_matmul
from ..ops.shape import atleast_1d, atleast_2d, atleast_3d
from ..ops.sort import unique, unique_consecutive
from .legacy import lu

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes", "broadcast_tensors", "cartesian_prod", "cdist",
    "chain_matmul", "einsum", "lu", "meshgrid", "norm", "split", "tensordot", "unique", "unique_consecutive",
]  # fmt: skip
