"""Generates the tests of the tables of operations."""

from __future__ import annotations

import os

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # beside other workers the threads of BLAS only wait for a core: four times as long
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported, which is later


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
    """A table without bad inputs has nothing to run for `test_error`: drop it rather than report it as skipped."""
    items[:] = [item for item in items if not item.name.endswith("[NOTSET]")]
