"""Convolution in one, two and three dimensions, and its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

from ..kernels.shapes import Shape, integer, per_axis
from ..ops import create
from ..tensor import Tensor
from . import functional as F
from . import init
from .lazy import LazyModuleMixin
from .module import Module
from .parameter import Parameter, UninitializedParameter

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """Conv1d, 2d and 3d, which say how many axes the window has; the docstring of Conv2d holds for all.

    The weight, of (filters, channels / groups, *window), the first two exchanged for a transposed convolution, and the bias
    are drawn from U(−1/√fan, 1/√fan), fan = channels/groups · window.
    """

    spatial: int  # how many axes the window has
    transposed = False
    _conv: Any  # the function of `F`
    output_padding: Shape
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] | str = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name, d = type(self).__name__, self.spatial
        if not isinstance(groups, int) or groups < 1:
            raise ValueError(f"{name}: groups must be a positive int, got {groups!r}.")
        for what, n in (("in_channels", in_channels), ("out_channels", out_channels)):
            if n % groups:
                raise ValueError(f"{name}: {what}={n} does not divide into {groups} groups.")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(f"{name}: padding_mode must be one of {', '.join(_PADDING_MODES)}, got {padding_mode!r}.")
        if self.transposed and padding_mode != "zeros":
            raise ValueError(f"{name}: padding_mode must be 'zeros', got {padding_mode!r}; nothing is padded.")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, d, 1)
        self.stride = per_axis(name, "stride", stride, d, 1)
        self.dilation = per_axis(name, "dilation", dilation, d, 1)
        self.output_padding = (0,) * d
        self.padding_mode = padding_mode
        if isinstance(padding, str) and not self.transposed:
            if padding not in ("same", "valid"):
                raise ValueError(f"{name}: padding must be ints, 'same' or 'valid', got {padding!r}.")
            if padding == "same" and max(self.stride) > 1:
                raise ValueError(f"{name}: padding='same' needs stride 1, got {self.stride}. Give it in numbers.")
            self.padding: Any = padding
        else:
            self.padding = per_axis(name, "padding", padding, d, 0)
        shape = self._weight_shape()
        self.weight = Parameter(create.empty(shape, device=device, dtype=dtype))
        self.bias = Parameter(create.empty(out_channels, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def _weight_shape(self) -> Shape:
        a, b = self.out_channels, self.in_channels // self.groups
        if self.transposed:
            a, b = self.in_channels, self.out_channels // self.groups
        return (a, b, *self.kernel_size)

    def reset_parameters(self) -> None:
        """Draw new weights."""
        if self.in_channels:  # a lazy module has none yet
            init.kaiming_uniform_(self.weight, a=sqrt(5))
            if self.bias is not None:
                init.bias_uniform_(self.bias, self.weight)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution with another weight, which subclasses make of `self.weight`."""
        if self.padding_mode == "zeros":
            return self._conv(input, weight, bias, self.stride, self.padding, self.dilation, self.groups)
        padded = F.pad(input, self._beside(), mode=self.padding_mode)
        return self._conv(padded, weight, bias, self.stride, 0, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)

    def _beside(self) -> Shape:
        """Padding on each side, from the last axis to the first, as `F.pad` wants it."""
        sides: list[int] = []
        for k, d, p in zip(*[reversed(x) for x in (self.kernel_size, self.dilation, self._zeros())]):
            before = d * (k - 1) // 2 if self.padding == "same" else p
            sides += [before, d * (k - 1) - before if self.padding == "same" else p]
        return tuple(sides)

    def _zeros(self) -> Shape:
        return (0,) * self.spatial if isinstance(self.padding, str) else self.padding

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0,) * self.spatial:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.spatial:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self.spatial:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text

    @property
    def _reversed_padding_repeated_twice(self) -> list[int]:
        return list(self._beside())


class Conv1d(_ConvNd):
    """A set of filters slid along sequences; see `Conv2d`.

    Shape: (N, C, L) or (C, L) → (N, K, L′) or (K, L′); weight (K, C/groups, S), bias (K,).
    """

    spatial = 1
    _conv = staticmethod(F.conv1d)


class Conv2d(_ConvNd):
    """A set of filters slid over images: see `tensorgrad.nn.functional.conv2d` for the formula.

    Shape: (N, C, H, W) or (C, H, W) → (N, K, H′, W′) or (K, H′, W′), with
    H′ = ⌊(H + 2·padding − dilation·(R − 1) − 1) / stride⌋ + 1; weight (K, C/groups, R, S), bias (K,), both drawn from
    U(−1/√fan, 1/√fan), fan = C/groups·R·S.

    Args:
        in_channels, out_channels: C and K.
        kernel_size, stride, padding, dilation: one int, or one per axis; padding also 'same' or 'valid'.
        padding_mode: what stands outside the image: 'zeros', 'reflect', 'replicate' or 'circular'.
    """

    spatial = 2
    _conv = staticmethod(F.conv2d)


class Conv3d(_ConvNd):
    """A set of filters slid through volumes; see `Conv2d`.

    Shape: (N, C, D, H, W) or without N → (N, K, D′, H′, W′); weight (K, C/groups, Q, R, S), bias (K,).
    """

    spatial = 3
    _conv = staticmethod(F.conv3d)


