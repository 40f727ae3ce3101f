"""Normalisation: values moved to mean 0 and variance 1, over the batch, the features, the channels, the image."""

from __future__ import annotations

from typing import Any

from ..autograd.frames import warn
from ..ops import create
from ..refusals import in_class_name
from ..tensor import Tensor
from . import functional as F
from . import init
from .lazy import LazyModuleMixin
from .module import Module
from .parameter import Parameter, UninitializedBuffer, UninitializedParameter

# ---- over the batch -------------------------------------------------------------------------------------------------


class _NormBase(Module):
    """What batch and instance norms share: weight and bias of the channels, if `affine`, and running statistics, if
    `track_running_stats`."""

    _version = 2  # 1, from before 2018, had no counter of batches
    axes: tuple[int, ...] = ()  # how many an input may have; () is any number from 2
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        place = {"device": device, "dtype": dtype}
        self.weight = Parameter(create.empty(num_features, **place)) if affine else None
        self.bias = Parameter(create.empty(num_features, **place)) if affine and bias else None
        mean = create.zeros(num_features, **place) if track_running_stats else None
        var = create.ones(num_features, **place) if track_running_stats else None
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("num_batches_tracked", create.tensor(0, device=device) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Mean 0, variance 1, no batch seen."""
        if self.track_running_stats:
            assert self.running_mean is not None and self.running_var is not None
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()  # type: ignore[union-attr]

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, statistics forgotten."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        allowed = self.axes
        if input.ndim in allowed or (not allowed and input.ndim >= 2):
            return
        words = " or ".join(str(n) for n in allowed) if allowed else "at least 2"
        raise ValueError(
            f"{type(self).__name__}: input has shape {tuple(input.shape)}; it needs {words} axes, the channels second."
        )

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *rest: Any
    ) -> None:
        if local_metadata.get("version", 1) < 2 and self.num_batches_tracked is not None:
            state_dict.setdefault(prefix + "num_batches_tracked", self.num_batches_tracked)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_NormBase):
    """BatchNorm1d, 2d and 3d; the docstring of BatchNorm2d holds for all."""

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        factor = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                factor = 1.0 / float(self.num_batches_tracked)
        of_batch = self.training or (self.running_mean is None and self.running_var is None)
        running = not self.training or self.track_running_stats
        mean, var = (self.running_mean, self.running_var) if running else (None, None)
        return F.batch_norm(input, mean, var, self.weight, self.bias, of_batch, factor, self.eps)


class BatchNorm1d(_BatchNorm):
    """Each feature normalised over the batch; see `BatchNorm2d`.  Shape: (N, C) or (N, C, L) → the same."""

    axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    """y = (x − mean) / √(var + ε) · weight + bias, channel by channel (Ioffe & Szegedy, arXiv:1502.03167).

    In training mean and variance are those of the batch (divided by n), and move the running ones (variance divided by
    n − 1): running ← (1 − momentum)·running + momentum·batch. In evaluation the running ones are used.

    Shape: (N, C, H, W) → the same; weight and bias (C,), 1 and 0 at first.

    Args:
        momentum: None averages over all batches seen.
        affine, bias: whether there are weight and bias.
        track_running_stats: False uses the batch's statistics in evaluation too.
    """

    axes = (4,)


class BatchNorm3d(_BatchNorm):
    """Each channel normalised over batch and volume; see `BatchNorm2d`.  Shape: (N, C, D, H, W) → the same."""

    axes = (5,)


class SyncBatchNorm(_BatchNorm):
    """A batch norm for several processes. In one process the batch is all there is: the same as `BatchNorm2d`, for any
    number of axes from 2."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module, with every batch norm in it replaced by a SyncBatchNorm of the same parameters."""
        new = module
        if isinstance(module, _BatchNorm):
            settings = (module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats)
            new = cls(*settings, process_group=process_group, bias=module.bias is not None)
            for name in module._parameters:
                new._parameters[name] = module._parameters[name]
            for name in module._buffers:
                new._buffers[name] = module._buffers[name]
            new.training = module.training
        for name, child in module.named_children():
            new.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return new


class _LazyNorm(LazyModuleMixin):
    """The norm it is mixed into, learning `num_features` from its first input."""

    @in_class_name
    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False)  # type: ignore[call-arg]
        me: Any = self
        me.affine, me.track_running_stats = affine, track_running_stats
        place = {"device": device, "dtype": dtype}
        if affine:
            me.weight = UninitializedParameter(**place)
            if bias:
                me.bias = UninitializedParameter(**place)
        if track_running_stats:
            me.running_mean, me.running_var = UninitializedBuffer(**place), UninitializedBuffer(**place)
            me.num_batches_tracked = create.tensor(0, device=device)

    def initialize_parameters(self, input: Tensor) -> None:
        """Take the input's channels, or, after a state dict has been loaded, the state's."""
        me: Any = self
        if self.has_uninitialized_params():
            if input.ndim < 2:
                kind, shape = type(self).__name__, tuple(input.shape)
                raise ValueError(f"{kind}: input has shape {shape}; it needs at least 2 axes, the channels second.")
            me.num_features = input.shape[1]
            for x in (me.weight, me.bias, me.running_mean, me.running_var):
                if x is not None:
                    x.materialize((me.num_features,))
            me.reset_parameters()
        for x in (me.weight, me.running_mean):
            if x is not None:
                me.num_features = x.shape[0]


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A BatchNorm1d that learns `num_features` from its first input."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A BatchNorm2d that learns `num_features` from its first input."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A BatchNorm3d that learns `num_features` from its first input."""

    cls_to_become = BatchNorm3d


# ---- over each image ------------------------------------------------------------------------------------------------


class _InstanceNorm(_NormBase):
    """InstanceNorm1d, 2d and 3d; the docstring of InstanceNorm2d holds for all. Channels are at `axes[0] − 2` from the
    front of an input with as few axes as may be."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _check_input_dim(self, input: Tensor) -> None:
        without, batched = self.axes
        name, shape = type(self).__name__, tuple(input.shape)
        if input.ndim not in self.axes:
            raise ValueError(f"{name}: input has shape {shape}; it needs {batched} axes, or {without} without N.")
        channels = input.shape[input.ndim - without]
        if channels != self.num_features:
            if self.affine:
                raise ValueError(f"{name}: input {shape} has {channels} channels; built for {self.num_features}.")
            warn(
                f"{name}: input {shape} has {channels} channels; built for {self.num_features}; "
                "without weights that changes nothing."
            )

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        batched = input.ndim == self.axes[1]
        x = input if batched else input.unsqueeze(0)
        of_input = self.training or not self.track_running_stats
        factor = 0.0 if self.momentum is None else self.momentum
        mean, var = self.running_mean, self.running_var
        y = F.instance_norm(x, mean, var, self.weight, self.bias, of_input, factor, self.eps)
        return y if batched else y.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sequence normalised; see `InstanceNorm2d`.  Shape: (N, C, L) or (C, L) → the same."""

    axes = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """y = (x − mean) / √(var + ε) · weight + bias, over each channel of each image (Ulyanov et al., arXiv:1607.08022).

    Shape: (N, C, H, W) or (C, H, W) → the same; weight and bias (C,), only if `affine`. Running statistics, only if
    `track_running_stats`, are used in evaluation.
    """

    axes = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Each channel of each volume normalised; see `InstanceNorm2d`.

    Shape: (N, C, D, H, W) or (C, D, H, W) → the same.
    """

    axes = (4, 5)


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """An InstanceNorm1d that learns `num_features` from its first input."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """An InstanceNorm2d that learns `num_features` from its first input."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """An InstanceNorm3d that learns `num_features` from its first input."""

    cls_to_become = InstanceNorm3d


# ---- over the features ----------------------------------------------------------------------------------------------


class LayerNorm(Module):
    """y = (x − mean) / √(var + ε) · weight + bias over the last axes (Ba et al., arXiv:1607.06450).

    Shape: (…, *normalized_shape) → the same; weight and bias of normalized_shape, 1 and 0 at first.
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        place = {"device": device, "dtype": dtype}
        self.weight = Parameter(create.empty(self.normalized_shape, **place)) if elementwise_affine else None
        self.bias = Parameter(create.empty(self.normalized_shape, **place)) if elementwise_affine and bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """y = x / √(mean(x²) + ε) · weight over the last axes (Zhang & Sennrich, arXiv:1910.07467).

    Shape: (…, *normalized_shape) → the same; weight of normalized_shape, 1 at first. `eps=None` is the precision of the
    dtype.
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        weight = create.empty(self.normalized_shape, device=device, dtype=dtype) if elementwise_affine else None
        self.weight = None if weight is None else Parameter(weight)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def _shape(normalized_shape: Any) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


# ---- over the channels ----------------------------------------------------------------------------------------------


class GroupNorm(Module):
    """y = (x − mean) / √(var + ε) · weight + bias over each group of channels of each image (Wu & He,
    arXiv:1803.08494).

    Shape: (N, C, …) → the same; weight and bias (C,), 1 and 0 at first.
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels do not divide into {num_groups} groups.")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        place = {"device": device, "dtype": dtype}
        self.weight = Parameter(create.empty(num_channels, **place)) if affine else None
        self.bias = Parameter(create.empty(num_channels, **place)) if affine and bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """y = x / (k + α·mean(x² over `size` neighbouring channels))^β (Krizhevsky et al., 2012).

    Shape: (N, C, …) → the same.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
