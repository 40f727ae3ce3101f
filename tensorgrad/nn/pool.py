"""Pooling: one number for every window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..kernels.shapes import per_axis
from ..tensor import Tensor
from . import functional as F
from .module import Module

# ---- maximum --------------------------------------------------------------------------------------------------------


class _MaxPoolNd(Module):
    """What the max pools share; `stride` is the window's size if left out."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def _pool(self, pool: Any, input: Tensor) -> Any:
        geometry = (self.kernel_size, self.stride, self.padding, self.dilation)
        return pool(input, *geometry, ceil_mode=self.ceil_mode, return_indices=self.return_indices)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The largest number of every window of a sequence; see `MaxPool2d`.  Shape: (N, C, L) or (C, L) → (…, L′)."""

    def forward(self, input: Tensor) -> Any:
        return self._pool(F.max_pool1d, input)


class MaxPool2d(_MaxPoolNd):
    """The largest number of every window.

    Shape: (N, C, H, W) or (C, H, W) → (…, H′, W′), H′ = ⌊(H + 2·padding − dilation·(R − 1) − 1) / stride⌋ + 1, or ⌈…⌉
    with `ceil_mode`. With `return_indices` also where it stood, counted over H·W: what `MaxUnpool2d` wants.
    """

    def forward(self, input: Tensor) -> Any:
        return self._pool(F.max_pool2d, input)


class MaxPool3d(_MaxPoolNd):
    """The largest number of every window of a volume; see `MaxPool2d`.

    Shape: (N, C, D, H, W) or (C, D, H, W) → (…, D′, H′, W′).
    """

    def forward(self, input: Tensor) -> Any:
        return self._pool(F.max_pool3d, input)


class _MaxUnpoolNd(Module):
    """What the unpools share."""

    spatial: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, self.spatial, 1)
        self.stride = per_axis(name, "stride", kernel_size if stride is None else stride, self.spatial, 1)
        self.padding = per_axis(name, "padding", padding, self.spatial, 0)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """The numbers of a `MaxPool1d` back at the places it returned with `return_indices`; 0 elsewhere."""

    spatial = 1

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpoolNd):
    """The numbers of a `MaxPool2d` back at the places it returned with `return_indices`; 0 elsewhere."""

    spatial = 2

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpoolNd):
    """The numbers of a `MaxPool3d` back at the places it returned with `return_indices`; 0 elsewhere."""

    spatial = 3

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _FractionalMaxPoolNd(Module):
    """What the fractional pools share."""

    spatial: int

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        name, d = type(self).__name__, self.spatial
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, d, 1)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{name}: give either output_size or output_ratio.")
        self.output_size = None if output_size is None else per_axis(name, "output_size", output_size, d, 1)
        self.output_ratio = output_ratio
        if output_ratio is not None:
            self.output_ratio = tuple(output_ratio) if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * d
            if not all(0 < r < 1 for r in self.output_ratio):
                raise ValueError(f"{name}: output_ratio must be between 0 and 1, got {output_ratio}.")

    def _pool(self, pool: Any, input: Tensor) -> Any:
        size = (self.kernel_size, self.output_size, self.output_ratio, self.return_indices)
        return pool(input, *size, _random_samples=self._random_samples)


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The largest number of windows at random steps, so that the size shrinks by any factor (Graham, arXiv:1412.6071).

    Args:
        output_size, output_ratio: the size of the result, or its ratio to the input's, in (0, 1); one of them.
    """

    spatial = 2

    def forward(self, input: Tensor) -> Any:
        return self._pool(F.fractional_max_pool2d, input)


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The largest number of windows at random steps, so that the size shrinks by any factor (Graham, arXiv:1412.6071).

    Args:
        output_size, output_ratio: the size of the result, or its ratio to the input's, in (0, 1); one of them.
    """

    spatial = 3

    def forward(self, input: Tensor) -> Any:
        return self._pool(F.fractional_max_pool3d, input)


# ---- mean -----------------------------------------------------------------------------------------------------------


class AvgPool1d(Module):
    """The mean of every window of a sequence; see `AvgPool2d`.  Shape: (N, C, L) or (C, L) → (…, L′)."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = per_axis("AvgPool1d", "kernel_size", kernel_size, 1, 1)
        self.stride = per_axis("AvgPool1d", "stride", kernel_size if stride is None else stride, 1, 1)
        self.padding = per_axis("AvgPool1d", "padding", padding, 1, 0)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        geometry = (self.kernel_size, self.stride, self.padding)
        return F.avg_pool1d(input, *geometry, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPoolNd(Module):
    """What AvgPool2d and 3d share."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode, self.count_include_pad, self.divisor_override = ceil_mode, count_include_pad, divisor_override

    def _pool(self, pool: Any, input: Tensor) -> Tensor:
        geometry = (self.kernel_size, self.stride, self.padding)
        return pool(input, *geometry, self.ceil_mode, self.count_include_pad, self.divisor_override)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPoolNd):
    """The mean of every window.

    Shape: (N, C, H, W) or (C, H, W) → (…, H′, W′), H′ = ⌊(H + 2·padding − R) / stride⌋ + 1, or ⌈…⌉ with `ceil_mode`.

    Args:
        count_include_pad: whether the zeros of the padding count.
        divisor_override: what to divide by instead of the window's size.
    """

    def forward(self, input: Tensor) -> Tensor:
        return self._pool(F.avg_pool2d, input)


class AvgPool3d(_AvgPoolNd):
    """The mean of every window of a volume; see `AvgPool2d`.

    Shape: (N, C, D, H, W) or (C, D, H, W) → (…, D′, H′, W′).
    """

    def forward(self, input: Tensor) -> Tensor:
        return self._pool(F.avg_pool3d, input)


class _LPPoolNd(Module):
    """What the power-mean pools share."""

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) over every window, p = norm_type: the sum for 1, near the maximum for large p."""

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) over every window, p = norm_type: the sum for 1, near the maximum for large p."""

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) over every window, p = norm_type: the sum for 1, near the maximum for large p."""

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


# ---- to a size ------------------------------------------------------------------------------------------------------


class _AdaptiveAvgPoolNd(Module):
    """What the adaptive means share: a size per axis, None to keep the input's."""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveMaxPoolNd(_AdaptiveAvgPoolNd):
    """What the adaptive maxima share."""

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of every window, the windows laid out so that the result has the given size."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of every window, the windows laid out so that the result has the given size."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of every window, the windows laid out so that the result has the given size."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool3d(input, self.output_size)


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The largest number of every window, the windows laid out so that the result has the given size."""

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The largest number of every window, the windows laid out so that the result has the given size."""

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The largest number of every window, the windows laid out so that the result has the given size."""

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)
