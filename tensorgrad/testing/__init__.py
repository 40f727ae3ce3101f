"""`assert_close`: whether tensors, numbers, or nested sequences and mappings of them are equal up to rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np

from ..ops.create import as_tensor
from ..refusals import in_words
from ..tensor import Tensor

__all__ = ["assert_close"]

# (rtol, atol) of a dtype: about √ε, and a little; whole numbers are compared exactly
TOLERANCES = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
}


@in_words
def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless |actual − expected| ≤ atol + rtol·|expected| everywhere.

    Args:
        actual, expected: tensors, arrays, numbers, None, or sequences and mappings of them, of equal length or keys.
        allow_subclasses: of two different types one may be a subclass of the other.
        rtol, atol: both or neither; by default as the dtype is precise, float32 1.3e-6 and 1e-5, float64 1e-7 and 1e-7,
            float16 1e-3 and 1e-5, bfloat16 1.6e-2 and 1e-5, whole numbers 0; of two dtypes the larger.
        equal_nan: nan equals nan.
        check_dtype, check_stride: these must be the same as well. check_device, check_layout: accepted, there is one.
        msg: said instead, or a function of what would be said.

    Raises:
        AssertionError: they are not close; it says how many differ, and where most.
        TypeError: of these types nothing can be compared.
        ValueError: only one of rtol and atol.
    """
    if (rtol is None) != (atol is None):
        raise ValueError(
            f"assert_close: rtol and atol must both be given, or neither; got rtol={rtol} and atol={atol}."
        )
    compare = _Comparison(rtol, atol, equal_nan, check_dtype, check_stride, allow_subclasses)
    difference = compare.items(actual, expected, "")
    if difference:
        raise AssertionError(difference if msg is None else msg(difference) if callable(msg) else msg)


class _Comparison:
    """What may differ, and the words for what does."""

    def __init__(
        self, rtol: float | None, atol: float | None, equal_nan: bool, check_dtype: bool, check_stride: bool, related: bool
    ) -> None:
        self.rtol, self.atol, self.equal_nan = rtol, atol, equal_nan
        self.check_dtype, self.check_stride, self.related = check_dtype, check_stride, related

    def items(self, actual: Any, expected: Any, at: str) -> str:
        """How two things differ, or nothing; `at`: where they stand in what was given."""
        if isinstance(actual, Mapping) and isinstance(expected, Mapping):
            return self._mappings(actual, expected, at)
        if _is_sequence(actual) and _is_sequence(expected):
            if len(actual) != len(expected):
                return _placed(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", at)
            pairs = enumerate(zip(actual, expected))
            return next(filter(None, (self.items(a, e, f"{at}[{i}]") for i, (a, e) in pairs)), "")
        if actual is None and expected is None:
            return ""
        numbers = isinstance(actual, Number) and isinstance(expected, Number)
        if numbers and not isinstance(actual, np.generic) and not isinstance(expected, np.generic):
            return _placed(self._numbers(actual, expected), at)
        if _is_array(actual) and _is_array(expected) and self._are_related(actual, expected):
            return _placed(self._tensors(as_tensor(actual).detach(), as_tensor(expected).detach()), at)
        raise TypeError(
            f"assert_close: nothing is known about comparing a {type(actual).__name__} with a {type(expected).__name__}"
            + (f", at item {at}" if at else "")
            + ". Tensors, arrays, numbers, None, and sequences and mappings of them can be, like with like."
        )

    def _are_related(self, actual: Any, expected: Any) -> bool:
        if not self.related:
            return type(actual) is type(expected)
        return isinstance(actual, type(expected)) or isinstance(expected, type(actual))

    def _mappings(self, actual: Mapping[Any, Any], expected: Mapping[Any, Any], at: str) -> str:
        missing, more = [k for k in expected if k not in actual], [k for k in actual if k not in expected]
        if missing or more:
            words = "The keys of the mappings do not match:"
            words += f"\nMissing keys in the actual mapping: {sorted(missing, key=str)}" if missing else ""
            words += f"\nAdditional keys in the actual mapping: {sorted(more, key=str)}" if more else ""
            return _placed(words, at)
        return next(filter(None, (self.items(actual[k], expected[k], f"{at}[{k!r}]") for k in expected)), "")

    def _tolerances(self, *names: str) -> tuple[float, float]:
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        known = [TOLERANCES.get(name, (0.0, 0.0)) for name in names]
        return max(r for r, _ in known), max(a for _, a in known)

    def _numbers(self, actual: Any, expected: Any) -> str:
        if self.check_dtype and type(actual) is not type(expected):
            return f"The (d)types do not match: {type(actual)} != {type(expected)}."
        rtol, atol = self._tolerances(*("float64" for x in (actual, expected) if isinstance(x, float)), "whole")
        if actual == expected or (self.equal_nan and actual != actual and expected != expected):
            return ""
        apart = abs(actual - expected)
        if math.isfinite(apart) and apart <= atol + rtol * abs(expected):
            return ""
        words = f"Scalars are not {'close' if rtol or atol else 'equal'}!\n\nExpected {expected} but got {actual}.\n"
        relative = apart / abs(expected) if expected else math.inf
        up_to = " (up to {} allowed)" if rtol or atol else ""
        return f"{words}Absolute difference: {apart}{up_to.format(atol)}\nRelative difference: {relative}{up_to.format(rtol)}"

    def _tensors(self, actual: Tensor, expected: Tensor) -> str:
        same: list[tuple[str, Any, Any]] = [("shape", actual.shape, expected.shape)]
        if self.check_dtype:
            same.append(("dtype", actual.dtype, expected.dtype))
        if self.check_stride:
            same.append(("stride()", actual.stride(), expected.stride()))
        for name, a, e in same:
            if a != e:
                return f"The values for attribute '{name}' do not match: {a} != {e}."
        rtol, atol = self._tolerances(actual.dtype.name, expected.dtype.name)
        whole = not (actual.is_floating_point() or expected.is_floating_point())
        wide = np.int64 if whole else np.float64
        a, e = actual.array.astype(wide), expected.array.astype(wide)
        with np.errstate(all="ignore"):
            apart = np.abs(a - e)
            close = (a == e) | (np.isfinite(e) & (apart <= atol + rtol * np.abs(e)))
            if self.equal_nan:
                close |= np.isnan(a) & np.isnan(e)
            if close.all():
                return ""
            apart = np.where(close, 0, apart)
            relative = np.where(close, 0, apart / np.abs(e))
        words = f"Tensor-likes are not {'close' if rtol or atol else 'equal'}!\n\n"
        wrong = close.size - int(close.sum())
        words += f"Mismatched elements: {wrong} / {close.size} ({wrong / close.size:.1%})"
        for name, difference, allowed in (("absolute", apart, atol), ("relative", relative, rtol)):
            worst = int(np.argmax(difference))
            at = tuple(int(i) for i in np.unravel_index(worst, difference.shape))
            words += f"\nGreatest {name} difference: {difference.flat[worst]} at index {at}"
            words += f" (up to {allowed} allowed)" if rtol or atol else ""
        return words


def _is_sequence(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, (str, bytes))


def _is_array(x: Any) -> bool:
    return isinstance(x, (Tensor, np.ndarray, np.generic))


def _placed(words: str, at: str) -> str:
    return f"{words}\n\nThe failure occurred for item {at}" if words and at else words
