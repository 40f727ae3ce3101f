"""Distribution: what all distributions share."""

from __future__ import annotations

from typing import Any

from ..autograd.frames import warn
from ..autograd.modes import no_grad
from ..ops.elementwise import exp
from ..refusals import OwnName
from ..tensor import Size, Tensor
from . import constraints
from .utils import lazy_property


class Distribution(OwnName):
    """Many distributions of one kind, side by side: one for each place of `batch_shape`, each over values of `event_shape`.

    A sample of shape `sample_shape` + `batch_shape` + `event_shape` has a `log_prob` of shape `sample_shape` +
    `batch_shape`.

    Args:
        validate_args: check parameters and samples; what `set_default_validate_args` said when not given (True).
    """

    _worded = ("__init__", "sample", "rsample", "log_prob", "cdf", "icdf", "expand", "enumerate_support")

    has_rsample = False  # whether a gradient flows from a sample to the parameters
    has_enumerate_support = False  # whether all values can be listed
    arg_constraints: Any = {}  # what each parameter may be: a dict from its name to a Constraint
    support: Any = None
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether parameters and samples are checked where nothing else is said."""
        if not isinstance(value, bool):
            raise ValueError(f"set_default_validate_args: must be True or False, got {value!r}.")
        Distribution._validate_args = value

    def __init__(self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()
        super().__init__()

    def _check_parameters(self) -> None:
        for name, constraint in self.arg_constraints.items():
            if constraints.is_dependent(constraint):
                continue
            if name not in vars(self) and isinstance(getattr(type(self), name, None), lazy_property):
                continue  # computed from another parameter, which is checked
            value = getattr(self, name)
            with no_grad():
                valid = constraint.check(value)
            if not bool(valid.all()):
                raise ValueError(
                    f"{type(self).__name__}: {name}, of shape {tuple(value.shape)}, must satisfy {constraint!r}, but "
                    f"{int((~valid).sum())} of {valid.numel()} do not; the first is {_first(value, valid)}."
                )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions in a larger batch shape, without copying their parameters."""
        new = self._get_checked_instance(type(self), _instance)
        vars(new).update(vars(self))
        batch_shape = Size(batch_shape)
        for name, dims in self._tensor_dims().items():
            value = vars(self).get(name)
            if isinstance(value, Tensor):
                setattr(new, name, value.expand(batch_shape + value.shape[value.ndim - dims :]))
        new._batch_shape = batch_shape
        return new

    def _tensor_dims(self) -> dict[str, int]:
        """The tensors that a distribution keeps, and how many dims of each belong to one of them."""
        return {name: c.event_dim for name, c in self.arg_constraints.items()}

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        return object.__new__(type(self)) if _instance is None else _instance

    @property
    def batch_shape(self) -> Size:
        """Of the distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """Of one value."""
        return self._event_shape

    def _is_not_for(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__}: {what} has no closed form here.")

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        raise self._is_not_for("mean")

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        raise self._is_not_for("mode")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        raise self._is_not_for("variance")

    @property
    def stddev(self) -> Tensor:
        """The root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Values drawn, as constants.  Shape: sample_shape + batch_shape + event_shape."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Values drawn such that a gradient flows to the parameters (Kingma & Welling, arXiv:1312.6114)."""
        raise self._is_not_for("rsample, sampling with a gradient,")

    def sample_n(self, n: int) -> Tensor:
        """`sample((n,))`, by its older name."""
        warn("sample_n is an old name; use sample((n,)).", FutureWarning)
        return self.sample((n,))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or probability, at a value.  Shape: the value's without event_shape."""
        raise self._is_not_for("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a sample at or below a value."""
        raise self._is_not_for("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """The value below which samples lie with a given probability; the inverse of `cdf`."""
        raise self._is_not_for("icdf")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values, along a new first dim, for each place of the batch, or, not `expand`, once for all."""
        raise self._is_not_for("enumerate_support, a list of all values,")

    def entropy(self) -> Tensor:
        """−E log p, in nats.  Shape: batch_shape."""
        raise self._is_not_for("entropy")

    def perplexity(self) -> Tensor:
        """e to the entropy."""
        return exp(self.entropy())

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        return Size(sample_shape) + self._batch_shape + self._event_shape

    def _validate_sample(self, value: Any) -> None:
        """Refuse what `log_prob` cannot be asked about."""
        name = type(self).__name__
        if not isinstance(value, Tensor):
            raise ValueError(f"{name}: the value must be a Tensor, got {type(value).__name__}.")
        n = len(self._event_shape)
        if tuple(value.shape[value.ndim - n :]) != tuple(self._event_shape):
            raise ValueError(
                f"{name}: the value's last dims must be event_shape.\n    value        {tuple(value.shape)}\n"
                f"    event_shape  {tuple(self._event_shape)}"
            )
        for i, j in zip(reversed(value.shape), reversed(self._batch_shape + self._event_shape)):
            if 1 not in (i, j) and i != j:
                raise ValueError(
                    f"{name}: the value does not broadcast against batch_shape + event_shape.\n"
                    f"    value                      {tuple(value.shape)}\n"
                    f"    batch_shape + event_shape  {tuple(self._batch_shape + self._event_shape)}"
                )
        support = self.support
        if support is None:
            return
        with no_grad():
            valid = support.check(value)
        if not bool(valid.all()):
            raise ValueError(
                f"{name}: the value, of shape {tuple(value.shape)}, must lie within the support {support!r}, but "
                f"{int((~valid).sum())} of {valid.numel()} do not; the first is {_first(value, valid)}."
            )

    def __repr__(self) -> str:
        known = [k for k in self.arg_constraints if k in vars(self)]
        shown = ", ".join(
            f"{k}: {v if (v := vars(self)[k]).numel() == 1 else tuple(v.shape)}"
            if isinstance(vars(self)[k], Tensor)
            else f"{k}: {vars(self)[k]}"
            for k in known
        )
        return f"{type(self).__name__}({shown})"


def _first(value: Tensor, valid: Tensor) -> Any:
    """The first value that is not valid, of so many dims as a check looks at together."""
    value = value.detach()
    dims = value.ndim - valid.ndim
    if not valid.ndim:
        return value.tolist()
    where = (~valid).flatten().to(dtype="int64").argmax().item()
    blocks = value.expand(valid.shape + value.shape[value.ndim - dims :]) if dims >= 0 else value
    return blocks.flatten(0, valid.ndim - 1)[where].tolist()
