"""Memory that is used again, and large arrays a piece at a time."""

from __future__ import annotations

import platform
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from tensorgrad.kernels import cpu
from tensorgrad.kernels.cpu.workspace import _PIECE, piecewise

PARAMETERS = {"elu": (1.0, 1.0, 1.0), "softplus": (1.0, 20.0)}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="how glibc gives memory")
def test_freed_arrays_are_there_for_the_next_ones() -> None:
    """Twenty times eight arrays of 1 MB are the same 2048 pages, not fresh ones each time."""
    code = """
import resource
import numpy as np, tensorgrad
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
for _ in range(20):
    arrays = [np.full(250_000, 1.0, np.float32) for _ in range(8)]
    del arrays
print(faults() - before)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(out.stdout) < 4000


@pytest.mark.parametrize("size", [_PIECE, _PIECE + 1, 3 * _PIECE + 7])
def test_pieces_cover_everything_once(size: int) -> None:
    seen = []

    @piecewise
    def twice(x: Any, z: Any, factor: float) -> Any:
        seen.append(x.size)
        return (x + z) * factor

    x, z = np.arange(size, dtype=np.float32), np.ones(size, np.float32)
    np.testing.assert_array_equal(twice(x, z, 2.0), (x + 1) * 2)
    assert sum(seen) == size and max(seen) <= _PIECE and max(seen) - min(seen) < len(seen)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", ["elu", "silu", "gelu", "gelu_tanh", "mish", "softplus", "logsigmoid"])
def test_activations_of_large_arrays(name: str, dtype: Any) -> None:
    """There and back as of small ones, whatever the layout."""
    rng = np.random.default_rng(0)
    x, grad = (3 * rng.standard_normal((2, 300, 301))).astype(dtype)
    forward, backward = getattr(cpu, name), getattr(cpu, f"{name}_backward")
    parameters = PARAMETERS.get(name, ())
    for kernel, arrays in ((forward, [x]), (backward, [grad, x])):
        small = np.stack([kernel(*row, *parameters) for row in zip(*arrays)])
        for layout in (lambda a: a, lambda a: np.asfortranarray(a), lambda a: np.repeat(a, 2, 1)[:, ::2]):
            found = kernel(*map(layout, arrays), *parameters)
            assert found.dtype == dtype and found.shape == x.shape
            np.testing.assert_allclose(
                found, small, rtol=4 * np.finfo(dtype).eps, atol=2e-6 if dtype != np.float64 else 0
            )
