"""Names of types, for the annotations of modules: a size is one number for all axes, or a tuple with one for each."""

from __future__ import annotations

from ...tensor import Tensor

_size_any_t = int | tuple[int, ...]
_size_1_t, _size_2_t = int | tuple[int], int | tuple[int, int]
_size_3_t, _size_4_t = int | tuple[int, int, int], int | tuple[int, int, int, int]
_size_5_t, _size_6_t = int | tuple[int, int, int, int, int], int | tuple[int, int, int, int, int, int]
_size_any_opt_t = int | None | tuple[int | None, ...]
_size_2_opt_t, _size_3_opt_t = int | None | tuple[int | None, int | None], int | None | tuple[int | None, ...]
_ratio_2_t, _ratio_3_t = float | tuple[float, float], float | tuple[float, float, float]
_ratio_any_t = float | tuple[float, ...]
_tensor_list_t = Tensor | tuple[Tensor, ...]
_maybe_indices_t = Tensor | tuple[Tensor, Tensor]
