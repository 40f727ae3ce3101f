"""Plain PyTorch programs, run as they are: once with PyTorch, once with tensorgrad in its place. Losses must agree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent / "programs"
PROGRAMS = sorted(p.stem for p in HERE.glob("*.py") if p.stem != "common")

RUN = """
import json, sys
sys.path[:0] = [{programs!r}, {root!r}]
if {ours}:
    import tensorgrad
    sys.modules["torch"] = tensorgrad
import importlib
print(json.dumps(importlib.import_module({name!r}).main()))
"""


def losses(name: str, ours: bool) -> list[float]:
    code = RUN.format(programs=str(HERE), root=str(HERE.parents[2]), ours=ours, name=name)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_losses(name: str) -> None:
    ours, theirs = losses(name, True), losses(name, False)
    assert len(ours) == len(theirs) and len(theirs) > 10
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)
