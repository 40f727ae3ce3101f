"""Twenty steps of every optimizer and schedule beside PyTorch's, in float64."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg
from tests.optim.problem import A, flat, loss_of, parameters, plateau, rates, train
from tests.optim.table import ALL_SCHEDULES, MUON, OPTIMIZERS, PLATEAUS, make_schedule


def numbered(rows: list[Any]) -> list[str]:
    return [f"{name}-{i}" for i, (name, _) in enumerate(rows)]


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=numbered(OPTIMIZERS))
def test_twenty_steps(name: str, options: dict[str, Any]) -> None:
    ours, o, losses = train(tg, name, options)
    theirs, t, their_losses = train(torch, name, options)
    np.testing.assert_allclose(losses, their_losses, rtol=1e-7 if name == "LBFGS" else 1e-10)
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(
            a.detach().numpy(), b.detach().numpy(), rtol=1e-6 if name == "LBFGS" else 1e-10, atol=1e-11
        )
    if name == "LBFGS":
        return
    so, st = o.state_dict(), t.state_dict()
    assert [sorted(g) for g in so["param_groups"]] == [sorted(g) for g in st["param_groups"]]
    assert {k: sorted(v) for k, v in so["state"].items()} == {k: sorted(v) for k, v in st["state"].items()}
    for k, state in st["state"].items():
        for key, value in state.items():
            if isinstance(value, torch.Tensor):
                assert so["state"][k][key].shape == value.shape, key
                np.testing.assert_allclose(so["state"][k][key].array, value.numpy(), rtol=1e-9, atol=1e-12, err_msg=key)


def ours_of(x: Any) -> Any:
    """PyTorch's state as ours."""
    if isinstance(x, torch.Tensor):
        return tg.tensor(x.detach().numpy())
    if isinstance(x, dict):
        return {k: ours_of(v) for k, v in x.items()}
    return type(x)(map(ours_of, x)) if isinstance(x, (list, tuple)) else x


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=numbered(OPTIMIZERS))
def test_goes_on_from_pytorchs_state(name: str, options: dict[str, Any]) -> None:
    theirs = parameters(torch)
    t = getattr(torch.optim, name)(theirs, **options)

    def steps(library: Any, p: list[Any], optimizer: Any) -> None:
        def closure() -> Any:
            optimizer.zero_grad()
            loss = loss_of(library, p)
            loss.backward()
            return loss

        for _ in range(1 if name == "LBFGS" else 3):  # its rounding grows from step to step
            optimizer.step(closure)

    steps(torch, theirs, t)
    ours = [tg.tensor(p.detach().numpy(), requires_grad=True) for p in theirs]
    o = getattr(tg.optim, name)(ours)
    o.load_state_dict(ours_of(t.state_dict()))
    steps(torch, theirs, t), steps(tg, ours, o)
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-7 if name == "LBFGS" else 1e-9)
    for a, b in zip(o.state_dict()["state"].values(), t.state_dict()["state"].values()):
        assert sorted(a) == sorted(b)
        for key in a:  # L-BFGS's step length t is a number or a tensor of one, as it happens
            assert key == "t" or getattr(a[key], "shape", None) == getattr(b[key], "shape", None), key


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
def test_a_rate_that_is_a_tensor(name: str) -> None:
    options = {"foreach": False} if name in ("SGD", "RMSprop") else {}
    found = []
    for library in (tg, torch):
        p, rate = parameters(library), library.tensor(0.05, dtype=library.float64)
        optimizer = getattr(library.optim, name)(p, lr=rate, **options)
        schedule = library.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

        def closure(library: Any = library, p: Any = p, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = loss_of(library, p)
            loss.backward()
            return loss

        for _ in range(3):
            optimizer.step(closure)
            schedule.step()
        found.append([rate.numpy(), *[x.detach().numpy() for x in p]])
        assert optimizer.param_groups[0]["lr"] is rate
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("options", MUON, ids=str)
def test_muon_to_the_digits_of_bfloat16(options: dict[str, Any]) -> None:
    start = np.random.default_rng(1).standard_normal((6, 4))
    ours, theirs = tg.tensor(start, requires_grad=True), torch.tensor(start.copy(), requires_grad=True)
    a, b = tg.optim.Muon([ours], **options), torch.optim.Muon([theirs], **options)
    for _ in range(5):
        for p, o in ((ours, a), (theirs, b)):
            o.zero_grad()
            (p.sin() * p).sum().backward()
            o.step()
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), atol=0.02)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), ALL_SCHEDULES, ids=numbered(ALL_SCHEDULES))
def test_schedules(name: str, options: dict[str, Any], optimizer: str) -> None:
    np.testing.assert_allclose(
        flat(rates(tg, name, options, optimizer)), flat(rates(torch, name, options, optimizer)), rtol=1e-10, atol=1e-14
    )


