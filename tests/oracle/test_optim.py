"""Twenty steps of every optimizer and schedule beside PyTorch's, in float64."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg
from tests.optim.table import MUON, OPTIMIZERS, SCHEDULES

rng = np.random.default_rng(0)
START = [rng.standard_normal((3, 2)), rng.standard_normal(4), rng.standard_normal(())]
A = rng.standard_normal((6, 3))


def numbered(rows: list[Any]) -> list[str]:
    return [f"{name}-{i}" for i, (name, _) in enumerate(rows)]


def parameters(library: Any) -> list[Any]:
    if library is torch:
        return [torch.tensor(a.copy(), requires_grad=True) for a in START]
    return [tg.tensor(a, requires_grad=True) for a in START]


def loss_of(library: Any, p: list[Any]) -> Any:
    a = torch.tensor(A) if library is torch else tg.tensor(A)
    return ((a @ p[0]).sin().sum() + ((p[1] - 1) ** 4).sum() + (p[2] * p[2] - p[1].sum()) ** 2) * 0.1


def run(library: Any, name: str, options: dict[str, Any], steps: int = 20) -> tuple[list[Any], Any, list[float]]:
    p = parameters(library)
    groups = [{"params": p[:1]}, {"params": p[1:], "lr": 0.02}] if name != "LBFGS" else p
    optimizer = getattr(library.optim, name)(groups, **options)
    losses = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = loss_of(library, p)
        loss.backward()
        return loss

    for i in range(steps):
        if i == 7 and name != "LBFGS":
            p[1].requires_grad_(False)  # a parameter without a gradient is left alone
            p[1].grad = None
        if i == 9 and name != "LBFGS":
            p[1].requires_grad_(True)
        losses.append(float(optimizer.step(closure)))
    return p, optimizer, losses


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=numbered(OPTIMIZERS))
def test_twenty_steps(name: str, options: dict[str, Any]) -> None:
    # L-BFGS divides by differences of gradients: rounding grows from step to step, so it gets fewer of them
    steps = 5 if name == "LBFGS" else 20
    ours, o, losses = run(tg, name, options, steps)
    theirs, t, their_losses = run(torch, name, options, steps)
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
                np.testing.assert_allclose(so["state"][k][key].array, value.numpy(), rtol=1e-9, atol=1e-12, err_msg=key)


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


def rates(library: Any, name: str, options: dict[str, Any], optimizer_name: str) -> list[Any]:
    p = parameters(library)
    lrs = dict(lr=0.1, momentum=0.9) if optimizer_name == "SGD" else dict(lr=0.1)
    optimizer = getattr(library.optim, optimizer_name)([{"params": p[:1]}, {"params": p[1:], "lr": 0.2}], **lrs)
    schedule = getattr(library.optim.lr_scheduler, name)(optimizer, **options)
    found = []
    for _ in range(20):
        found.append([(g["lr"], g.get("momentum", g.get("betas"))) for g in optimizer.param_groups])
        assert schedule.get_last_lr() == [g["lr"] for g in optimizer.param_groups]
        optimizer.step()
        schedule.step()
    return found


def flat(x: Any) -> list[float]:
    return [x] if isinstance(x, (int, float)) else [v for e in x for v in flat(e)]


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=numbered(SCHEDULES))
def test_schedules(name: str, options: dict[str, Any], optimizer: str) -> None:
    np.testing.assert_allclose(
        flat(rates(tg, name, options, optimizer)), flat(rates(torch, name, options, optimizer)), rtol=1e-10, atol=1e-14
    )


def test_plateau() -> None:
    metrics = [1.0, 0.9, 0.95, 0.96, 0.94, 0.93, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85, 0.5]
    for options in (
        dict(patience=2, factor=0.5),
        dict(mode="max", patience=1, cooldown=2, min_lr=[0.01, 0.06]),
        dict(threshold_mode="abs", threshold=0.05, patience=0),
    ):
        found = []
        for library in (tg, torch):
            p = parameters(library)
            optimizer = library.optim.SGD([{"params": p[:1]}, {"params": p[1:], "lr": 0.2}], lr=0.1)
            schedule = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
            lrs = []
            for m in metrics:
                schedule.step(m)
                lrs.append([g["lr"] for g in optimizer.param_groups])
            found.append(lrs)
        np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


def test_sequences_and_chains() -> None:
    found = []
    for library in (tg, torch):
        s = library.optim.lr_scheduler
        lrs = []
        for kind in range(3):
            optimizer = library.optim.SGD(parameters(library), lr=0.1)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if kind == 0:
                    parts = [s.LinearLR(optimizer, 0.1, total_iters=4), s.CosineAnnealingLR(optimizer, 8)]
                    schedule = s.SequentialLR(optimizer, parts, milestones=[4])
                elif kind == 1:
                    parts = [s.ConstantLR(optimizer, 0.5, 3), s.ExponentialLR(optimizer, 0.9), s.StepLR(optimizer, 3)]
                    schedule = s.SequentialLR(optimizer, parts, milestones=[3, 9])
                else:
                    schedule = s.ChainedScheduler(
                        [s.LinearLR(optimizer, 0.5, total_iters=5), s.ExponentialLR(optimizer, 0.9)]
                    )
                for _ in range(14):
                    lrs.append(optimizer.param_groups[0]["lr"])
                    optimizer.step()
                    schedule.step()
        found.append(lrs)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
