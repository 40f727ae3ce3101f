"""Two moons: micrograd's demo, an SVM whose kernel is a network of 337 parameters.

    python -m examples.moons
    python -m examples.moons --points 200 --epochs 200 --eager

Expect 100 % after 100 steps with all 100 points. With Numba the graph is compiled first, in a second (the first time
ever in ten), and then trains in 0.1 s; without it, or with --eager, every step builds its graph anew: 13 s. Then
out/moons_loss.png and out/moons_boundary.png.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from importlib.util import find_spec
from pathlib import Path

from micrograd_value import L2, MLP, GradientDescent, HingeLoss, LinearDecay, Trainer


def moons(points: int, noise: float = 0.1, seed: int = 0) -> tuple[list[list[float]], list[int]]:
    """Two half circles that reach into each other: -1 above, 1 below."""
    generator = random.Random(seed)
    inputs, targets = [], []
    for i in range(points):
        angle = math.pi * generator.random()
        x, y = (math.cos(angle), math.sin(angle)) if i % 2 else (1.0 - math.cos(angle), 0.5 - math.sin(angle))
        inputs.append([x + generator.gauss(0.0, noise), y + generator.gauss(0.0, noise)])
        targets.append(-1 if i % 2 else 1)
    return inputs, targets


def fit(points: int = 100, epochs: int = 100, seed: int = 1, compiled: bool = True, progress: bool = False) -> Trainer:
    """A trainer whose model tells the moons apart."""
    inputs, targets = moons(points)
    model = MLP(2, [16, 16, 1], seed=seed)
    optimizer = GradientDescent(lr=LinearDecay(1.0, steps=epochs, final=0.1))
    trainer = Trainer(model, optimizer, HingeLoss(), penalty=L2(1e-4), compiled=compiled)
    trainer.train(inputs, targets, epochs, progress="moons" if progress else False)
    return trainer


def main(arguments: list[str] | None = None) -> list[Path]:
    parser = argparse.ArgumentParser(description="Train micrograd's network on two moons.")
    parser.add_argument("--points", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--epochs", type=int, default=100, help="steps, each with all points (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the weights (default: 1)")
    parser.add_argument("--eager", action="store_true", help="do not compile, even if Numba is installed")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (default: out)")
    settings = parser.parse_args(arguments)
    settings.out.mkdir(parents=True, exist_ok=True)

    begin = time.perf_counter()
    compiled = not settings.eager and find_spec("numba") is not None
    trainer = fit(settings.points, settings.epochs, settings.seed, compiled, progress=True)
    seconds = time.perf_counter() - begin
    history = trainer.history
    print(f"\n{trainer.model!r}"[:76] + "...")
    print(f"{len(history)} epochs in {sum(history.seconds):.2f} s of {seconds:.2f} s, {history.summary()}\n")

    import viz

    inputs, targets = moons(settings.points)
    loss, boundary = settings.out / "moons_loss.png", settings.out / "moons_boundary.png"
    viz.plot_history(history, title="Two moons").savefig(loss)
    viz.plot_decision_boundary(trainer, inputs, targets, title="Two moons").savefig(boundary)
    return [loss, boundary]


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
