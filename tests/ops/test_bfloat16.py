"""bfloat16: every operation of the tables gives what float32 gives, rounded, and gradients of that dtype."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor
from tests.ops import optest
from tests.ops.optest import OpTest, convert, tensors_in

pytest.importorskip("ml_dtypes")
BFLOAT16 = tg.zeros(1, dtype=tg.bfloat16).array.dtype
NOT_OF_ITS_DTYPE = {"float_power"}  # gives float64 of everything


def rows() -> list[Any]:
    found = []
    for module in optest.tables():
        stem = module.__name__.rpartition(".")[2]
        for name, cls in optest.rows(module):
            if cls.op.__name__ not in NOT_OF_ITS_DTYPE:
                found.append(pytest.param(cls, id=f"{stem}-{name}"))
    return found


def run(cls: type[OpTest], args: Any, kwargs: Any, dtype: Any) -> tuple[list[Tensor], Any]:
    """The op on the same numbers, which bfloat16 can hold, in a dtype."""
    inputs: list[Tensor] = []

    def leaf(a: np.ndarray) -> Tensor:
        if a.dtype != np.float64:
            return Tensor._of(a.copy())
        inputs.append(Tensor._of(a.astype(BFLOAT16).astype(dtype)).requires_grad_())
        return inputs[-1]

    args, kwargs = convert(args, leaf), convert(kwargs, leaf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return inputs, cls.op(*args, **kwargs)


@pytest.mark.parametrize("cls", rows())
def test_as_float32_rounded(cls: type[OpTest]) -> None:
    for i in range(min(2, len(cls.samples))):
        args, kwargs = cls.arguments(i)
        if "dtype" in kwargs:
            continue
        inputs, want = run(cls, args, kwargs, np.float32)
        if not inputs:
            continue
        try:
            inputs, got = run(cls, args, kwargs, BFLOAT16)
        except TypeError as error:  # factorisations, as in PyTorch
            assert "needs float32 or float64, got tensorgrad.bfloat16" in str(error)
            continue
        for a, b in zip(tensors_in(got), tensors_in(want), strict=True):
            assert a.shape == b.shape and a.dtype is (tg.bfloat16 if b.is_floating_point() else b.dtype)
            if b.is_floating_point() and cls.deterministic and cls.__name__ != "TestGumbelSoftmax":
                np.testing.assert_allclose(a.array.astype(float), b.array.astype(float), rtol=3e-2, atol=3e-2)
        outs = [y for y in tensors_in(got) if y.requires_grad]
        if outs:
            seeds = [tg.ones_like(y) for y in outs]
            for g, x in zip(tg.autograd.grad(outs, inputs, seeds, allow_unused=True), inputs):
                assert g is None or (g.dtype is tg.bfloat16 and g.shape == x.shape)


def test_promotion() -> None:
    x = tg.ones(2, dtype=tg.bfloat16)
    assert (x + 1).dtype is (x * 2.5).dtype is (x / 3).dtype is (1 - x).dtype is (2.5**x).dtype is tg.bfloat16
    assert (x + tg.arange(2)).dtype is (x * tg.ones((), dtype=tg.float64)).dtype is tg.bfloat16
    assert (x + tg.ones(2, dtype=tg.float16)).dtype is (x + tg.ones(2)).dtype is tg.float32
    assert (x > 0).dtype is tg.bool and x.sum().dtype is tg.bfloat16 and x.argmax().dtype is tg.int64
    assert x.float().bfloat16().dtype is tg.bfloat16 and x.is_floating_point() and x.element_size() == 2


def test_printing() -> None:
    assert repr(tg.tensor([1.0, 2.5], dtype=tg.bfloat16)) == "tensor([1.0000, 2.5000], dtype=tensorgrad.bfloat16)"
    assert tg.tensor(0.1, dtype=tg.bfloat16).item() == 0.10009765625


def test_saving(tmp_path: Path) -> None:
    x = tg.tensor([1.0, -2.5, float("inf")], dtype=tg.bfloat16)
    tg.save({"x": x}, tmp_path / "x.safetensors")
    back = tg.load(tmp_path / "x.safetensors")["x"]
    assert back.dtype is tg.bfloat16 and back.tolist() == x.tolist()


def test_training() -> None:
    tg.manual_seed(0)
    net = tg.nn.Sequential(tg.nn.Linear(2, 8), tg.nn.Tanh(), tg.nn.Linear(8, 1)).bfloat16()
    optimizer = tg.optim.SGD(net.parameters(), lr=0.25)
    x = tg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=tg.bfloat16)
    y, losses = x[:, :1], []
    for _ in range(40):
        loss = tg.nn.functional.mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 4 and all(p.dtype is p.grad.dtype is tg.bfloat16 for p in net.parameters())
