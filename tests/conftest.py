"""Generates the tests of the tables of operations."""

from __future__ import annotations

import os
import signal

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # beside other workers the threads of BLAS only wait for a core: four times as long
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported, which is later


def pytest_configure(config: pytest.Config) -> None:
    """Ctrl-C is tested, and a shell ignores it for what runs in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with `case` runs once per sample of its class, one with `error` once per bad input."""
    cls = metafunc.cls
    if cls is None or not hasattr(cls, "samples"):
        return
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", range(len(cls.samples)), ids=[repr(s) for s in cls.samples])
    if "error" in metafunc.fixturenames:
        metafunc.parametrize("error", range(len(cls.errors)))


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> list[object] | None:
    """The base class itself, imported into a module, is not a test; a table without errors has no test of them."""
    if name == "OpTest":
        return []
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What has nothing to run is dropped, rather than reported as skipped or, worse, as passed: `test_error` of a table
    without bad inputs, the second gradient of what has no first, the layouts of numbers."""
    items[:] = [item for item in items if not item.name.endswith("[NOTSET]") and applies(item)]


def applies(item: pytest.Item) -> bool:
    """Whether a generated test of an operation calls it at all."""
    cls, params = getattr(item, "cls", None), getattr(item, "callspec", None)
    if params is None or not hasattr(cls, "applies"):
        return True
    return cls.applies(item.originalname, params.params)  # type: ignore[union-attr,attr-defined]