class _ConvTransposeNd(_ConvNd):
    """ConvTranspose1d, 2d and 3d; the docstring of ConvTranspose2d holds for all."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        output_padding: int | Sequence[int] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Sequence[int] = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        geometry = (kernel_size, stride, padding, dilation, groups)
        super().__init__(in_channels, out_channels, *geometry, bias, padding_mode, device, dtype)
        name, d = type(self).__name__, self.spatial
        self.output_padding = per_axis(name, "output_padding", output_padding, d, 0)

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        more = self.output_padding if output_size is None else self._to_reach(input, output_size)
        return self._conv(input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)

    def _to_reach(self, input: Tensor, output_size: Sequence[int]) -> Shape:
        """The output_padding that leads to a wanted size; a stride maps several sizes to one."""
        name, d = type(self).__name__, self.spatial
        if len(output_size) not in (d, input.ndim):
            raise ValueError(f"{name}: output_size {tuple(output_size)} must have {d} or {input.ndim} entries.")
        wanted = tuple(output_size)[-d:]
        along = zip(input.shape[-d:], self.stride, self.padding, self.dilation, self.kernel_size)
        least = tuple([(n - 1) * s - 2 * p + e * (k - 1) + 1 for n, s, p, e, k in along])
        most = tuple([m + s - 1 for m, s in zip(least, self.stride)])
        if not all(a <= w <= b for a, w, b in zip(least, wanted, most)):
            raise ValueError(
                f"{name}: output_size {wanted} cannot be reached from an input of {tuple(input.shape[-d:])}; "
                f"with stride {self.stride} the sizes from {least} to {most} can."
            )
        return tuple([w - a for w, a in zip(wanted, least)])


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of `Conv1d`; see `ConvTranspose2d`.

    Shape: (N, C, L) or (C, L) → (N, K, L′) or (K, L′); weight (C, K/groups, S), bias (K,).
    """

    spatial = 1
    _conv = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of `Conv2d` as a linear map: each pixel adds its multiple of the filters to a larger image.

    Shape: (N, C, H, W) or (C, H, W) → (N, K, H′, W′) or (K, H′, W′), with
    H′ = (H − 1)·stride − 2·padding + dilation·(R − 1) + output_padding + 1; weight (C, K/groups, R, S), bias (K,), both
    drawn from U(−1/√fan, 1/√fan), fan = K/groups·R·S.

    A call may ask for a size, `module(x, output_size=(H′, W′))`, among those the stride cannot tell apart.
    """

    spatial = 2
    _conv = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of `Conv3d`; see `ConvTranspose2d`.

    Shape: (N, C, D, H, W) or without N → (N, K, D′, H′, W′); weight (C, K/groups, Q, R, S), bias (K,).
    """

    spatial = 3
    _conv = staticmethod(F.conv_transpose3d)


# ---- lazy -----------------------------------------------------------------------------------------------------------


class _LazyConv(LazyModuleMixin):
    """The convolution it is mixed into, learning `in_channels` from its first input."""

    groups: int
    weight: Any
    bias: Any

    def _wait(self, out_channels: int, device: Any, dtype: Any) -> None:
        """Forget the weights of no channels for some to come."""
        self.out_channels = out_channels = integer(type(self).__name__, "out_channels", out_channels, 1)
        if out_channels % self.groups:
            kind = type(self).__name__
            raise ValueError(f"{kind}: out_channels={out_channels} does not divide into {self.groups} groups.")
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if self.bias is not None:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Take the input's channels, or, after a state dict has been loaded, the weight's."""
        me: Any = self
        if self.has_uninitialized_params():
            channels = input.shape[-me.spatial - 1] if input.ndim in (me.spatial + 1, me.spatial + 2) else 0
            if not channels or channels % me.groups:
                raise ValueError(
                    f"{type(self).__name__}: input of shape {tuple(input.shape)} has no channels that divide into "
                    f"{me.groups} groups; it needs {me.spatial} axes after them."
                )
            me.in_channels = channels
            me.weight.materialize(me._weight_shape())
            if me.bias is not None:
                me.bias.materialize((me.out_channels,))
            me.reset_parameters()
        me.in_channels = me.weight.shape[0] if me.transposed else me.weight.shape[1] * me.groups


class _LazyConvolution(_LazyConv):
    """The arguments of LazyConv1d, 2d and 3d."""

    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, bias, padding_mode)  # type: ignore[call-arg]
        self._wait(out_channels, device, dtype)


class _LazyConvTranspose(_LazyConv):
    """The arguments of LazyConvTranspose1d, 2d and 3d."""

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        output_padding: int | Sequence[int] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Sequence[int] = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        geometry = (kernel_size, stride, padding, output_padding, groups)
        super().__init__(0, 0, *geometry, bias, dilation, padding_mode)  # type: ignore[call-arg]
        self._wait(out_channels, device, dtype)


class LazyConv1d(_LazyConvolution, Conv1d):
    """A Conv1d that learns `in_channels` from its first input."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyConvolution, Conv2d):
    """A Conv2d that learns `in_channels` from its first input."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyConvolution, Conv3d):
    """A Conv3d that learns `in_channels` from its first input."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ConvTranspose1d that learns `in_channels` from its first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ConvTranspose2d that learns `in_channels` from its first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ConvTranspose3d that learns `in_channels` from its first input."""

    cls_to_become = ConvTranspose3d
