"""Packages from PyPI, unmodified, under `tensorgrad.compat.pose_as_torch`: they run, and give PyTorch's numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

# timm asks for torchvision, which is not installed; tensorgrad poses as that too.
NAMES = "einops x_transformers torchmetrics captum ignite skorch torchdiffeq torchviz torchsummary timm".split()


def run(name: str, *before: str) -> Any:
    command = [sys.executable, "-W", "ignore", *before, "-m", "tests.oracle.packages", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def close(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(close, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, (int, float)):
        return abs(ours - theirs) <= 1e-4 * abs(theirs) + 1e-5
    return bool(ours == theirs)


@pytest.mark.parametrize("name", NAMES)
def test_package(name: str) -> None:
    ours = run(name, "-m", "tensorgrad.compat")
    if name == "timm":
        assert [(found[1], found[2]) for found in ours] == [(True, True)] * 4
    else:
        theirs = run(name)
        assert close(ours, theirs), (ours, theirs)
