"""How many threads NumPy's BLAS computes with.

OpenBLAS cuts a product into a piece for each core, and whoever is done first waits for the others by spinning. On a machine
that is busy otherwise, the pieces wait for a core one after another: a product of a tenth of a millisecond takes tens of them.
So, as long as nobody has asked for a number of threads, one of them computes what takes less than some ten milliseconds, and
all of them what takes longer. The numbers do not depend on the load, nor on the number of cores for all but large products.

Who sets OPENBLAS_NUM_THREADS or OMP_NUM_THREADS, or calls `set_num_threads`, is obeyed to the letter.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy  # noqa: F401  it is its library that is looked for

LARGE = 1 << 29  # multiplications and additions: some ten milliseconds of a core
VARIABLES = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")  # in the order in which OpenBLAS asks
_NAMES = tuple(f"{start}openblas_{{}}_num_threads{end}" for start in ("scipy_", "") for end in ("64_", "", "_64"))

_libraries: dict[str, tuple[Callable[[int], Any], Callable[[], int]]] = {}  # by path: how to set, how to ask
_all = 1  # as many as BLAS would take by itself
_chosen: int | None = None  # by the user


def get() -> int:
    """How many threads a large product is computed with."""
    return _chosen or _all


def choose(n: int) -> None:
    """Compute everything with n threads from now on, as far as it can be cut into pieces."""
    global _chosen
    _chosen = n
    _set(n)
    if (numba := sys.modules.get("numba")) is not None:
        numba.set_num_threads(min(n, numba.config.NUMBA_NUM_THREADS))


@contextmanager
def several(work: int) -> Iterator[None]:
    """Inside, all threads compute if so many multiplications are many enough."""
    if work < LARGE or _chosen is not None or _all == 1:
        yield
        return
    _set(_all)
    try:
        yield
    finally:
        _set(1)  # not "what it was": another thread of the program may be in here as well


def for_matrices(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel of LAPACK's on (…, m, n): several threads for a large matrix."""

    @functools.wraps(kernel)
    def run(a: Any, *args: Any, **kwargs: Any) -> Any:
        m, n = a.shape[-2:]
        with several(m * n * min(m, n)):
            return kernel(a, *args, **kwargs)

    return run


def include_scipy() -> None:
    """SciPy brings an OpenBLAS of its own; called by whoever has just imported `scipy.linalg`."""
    if "scipy" not in _libraries:
        _find("scipy")
        _set(_chosen or 1)


def _set(n: int) -> None:
    for set_number, _ in _libraries.values():
        set_number(n)


def _find(package: str) -> None:
    """The OpenBLAS in a wheel: beside the package on Linux and Windows, inside it on a Mac. Other builds are left alone."""
    inside = os.path.dirname(str(sys.modules[package].__file__))
    for folder in (inside + ".libs", os.path.join(inside, ".dylibs")):
        for file in os.listdir(folder) if os.path.isdir(folder) else ():
            if "openblas" in file:
                library = ctypes.CDLL(os.path.join(folder, file))  # it is loaded already: this only finds it
                name = next((n for n in _NAMES if hasattr(library, n.format("set"))), None)
                if name is not None:
                    _libraries[package] = getattr(library, name.format("set")), getattr(library, name.format("get"))


def _start() -> None:
    """One thread, unless the environment says how many."""
    global _all, _chosen
    _find("numpy")
    _all = next((ask() for _, ask in _libraries.values()), os.cpu_count() or 1)
    if any(os.environ.get(name) for name in VARIABLES):
        _chosen = _all
    else:
        _set(1)


_start()

__all__ = ["choose", "for_matrices", "get", "include_scipy", "several"]
