"""The loops that NumPy has no fast call for, compiled by Numba; the files have the names of those they serve.

What stands here is a second way to compute what a kernel beside this folder computes by NumPy alone: that one is right at
any size and on any machine, and is what the tests hold this one to. A kernel asks `worth(steps)` which way to take: few
steps never wait for a compiler, nor does a machine without Numba. A loop is compiled when it is first called, for the
dtypes it is called with, and is kept on disk for the next process.
"""

from __future__ import annotations

import os
import types
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

LARGE = 1 << 12  # steps of the innermost loop


def worth(steps: int) -> bool:
    """Whether to take the compiled way for so many steps."""
    return steps >= LARGE and compiler() is not None


@cache
def compiler() -> Any:
    """Numba, imported when first wanted; None where it is not installed or told to compile nothing."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return None
    try:
        import numba
    except ImportError:
        return None
    return numba


def plain(x: Any) -> Any:
    """x as loops want it, row-major and writable, so that there is one kind of array to compile for; a copy if need be."""
    return np.require(x, None, ["C", "W"])


class Kernel:
    """A loop over arrays, compiled when first called.

    Args:
        python: the function; it allocates nothing it returns, and calls nothing from other files, whose changes Numba's
            cache would not notice.
        words: gives further names for it, things that need Numba to be made.
        sums: whether additions may change their order, so that they can be done several at a time. nan and infinities
            stay what they are.
        variant: told apart from the same text with other words.
    """

    def __init__(
        self, python: Callable[..., Any], words: Callable[[], dict[str, Any]] | None, sums: bool, variant: str
    ) -> None:
        self.python, self.words, self.sums, self.variant = python, words, sums, variant
        self.run: Any = None

    def __call__(self, *args: Any) -> Any:
        if self.run is None:
            self.run = self._native(True)
        try:
            return self.run(*args)
        except compiler().core.errors.NumbaError:  # the text is wrong
            raise
        except Exception as error:
            # A loop raises nothing by itself. A file in the cache that was cut short fails in many ways, and would again.
            folder = getattr(getattr(self.run, "stats", None), "cache_path", None)
            if not folder:
                raise
            name = self.python.__name__
            warnings.warn(
                f"kernels: what is on disk of {name} is unusable ({error!r}); compiling it again.", stacklevel=2
            )
            for file in Path(folder).glob(f"*{name}{self.variant}-*"):
                file.unlink(missing_ok=True)
            self.run = self._native(False)
            return self.run(*args)

    def _native(self, keep: bool) -> Any:
        python = self.python
        if self.words is not None:
            python = types.FunctionType(python.__code__, {**python.__globals__, **self.words()}, python.__name__)
        python.__qualname__ = self.python.__name__ + self.variant
        flags = {"contract", "reassoc", "nsz"} if self.sums else {"contract"}
        options = {"error_model": "numpy", "nogil": True, "fastmath": flags}
        try:
            return compiler().njit(python, cache=keep, **options)
        except RuntimeError:  # there is no folder that Numba may write to
            return compiler().njit(python, **options)


def kernel(
    words: Callable[[], dict[str, Any]] | None = None, sums: bool = False, variant: str = ""
) -> Callable[[Callable[..., Any]], Kernel]:
    """The decorator of a loop; see `Kernel`."""
    return lambda python: Kernel(python, words, sums, variant)
