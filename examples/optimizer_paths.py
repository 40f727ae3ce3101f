"""How optimizers find their way: their paths down Rosenbrock's valley, (1 − x)² + 100·(y − x²)², whose walls are steep and
whose bent floor hardly slopes.

    python -m examples.optimizer_paths
    python -m examples.optimizer_paths --steps 300 --tune

Expect LBFGS at the goal after 54 steps, Adam after 516, Momentum after 596, and the nine others on their way after 1000:
SGD, without memory, has come half as far. AdamW will never quite arrive: its weight decay draws it towards zero. Three
seconds (with --tune a minute), then a table, and out/optimizer_paths.png with a panel for each.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorgrad as tg
from tensorgrad import optim
from tensorgrad.training import track

# ---- settings -------------------------------------------------------------------------------------------------------

START, GOAL = (-1.2, 1.0), (1.0, 1.0)
NEAR = 0.01  # this close to the goal is there

# Each with the learning rate that, of 1, 2 and 5 · 10ⁿ, brings it there in the fewest of 1000 steps or, if none does,
# closest: --tune finds it again.
Make = Callable[..., optim.Optimizer]
OPTIMIZERS: dict[str, tuple[Make, dict[str, Any]]] = {
    "SGD": (optim.SGD, {"lr": 0.002}),
    "Momentum": (optim.SGD, {"lr": 0.002, "momentum": 0.9}),
    "Nesterov": (optim.SGD, {"lr": 0.001, "momentum": 0.9, "nesterov": True}),
    "Adagrad": (optim.Adagrad, {"lr": 2.0}),
    "Adadelta": (optim.Adadelta, {"lr": 0.5}),
    "RMSprop": (optim.RMSprop, {"lr": 0.02}),
    "Adam": (optim.Adam, {"lr": 0.5}),
    "AdamW": (optim.AdamW, {"lr": 0.1}),
    "NAdam": (optim.NAdam, {"lr": 0.5}),
    "Adamax": (optim.Adamax, {"lr": 1.0}),
    "Rprop": (optim.Rprop, {"lr": 0.002}),
    "LBFGS": (optim.LBFGS, {"lr": 0.5, "max_iter": 1}),
}
RATES = [digit * 10.0**power for power in range(-5, 2) for digit in (1, 2, 5)]

# ---- the valley, and a way down -------------------------------------------------------------------------------------


def rosenbrock(x: Any, y: Any) -> Any:
    """(1 − x)² + 100·(y − x²)², 0 at (1, 1) and nowhere else (Rosenbrock, 1960)."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


@dataclass
class Way:
    points: list[list[float]]

    @property
    def distances(self) -> list[float]:
        """To the goal, after each step; inf where it has left the numbers."""
        found = [math.dist(point, GOAL) for point in self.points]
        return [d if math.isfinite(d) else math.inf for d in found]

    @property
    def arrived(self) -> int | None:
        """The number of steps after which it was near the goal, and has stayed there."""
        away = [i for i, d in enumerate(self.distances) if not d < NEAR]
        return None if away and away[-1] == len(self.points) - 1 else (away[-1] + 1 if away else 0)


def descend(make: Make, options: dict[str, Any], steps: int) -> Way:
    """The way that an optimizer takes from the start."""
    p = tg.tensor(START, dtype=tg.float64, requires_grad=True)
    optimizer = make([p], **options)

    def closure() -> tg.Tensor:
        optimizer.zero_grad()
        loss = rosenbrock(*p)
        loss.backward()
        return loss

    points = [p.tolist()]
    for _ in range(steps):
        optimizer.step(closure)  # LBFGS may ask several times in a step, the others ask once
        points.append(p.tolist())
        if not math.isfinite(sum(points[-1])):
            break
    return Way(points)


def tune(make: Make, options: dict[str, Any], steps: int) -> dict[str, Any]:
    """The options with the learning rate that brings it near first or, if none does, closest."""

    def merit(lr: float) -> tuple[float, float]:
        way = descend(make, {**options, "lr": lr}, steps)
        return way.arrived if way.arrived is not None else math.inf, way.distances[-1]

    return {**options, "lr": min(RATES, key=merit)}


# ---- all of them ----------------------------------------------------------------------------------------------------


def table(ways: dict[str, Way], options: dict[str, dict[str, Any]]) -> str:
    """One line each; who is there first comes first, then who is closest."""
    lines = ["optimizer   learning rate   steps until there   distance at the end   value at the end"]
    for name in sorted(ways, key=lambda name: (ways[name].arrived or math.inf, ways[name].distances[-1])):
        way = ways[name]
        there = "-" if way.arrived is None else str(way.arrived)
        value = rosenbrock(*way.points[-1])
        lines.append(f"{name:10}{options[name]['lr']:15g}{there:>20}{way.distances[-1]:22.3g}{value:19.3g}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> list[Path]:
    parser = argparse.ArgumentParser(description="Draw the paths of optimizers down Rosenbrock's valley.")
    parser.add_argument("--steps", type=int, default=1000, help="of each (default: 1000)")
    parser.add_argument("--tune", action="store_true", help="find the learning rates anew, for so many steps")
    parser.add_argument("--seed", type=int, default=1, help="without effect: nothing here is random")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the picture (default: out)")
    settings = parser.parse_args(arguments)
    if settings.steps < 1:
        parser.error(f"--steps must be at least 1, got {settings.steps}")
    try:
        from viz import plot_paths
    except ImportError as error:
        parser.error(str(error))
    settings.out.mkdir(parents=True, exist_ok=True)

    begin = time.perf_counter()
    ways, options = {}, {}
    for name in (bar := track(OPTIMIZERS, "paths", shown=True)):
        bar.tell(at=name)
        make, options[name] = OPTIMIZERS[name]
        if settings.tune:
            options[name] = tune(make, options[name], settings.steps)
        ways[name] = descend(make, options[name], settings.steps)
    print(f"\nRosenbrock's valley from {START}, at most {settings.steps} steps; there: within {NEAR} of {GOAL}\n")
    print(table(ways, options))
    print(f"\n{len(ways)} ways in {time.perf_counter() - begin:.1f} s\n")

    notes = {
        name: f"lr {options[name]['lr']:g}: "
        + (
            f"{way.arrived} steps"
            if way.arrived is not None
            else f"{way.distances[-1]:.2g} away after {settings.steps}"
        )
        for name, way in ways.items()
    }
    picture = settings.out / "optimizer_paths.png"
    plot_paths(
        lambda points: [rosenbrock(*point) for point in points],
        {name: way.points[: None if way.arrived is None else way.arrived + 1] for name, way in ways.items()},
        goal=GOAL,
        notes=notes,
        every=50,
        extent=(-2.0, 2.0, -1.0, 3.0),
        names=("x", "y"),
        title="Twelve ways down Rosenbrock's valley",
    ).savefig(picture)
    return [picture]


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
