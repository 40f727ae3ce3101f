"""What PyTorch programs ask on their way: submodules under another name, switches, mixed precision, devices."""

from __future__ import annotations

import pickle
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
    with pytest.warns(UserWarning, match="GradScaler: there is no CUDA here, so it is disabled"):
        scaler = tg.amp.GradScaler()
    with tg.autocast(device_type="cpu", dtype=tg.float16):
        assert not tg.is_autocast_enabled() and not tg.amp.is_autocast_available("cpu")
        loss = (w * w).sum()
    assert loss.dtype is tg.float32 and not scaler.is_enabled()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert w.tolist() == [0.0] and scaler.get_scale() == 1.0 and tg.get_autocast_dtype("cuda") is tg.float16
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
    assert tg.cuda.get_rng_state_all() == tg.cuda.get_arch_list() == []
    tg.cuda.set_rng_state_all([])
    tg.cuda.reset_peak_memory_stats()
    assert not tg.cuda.is_initialized() and not tg.cuda.is_bf16_supported()
    for ask in (tg.cuda.current_device, tg.cuda.get_device_name, tg.cuda.Event, tg.cuda.Stream, tg.cuda.memory_summary):
        with pytest.raises(RuntimeError, match="ask cuda.is_available"):
            ask()


def test_questions_and_switches() -> None:
    x = tg.tensor([1.0, 2.0])
    assert tg.is_tensor(x) and not tg.is_tensor([1.0]) and tg.is_floating_point(x) and not tg.is_complex(x)
    assert tg.is_signed(x) and not tg.is_signed(x.byte()) and x.is_set_to(x.data) and not x.is_set_to(x[:1])
    assert tg.numel(x) == 2 and tg.is_nonzero(tg.tensor(3)) and tg.typename(x) == "tensorgrad.Tensor"
    assert tg.typename(3) == "int" and tg.are_deterministic_algorithms_enabled()
    f = lambda: 3  # noqa: E731
    assert tg.compile(f) is f and tg.compile(mode="reduce-overhead")(f) is f
    tg.use_deterministic_algorithms(True)
    tg.set_float32_matmul_precision("high")
    assert tg.get_float32_matmul_precision() == "high"
    tg.set_float32_matmul_precision("highest")
    assert not tg.is_inference(x) and not tg.set_flush_denormal(True) and tg.get_num_interop_threads() == 1
    tg.set_num_interop_threads(2)
    tg.set_warn_always(True)
    with pytest.raises(ValueError, match="must be 'highest', 'high' or 'medium', got 'low'"):
        tg.set_float32_matmul_precision("low")




def test_names_that_programs_import_at_their_top() -> None:
    """A program that cannot find a name at its top never starts, though it may not need it."""
    out = run("""
import sys, tensorgrad
sys.modules["torch"] = tensorgrad
import torch, torch.onnx, torch.jit, torch.distributed as dist, torch.multiprocessing as mp, torch.hub, torch.xpu, torch.mps
import torch.utils.model_zoo as model_zoo, torch.backends.mkl, torch.backends.openmp, torch.version, torch.accelerator
from torch import Tensor, FloatTensor, LongTensor, autocast, bfloat16, device, dtype, layout, memory_format, optim
from torch.autograd import Variable
from torch.autograd.variable import Variable
from torch.cuda.amp import GradScaler, autocast, custom_bwd, custom_fwd
from torch.distributed import destroy_process_group, init_process_group
from torch.hub import load_state_dict_from_url
from torch.jit import Final
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.common_types import _size_2_t
from torch.nn.modules.activation import MultiheadAttention
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear
from torch.nn.parallel import DataParallel, DistributedDataParallel, data_parallel
from torch.optim.lr_scheduler import LRScheduler, _LRScheduler
from torch.utils.hooks import RemovableHandle
assert MultiheadAttention is torch.nn.MultiheadAttention and _LRScheduler is LRScheduler
assert mp.Process is __import__("multiprocessing").Process and torch.version.cuda is None
h = torch.ones(1, requires_grad=True).register_hook(print)
assert isinstance(h, RemovableHandle)
try:
    torch.onnx.export(None, (), "model.onnx")
except AttributeError as error:
    print(error)
""")
    assert out.startswith("tensorgrad.onnx.export: tensorgrad exports no ONNX files. Save the weights with")


def test_what_a_program_compiles_runs_as_it_is() -> None:
    def f(x: float) -> float:
        return x

    model = tg.nn.Linear(2, 2)
    for decorator in (tg.jit.script, tg.jit.export, tg.jit.unused, tg.jit.ignore, tg.jit.script_method):
        assert decorator(f) is f
    assert tg.jit.ignore(drop=True)(f) is f and tg.jit.script(model) is model and tg.jit.trace(model, tg.ones(1, 2)) is model
    assert not tg.jit.is_scripting() and not tg.jit.is_tracing() and tg.jit.annotate(int, 3) == 3
    assert not isinstance(model, tg.jit.ScriptModule) and issubclass(tg.jit.ScriptModule, tg.nn.Module)
    assert tg.compiler.disable(f) is f and tg.compiler.disable(recursive=False)(f) is f and not tg.compiler.is_compiling()
    assert tg.compiler.allow_in_graph(f) is f and tg.compiler.compile is tg.compile
    tg.compiler.reset()
    for decorator in (tg.amp.custom_fwd, tg.amp.custom_bwd, tg.cuda.amp.custom_fwd):
        assert decorator(f) is f and decorator(device_type="cuda")(f) is f


