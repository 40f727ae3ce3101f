"""What optimizers and schedules are set to work at, in PyTorch or here: read by test_golden.py and by tests/oracle."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, exp, sin, sqrt
from typing import Any

import numpy as np

from tests.optim.table import make_schedule

# Written out: another version of NumPy may draw other numbers, and golden.json was made with these.
START = [
    np.array([[0.13, -0.13], [0.64, 0.1], [-0.54, 0.36]]),
    np.array([1.3, 0.95, -0.7, -1.27]),
    np.array(-0.62),
]
A = np.array(
    [
        [0.04, -2.33, -0.22],
        [-1.25, -0.73, -0.54],
        [-0.32, 0.41, 1.04],
        [-0.13, 1.37, -0.67],
        [0.35, 0.9, 0.09],
        [-0.74, -0.92, -0.46],
    ]
)
METRICS = [1.0, 0.9, 0.95, 0.91, 0.92, 0.7, 0.72, 0.71, 0.65, 0.66, 0.9, 1.2, 0.64, 0.9, 0.9, 0.9, 0.9, 0.3, 0.31, 0.29, 0.5]


# Lines to search along: a loss and its slope, falling at 0.
LINES: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "cubic": (lambda x: x**3 - 3 * x, lambda x: 3 * x * x - 3),
    "waves": (lambda x: (x - 2) ** 2 + sin(5 * x + 3), lambda x: 2 * (x - 2) + 5 * cos(5 * x + 3)),
    "quartic": (lambda x: (x - 1) ** 4 - 0.1 * x, lambda x: 4 * (x - 1) ** 3 - 0.1),
    "steep": (lambda x: exp(-3 * x) + 0.01 * x * x, lambda x: -3 * exp(-3 * x) + 0.02 * x),
    "root": (lambda x: sqrt(1 + (x - 5) ** 2), lambda x: (x - 5) / sqrt(1 + (x - 5) ** 2)),
}
# A first trial far too short, which goes out, one that lands well, and those that bracket a minimum; how flat an end must be.
SEARCHES = [(line, t, c2) for line in LINES for t in (0.01, 0.3, 1.0, 4.0, 30.0) for c2 in (0.9, 0.1, 0.001)]


def parameters(library: Any) -> list[Any]:
    return [library.tensor(a.copy(), requires_grad=True) for a in START]


def loss_of(library: Any, p: list[Any]) -> Any:
    a = library.tensor(A)
    return ((a @ p[0]).sin().sum() + ((p[1] - 1) ** 4).sum() + (p[2] * p[2] - p[1].sum()) ** 2) * 0.1


def steps_of(name: str) -> int:
    """L-BFGS divides by differences of gradients: rounding grows from step to step, so it gets fewer of them."""
    return 5 if name == "LBFGS" else 20


def train(library: Any, name: str, options: dict[str, Any]) -> tuple[list[Any], Any, list[float]]:
    """Parameters, optimizer and the losses on the way."""
    p = parameters(library)
    if name == "Muon":  # matrices only
        groups: list[Any] = p[:1]
    else:
        groups = [{"params": p[:1]}, {"params": p[1:], "lr": 0.02}] if name != "LBFGS" else p
    optimizer = getattr(library.optim, name)(groups, **options)
    losses = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = loss_of(library, p)
        loss.backward()
        return loss

    for i in range(steps_of(name)):
        if i == 7 and name != "LBFGS":
            p[1].requires_grad_(False)  # a parameter without a gradient is left alone
            p[1].grad = None
        if i == 9 and name != "LBFGS":
            p[1].requires_grad_(True)
        losses.append(optimizer.step(closure).item())
    return p, optimizer, losses


def rates(library: Any, name: str, options: dict[str, Any], optimizer_name: str, most: int = 198) -> list[Any]:
    """Rate and momentum of two groups before every step."""
    p = parameters(library)
    lrs = dict(lr=0.1, momentum=0.9) if optimizer_name == "SGD" else dict(lr=0.1)
    optimizer = getattr(library.optim, optimizer_name)([{"params": p[:1]}, {"params": p[1:], "lr": 0.2}], **lrs)
    schedule = make_schedule(library, name, optimizer, options)
    steps = options.get("total_steps", options.get("epochs", 33) * options.get("steps_per_epoch", 6))
    found = []
    for _ in range(min(steps, most)):
        found.append([[g["lr"], g.get("momentum", g.get("betas"))] for g in optimizer.param_groups])
        assert schedule.get_last_lr() == [g["lr"] for g in optimizer.param_groups]
        optimizer.step()
        schedule.step()
    return found


def plateau(library: Any, options: dict[str, Any], metrics: list[float]) -> list[list[float]]:
    """The rates after each metric."""
    p = parameters(library)
    optimizer = library.optim.SGD([{"params": p[:1]}, {"params": p[1:], "lr": 0.2}], lr=0.1)
    schedule = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    found = []
    for metric in metrics:
        schedule.step(metric)
        found.append([g["lr"] for g in optimizer.param_groups])
    return found


def flat(x: Any) -> list[float]:
    """The numbers in nested lists."""
    return [x] if isinstance(x, (int, float)) else [v for e in x for v in flat(e)]
