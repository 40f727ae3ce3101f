"""What PyTorch programs ask on their way: submodules under another name, switches, mixed precision, devices."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tensorgrad as tg

ROOT = Path(__file__).parent.parent


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_for_pytorch_finds_its_submodules() -> None:
    out = run("""
import sys, tensorgrad
sys.modules["torch"] = tensorgrad
import torch, torch.nn as nn, torch.nn.functional as F
import torch.utils.data, torch.utils.checkpoint, torch.cuda.amp, torch.backends.cudnn as cudnn, torch.optim.lr_scheduler
from torch.utils.data import DataLoader
from torch.autograd import Function, grad
from torch.nn.parameter import Parameter
assert nn is tensorgrad.nn and F is tensorgrad.nn.functional and torch.Tensor is tensorgrad.Tensor
assert tensorgrad.nn.__name__ == tensorgrad.nn.__spec__.name == "tensorgrad.nn"
assert Parameter is tensorgrad.nn.Parameter and isinstance(torch.ones(2), torch.Tensor)
cudnn.benchmark = True
try:
    import torch.no_such_thing
except ModuleNotFoundError as error:
    print(error)
import json.decoder  # others are left alone
""")
    assert out == "No module named 'torch.no_such_thing'\n"


def test_importing_is_light() -> None:
    out = run("""
import sys, tensorgrad
print([m for m in ("numba", "cupy", "scipy", "torch", "matplotlib", "multiprocessing", "safetensors") if m in sys.modules])
""")
    assert out == "[]\n"


def test_mixed_precision_is_an_honest_no_op() -> None:
    w = tg.tensor([2.0], requires_grad=True)
    optimizer = tg.optim.SGD([w], lr=0.5)
    scaler = tg.amp.GradScaler("cpu")
    with tg.amp.autocast("cpu", dtype=tg.float16):
        loss = (w * w).sum()
    assert loss.dtype is tg.float32 and not scaler.is_enabled()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert w.tolist() == [0.0] and scaler.get_scale() == 1.0
    scaler.load_state_dict(scaler.state_dict())

    @tg.amp.autocast("cpu")
    def double(x: float) -> float:
        return 2 * x

    with tg.cuda.amp.autocast():
        assert double(2.0) == 4.0


def test_there_is_no_gpu_and_it_says_so() -> None:
    assert not tg.cuda.is_available() and tg.cuda.device_count() == 0 and not tg.backends.mps.is_available()
    tg.cuda.manual_seed_all(0)
    tg.cuda.empty_cache()
    tg.cuda.synchronize()
    assert tg.cuda.memory_allocated() == tg.cuda.max_memory_allocated() == 0
    for ask in (tg.cuda.current_device, tg.cuda.get_device_name):
        with pytest.raises(RuntimeError, match="ask cuda.is_available"):
            ask()


def test_questions_and_switches() -> None:
    x = tg.tensor([1.0, 2.0])
    assert tg.is_tensor(x) and not tg.is_tensor([1.0]) and tg.is_floating_point(x) and not tg.is_complex(x)
    assert tg.numel(x) == 2 and tg.is_nonzero(tg.tensor(3)) and tg.typename(x) == "tensorgrad.Tensor"
    assert tg.typename(3) == "int" and tg.are_deterministic_algorithms_enabled()
    f = lambda: 3  # noqa: E731
    assert tg.compile(f) is f and tg.compile(mode="reduce-overhead")(f) is f
    tg.use_deterministic_algorithms(True)
    tg.set_float32_matmul_precision("high")
    with pytest.raises(ValueError, match="must be 'highest', 'high' or 'medium', got 'low'"):
        tg.set_float32_matmul_precision("low")


def test_threads() -> None:
    before = tg.get_num_threads()
    tg.set_num_threads(1)
    assert tg.get_num_threads() == 1
    tg.set_num_threads(before)
    with pytest.raises(ValueError, match="needs a whole number of at least 1, got 0"):
        tg.set_num_threads(0)


def test_legacy_constructors() -> None:
    assert tg.FloatTensor([1, 2]).dtype is tg.float32 and tg.LongTensor([1, 2]).tolist() == [1, 2]
    assert tuple(tg.FloatTensor(2, 3).shape) == (2, 3) and tg.BoolTensor([1, 0]).tolist() == [True, False]
    assert tg.DoubleTensor([1]).dtype is tg.float64 and tg.ByteTensor([3]).dtype is tg.uint8