@pytest.mark.parametrize(("name", "options"), ALL_SCHEDULES, ids=numbered(ALL_SCHEDULES))
def test_schedules_go_on_from_pytorchs_state(name: str, options: dict[str, Any]) -> None:
    both = []
    for library in (torch, tg):
        p = parameters(library)
        optimizer = library.optim.SGD([{"params": p[:1]}, {"params": p[1:], "lr": 0.2}], lr=0.1, momentum=0.9)
        both.append((optimizer, make_schedule(library, name, optimizer, options)))
    (theirs, t), (ours, o) = both
    for _ in range(5):
        theirs.step()
        t.step()
    ours.load_state_dict(ours_of(theirs.state_dict()))
    o.load_state_dict(copy.deepcopy(t.state_dict()))
    for _ in range(8):
        for optimizer, schedule in both:
            optimizer.step()
            schedule.step()
        np.testing.assert_allclose(o.get_last_lr(), t.get_last_lr(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("options", PLATEAUS, ids=str)
def test_plateau(options: dict[str, Any]) -> None:
    noise = np.random.default_rng(0).standard_normal(200)
    metrics = [*(np.exp(-np.arange(200) / 60) + 0.1 * noise), float("nan"), float("inf")]
    np.testing.assert_allclose(plateau(tg, options, metrics), plateau(torch, options, metrics), rtol=1e-12)


RESUMED: list[tuple[str, dict[str, Any]]] = [
    ("StepLR", dict(step_size=3)),
    ("MultiStepLR", dict(milestones=[2, 6])),
    ("ConstantLR", dict(total_iters=7)),
    ("LinearLR", dict(total_iters=7)),
    ("ExponentialLR", dict(gamma=0.9)),
    ("PolynomialLR", dict(total_iters=9)),
    ("CosineAnnealingLR", dict(T_max=10)),
    ("CosineAnnealingWarmRestarts", dict(T_0=5, T_mult=2)),
    ("LambdaLR", dict(lr_lambda=lambda t: 0.9**t)),
    ("MultiplicativeLR", dict(lr_lambda=lambda t: 0.9)),
    ("CyclicLR", dict(base_lr=0.01, max_lr=0.1, step_size_up=4)),
    ("OneCycleLR", dict(max_lr=0.3, total_steps=50)),
]


@pytest.mark.parametrize(("name", "options"), RESUMED, ids=numbered(RESUMED))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_resumed_and_sent_to_an_epoch(name: str, options: dict[str, Any]) -> None:
    found: list[list[Any]] = [[], []]
    for seen, library in zip(found, (tg, torch)):
        p = parameters(library)
        optimizer = library.optim.SGD([{"params": p[:1]}, {"params": p[1:], "lr": 0.2}], lr=0.1, momentum=0.9)
        for group in optimizer.param_groups:
            group |= dict(initial_lr=group["lr"], max_lr=0.3, min_lr=0.001, base_momentum=0.8, max_momentum=0.9)
        schedule = getattr(library.optim.lr_scheduler, name)(optimizer, **options, last_epoch=4)
        seen.append((schedule.last_epoch, schedule.get_last_lr(), schedule.base_lrs))
        for _ in range(8):
            optimizer.step()
            schedule.step()
            seen.append(schedule.get_last_lr())
        for epoch in (3, 7, 1, 0, 12):
            schedule.step(epoch)
            seen.append((schedule.last_epoch, schedule.get_last_lr()))
        schedule.step()
        seen.append(schedule.get_last_lr())
    np.testing.assert_allclose(flat(found[0]), flat(found[1]), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("use_buffers", [True, False])
@pytest.mark.parametrize("kind", ["swa", "ema", "own"])
def test_averaged_models(kind: str, use_buffers: bool) -> None:
    found: list[list[Any]] = [[], []]
    for seen, library in zip(found, (tg, torch)):
        swa = library.optim.swa_utils
        how = {
            "swa": {},
            "ema": {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.9)},
            "own": {"avg_fn": lambda a, p, n: a + (p - a) / (n + 2)},
        }[kind]
        net = library.nn.Sequential(library.nn.Linear(3, 2), library.nn.BatchNorm1d(2)).double()
        average = swa.AveragedModel(net, use_buffers=use_buffers, **how)
        for i in range(4):
            for j, t in enumerate([*net.parameters(), *net.buffers()]):
                with library.no_grad():
                    t.fill_(i * i + j)
            average.update_parameters(net)
        seen += [t.detach().numpy() for t in average.state_dict().values()]
        batches = [library.tensor(A[:3]), [library.tensor(A[3:]), None]]
        swa.update_bn(batches, average)
        seen += [t.numpy() for t in average.buffers()]
    assert len(found[0]) == len(found[1])
    for a, b in zip(*found):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-10)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 10])
def test_swalr(strategy: str, epochs: int) -> None:
    found = []
    for library in (tg, torch):
        p = parameters(library)
        optimizer = library.optim.SGD([{"params": p[:1]}, {"params": p[1:], "lr": 0.2}], lr=0.1)
        first = library.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        schedule = library.optim.swa_utils.SWALR(optimizer, [0.05, 0.01], epochs, strategy)
        rates = []
        for i in range(30):
            optimizer.step()
            (first if i < 5 else schedule).step()
            rates.append([g["lr"] for g in optimizer.param_groups])
        found.append(rates)
    np.testing.assert_allclose(*found, rtol=1e-10)
