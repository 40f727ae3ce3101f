"""tensorgrad posing as PyTorch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tensorgrad as tg
from tensorgrad.compat import pose_as_torch

ASKS = """
import importlib.metadata, importlib.util, sys
import torch, torch.nn as nn, torch.nn.functional as F, torchvision
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR100, MNIST
import tensorgrad
assert torch.__version__ == "2.13.0" and torch.version.__version__ == torch.__version__
assert tensorgrad.__version__ != torch.__version__
assert importlib.metadata.version("torch") == "2.13.0" and importlib.util.find_spec("torch") is not None
assert torch.Tensor is tensorgrad.Tensor and nn is tensorgrad.nn and F is tensorgrad.nn.functional
assert torchvision.datasets.MNIST is tensorgrad.vision.datasets.MNIST is MNIST
assert torch.ones(2).add(1).tolist() == [2, 2] and "tanh" in dir(torch) and sys.argv[1:] == ["--lr", "3"]
try:
    CIFAR100("data")
except RuntimeError as error:
    assert "torchvision.datasets.CIFAR100: this is not in tensorgrad.vision" in str(error)
print(__name__, "ran")
"""


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    root = Path(tg.__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-m", "tensorgrad.compat", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PYTHONPATH": str(root), "PATH": ""},
    )


def test_a_program_and_a_module(tmp_path: Path) -> None:
    (tmp_path / "asks.py").write_text(ASKS)
    for arguments in (["asks.py"], ["-m", "asks"]):
        done = run(*arguments, "--lr", "3", cwd=tmp_path)
        assert done.stdout == "__main__ ran\n", done.stderr


def test_how_it_is_called(tmp_path: Path) -> None:
    for arguments in ([], ["--help"], ["-m"]):
        done = run(*arguments)
        assert done.returncode and "usage: python -m tensorgrad.compat program.py [arguments …]" in done.stderr
    done = run("nothing.py", cwd=tmp_path)
    assert done.returncode and "there is no nothing.py" in done.stderr


def test_inside_a_block_and_never_beside_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.partition(".")[0] in ("torch", "torchvision")]:
        monkeypatch.delitem(sys.modules, name)
    with pose_as_torch():
        with pose_as_torch():
            import torch
        import torch.nn as nn

        assert torch.ones is tg.ones and nn is tg.nn and sys.modules["torch"].__version__ == "2.13.0"
    assert "torch" not in sys.modules and "torch.nn" not in sys.modules and tg.nn.__spec__.name == "tensorgrad.nn"
    monkeypatch.setitem(sys.modules, "torch", type(sys)("torch"))
    with pytest.raises(RuntimeError, match="pose_as_torch: PyTorch is imported already, and tensors of both libraries"):
        pose_as_torch()
