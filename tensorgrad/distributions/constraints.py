"""What values a parameter or a sample may have: `constraints.positive.check(x)` says so for each.

`event_dim` counts the dims, from the right, that belong to one value: 0 for numbers, 1 for vectors, 2 for matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import dtypes, linalg
from ..ops.compare import eq, isclose
from ..ops.factorize import cholesky_ex
from ..refusals import OwnName
from ..tensor import Tensor


class Constraint(OwnName):
    """A region of values.

    Attributes:
        is_discrete: whether the values are whole numbers or the like.
        event_dim: how many dims belong to one value.
    """

    _worded = ("__init__", "check")

    is_discrete = False
    event_dim = 0

    def check(self, value: Tensor) -> Tensor:
        """Whether each value lies within."""
        raise NotImplementedError(f"{type(self).__name__}: check() is for the subclass to define.")

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={v}" for k, v in vars(self).items() if not k.startswith("_"))
        words = type(self).__name__.removeprefix("_").split("_")
        return f"{''.join(w[0].upper() + w[1:] for w in words)}({shown})"


class _Dependent(Constraint):
    """Depends on other values: a Uniform's low must be below its high, whatever that is. Not checked alone."""

    def __init__(self, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, *, is_discrete: bool | None = None, event_dim: int | None = None) -> _Dependent:
        """`constraints.dependent(event_dim=1)`."""
        return _Dependent(
            is_discrete=self.is_discrete if is_discrete is None else is_discrete,
            event_dim=self.event_dim if event_dim is None else event_dim,
        )

    def check(self, value: Tensor) -> Tensor:
        raise ValueError("constraints.dependent: depends on other values; it cannot be checked alone.")


def is_dependent(constraint: Any) -> bool:
    """Whether a constraint cannot be checked alone."""
    return isinstance(constraint, _Dependent)


class dependent_property(property, _Dependent):
    """A property that gives a constraint: `@constraints.dependent_property(is_discrete=False, event_dim=1)`."""

    def __init__(self, fn: Any = None, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        super().__init__(fn)
        self._settings = {"is_discrete": is_discrete, "event_dim": event_dim}
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, fn: Callable[[Any], Constraint]) -> dependent_property:  # type: ignore[override]
        return dependent_property(fn, **self._settings)  # type: ignore[arg-type]


class independent(Constraint):
    """Another constraint, for blocks of values: one fails when any of its values does."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint, self.reinterpreted_batch_ndims = base_constraint, reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Tensor:
        result = self.base_constraint.check(value)
        n = self.reinterpreted_batch_ndims
        if result.ndim < n:
            raise ValueError(f"constraints.independent: needs {self.event_dim} dims, got shape {tuple(value.shape)}.")
        return result.flatten(result.ndim - n).all(-1) if n else result

    def __repr__(self) -> str:
        return f"Independent({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


# ---- numbers ----------------------------------------------------------------------------------------------------------


class _Real(Constraint):
    def check(self, value: Tensor) -> Tensor:
        return eq(value, value)  # not nan


class _Boolean(Constraint):
    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return eq(value, 0) | eq(value, 1)


class _Between(Constraint):
    """From one bound to another; None: there is none."""

    closed_below = closed_above = True

    def __init__(self, lower_bound: Any = None, upper_bound: Any = None) -> None:
        if lower_bound is not None:
            self.lower_bound = lower_bound
        if upper_bound is not None:
            self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        found: Any = eq(value, value)
        if hasattr(self, "lower_bound"):
            found = found & (value >= self.lower_bound if self.closed_below else value > self.lower_bound)
        if hasattr(self, "upper_bound"):
            found = found & (value <= self.upper_bound if self.closed_above else value < self.upper_bound)
        return found & eq(value % 1, 0) if self.is_discrete else found


class greater_than(_Between):
    """Above a bound."""

    closed_below = False

    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound)


class greater_than_eq(_Between):
    """At or above a bound."""

    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound)


class less_than(_Between):
    """Below a bound."""

    closed_above = False

    def __init__(self, upper_bound: Any) -> None:
        super().__init__(None, upper_bound)


class interval(_Between):
    """From one bound to another, both included."""


class half_open_interval(_Between):
    """From one bound up to another, without it."""

    closed_above = False


class integer_interval(_Between):
    """Whole numbers from one bound to another, both included."""

    is_discrete = True


class _IntegerGreaterThan(_Between):
    is_discrete = True

    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound)


# ---- vectors ----------------------------------------------------------------------------------------------------------


class _OneHot(Constraint):
    is_discrete = True
    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        return boolean.check(value).all(-1) & (value.sum(-1) == 1)


class _Simplex(Constraint):
    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class multinomial(Constraint):
    """Whole numbers of 0 or more that sum to `upper_bound`."""

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)


# ---- matrices ---------------------------------------------------------------------------------------------------------


class _Square(Constraint):
    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        return value.new_full(value.shape[:-2], value.shape[-2] == value.shape[-1], dtype=dtypes.bool)


class _LowerTriangular(Constraint):
    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        return eq(value.tril(), value).flatten(-2).all(-1)


class _LowerCholesky(_LowerTriangular):
    def check(self, value: Tensor) -> Tensor:
        return super().check(value) & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


class _CorrCholesky(_LowerCholesky):
    def check(self, value: Tensor) -> Tensor:
        unit = ((linalg.norm(value, dim=-1) - 1).abs() <= 1e-4 * value.shape[-1]).all(-1)
        return super().check(value) & unit


class _Symmetric(_Square):
    def check(self, value: Tensor) -> Tensor:
        square = super().check(value)
        return isclose(value, value.mT, atol=1e-6).flatten(-2).all(-1) if bool(square.all()) else square


class _PositiveSemidefinite(_Symmetric):
    def check(self, value: Tensor) -> Tensor:
        symmetric = super().check(value)
        return (linalg.eigvalsh(value) >= 0).all(-1) if bool(symmetric.all()) else symmetric


class _PositiveDefinite(_Symmetric):
    def check(self, value: Tensor) -> Tensor:
        symmetric = super().check(value)
        return eq(cholesky_ex(value)[1], 0) if bool(symmetric.all()) else symmetric


dependent = _Dependent()
boolean, one_hot = _Boolean(), _OneHot()
nonnegative_integer, positive_integer = _IntegerGreaterThan(0), _IntegerGreaterThan(1)
real = _Real()
real_vector = independent(real, 1)
positive, nonnegative = greater_than(0.0), greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
simplex = _Simplex()
square, symmetric, lower_triangular = _Square(), _Symmetric(), _LowerTriangular()
lower_cholesky, corr_cholesky = _LowerCholesky(), _CorrCholesky()
positive_semidefinite, positive_definite = _PositiveSemidefinite(), _PositiveDefinite()

__all__ = [
    "Constraint", "boolean", "corr_cholesky", "dependent", "dependent_property", "greater_than", "greater_than_eq",
    "half_open_interval", "independent", "integer_interval", "interval", "is_dependent", "less_than", "lower_cholesky",
    "lower_triangular", "multinomial", "nonnegative", "nonnegative_integer", "one_hot", "positive", "positive_definite",
    "positive_integer", "positive_semidefinite", "real", "real_vector", "simplex", "square", "symmetric",
    "unit_interval",
]  # fmt: skip