def test_attention_and_backends_take_their_switches() -> None:
    q = tg.randn(2, 3, 4)
    plain = tg.nn.functional.scaled_dot_product_attention(q, q, q)
    with tg.nn.attention.sdpa_kernel([tg.nn.attention.SDPBackend.MATH]), tg.backends.cuda.sdp_kernel(enable_flash=False):
        assert tg.equal(tg.nn.functional.scaled_dot_product_attention(q, q, q), plain)
    tg.backends.cuda.enable_flash_sdp(True)
    assert not tg.backends.cuda.flash_sdp_enabled() and tg.backends.cuda.math_sdp_enabled()
    with tg.backends.cudnn.flags(enabled=False):
        assert not tg.backends.mkl.is_available() and not tg.backends.openmp.is_available()
    assert not tg.backends.mkldnn.enabled and not tg.backends.mkldnn.is_available()


def test_where_tensors_are() -> None:
    x = tg.ones(2)
    assert x.is_cpu and not (x.is_cuda or x.is_xpu or x.is_mps or x.is_meta or x.is_sparse or x.is_nested or x.is_mkldnn)
    assert x.pin_memory() is x and not x.is_pinned() and not x.is_shared() and not x.is_inference()
    assert not tg.accelerator.is_available() and tg.accelerator.current_accelerator() is None
    assert tg.accelerator.device_count() == tg.xpu.device_count() == tg.mps.device_count() == 0
    assert not tg.xpu.is_available() and not tg.mps.is_available()
    assert tg.get_default_device() == tg.device("cpu")
    tg.set_default_device("cpu")
    with tg.device("cpu") as here:
        assert tg.ones(2).device == here
    for refused in (lambda: tg.set_default_device("cuda"), lambda: tg.device("cuda").__enter__()):
        with pytest.raises(RuntimeError, match="no CUDA device can be used"):
            refused()
    with pytest.raises(RuntimeError, match="accelerator: this version of tensorgrad computes on the CPU"):
        tg.accelerator.set_device_index(0)


def test_formats_are_accepted_and_change_nothing() -> None:
    x = tg.ones(1, 2, 3, 3)
    assert x.layout is tg.strided and isinstance(tg.strided, tg.layout) and isinstance(tg.channels_last, tg.memory_format)
    assert repr(tg.channels_last) == "tensorgrad.channels_last" and pickle.loads(pickle.dumps(tg.strided)) is tg.strided
    model = tg.nn.Conv2d(2, 2, 3).to(memory_format=tg.channels_last)
    y = model(x.to(memory_format=tg.channels_last).contiguous(memory_format=tg.contiguous_format))
    assert y.shape == (1, 2, 1, 1)


def test_variable() -> None:
    x = tg.ones(2)
    v = tg.autograd.Variable(x, requires_grad=True)
    assert isinstance(v, tg.autograd.Variable) and isinstance(x, tg.autograd.Variable) and type(v) is tg.Tensor
    (v * 3).sum().backward()
    assert v.grad.tolist() == [3.0, 3.0] and not x.requires_grad and v.data_ptr() == x.data_ptr()
    assert not tg.autograd.Variable(v * 2).requires_grad and tg.autograd.Variable().numel() == 0
    with pytest.raises(TypeError, match="Variable: data must be a Tensor, got list"):
        tg.autograd.Variable([1.0])
    with pytest.warns(UserWarning, match="volatile has no effect"):
        tg.autograd.Variable(x, volatile=True)


def test_types_of_tensors() -> None:
    x = tg.ones(2)
    assert isinstance(x, tg.FloatTensor) and not isinstance(x, tg.DoubleTensor) and not isinstance(x, tg.cuda.FloatTensor)
    assert isinstance(tg.nn.Parameter(x), tg.FloatTensor) and not isinstance([1.0], tg.FloatTensor)
    assert x.type() == "tensorgrad.FloatTensor" and x.type(tg.LongTensor).dtype is tg.int64
    assert x.type("torch.DoubleTensor").dtype is tg.float64 and x.type(tg.float16).dtype is tg.float16
    assert tg.IntTensor.dtype is tg.int32 and tg.LongTensor | None  # an annotation
    with pytest.raises(RuntimeError, match="cuda.LongTensor: no CUDA device"):
        tg.cuda.LongTensor(2)
    with pytest.raises(TypeError, match="'x' is not an element type here"):
        tg.ones(1).type("x")
    try:
        tg.set_default_tensor_type(tg.DoubleTensor)
        assert tg.ones(1).dtype is tg.float64
        tg.set_default_tensor_type("torch.FloatTensor")
        assert tg.ones(1).dtype is tg.float32
    finally:
        tg.set_default_dtype(tg.float32)


def test_legacy_constructors() -> None:
    assert tg.FloatTensor([1, 2]).dtype is tg.float32 and tg.LongTensor([1, 2]).tolist() == [1, 2]
    assert tuple(tg.FloatTensor(2, 3).shape) == (2, 3) and tg.BoolTensor([1, 0]).tolist() == [True, False]
    assert tg.DoubleTensor([1]).dtype is tg.float64 and tg.ByteTensor([3]).dtype is tg.uint8
    assert tg.FloatTensor((2, 3)).tolist() == [2.0, 3.0] and tg.FloatTensor(tg.Size([2, 3])).shape == (2, 3)
    assert tg.LongTensor().numel() == 0 and tg.ShortTensor([1]).dtype is tg.int16 and tg.CharTensor([1]).dtype is tg.int8
    with pytest.raises(TypeError, match="data must be a sequence, got a float"):
        tg.FloatTensor(2.0)
