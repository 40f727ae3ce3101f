"""The views of `shape` and `join` as copies: `transpose_copy(x, 0, 1)` is `transpose(x, 0, 1)` in memory of its own."""

from __future__ import annotations

from functools import wraps
from typing import Any

from ..ops import expand, join, shape, slice
from ..ops.assign import sliced
from ..ops.diagonal import diagonal
from ..ops.promote import as_operand
from ..ops.shape import clone, detach, squeeze, unsqueeze
from ..ops.slice import as_strided
from ..refusals import CAUGHT, leave_as, worded
from ..tensor import Tensor


def _alias(input: Any) -> Tensor:
    return as_operand("alias_copy", input)


def _slice(input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    return sliced("slice_copy", as_operand("slice_copy", input), dim, start, end, step)


def _copy_of(view: Any, name: str) -> Any:
    @wraps(view)
    def copy(*args: Any, **kwargs: Any) -> Any:
        try:
            found = view(*args, **kwargs)
        except CAUGHT as error:
            leave_as(worded(error, view, args, kwargs, name), error)
        return tuple([clone(x) for x in found]) if isinstance(found, tuple) else clone(found)

    copy.__name__ = copy.__qualname__ = name
    copy.__module__ = __name__
    copy.__doc__ = f"{name.removesuffix('_copy')} in memory of its own: a copy where that gives a view."
    return copy


alias_copy = _copy_of(_alias, "alias_copy")
as_strided_copy = _copy_of(as_strided, "as_strided_copy")
detach_copy = _copy_of(detach, "detach_copy")
diagonal_copy = _copy_of(diagonal, "diagonal_copy")
expand_copy = _copy_of(expand.expand, "expand_copy")
permute_copy = _copy_of(shape.permute, "permute_copy")
select_copy = _copy_of(slice.select, "select_copy")
slice_copy = _copy_of(_slice, "slice_copy")
split_copy = _copy_of(join.split, "split_copy")
split_with_sizes_copy = _copy_of(join.split_with_sizes, "split_with_sizes_copy")
squeeze_copy = _copy_of(squeeze, "squeeze_copy")
t_copy = _copy_of(shape.t, "t_copy")
transpose_copy = _copy_of(shape.transpose, "transpose_copy")
unbind_copy = _copy_of(join.unbind, "unbind_copy")
unfold_copy = _copy_of(slice.unfold, "unfold_copy")
unsqueeze_copy = _copy_of(unsqueeze, "unsqueeze_copy")
view_copy = _copy_of(shape.view, "view_copy")

__all__ = [
    "alias_copy", "as_strided_copy", "detach_copy", "diagonal_copy", "expand_copy", "permute_copy", "select_copy",
    "slice_copy", "split_copy", "split_with_sizes_copy", "squeeze_copy", "t_copy", "transpose_copy", "unbind_copy",
    "unfold_copy", "unsqueeze_copy", "view_copy",
]  # fmt: skip
