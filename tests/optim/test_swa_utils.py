"""Averages of weights, their rate and their statistics; the numbers are compared with PyTorch's in tests/oracle."""

from __future__ import annotations

import pytest

import tensorgrad as tg
from tensorgrad import nn, optim
from tensorgrad.optim.swa_utils import (
    SWALR,
    AveragedModel,
    get_ema_avg_fn,
    get_ema_multi_avg_fn,
    get_swa_multi_avg_fn,
    update_bn,
)


def model_of(value: float) -> nn.Module:
    net = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    net[0].weight.data.fill_(value)
    net[1].running_mean.fill_(value)
    return net


@pytest.mark.parametrize("options", [{}, {"multi_avg_fn": get_swa_multi_avg_fn()}])
def test_the_mean_of_all_steps(options: dict[str, object]) -> None:
    net = model_of(1.0)
    average = AveragedModel(net, **options)
    for value in (4.0, 1.0, 1.0):
        net[0].weight.data.fill_(value)
        net[1].running_mean.fill_(value)
        average.update_parameters(net)
    assert average.module[0].weight.item() == 2.0 and average.n_averaged.item() == 3
    assert average.module[1].running_mean.item() == 1.0, "buffers are copied"
    assert average.module[0].weight.requires_grad and net[0].weight.item() == 1.0
    assert list(average.state_dict())[:2] == ["n_averaged", "module.0.weight"]
    x = tg.ones(2, 1)
    assert average.eval()(x).tolist() == average.module(x).tolist()


@pytest.mark.parametrize("options", [{"avg_fn": get_ema_avg_fn(0.75)}, {"multi_avg_fn": get_ema_multi_avg_fn(0.75)}])
def test_the_exponential_mean(options: dict[str, object]) -> None:
    average = AveragedModel(model_of(0.0), use_buffers=True, **options)
    for value in (4.0, 8.0):
        average.update_parameters(model_of(value))
    assert average.module[0].weight.item() == 5.0 and average.module[1].running_mean.item() == 5.0


def test_update_bn() -> None:
    net = model_of(3.0)
    net.eval()
    data = [tg.tensor([[1.0], [3.0]]), (tg.tensor([[5.0], [7.0]]), "label")]
    update_bn(data, net)
    assert net[1].running_mean.item() == 12.0 and net[1].momentum == 0.1 and not net.training
    with pytest.raises(ZeroDivisionError):
        update_bn((1 / 0 for _ in range(1)), net.train())
    assert net[1].momentum == 0.1, "put back after an error"
    update_bn(iter(()), nn.Linear(1, 1))


def test_swalr() -> None:
    optimizer = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=1.0)
    schedule = SWALR(optimizer, 0.5, anneal_epochs=2, anneal_strategy="linear")
    seen = []
    for _ in range(4):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert seen == [1.0, 0.75, 0.5, 0.5]
    twin = SWALR(optim.SGD([tg.tensor([1.0])], lr=1.0), 0.5)
    twin.load_state_dict(schedule.state_dict())
    assert twin.anneal_epochs == 2


def test_errors() -> None:
    optimizer = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=1.0)
    with pytest.raises(ValueError, match=r"get_ema_multi_avg_fn: decay must be in \[0, 1\], got 2"):
        get_ema_multi_avg_fn(2)
    with pytest.raises(ValueError, match="AveragedModel: give avg_fn or multi_avg_fn, not both."):
        AveragedModel(nn.ReLU(), avg_fn=get_ema_avg_fn(), multi_avg_fn=get_swa_multi_avg_fn())
    with pytest.raises(ValueError, match="SWALR: anneal_strategy must be 'cos' or 'linear', got 'x'."):
        SWALR(optimizer, 0.1, anneal_strategy="x")
    with pytest.raises(ValueError, match="SWALR: anneal_epochs must be a whole number of at least 0, got -1."):
        SWALR(optimizer, 0.1, anneal_epochs=-1)
    with pytest.raises(ValueError, match="SWALR: swa_lr has 2 entries for 1 parameter groups."):
        SWALR(optimizer, [0.1, 0.2])
