"""The device "meta": every operation gives the shape and dtype that it gives on the CPU, and no numbers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn
from tests.ops import optest
from tests.ops.optest import OpTest, convert, is_float, tensors_in

# Their results have a shape that depends on numbers, or are numbers.
NUMBERS = ("depends on numbers", "no numbers to read", "no numbers that could be moved", "narrow: start must be an int")


def rows() -> list[Any]:
    found = []
    for module in optest.tables("test_errors"):
        stem = module.__name__.rpartition(".")[2]
        for name, cls in optest.rows(module):
            found += [pytest.param(cls, i, id=f"{stem}-{name}-{i}") for i in range(len(cls.samples))]
    return found


@pytest.mark.parametrize(("cls", "case"), rows())
def test_shapes_are_those_of_the_cpu(cls: type[OpTest], case: int) -> None:
    args, kwargs = cls.arguments(case, "float32")

    def on(device: str) -> Any:
        def leaf(a: np.ndarray) -> tg.Tensor:
            return tg.tensor(a.copy(), device=device).requires_grad_(is_float(a) and cls.differentiable)

        tg.manual_seed(0)
        return cls.op(*convert(args, leaf), **convert(kwargs, leaf))

    want = on("cpu")
    try:
        got = on("meta")
    except (RuntimeError, TypeError) as error:
        assert any(words in str(error) for words in NUMBERS), error
        return
    for w, g in zip(tensors_in(want), tensors_in(got), strict=True):
        assert (g.shape, g.dtype) == (w.shape, w.dtype)


# ---- what a user does with it ---------------------------------------------------------------------------------------


def test_a_model_too_large_for_any_machine() -> None:
    with tg.device("meta"):
        model = nn.Sequential(nn.Linear(100_000, 300_000), nn.GELU(), nn.LayerNorm(300_000), nn.Linear(300_000, 100_000))
        x = tg.rand(64, 100_000)
        assert tg.get_default_device() == tg.device("meta")
    assert tg.get_default_device() == tg.device("cpu") and tg.ones(1).device.type == "cpu"
    y = model(x)
    assert y.shape == (64, 100_000) and y.device == tg.device("meta") and y.is_meta and y.requires_grad
    y.sum().backward()
    assert all(p.grad is not None and p.grad.is_meta and p.grad.shape == p.shape for p in model.parameters())
    optimizer = tg.optim.AdamW(model.parameters(), lr=0.1)
    assert sum(p.numel() for p in model.parameters()) == 60_001_000_000
    optimizer.zero_grad()


def test_a_step_of_an_optimizer_and_a_network_of_every_layer() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5),
        nn.Linear(128, 5),
    ).to("meta")  # fmt: skip
    optimizer = tg.optim.Adam(model.parameters())
    loss = nn.functional.cross_entropy(model(tg.rand(2, 3, 8, 8, device="meta")), tg.zeros(2, dtype=tg.int64, device="meta"))
    loss.backward()
    optimizer.step()
    assert loss.shape == () and next(model.parameters()).is_meta
    attention = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, device="meta")
    assert attention(tg.rand(2, 5, 16, device="meta")).shape == (2, 5, 16)
    lstm = nn.LSTM(3, 4, device="meta")
    assert lstm(tg.rand(5, 2, 3, device="meta"))[0].shape == (5, 2, 4)


def test_memory_is_given_later() -> None:
    model = nn.Linear(3, 2, device="meta")
    with pytest.raises(RuntimeError, match=r"to: this tensor is on the device 'meta' and has no.*to_empty\(device='cpu'\)"):
        model.to("cpu")
    model.to_empty(device="cpu")
    model.load_state_dict(nn.Linear(3, 2).state_dict())
    assert model(tg.ones(1, 3)).isfinite().all() and model.weight.device.type == "cpu"
    other = nn.Linear(3, 2, device="meta")
    other.load_state_dict(model.state_dict(), assign=True)
    assert tg.equal(other.weight, model.weight)


def test_lazy_modules() -> None:
    for lazy in (nn.LazyLinear(3, device="meta"), nn.LazyLinear(3).to("meta"), nn.LazyConv2d(3, 2, device="meta")):
        assert lazy.weight.device == tg.device("meta")
        assert lazy(tg.ones(2, 4, 5, 4, device="meta")).is_meta and lazy.weight.is_meta and lazy.bias.is_meta


def test_copies_of_models() -> None:
    model = nn.Transformer(4, 2, 1, 2, 8, device="meta")  # which copies its layers
    twin = copy.deepcopy(model)
    assert [(p.shape, p.device.type) for p in twin.parameters()] == [(p.shape, "meta") for p in model.parameters()]
    assert copy.deepcopy(tg.zeros(2, 3, device="meta").T).shape == (3, 2)


def test_numbers_are_not_to_be_had() -> None:
    x = tg.ones(1, device="meta")
    for read in (x.item, x.tolist, x.numpy, lambda: bool(x), lambda: float(x), lambda: int(x), lambda: np.asarray(x)):
        with pytest.raises(RuntimeError, match="a meta tensor has a shape and a dtype, and no numbers to read"):
            read()
    with pytest.raises(RuntimeError, match="nonzero: the shape of the result depends on numbers"):
        x.nonzero()
    with pytest.raises(RuntimeError, match="index: the shape of the result depends on numbers, and a meta tensor has none"):
        x[x > 0]
    assert repr(tg.ones(2, 3, device="meta")) == "tensor(..., device='meta', size=(2, 3))"
    assert repr(nn.Parameter(x)) == "Parameter containing:\ntensor(..., device='meta', size=(1,), requires_grad=True)"


def test_in_place_and_like() -> None:
    x = tg.zeros(2, 3, device="meta")
    x.add_(1).mul_(x)
    x[0] = 5.0
    nn.init.xavier_uniform_(x)
    for y in (tg.zeros_like(x), x.new_ones(2, 3), tg.rand_like(x), x.clone(), x.to(tg.float32), x + 1, x.T.T, x.detach()):
        assert y.is_meta and y.shape == (2, 3)
    assert tg.zeros_like(x, device="cpu").device.type == "cpu" and x.to("meta") is x
    assert tg.ones(2).to("meta").shape == (2,)
    moved = tg.ones(2, requires_grad=True).to("meta")
    with pytest.raises(RuntimeError, match="a gradient on the device 'meta' has no numbers for a tensor on the CPU"):
        moved.sum().backward()


def test_the_default_device() -> None:
    tg.set_default_device("meta")
    try:
        assert tg.ones(2).is_meta and tg.tensor([1.0]).is_meta and nn.Linear(2, 2).weight.is_meta
    finally:
        tg.set_default_device(None)
    assert not tg.ones(2).is_meta
    with pytest.raises(RuntimeError, match="device: 'gpu' is not a device here"):
        tg.set_default_device("gpu")
